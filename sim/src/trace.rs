//! The trace of a run: one number that everything that happened goes into, and the last events in words.

use std::collections::VecDeque;
use std::fmt::Display;

/// How many events are kept in words.
const KEPT: usize = 60;

/// What happened so far.
#[derive(Debug)]
pub(crate) struct Trace {
    hash: u64,
    events: u64,
    last: VecDeque<String>,
}

impl Default for Trace {
    fn default() -> Self {
        // FNV-1a.
        Self { hash: 0xcbf2_9ce4_8422_2325, events: 0, last: VecDeque::with_capacity(KEPT) }
    }
}

impl Trace {
    /// Notes an event.
    pub(crate) fn note(&mut self, event: impl Display) {
        let event = event.to_string();
        for byte in event.bytes().chain([b'\n']) {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.events += 1;
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(format!("{}: {event}", self.events));
    }

    /// All of it in a number.
    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    /// How many events there were.
    pub(crate) fn events(&self) -> u64 {
        self.events
    }

    /// The last events in words.
    pub(crate) fn last(&self) -> Vec<String> {
        self.last.iter().cloned().collect()
    }
}
