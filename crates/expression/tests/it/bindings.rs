//! Names and values sent along with expressions.

use crate::notation::{n, names, values};
use expression::{Bindings, Condition, ConditionAst, ExpressionKind, Projection, ProjectionAst};
use item::Value;

fn refused(names: Option<&[(&str, &str)]>, values: Option<&[&str]>) -> String {
    let names = names.map(|names| names.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect());
    let values: Option<Vec<(String, Value)>> =
        values.map(|values| values.iter().map(|key| ((*key).to_owned(), n(1))).collect());
    Bindings::new(names, values).unwrap_err().to_string()
}

#[test]
fn faults() {
    assert_eq!(refused(Some(&[]), None), "ExpressionAttributeNames must not be empty");
    assert_eq!(refused(None, Some(&[])), "ExpressionAttributeValues must not be empty");
    assert_eq!(
        refused(Some(&[("a", "a")]), None),
        "ExpressionAttributeNames contains invalid key: Syntax error; key: \"a\""
    );
    assert_eq!(
        refused(Some(&[("#a\u{a0}", "a")]), None),
        "ExpressionAttributeNames contains invalid key: Syntax error; key: \"#a\u{a0}\""
    );
    assert_eq!(
        refused(None, Some(&["#v"])),
        "ExpressionAttributeValues contains invalid key: Syntax error; key: \"#v\""
    );
    assert_eq!(
        refused(Some(&[("#e", "")]), None),
        "ExpressionAttributeNames contains invalid value: Empty attribute name for key #e"
    );
    let without = |names, values| Bindings::without_expressions(names, values).unwrap_err().to_string();
    assert_eq!(without(true, true), "ExpressionAttributeNames can only be specified when using expressions");
    assert_eq!(
        without(false, true),
        "ExpressionAttributeValues can only be specified when using expressions"
    );
    assert!(Bindings::without_expressions(false, false).is_ok());
}

#[test]
fn longest_keys() {
    let key = |sign: char, length: usize| format!("{sign}{}", "a".repeat(length - 1));
    let both = |length: usize| {
        (Some(vec![(key('#', length), "a".to_owned())]), Some(vec![(key(':', length), n(1))]))
    };
    let (names, values) = both(255);
    assert!(Bindings::new(names, values).is_ok());
    let (names, values) = both(256);
    assert!(Bindings::new(names, None).unwrap_err().to_string().ends_with("too long; key size: 256"));
    assert!(Bindings::new(None, values).unwrap_err().to_string().ends_with("too long; key size: 256"));
}

#[test]
fn unused_ones_are_named_in_the_order_sent() {
    let mut bindings = Bindings::new(Some(names()), Some(values())).unwrap();
    let ast = ConditionAst::parse(ExpressionKind::Filter, "#a = :s AND :n < #dot").unwrap();
    Condition::bind(ExpressionKind::Filter, &ast, &mut bindings).unwrap();
    assert_eq!(
        bindings.finish().unwrap_err().to_string(),
        "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b, #data}"
    );
    let ast = ProjectionAst::parse("#b, #data").unwrap();
    Projection::bind(&ast, &mut bindings).unwrap();
    assert_eq!(
        bindings.finish().unwrap_err().to_string(),
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:z, :e, :m, :b, :t, :null, \
         :l, :map, :ss, :ns, :bs, :type, :q}"
    );
    assert!(Bindings::new(None, None).unwrap().finish().is_ok());
}
