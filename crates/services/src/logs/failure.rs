//! What CloudWatch Logs answers when it does not do what was asked.

use super::LogsError;
use super::pattern::InvalidPattern;
use crate::request::RequestError;
use crate::value::Value;
use std::fmt;
use wire::ApiError;

/// An error as it goes to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    code: &'static str,
    status: u16,
    message: String,
}

impl Failure {
    /// An error of the client's.
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, status: 400, message: message.into() }
    }

    /// `InvalidParameterException`.
    pub(super) fn parameter(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterException", message)
    }

    /// There is no such group.
    pub(super) fn no_group() -> Self {
        Self::new("ResourceNotFoundException", "The specified log group does not exist.")
    }

    /// There is no such stream.
    pub(super) fn no_stream() -> Self {
        Self::new("ResourceNotFoundException", "The specified log stream does not exist.")
    }

    /// A failure of the server's own.
    pub(super) fn internal(error: impl fmt::Display) -> Self {
        tracing::error!(%error, "logs could not be served");
        Self::new("ServiceUnavailableException", "The service cannot complete the request.").with_status(500)
    }

    pub(super) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(super) fn status(&self) -> u16 {
        self.status
    }

    /// The body.
    pub(super) fn value(&self) -> Value {
        let mut members = vec![("__type", Value::from(self.code))];
        if !self.message.is_empty() {
            members.push(("message", Value::from(self.message.as_str())));
        }
        Value::structure(members)
    }
}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Serialization(message) => Self::new("SerializationException", message),
            RequestError::Invalid(error) => error.into(),
            unsupported @ RequestError::Unsupported(_) => Self::parameter(unsupported.to_string()),
        }
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::parameter(error.message().unwrap_or_default())
    }
}

impl From<LogsError> for Failure {
    fn from(error: LogsError) -> Self {
        Self::internal(error)
    }
}

impl From<InvalidPattern> for Failure {
    fn from(error: InvalidPattern) -> Self {
        Self::parameter(error.to_string())
    }
}
