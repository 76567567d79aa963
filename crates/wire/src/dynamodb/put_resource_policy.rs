//! PutResourcePolicy.

use super::{ARN_LENGTH_MAX, REVISION_LENGTH_MAX};
use crate::error::ApiError;
use crate::layer::{Constraints, Layer};
use crate::member::{boolean, owned_string, request};
use crate::operation::Operation;

/// Gives a table or a stream a policy.
#[derive(Clone, Debug)]
pub struct PutResourcePolicy {
    /// The ARN of the table or the stream.
    pub resource_arn: String,
    /// The policy, a JSON document.
    pub policy: String,
    /// The revision that the policy must have now, or `NO_POLICY`.
    pub expected_revision_id: Option<String>,
}

impl PutResourcePolicy {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<PutResourcePolicy, ApiError> {
        let (mut resource_arn, mut policy, mut expected_revision_id) = (None, None, None);
        request(body, |reader, name| {
            match name {
                "ResourceArn" => resource_arn = owned_string(reader)?,
                "Policy" => policy = owned_string(reader)?,
                "ExpectedRevisionId" => expected_revision_id = owned_string(reader)?,
                // Nobody is refused by a policy, so nobody needs to confirm that the policy would refuse them.
                "ConfirmRemoveSelfResourceAccess" => drop(boolean(reader)?),
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let mut constraints = Constraints::new(Layer::of(Operation::PutResourcePolicy));
        constraints.required("resourceArn", resource_arn.as_ref());
        constraints.length("resourceArn", resource_arn.as_deref(), 1, ARN_LENGTH_MAX);
        constraints.required("policy", policy.as_ref());
        constraints.length("expectedRevisionId", expected_revision_id.as_deref(), 1, REVISION_LENGTH_MAX);
        constraints.finish()?;
        Ok(PutResourcePolicy {
            resource_arn: resource_arn.unwrap_or_default(),
            policy: policy.unwrap_or_default(),
            expected_revision_id,
        })
    }
}
