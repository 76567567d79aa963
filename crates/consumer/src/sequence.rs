//! Sequence numbers: decimal digits, compared as numbers, for their length may differ.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;

/// The place of a change in its shard. Within a shard, and from a shard to its children, they rise; between
/// shards of different lineage their order means nothing.
///
/// ```
/// use tailwater_consumer::SequenceNumber;
///
/// let early = SequenceNumber::new("999000000000013256296913");
/// let late = SequenceNumber::new("1000000000000013256296914");
/// assert!(early < late);
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SequenceNumber(Box<str>);

impl SequenceNumber {
    /// The number with these digits, as a record or a shard shows it.
    #[must_use]
    pub fn new(digits: &str) -> Self {
        Self(digits.into())
    }

    /// Its digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What decides the order: the digits from the first that is not zero, the longer number being the greater.
    fn magnitude(&self) -> (usize, &str) {
        let digits = self.0.trim_start_matches('0');
        (digits.len(), digits)
    }
}

impl Ord for SequenceNumber {
    fn cmp(&self, other: &Self) -> Ordering {
        self.magnitude().cmp(&other.magnitude())
    }
}

impl PartialOrd for SequenceNumber {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for SequenceNumber {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for SequenceNumber {}

impl fmt::Display for SequenceNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_order_is_that_of_numbers(a: u128, b: u128, zeros in 0_usize..4) {
            let padded = SequenceNumber::new(&format!("{}{a}", "0".repeat(zeros)));
            prop_assert_eq!(padded.cmp(&SequenceNumber::new(&b.to_string())), a.cmp(&b));
            prop_assert_eq!(padded, SequenceNumber::new(&a.to_string()));
        }
    }
}
