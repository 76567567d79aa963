//! UpdateTableReplicaAutoScaling.

use crate::error::ApiError;
use crate::layer::Layer;
use crate::operation::Operation;

/// Changes how the replicas of a global table scale.
#[derive(Clone, Debug)]
pub struct UpdateTableReplicaAutoScaling {
    /// The table: a name or an ARN.
    pub table_name: String,
}

impl UpdateTableReplicaAutoScaling {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<UpdateTableReplicaAutoScaling, ApiError> {
        let table_name = super::only_table_name(body, Layer::of(Operation::UpdateTableReplicaAutoScaling))?;
        Ok(UpdateTableReplicaAutoScaling { table_name })
    }
}
