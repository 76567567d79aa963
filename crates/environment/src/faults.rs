//! Faults that a user of the server asks for, to see what a client makes of them: matching, counting and chance.
//!
//! What a fault does is done where it happens: whoever could be struck asks [`Faults::fires`] at that point. Here is only
//! decided whether it is: by kind, by what the fault is limited to, and by when it is to happen. Decisions follow from the
//! fault and from the sequence of what matched it alone, so the same seed and the same requests give the same faults.
//!
//! While there are none, asking costs one load. They are in memory: a restart forgets them.

mod fault;

pub use fault::{Fault, InvalidFault, Kind, Milliseconds, Place, Scope, Scopes, When};

use crate::{Clock, Random};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most faults at a time. Each is looked at for each request.
pub const FAULTS_MAX: usize = 100;

/// The faults of a server. Clones share them.
#[derive(Clone)]
pub struct Faults {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Clock,
    set: AtomicBool,
    list: Mutex<List>,
}

#[derive(Default)]
struct List {
    last: u64,
    entries: Vec<Entry>,
}

struct Entry {
    shown: Shown,
    chance: Random,
}

/// A fault, and what has become of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Its number, from 1.
    pub id: u64,
    /// What was asked for.
    pub fault: Fault,
    /// When that was, in service time.
    pub added_ms: u64,
    /// How often something came that it might have struck.
    pub matched: u64,
    /// How often it did.
    pub fired: u64,
    /// Whether it will not do so again.
    pub over: bool,
}

/// A fault that happens now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fired {
    /// The number of the fault.
    pub id: u64,
    /// Its milliseconds; 0 for kinds without.
    pub ms: u64,
}

/// Why a fault was not added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddError {
    /// It makes no sense.
    Invalid(InvalidFault),
    /// There are too many.
    TooMany,
}

impl fmt::Display for AddError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(error) => error.fmt(formatter),
            Self::TooMany => write!(formatter, "there are {FAULTS_MAX} faults already; clear some"),
        }
    }
}

impl std::error::Error for AddError {}

impl Faults {
    /// None yet. Spans of time are of this clock's service time.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        let (set, list) = (AtomicBool::new(false), Mutex::default());
        Self { inner: Arc::new(Inner { clock, set, list }) }
    }

    /// Whether there are any. Whatever a question to [`Faults::fires`] needs is to be worked out only then.
    #[inline]
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.inner.set.load(Ordering::Relaxed)
    }

    /// Adds one, which is on from now on.
    ///
    /// # Errors
    /// When it makes no sense, or there are too many.
    pub fn add(&self, fault: Fault) -> Result<Shown, AddError> {
        fault.check().map_err(AddError::Invalid)?;
        let added_ms = self.inner.clock.now_ms();
        let mut list = self.list();
        if list.entries.len() >= FAULTS_MAX {
            return Err(AddError::TooMany);
        }
        list.last += 1;
        let chance = Random::seeded(fault.when.seed);
        let shown = Shown { id: list.last, fault, added_ms, matched: 0, fired: 0, over: false };
        list.entries.push(Entry { shown: shown.clone(), chance });
        self.inner.set.store(true, Ordering::Relaxed);
        Ok(shown)
    }

    /// All of them, oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<Shown> {
        let now_ms = self.inner.clock.now_ms();
        let shown = |entry: &Entry| Shown { over: entry.is_over(now_ms), ..entry.shown.clone() };
        self.list().entries.iter().map(shown).collect()
    }

    /// Takes one away, or all of them. Says which those were.
    pub fn clear(&self, id: Option<u64>) -> Vec<Shown> {
        let now_ms = self.inner.clock.now_ms();
        let mut list = self.list();
        let entries = std::mem::take(&mut list.entries);
        let (gone, left) = entries.into_iter().partition(|entry| id.is_none_or(|id| entry.shown.id == id));
        list.entries = left;
        self.inner.set.store(!list.entries.is_empty(), Ordering::Relaxed);
        drop(list);
        let gone: Vec<Entry> = gone;
        gone.into_iter().map(|entry| Shown { over: entry.is_over(now_ms), ..entry.shown }).collect()
    }

    /// Whether this one has been added and not been cleared. What it did lasts as long.
    #[must_use]
    pub fn is_listed(&self, id: u64) -> bool {
        self.is_set() && self.list().entries.iter().any(|entry| entry.shown.id == id)
    }

    /// Whether a fault of this kind happens here, now. Of several the oldest that does; younger ones are not asked then.
    #[must_use]
    pub fn fires(&self, kind: Kind, place: &Place<'_>) -> Option<Fired> {
        if !self.is_set() {
            return None;
        }
        let now_ms = self.inner.clock.now_ms();
        let mut list = self.list();
        list.entries.iter_mut().find_map(|entry| {
            let fault = &entry.shown.fault;
            let meant = fault.kind == kind && fault.scope.holds(place) && !entry.is_over(now_ms);
            (meant && entry.decides()).then_some(Fired { id: entry.shown.id, ms: entry.shown.fault.ms })
        })
    }

    /// Nothing that holds the lock leaves the list half changed, so poison means nothing here.
    fn list(&self) -> MutexGuard<'_, List> {
        self.inner.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn is_over(&self, now_ms: u64) -> bool {
        let (shown, when) = (&self.shown, &self.shown.fault.when);
        when.times.is_some_and(|times| shown.fired >= times)
            || when.for_ms.is_some_and(|for_ms| now_ms >= shown.added_ms.saturating_add(for_ms))
    }

    /// Something matches. Each match draws once, so that a decision follows from the seed and the number of the match.
    fn decides(&mut self) -> bool {
        let (shown, draw) = (&mut self.shown, self.chance.next_u64());
        shown.matched += 1;
        let when = &shown.fault.when;
        let fires = shown.matched > when.after && when.probability.is_none_or(|chance| unit(draw) < chance);
        shown.fired += u64::from(fires);
        fires
    }
}

/// A number from 0 to below 1, of the 53 bits that a float holds exactly.
fn unit(draw: u64) -> f64 {
    (draw >> 11) as f64 / (1_u64 << 53) as f64
}

impl fmt::Debug for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Faults").field("set", &self.is_set()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
