//! Members of every type, and the types they refuse.

use super::*;
use crate::error::ApiError;

fn with<T>(text: &str, read: impl FnOnce(&mut Reader<'_>) -> Result<T, JsonError>) -> Result<T, String> {
    let mut reader = Reader::new(text.as_bytes()).unwrap();
    read(&mut reader).map_err(|error| ApiError::from(error).message().unwrap_or("no message").to_owned())
}

#[test]
fn strings_refuse_other_types_by_name() {
    assert_eq!(with("\"a\"", owned_string), Ok(Some("a".into())));
    assert_eq!(with("null", owned_string), Ok(None));
    for (text, expected) in [
        ("1", "NUMBER_VALUE cannot be converted to String"),
        ("1.5", "DECIMAL_VALUE cannot be converted to String"),
        ("1e2", "DECIMAL_VALUE cannot be converted to String"),
        ("true", "TRUE_VALUE cannot be converted to String"),
        ("false", "FALSE_VALUE cannot be converted to String"),
        ("{}", "Start of structure or map found where not expected"),
        ("[]", "no message"),
        ("-", "no message"),
    ] {
        assert_eq!(with(text, owned_string), Err(expected.into()), "{text}");
    }
}

#[test]
fn integers_saturate_and_drop_fractions() {
    for (text, value, exact) in [
        ("1", 1, true),
        ("-1", -1, true),
        ("1.5", 1, false),
        ("0.5", 0, false),
        ("1e2", 100, true),
        ("4294967296", i32::MAX, false),
        ("-2147483649", i32::MIN, false),
        ("1e400", i32::MAX, false),
        ("99999999999999999999", i32::MAX, false),
    ] {
        assert_eq!(with(text, integer), Ok(Some(Integer { value, exact })), "{text}");
    }
    assert_eq!(with("\"1\"", integer), Err("STRING_VALUE cannot be converted to Integer".into()));
    assert_eq!(with("\"1\"", long), Err("STRING_VALUE cannot be converted to Long".into()));
    assert_eq!(with("5000000000", long), Ok(Some(5_000_000_000)));
}

#[test]
fn booleans_may_be_words() {
    for (text, value) in
        [("true", true), ("\"TRUE\"", true), ("\"y\"", true), ("\"0\"", false), ("\"No\"", false)]
    {
        assert_eq!(with(text, boolean), Ok(Some(value)), "{text}");
    }
    for (text, expected) in [
        ("\"maybe\"", "Unexpected token received from parser"),
        ("1", "NUMBER_VALUE cannot be converted to Boolean"),
        ("1.0", "DECIMAL_VALUE cannot be converted to Boolean"),
        ("[]", "no message"),
    ] {
        assert_eq!(with(text, boolean), Err(expected.into()), "{text}");
    }
}

#[test]
fn a_request_is_one_object() {
    assert!(request(b" {} ", |_, _| Ok(())).is_ok());
    for body in ["", "[]", "\"a\"", "{} {}", "null", "{\"a\":1}}"] {
        assert!(request(body.as_bytes(), |reader, _| reader.skip().map(drop)).is_err(), "{body}");
    }
}
