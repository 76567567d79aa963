//! Topics: SNS, with queues, functions and HTTP endpoints as subscribers.
//!
//! Topics, subscriptions and what is still to be sent are records in the store of the tables; topics and subscriptions are
//! kept in memory too, compiled. A message is given to queues and functions before its publisher is answered, since both
//! keep what they are given; what is meant for an endpoint, and what could not be delivered at once, is committed before the
//! answer and sent after it, again and again with pauses in service time, and in the end to the subscription's dead-letter
//! queue. So what was acknowledged comes at least once, whatever happens to the server.
//!
//! [`Topics::publish`] is for others in this process, [`Topics::call`] what clients say.

mod arn;
mod change;
mod courier;
mod envelope;
mod failure;
mod fifo;
mod filter_policy;
mod http;
mod keys;
mod message;
mod operations;
mod publishing;
mod queues;
mod records;
mod request;
mod retries;
mod sending;
mod state;
mod structure;
mod subscription_attributes;
mod targets;
mod topic_attributes;

pub use failure::Failure;
pub use message::{Attribute, Message, Published};
pub use targets::{Functions, Given, QueueMessage, Queues, TargetError};

use crate::query::{Answer, Call};
use arn::TopicArn;
use change::Change;
use compact_str::CompactString;
use courier::Couriers;
use environment::Environment;
use keys::Keys;
use records::{Deduplicated, Subscription, Topic, parsed};
use request::{NAMESPACE, Request};
use state::{Live, State, Subscriber};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use store::{Range, Runner, Snapshot, SpaceId, Store};
use wire::query;

/// The largest body of a request: ten messages of a megabyte in all, percent-encoded.
pub const BODY_BYTES_MAX: usize = 4 << 20;

/// What topics are and do.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether all accounts and regions see the same topics.
    pub shared: bool,
    /// The server's own host and port, for links in messages that are published from inside it.
    pub host: CompactString,
}

/// Topics and their subscriptions. Clones are the same.
#[derive(Clone, Debug)]
pub struct Topics {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    runner: Runner,
    keys: Keys,
    environment: Environment,
    options: Options,
    queues: Arc<dyn Queues>,
    functions: OnceLock<Arc<dyn Functions>>,
    state: RwLock<State>,
    /// Held by whoever changes topics and subscriptions.
    control: tokio::sync::Mutex<()>,
    couriers: Couriers,
}

impl Topics {
    /// Opens what is recorded in this space. Nothing is sent before [`Topics::start`].
    ///
    /// # Errors
    /// When the records cannot be read.
    pub fn open(
        runner: Runner,
        space: SpaceId,
        options: Options,
        queues: Arc<dyn Queues>,
        environment: Environment,
    ) -> Result<Self, Failure> {
        let state = RwLock::new(State::new(options.shared));
        let inner = Inner {
            runner,
            keys: Keys::new(space),
            environment,
            options,
            queues,
            functions: OnceLock::new(),
            state,
            control: tokio::sync::Mutex::default(),
            couriers: Couriers::default(),
        };
        let topics = Self { inner: Arc::new(inner) };
        topics.load()?;
        Ok(topics)
    }

    /// Says how functions are reached. Only the first call has an effect; without one, functions cannot be reached.
    pub fn set_functions(&self, functions: Arc<dyn Functions>) {
        let _ = self.inner.functions.set(functions);
    }

    /// Goes on with what was to be sent before the last end. Needs a runtime.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub fn start(&self) -> Result<(), Failure> {
        let mut waiting = BTreeMap::<String, usize>::new();
        self.each(&self.inner.keys.all_deliveries(), |key, _| {
            if let Some((subscription, _)) = keys::delivery(key) {
                *waiting.entry(subscription.to_owned()).or_default() += 1;
            }
            Ok(())
        })?;
        for (subscription, count) in waiting {
            self.expect(&subscription, count);
        }
        Ok(())
    }

    /// Answers a client. `signed`: whether they said who they are; links in messages are followed by whoever gets them.
    pub async fn call(&self, call: &Call<'_>, signed: bool) -> Answer {
        match self.answer(call, signed).await {
            Ok(answer) => Answer::done(answer, call.request_id),
            Err(failure) => refusal(&failure, call.request_id),
        }
    }

    async fn answer(&self, call: &Call<'_>, signed: bool) -> Result<query::Answer, Failure> {
        let (topics, members, caller) = (self.clone(), call.members()?, call.caller.clone());
        // Whether or not anybody waits for the answer, so that memory and store stay the same.
        let run = async move { topics.run(&Request { members, caller: &caller, signed }).await };
        environment::settled(run).await
    }

    fn load(&self) -> Result<(), Failure> {
        let (inner, mut lives) = (&self.inner, HashMap::<u64, (Topic, BTreeMap<_, _>)>::new());
        self.each(&inner.keys.topics(), |_, value| {
            let topic: Topic = parsed(value)?;
            lives.insert(topic.id, (topic, BTreeMap::new()));
            Ok(())
        })?;
        self.each(&inner.keys.subscriptions(), |_, value| {
            let subscription: Subscription = parsed(value)?;
            if let Some((_, subscriptions)) = lives.get_mut(&subscription.topic) {
                let id = subscription.id.clone();
                subscriptions.insert(id, Arc::new(Subscriber::new(subscription)?));
            }
            Ok(())
        })?;
        let mut remembered = HashMap::<u64, Vec<([u8; 32], Deduplicated)>>::new();
        self.each(&inner.keys.all_deduplicated(), |key, value| {
            if let Some((topic, hash)) = keys::deduplicated(key) {
                remembered.entry(topic).or_default().push((hash, parsed(value)?));
            }
            Ok(())
        })?;
        let mut state = self.state_mut();
        for (id, (topic, subscriptions)) in lives {
            let mut known = remembered.remove(&id).unwrap_or_default();
            known.sort_by_key(|(_, known)| known.sequence_number);
            let mut fifo = fifo::Fifo::default();
            known.into_iter().for_each(|(hash, known)| fifo.remember(hash, known));
            let fifo = Arc::new(tokio::sync::Mutex::new(fifo));
            state.install(Live { topic, subscriptions, fifo });
        }
        Ok(())
    }

    /// Walks over records.
    fn each(
        &self,
        range: &Range,
        mut each: impl FnMut(&[u8], &[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut result = Ok(());
        self.inner.runner.store().snapshot().range(range, &mut |key, value| {
            result = each(key, &value.value);
            result.is_ok()
        })?;
        result
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.inner.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.inner.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn live(&self, arn: &TopicArn) -> Option<Arc<Live>> {
        let state = self.state();
        state.topic(&state.place(arn)).cloned()
    }

    fn now_ms(&self) -> u64 {
        self.inner.environment.clock.now_ms()
    }

    /// A new random id.
    fn uuid(&self) -> String {
        self.inner.environment.random.uuid()
    }

    async fn commit(&self, change: Change) -> Result<(), Failure> {
        change.commit(&self.inner.runner).await
    }
}

/// The answer to a request that is not done.
fn refusal(failure: &Failure, request_id: &str) -> Answer {
    Answer::refused(NAMESPACE, failure.status(), (failure.code(), failure.message()), request_id)
}

/// A refusal of a request that did not reach the service.
#[must_use]
pub fn unreached(status: u16, code: &'static str, message: &str, request_id: &str) -> Answer {
    refusal(&Failure::new(code, message).with_status(status), request_id)
}

#[cfg(test)]
mod tests;
