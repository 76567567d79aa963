//! What SSM answers when it does not do what was asked.

use super::Answer;
use crate::request::RequestError;
use crate::value::Value;
use std::fmt;

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

    /// `ValidationException`.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }

    /// There is no such parameter.
    pub(super) fn not_found(name: &str) -> Self {
        Self::new("ParameterNotFound", format!("Parameter {name} not found."))
    }

    /// A failure of the server's own.
    pub(super) fn internal(error: impl fmt::Display) -> Self {
        tracing::error!(%error, "a parameter could not be served");
        Self::new("InternalServerError", "Internal service failure.").with_status(500)
    }

    pub(super) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(super) fn answer(&self) -> Answer {
        let members = [("__type", Value::from(self.code)), ("message", Value::from(self.message.as_str()))];
        Answer { status: self.status, body: Value::structure(members).to_json() }
    }
}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Serialization(message) => Self::new("SerializationException", message),
            RequestError::Invalid(error) => Self::invalid(error.message().unwrap_or_default()),
            unsupported @ RequestError::Unsupported(_) => Self::invalid(unsupported.to_string()),
        }
    }
}
