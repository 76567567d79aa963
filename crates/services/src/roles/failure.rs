//! IAM's own failures.

use crate::query::Failure;

impl Failure {
    /// `NoSuchEntity`.
    pub(super) fn no_such_entity(message: impl Into<String>) -> Self {
        Self::new("NoSuchEntity", message).with_status(404)
    }

    /// There is no such role.
    pub(super) fn no_role(name: &str) -> Self {
        Self::no_such_entity(format!("The role with name {name} cannot be found."))
    }

    /// There is no such managed policy.
    pub(super) fn no_policy(arn: &str) -> Self {
        Self::no_such_entity(format!("Policy {arn} was not found."))
    }

    /// There is no such policy in a role.
    pub(super) fn no_role_policy(name: &str) -> Self {
        Self::no_such_entity(format!("The role policy with name {name} cannot be found."))
    }

    /// `EntityAlreadyExists`.
    pub(super) fn exists(message: impl Into<String>) -> Self {
        Self::new("EntityAlreadyExists", message).with_status(409)
    }

    /// `DeleteConflict`.
    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new("DeleteConflict", message).with_status(409)
    }

    /// `LimitExceeded`.
    pub(super) fn limit(message: impl Into<String>) -> Self {
        Self::new("LimitExceeded", message).with_status(409)
    }

    /// A policy's document that is none.
    pub(super) fn document(message: impl Into<String>) -> Self {
        Self::new("MalformedPolicyDocument", message)
    }

    /// A role that only AWS's services change.
    pub(super) fn protected(name: &str) -> Self {
        Self::new(
            "UnmodifiableEntity",
            format!(
                "Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
            ),
        )
    }
}
