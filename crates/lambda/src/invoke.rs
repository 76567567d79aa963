//! Calling a function from inside the server: what mappings, topics, destinations and the Invoke operation have in
//! common.

use bytes::Bytes;
use std::future::Future;
use std::pin::Pin;

/// Calls functions, and waits for their answers.
pub trait Invoke: Send + Sync + 'static {
    /// Calls a function and waits until it has ended. The call goes on where the future is dropped.
    fn invoke(&self, call: Call) -> Pin<Box<dyn Future<Output = Result<Reply, InvokeError>> + Send + '_>>;

    /// Puts a call into the function's asynchronous queue, durably, as an Invoke of the type `Event` does.
    fn enqueue(&self, call: Call) -> Pin<Box<dyn Future<Output = Result<(), InvokeError>> + Send + '_>>;

    /// Whether there is such a function, version or alias.
    fn exists(&self, function_arn: &str) -> bool;

    /// How long a call of the function may run, where that is known.
    fn timeout_ms(&self, function_arn: &str) -> Option<u64> {
        let _ = function_arn;
        None
    }

    /// The log group that the function prints to, where that is known.
    fn log_group(&self, function_arn: &str) -> Option<String> {
        let _ = function_arn;
        None
    }

    /// A process for the next call is started, where none is idle.
    fn prewarm(&self, function_arn: &str);

    /// Returns once the function's code or configuration is another than at the moment of the call (or it was created or
    /// deleted, or its concurrency changed): what failed may be worth another try now.
    fn changed(&self, function_arn: &str) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// A call.
#[derive(Clone, Debug)]
pub struct Call {
    /// The function's ARN, with its qualifier where it has one.
    pub function_arn: String,
    /// The event, JSON.
    pub payload: Bytes,
    /// The id; one is made where there is none.
    pub request_id: Option<String>,
    /// The client context, JSON, decoded.
    pub client_context: Option<String>,
    /// Whether the end of the log is wanted with the reply.
    pub tail: bool,
    /// The UUID of the event source mapping that calls.
    pub mapping: Option<String>,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The id of the invocation.
    pub request_id: String,
    /// The version that ran: `$LATEST`, or a number.
    pub executed_version: String,
    /// Whether the function failed: an error, a timeout, an exit, an answer that is too long.
    pub failed: bool,
    /// The answer, or AWS's description of the failure, JSON.
    pub payload: Bytes,
    /// The last 4 KiB of the log, where they were wanted.
    pub log_tail: Option<Bytes>,
    /// The log stream of the process that ran it.
    pub log_stream: String,
    /// How long it ran, in microseconds.
    pub duration_us: u64,
}

/// Why a function was not called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// There is no such function, version or alias.
    #[error("Function not found: {0}")]
    NotFound(String),
    /// It runs as often as it may.
    #[error("Rate Exceeded.")]
    Throttled {
        /// AWS's name of the limit.
        reason: &'static str,
    },
    /// The event is larger than may be.
    #[error("{0} byte payload is too large for the Invoke operation")]
    TooLarge(usize),
    /// The process could not be started, or the server is being stopped.
    #[error("{0}")]
    Failed(String),
}
