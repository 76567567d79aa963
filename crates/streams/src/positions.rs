//! Where a reader of a stream stands, or what a write or a read has seen of it: for each shard the number of the last
//! record. Its text is `shardId:sequence`, several separated by commas: that of `x-tailwater-sequence-number`, and
//! of whatever takes positions back. This is the one place of the server that reads and writes it; the command line takes those
//! of AWS too, whose numbers and shards look otherwise.
//!
//! For each shard that is named, a reader has *passed* the positions when it is at or beyond the number there, or has
//! finished the shard and gone on to its children.

use crate::{SequenceNumber, ShardId};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use store::Position;

/// The most shards that a text may name.
pub const SHARDS_MAX: usize = 10_000;

/// The length of one position: a shard id, a colon, 21 digits.
const ONE_LEN: usize = crate::shard_id::TEXT_LEN + 1 + SequenceNumber::DIGITS;

/// What of a text is shown where it is no position.
const SHOWN_CHARS: usize = 80;

/// A number for each of some shards of one stream. Displays as text that parses to the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Positions {
    by_shard: BTreeMap<ShardId, SequenceNumber>,
}

/// Why a text is no positions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPositions {
    /// There is nothing.
    #[error("no positions are given; they are written shardId:sequence, separated by commas")]
    Empty,
    /// There is more than any stream has.
    #[error("positions of more than {SHARDS_MAX} shards")]
    TooMany,
    /// A part that is none.
    #[error("{0:?} is no position; one is written shardId:sequence")]
    Malformed(String),
    /// A shard that is named more than once.
    #[error("the positions name {0} twice")]
    Twice(ShardId),
}

impl Positions {
    /// Of no shard.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether no shard is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_shard.is_empty()
    }

    /// How many shards are named.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_shard.len()
    }

    /// The number in a shard.
    #[must_use]
    pub fn get(&self, shard: ShardId) -> Option<SequenceNumber> {
        self.by_shard.get(&shard).copied()
    }

    /// Moves a shard to a number, unless it is beyond it.
    pub fn advance(&mut self, shard: ShardId, number: SequenceNumber) {
        let here = self.by_shard.entry(shard).or_insert(number);
        *here = number.max(*here);
    }

    /// The shards and their numbers, in order of the shards.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (ShardId, SequenceNumber)> {
        self.by_shard.iter().map(|(shard, number)| (*shard, *number))
    }

    /// The lowest number.
    #[must_use]
    pub fn lowest(&self) -> Option<SequenceNumber> {
        self.by_shard.values().min().copied()
    }
}

/// Of a shard that comes more than once, the highest number counts.
impl FromIterator<(ShardId, SequenceNumber)> for Positions {
    fn from_iter<T: IntoIterator<Item = (ShardId, SequenceNumber)>>(all: T) -> Self {
        let mut positions = Self::new();
        positions.extend(all);
        positions
    }
}

impl Extend<(ShardId, SequenceNumber)> for Positions {
    fn extend<T: IntoIterator<Item = (ShardId, SequenceNumber)>>(&mut self, all: T) {
        for (shard, number) in all {
            self.advance(shard, number);
        }
    }
}

/// Exactly as it is written, in whatever order of the shards; no blanks.
impl FromStr for Positions {
    type Err = InvalidPositions;

    fn from_str(text: &str) -> Result<Self, InvalidPositions> {
        if text.is_empty() {
            return Err(InvalidPositions::Empty);
        }
        if text.len() > SHARDS_MAX * (ONE_LEN + 1) {
            return Err(InvalidPositions::TooMany);
        }
        let mut by_shard = BTreeMap::new();
        for part in text.split(',') {
            let Some((shard, number)) = one(part) else {
                return Err(InvalidPositions::Malformed(part.chars().take(SHOWN_CHARS).collect()));
            };
            if by_shard.insert(shard, number).is_some() {
                return Err(InvalidPositions::Twice(shard));
            }
        }
        // By its length it has one more at most.
        if by_shard.len() > SHARDS_MAX { Err(InvalidPositions::TooMany) } else { Ok(Self { by_shard }) }
    }
}

fn one(text: &str) -> Option<(ShardId, SequenceNumber)> {
    let (shard, digits) = text.split_once(':')?;
    // No sign, which a sequence number may have elsewhere, and none below those that are ever given.
    let is_whole = digits.len() == SequenceNumber::DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = SequenceNumber::parse(digits).filter(|number| is_whole && number.position().is_some())?;
    Some((ShardId::parse(shard)?, number))
}

impl fmt::Display for Positions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, (shard, number)) in self.iter().enumerate() {
            let comma = if nth == 0 { "" } else { "," };
            write!(out, "{comma}{shard}:{number}")?;
        }
        Ok(())
    }
}

/// Adds a position to a text of some, for those who have the shard's id as text and name no shard twice.
pub fn push(text: &mut String, shard: &str, position: Position) {
    if text.is_empty() {
        text.reserve_exact(shard.len() + 1 + SequenceNumber::DIGITS);
    } else {
        text.push(',');
    }
    text.push_str(shard);
    text.push(':');
    SequenceNumber::of(position).write_text(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ONE: &str = "shardId-00000001795248378047-044760f7:100000000000007340032";
    const OTHER: &str = "shardId-00000001795248378048-00000000:100000000000007340033";

    #[test]
    fn is_written_as_the_header_has_it() {
        let mut text = String::new();
        push(&mut text, "shardId-00000001795248378047-044760f7", Position(7_340_032));
        assert_eq!(text, ONE);
        push(&mut text, "shardId-00000001795248378048-00000000", Position(7_340_033));
        assert_eq!(text, format!("{ONE},{OTHER}"));
        assert_eq!(text.parse::<Positions>().unwrap().to_string(), text);
        assert_eq!(Positions::new().to_string(), "");
    }

    #[test]
    fn the_order_does_not_matter_and_the_highest_number_counts() {
        let turned: Positions = format!("{OTHER},{ONE}").parse().unwrap();
        assert_eq!(turned.to_string(), format!("{ONE},{OTHER}"));
        let shard = turned.iter().next().unwrap().0;
        let mut moved = turned.clone();
        moved.advance(shard, SequenceNumber::of(Position(9)));
        assert_eq!(moved, turned);
        moved.advance(shard, SequenceNumber::of(Position(8_000_000)));
        assert_eq!(moved.get(shard), Some(SequenceNumber::of(Position(8_000_000))));
        assert_eq!(moved.lowest(), Some(SequenceNumber::of(Position(7_340_033))));
    }

    #[test]
    fn other_texts_are_refused_with_what_is_wrong() {
        let shard = "shardId-00000001795248378047-044760f7";
        let malformed = [
            ",".to_owned(),
            format!("{ONE},"),
            format!(",{ONE}"),
            format!("{ONE}, {OTHER}"),
            format!(" {ONE}"),
            format!("{ONE}\n"),
            shard.to_owned(),
            format!("{shard}:"),
            format!("{shard}:+00000000000007340032"),
            format!("{shard}:000000000000007340032"),
            format!("{shard}:10000000000000734003"),
            format!("{shard}:1000000000000073400322"),
            format!("{shard}:TRIM_HORIZON"),
            "x:100000000000007340032".to_owned(),
        ];
        for text in malformed {
            let error = text.parse::<Positions>().unwrap_err();
            assert!(matches!(error, InvalidPositions::Malformed(_)), "{text:?}: {error}");
        }
        assert_eq!("".parse::<Positions>(), Err(InvalidPositions::Empty));
        let twice = format!("{ONE},{shard}:100000000000007340039").parse::<Positions>();
        assert_eq!(twice, Err(InvalidPositions::Twice(ShardId::parse(shard).unwrap())));
        let long = format!("{ONE},").repeat(SHARDS_MAX + 1);
        assert_eq!(long.parse::<Positions>(), Err(InvalidPositions::TooMany));
        let InvalidPositions::Malformed(shown) = "é".repeat(1_000).parse::<Positions>().unwrap_err() else {
            panic!("another error")
        };
        assert_eq!(shown.chars().count(), SHOWN_CHARS);
    }

    proptest! {
        #[test]
        fn comes_back(all in proptest::collection::vec((any::<u64>(), any::<u32>(), 0..u128::from(u64::MAX)), 1..20)) {
            let positions: Positions = all
                .into_iter()
                .map(|(created_ms, suffix, at)| (ShardId { created_ms, suffix }, SequenceNumber::of(Position(at))))
                .collect();
            let text = positions.to_string();
            prop_assert_eq!(text.len(), positions.len() * (ONE_LEN + 1) - 1);
            prop_assert_eq!(text.parse::<Positions>(), Ok(positions));
        }

        #[test]
        fn what_is_taken_is_written_again(text in "(shardId-000000017952483780[0-9]{2}-0[0-9a-f]{7}:[0-9+]{20,22},?){0,3}") {
            if let Ok(positions) = text.parse::<Positions>() {
                let mut parts: Vec<&str> = text.split(',').collect();
                parts.sort_unstable();
                prop_assert_eq!(positions.to_string(), parts.join(","));
            }
        }
    }
}
