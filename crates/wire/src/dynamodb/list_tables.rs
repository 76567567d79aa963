//! ListTables.

use crate::error::ApiError;
use crate::layer::{Constraints, Layer};
use crate::member::{integer, owned_string, request};
use crate::operation::Operation;

/// Names tables, in order.
#[derive(Clone, Debug)]
pub struct ListTables {
    /// The last name of the page before.
    pub exclusive_start_table_name: Option<String>,
    /// The most names answered, 1 to 100.
    pub limit: Option<i32>,
    /// How errors of this request are worded.
    pub layer: Layer,
}

impl ListTables {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<ListTables, ApiError> {
        let layer = Layer::of(Operation::ListTables);
        let (mut start, mut limit) = (None, None);
        request(body, |reader, name| {
            match name {
                "ExclusiveStartTableName" => start = owned_string(reader)?,
                "Limit" => limit = integer(reader)?.map(|limit| limit.value),
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let mut constraints = Constraints::new(layer);
        if let Some(name) = &start {
            constraints.table_name_at("exclusiveStartTableName", name);
        }
        constraints.range("limit", limit, 1, 100);
        constraints.finish()?;
        Ok(ListTables { exclusive_start_table_name: start, limit, layer })
    }
}
