//! Queues: SQS, standard and FIFO, as far as a program on one machine needs it.
//!
//! A message is two records in the store that the tables are in: what does not change of it, and what does. Each operation
//! that was answered is one commit, as durable as any write: a message that was acknowledged is there, one whose deletion was
//! acknowledged is not, and a receive is remembered with its time and its count. The order of a queue is kept in memory and
//! read again at the start, so that to receive costs the same whatever the number of messages.
//!
//! Receivers that wait are woken by what happens: a message that is sent, one that is visible again, a delay that ends. Times
//! (visibility, delay, retention, deduplication) are service time; how long a receive waits is machine time.
//!
//! [`Queues`] is the service for others in this process, who name queues by their ARNs; [`api`] is what clients say to it.

pub mod api;
mod attributes;
mod catalog;
mod control;
mod deleting;
mod error;
mod index;
mod message;
mod move_task;
mod moving;
mod permission;
mod queue;
mod receipt;
mod receiving;
mod records;
mod sending;
#[cfg(test)]
mod tests;
mod upkeep;

pub use attributes::{Redrive, Settings};
pub use error::{ErrorCode, QueuesError};
pub use message::{Attribute, AttributeValue, NewMessage, Sent};
pub use queue::Arn;
pub use receiving::{Receive, Received};

use crate::closing::Closing;
use catalog::Catalog;
use environment::Environment;
use move_task::Tasks;
use records::Keys;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use store::Runner;
use tokio::sync::Notify;

/// How queues behave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether all accounts and regions see the same queues.
    pub shared: bool,
}

/// A change of the records of queues.
type Change<T, F> = crate::change::Change<T, QueuesError, F>;

/// The service. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Queues {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    runner: Runner,
    keys: Keys,
    environment: Environment,
    shared: bool,
    catalog: RwLock<Catalog>,
    /// Held by whoever makes, changes or deletes a queue.
    control: tokio::sync::Mutex<()>,
    tasks: Tasks,
    /// The number given last.
    last: AtomicU64,
    /// Told when something is due sooner than was thought.
    due: Arc<Notify>,
    closing: Closing,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Whoever looks after the queues ends with them.
        self.due.notify_one();
    }
}

impl Queues {
    /// From now on nobody waits for messages: whoever does is answered that there are none.
    pub fn end_waits(&self) {
        self.inner.closing.close();
    }

    fn now_ms(&self) -> u64 {
        self.inner.environment.clock.now_ms()
    }

    /// The number of the next message: above all given before. Also before a restart, since it begins with the time; where that
    /// was set back meanwhile, above all that any record tells of.
    fn next_number(&self, now_ms: u64) -> u64 {
        let next = |last: u64| Some((last + 1).max(now_ms.saturating_mul(1 << 20)));
        // The closure never declines.
        let last = match self.inner.last.fetch_update(Ordering::AcqRel, Ordering::Acquire, next) {
            Ok(last) | Err(last) => last,
        };
        next(last).unwrap_or(last)
    }

    /// This number was given before a restart.
    fn given(&self, number: u64) {
        self.inner.last.fetch_max(number, Ordering::AcqRel);
    }
}

/// The sequence number of a message in a FIFO queue: 20 digits.
fn sequence_number(number: u64) -> String {
    format!("{}", 10_000_000_000_000_000_000_u128 + u128::from(number))
}
