//! DescribeExport.

use super::{ARN_LENGTH_MIN, TABLE_ARN_LENGTH_MAX};
use crate::error::ApiError;
use crate::layer::{Constraints, Layer};
use crate::operation::Operation;

/// Tells of an export.
#[derive(Clone, Debug)]
pub struct DescribeExport {
    /// The export.
    pub export_arn: String,
}

impl DescribeExport {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<DescribeExport, ApiError> {
        let export_arn = super::only_text(body, "ExportArn")?;
        let mut constraints = Constraints::new(Layer::of(Operation::DescribeExport));
        constraints.required("exportArn", export_arn.as_ref());
        constraints.length("exportArn", export_arn.as_deref(), ARN_LENGTH_MIN, TABLE_ARN_LENGTH_MAX);
        constraints.finish()?;
        Ok(DescribeExport { export_arn: export_arn.unwrap_or_default() })
    }
}
