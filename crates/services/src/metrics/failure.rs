//! What CloudWatch answers when it does not do what was asked.

use std::fmt;

/// An error as it goes to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    code: &'static str,
    status: u16,
    message: String,
}

impl Failure {
    /// An error of the client's, by its code in the query protocol.
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, status: 400, message: message.into() }
    }

    /// The request cannot be read.
    pub(super) fn malformed(error: impl fmt::Display) -> Self {
        Self::new("MalformedInput", error.to_string())
    }

    /// A parameter must be there.
    pub(super) fn missing(path: &str) -> Self {
        Self::new("MissingParameter", format!("The parameter {path} is required."))
    }

    /// A parameter has a value that it must not have.
    pub(super) fn value(value: impl fmt::Display, path: &str) -> Self {
        Self::new("InvalidParameterValue", format!("The value {value} for parameter {path} is invalid."))
    }

    /// Parameters that do not go together.
    pub(super) fn combination(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterCombination", message)
    }

    pub(super) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(super) fn status(&self) -> u16 {
        self.status
    }

    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    /// The name of the error in the newer protocols.
    pub(super) fn shape(&self) -> &'static str {
        match self.code {
            "InvalidParameterValue" => "InvalidParameterValueException",
            "InvalidParameterCombination" => "InvalidParameterCombinationException",
            "MissingParameter" => "MissingRequiredParameterException",
            "MalformedInput" => "SerializationException",
            "InvalidAction" => "UnknownOperationException",
            other => other,
        }
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }
}
