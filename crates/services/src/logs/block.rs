//! Blocks: events of one stream in the order in which they came.
//!
//! | bytes | what |
//! |---|---|
//! | 8, 8, 4, n | each event: its time, when it came (both milliseconds), the length of its message, its message in UTF-8 |
//!
//! And what is known of a block besides:
//!
//! | bytes | what |
//! |---|---|
//! | 8, 8 | the least and the greatest time of its events |
//! | 8 | when the last of them came |
//! | 4, 4 | how many they are, and the bytes of the block |
//!
//! Integers are little-endian.

use super::Event;

/// A block of so many bytes gets no more events.
pub(super) const BLOCK_BYTES: usize = 64 << 10;

/// What an event takes besides its message.
const HEAD_BYTES: usize = 20;

/// What is known of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meta {
    pub(super) first_ms: u64,
    pub(super) last_ms: u64,
    pub(super) ingested_ms: u64,
    pub(super) count: u32,
    pub(super) bytes: u32,
}

impl Meta {
    pub(super) const EMPTY: Self =
        Self { first_ms: u64::MAX, last_ms: 0, ingested_ms: 0, count: 0, bytes: 0 };

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(32);
        for number in [self.first_ms, self.last_ms, self.ingested_ms] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&self.count.to_le_bytes());
        out.extend_from_slice(&self.bytes.to_le_bytes());
        out
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != 32 {
            return None;
        }
        Some(Self {
            first_ms: number(bytes, 0)?,
            last_ms: number(bytes, 8)?,
            ingested_ms: number(bytes, 16)?,
            count: length(bytes, 24)?,
            bytes: length(bytes, 28)?,
        })
    }

    /// Adds an event to a block.
    pub(super) fn push(&mut self, block: &mut Vec<u8>, event: &Event, now_ms: u64) {
        // No message is longer than a MiB, so its length fits.
        let length = u32::try_from(event.message.len()).unwrap_or(u32::MAX);
        block.extend_from_slice(&event.time_ms.to_le_bytes());
        block.extend_from_slice(&now_ms.to_le_bytes());
        block.extend_from_slice(&length.to_le_bytes());
        block.extend_from_slice(event.message.as_bytes());
        self.first_ms = self.first_ms.min(event.time_ms);
        self.last_ms = self.last_ms.max(event.time_ms);
        self.ingested_ms = now_ms;
        self.count += 1;
        self.bytes = u32::try_from(block.len()).unwrap_or(u32::MAX);
    }
}

/// An event as it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stored<'a> {
    pub(super) time_ms: u64,
    pub(super) ingested_ms: u64,
    pub(super) message: &'a str,
}

/// What an event takes in a block.
pub(super) fn size_bytes(event: &Event) -> usize {
    HEAD_BYTES + event.message.len()
}

/// The events of a block; it ends where the bytes are none.
pub(super) fn events(block: &[u8]) -> impl Iterator<Item = Stored<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (time_ms, ingested_ms) = (number(block, at)?, number(block, at + 8)?);
        let length = usize::try_from(length(block, at + 16)?).ok()?;
        let start = at + HEAD_BYTES;
        let message = std::str::from_utf8(block.get(start..start.checked_add(length)?)?).ok()?;
        at = start + length;
        Some(Stored { time_ms, ingested_ms, message })
    })
}

fn number(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

fn length(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn events_come_back_as_they_went_in(all in prop::collection::vec((any::<u64>(), ".{0,20}"), 0..20)) {
            let (mut block, mut meta) = (Vec::new(), Meta::EMPTY);
            for (time_ms, message) in &all {
                meta.push(&mut block, &Event { time_ms: *time_ms, message: message.clone() }, 7);
            }
            let read: Vec<(u64, String)> = events(&block).map(|event| (event.time_ms, event.message.to_owned())).collect();
            prop_assert_eq!(&read, &all);
            prop_assert_eq!(meta.count as usize, all.len());
            prop_assert_eq!(Meta::decode(&meta.encode()), Some(meta));
        }

        #[test]
        fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = events(&bytes).count();
            let _ = Meta::decode(&bytes);
        }
    }
}
