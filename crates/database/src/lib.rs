//! DynamoDB itself: tables, items, indexes, transactions, and the one write path that all of them take.

mod backfill;
mod backup;
mod caller;
mod capacity;
mod catalog;
mod control;
pub mod data_streams;
mod description;
mod descriptor;
mod destinations;
mod global_tables;
mod index;
mod insights;
mod java_order;
mod keys;
mod maintenance;
mod meta;
pub mod objects;
mod open;
mod operations;
mod own;
mod partiql;
mod policies;
mod read;
mod recovery;
mod requests;
mod restore;
mod schema;
mod search;
mod settings;
mod snapshot;
mod subject;
pub mod table;
mod tagging;
mod tokens;
mod transfer;
mod ttl;
mod vector_schema;
mod write;

pub use caller::{Caller, Reply};
pub use catalog::Catalog;
pub use open::{OpenError, Options, Storage};
pub use snapshot::TableSnapshot;
pub use subject::Subject;

use bytes::Bytes;
use control::Control;
use environment::Environment;
use maintenance::Maintenance;
use std::sync::{Arc, OnceLock};
use store::{AnyStore, Runner, SpaceId};
use streams::Streams;
use streams::data_stream::DataStreams;
use wire::{ApiError, Operation};

/// A database: every table and stream of one store.
#[derive(Debug)]
pub struct Database {
    pub(crate) environment: Environment,
    pub(crate) store: Arc<AnyStore>,
    pub(crate) runner: Runner,
    pub(crate) streams: Arc<Streams>,
    /// The streams of Kinesis Data Streams, to which tables deliver their changes.
    pub(crate) data_streams: DataStreams,
    pub(crate) catalog: Catalog,
    pub(crate) backups: backup::Backups,
    pub(crate) exports: transfer::Jobs<transfer::Export>,
    pub(crate) imports: transfer::Jobs<transfer::Import>,
    /// Where exports go and imports come from.
    pub(crate) objects: OnceLock<Arc<dyn objects::Objects>>,
    pub(crate) options: Options,
    /// Parsed expressions, by their text.
    pub(crate) expressions: expression::Cache,
    /// The space of descriptors, counters and tokens.
    pub(crate) meta: SpaceId,
    /// The partition hash, with the key of this store.
    pub(crate) hasher: keys::Hasher,
    /// Held by whoever changes a table or a stream.
    pub(crate) control: tokio::sync::Mutex<Control>,
    /// Held by whoever makes a maintenance pass.
    pub(crate) maintenance: tokio::sync::Mutex<Maintenance>,
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

    /// The data streams.
    #[must_use]
    pub fn data_streams(&self) -> &DataStreams {
        &self.data_streams
    }

    /// The store that it is kept in.
    #[must_use]
    pub fn store(&self) -> &Arc<AnyStore> {
        &self.store
    }

    /// What runs transactions on that store.
    #[must_use]
    pub fn runner(&self) -> &Runner {
        &self.runner
    }

    /// Says where exports go and imports come from; without it, no bucket is known. To be called once, before
    /// [`Database::start`].
    pub fn set_objects(&self, objects: Arc<dyn objects::Objects>) {
        if self.objects.set(objects).is_err() {
            tracing::error!("there are objects already");
        }
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
        if let Some(read) = self.read(operation, caller, &body) {
            return read;
        }
        match operation {
            Operation::PutItem => self.put_item(caller, &body).await,
            Operation::UpdateItem => self.update_item(caller, &body).await,
            Operation::DeleteItem => self.delete_item(caller, &body).await,
            // Boxed, so that the future of a small write is not as large as the largest of these.
            Operation::BatchWriteItem => Box::pin(self.batch_write_item(caller, &body)).await,
            Operation::TransactWriteItems => Box::pin(self.transact_write_items(caller, &body)).await,
            Operation::ExecuteStatement => Box::pin(self.execute_statement(caller, &body)).await,
            Operation::BatchExecuteStatement => Box::pin(self.batch_execute_statement(caller, &body)).await,
            Operation::ExecuteTransaction => Box::pin(self.execute_transaction(caller, &body)).await,
            _ => Box::pin(self.call_control(operation, caller, body)).await,
        }
    }

    /// Runs an operation that reads, if it is one of these: they wait for nothing, and so cost no future.
    #[inline]
    pub fn read(
        &self,
        operation: Operation,
        caller: &Caller,
        body: &[u8],
    ) -> Option<Result<Reply, ApiError>> {
        Some(match operation {
            Operation::GetItem => self.get_item(caller, body),
            Operation::Query => self.query(caller, body),
            Operation::Scan => self.scan(caller, body),
            Operation::BatchGetItem => self.batch_get_item(caller, body),
            Operation::TransactGetItems => self.transact_get_items(caller, body),
            Operation::SearchVectors => self.search_vectors(caller, body),
            Operation::GetRecords => self.call_streams(operation, caller, body).map(Reply::new),
            _ => return None,
        })
    }

    /// The operations on tables and streams.
    async fn call_control(
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
            Operation::UpdateTable => self.update_table(caller, &body).await,
            Operation::UpdateTimeToLive => self.update_time_to_live(caller, &body).await,
            Operation::DescribeTimeToLive => self.describe_time_to_live(caller, &body),
            Operation::TagResource => self.tag_resource(caller, &body).await,
            Operation::UntagResource => self.untag_resource(caller, &body).await,
            Operation::ListTagsOfResource => self.list_tags_of_resource(caller, &body),
            Operation::DescribeLimits => self.describe_limits(&body),
            Operation::DescribeEndpoints => self.describe_endpoints(caller, &body),
            Operation::DescribeContinuousBackups => self.describe_continuous_backups(caller, &body),
            Operation::ListStreams
            | Operation::DescribeStream
            | Operation::GetShardIterator
            | Operation::GetRecords => self.call_streams(operation, caller, &body).map(Reply::new),
            _ => self.call_stored(operation, caller, &body).await,
        }
    }

    /// The operations on what belongs to a table: backups, policies and the like.
    async fn call_stored(
        self: &Arc<Self>,
        operation: Operation,
        caller: &Caller,
        body: &[u8],
    ) -> Result<Reply, ApiError> {
        match operation {
            Operation::CreateBackup => self.create_backup(caller, body).await,
            Operation::DescribeBackup => self.describe_backup(caller, body),
            Operation::ListBackups => self.list_backups(caller, body),
            Operation::DeleteBackup => self.delete_backup(caller, body).await,
            Operation::RestoreTableFromBackup => self.restore_table_from_backup(caller, body).await,
            Operation::RestoreTableToPointInTime => self.restore_table_to_point_in_time(caller, body).await,
            Operation::UpdateContinuousBackups => self.update_continuous_backups(caller, body).await,
            Operation::DescribeContributorInsights => self.describe_contributor_insights(caller, body),
            Operation::UpdateContributorInsights => self.update_contributor_insights(caller, body).await,
            Operation::ListContributorInsights => self.list_contributor_insights(caller, body),
            Operation::GetResourcePolicy => self.get_resource_policy(caller, body),
            Operation::PutResourcePolicy => self.put_resource_policy(caller, body).await,
            Operation::DeleteResourcePolicy => self.delete_resource_policy(caller, body).await,
            Operation::DescribeKinesisStreamingDestination => {
                self.describe_kinesis_streaming_destination(caller, body)
            }
            Operation::EnableKinesisStreamingDestination => {
                self.enable_kinesis_streaming_destination(caller, body).await
            }
            Operation::DisableKinesisStreamingDestination => {
                self.disable_kinesis_streaming_destination(caller, body).await
            }
            Operation::UpdateKinesisStreamingDestination => {
                self.update_kinesis_streaming_destination(caller, body).await
            }
            Operation::ExportTableToPointInTime => self.export_table_to_point_in_time(caller, body).await,
            Operation::DescribeExport => self.describe_export(caller, body),
            Operation::ListExports => self.list_exports(caller, body),
            Operation::ImportTable => self.import_table(caller, body).await,
            Operation::DescribeImport => self.describe_import(caller, body),
            Operation::ListImports => self.list_imports(caller, body),
            _ => self.call_elsewhere(operation, caller, body),
        }
    }

    /// The operations on what is in other regions and on bulk operations, of which there is nothing here.
    fn call_elsewhere(&self, operation: Operation, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        match operation {
            Operation::DescribeTableReplicaAutoScaling => {
                self.describe_table_replica_auto_scaling(caller, body)
            }
            Operation::UpdateTableReplicaAutoScaling => self.update_table_replica_auto_scaling(caller, body),
            Operation::ListGlobalTables => self.list_global_tables(body),
            Operation::CreateGlobalTable => self.create_global_table(body),
            Operation::DescribeGlobalTable => self.describe_global_table(body),
            Operation::UpdateGlobalTable => self.update_global_table(body),
            Operation::DescribeGlobalTableSettings => self.describe_global_table_settings(body),
            Operation::UpdateGlobalTableSettings => self.update_global_table_settings(body),
            Operation::StartBulkPutItems => self.start_bulk_put_items(caller, body),
            Operation::DescribeBulkOperation => self.describe_bulk_operation(body),
            Operation::ListBulkOperations => self.list_bulk_operations(body),
            Operation::CancelBulkOperation => self.cancel_bulk_operation(body),
            _ => Err(unsupported(operation)),
        }
    }

    /// DynamoDB Streams.
    fn call_streams(&self, operation: Operation, caller: &Caller, body: &[u8]) -> Result<Vec<u8>, ApiError> {
        let (streams, store) = (&self.streams, &*self.store);
        let scope = streams::Caller { account: &caller.account, region: &caller.region };
        match operation {
            Operation::ListStreams => streams.list_streams(scope, body),
            Operation::DescribeStream => streams.describe_stream(store, scope, body),
            Operation::GetShardIterator => streams.get_shard_iterator(store, scope, body),
            Operation::GetRecords => streams.get_records(store, scope, body),
            _ => Err(unsupported(operation)),
        }
    }
}

/// An operation that AWS has and this server does not. It is known, so the error is not that of an unknown one.
pub(crate) fn unsupported(operation: Operation) -> ApiError {
    ApiError::validation(format!("{} is not supported by this server", operation.name()))
}
