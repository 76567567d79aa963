//! Simulated runs: the database and its streams over a simulated disk, in simulated time, on one thread, from a
//! seed. The same seed gives the same run, to the last byte of every answer.
//!
//! A run is a number of lives. In each, clients read and write the same few items, alone, in batches and in
//! transactions, tables and indexes come and go, shards split and roll over, the clock leaps, and the disk fails;
//! then the process or the power goes, and the next life begins with what the disk has. After each restart and
//! between the phases of a life everything that was answered is held against the stream and the tables:
//!
//! - a write that was answered is there, where its answer said, and one that was refused is not;
//! - a write whose answer was lost happened once or not at all, a transaction whole or not at all;
//! - no answer showed a write that the crash took back, and none was older than a write answered before it was
//!   asked for;
//! - the stream, replayed from its beginning, gives exactly the table, and the indexes and counts agree;
//! - positions rise, over crashes too, and none is given twice; what a reader read is what there is to read;
//! - nothing that runs in the background panics.
//!
//! With a relaxed disk a loss of power may take back the last commits; then what is left must be everything up to
//! some position.
//!
//! [`mappings`] are runs of another kind: event source mappings over the same database, disk and clock. [`servers`] are
//! runs of the first kind with the whole server before the database, and a network that fails before that.

mod book;
mod checks;
mod client;
mod control;
mod life;
mod log;
pub mod mappings;
mod plan;
mod reader;
mod run;
pub mod servers;
mod tables;
mod trace;
mod world;

pub use plan::Scale;
pub use run::{Coverage, Report, run};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A promise that was broken, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Violation(pub String);

/// One thread has all of a run, so there is nobody to wait for.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Breaks off with a violation unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            return Err($crate::Violation(format!($($text)+)));
        }
    };
}
pub(crate) use ensure;
