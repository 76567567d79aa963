//! What SNS answers when it does not do what was asked.

use std::fmt;
use store::StoreError;
use wire::query::Malformed;

/// An error as it goes to the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    code: &'static str,
    status: u16,
    message: String,
}

impl Failure {
    /// An error of the client's.
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, status: 400, message: message.into() }
    }

    /// `InvalidParameter`: says which, and mostly why.
    pub(super) fn parameter(what: impl fmt::Display) -> Self {
        Self::new("InvalidParameter", format!("Invalid parameter: {what}"))
    }

    /// `InvalidParameter`, where a member must be there.
    pub(super) fn missing(name: &str) -> Self {
        Self::parameter(format!("{name} Reason: no value for required parameter"))
    }

    /// `ParameterValueInvalid`, which is how attributes of messages are refused.
    pub(super) fn value(message: impl Into<String>) -> Self {
        Self::new("ParameterValueInvalid", message)
    }

    /// `NotFound`.
    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new("NotFound", message).with_status(404)
    }

    /// There is no such topic.
    pub(super) fn no_topic() -> Self {
        Self::not_found("Topic does not exist")
    }

    /// There is no such subscription.
    pub(super) fn no_subscription() -> Self {
        Self::not_found("Subscription does not exist")
    }

    /// `AuthorizationError`.
    pub(super) fn authorization(message: impl Into<String>) -> Self {
        Self::new("AuthorizationError", message).with_status(403)
    }

    /// A failure of the server's own.
    pub(super) fn internal(error: impl fmt::Display) -> Self {
        tracing::error!(%error, "a topic could not be served");
        Self::new("InternalError", "Internal service failure.").with_status(500)
    }

    /// With another HTTP status than 400.
    #[must_use]
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// AWS's code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The words.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl From<Malformed> for Failure {
    fn from(error: Malformed) -> Self {
        Self::new("MalformedQueryString", error.to_string())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::internal(error)
    }
}
