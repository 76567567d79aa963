//! How reading JSON fails. All of it is AWS's `SerializationException`; some of it has a text.

use crate::error::{ApiError, ErrorCode};
use std::borrow::Cow;

/// Why a body could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Not JSON, or not Unicode, or more than one value, or a key given twice.
    #[error("malformed JSON at byte {0}")]
    Malformed(usize),
    /// Nested deeper than any document that is answered otherwise.
    #[error("nested too deeply")]
    TooDeep,
    /// A value of another type than the member's. The text is AWS's; empty where AWS has none.
    #[error("{0}")]
    Mismatch(Cow<'static, str>),
    /// A value that a strict reader does not take, in that reader's words.
    #[error("{0}")]
    Strict(String),
}

impl From<JsonError> for ApiError {
    fn from(error: JsonError) -> ApiError {
        match error {
            JsonError::Mismatch(message) if !message.is_empty() => ApiError::serialization(message),
            // The newest operations are read by another reader, which writes the member's name small.
            JsonError::Strict(message) => {
                let mut rendered = Vec::with_capacity(message.len() + 2);
                super::write_string(&mut rendered, &message);
                ApiError::bare(ErrorCode::Serialization).with_member("message", &rendered)
            }
            JsonError::Malformed(_) | JsonError::TooDeep | JsonError::Mismatch(_) => {
                ApiError::bare(ErrorCode::Serialization)
            }
        }
    }
}
