//! How failures of members are counted, joined and wrapped.

use super::*;
use crate::dynamodb::enumeration::{ReturnConsumedCapacity, Select};

fn text(constraints: &Constraints) -> String {
    constraints.finish().unwrap_err().message().unwrap().to_owned()
}

#[test]
fn nothing_wrong_is_no_error() {
    assert_eq!(Constraints::new(Layer::OLD).finish(), Ok(()));
}

#[test]
fn failures_are_counted_and_joined_in_order() {
    let mut constraints = Constraints::new(Layer::OLD);
    constraints.table_name(None);
    let found: Option<ReturnConsumedCapacity> =
        constraints.enumeration("returnConsumedCapacity", Some("INVALID"));
    assert_eq!(found, None);
    assert_eq!(
        text(&constraints),
        "2 validation errors detected: Value null at 'tableName' failed to satisfy constraint: Member must not be \
         null; Value 'INVALID' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum \
         value set: [INDEXES, TOTAL, NONE]"
    );
}

#[test]
fn built_in_checks_differ_by_layer() {
    let mut old = Constraints::new(Layer::OLD);
    old.built_in_range(("limit", "Limit"), Some(0), 1, i32::MAX);
    assert_eq!(
        text(&old),
        "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value \
         greater than or equal to 1"
    );
    let mut new = Constraints::new(Layer::NEW_BARE);
    new.built_in_range(("limit", "Limit"), Some(0), 1, i32::MAX);
    assert_eq!(
        text(&new),
        "1 validation error detected: Value at 'Limit' failed to satisfy constraint: Member must have value \
         greater than or equal to 1"
    );
}

#[test]
fn table_names_report_one_failure_each() {
    let failure = |name: &str| {
        let mut constraints = Constraints::new(Layer::NEW_ENVELOPED);
        constraints.table_name(Some(name));
        constraints.finish().err().and_then(|error| error.message().map(str::to_owned))
    };
    let prefix = "1 validation error detected: Value ";
    let ending = " failed to satisfy constraint: Member must";
    let long = "a".repeat(256);
    for (name, expected) in [
        ("", format!("{prefix}at 'TableName'{ending} have length greater than or equal to 1")),
        ("ab", format!("{prefix}'ab' at 'tableName'{ending} have length greater than or equal to 3")),
        ("a!", format!("{prefix}'a!' at 'tableName'{ending} have length greater than or equal to 3")),
        (&long, format!("{prefix}'{long}' at 'tableName'{ending} have length less than or equal to 255")),
        (
            "bad table!@#",
            format!(
                "{prefix}'bad table!@#' at 'tableName'{ending} satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
            ),
        ),
    ] {
        assert_eq!(failure(name), Some(expected), "{name}");
    }
    assert_eq!(failure("abc"), None);
    assert_eq!(failure("arn:aws:dynamodb:us-east-1:123456789012:table/abc"), None);
    assert!(failure("arn:aws:dynamodb:us-east-1:123456789012:table/a").is_some());
    assert!(failure("arn:aws:sqs:us-east-1:123456789012:table/abc").is_some());
}

#[test]
fn update_item_reports_the_pattern_before_the_length() {
    let mut constraints = Constraints::new(Layer::NEW_ENVELOPED);
    constraints.table_name_twice(Some("a!"));
    assert_eq!(
        text(&constraints),
        "2 validation errors detected: Value 'a!' at 'tableName' failed to satisfy constraint: Member must satisfy \
         regular expression pattern: [a-zA-Z0-9_.-]+; Value 'a!' at 'tableName' failed to satisfy constraint: \
         Member must have length greater than or equal to 3"
    );
    let mut constraints = Constraints::new(Layer::NEW_ENVELOPED);
    constraints.table_name_twice(Some("a b c"));
    assert!(text(&constraints).starts_with("1 validation error detected: "));
}

#[test]
fn an_unknown_select_lists_what_is_known() {
    let mut constraints = Constraints::new(Layer::NEW_BARE);
    let _: Option<Select> = constraints.enumeration("select", Some("INVALID_VALUE"));
    assert_eq!(
        text(&constraints),
        "1 validation error detected: Value 'INVALID_VALUE' at 'select' failed to satisfy constraint: Member must \
         satisfy enum value set: [SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]"
    );
}

#[test]
fn only_the_single_item_writes_have_the_envelope() {
    let enveloped: Vec<&str> = Operation::ALL
        .iter()
        .filter(|operation| Layer::of(**operation).enveloped)
        .map(|operation| operation.name())
        .collect();
    assert_eq!(enveloped, ["DeleteItem", "PutItem", "UpdateItem"]);
    assert_eq!(Layer::NEW_ENVELOPED.envelope("x"), "1 validation error detected: x");
    assert_eq!(Layer::OLD.envelope("x"), "x");
}
