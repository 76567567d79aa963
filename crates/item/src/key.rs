//! Keys as ordered bytes.
//!
//! The encoding of a key value orders as the values do, and no encoding is the prefix of another one's, so
//! that encodings put one after the other order as tuples.

use crate::number::Number;
use crate::value::Value;
use siphasher::sip128::{Hasher128 as _, SipHasher24};
use std::hash::Hasher as _;

/// The types that a key attribute can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// A string, ordered by its UTF-8 bytes.
    S,
    /// A number, ordered by value.
    N,
    /// A binary, ordered by unsigned bytes.
    B,
}

impl KeyKind {
    /// Its descriptor on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::N => "N",
            Self::B => "B",
        }
    }
}

/// Appends a key value; answers `false`, and appends nothing, for a value that can be no key.
pub fn push(value: &Value, out: &mut Vec<u8>) -> bool {
    match value {
        Value::S(text) => push_bytes(text.as_bytes(), out),
        Value::N(number) => push_number(*number, out),
        Value::B(bytes) => push_bytes(bytes, out),
        _ => return false,
    }
    true
}

/// Appends a string or a binary: each 00 as 00 FF, and 00 01 at the end.
pub fn push_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    push_prefix(bytes, out);
    out.extend_from_slice(&[0, 1]);
}

/// Appends the beginning that the encodings of all strings or binaries with this beginning share.
pub fn push_prefix(bytes: &[u8], out: &mut Vec<u8>) {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|&byte| byte == 0) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(&[0, 0xFF]);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

/// The byte of zero; numbers below it begin with less, numbers above it with more.
const ZERO: u8 = 0x80;
/// What is added to the exponent of the leading digit, so that it is never negative.
const EXPONENT_BIAS: i32 = 130;

/// Appends a number: sign, exponent of the leading digit, then pairs of digits, each plus one, and a 0; all
/// but the sign inverted below zero.
pub fn push_number(number: Number, out: &mut Vec<u8>) {
    let (negative, coefficient, magnitude) = number.parts();
    if coefficient == 0 {
        out.push(ZERO);
        return;
    }
    let invert = if negative { 0xFF } else { 0 };
    out.push(if negative { ZERO - 1 } else { ZERO + 1 });
    // A number's magnitude is -130 to 125, so this fits a byte.
    out.push((magnitude + EXPONENT_BIAS) as u8 ^ invert);
    let mut digits = [0u8; 40];
    let count = coefficient.ilog10() as usize + 1;
    let mut rest = coefficient;
    for digit in digits[..count].iter_mut().rev() {
        *digit = (rest % 10) as u8;
        rest /= 10;
    }
    for pair in digits[..count.next_multiple_of(2)].chunks_exact(2) {
        out.push((pair[0] * 10 + pair[1] + 1) ^ invert);
    }
    out.push(invert);
}

/// Hashes partition keys, with a key of the data's own: nobody who does not know it can make partitions
/// collide.
#[derive(Clone, Copy, Debug)]
pub struct PartitionHasher {
    key: [u8; 16],
}

impl PartitionHasher {
    /// A hasher with this key.
    #[must_use]
    pub fn new(key: [u8; 16]) -> Self {
        Self { key }
    }

    /// SipHash-2-4 of 128 bits.
    #[must_use]
    pub fn hash(self, bytes: &[u8]) -> u128 {
        let mut hasher = SipHasher24::new_with_key(&self.key);
        hasher.write(bytes);
        hasher.finish128().as_u128()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use proptest::prelude::*;
    use std::cmp::Ordering;

    fn encoded(values: &[&Value]) -> Vec<u8> {
        let mut out = Vec::new();
        for value in values {
            assert!(push(value, &mut out));
        }
        out
    }

    fn text() -> impl Strategy<Value = Value> {
        "[\0\u{1}a-c\u{ff}]{0,4}".prop_map(Value::S)
    }

    fn binary() -> impl Strategy<Value = Value> {
        prop::collection::vec(prop_oneof![Just(0u8), Just(1), Just(254), Just(255), any::<u8>()], 0..5)
            .prop_map(|bytes| Value::B(Bytes::from(bytes)))
    }

    fn number() -> impl Strategy<Value = Value> {
        prop_oneof![
            (-1_000i64..1_000, -3i32..3).prop_map(|(n, e)| format!("{n}e{e}")),
            (any::<i128>(), -120i32..80).prop_map(|(n, e)| format!("{}e{e}", n / 1_000_000)),
        ]
        .prop_map(|text| Value::N(Number::parse(&text).unwrap()))
    }

    fn order(a: &Value, b: &Value) -> Ordering {
        a.compare_same_kind(b).unwrap()
    }

    proptest! {
        #[test]
        fn one_value((a, b) in prop_oneof![(text(), text()), (binary(), binary()), (number(), number())]) {
            let (x, y) = (encoded(&[&a]), encoded(&[&b]));
            prop_assert_eq!(x.cmp(&y), order(&a, &b));
            prop_assert!(a == b || !x.starts_with(&y));
        }

        #[test]
        fn tuples(a in (text(), number(), binary()), b in (text(), number(), binary())) {
            let expected = order(&a.0, &b.0).then(order(&a.1, &b.1)).then(order(&a.2, &b.2));
            prop_assert_eq!(encoded(&[&a.0, &a.1, &a.2]).cmp(&encoded(&[&b.0, &b.1, &b.2])), expected);
        }

        #[test]
        fn beginnings(a in binary(), b in binary()) {
            let (Value::B(a), Value::B(b)) = (a, b) else { unreachable!() };
            let mut prefix = Vec::new();
            push_prefix(&a, &mut prefix);
            // The end mark 00 01 never looks like a 00 of the value, which is 00 FF.
            prop_assert_eq!(encoded(&[&Value::B(b.clone())]).starts_with(&prefix), b.starts_with(&a));
        }
    }

    #[test]
    fn partitions_are_hashed_with_the_key() {
        let hash = |key| PartitionHasher::new([key; 16]).hash(b"partition");
        assert_eq!(hash(1), hash(1));
        assert_ne!(hash(1), hash(2));
    }
}
