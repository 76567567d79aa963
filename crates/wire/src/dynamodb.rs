//! The requests of DynamoDB, one operation a file.
//!
//! Each file has the request as a struct of owned values and `decode`, which reads it from a body in one pass
//! and answers what AWS answers to a request that is wrong in itself, before any table is looked at. What
//! needs a table, an item or a parsed expression is left to the database.

pub mod batch_execute_statement;
pub mod batch_get_item;
pub mod batch_write_item;
pub mod create_table;
pub mod delete_item;
pub mod delete_table;
pub mod describe_continuous_backups;
pub mod describe_endpoints;
pub mod describe_limits;
pub mod describe_table;
pub mod describe_time_to_live;
mod echo;
pub mod enumeration;
pub mod execute_statement;
pub mod execute_transaction;
pub mod get_item;
pub mod legacy;
pub mod list_tables;
pub mod list_tags_of_resource;
mod paged_read;
mod placeholders;
pub mod put_item;
pub mod query;
pub mod scan;
pub mod schema;
mod single_item_write;
pub mod statement;
pub mod tag_resource;
pub mod transact_get_items;
pub mod transact_write_items;
pub mod untag_resource;
pub mod update_item;
pub mod update_table;
pub mod update_time_to_live;

use crate::error::ApiError;
use crate::layer::{Constraint, Constraints, Layer};
use crate::member::{owned_string, request};

pub use batch_execute_statement::BatchExecuteStatement;
pub use batch_get_item::BatchGetItem;
pub use batch_write_item::BatchWriteItem;
pub use create_table::CreateTable;
pub use delete_item::DeleteItem;
pub use delete_table::DeleteTable;
pub use describe_continuous_backups::DescribeContinuousBackups;
pub use describe_endpoints::DescribeEndpoints;
pub use describe_limits::DescribeLimits;
pub use describe_table::DescribeTable;
pub use describe_time_to_live::DescribeTimeToLive;
pub use execute_statement::ExecuteStatement;
pub use execute_transaction::ExecuteTransaction;
pub use get_item::GetItem;
pub use list_tables::ListTables;
pub use list_tags_of_resource::ListTagsOfResource;
pub use put_item::PutItem;
pub use query::Query;
pub use scan::Scan;
pub use statement::Statement;
pub use tag_resource::TagResource;
pub use transact_get_items::TransactGetItems;
pub use transact_write_items::TransactWriteItems;
pub use untag_resource::UntagResource;
pub use update_item::UpdateItem;
pub use update_table::UpdateTable;
pub use update_time_to_live::UpdateTimeToLive;

/// `ExpressionAttributeNames` in the order sent: placeholder (`#n`) and attribute name.
pub type ExpressionNames = Vec<(String, String)>;

/// `ExpressionAttributeValues` in the order sent: placeholder (`:v`) and value.
pub type ExpressionValues = Vec<(String, item::value::Value)>;

/// The longest ARN of a resource.
const ARN_LENGTH_MAX: usize = 1283;

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
