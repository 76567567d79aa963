//! DeleteResourcePolicy.

use super::{ARN_LENGTH_MAX, REVISION_LENGTH_MAX};
use crate::error::ApiError;
use crate::layer::{Constraints, Layer};
use crate::member::{owned_string, request};
use crate::operation::Operation;

/// Takes the policy of a table or a stream away.
#[derive(Clone, Debug)]
pub struct DeleteResourcePolicy {
    /// The ARN of the table or the stream.
    pub resource_arn: String,
    /// The revision that the policy must have.
    pub expected_revision_id: Option<String>,
}

impl DeleteResourcePolicy {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<DeleteResourcePolicy, ApiError> {
        let (mut resource_arn, mut expected_revision_id) = (None, None);
        request(body, |reader, name| {
            match name {
                "ResourceArn" => resource_arn = owned_string(reader)?,
                "ExpectedRevisionId" => expected_revision_id = owned_string(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let mut constraints = Constraints::new(Layer::of(Operation::DeleteResourcePolicy));
        constraints.required("resourceArn", resource_arn.as_ref());
        constraints.length("resourceArn", resource_arn.as_deref(), 1, ARN_LENGTH_MAX);
        constraints.length("expectedRevisionId", expected_revision_id.as_deref(), 1, REVISION_LENGTH_MAX);
        constraints.finish()?;
        Ok(DeleteResourcePolicy { resource_arn: resource_arn.unwrap_or_default(), expected_revision_id })
    }
}
