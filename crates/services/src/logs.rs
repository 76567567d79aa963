//! CloudWatch Logs: groups of streams of events, as programs write and search them, and the logs of functions.
//!
//! Events are in the store in blocks of about 64 KiB, one stream a block; which blocks there are, with their times, is in
//! memory too. What is put by a client is answered for when it is committed. What functions print ([`Logs::write`]) is
//! readable at once and committed within a fifth of a second, so that a crash may lose the last lines but no caller ever
//! waits for a disk; where the disk does not keep up, [`Logs::ready`] says when to go on, and whoever goes on all the same
//! loses lines, which the log says.
//!
//! Retention is in service time. All logs together take so many bytes at most ([`Options::bytes_max`]): the oldest go first.
//!
//! [`pattern`] is the language of filters; [`Logs::tail`] and [`Logs::follow`] are for the server's own commands.

mod block;
mod failure;
mod flushing;
mod groups;
mod keys;
mod live;
mod opening;
mod operations;
pub mod pattern;
mod reading;
mod resource;
mod state;
#[cfg(test)]
mod tests;
mod tokens;

pub use live::{Cursor, Followed, Line};

use crate::closing::Closing;
use crate::request::Request;
use crate::value::Value;
use database::Caller;
use environment::Environment;
use failure::Failure;
use keys::Keys;
use state::{GroupKey, State};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::{Runner, StoreError};
use tokio::sync::Notify;

/// What an `X-Amz-Target` header begins with.
pub const TARGET: &str = "Logs_20140328.";

/// The largest body: a MiB of events, as JSON.
pub const BODY_BYTES_MAX: usize = 8 << 20;

/// How the logs are kept.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many bytes of events are kept at most.
    pub bytes_max: u64,
    /// Whether all accounts and regions see the same.
    pub shared: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { bytes_max: 1 << 30, shared: false }
    }
}

/// The service. Clones are the same.
#[derive(Clone, Debug)]
pub struct Logs {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    runner: Runner,
    keys: Keys,
    options: Options,
    environment: Environment,
    state: Mutex<State>,
    /// Held while changes are committed, so that they are in order.
    committing: tokio::sync::Mutex<()>,
    /// Told when there is something to commit.
    work: Arc<Notify>,
    /// Told when something has been committed.
    room: Notify,
    closing: Closing,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The task that commits is to end.
        self.work.notify_one();
    }
}

/// Where events are put by the server itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// 12 digits.
    pub account: &'a str,
    /// The region.
    pub region: &'a str,
    /// The log group, which is made where it is not there.
    pub group: &'a str,
    /// The log stream, likewise.
    pub stream: &'a str,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it happened, in milliseconds since the epoch.
    pub time_ms: u64,
    /// What it says.
    pub message: String,
}

/// An answer: JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// Why logs were not kept or read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LogsError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record is not one of ours.
    #[error("the records of logs are damaged: {0}")]
    Damaged(String),
}

/// A refusal of a request that did not reach the service, in its words.
#[must_use]
pub fn refusal(status: u16, code: &'static str, message: &str) -> Answer {
    let failure = Failure::new(code, message).with_status(status);
    Answer { status, body: failure.value().to_json() }
}

impl Logs {
    /// Answers a request.
    pub async fn call(&self, operation: &str, caller: &Caller, body: &[u8]) -> Answer {
        let read = Value::from_json(body).and_then(Request::new).map_err(Failure::from);
        let answered = match read {
            Ok(request) => self.run(operation, caller, request).await,
            Err(failure) => Err(failure),
        };
        match answered {
            // Many operations answer nothing at all.
            Ok(Value::Null) => Answer { status: 200, body: Vec::new() },
            Ok(value) => Answer { status: 200, body: value.to_json() },
            Err(failure) => Answer { status: failure.status(), body: failure.value().to_json() },
        }
    }

    /// Takes events of a function, in order. Never waits. Where too much is waiting to be committed they are not taken, and
    /// the next that are say how many were not.
    pub fn write(&self, place: &Place<'_>, events: &[Event]) {
        if events.is_empty() {
            return;
        }
        let now_ms = self.now_ms();
        let key = self.key(place.account, place.region, place.group);
        self.state().write(key, place.stream, events, now_ms);
        self.inner.work.notify_one();
    }

    /// Returns when [`Logs::write`] will take more.
    pub async fn ready(&self) {
        loop {
            let mut room = std::pin::pin!(self.inner.room.notified());
            room.as_mut().enable();
            if !self.is_behind() {
                return;
            }
            room.await;
        }
    }

    /// Whether so much waits to be committed that whoever can had better wait.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.state().is_behind()
    }

    fn key(&self, account: &str, region: &str, name: &str) -> GroupKey {
        if self.inner.options.shared {
            return GroupKey { account: "".into(), region: "".into(), name: name.into() };
        }
        GroupKey { account: account.into(), region: region.into(), name: name.into() }
    }

    /// Service time.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.inner.environment.clock.now_ms()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
