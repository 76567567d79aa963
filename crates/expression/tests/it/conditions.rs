//! What conditions say of items.

use crate::notation::{b, condition, l, m, map, n, ns, s, ss};
use item::{Map, Stored, Value};

fn item() -> Map {
    map([
        ("a1", s("abc")),
        ("five", n(5)),
        ("nine", n(9)),
        ("bin", b(b"wxyz")),
        ("yes", Value::Bool(true)),
        ("nil", Value::Null),
        ("set1", ss(["b", "a"])),
        ("nums", ns([2, 1])),
        ("list1", l([n(1), s("a"), m([("k", n(1))])])),
        ("doc", m([("k", n(1)), ("inner1", m([("x", l([n(7), n(8)]))]))])),
        ("x.y", n(5)),
    ])
}

/// Checks on the tree and on the stored form.
fn check(text: &str, expected: bool) {
    let condition = condition(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(condition.matches(&item()), expected, "{text}");
    assert_eq!(condition.matches(&Stored::encode(&item())), expected, "{text}, stored");
}

#[test]
fn hold() {
    for text in [
        "a1 = :s",
        "a1 <> :z",
        "a1 < :z",
        "a1 <= :s AND a1 >= :s",
        "five < nine",
        "nine > :n",
        "five = #dot",
        "yes = :t AND nil = :null",
        "#a = :s",
        "set1 = :ss",
        "nums = :ns",
        "list1[2] = :map",
        "doc.k < :n",
        "doc.inner1.x[1] > doc.inner1.x[0]",
        "five BETWEEN :n AND :m",
        "nine BETWEEN five AND :m",
        "five IN (:s, nine, :n)",
        "attribute_exists(doc.inner1.x[1])",
        "attribute_not_exists(doc.inner1.x[2])",
        "attribute_not_exists(a1.b) AND attribute_not_exists(doc[0]) AND attribute_not_exists(list1.k)",
        "attribute_type(a1, :type)",
        "begins_with(a1, :s) AND begins_with(a1, :e)",
        "contains(a1, :s) AND contains(a1, :e)",
        "contains(bin, :b)",
        "contains(set1, list1[1])",
        "contains(nums, doc.k)",
        "contains(list1, :map)",
        "contains(:s, a1)",
        "size(list1) < :n AND size(a1) < size(bin)",
        "size(set1) = size(nums)",
        "size(doc) = size(:ss)",
        "(a1) = (:s)",
        "(size(a1)) < :n",
        "a1 = :z OR a1 = :s AND NOT five = :m",
        "NOT a1 = :z",
        "NOT NOT a1 = :s",
        "not a1 in (:z) and (five between :n and :m or a1 = :z)",
    ] {
        check(text, true);
    }
}

#[test]
fn do_not_hold() {
    for text in [
        "a1 = :z",
        "a1 = :n",
        "a1 < :n",
        "a1 > :n",
        "a1 <> :s",
        "five > nine",
        "yes < nine",
        "nums = :ss",
        "five BETWEEN :s AND :z",
        "absent BETWEEN :n AND :m",
        "five BETWEEN absent AND :m",
        "five IN (:s, absent)",
        "absent IN (:s)",
        "attribute_exists(absent)",
        "attribute_exists(doc.k.z)",
        "attribute_type(five, :type)",
        "attribute_type(absent, :type)",
        "begins_with(five, :s)",
        "begins_with(:s, bin)",
        "begins_with(absent, :s)",
        "contains(a1, :n)",
        "contains(nums, :s)",
        "contains(absent, :s)",
        "contains(a1, absent)",
        "contains(doc, :s)",
        "contains(five, :n)",
        "size(five) = :n",
        "size(absent) < :n",
        "a1 = :s AND a1 = :z",
        "a1 = :z OR a1 = :n",
        "NOT a1 = :s",
    ] {
        check(text, false);
    }
}

#[test]
fn missing_attributes() {
    for (text, expected) in [
        ("absent = :s", false),
        ("absent <> :s", true),
        ("absent < :s", false),
        ("absent >= :s", false),
        ("NOT absent = :s", true),
        ("absent <> gone", true),
        ("absent = gone", false),
        ("a1.k <> :s", true),
        ("size(absent) <> :n", true),
    ] {
        check(text, expected);
    }
    let none: Option<Stored> = None;
    assert!(condition("attribute_not_exists(a1)").unwrap().matches(&none));
    assert!(!condition("attribute_exists(a1)").unwrap().matches(&none));
}

#[test]
fn attributes_it_looks_at() {
    let condition = condition("#a = :s AND (size(doc.k) < :n OR NOT contains(x1, y1))").unwrap();
    assert_eq!(condition.attributes(), ["a1", "doc", "x1", "y1"]);
    assert!(condition.refuse_keys(["pk", "k"]).is_ok());
    assert_eq!(
        condition.refuse_keys(["y1", "doc"]).unwrap_err().to_string(),
        "Filter Expression can only contain non-primary key attributes: Primary key attribute: doc"
    );
}
