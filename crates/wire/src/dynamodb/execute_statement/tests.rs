//! ExecuteStatement: which refusals come, and in which order.

use super::*;

fn refusal(body: &str) -> String {
    ExecuteStatement::decode(body.as_bytes()).unwrap_err().message().unwrap_or_default().to_owned()
}

#[test]
fn members_are_refused_together_and_in_order() {
    for (body, expected) in [
        (
            r#"{"Parameters":[],"ReturnConsumedCapacity":"X","Statement":"","Limit":0,
                "ReturnValuesOnConditionCheckFailure":"Y"}"#,
            "5 validation errors detected: Value 'Y' at 'returnValuesOnConditionCheckFailure' failed to satisfy \
             constraint: Member must satisfy enum value set: [ALL_OLD, NONE]; Value '0' at 'limit' failed to satisfy \
             constraint: Member must have value greater than or equal to 1; Value '' at 'statement' failed to satisfy \
             constraint: Member must have length greater than or equal to 1; Value 'X' at 'returnConsumedCapacity' \
             failed to satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]; Value '[]' at \
             'parameters' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ),
        (
            "{}",
            "1 validation error detected: Value null at 'statement' failed to satisfy constraint: Member must not be \
             null",
        ),
        (
            r#"{"Statement":"s","Parameters":[{"N":"x"}]}"#,
            "The parameter cannot be converted to a numeric value: x",
        ),
        (r#"{"Statement":"s","Parameters":[{"M":{"":{"S":"x"}}}]}"#, "Empty attribute name"),
        (
            r#"{"Statement":"s","Parameters":[{"SS":["b","a","b"]}]}"#,
            "One or more parameter values were invalid: Input collection [b, a, b] contains duplicates.",
        ),
    ] {
        assert_eq!(refusal(body), expected, "{body}");
    }
    let long = format!(r#"{{"Statement":"{}"}}"#, "é".repeat(8193));
    assert!(refusal(&long).ends_with("Member must have length less than or equal to 8192"));
    assert!(ExecuteStatement::decode(long.replacen('é', "", 1).as_bytes()).is_ok());
}
