//! The requests of DynamoDB, one operation a file.
//!
//! Each file has the request as a struct of owned values and `decode`, which reads it from a body in one pass
//! and answers what AWS answers to a request that is wrong in itself, before any table is looked at. What
//! needs a table, an item or a parsed expression is left to the database.

pub mod batch_execute_statement;
pub mod batch_get_item;
pub mod batch_write_item;
pub mod cancel_bulk_operation;
pub mod create_backup;
pub mod create_global_table;
pub mod create_table;
pub mod delete_backup;
pub mod delete_item;
pub mod delete_resource_policy;
pub mod delete_table;
pub mod describe_backup;
pub mod describe_bulk_operation;
pub mod describe_continuous_backups;
pub mod describe_contributor_insights;
pub mod describe_endpoints;
pub mod describe_export;
pub mod describe_global_table;
pub mod describe_global_table_settings;
pub mod describe_import;
pub mod describe_kinesis_streaming_destination;
pub mod describe_limits;
pub mod describe_table;
pub mod describe_table_replica_auto_scaling;
pub mod describe_time_to_live;
pub mod disable_kinesis_streaming_destination;
mod echo;
pub mod enable_kinesis_streaming_destination;
pub mod enumeration;
pub mod execute_statement;
pub mod execute_transaction;
pub mod export_table_to_point_in_time;
pub mod get_item;
pub mod get_resource_policy;
pub mod import_table;
mod kinesis_streaming_destination;
pub mod legacy;
pub mod list_backups;
pub mod list_bulk_operations;
pub mod list_contributor_insights;
pub mod list_exports;
pub mod list_global_tables;
pub mod list_imports;
pub mod list_tables;
pub mod list_tags_of_resource;
mod paged_read;
mod placeholders;
pub mod put_item;
pub mod put_resource_policy;
pub mod query;
pub mod restore_overrides;
pub mod restore_table_from_backup;
pub mod restore_table_to_point_in_time;
mod s3_location;
pub mod scan;
pub mod schema;
pub mod search_vectors;
mod single_item_write;
pub mod start_bulk_put_items;
pub mod statement;
pub mod tag_resource;
pub mod transact_get_items;
pub mod transact_write_items;
pub mod untag_resource;
pub mod update_continuous_backups;
pub mod update_contributor_insights;
pub mod update_global_table;
pub mod update_global_table_settings;
pub mod update_item;
pub mod update_kinesis_streaming_destination;
pub mod update_table;
pub mod update_table_replica_auto_scaling;
pub mod update_time_to_live;

use crate::error::ApiError;
use crate::layer::{Constraint, Constraints, Layer};
use crate::member::{owned_string, request};

pub use batch_execute_statement::BatchExecuteStatement;
pub use batch_get_item::BatchGetItem;
pub use batch_write_item::BatchWriteItem;
pub use cancel_bulk_operation::CancelBulkOperation;
pub use create_backup::CreateBackup;
pub use create_global_table::CreateGlobalTable;
pub use create_table::CreateTable;
pub use delete_backup::DeleteBackup;
pub use delete_item::DeleteItem;
pub use delete_resource_policy::DeleteResourcePolicy;
pub use delete_table::DeleteTable;
pub use describe_backup::DescribeBackup;
pub use describe_bulk_operation::DescribeBulkOperation;
pub use describe_continuous_backups::DescribeContinuousBackups;
pub use describe_contributor_insights::DescribeContributorInsights;
pub use describe_endpoints::DescribeEndpoints;
pub use describe_export::DescribeExport;
pub use describe_global_table::DescribeGlobalTable;
pub use describe_global_table_settings::DescribeGlobalTableSettings;
pub use describe_import::DescribeImport;
pub use describe_kinesis_streaming_destination::DescribeKinesisStreamingDestination;
pub use describe_limits::DescribeLimits;
pub use describe_table::DescribeTable;
pub use describe_table_replica_auto_scaling::DescribeTableReplicaAutoScaling;
pub use describe_time_to_live::DescribeTimeToLive;
pub use disable_kinesis_streaming_destination::DisableKinesisStreamingDestination;
pub use enable_kinesis_streaming_destination::EnableKinesisStreamingDestination;
pub use execute_statement::ExecuteStatement;
pub use execute_transaction::ExecuteTransaction;
pub use export_table_to_point_in_time::ExportTableToPointInTime;
pub use get_item::GetItem;
pub use get_resource_policy::GetResourcePolicy;
pub use import_table::ImportTable;
pub use list_backups::ListBackups;
pub use list_bulk_operations::ListBulkOperations;
pub use list_contributor_insights::ListContributorInsights;
pub use list_exports::ListExports;
pub use list_global_tables::ListGlobalTables;
pub use list_imports::ListImports;
pub use list_tables::ListTables;
pub use list_tags_of_resource::ListTagsOfResource;
pub use put_item::PutItem;
pub use put_resource_policy::PutResourcePolicy;
pub use query::Query;
pub use restore_overrides::RestoreOverrides;
pub use restore_table_from_backup::RestoreTableFromBackup;
pub use restore_table_to_point_in_time::RestoreTableToPointInTime;
pub use scan::Scan;
pub use search_vectors::SearchVectors;
pub use start_bulk_put_items::StartBulkPutItems;
pub use statement::Statement;
pub use tag_resource::TagResource;
pub use transact_get_items::TransactGetItems;
pub use transact_write_items::TransactWriteItems;
pub use untag_resource::UntagResource;
pub use update_continuous_backups::UpdateContinuousBackups;
pub use update_contributor_insights::UpdateContributorInsights;
pub use update_global_table::UpdateGlobalTable;
pub use update_global_table_settings::UpdateGlobalTableSettings;
pub use update_item::UpdateItem;
pub use update_kinesis_streaming_destination::UpdateKinesisStreamingDestination;
pub use update_table::UpdateTable;
pub use update_table_replica_auto_scaling::UpdateTableReplicaAutoScaling;
pub use update_time_to_live::UpdateTimeToLive;

/// `ExpressionAttributeNames` in the order sent: placeholder (`#n`) and attribute name.
pub type ExpressionNames = Vec<(String, String)>;

/// `ExpressionAttributeValues` in the order sent: placeholder (`:v`) and value.
pub type ExpressionValues = Vec<(String, item::value::Value)>;

/// The longest ARN of a resource.
const ARN_LENGTH_MAX: usize = 1283;

/// The longest ARN of a table, a backup, an export or an import.
const TABLE_ARN_LENGTH_MAX: usize = 1024;

/// The shortest ARN of a backup, an export or an import.
const ARN_LENGTH_MIN: usize = 37;

/// The longest revision id of a policy.
const REVISION_LENGTH_MAX: usize = 255;

/// What the table names that are keys of `RequestItems` must satisfy, as AWS says it.
const TABLE_NAME_KEYS: Constraint = Constraint::MapKeys(&[
    Constraint::MaxLength(255),
    Constraint::MinLength(3),
    Constraint::Pattern("[a-zA-Z0-9_.-]+"),
]);

/// The most actions of a transaction.
const TRANSACT_ITEMS_MAX: usize = 100;

/// Checks that the list of a transaction is there, and its length.
fn transact_items_length<T>(failures: &mut Constraints, items: Option<&[T]>) {
    match items.map(<[T]>::len) {
        None => failures.null("transactItems"),
        Some(0) => failures.fail("transactItems", "[]", Constraint::MinLength(1)),
        // AWS prints the list, or names the member as here; it is moving from the one to the other.
        Some(count) if count > TRANSACT_ITEMS_MAX => {
            failures.fail_named("TransactItems", Constraint::MaxLength(TRANSACT_ITEMS_MAX as i64));
        }
        Some(_) => {}
    }
}

/// Reads a request that has no other member than the name of a table.
fn only_table_name(body: &[u8], layer: Layer) -> Result<String, ApiError> {
    let mut table_name = None;
    request(body, |reader, name| {
        match name {
            "TableName" => table_name = owned_string(reader)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    })?;
    let mut constraints = Constraints::new(layer);
    constraints.table_name(table_name.as_deref());
    constraints.finish()?;
    Ok(table_name.unwrap_or_default())
}

/// Reads a request of which only one text counts.
fn only_text(body: &[u8], member: &str) -> Result<Option<String>, ApiError> {
    let mut text = None;
    request(body, |reader, name| {
        if name == member {
            text = owned_string(reader)?;
        } else {
            reader.skip()?;
        }
        Ok(())
    })?;
    Ok(text)
}
