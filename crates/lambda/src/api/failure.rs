//! What the service answers when it does not do what was asked: AWS's codes, statuses, and the bodies, whose members
//! are spelt one way for some errors and another way for others.

use super::Answer;
use crate::configuration::Fault;
use serde_json::{Map, Value};
use std::fmt;

/// An error as it goes to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    code: &'static str,
    status: u16,
    message: String,
    reason: Option<&'static str>,
}

/// The errors whose message is the member `Message`; that of all others is `message`.
const CAPITAL: [&str; 5] = [
    "ResourceNotFoundException",
    "ResourceInUseException",
    "ServiceException",
    "CodeSigningConfigNotFoundException",
    "RecursiveInvocationException",
];

/// The errors that do not say whose fault they are: those of the protocol, not of the service.
const BARE: [&str; 6] = [
    "ValidationException",
    "SerializationException",
    "AccessDeniedException",
    "UnknownOperationException",
    "RequestEntityTooLargeException",
    "InternalFailure",
];

impl Failure {
    /// An error of this code.
    #[must_use]
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { code, status, message: message.into(), reason: None }
    }

    /// `InvalidParameterValueException`
    #[must_use]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidParameterValueException", message)
    }

    /// `ValidationException`, whose texts tell of single members.
    #[must_use]
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationException", message)
    }

    /// `ResourceNotFoundException`
    #[must_use]
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, "ResourceNotFoundException", message)
    }

    /// `ResourceConflictException`
    #[must_use]
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(409, "ResourceConflictException", message)
    }

    /// What this server does not do.
    #[must_use]
    pub fn unsupported(what: &str) -> Self {
        Self::invalid(format!("{what} is not supported by this server"))
    }

    /// `TooManyRequestsException`, with AWS's name of the limit.
    #[must_use]
    pub fn throttled(reason: &'static str) -> Self {
        Self { reason: Some(reason), ..Self::new(429, "TooManyRequestsException", "Rate Exceeded.") }
    }

    /// A failure of the server's own.
    pub fn internal(error: impl fmt::Display) -> Self {
        tracing::error!(%error, "a request to the service of functions could not be served");
        Self::new(500, "ServiceException", "Internal service failure.")
    }

    /// The name of the error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// What it says.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// As it is sent.
    #[must_use]
    pub fn answer(&self) -> Answer {
        let mut body = Map::new();
        if let Some(reason) = self.reason {
            body.insert("Reason".into(), reason.into());
        }
        if !BARE.contains(&self.code) {
            let whose = if self.status < 500 { "User" } else { "Service" };
            body.insert("Type".into(), whose.into());
        }
        let name = if CAPITAL.contains(&self.code) { "Message" } else { "message" };
        body.insert(name.into(), self.message.as_str().into());
        let headers = vec![("x-amzn-errortype", self.code.to_owned())];
        Answer { status: self.status, headers, body: Value::Object(body).to_string().into() }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let message = fault.to_string();
        match fault {
            Fault::InvalidParameterValue(_) => Self::invalid(message),
            Fault::Validation(_) => Self::validation(message),
            Fault::Conflict(_) => Self::conflict(message),
            Fault::NotFound => Self::not_found(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(failure: &Failure) -> String {
        String::from_utf8(failure.answer().body.to_vec()).unwrap()
    }

    #[test]
    fn each_error_has_the_body_that_it_has_on_aws() {
        let cases = [
            (Failure::not_found("m"), 404, r#"{"Message":"m","Type":"User"}"#),
            (Failure::invalid("m"), 400, r#"{"Type":"User","message":"m"}"#),
            (Failure::conflict("m"), 409, r#"{"Type":"User","message":"m"}"#),
            (Failure::validation("m"), 400, r#"{"message":"m"}"#),
            (Failure::new(500, "ServiceException", "m"), 500, r#"{"Message":"m","Type":"Service"}"#),
            (
                Failure::throttled("ReservedFunctionConcurrentInvocationLimitExceeded"),
                429,
                concat!(
                    r#"{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Type":"User","#,
                    r#""message":"Rate Exceeded."}"#
                ),
            ),
        ];
        for (failure, status, expected) in cases {
            assert_eq!((failure.answer().status, body(&failure).as_str()), (status, expected));
            assert_eq!(failure.answer().headers, [("x-amzn-errortype", failure.code().to_owned())]);
        }
    }
}
