//! What AWS answers when it does not do what was asked.

mod code;

pub use code::ErrorCode;

use crate::json;
use std::borrow::Cow;
use std::fmt;

/// An error as it goes to the client. One word, so that `Result`s stay small.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    code: ErrorCode,
    status: u16,
    message: Option<Cow<'static, str>>,
    extra: Vec<u8>,
}

impl ApiError {
    /// An error with a message.
    pub fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> ApiError {
        Self::from_parts(code, Some(message.into()))
    }

    /// An error that AWS answers without a message.
    pub fn bare(code: ErrorCode) -> ApiError {
        Self::from_parts(code, None)
    }

    fn from_parts(code: ErrorCode, message: Option<Cow<'static, str>>) -> ApiError {
        ApiError(Box::new(Inner { code, status: code.status(), message, extra: Vec::new() }))
    }

    /// `ConditionalCheckFailedException`, with the one text it has.
    pub fn conditional_check_failed() -> ApiError {
        Self::new(ErrorCode::ConditionalCheckFailed, "The conditional request failed")
    }

    /// `TransactionCanceledException`: one reason for each action, in their order.
    pub fn transaction_canceled(reasons: &[CancellationReason]) -> ApiError {
        let codes: Vec<&str> = reasons.iter().map(|reason| reason.code.as_ref()).collect();
        let message = format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
            codes.join(", ")
        );
        let mut rendered = Vec::with_capacity(32 * reasons.len());
        let mut array = json::ArrayWriter::new(&mut rendered);
        for reason in reasons {
            reason.write(array.element());
        }
        array.end();
        Self::new(ErrorCode::TransactionCanceled, message).with_member("CancellationReasons", &rendered)
    }

    /// Adds a member to the body, such as the `Item` of a failed condition.
    #[must_use]
    pub fn with_member(mut self, name: &'static str, rendered: &[u8]) -> ApiError {
        let extra = &mut self.0.extra;
        extra.extend_from_slice(b",\"");
        extra.extend_from_slice(name.as_bytes());
        extra.extend_from_slice(b"\":");
        extra.extend_from_slice(rendered);
        self
    }

    /// Answers another status than the code's own.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> ApiError {
        self.0.status = status;
        self
    }

    /// The code.
    pub fn code(&self) -> ErrorCode {
        self.0.code
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// The message, if there is one.
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// The body: `__type`, the message and what was added.
    pub fn to_body(&self) -> Vec<u8> {
        let (namespace, name) = (self.0.code.namespace(), self.0.code.name());
        let message_length = self.0.message.as_ref().map_or(0, |message| message.len());
        let mut body = Vec::with_capacity(96 + message_length + self.0.extra.len());
        body.extend_from_slice(b"{\"__type\":\"");
        body.extend_from_slice(namespace.as_bytes());
        body.push(b'#');
        body.extend_from_slice(name.as_bytes());
        body.push(b'"');
        if let Some(message) = &self.0.message {
            body.extend_from_slice(b",\"");
            body.extend_from_slice(self.0.code.message_key().as_bytes());
            body.extend_from_slice(b"\":");
            json::write_string(&mut body, message);
        }
        body.extend_from_slice(&self.0.extra);
        body.push(b'}');
        body
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.code.name())?;
        match &self.0.message {
            Some(message) => write!(f, ": {message}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ApiError {}

/// Why one action of a transaction stood in its way, or that it did not.
#[derive(Clone, Debug, Default)]
pub struct CancellationReason {
    /// `None`, `ConditionalCheckFailed`, `ValidationError`, `TransactionConflict`, ...
    pub code: Cow<'static, str>,
    /// The text; none for an innocent action.
    pub message: Option<Cow<'static, str>>,
    /// The item as DynamoDB JSON, if the action asked for it.
    pub item: Option<Vec<u8>>,
}

impl CancellationReason {
    /// An action that was not in the way.
    pub fn none() -> CancellationReason {
        CancellationReason { code: Cow::Borrowed("None"), message: None, item: None }
    }

    /// An action whose condition failed; with the item, if the action asked for it.
    pub fn conditional_check_failed(item: Option<Vec<u8>>) -> CancellationReason {
        let message = Some(Cow::Borrowed("The conditional request failed"));
        CancellationReason { code: Cow::Borrowed("ConditionalCheckFailed"), message, item }
    }

    /// An action that was found wrong by its table or its item.
    pub fn validation_error(message: impl Into<Cow<'static, str>>) -> CancellationReason {
        CancellationReason {
            code: Cow::Borrowed("ValidationError"),
            message: Some(message.into()),
            item: None,
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        let mut object = json::ObjectWriter::new(out);
        object.string("Code", &self.code);
        if let Some(item) = &self.item {
            object.member("Item").extend_from_slice(item);
        }
        if let Some(message) = &self.message {
            object.string("Message", message);
        }
        object.end();
    }
}

#[cfg(test)]
mod tests;
