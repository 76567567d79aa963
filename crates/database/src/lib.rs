//! DynamoDB itself: tables, items, indexes, transactions, and the one write path that all of them take.

mod caller;
mod catalog;
mod control;
mod description;
mod descriptor;
mod java_order;
mod meta;
mod open;
mod operations;
mod schema;
mod settings;
pub mod table;

pub use caller::{Caller, Reply};
pub use catalog::Catalog;
pub use open::{OpenError, Options, Storage};

use bytes::Bytes;
use control::Control;
use environment::Environment;
use std::sync::Arc;
use store::{AnyStore, Runner, SpaceId};
use streams::Streams;
use wire::{ApiError, Operation};

/// A database: every table and stream of one store.
#[derive(Debug)]
pub struct Database {
    pub(crate) environment: Environment,
    pub(crate) store: Arc<AnyStore>,
    pub(crate) runner: Runner,
    pub(crate) streams: Arc<Streams>,
    pub(crate) catalog: Catalog,
    pub(crate) options: Options,
    /// The space of descriptors, counters and tokens.
    pub(crate) meta: SpaceId,
    /// The key of the partition hash.
    pub(crate) hash_key: [u8; 16],
    /// Held by whoever changes a table or a stream.
    pub(crate) control: tokio::sync::Mutex<Control>,
}

impl Database {
    /// The tables.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The streams.
    #[must_use]
    pub fn streams(&self) -> &Arc<Streams> {
        &self.streams
    }

    /// The clocks and the randomness that it runs on.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Runs an operation of DynamoDB or DynamoDB Streams.
    ///
    /// # Errors
    /// Whatever the operation answers that is not success.
    pub async fn call(
        self: &Arc<Self>,
        operation: Operation,
        caller: &Caller,
        body: Bytes,
    ) -> Result<Reply, ApiError> {
        match operation {
            Operation::CreateTable => self.create_table(caller, &body).await,
            Operation::DeleteTable => self.delete_table(caller, &body).await,
            Operation::DescribeTable => self.describe_table(caller, &body),
            Operation::ListTables => self.list_tables(caller, &body),
            _ => Err(unsupported(operation)),
        }
    }
}

/// An operation that AWS has and this server does not.
fn unsupported(operation: Operation) -> ApiError {
    let text = format!("{} is not supported by this server", operation.name());
    ApiError::new(wire::ErrorCode::UnknownOperation, text)
}
