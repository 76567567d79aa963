//! Sequence numbers: positions of the store as the outside sees them.
//!
//! A sequence number is 10^20 plus the position, so it has 21 digits for the whole life of a store (there is
//! room for 9 * 10^20 positions), and text order is numeric order.

use std::fmt;
use store::Position;

/// What is added to a position.
const BASE: u128 = 100_000_000_000_000_000_000;

/// The number of a record, or of an end of a shard's range. Displays as the wire shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SequenceNumber(u128);

impl SequenceNumber {
    /// How many digits a number has.
    pub const DIGITS: usize = 21;

    /// The number of a position.
    #[must_use]
    pub fn of(position: Position) -> Self {
        SequenceNumber(BASE.saturating_add(position.0))
    }

    /// This number, whether or not it was ever given.
    #[must_use]
    pub const fn new(number: u128) -> Self {
        SequenceNumber(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u128 {
        self.0
    }

    /// The position of this number; `None` for a number below all that were ever given.
    #[must_use]
    pub fn position(self) -> Option<Position> {
        self.0.checked_sub(BASE).map(Position)
    }

    /// Appends the digits.
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(itoa::Buffer::new().format(self.0).as_bytes());
    }

    /// Appends the digits to a text.
    pub fn write_text(self, out: &mut String) {
        out.push_str(itoa::Buffer::new().format(self.0));
    }

    /// Reads decimal digits, with or without a plus sign. Anything else is `None`, and so is a number too
    /// large to have been given.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        digits.parse().ok().map(SequenceNumber)
    }
}

impl fmt::Display for SequenceNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_21_digits_and_comes_back() {
        for position in [0, 1, 1 << 20, u128::from(u64::MAX)] {
            let number = SequenceNumber::of(Position(position));
            let text = number.to_string();
            assert_eq!(text.len(), 21, "{text}");
            assert_eq!(SequenceNumber::parse(&text), Some(number));
            assert_eq!(SequenceNumber::parse(&format!("+{text}")), Some(number));
            assert_eq!(number.position(), Some(Position(position)));
        }
    }

    #[test]
    fn other_texts_are_no_numbers() {
        for text in ["", "+", "-1", "1e5", "12 ", "++1", "0x1", "9999999999999999999999999999999999999999"] {
            assert_eq!(SequenceNumber::parse(text), None, "{text}");
        }
        assert_eq!(SequenceNumber::parse("000000000000000000000").map(SequenceNumber::position), Some(None));
    }
}
