//! Why something is not done, in SQS's names and words. The two protocols have different names for some.

use crate::request::RequestError;
use std::fmt;
use store::StoreError;

/// SQS's name of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are SQS's")]
pub enum ErrorCode {
    AccessDenied,
    BatchEntryIdsNotDistinct,
    BatchRequestTooLong,
    EmptyBatchRequest,
    InternalError,
    InvalidAction,
    InvalidAddress,
    InvalidAttributeName,
    InvalidAttributeValue,
    InvalidBatchEntryId,
    InvalidMessageContents,
    InvalidParameterValue,
    MalformedInput,
    MessageNotInflight,
    MissingParameter,
    OverLimit,
    QueueDoesNotExist,
    QueueNameExists,
    ReceiptHandleIsInvalid,
    ResourceNotFound,
    TooManyEntriesInBatchRequest,
    UnsupportedOperation,
}

impl ErrorCode {
    /// The name in JSON.
    #[must_use]
    pub fn in_json(self) -> &'static str {
        match self {
            Self::AccessDenied => "AccessDeniedException",
            Self::BatchEntryIdsNotDistinct => "BatchEntryIdsNotDistinct",
            Self::BatchRequestTooLong => "BatchRequestTooLong",
            Self::EmptyBatchRequest => "EmptyBatchRequest",
            Self::InternalError => "InternalFailure",
            Self::InvalidAction => "UnknownOperationException",
            Self::InvalidAddress => "InvalidAddress",
            Self::InvalidAttributeName => "InvalidAttributeName",
            Self::InvalidAttributeValue => "InvalidAttributeValue",
            Self::InvalidBatchEntryId => "InvalidBatchEntryId",
            Self::InvalidMessageContents => "InvalidMessageContents",
            Self::InvalidParameterValue => "InvalidParameterValueException",
            Self::MalformedInput => "SerializationException",
            Self::MessageNotInflight => "MessageNotInflight",
            Self::MissingParameter => "MissingRequiredParameterException",
            Self::OverLimit => "OverLimit",
            Self::QueueDoesNotExist => "QueueDoesNotExist",
            Self::QueueNameExists => "QueueNameExists",
            Self::ReceiptHandleIsInvalid => "ReceiptHandleIsInvalid",
            Self::ResourceNotFound => "ResourceNotFoundException",
            Self::TooManyEntriesInBatchRequest => "TooManyEntriesInBatchRequest",
            Self::UnsupportedOperation => "UnsupportedOperation",
        }
    }

    /// The name in the query protocol, by which most programs know it.
    #[must_use]
    pub fn in_query(self) -> &'static str {
        match self {
            Self::AccessDenied => "AccessDenied",
            Self::BatchEntryIdsNotDistinct => "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
            Self::BatchRequestTooLong => "AWS.SimpleQueueService.BatchRequestTooLong",
            Self::EmptyBatchRequest => "AWS.SimpleQueueService.EmptyBatchRequest",
            Self::InvalidAction => "InvalidAction",
            Self::InvalidBatchEntryId => "AWS.SimpleQueueService.InvalidBatchEntryId",
            Self::InvalidParameterValue => "InvalidParameterValue",
            Self::MalformedInput => "MalformedInput",
            Self::MessageNotInflight => "AWS.SimpleQueueService.MessageNotInflight",
            Self::MissingParameter => "MissingParameter",
            Self::QueueDoesNotExist => "AWS.SimpleQueueService.NonExistentQueue",
            Self::QueueNameExists => "QueueAlreadyExists",
            Self::TooManyEntriesInBatchRequest => "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            Self::UnsupportedOperation => "AWS.SimpleQueueService.UnsupportedOperation",
            other => other.in_json(),
        }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::InternalError => 500,
            Self::AccessDenied => 403,
            _ => 400,
        }
    }

    /// Whether it is the sender's fault.
    #[must_use]
    pub fn is_senders(self) -> bool {
        self != Self::InternalError
    }
}

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueuesError {
    /// SQS's name for it.
    pub code: ErrorCode,
    /// SQS's words, or ours.
    pub message: String,
}

impl QueuesError {
    pub(super) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// There is no such queue.
    pub(super) fn no_queue() -> Self {
        Self::new(ErrorCode::QueueDoesNotExist, "The specified queue does not exist.")
    }

    /// A parameter has a value that it must not have.
    pub(super) fn value(value: impl fmt::Display, name: &str, reason: impl fmt::Display) -> Self {
        let message = format!("Value {value} for parameter {name} is invalid. Reason: {reason}");
        Self::new(ErrorCode::InvalidParameterValue, message)
    }

    /// A parameter has a value that it must not have, in words of its own.
    pub(super) fn parameter(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidParameterValue, message)
    }

    /// A parameter is missing.
    pub(super) fn missing(name: &str) -> Self {
        let message = format!("The request must contain the parameter {name}.");
        Self::new(ErrorCode::MissingParameter, message)
    }

    /// A failure of the server's own.
    pub(super) fn internal(error: impl fmt::Display) -> Self {
        tracing::error!(%error, "a queue could not be served");
        let message = "We encountered an internal error. Please try again.";
        Self::new(ErrorCode::InternalError, message)
    }
}

impl From<StoreError> for QueuesError {
    fn from(error: StoreError) -> Self {
        Self::internal(error)
    }
}

impl From<RequestError> for QueuesError {
    fn from(error: RequestError) -> Self {
        let code = match &error {
            RequestError::Serialization(_) => ErrorCode::MalformedInput,
            RequestError::Invalid(_) => ErrorCode::InvalidParameterValue,
            RequestError::Unsupported(_) => ErrorCode::UnsupportedOperation,
        };
        Self::new(code, error.to_string())
    }
}
