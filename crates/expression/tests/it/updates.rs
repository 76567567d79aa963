//! What updates make of items.

use crate::notation::{l, m, map, n, ns, s, ss, update};
use expression::UpdateError;
use item::{Map, Number, Stored, Value};

fn item() -> Map {
    map([
        ("n1", n(1)),
        ("s1", s("x")),
        ("l1", l([n(0), n(1), n(2), n(3)])),
        ("m1", m([("k", n(1)), ("m2", m([("x", n(2))])), ("l2", l([s("a"), ss(["a", "b"]), s("c")]))])),
        ("set1", ss(["a", "b", "c"])),
        ("nums", ns([2, 3])),
        ("nil", Value::Null),
    ])
}

/// The item with some attributes changed.
fn with<const COUNT: usize>(changes: [(&str, Value); COUNT]) -> Map {
    let mut item = item();
    for (name, value) in changes {
        item.insert(name, value);
    }
    item
}

fn without(name: &str) -> Map {
    let mut item = item();
    assert!(item.remove(name).is_some());
    item
}

fn check(text: &str, expected: Map) {
    assert_eq!(update(text).unwrap().apply(&item()).unwrap().item, expected, "{text}");
}

#[test]
fn set() {
    check("SET new1 = :s", with([("new1", s("abc"))]));
    check("SET n1 = n1 + :n", with([("n1", n(6))]));
    check("SET n1 = :n - n1, n2 = n1", with([("n1", n(4)), ("n2", n(1))]));
    check("SET n1 = (n1 + :n), n2 = (n1) - (:n)", with([("n1", n(6)), ("n2", n(-4))]));
    check("SET n1 = if_not_exists(n1, :m), n2 = if_not_exists(n2, :m)", with([("n2", n(9))]));
    check("SET n2 = if_not_exists(n2, :n) + :n", with([("n2", n(10))]));
    check("SET l1 = list_append(l1, :l)", with([("l1", l([n(0), n(1), n(2), n(3), n(1), s("a")]))]));
    check("SET l3 = list_append(if_not_exists(l3, :l), :l)", with([("l3", l([n(1), s("a"), n(1), s("a")]))]));
    check("SET #dot = :n", with([("x.y", n(5))]));
    let inner = m([("k", n(5)), ("m2", m([("x", n(2)), ("y", s("z"))])), ("l2", l([s("a"), n(5), s("c")]))]);
    check("SET m1.k = :n, m1.m2.y = :z, m1.l2[1] = :n", with([("m1", inner)]));
    check("SET s1 = m1.m2.x, n1 = l1[3]", with([("s1", n(2)), ("n1", n(3))]));
}

#[test]
fn every_action_reads_the_item_as_it_was() {
    check("SET n1 = :m, n2 = n1 + :n", with([("n1", n(9)), ("n2", n(6))]));
    check("SET n2 = n1 REMOVE n1", {
        let mut item = with([("n2", n(1))]);
        item.remove("n1");
        item
    });
    check("REMOVE l1[0], l1[1]", with([("l1", l([n(2), n(3)]))]));
    check("REMOVE l1[1] SET l1[2] = :n", with([("l1", l([n(0), n(5), n(3)]))]));
    check("SET l1[0] = l1[3], l1[3] = l1[0]", with([("l1", l([n(3), n(1), n(2), n(0)]))]));
    let rest = with([("m1", m([("k", n(1)), ("m2", m([("x", n(2))])), ("l2", l([s("z")]))]))]);
    check("DELETE m1.l2[1] :ss SET m1.l2[2] = :z REMOVE m1.l2[0]", rest);
}

#[test]
fn past_the_end_of_a_list() {
    check("SET l1[9] = :n", with([("l1", l([n(0), n(1), n(2), n(3), n(5)]))]));
    check(
        "SET l1[9] = :n, l1[7] = :m, l1[4] = :z",
        with([("l1", l([n(0), n(1), n(2), n(3), s("z"), n(9), n(5)]))]),
    );
    check("SET l1[9] = :n REMOVE l1[0], l1[8]", with([("l1", l([n(1), n(2), n(3), n(5)]))]));
    check("ADD l1[9] :n", with([("l1", l([n(0), n(1), n(2), n(3), n(5)]))]));
    check("REMOVE l1[9] DELETE l1[8] :ss", item());
}

#[test]
fn remove() {
    check("REMOVE n1", without("n1"));
    check("REMOVE absent1, m1.absent1", item());
    let inner = m([("k", n(1)), ("m2", m([])), ("l2", l([ss(["a", "b"])]))]);
    check("REMOVE m1.m2.x, m1.l2[0], m1.l2[2]", with([("m1", inner)]));
}

#[test]
fn add_and_delete() {
    check("ADD n1 :n", with([("n1", n(6))]));
    check("ADD n2 :n", with([("n2", n(5))]));
    check("ADD nums :ns", with([("nums", ns([1, 2, 3]))]));
    check("ADD sets2 :ss, m1.k :n", {
        let inner = m([("k", n(6)), ("m2", m([("x", n(2))])), ("l2", l([s("a"), ss(["a", "b"]), s("c")]))]);
        with([("sets2", ss(["a", "b"])), ("m1", inner)])
    });
    check("DELETE set1 :ss", with([("set1", ss(["c"]))]));
    check("DELETE nums :ns", with([("nums", ns([3]))]));
    check("DELETE absent1 :ss", item());
    let all = map([("set1", ss(["a", "b"]))]);
    assert_eq!(update("DELETE set1 :ss").unwrap().apply(&all).unwrap().item, Map::default());
}

#[test]
fn faults_of_the_stored_item() {
    let path = UpdateError::InvalidPath;
    let operand = UpdateError::OperandType;
    let absent = UpdateError::MissingAttribute;
    let cases = [
        ("SET zz.y = :n", path),
        ("REMOVE zz.y", path),
        ("REMOVE nolist[0]", path),
        ("ADD zz.y :n", path),
        ("DELETE zz.y :ss", path),
        ("SET m1[0] = :n", path),
        ("REMOVE m1[0]", path),
        ("REMOVE l1.k", path),
        ("SET n1.k = :n", path),
        ("SET nil.k = :n", path),
        ("SET l1[9].k = :n", path),
        ("SET m1.zz.y = :n", path),
        ("SET n1 = s1 + :n", operand),
        ("SET n1 = :n - s1", operand),
        ("SET l1 = list_append(n1, :l)", operand),
        ("SET l1 = list_append(:l, s1)", operand),
        ("SET n1 = if_not_exists(s1, :n) + :n", operand),
        ("ADD s1 :n", operand),
        ("ADD n1 :ss", operand),
        ("ADD set1 :ns", operand),
        ("DELETE s1 :ss", operand),
        ("DELETE nums :ss", operand),
        ("SET n1 = absent1", absent),
        ("SET n1 = absent1 + :n", absent),
        ("SET n1 = m1.k.z", absent),
        ("SET l1 = list_append(absent1, :l)", absent),
        ("SET zz.y = :n ADD s1 :n", operand),
        ("SET zz.y = absent1", absent),
    ];
    for (text, error) in cases {
        assert_eq!(update(text).unwrap().apply(&item()).unwrap_err(), error, "{text}");
    }
    assert_eq!(path.to_string(), "The document path provided in the update expression is invalid for update");
    assert_eq!(operand.to_string(), "An operand in the update expression has an incorrect data type");
    assert_eq!(
        absent.to_string(),
        "The provided expression refers to an attribute that does not exist in the item"
    );
}

#[test]
fn sums_stay_numbers() {
    let large = map([
        ("n1", Value::N(Number::parse("9e125").unwrap())),
        ("n2", Value::N(Number::parse("9e125").unwrap())),
    ]);
    let error = update("SET n1 = n1 + n2").unwrap().apply(&large).unwrap_err();
    assert!(error.to_string().starts_with("Number overflow."), "{error}");
}

#[test]
fn levels() {
    let nested = |levels: usize| (1..levels).fold(n(1), |value, _| l([value]));
    let set = update("SET m1.new1 = deep1").unwrap();
    let old = |levels| with([("deep1", nested(levels))]);
    assert!(set.apply(&old(31)).is_ok());
    let error = set.apply(&old(32)).unwrap_err();
    assert_eq!(error.to_string(), "Nesting Levels have exceeded supported limits");
}

#[test]
fn returned_values() {
    let check = |text: &str, old: Map, new: Map| {
        let update = update(text).unwrap();
        let updated = update.apply(&item()).unwrap();
        assert_eq!(update.touched(&item()), old, "{text}, before");
        assert_eq!(updated.updated_new(), new, "{text}, after");
        let before = Stored::encode(&item());
        assert_eq!(update.updated_new(Some(&before), &Stored::encode(&updated.item)), new, "{text}, stored");
    };
    check("SET n1 = :n REMOVE s1", map([("n1", n(1)), ("s1", s("x"))]), map([("n1", n(5))]));
    check("SET new1 = :n", map([]), map([("new1", n(5))]));
    check(
        "SET m1.k = :n, m1.m2.y = :m",
        map([("m1", m([("k", n(1))]))]),
        map([("m1", m([("k", n(5)), ("m2", m([("y", n(9))]))]))]),
    );
    check("SET l1[2] = :n", map([("l1", l([n(2)]))]), map([("l1", l([n(5)]))]));
    check("SET l1[9] = :n, l1[7] = :m", map([]), map([("l1", l([n(9), n(5)]))]));
    check(
        "SET l1[2] = :n REMOVE l1[0], l1[3]",
        map([("l1", l([n(0), n(2), n(3)]))]),
        map([("l1", l([n(5)]))]),
    );
    check("REMOVE l1[0]", map([("l1", l([n(0)]))]), map([]));
    check("DELETE set1 :ss", map([("set1", ss(["a", "b", "c"]))]), map([("set1", ss(["c"]))]));
    check("ADD n1 :n, n2 :n", map([("n1", n(1))]), map([("n1", n(6)), ("n2", n(5))]));
    check(
        "DELETE m1.l2[1] :ss SET m1.l2[2] = :z",
        map([("m1", m([("l2", l([ss(["a", "b"]), s("c")]))]))]),
        map([("m1", m([("l2", l([s("z")]))]))]),
    );
}

#[test]
fn questions_about_an_update() {
    let creates = |text: &str| update(text).unwrap().creates_item();
    assert!(creates("SET a1 = :n") && creates("ADD a1 :n REMOVE b1"));
    assert!(!creates("REMOVE a1") && !creates("DELETE a1 :ss REMOVE b1"));
    let touches = update("SET m1.k = :n, sk.z = :n REMOVE pk").unwrap();
    assert_eq!(touches.touches_key(&["pk", "sk"]), Some("sk"));
    assert_eq!(touches.touches_key(&["pk"]), Some("pk"));
    assert_eq!(touches.touches_key(&["k"]), None);
    assert_eq!(touches.written_names(), ["m1", "pk", "sk"]);
}

#[test]
fn charge() {
    let charge = |text: &str| update(text).unwrap().request_charge();
    // 3 for the request, 19 for SET, 2 for the name, 3 for the value.
    assert_eq!(charge("SET n1 = :s"), 3 + 19 + 2 + 3);
    assert_eq!(charge("SET n1 = (:s), #dot = :z"), 3 + 19 + 2 + 3 + 19 + 3 + 1);
    assert_eq!(charge("SET m1.key1[12] = :z"), 3 + 19 + 2 + (4 + 4) + (4 + 2) + 1);
    assert_eq!(charge("SET n1 = m1.k[0]"), 3 + 19 + 2 + 1 + (14 + 2) + (14 + 1) + (14 + 1));
    assert_eq!(charge("SET n1 = n2 + :n"), 3 + 19 + 2 + 34 + (1 + 14 + 2) + 2);
    assert_eq!(charge("SET n1 = :n - n2"), 3 + 19 + 2 + 37 + 2 + (1 + 14 + 2));
    assert_eq!(charge("SET n1 = if_not_exists(n2, :s)"), 3 + 19 + 2 + 39 + (1 + 14 + 2) + 3);
    assert_eq!(charge("SET n1 = list_append(l1, :l)"), 3 + 19 + 2 + 37 + (1 + 14 + 2) + (3 + 1 + 2 + 1 + 1));
    assert_eq!(charge("ADD n1 :n, n2 :ss"), 3 + 19 + 2 + 2 + 19 + 2 + 2);
    assert_eq!(charge("REMOVE n1, m1.k"), 3 + 1 + 2 + 1 + 2 + 4 + 1);
    assert_eq!(charge("DELETE n1 :ss"), 3 + 1 + 2);
}
