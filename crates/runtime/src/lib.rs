//! Running a function's code as plain processes, to which it looks as it does on AWS: the Runtime API, its environment,
//! its deadline, its logs.
//!
//! Knows no function by name and stores nothing: it is given a [`Revision`], which is everything that a process is started
//! from, and calls ([`Invocation`]) for it.

use bytes::Bytes;
use std::path::PathBuf;
use std::sync::Arc;

/// What processes of one version of a function are started from. One that differs in anything is another revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The function's name.
    pub function_name: String,
    /// `$LATEST`, or a number.
    pub version: String,
    /// As the API names it: `nodejs22.x`, `python3.13`, `provided.al2023`.
    pub runtime: String,
    /// The handler, as configured.
    pub handler: String,
    /// Where the code is, unpacked.
    pub code: PathBuf,
    /// Where the layers are, unpacked, in their order.
    pub layers: Vec<PathBuf>,
    /// The function's own variables.
    pub variables: Vec<(String, String)>,
    /// How long a call may take.
    pub timeout_ms: u64,
    /// The memory it is configured with, in MiB.
    pub memory_mib: u32,
    /// The region and the account in which it lives.
    pub region: String,
    /// 12 digits.
    pub account: String,
    /// The log group.
    pub log_group: String,
    /// Whether it logs JSON.
    pub logs_json: bool,
}

/// One call.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Its id.
    pub request_id: String,
    /// The ARN by which it was called.
    pub invoked_arn: String,
    /// The event, JSON.
    pub payload: Bytes,
    /// The client context, JSON, decoded.
    pub client_context: Option<String>,
    /// Whether the end of the log is wanted.
    pub tail: bool,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The answer, or AWS's description of the failure, JSON.
    pub payload: Bytes,
    /// Whether the function failed.
    pub failed: bool,
    /// The last 4 KiB of the log, where they were wanted.
    pub log_tail: Option<Bytes>,
    /// The log stream of the process that ran it.
    pub log_stream: String,
    /// How long it ran, in microseconds.
    pub duration_us: u64,
}

/// Where what functions print goes.
pub trait LogSink: Send + Sync + 'static {
    /// Takes events, in order; they belong to one process. Must not block.
    fn write(&self, source: &LogSource, events: Vec<LogEvent>);
}

/// Whose output it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSource {
    /// The region and the account.
    pub region: String,
    /// 12 digits.
    pub account: String,
    /// The log group.
    pub group: Arc<str>,
    /// The log stream: one a process.
    pub stream: Arc<str>,
    /// The function's name, for the server's own output.
    pub function_name: Arc<str>,
}

/// A message, which may have several lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEvent {
    /// When, in milliseconds of service time.
    pub time_ms: u64,
    /// The text, without a line feed at its end.
    pub message: String,
}
