//! GetResourcePolicy.

use super::ARN_LENGTH_MAX;
use crate::error::ApiError;
use crate::layer::{Constraints, Layer};
use crate::operation::Operation;

/// Asks for the policy of a table or a stream.
#[derive(Clone, Debug)]
pub struct GetResourcePolicy {
    /// The ARN of the table or the stream.
    pub resource_arn: String,
}

impl GetResourcePolicy {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<GetResourcePolicy, ApiError> {
        let resource_arn = super::only_text(body, "ResourceArn")?;
        let mut constraints = Constraints::new(Layer::of(Operation::GetResourcePolicy));
        constraints.required("resourceArn", resource_arn.as_ref());
        constraints.length("resourceArn", resource_arn.as_deref(), 1, ARN_LENGTH_MAX);
        constraints.finish()?;
        Ok(GetResourcePolicy { resource_arn: resource_arn.unwrap_or_default() })
    }
}
