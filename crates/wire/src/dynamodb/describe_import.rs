//! DescribeImport.

use super::{ARN_LENGTH_MIN, TABLE_ARN_LENGTH_MAX};
use crate::error::ApiError;
use crate::layer::{Constraints, Layer};
use crate::operation::Operation;

/// Tells of an import.
#[derive(Clone, Debug)]
pub struct DescribeImport {
    /// The import.
    pub import_arn: String,
}

impl DescribeImport {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<DescribeImport, ApiError> {
        let import_arn = super::only_text(body, "ImportArn")?;
        let mut constraints = Constraints::new(Layer::of(Operation::DescribeImport));
        constraints.required("importArn", import_arn.as_ref());
        constraints.length("importArn", import_arn.as_deref(), ARN_LENGTH_MIN, TABLE_ARN_LENGTH_MAX);
        constraints.finish()?;
        Ok(DescribeImport { import_arn: import_arn.unwrap_or_default() })
    }
}
