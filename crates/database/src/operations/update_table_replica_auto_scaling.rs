//! UpdateTableReplicaAutoScaling: no table has replicas.

use crate::Database;
use crate::caller::{Caller, Reply};
use crate::global_tables;
use wire::ApiError;
use wire::dynamodb::UpdateTableReplicaAutoScaling;

impl Database {
    /// UpdateTableReplicaAutoScaling.
    ///
    /// # Errors
    /// Always: no table has replicas.
    pub fn update_table_replica_auto_scaling(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = UpdateTableReplicaAutoScaling::decode(body)?;
        let entry = self.catalog.entry(caller, &request.table_name)?;
        Err(global_tables::no_replicas(&entry.descriptor.name))
    }
}
