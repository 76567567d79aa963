//! A page of records on its way to the machine.

use crate::history::Track;
use crate::mapping::{Page, Record};
use bytes::Bytes;
use filter::Filters;
use siphasher::sip::SipHasher13;
use std::hash::Hasher as _;
use std::ops::Range;
use store::{LogRecord, Position};
use streams::SequenceNumber;

/// What is wanted of a shard.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// The lowest sequence number.
    pub(super) from: u128,
    /// The most records.
    pub(super) count: usize,
    pub(super) filters: &'a Filters,
    /// Where it is told what they refuse.
    pub(super) track: &'a Track,
    /// Whether keys are to be told apart.
    pub(super) keyed: bool,
}

/// What came of it.
pub(super) struct Taken {
    pub(super) page: Page<Bytes>,
    /// The position up to which was read.
    pub(super) read_to: Position,
    /// How many records were read, those refused included.
    pub(super) polled: usize,
}

impl Taken {
    /// The end of a shard that is gone.
    pub(super) fn end(from: u128) -> Self {
        let page = Page { records: Vec::new(), next: from, is_end: true };
        Self { page, read_to: Position::default(), polled: 0 }
    }
}

/// Records of one page, whose JSON is in one piece of memory.
pub(super) struct Pages {
    json: Vec<u8>,
    records: Vec<(Record<()>, Range<usize>)>,
}

impl Pages {
    /// Room for records that are stored in so many bytes.
    pub(super) fn with_capacity(records: &[LogRecord]) -> Self {
        // What is around the images takes about as much as this, and images grow by their punctuation.
        let bytes: usize = records.iter().map(|record| 384 + record.bytes.len() * 3 / 2).sum();
        Self { json: Vec::with_capacity(bytes), records: Vec::with_capacity(records.len()) }
    }

    /// Adds a record, whose JSON is what `write` appends.
    pub(super) fn push<E>(
        &mut self,
        log_record: &LogRecord,
        key_hash: u64,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let from = self.json.len();
        write(&mut self.json)?;
        let range = from..self.json.len();
        let record = Record {
            sequence: SequenceNumber::of(log_record.position).get(),
            key_hash,
            size_bytes: range.len(),
            time_ms: log_record.time_ms,
            passes: true,
            payload: (),
        };
        self.records.push((record, range));
        Ok(())
    }

    pub(super) fn finish(self) -> Vec<Record<Bytes>> {
        let json = Bytes::from(self.json);
        let with = |(record, range): (Record<()>, Range<usize>)| Record {
            sequence: record.sequence,
            key_hash: record.key_hash,
            size_bytes: record.size_bytes,
            time_ms: record.time_ms,
            passes: record.passes,
            payload: json.slice(range),
        };
        self.records.into_iter().map(with).collect()
    }
}

/// The hash that decides in which lane a key is. Checkpoints of lanes are stored, so it is the same for ever.
pub(crate) fn key_hash(key: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write(key);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay_in_their_lanes_for_ever() {
        let known = [(&b""[..], 15_130_871_412_783_076_140), (b"a", 4_644_417_185_603_328_019)];
        for (key, hash) in known {
            assert_eq!(key_hash(key), hash);
        }
    }
}
