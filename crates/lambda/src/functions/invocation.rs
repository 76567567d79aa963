//! Calling functions.

use super::Functions;
use super::name::{FunctionKey, Reference};
use super::record::{Function, Version};
use crate::invoke::{Call, Invoke, InvokeError, Reply};
use environment::faults::{Kind, Place};
use runtime::{Invocation, Piece};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use tokio::sync::mpsc::Sender;

/// The largest event of a call that is waited for.
pub const EVENT_BYTES_MAX: usize = 6_291_456;

/// The largest event of an asynchronous call.
pub const ASYNCHRONOUS_EVENT_BYTES_MAX: usize = 1_048_576;

/// AWS's name of the limit that a function has for itself.
const RESERVED: &str = "ReservedFunctionConcurrentInvocationLimitExceeded";

impl Invoke for Functions {
    fn invoke(&self, call: Call) -> Pin<Box<dyn Future<Output = Result<Reply, InvokeError>> + Send + '_>> {
        let this = self.clone();
        // A task of its own goes on when nobody waits for it.
        let running = environment::spawn(async move { this.run(call).await });
        Box::pin(
            async move { running.await.unwrap_or_else(|error| Err(InvokeError::Failed(error.to_string()))) },
        )
    }

    fn enqueue(&self, call: Call) -> Pin<Box<dyn Future<Output = Result<(), InvokeError>> + Send + '_>> {
        Box::pin(self.enqueue_call(call))
    }

    fn exists(&self, function_arn: &str) -> bool {
        self.resolve(function_arn).is_some()
    }

    fn timeout_ms(&self, function_arn: &str) -> Option<u64> {
        let (_, version) = self.resolve(function_arn)?;
        Some(u64::from(version.configuration.timeout_s) * 1_000)
    }

    fn log_group(&self, function_arn: &str) -> Option<String> {
        let (_, version) = self.resolve(function_arn)?;
        Some(version.configuration.logging.group.clone()).filter(|group| !group.is_empty())
    }

    fn prewarm(&self, function_arn: &str) {
        if let Some((function, version)) = self.resolve(function_arn) {
            self.prewarm_version(function.key(self.inner.options.shared), version.version.clone());
        }
    }

    fn changed(&self, function_arn: &str) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let reference = Reference::parse(function_arn).unwrap_or_default();
        let owner = |part: Option<String>| part.unwrap_or_default();
        let key = self.key_of(&owner(reference.account), &owner(reference.region), &reference.name);
        let mut changes = self.inner.changes.lock().unwrap_or_else(PoisonError::into_inner);
        // It is told of every change after this call, not only after its first poll.
        let told = Arc::clone(changes.entry(key).or_default()).notified_owned();
        Box::pin(told)
    }
}

impl Functions {
    pub(super) async fn run(&self, call: Call) -> Result<Reply, InvokeError> {
        let not_found = || InvokeError::NotFound(call.function_arn.clone());
        let resolved = self.resolve(&call.function_arn).ok_or_else(not_found)?;
        self.run_version(resolved, call, None).await
    }

    /// Runs a version. An answer that it streams goes out in pieces, where there is somebody who takes them.
    pub(super) async fn run_version(
        &self,
        (function, version): (Arc<Function>, Arc<Version>),
        call: Call,
        pieces: Option<Sender<Piece>>,
    ) -> Result<Reply, InvokeError> {
        if call.payload.len() > EVENT_BYTES_MAX {
            return Err(InvokeError::TooLarge(call.payload.len()));
        }
        let key = function.key(self.inner.options.shared);
        let _seat = self.admit(&key, &function)?;
        let kill_after_ms = self.killed_after_ms(&key, call.mapping.as_deref());
        let invocation = Invocation {
            request_id: call.request_id.unwrap_or_else(|| self.uuid()),
            invoked_arn: call.function_arn,
            payload: call.payload,
            client_context: call.client_context,
            tail: call.tail,
            pieces,
            kill_after_ms,
        };
        self.execute(&key, &version, invocation).await
    }

    /// Whether a fault is to kill the process of a call, and how long after it began.
    fn killed_after_ms(&self, key: &FunctionKey, mapping: Option<&str>) -> Option<u64> {
        let (function, account, region) = (key.name.as_str(), Some(&*key.account), Some(&*key.region));
        let place = Place { function: Some(function), mapping, account, region, ..Place::default() };
        let fired = self.inner.environment.faults.fires(Kind::KillFunction, &place)?;
        let (fault, kind) = (fired.id, Kind::KillFunction.name());
        tracing::info!(fault, kind, function, mapping, "a fault strikes a call");
        Some(fired.ms)
    }

    async fn execute(
        &self,
        key: &FunctionKey,
        version: &Version,
        invocation: Invocation,
    ) -> Result<Reply, InvokeError> {
        let pool = self.pool(key, &version.version, &invocation.invoked_arn).await?;
        let request_id = invocation.request_id.clone();
        let finished = pool.processes.invoke(invocation).await;
        let finished = finished.map_err(|error| InvokeError::Failed(error.to_string()))?;
        Ok(Reply {
            request_id,
            executed_version: version.version.clone(),
            failed: finished.failed,
            payload: finished.payload,
            log_tail: finished.log_tail,
            log_stream: finished.log_stream,
            duration_us: finished.duration_us,
        })
    }

    /// A place among the calls of a function that are under way.
    fn admit(&self, key: &FunctionKey, function: &Function) -> Result<Seat, InvokeError> {
        let mut running = self.inner.running.lock().unwrap_or_else(PoisonError::into_inner);
        let count = running.entry(key.clone()).or_default();
        if function.reserved_concurrency.is_some_and(|limit| *count >= limit) {
            if *count == 0 {
                running.remove(key);
            }
            return Err(InvokeError::Throttled { reason: RESERVED });
        }
        *count += 1;
        Ok(Seat { functions: self.clone(), key: key.clone() })
    }
}

/// A place among the calls that are under way. Dropped, it is free.
struct Seat {
    functions: Functions,
    key: FunctionKey,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut running = self.functions.inner.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = running.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                running.remove(&self.key);
            }
        }
    }
}
