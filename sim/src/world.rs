//! One life's database, and how it is asked.

use crate::Violation;
use crate::servers::Network;
use bytes::Bytes;
use database::{Caller, Database, Options};
use environment::Environment;
use serde_json::Value;
use std::sync::Arc;
use store::{AnyStore, Simulated};
use wire::Operation;

/// A database over a simulated disk.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) database: Arc<Database>,
    pub(crate) environment: Environment,
    caller: Caller,
    /// The way to it, where a server is before it.
    pub(crate) network: Option<Network>,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// It succeeded; with the positions of its records.
    Ok(Value, Vec<u128>),
    /// It was refused: the body of the error.
    Refused(String, Value),
    /// The request did not get to the server whole: it did not happen.
    Unsent,
    /// The server failed, or the power went before the answer was out: it may have happened or not.
    Lost,
}

/// What is added to a position to make a sequence number.
const SEQUENCE_BASE: u128 = 100_000_000_000_000_000_000;

impl std::fmt::Display for Answer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ok(body, positions) => write!(out, "{body} {positions:?}"),
            Self::Refused(code, body) => write!(out, "{code} {body}"),
            Self::Unsent => out.write_str("unsent"),
            Self::Lost => out.write_str("lost"),
        }
    }
}

impl World {
    pub(crate) fn open(store: &Arc<AnyStore>, environment: &Environment) -> Result<Self, Violation> {
        let options = Options::in_memory();
        let database = Database::open_on(Arc::clone(store), options, environment.clone())
            .map_err(|error| Violation(format!("what is on the disk cannot be opened: {error}")))?;
        Ok(Self::of(database, environment, None))
    }

    /// The world of a database, which there may be a network before.
    pub(crate) fn of(database: Arc<Database>, environment: &Environment, network: Option<Network>) -> Self {
        let caller = Caller::new("000000000000", "us-east-1");
        Self { database, environment: environment.clone(), caller, network }
    }

    /// The same without the network: for whoever looks at it from inside.
    pub(crate) fn inside(&self) -> Self {
        Self { network: None, ..self.clone() }
    }

    /// Starts what runs in the background, unless a server does that.
    pub(crate) fn start(&self) {
        if self.network.is_none() {
            self.database.start();
        }
    }

    /// The disk.
    pub(crate) fn disk(&self) -> Option<&Simulated> {
        match &**self.database.store() {
            AnyStore::Simulated(disk) => Some(disk),
            _ => None,
        }
    }

    pub(crate) fn is_down(&self) -> bool {
        self.disk().is_some_and(Simulated::is_down)
    }

    pub(crate) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Asks, and gives the answer as a client gets it.
    pub(crate) async fn ask(&self, operation: Operation, request: &Value) -> Answer {
        if let Some(network) = &self.network {
            return network.ask(operation, request).await;
        }
        let called = self.database.call(operation, &self.caller, Bytes::from(request.to_string())).await;
        if self.is_down() {
            return Answer::Lost;
        }
        match called {
            Ok(reply) => {
                let body = serde_json::from_slice(&reply.body).unwrap_or_default();
                Answer::Ok(body, positions(reply.positions.as_deref()))
            }
            Err(error) if error.status() >= 500 => Answer::Lost,
            Err(error) => {
                let body = serde_json::from_slice(&error.to_body()).unwrap_or_default();
                Answer::Refused(error.code().name().to_owned(), body)
            }
        }
    }

    /// Asks for what cannot be refused.
    pub(crate) async fn look(&self, operation: Operation, request: &Value) -> Result<Value, Violation> {
        match self.ask(operation, request).await {
            Answer::Ok(answer, _) => Ok(answer),
            other => Err(Violation(format!("{} of {request}: {other:?}", operation.name()))),
        }
    }
}

/// The positions in `shardId:sequenceNumber,...`.
pub(crate) fn positions(text: Option<&str>) -> Vec<u128> {
    let parts = text.unwrap_or_default().split(',');
    parts.filter_map(|part| position(part.split_once(':')?.1)).collect()
}

/// The sequence number of a position.
pub(crate) fn sequence_number(position: u128) -> String {
    (position + SEQUENCE_BASE).to_string()
}

/// The position of a sequence number.
pub(crate) fn position(sequence_number: &str) -> Option<u128> {
    sequence_number.parse::<u128>().ok()?.checked_sub(SEQUENCE_BASE)
}
