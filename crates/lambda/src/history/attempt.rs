//! One attempt to deliver a batch.

use crate::invoke::{InvokeError, Reply};
use serde_json::Value;
use std::sync::Arc;

/// The most bytes of an error that are remembered.
const ERROR_BYTES_MAX: usize = 1_024;

/// The number of an attempt of a mapping, which rises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttemptId(pub(super) u64);

/// What is to be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The shard's id, or the queue's ARN.
    pub shard: Arc<str>,
    /// The lane; 0 where there is one.
    pub lane: usize,
    /// The batch.
    pub input: Input,
    /// How many records or messages it has.
    pub count: usize,
}

/// Which records or messages a batch has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// All from the first to the last sequence number that the filters let through.
    Range {
        /// The first.
        first: u128,
        /// The last.
        last: u128,
    },
    /// These, in rising order, where others between them went another way: with more than one lane.
    Records(Box<[u128]>),
    /// The messages with these ids.
    Messages(Box<[String]>),
    /// None: a tumbling window is closed.
    Nothing,
}

impl Input {
    /// Of a batch of records with these sequence numbers, in rising order.
    pub fn records(sequences: impl ExactSizeIterator<Item = u128> + Clone, lanes: usize) -> Self {
        let (first, last) = (sequences.clone().next(), sequences.clone().last());
        match (first, last) {
            (Some(first), Some(last)) if lanes <= 1 => Self::Range { first, last },
            (Some(_), Some(_)) => Self::Records(sequences.collect()),
            _ => Self::Nothing,
        }
    }

    /// The first and the last sequence number.
    #[must_use]
    pub fn ends(&self) -> Option<(u128, u128)> {
        match self {
            Self::Range { first, last } => Some((*first, *last)),
            Self::Records(all) => all.first().copied().zip(all.last().copied()),
            Self::Messages(_) | Self::Nothing => None,
        }
    }

    /// Whether it has the record. One that the filters refused is for the caller to know.
    #[must_use]
    pub fn has(&self, sequence: u128) -> bool {
        match self {
            Self::Range { first, last } => (*first..=*last).contains(&sequence),
            Self::Records(all) => all.binary_search(&sequence).is_ok(),
            Self::Messages(_) | Self::Nothing => false,
        }
    }

    /// Whether it has the message with this id.
    #[must_use]
    pub fn has_message(&self, id: &str) -> bool {
        matches!(self, Self::Messages(ids) if ids.iter().any(|known| known == id))
    }

    pub(super) fn size_bytes(&self) -> usize {
        match self {
            Self::Records(all) => 16 * all.len(),
            Self::Messages(ids) => ids.iter().map(|id| id.len() + size_of::<String>()).sum(),
            Self::Range { .. } | Self::Nothing => 0,
        }
    }
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// What came of it.
    pub result: Result,
    /// The id of the invocation, where the function was called.
    pub request_id: Option<String>,
    /// The log stream of the process that ran it.
    pub log_stream: Option<String>,
    /// How long the function ran.
    pub duration_us: u64,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Result {
    /// All of it is done.
    Done,
    /// The function answered that records failed, from this one on; for messages, how many.
    Partly {
        /// The first that failed.
        from: Option<u128>,
        /// How many failed, where that is known.
        failed: usize,
    },
    /// The function failed: its error, as `Type: message`.
    Failed(String),
    /// It was not called at all, for this reason.
    NotInvoked(String),
}

impl Ended {
    /// What a call gave. Whether an answer says that records failed is for the caller to know: see [`Ended::partly`].
    #[must_use]
    pub fn of(called: &std::result::Result<Reply, InvokeError>) -> Self {
        match called {
            Err(error) => Self {
                result: Result::NotInvoked(shortened(error.to_string())),
                request_id: None,
                log_stream: None,
                duration_us: 0,
            },
            Ok(reply) => Self {
                result: if reply.failed { Result::Failed(error_text(&reply.payload)) } else { Result::Done },
                request_id: Some(reply.request_id.clone()),
                log_stream: Some(reply.log_stream.clone()).filter(|stream| !stream.is_empty()),
                duration_us: reply.duration_us,
            },
        }
    }

    /// The same, of a function that answered that so many records failed, from this one on.
    #[must_use]
    pub fn partly(self, from: Option<u128>, failed: usize) -> Self {
        match self.result {
            Result::Done => Self { result: Result::Partly { from, failed }, ..self },
            _ => self,
        }
    }

    pub(super) fn size_bytes(&self) -> usize {
        let error = match &self.result {
            Result::Failed(text) | Result::NotInvoked(text) => text.len(),
            Result::Done | Result::Partly { .. } => 0,
        };
        error
            + self.request_id.as_ref().map_or(0, String::len)
            + self.log_stream.as_ref().map_or(0, String::len)
    }
}

/// An attempt, with what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its number.
    pub id: AttemptId,
    /// What was delivered.
    pub attempt: Attempt,
    /// How often this very batch had been tried, with this attempt: 1 for the first.
    pub number: u32,
    /// When it began.
    pub started_ms: u64,
    /// How it ended, once it has.
    pub ended: Option<Ended>,
}

/// What a failed function answered, as one text.
#[must_use]
pub fn error_text(payload: &[u8]) -> String {
    let answer: Value = serde_json::from_slice(payload).unwrap_or_default();
    let text = match (answer["errorType"].as_str(), answer["errorMessage"].as_str()) {
        (Some(kind), Some(message)) => format!("{kind}: {message}"),
        (None, Some(text)) | (Some(text), None) => text.to_owned(),
        (None, None) => {
            String::from_utf8_lossy(payload.get(..ERROR_BYTES_MAX).unwrap_or(payload)).into_owned()
        }
    };
    shortened(text)
}

fn shortened(mut text: String) -> String {
    if text.len() > ERROR_BYTES_MAX {
        text.truncate(text.floor_char_boundary(ERROR_BYTES_MAX));
        text.push('…');
    }
    text
}
