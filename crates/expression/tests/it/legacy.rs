//! The parameters from before expressions: each operator and action on attributes that are there, absent or of
//! another type, and beside the expression that says the same.

use crate::notation::{b, bindings, condition, l, m, map, n, ns, s, ss, update, values};
use expression::legacy::{self, AttributeAction, Comparison, Join};
use expression::{ConditionAst, ExpressionKind, KeyClauses, KeyConditionError, Literal, UpdateError};
use item::{Map, Name, Stored, Value};
use std::sync::Arc;

fn v(value: Value) -> Literal {
    Arc::new(value)
}

/// The value that the tests' expressions name so.
fn named(placeholder: &str) -> Literal {
    v(values().into_iter().find(|(key, _)| key == placeholder).unwrap().1)
}

fn item() -> Map {
    map([
        ("s", s("abc")),
        ("n", n(5)),
        ("b", b(b"xyz")),
        ("t", Value::Bool(true)),
        ("null", Value::Null),
        ("l", l([n(1), s("a"), Value::Null])),
        ("m", m([("k", n(1))])),
        ("ss", ss(["a", "b"])),
        ("ns", ns([1, 2])),
        ("x.y", s("dot")),
    ])
}

fn holds(name: &str, comparison: &Comparison) -> bool {
    let condition = legacy::condition(vec![(Name::from(name), comparison.clone())], Join::And).unwrap();
    let (tree, stored) = (item(), Stored::encode(&item()));
    assert_eq!(condition.matches(&tree), condition.matches(&stored), "{name} {comparison:?}");
    condition.matches(&tree)
}

/// For each comparison, the attributes of the item for which it holds; `absent` is not there.
#[test]
fn each_operator_on_what_is_there_absent_or_of_another_type() {
    use Comparison::{
        BeginsWith, Between, Contains, Equal, Greater, GreaterOrEqual, In, Less, LessOrEqual, NotContains,
        NotEqual, NotNull, Null,
    };
    let all = ["s", "n", "b", "t", "null", "l", "m", "ss", "ns", "x.y", "absent"];
    let but =
        |names: &[&str]| -> Vec<&str> { all.into_iter().filter(|name| !names.contains(name)).collect() };
    let only = |names: &[&'static str]| names.to_vec();
    for (comparison, expected) in [
        (Equal(v(s("abc"))), only(&["s"])),
        (Equal(v(n(5))), only(&["n"])),
        (Equal(v(s("5"))), only(&[])),
        (Equal(v(Value::Null)), only(&["null"])),
        (Equal(v(l([n(1), s("a"), Value::Null]))), only(&["l"])),
        (Equal(v(m([("k", n(1))]))), only(&["m"])),
        (Equal(v(ss(["b", "a"]))), only(&["ss"])),
        (NotEqual(v(s("abc"))), but(&["s"])),
        (NotEqual(v(ns([2, 1]))), but(&["ns"])),
        (LessOrEqual(v(n(5))), only(&["n"])),
        (LessOrEqual(v(s("abc"))), only(&["s"])),
        (Less(v(n(5))), only(&[])),
        (Less(v(s("b"))), only(&["s"])),
        (GreaterOrEqual(v(b(b"xyz"))), only(&["b"])),
        (GreaterOrEqual(v(s(""))), only(&["s", "x.y"])),
        (Greater(v(n(4))), only(&["n"])),
        (Greater(v(n(5))), only(&[])),
        (NotNull, but(&["absent"])),
        (Null, only(&["absent"])),
        (Contains(v(s("b"))), only(&["s", "ss"])),
        (Contains(v(s("a"))), only(&["s", "l", "ss"])),
        (Contains(v(n(1))), only(&["l", "ns"])),
        (Contains(v(b(b"y"))), only(&["b"])),
        (Contains(v(Value::Null)), only(&["l"])),
        (NotContains(v(s("a"))), but(&["s", "l", "ss", "absent"])),
        (NotContains(v(n(7))), but(&["absent"])),
        (BeginsWith(v(s("ab"))), only(&["s"])),
        (BeginsWith(v(b(b"xy"))), only(&["b"])),
        (In(vec![v(s("q")), v(s("abc"))]), only(&["s"])),
        (In(vec![v(n(5))]), only(&["n"])),
        (Between(v(n(5)), v(n(6))), only(&["n"])),
        (Between(v(s("abc")), v(s("dot"))), only(&["s", "x.y"])),
        (Between(v(b(b"y")), v(b(b"z"))), only(&[])),
    ] {
        let found: Vec<&str> = all.into_iter().filter(|name| holds(name, &comparison)).collect();
        assert_eq!(found, expected, "{comparison:?}");
    }
}

#[test]
fn comparisons_are_joined_by_and_or_or() {
    let (yes, no) = (Comparison::NotNull, Comparison::Null);
    for (comparisons, and, or) in [
        (vec![&yes, &yes], true, true),
        (vec![&yes, &no], false, true),
        (vec![&no, &no], false, false),
        (vec![&yes], true, true),
        (vec![&no], false, false),
    ] {
        let names = ["s", "n"].into_iter().map(Name::from);
        let all: Vec<_> = names.zip(comparisons.into_iter().cloned()).collect();
        for (join, expected) in [(Join::And, and), (Join::Or, or)] {
            let condition = legacy::condition(all.clone(), join).unwrap();
            assert_eq!(condition.matches(&item()), expected, "{all:?} {join:?}");
        }
    }
    assert_eq!(legacy::condition(Vec::new(), Join::Or), None);
}

#[test]
fn conditions_are_the_trees_of_expressions() {
    use Comparison::{
        BeginsWith, Between, Contains, Equal, Greater, GreaterOrEqual, In, Less, LessOrEqual, NotContains,
        NotEqual, NotNull, Null,
    };
    let v = named;
    for (comparison, text) in [
        (Equal(v(":s")), "a1 = :s"),
        (NotEqual(v(":l")), "a1 <> :l"),
        (LessOrEqual(v(":n")), "a1 <= :n"),
        (Less(v(":n")), "a1 < :n"),
        (GreaterOrEqual(v(":b")), "a1 >= :b"),
        (Greater(v(":z")), "a1 > :z"),
        (NotNull, "attribute_exists(a1)"),
        (Null, "attribute_not_exists(a1)"),
        (Contains(v(":n")), "contains(a1, :n)"),
        (NotContains(v(":n")), "attribute_exists(a1) AND NOT contains(a1, :n)"),
        (BeginsWith(v(":s")), "begins_with(a1, :s)"),
        (In(vec![v(":s"), v(":z")]), "a1 IN (:s, :z)"),
        (Between(v(":n"), v(":m")), "a1 BETWEEN :n AND :m"),
    ] {
        let one = (Name::from("a1"), comparison);
        let lowered = legacy::condition(vec![one.clone()], Join::And);
        assert_eq!(lowered, Some(condition(text).unwrap()), "{text}");
        let other = (Name::from("b1"), Null);
        let both = legacy::condition(vec![one, other], Join::Or);
        assert_eq!(
            both,
            Some(condition(&format!("({text}) OR attribute_not_exists(b1)")).unwrap()),
            "{text}"
        );
    }
    let dotted = legacy::condition(vec![(Name::from("x.y"), Null)], Join::And);
    assert_eq!(dotted, Some(condition("attribute_not_exists(#dot)").unwrap()));
}

#[test]
fn key_conditions_are_the_clauses_of_expressions() {
    use Comparison::{
        BeginsWith, Between, Contains, Equal, Greater, GreaterOrEqual, In, Less, LessOrEqual, NotContains,
        NotEqual, NotNull, Null,
    };
    let v = named;
    for (comparison, text) in [
        (Equal(v(":s")), "b1 = :s"),
        (LessOrEqual(v(":n")), "b1 <= :n"),
        (Less(v(":n")), "b1 < :n"),
        (GreaterOrEqual(v(":b")), "b1 >= :b"),
        (Greater(v(":z")), "b1 > :z"),
        (BeginsWith(v(":s")), "begins_with(b1, :s)"),
        (Between(v(":n"), v(":m")), "b1 BETWEEN :n AND :m"),
    ] {
        let text = format!("a1 = :z AND {text}");
        let ast = ConditionAst::parse(ExpressionKind::KeyCondition, &text).unwrap();
        let bound = KeyClauses::bind(&ast, &mut bindings()).unwrap();
        let all = vec![(Name::from("a1"), Equal(v(":z"))), (Name::from("b1"), comparison)];
        assert_eq!(legacy::key_clauses(all), Ok(bound), "{text}");
    }
    let v = || named(":s");
    for comparison in [NotEqual(v()), NotNull, Null, Contains(v()), NotContains(v()), In(vec![v()])] {
        let refused = legacy::key_clauses(vec![(Name::from("a1"), comparison)]).unwrap_err();
        assert_eq!(refused, KeyConditionError::NotIndexable);
    }
    assert_eq!(
        KeyConditionError::NotIndexable.to_string(),
        "Attempted conditional constraint is not an indexable operation"
    );
}

#[test]
fn updates_are_the_actions_of_expressions() {
    use AttributeAction::{Add, Delete, DeleteElements, Put};
    for (action, text) in [
        (Put(named(":map")), "SET a1 = :map"),
        (Add(named(":n")), "ADD a1 :n"),
        (Add(named(":ss")), "ADD a1 :ss"),
        (DeleteElements(named(":ns")), "DELETE a1 :ns"),
        (Delete, "REMOVE a1"),
    ] {
        let lowered = legacy::update(vec![(Name::from("a1"), action)]).unwrap();
        assert_eq!(lowered.actions(), update(text).unwrap().actions(), "{text}");
    }
    assert_eq!(legacy::update(Vec::new()), None);
}

/// What an update makes of the item's attribute, `None` where it is gone.
fn updated(name: &str, action: AttributeAction) -> Result<Option<Value>, UpdateError> {
    let update = legacy::update(vec![(Name::from(name), action)]).unwrap();
    let updated = update.apply(&item())?.item;
    let stored = update.apply_stored(&Stored::encode(&item())).unwrap();
    assert_eq!(stored, Stored::encode(&updated));
    Ok(updated.get(name).cloned())
}

#[test]
fn each_action_on_what_is_there_absent_or_of_another_type() {
    use AttributeAction::{Add, Delete, DeleteElements, Put};
    for (name, action, expected) in [
        ("s", Put(v(n(1))), Some(n(1))),
        ("absent", Put(v(n(1))), Some(n(1))),
        ("n", Add(v(n(-7))), Some(n(-2))),
        ("absent", Add(v(n(3))), Some(n(3))),
        ("ss", Add(v(ss(["b", "c"]))), Some(ss(["a", "b", "c"]))),
        ("absent", Add(v(ss(["c"]))), Some(ss(["c"]))),
        ("ns", Add(v(ns([9]))), Some(ns([1, 2, 9]))),
        ("l", Add(v(l([n(2)]))), Some(l([n(1), s("a"), Value::Null, n(2)]))),
        ("absent", Add(v(l([n(2)]))), Some(l([n(2)]))),
        ("ss", DeleteElements(v(ss(["b", "q"]))), Some(ss(["a"]))),
        ("ns", DeleteElements(v(ns([1, 2]))), None),
        ("absent", DeleteElements(v(ns([1]))), None),
        ("m", Delete, None),
        ("absent", Delete, None),
    ] {
        assert_eq!(updated(name, action.clone()), Ok(expected), "{name} {action:?}");
    }
    for (name, action) in [
        ("s", Add(v(n(1)))),
        ("n", Add(v(ns([1])))),
        ("ns", Add(v(ss(["a"])))),
        ("ns", Add(v(n(1)))),
        ("ss", Add(v(l([n(1)])))),
        ("l", Add(v(n(1)))),
        ("ss", DeleteElements(v(ns([1])))),
        ("l", DeleteElements(v(ns([1])))),
    ] {
        let update = legacy::update(vec![(Name::from(name), action.clone())]).unwrap();
        assert_eq!(update.apply(&item()).unwrap_err(), UpdateError::AttributeType, "{name} {action:?}");
        assert!(update.apply_stored(&Stored::encode(&item())).is_err(), "{name} {action:?}");
    }
    assert_eq!(UpdateError::AttributeType.to_string(), "Type mismatch for attribute to update");
}

#[test]
fn only_what_puts_or_adds_creates_an_item_and_nothing_is_charged_beforehand() {
    use AttributeAction::{Add, Delete, DeleteElements, Put};
    for (action, creates) in [
        (Put(v(n(1))), true),
        (Add(v(n(1))), true),
        (Add(v(l([]))), true),
        (Delete, false),
        (DeleteElements(v(ns([1]))), false),
    ] {
        let update = legacy::update(vec![(Name::from("a1"), action.clone())]).unwrap();
        assert_eq!(update.creates_item(), creates, "{action:?}");
        assert_eq!(update.request_charge(), 0);
    }
}
