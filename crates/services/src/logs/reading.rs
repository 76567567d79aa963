//! Walking over the events of streams in the order of their times, forward or backward.

use super::block;
use super::keys::Keys;
use super::state::{GroupKey, State};
use super::tokens::Place;
use super::{Logs, LogsError};
use bytes::Bytes;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::Arc;
use store::{AnyStore, Snapshot, Store};

/// A block that may have events of interest.
#[derive(Clone, Debug)]
pub(super) struct BlockRef {
    name: Arc<str>,
    stream: u64,
    number: u64,
    first_ms: u64,
    last_ms: u64,
    /// Its bytes, where they are in memory.
    data: Option<Bytes>,
}

/// An event that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) stream: Arc<str>,
    pub(super) place: Place,
    pub(super) ingested_ms: u64,
    pub(super) message: String,
}

/// In a heap, of which the greatest comes first.
#[derive(Debug)]
struct Queued {
    found: Found,
    forward: bool,
}

impl Ord for Queued {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = self.found.place.cmp(&other.found.place);
        if self.forward { order.reverse() } else { order }
    }
}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Queued {}

/// A walk over events.
#[derive(Debug)]
pub(super) struct Walk {
    store: Arc<AnyStore>,
    keys: Keys,
    /// What is yet to be read, the next last.
    blocks: Vec<BlockRef>,
    times: Range<u64>,
    forward: bool,
    /// Only what lies beyond, in the direction of the walk.
    beyond: Option<Place>,
    queue: BinaryHeap<Queued>,
    read_bytes: usize,
}

impl State {
    /// The blocks of a group's streams that may have events of these times.
    pub(super) fn blocks(
        &self,
        key: &GroupKey,
        wanted: impl Fn(&str) -> bool,
        times: Range<u64>,
    ) -> Vec<BlockRef> {
        let mut blocks = Vec::new();
        let Some(group) = self.groups.get(key) else { return blocks };
        for (name, stream) in group.streams.iter().filter(|(name, _)| wanted(name)) {
            for block in &stream.blocks {
                if block.meta.last_ms < times.start || block.meta.first_ms >= times.end {
                    continue;
                }
                blocks.push(BlockRef {
                    name: Arc::clone(name),
                    stream: stream.record.id,
                    number: block.number,
                    first_ms: block.meta.first_ms,
                    last_ms: block.meta.last_ms,
                    data: block.data.as_deref().map(Bytes::copy_from_slice),
                });
            }
        }
        blocks
    }
}

impl Logs {
    /// A walk over the events of these times in these blocks.
    pub(super) fn walk(
        &self,
        mut blocks: Vec<BlockRef>,
        times: Range<u64>,
        forward: bool,
        beyond: Option<Place>,
    ) -> Walk {
        match forward {
            true => blocks.sort_by_key(|block| std::cmp::Reverse((block.first_ms, block.number))),
            false => blocks.sort_by_key(|block| (block.last_ms, block.number)),
        }
        let (store, keys) = (Arc::clone(self.inner.runner.store()), self.inner.keys);
        Walk { store, keys, blocks, times, forward, beyond, queue: BinaryHeap::new(), read_bytes: 0 }
    }
}

impl Walk {
    /// The next event.
    pub(super) fn next(&mut self) -> Result<Option<Found>, LogsError> {
        // A block is read when the next event could be in it.
        while let Some(block) = self.blocks.last() {
            let covered = self.queue.peek().is_some_and(|queued| {
                let time_ms = queued.found.place.time_ms;
                if self.forward { time_ms < block.first_ms } else { time_ms > block.last_ms }
            });
            if covered {
                break;
            }
            if let Some(block) = self.blocks.pop() {
                self.read(block)?;
            }
        }
        Ok(self.queue.pop().map(|queued| queued.found))
    }

    /// How many bytes of blocks were read.
    pub(super) fn read_bytes(&self) -> usize {
        self.read_bytes
    }

    fn read(&mut self, block: BlockRef) -> Result<(), LogsError> {
        let data = match block.data {
            Some(data) => data,
            None => {
                let key = self.keys.block(block.stream, block.number);
                match self.store.snapshot().get(&key)? {
                    Some(stored) => stored.value,
                    // It was dropped meanwhile.
                    None => return Ok(()),
                }
            }
        };
        self.read_bytes += data.len();
        for (index, event) in (0u32..).zip(block::events(&data)) {
            let place = Place { time_ms: event.time_ms, block: block.number, index };
            let is_beyond = self.beyond.is_none_or(|beyond| match self.forward {
                true => place > beyond,
                false => place < beyond,
            });
            if !self.times.contains(&event.time_ms) || !is_beyond {
                continue;
            }
            let found = Found {
                stream: Arc::clone(&block.name),
                place,
                ingested_ms: event.ingested_ms,
                message: event.message.to_owned(),
            };
            self.queue.push(Queued { found, forward: self.forward });
        }
        Ok(())
    }
}
