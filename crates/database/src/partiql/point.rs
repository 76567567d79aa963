//! Reads of one item, which is all that a batch or a transaction may read with one statement.

use super::{Misfit, ReadStatement, table_key};
use crate::Database;
use crate::keys::{self, ItemKey};
use crate::table::Table;
use expression::partiql::pinned_key;
use std::sync::Arc;

/// A read of one item.
#[derive(Debug)]
pub(crate) struct PointRead {
    /// The table.
    pub(crate) table: Arc<Table>,
    /// The item.
    pub(crate) key: ItemKey,
}

/// The one item that a SELECT reads: its condition is the key and nothing else.
///
/// # Errors
/// When it reads something else; `operation` is the one that does not allow it.
pub(crate) fn pinned(
    database: &Database,
    table: Arc<Table>,
    statement: &ReadStatement,
    operation: &str,
) -> Result<PointRead, Misfit> {
    let names: Vec<&str> = keys::attributes(&table.keys).map(|attribute| attribute.name.as_str()).collect();
    let not_one = || {
        let text =
            format!("Select statements within {operation} must specify the primary key in the where clause.");
        Misfit::Statement(text.into())
    };
    let has_order = !statement.order.is_empty() || statement.source.index.is_some();
    let key = match pinned_key(statement.condition.clone(), &names) {
        Ok((key, None)) if !has_order => key,
        Err(error @ expression::partiql::StatementError::NoKeyType { .. }) => return Err(error.into()),
        _ => return Err(not_one()),
    };
    let key = table_key(database, &table, &key)?;
    Ok(PointRead { table, key })
}
