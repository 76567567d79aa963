//! ListGlobalTables.

use crate::error::ApiError;
use crate::layer::{Constraints, Layer};
use crate::member::{integer, owned_string, request};
use crate::operation::Operation;

/// Lists global tables of version 2017.11.29; there can be none any more.
#[derive(Clone, Debug)]
pub struct ListGlobalTables;

impl ListGlobalTables {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<ListGlobalTables, ApiError> {
        let (mut start, mut limit) = (None, None);
        request(body, |reader, name| {
            match name {
                "ExclusiveStartGlobalTableName" => start = owned_string(reader)?,
                "Limit" => limit = integer(reader)?.map(|limit| limit.value),
                // No region has any.
                "RegionName" => drop(owned_string(reader)?),
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let mut constraints = Constraints::new(Layer::of(Operation::ListGlobalTables));
        constraints.plain_table_name("exclusiveStartGlobalTableName", start.as_deref());
        constraints.range("limit", limit, 1, i32::MAX);
        constraints.finish()?;
        Ok(ListGlobalTables)
    }
}
