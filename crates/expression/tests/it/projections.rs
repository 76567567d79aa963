//! Parts of items.

use crate::notation::{l, m, map, n, projection, s};
use expression::Projection;
use item::{Map, Stored};

fn item() -> Map {
    map([
        ("a1", s("x")),
        ("b1", m([("c", n(1)), ("d", m([("e", n(2)), ("f", n(3))]))])),
        ("l1", l([n(0), n(1), m([("k", n(2)), ("m", n(3))]), n(4), l([n(5), n(6)])])),
        ("x.y", n(9)),
    ])
}

fn check(text: &str, expected: Map) {
    let projection = projection(text).unwrap();
    assert_eq!(projection.apply(&item()), expected, "{text}");
    assert_eq!(projection.apply_stored(&Stored::encode(&item())), expected, "{text}, stored");
}

#[test]
fn parts() {
    check("a1", map([("a1", s("x"))]));
    check("#dot, #a, nothing", map([("a1", s("x")), ("x.y", n(9))]));
    check("b1.d.f, b1.c", map([("b1", m([("c", n(1)), ("d", m([("f", n(3))]))]))]));
    check("b1", map([("b1", item().get("b1").unwrap().clone())]));
    check("l1[3], l1[1]", map([("l1", l([n(1), n(4)]))]));
    check("l1[4][1], l1[2].k, l1[0]", map([("l1", l([n(0), m([("k", n(2))]), l([n(6)])]))]));
    check("l1[10], l1[2], l1[9]", map([("l1", l([m([("k", n(2)), ("m", n(3))])]))]));
    check("x.y", map([]));
    check("a1.b, a1.c", map([]));
    check("b1[0], l1.k, b2.c", map([]));
    check("b1.d.x, b1.d.y.z, l1[2].q", map([]));
}

#[test]
fn whole_attributes_are_told_apart() {
    let whole = projection("b1, #a, z1").unwrap();
    assert!(whole.is_top_level_only());
    assert_eq!(whole.names(), ["a1", "b1", "z1"]);
    let parts = projection("b1.d, #a, b1.c").unwrap();
    assert!(!parts.is_top_level_only());
    assert_eq!(parts.names(), ["a1", "b1"]);
    assert_eq!(Projection::of_attributes(["z1", "a1", "b1", "a1"].map(Into::into)), whole);
}
