//! UpdateGlobalTable.

use crate::error::ApiError;
use crate::json::{JsonError, Reader};
use crate::layer::{Constraints, Layer};
use crate::member::{list, owned_string, request, structure};
use crate::operation::Operation;

/// Would change the replicas of a global table of version 2017.11.29.
#[derive(Clone, Debug)]
pub struct UpdateGlobalTable {
    /// The name.
    pub global_table_name: String,
    /// For each change whether it creates a replica.
    pub creates: Vec<bool>,
}

impl UpdateGlobalTable {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<UpdateGlobalTable, ApiError> {
        let (mut name, mut creates) = (None, None);
        request(body, |reader, member| {
            match member {
                "GlobalTableName" => name = owned_string(reader)?,
                "ReplicaUpdates" => creates = list(reader, is_create)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let mut constraints = Constraints::new(Layer::of(Operation::UpdateGlobalTable));
        constraints.required("globalTableName", name.as_ref());
        constraints.plain_table_name("globalTableName", name.as_deref());
        constraints.required("replicaUpdates", creates.as_ref());
        constraints.finish()?;
        Ok(UpdateGlobalTable {
            global_table_name: name.unwrap_or_default(),
            creates: creates.unwrap_or_default(),
        })
    }
}

fn is_create(reader: &mut Reader<'_>) -> Result<bool, JsonError> {
    let mut creates = false;
    structure(reader, |reader, name| {
        let given = structure(reader, |reader, _| reader.skip().map(drop))?.is_some();
        creates |= given && name == "Create";
        Ok(())
    })?;
    Ok(creates)
}
