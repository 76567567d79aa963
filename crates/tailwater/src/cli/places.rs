//! Positions of a stream as the command line takes them, of AWS's streams too, whose shards and numbers look otherwise
//! than this server's.

use consumer::SequenceNumber;
use std::str::FromStr;

/// For each of some shards, the number of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Places(pub(super) Vec<(String, SequenceNumber)>);

/// How many positions there may be, and how long their parts are at most.
pub(super) const PLACES_MAX: usize = 10_000;
const SHARD_MAX: usize = 65;
pub(super) const DIGITS_MAX: usize = 64;

/// A sequence number, as any server writes it.
pub(super) fn number(text: &str) -> Option<SequenceNumber> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() <= DIGITS_MAX;
    (is_number && !text.is_empty()).then(|| SequenceNumber::new(text))
}

fn place(part: &str) -> Result<(String, SequenceNumber), String> {
    let found = part.rsplit_once(':').and_then(|(shard, digits)| {
        let is_shard = shard.starts_with("shardId-") && shard.len() <= SHARD_MAX;
        Some((shard.to_owned(), number(digits)?)).filter(|_| is_shard)
    });
    found.ok_or_else(|| {
        let shown: String = part.chars().take(80).collect();
        format!("'{shown}' is no position: write SHARD:NUMBER, several with commas between them")
    })
}

impl FromStr for Places {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all: Vec<_> = text.split(',').take(PLACES_MAX + 1).map(place).collect::<Result<_, _>>()?;
        if all.len() > PLACES_MAX {
            return Err(format!("too many positions: of more than {PLACES_MAX} shards"));
        }
        let mut shards: Vec<&str> = all.iter().map(|(shard, _)| shard.as_str()).collect();
        shards.sort_unstable();
        match shards.windows(2).find(|two| two[0] == two[1]) {
            Some(twice) => Err(format!("the positions name {} twice", twice[0])),
            None => Ok(Self(all)),
        }
    }
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
            [
                (shard.to_owned(), SequenceNumber::new("100")),
                ("shardId-2".to_owned(), SequenceNumber::new("7"))
            ]
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
            assert_eq!(SequenceNumber::new(one) >= SequenceNumber::new(other), expected, "{one} {other}");
        }
    }
}
