//! Kinesis Data Streams, as a program sees them that reads what a table delivers, or puts records itself.
//!
//! The streams and their records are the database's ([`database::data_streams`]); here is what clients say to them, in
//! JSON or in CBOR. A change of a stream is done when the operation answers, so a stream is always ACTIVE. A record that
//! was acknowledged is readable, and as durable as any write. Positions, times and retention are those of the store and
//! of service time, as for the streams of tables.

mod describe;
mod failure;
mod iterator;
mod operations;
mod request;
mod resource;
mod tags;

use crate::value::{Value, cbor};
use database::{Caller, Database};
use failure::Failure;
use std::sync::Arc;

/// What an `X-Amz-Target` header begins with.
pub const TARGET: &str = "Kinesis_20131202.";

/// The media type of CBOR.
const CBOR: &str = "application/x-amz-cbor-1.1";

/// The largest body of an operation that puts records: 10 MiB of data in base64, and what stands around them.
const PUT_BODY_BYTES_MAX: usize = 20 << 20;

/// The largest body of any other operation.
const BODY_BYTES_MAX: usize = 1 << 20;

/// The service.
#[derive(Clone, Debug)]
pub struct Kinesis {
    database: Arc<Database>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// What the body is: JSON, or CBOR where the request was.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

/// The language of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Json,
    Cbor,
}

impl Format {
    fn of(content_type: &str) -> Self {
        if content_type.trim_start().starts_with(CBOR) { Self::Cbor } else { Self::Json }
    }

    fn answer(self, status: u16, value: &Value) -> Answer {
        match self {
            Self::Json => {
                Answer { status, content_type: "application/x-amz-json-1.1", body: value.to_json() }
            }
            Self::Cbor => Answer { status, content_type: CBOR, body: cbor::encode(value) },
        }
    }
}

/// The largest body that is read for an operation.
#[must_use]
pub fn body_limit_bytes(operation: &str) -> usize {
    if matches!(operation, "PutRecord" | "PutRecords") { PUT_BODY_BYTES_MAX } else { BODY_BYTES_MAX }
}

/// A refusal of a request that did not reach the service, in its words.
#[must_use]
pub fn refusal(status: u16, code: &'static str, message: &str) -> Answer {
    let failure = Failure::new(code, message).with_status(status);
    Format::Json.answer(status, &failure.value())
}

impl Kinesis {
    /// The service over a database's data streams.
    #[must_use]
    pub fn new(database: Arc<Database>) -> Self {
        Self { database }
    }

    /// Answers a request.
    pub async fn call(&self, operation: &str, caller: &Caller, content_type: &str, body: &[u8]) -> Answer {
        let format = Format::of(content_type);
        let answered = match request::read(format, body) {
            Ok(request) => self.run(operation, caller, request).await,
            Err(failure) => Err(failure),
        };
        match answered {
            // Many operations answer nothing at all.
            Ok(Value::Null) => {
                let empty = format.answer(200, &Value::Null);
                Answer { body: Vec::new(), ..empty }
            }
            Ok(value) => format.answer(200, &value),
            Err(failure) => format.answer(failure.status(), &failure.value()),
        }
    }
}
