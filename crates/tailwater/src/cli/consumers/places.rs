//! Positions of a stream as the command line takes them, of AWS's streams too, whose shards and numbers look otherwise
//! than this server's.

use std::cmp::Ordering;
use std::str::FromStr;

/// For each of some shards, the number of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Places(pub(crate) Vec<(String, String)>);

/// How many positions there may be, and how long their parts are at most.
const PLACES_MAX: usize = 10_000;
const SHARD_MAX: usize = 65;
const DIGITS_MAX: usize = 64;

impl FromStr for Places {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut places: Vec<(String, String)> = Vec::new();
        for part in text.split(',') {
            let wrong = || {
                let shown: String = part.chars().take(80).collect();
                format!("'{shown}' is no position: write SHARD:NUMBER, several with commas between them")
            };
            let (shard, number) = part.rsplit_once(':').ok_or_else(wrong)?;
            let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            let short = shard.len() <= SHARD_MAX && number.len() <= DIGITS_MAX;
            if !shard.starts_with("shardId-") || !digits || !short {
                return Err(wrong());
            }
            if places.iter().any(|(other, _)| other == shard) {
                return Err(format!("the positions name {shard} twice"));
            }
            if places.len() == PLACES_MAX {
                return Err(format!("positions of more than {PLACES_MAX} shards"));
            }
            places.push((shard.to_owned(), number.to_owned()));
        }
        Ok(Self(places))
    }
}

/// The order of two sequence numbers, which is that of numbers of any length.
pub(super) fn order(one: &str, other: &str) -> Ordering {
    let [one, other] = [one, other].map(|digits| digits.trim_start_matches('0'));
    (one.len(), one).cmp(&(other.len(), other))
}

/// Whether one sequence number is at or beyond another.
pub(super) fn is_at_least(one: &str, other: &str) -> bool {
    order(one, other) != Ordering::Less
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_read_and_what_is_none_is_refused() {
        let shard = "shardId-00000001795248378047-044760f7";
        let places: Places = format!("{shard}:100,shardId-2:7").parse().unwrap();
        assert_eq!(
            places.0,
            [(shard.to_owned(), "100".to_owned()), ("shardId-2".to_owned(), "7".to_owned())]
        );
        for wrong in
            ["", "shardId-1", "shardId-1:", "shardId-1:x", "1:1", "shardId-1:1,", "shardId-1:1,shardId-1:2"]
        {
            assert!(wrong.parse::<Places>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        for (one, other, expected) in
            [("9", "10", false), ("010", "10", true), ("11", "10", true), ("0", "", true)]
        {
            assert_eq!(is_at_least(one, other), expected, "{one} {other}");
        }
    }
}
