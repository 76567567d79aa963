//! Simulated runs of event source mappings: over the stream of a table, a data stream and queues, with functions that
//! fail, answer in part, are throttled or slow, as the seed says. Meanwhile shards split and merge and roll over, mappings
//! are changed, switched off and on, the clock leaps, and the disk fails; then the process or the power goes, in the middle
//! of whatever is under way. In the last life nothing fails any more but the records that are poison.
//!
//! In the end what is in the streams is held against all calls that there were:
//!
//! - every record that a mapping's filter lets through was done by a call, or its batch is kept as one that was given up, by
//!   a rule that the mapping had, and its OnFailure destination was told;
//! - no record was given to a function before those of its key that come first were done or given up, and none that the filter
//!   refuses, or that was there before a mapping with LATEST was made;
//! - what a function returned for a tumbling window came back to it with the very records behind it, over crashes too;
//! - every message that was acknowledged was done or is in the dead-letter queue, in the order of its group.

mod book;
mod checks;
mod function;
mod lives;
mod mapped;
mod truth;
mod work;
mod world;

pub use book::Counts as Coverage;

use crate::plan::Scale;
use crate::run::{START_MS, block_on, fired, is_down, rebooted, restarted};
use crate::{Violation, lock};
use book::Book;
use environment::{Environment, Random};
use lives::Lives;
use std::sync::{Arc, Mutex};
use store::{AnyStore, Crash, DiskFaults, Fired, Simulated};

/// What a run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Everything that happened in a number: equal for two runs of one seed.
    pub trace: u64,
    /// How many events went into it.
    pub events: u64,
    /// The disk's faults.
    pub faults: Fired,
    /// What happened.
    pub counts: Coverage,
}

/// Runs a seed.
///
/// # Errors
/// The promise that was broken, with the last events before it.
pub fn run(seed: u64, scale: Scale) -> Result<Report, Violation> {
    let random = Random::seeded(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0xe5);
    let lives = Lives::new(random, scale);
    let book = Arc::clone(&lives.book);
    lives_of(lives, seed).map_err(|Violation(what)| {
        let book = lock(&book);
        Violation(format!(
            "mappings, seed {seed}: {what}\nthe last events:\n{}",
            book.trace.last().join("\n")
        ))
    })
}

fn lives_of(lives: Lives, seed: u64) -> Result<Report, Violation> {
    let mut environment = Environment::simulated(seed, START_MS);
    let disk_random = Random::seeded(seed ^ 0xd15c);
    let mut store = Arc::new(AnyStore::Simulated(Simulated::new(DiskFaults::default(), disk_random)));
    block_on(&environment, lives.set_up(&store, &environment))?;
    for number in 0..lives.scale.lives {
        environment = rebooted(&environment);
        store = restarted(&store, Crash::Process, lives.faults, &environment)?;
        block_on(&environment, lives.live(&store, &environment, number))?;
        let crash = if is_down(&store) { Crash::Power } else { lives.crash() };
        store = restarted(&store, crash, DiskFaults::default(), &environment)?;
        lock(&lives.book).trace.note(format_args!("{crash:?} crash, {:?}", fired(&store)));
    }
    environment = rebooted(&environment);
    block_on(&environment, lives.end(&store, &environment))?;
    let book: std::sync::MutexGuard<'_, Book> = lock(&lives.book);
    Ok(Report {
        trace: book.trace.hash(),
        events: book.trace.events(),
        faults: fired(&store),
        counts: book.counts,
    })
}

/// Shared by all that a run is made of.
type Shared = Arc<Mutex<Book>>;
