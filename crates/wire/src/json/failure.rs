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
}

impl From<JsonError> for ApiError {
    fn from(error: JsonError) -> ApiError {
        match error {
            JsonError::Mismatch(message) if !message.is_empty() => ApiError::serialization(message),
            JsonError::Malformed(_) | JsonError::TooDeep | JsonError::Mismatch(_) => {
                ApiError::bare(ErrorCode::Serialization)
            }
        }
    }
}
