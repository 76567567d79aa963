//! The processes of the function: they do what they are given, fail, and die, before and after their work.

use super::deliveries::{Shared, given};
use crate::lock;
use crate::plan::below;
use bytes::Bytes;
use environment::{Clock, Random};
use lambda::functions::{Engine, Processes, Running};
use runtime::{Finished, Invocation, PoolError, Revision};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// What AWS says when a process is killed, and of an error of a function.
const KILLED: &str = r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: r Error: Runtime exited with error: signal: killed"}"#;
const ERROR: &str = r#"{"errorType":"Error","errorMessage":"as the seed says","trace":[]}"#;

/// Runs all functions of a life.
#[derive(Clone)]
pub(super) struct Functions {
    pub(super) calls: Shared,
    pub(super) random: Random,
    pub(super) clock: Clock,
    /// Whether they fail by chance.
    pub(super) fails: bool,
}

/// What becomes of a call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    Error,
    /// The process dies, having done nothing.
    DiesBefore,
    /// It has done all, and dies before it can say so.
    DiesAfter,
}

impl Functions {
    async fn run(&self, invocation: Invocation) -> Result<Finished, PoolError> {
        let chance = if self.fails { below(&self.random, 100) } else { 99 };
        if chance < 3 {
            return Err(PoolError::CannotStart("as the seed says".to_owned()));
        }
        let outcome = match chance {
            3..8 => Outcome::DiesBefore,
            8..13 => Outcome::DiesAfter,
            13..20 => Outcome::Error,
            _ => Outcome::Done,
        };
        let event: Value = serde_json::from_slice(&invocation.payload).unwrap_or_default();
        let records = event["Records"].as_array().map(Vec::as_slice).unwrap_or_default();
        let number = lock(&self.calls).begin(records.iter().filter_map(given).collect(), self.clock.now_ms());
        if outcome != Outcome::DiesBefore {
            self.work().await;
        }
        let mut calls = lock(&self.calls);
        calls.counts.deaths += u64::from(matches!(outcome, Outcome::DiesBefore | Outcome::DiesAfter));
        calls.end(number, outcome == Outcome::Done);
        let payload = match outcome {
            Outcome::Done => "{}",
            Outcome::Error => ERROR,
            Outcome::DiesBefore | Outcome::DiesAfter => KILLED,
        };
        Ok(Finished {
            payload: Bytes::from_static(payload.as_bytes()),
            failed: outcome != Outcome::Done,
            log_tail: None,
            log_stream: String::new(),
            duration_us: 1,
        })
    }

    /// Takes its time.
    async fn work(&self) {
        if below(&self.random, 6) == 0 {
            return self.clock.sleep(Duration::from_millis(below(&self.random, 300))).await;
        }
        for _ in 0..below(&self.random, 20) {
            environment::yield_now().await;
        }
    }
}

impl Engine for Functions {
    fn pool(&self, _: Revision) -> Arc<dyn Processes> {
        Arc::new(self.clone())
    }
}

impl Processes for Functions {
    fn invoke(&self, invocation: Invocation) -> Running<'_> {
        Box::pin(self.run(invocation))
    }

    fn prewarm(&self) {}

    fn retire(&self) {}
}
