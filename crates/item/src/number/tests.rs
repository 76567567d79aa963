//! Numbers against an oracle, and the corners that AWS is known for.

use super::*;
use bigdecimal::{BigDecimal, num_bigint::BigInt};
use proptest::prelude::*;
use std::str::FromStr as _;

fn number(text: &str) -> Number {
    Number::parse(text).unwrap()
}

#[test]
fn texts_are_normalised() {
    for (text, canonical) in [
        ("00042", "42"),
        ("3.140", "3.14"),
        ("1.5E2", "150"),
        ("-0", "0"),
        ("+3", "3"),
        (".5", "0.5"),
        ("5.", "5"),
        ("-0.0012e1", "-0.012"),
        ("1e-130", &format!("0.{}1", "0".repeat(129))),
        ("1E125", &format!("1{}", "0".repeat(125))),
        ("0.0e126", "0"),
        ("12345678901234567890123456789012345678000", "12345678901234567890123456789012345678000"),
    ] {
        assert_eq!(number(text).to_string(), canonical, "{text}");
    }
}

#[test]
fn what_is_no_number_says_why() {
    for text in [
        "",
        "abc",
        "NaN",
        "Infinity",
        " 1",
        "1 ",
        "0x10",
        "1e",
        "1.2.3",
        "-",
        "e5",
        ".",
        "1e99999999999999999999",
    ] {
        assert_eq!(Number::parse(text), Err(NumberError::NotNumeric), "{text}");
    }
    for text in ["1e126", "1e99999999999", "1e2147483647", "0e126"] {
        assert_eq!(Number::parse(text), Err(NumberError::Overflow), "{text}");
    }
    for text in ["1e-131", "1e-99999999999", "0e-131"] {
        assert_eq!(Number::parse(text), Err(NumberError::Underflow), "{text}");
    }
    let long = "123456789012345678901234567890123456789";
    assert_eq!(Number::parse(long), Err(NumberError::TooManyDigits));
    assert_eq!(Number::parse(&format!("0.{long}")), Err(NumberError::TooManyDigits));
}

#[test]
fn sizes_are_those_that_were_measured() {
    for (text, size) in [
        ("0", 1),
        ("1", 2),
        ("10", 2),
        ("12", 2),
        ("1.2", 3),
        ("123", 3),
        ("1234", 3),
        ("-1", 3),
        ("0.1", 2),
        ("0.12", 2),
        ("3.14159", 5),
        ("123456", 4),
        ("1E125", 2),
        ("0.0000001", 2),
        ("101", 3),
        ("12345678901234567890123456789012345678", 20),
    ] {
        assert_eq!(number(text).size(), size, "{text}");
    }
}

#[test]
fn sums_keep_to_38_digits() {
    let big = number("99999999999999999999999999999999999999");
    assert_eq!(big.checked_add(number("0.1")), Err(NumberError::TooManyDigits));
    assert_eq!(big.checked_add(number("1")).unwrap().to_string(), format!("1{}", "0".repeat(38)));
    assert_eq!(number("1e38").checked_sub(number("1")).unwrap(), big);
    assert_eq!(number("9e125").checked_add(number("9e125")), Err(NumberError::Overflow));
    assert_eq!(number("1e125").checked_add(number("1")), Err(NumberError::TooManyDigits));
    assert_eq!(number("7").checked_sub(number("7")).unwrap(), Number::ZERO);
}

fn any_number() -> impl Strategy<Value = Number> {
    (any::<bool>(), 0..10u128.pow(38), -130i32..88).prop_map(|(negative, coefficient, exponent)| {
        let text = format!("{}{coefficient}e{exponent}", if negative { "-" } else { "" });
        Number::parse(&text).unwrap_or(Number::ZERO)
    })
}

fn oracle(number: Number) -> BigDecimal {
    BigDecimal::from_str(&number.to_string()).unwrap()
}

proptest! {
    #[test]
    fn text_and_back(number in any_number()) {
        prop_assert_eq!(Number::parse(&number.to_string()).unwrap(), number);
        let exponent_form = oracle(number).to_scientific_notation();
        prop_assert_eq!(Number::parse(&exponent_form).unwrap(), number);
    }

    #[test]
    fn order_is_numeric(a in any_number(), b in any_number()) {
        prop_assert_eq!(a.cmp(&b), oracle(a).cmp(&oracle(b)));
    }

    #[test]
    fn sums_are_exact(a in any_number(), b in -1_000_000i64..1_000_000, shift in -5i32..5) {
        let b = number(&format!("{b}e{shift}"));
        if let Ok(sum) = a.checked_add(b) {
            prop_assert_eq!(oracle(sum), oracle(a) + oracle(b));
            prop_assert_eq!(sum.checked_sub(b).unwrap_or(a), a);
        } else {
            let (digits, _) = (oracle(a) + oracle(b)).normalized().into_bigint_and_exponent();
            prop_assert!(digits.magnitude() >= BigInt::from(10u128.pow(38)).magnitude());
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[-+.eE0-9]{0,50}") {
        if let Ok(read) = Number::parse(&text) {
            prop_assert_eq!(Number::parse(&read.to_string()).unwrap(), read);
        }
    }

    #[test]
    fn integers_come_back(value in any::<i64>()) {
        prop_assert_eq!(Number::from(value).to_i64(), Some(value));
        prop_assert_eq!(Number::from(value).to_string(), value.to_string());
    }
}
