//! Two values of one type: their keys are in the order of the values, no key is the beginning of another, and
//! tuples are in the order of tuples. The first byte chooses the type.

use item::{Number, Value, key};
use std::cmp::Ordering;

/// See the module.
pub fn target(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let Some((one, other)) = halves(choice % 3, rest) else { return };
    let (first, second) = (encoded(&one), encoded(&other));
    let order = one.compare_same_kind(&other).unwrap_or_else(|| panic!("{one:?} and {other:?}"));
    assert_eq!(first.cmp(&second), order, "{one:?} and {other:?}");
    assert_eq!(order == Ordering::Equal, one == other);
    assert!(one == other || !first.starts_with(&second), "{one:?} begins with {other:?}");
    let tuple = |a: &[u8], b: &[u8]| [a, b].concat();
    assert_eq!(tuple(&first, &second).cmp(&tuple(&second, &first)), order);
    if let (Value::B(one), Value::B(other)) = (&one, &other) {
        let mut prefix = Vec::new();
        key::push_prefix(other, &mut prefix);
        assert_eq!(first.starts_with(&prefix), one.starts_with(other));
    }
}

fn encoded(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    assert!(key::push(value, &mut out), "{value:?} can be a key");
    out
}

/// Two values of a type; numbers and strings are a line each, of binaries the first byte says how long one is.
fn halves(choice: u8, rest: &[u8]) -> Option<(Value, Value)> {
    if choice == 0 {
        let (length, rest) = rest.split_first()?;
        let (one, other) = rest.split_at(usize::from(*length).min(rest.len()));
        let binary = |bytes: &[u8]| Value::B(bytes.to_vec().into());
        return Some((binary(one), binary(other)));
    }
    let (one, other) = std::str::from_utf8(rest).ok()?.split_once('\n')?;
    if choice == 1 {
        return Some((Value::S(one.to_owned()), Value::S(other.to_owned())));
    }
    let number = |text: &str| Number::parse(text).ok().map(Value::N);
    Some((number(one)?, number(other)?))
}
