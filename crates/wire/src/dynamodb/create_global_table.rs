//! CreateGlobalTable.

use crate::error::ApiError;
use crate::json::Reader;
use crate::layer::{Constraints, Layer};
use crate::member::{list, owned_string, request};
use crate::operation::Operation;

/// Would make a global table of version 2017.11.29.
#[derive(Clone, Debug)]
pub struct CreateGlobalTable;

impl CreateGlobalTable {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<CreateGlobalTable, ApiError> {
        let (mut name, mut group) = (None, None);
        request(body, |reader, member| {
            match member {
                "GlobalTableName" => name = owned_string(reader)?,
                "ReplicationGroup" => group = list(reader, Reader::skip)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let mut constraints = Constraints::new(Layer::of(Operation::CreateGlobalTable));
        constraints.required("globalTableName", name.as_ref());
        constraints.plain_table_name("globalTableName", name.as_deref());
        constraints.required("replicationGroup", group.as_ref());
        constraints.finish()?;
        Ok(CreateGlobalTable)
    }
}
