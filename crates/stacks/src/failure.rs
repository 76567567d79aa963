//! What CloudFormation answers when it does not do what was asked.

use cloudformation::TemplateError;
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
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, status: 400, message: message.into() }
    }

    /// `ValidationError`, the usual one.
    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationError", message)
    }

    /// A constraint of a parameter that does not hold.
    pub(crate) fn constraint(value: impl fmt::Display, path: &str, constraint: impl fmt::Display) -> Self {
        Self::validation(format!(
            "1 validation error detected: Value {value} at '{path}' failed to satisfy constraint: {constraint}"
        ))
    }

    /// There is no such stack.
    pub(crate) fn no_stack(name: &str) -> Self {
        Self::validation(format!("Stack with id {name} does not exist"))
    }

    /// There is no such change set.
    pub(crate) fn no_change_set(name: &str) -> Self {
        Self::new("ChangeSetNotFound", format!("ChangeSet [{name}] does not exist")).with_status(404)
    }

    /// A token was used for something else before.
    pub(crate) fn token(token: &str) -> Self {
        Self::new(
            "TokenAlreadyExistsException",
            format!("Client request token {token} was used for another operation"),
        )
    }

    /// A failure of the server's own.
    pub(crate) fn internal(error: impl fmt::Display) -> Self {
        tracing::error!(%error, "a stack could not be served");
        Self::new("InternalFailure", "The request processing has failed because of an internal failure.")
            .with_status(500)
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

impl From<TemplateError> for Failure {
    fn from(error: TemplateError) -> Self {
        Self::validation(error.to_string())
    }
}
