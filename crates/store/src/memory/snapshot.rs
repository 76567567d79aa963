//! A snapshot of the memory store: a read guard.

use super::State;
use super::ordered::NodeKey;
use crate::{
    Direction, Key, LogId, LogPage, LogState, Position, Range, Snapshot, StoreError, Version, Versioned,
};
use bytes::Bytes;
use std::ops::Bound;
use std::sync::RwLockReadGuard;

/// One point in time of a [`super::Memory`] store. No commit happens while it lives.
#[derive(Debug)]
pub struct MemorySnapshot<'a> {
    state: RwLockReadGuard<'a, State>,
}

impl<'a> MemorySnapshot<'a> {
    pub(super) fn new(state: RwLockReadGuard<'a, State>) -> Self {
        Self { state }
    }
}

impl Snapshot for MemorySnapshot<'_> {
    fn version(&self) -> Version {
        Version(self.state.version)
    }

    fn get(&self, key: &Key) -> Result<Option<Versioned>, StoreError> {
        Ok(self.state.get(key).cloned())
    }

    fn range(
        &self,
        range: &Range,
        each: &mut dyn FnMut(&[u8], &Versioned) -> bool,
    ) -> Result<(), StoreError> {
        let Some(space) = self.state.spaces.get(&range.space) else { return Ok(()) };
        // The ordered map panics on some of those.
        if range.is_empty() {
            return Ok(());
        }
        let bound = |bound: &Bound<Bytes>| bound.as_ref().map(NodeKey::probe);
        let mut entries = space.range((bound(&range.from), bound(&range.to)));
        while let Some((key, value)) = match range.direction {
            Direction::Forward => entries.next(),
            Direction::Backward => entries.next_back(),
        } {
            if !each(key.bytes(), value) {
                break;
            }
        }
        Ok(())
    }

    fn log(&self, log: LogId) -> Option<LogState> {
        self.state.logs.get(&log).map(|log| log.head.state)
    }

    fn log_read(
        &self,
        log: LogId,
        after: Position,
        count: usize,
        bytes: usize,
    ) -> Result<LogPage, StoreError> {
        let empty = || LogPage { next: after, ..LogPage::default() };
        Ok(self.state.logs.get(&log).map_or_else(empty, |log| log.read(after, count, bytes)))
    }

    fn log_before(&self, log: LogId, time_ms: u64) -> Result<Position, StoreError> {
        Ok(self.state.logs.get(&log).map_or(Position(0), |log| log.before(time_ms)))
    }
}
