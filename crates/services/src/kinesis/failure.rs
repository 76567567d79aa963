//! What Kinesis answers when it does not do what was asked.

use super::Value;
use crate::request::RequestError;
use database::data_streams::ChangeError;
use std::fmt;
use store::StoreError;
use wire::ApiError;

/// An error as it goes to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    code: &'static str,
    status: u16,
    message: String,
}

impl Failure {
    /// An error of the client's.
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, status: 400, message: message.into() }
    }

    /// `InvalidArgumentException`.
    pub(super) fn argument(message: impl Into<String>) -> Self {
        Self::new("InvalidArgumentException", message)
    }

    /// `ResourceNotFoundException`.
    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new("ResourceNotFoundException", message)
    }

    /// `SerializationException`.
    pub(super) fn serialization(message: impl Into<String>) -> Self {
        Self::new("SerializationException", message)
    }

    /// A failure of the server's own.
    pub(super) fn internal(error: impl fmt::Display) -> Self {
        tracing::error!(%error, "a data stream could not be served");
        Self::new("InternalFailure", "Internal service failure.").with_status(500)
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

    /// What a change of a stream that was not made is to the client, where only the plan itself knows more.
    pub(super) fn of_change<E>(
        error: ChangeError<E>,
        (name, account): (&str, &str),
        refused: impl FnOnce(E) -> Failure,
    ) -> Self {
        match error {
            ChangeError::NotFound => {
                Self::not_found(format!("Stream {name} under account {account} not found."))
            }
            ChangeError::Exists => Self::new(
                "ResourceInUseException",
                format!("Stream {name} under account {account} already exists."),
            ),
            ChangeError::Refused(error) => refused(error),
            ChangeError::Failed(error) => Self::internal(error),
        }
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        let message = error.message().unwrap_or_default();
        Self::new(error.code().name(), message).with_status(error.status())
    }
}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Serialization(message) => Self::serialization(message),
            RequestError::Invalid(error) => error.into(),
            unsupported @ RequestError::Unsupported(_) => Self::argument(unsupported.to_string()),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::internal(error)
    }
}
