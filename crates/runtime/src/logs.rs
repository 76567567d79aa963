//! Where what functions print goes.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// Where what functions print goes.
pub trait LogSink: Send + Sync + 'static {
    /// Takes events, in order; they belong to one process. Must not block.
    fn write(&self, source: &LogSource, events: Vec<LogEvent>);

    /// Waits until more can be taken; `None` where it can be at once. It is asked before the next piece (64 KiB at most) of
    /// a function's output is read, so a sink that is behind holds up the function that prints, whose pipe fills.
    fn ready(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send + '_>>> {
        None
    }
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
