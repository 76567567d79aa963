//! Shard iterators: base64 that holds all there is to know about where a reader stands, so that they survive a restart.
//!
//! The bytes, big-endian: format 1 (1), log (8), the position after which to read (16), when it was issued, service time
//! in epoch milliseconds (8), the stream's name, CRC-32 of all before (4). The checksum tells garbage from iterators; it
//! is no signature, since an iterator gives its holder nothing that the stream's name does not.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use store::{LogId, Position};

const FORMAT: u8 = 1;

/// Where a reader of a shard stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ShardIterator {
    /// The log of the shard; no other ever has its id.
    pub(super) log: LogId,
    /// The next record is the first above this position.
    pub(super) after: Position,
    /// When it was handed out.
    pub(super) issued_ms: u64,
    /// The name of the stream, for when it is no longer there.
    pub(super) stream: String,
}

impl ShardIterator {
    /// The text.
    pub(super) fn encode(&self) -> String {
        let mut bytes = vec![FORMAT];
        bytes.extend_from_slice(&self.log.0.to_be_bytes());
        bytes.extend_from_slice(&self.after.0.to_be_bytes());
        bytes.extend_from_slice(&self.issued_ms.to_be_bytes());
        bytes.extend_from_slice(self.stream.as_bytes());
        let sum = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&sum.to_be_bytes());
        STANDARD.encode(bytes)
    }

    /// Reads the text; none for anything that [`ShardIterator::encode`] did not write.
    pub(super) fn decode(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text).ok()?;
        let (body, sum) = bytes.split_last_chunk::<4>()?;
        let (format, rest) = body.split_first()?;
        if *format != FORMAT || crc32fast::hash(body) != u32::from_be_bytes(*sum) {
            return None;
        }
        let (log, rest) = rest.split_first_chunk()?;
        let (after, rest) = rest.split_first_chunk()?;
        let (issued_ms, name) = rest.split_first_chunk()?;
        Some(Self {
            log: LogId(u64::from_be_bytes(*log)),
            after: Position(u128::from_be_bytes(*after)),
            issued_ms: u64::from_be_bytes(*issued_ms),
            stream: std::str::from_utf8(name).ok()?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn comes_back_as_it_was_and_not_when_changed(
            log in any::<u64>(), after in any::<u128>(), issued_ms in any::<u64>(), stream in "[a-z.-]{1,128}",
            at in any::<prop::sample::Index>(), to in 33_u8..127,
        ) {
            let iterator = ShardIterator { log: LogId(log), after: Position(after), issued_ms, stream };
            let text = iterator.encode();
            prop_assert!(text.len() <= 512);
            prop_assert_eq!(ShardIterator::decode(&text), Some(iterator));
            let mut changed = text.clone().into_bytes();
            let at = at.index(changed.len());
            changed[at] = to;
            let changed = String::from_utf8(changed).unwrap();
            prop_assert!(changed == text || ShardIterator::decode(&changed).is_none());
        }

        #[test]
        fn garbage_is_refused(garbage in "\\PC{0,80}") {
            prop_assert_eq!(ShardIterator::decode(&garbage), None);
        }
    }
}
