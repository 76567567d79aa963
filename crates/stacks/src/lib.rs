//! CloudFormation as a service: stacks, change sets and their events, and what is made of templates.
//!
//! What a template is and what a change of it consists of is the crate `cloudformation`'s to say, which is pure. Here is what
//! is recorded of stacks, the operations that clients call ([`Stacks::call`]), and the engine that makes, changes and deletes
//! resources, each through the provider of its type ([`resources`]).
//!
//! What is done to a stack survives the server: each step is recorded before and after it is taken, so that the next start
//! goes on where the last one ended ([`Stacks::start`]).

mod dynamic;
mod engine;
mod failure;
mod keys;
mod ledger;
mod operations;
mod proposal;
mod records;
mod request;
pub mod resources;
mod status;
mod surroundings;
mod template_url;
#[cfg(test)]
mod tests;

pub use failure::Failure;
pub use surroundings::{LookedUp, Parameters, Registry, Surroundings, Template, Templates};

use environment::Environment;
use keys::{Keys, Place, StackKey};
use ledger::Ledger;
use request::{NAMESPACE, Request};
use services::query::{Answer, Call};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use store::{Runner, SpaceId};
use wire::query;

/// The largest body of a request: a template of 51,200 bytes, percent-encoded, with its parameters.
pub const BODY_BYTES_MAX: usize = 2 << 20;

/// How stacks behave.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether all accounts and regions see the same stacks.
    pub shared: bool,
    /// Whether templates with types of resources that nothing is made of are refused.
    pub strict: bool,
}

/// Stacks. Clones are the same.
#[derive(Clone)]
pub struct Stacks {
    inner: Arc<Inner>,
}

struct Inner {
    ledger: Ledger,
    environment: Environment,
    options: Options,
    surroundings: Surroundings,
    /// Held by whoever changes the record of a stack.
    control: tokio::sync::Mutex<()>,
    /// The stacks that are worked on.
    driven: Mutex<HashSet<StackKey>>,
    /// Told of every change of a stack's status.
    changed: tokio::sync::Notify,
}

impl std::fmt::Debug for Stacks {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Stacks").finish_non_exhaustive()
    }
}

impl Stacks {
    /// Opens what is recorded in this space. Nothing is done to stacks before [`Stacks::start`].
    #[must_use]
    pub fn open(
        runner: Runner,
        space: SpaceId,
        options: Options,
        surroundings: Surroundings,
        environment: Environment,
    ) -> Self {
        let inner = Inner {
            ledger: Ledger::new(runner, Keys::new(space)),
            environment,
            options,
            surroundings,
            control: tokio::sync::Mutex::default(),
            driven: Mutex::default(),
            changed: tokio::sync::Notify::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Goes on with what was being done to stacks at the last end. Needs a runtime.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub fn start(&self) -> Result<(), Failure> {
        let mut open = Vec::new();
        self.inner.ledger.each(&self.inner.ledger.keys.stacks(), |_, stack: records::Stack| {
            if stack.status.is_in_progress() {
                open.push(stack.key());
            }
            true
        })?;
        for stack in open {
            self.drive(stack);
        }
        Ok(())
    }

    /// Answers a client.
    pub async fn call(&self, call: &Call<'_>) -> Answer {
        match self.answer(call).await {
            Ok(answer) => Answer::done(answer, call.request_id),
            Err(failure) => refusal(&failure, call.request_id),
        }
    }

    async fn answer(&self, call: &Call<'_>) -> Result<query::Answer, Failure> {
        let (stacks, members, caller) = (self.clone(), call.members()?, call.caller.clone());
        // Whether or not anybody waits for the answer: what is recorded as begun is to be driven.
        environment::settled(async move { stacks.run(&Request { members, caller: &caller }).await }).await
    }

    /// Works on a stack until nothing is left to do, unless somebody does.
    fn drive(&self, stack: StackKey) {
        if self.inner.driven.lock().unwrap_or_else(PoisonError::into_inner).insert(stack) {
            let inner = Arc::clone(&self.inner);
            let drive = move || engine::drive(Arc::clone(&inner), stack);
            self.inner.environment.background.keep("engine of a stack", drive);
        }
    }

    /// Returns once nothing is being done to a stack.
    ///
    /// # Errors
    /// When its record cannot be read.
    pub async fn settled(&self, stack_id: &str) -> Result<(), Failure> {
        let Some(key) = records::key_of(stack_id) else { return Ok(()) };
        loop {
            let mut changed = std::pin::pin!(self.inner.changed.notified());
            changed.as_mut().enable();
            let stack = self.inner.ledger.stack(key)?;
            if stack.is_none_or(|stack| !stack.status.is_in_progress()) {
                return Ok(());
            }
            changed.await;
        }
    }
}

impl Inner {
    fn now_ms(&self) -> u64 {
        self.environment.clock.now_ms()
    }

    /// Where names of this account and region are looked up.
    fn place(&self, account: &str, region: &str) -> Place {
        let told = |text: &str| if self.options.shared { String::new() } else { text.to_owned() };
        Place { account: told(account), region: told(region) }
    }

    /// A new random id.
    fn uuid(&self) -> String {
        self.environment.random.uuid()
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
