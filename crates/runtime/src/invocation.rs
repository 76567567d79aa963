//! A call, and what comes of it.

use bytes::Bytes;
use tokio::sync::mpsc::Sender;

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
    /// Where an answer goes that the function streams. Without it such an answer is gathered, and given whole.
    pub pieces: Option<Sender<Piece>>,
    /// Whether its process is to be killed, so long after it took the call: a fault that somebody asked for.
    pub kill_after_ms: Option<u64>,
}

/// A piece of an answer that is streamed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// What comes first: the answer begins, and what it is, where the function says so.
    Began {
        /// `application/json` and the like.
        content_type: Option<String>,
    },
    /// The next bytes of it.
    Bytes(Bytes),
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The answer, or AWS's description of the failure, JSON. Empty where the whole answer went out in pieces.
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

/// Why a function was not run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// No process can be started, for a reason that is not the function's: no interpreter, no place on the disk.
    #[error("{0}")]
    CannotStart(String),
    /// The server's own part in the call panicked, which is in its log.
    #[error("the call was lost to a fault of the server, which its log tells of")]
    Panicked,
    /// The server is being stopped.
    #[error("the server is being stopped")]
    ShuttingDown,
}
