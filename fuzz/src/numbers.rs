//! Two numbers, on a line each: what is read, written, compared and added up is what decimal arithmetic
//! without limits says.

use crate::decimal::Decimal;
use item::Number;

/// See the module.
pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (one, other) = text.split_once('\n').unwrap_or((text, "1"));
    let (Some(one), Some(other)) = (checked(one), checked(other)) else { return };
    assert_eq!(one.0.cmp(&other.0), one.1.order(&other.1), "order of {one:?} and {other:?}");
    let sum = one.0.checked_add(other.0).map(|sum| sum.to_string());
    assert_eq!(sum, one.1.add(&other.1).map(|sum| sum.text()), "{one:?} + {other:?}");
    let difference = one.0.checked_sub(other.0).map(|difference| difference.to_string());
    assert_eq!(difference, one.1.add(&other.1.negated()).map(|difference| difference.text()));
}

/// The number of a text, and the same by the book.
fn checked(text: &str) -> Option<(Number, Decimal)> {
    let (number, decimal) = (Number::parse(text), Decimal::parse(text));
    let pair = match (number, decimal) {
        (Ok(number), Ok(decimal)) => (number, decimal),
        (number, decimal) => {
            assert_eq!(number.err(), decimal.err(), "{text:?}");
            return None;
        }
    };
    let written = pair.0.to_string();
    assert_eq!(written, pair.1.text(), "{text:?}");
    assert_eq!(Number::parse(&written), Ok(pair.0), "{text:?} as it is written");
    assert!((1..=22).contains(&pair.0.size()), "{text:?} counts for {} bytes", pair.0.size());
    if let Some(integer) = pair.0.to_i64() {
        let whole = written.split('.').next().unwrap_or_default();
        assert_eq!(whole.trim_start_matches('-'), integer.unsigned_abs().to_string(), "{text:?}");
    }
    Some(pair)
}
