//! What event source mappings did lately: the attempts to deliver batches, and the records that filters refused. With it,
//! and with where mappings stand ([`crate::status`]), the life of a record can be told.
//!
//! It is kept in memory, for a day of service time and in so many bytes ([`Limits`]) at most; a mapping that needs more
//! than its share loses its oldest. A record that passes costs nothing of its own: attempts hold ranges of sequence
//! numbers. One that is refused costs 32 bytes of a ring.
//!
//! Drivers of mappings hold a [`Track`]: they say what begins ([`Track::begin`]) and how it ended ([`Track::end`]), what
//! was refused ([`Track::refused`]), answer where they stand when asked
//! ([`Track::questions`]), and tell when they have got on ([`Track::moved`]).

mod attempt;
mod progress;
mod questions;
mod refusals;
#[cfg(test)]
mod tests;
mod track;

pub use attempt::{Attempt, AttemptId, Ended, Input, Known, Result, error_text};
pub use progress::Watch;
pub use questions::{Question, Questions};
pub use refusals::{Refused, message_number};
pub use track::Track;

use environment::Clock;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// How much is remembered.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For how long, in service time.
    pub age_ms: u64,
    /// In how many bytes, shared evenly among the mappings.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { age_ms: 24 * 60 * 60 * 1_000, bytes: 48 << 20 }
    }
}

/// What all mappings did. Clones are the same.
#[derive(Clone, Debug)]
pub struct History {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    clock: Clock,
    limits: Limits,
    tracks: Mutex<BTreeMap<Arc<str>, Track>>,
    /// How many tracks there are, so that each knows its share without the lock of all.
    count: Arc<AtomicUsize>,
}

impl History {
    /// An empty one.
    #[must_use]
    pub fn new(clock: Clock, limits: Limits) -> Self {
        let inner = Inner { clock, limits, tracks: Mutex::default(), count: Arc::default() };
        Self { inner: Arc::new(inner) }
    }

    /// What the mapping with this UUID did and does; begun where there is none. A driver holds it as long as it runs.
    #[must_use]
    pub fn track(&self, mapping: &str) -> Track {
        let mut tracks = self.tracks();
        if let Some(track) = tracks.get(mapping) {
            return track.clone();
        }
        let track = Track::new(self.inner.clock.clone(), self.inner.limits, Arc::clone(&self.inner.count));
        tracks.insert(mapping.into(), track.clone());
        self.inner.count.store(tracks.len(), Ordering::Relaxed);
        track
    }

    /// What the mapping with this UUID did, if anything is known of it.
    #[must_use]
    pub fn find(&self, mapping: &str) -> Option<Track> {
        self.tracks().get(mapping).cloned()
    }

    /// The mapping is deleted.
    pub fn forget(&self, mapping: &str) {
        let mut tracks = self.tracks();
        tracks.remove(mapping);
        self.inner.count.store(tracks.len(), Ordering::Relaxed);
    }

    fn tracks(&self) -> std::sync::MutexGuard<'_, BTreeMap<Arc<str>, Track>> {
        self.inner.tracks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
