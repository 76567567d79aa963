//! DescribeTableReplicaAutoScaling.

use crate::error::ApiError;
use crate::layer::Layer;
use crate::operation::Operation;

/// Asks how the replicas of a global table scale.
#[derive(Clone, Debug)]
pub struct DescribeTableReplicaAutoScaling {
    /// The table: a name or an ARN.
    pub table_name: String,
}

impl DescribeTableReplicaAutoScaling {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<DescribeTableReplicaAutoScaling, ApiError> {
        let table_name = super::only_table_name(body, Layer::of(Operation::DescribeTableReplicaAutoScaling))?;
        Ok(DescribeTableReplicaAutoScaling { table_name })
    }
}
