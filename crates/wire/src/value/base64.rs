//! Base64 as AWS reads and writes it: padded, canonical.

use crate::json::JsonError;
use ::base64::engine::general_purpose::STANDARD;
use ::base64::{DecodeError, Engine};
use std::borrow::Cow;

/// Decodes a text, with AWS's texts for what is wrong.
pub fn decode_base64(text: &str) -> Result<Vec<u8>, JsonError> {
    STANDARD.decode(text).map_err(|error| JsonError::Mismatch(explain(text, error)))
}

fn explain(text: &str, error: DecodeError) -> Cow<'static, str> {
    let length = text.chars().count();
    match error {
        _ if !length.is_multiple_of(4) => {
            format!("Base64 encoded length is expected a multiple of 4 bytes but found: {length}").into()
        }
        DecodeError::InvalidLastSymbol { .. } => "Invalid last non-pad Base64 character dectected".into(),
        _ => {
            let wrong =
                text.chars().find(|found| !(found.is_ascii_alphanumeric() || matches!(found, '+' | '/')));
            format!("Invalid Base64 character: '{}'", wrong.unwrap_or('=')).into()
        }
    }
}

/// Appends bytes as base64.
pub fn write_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, b'=');
    // The room is made to measure, so that it cannot be too small.
    let written = STANDARD.encode_slice(bytes, &mut out[start..]).unwrap_or(0);
    out.truncate(start + written);
}
