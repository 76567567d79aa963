//! Members of the requests that AWS reads strictly: no value stands for another, and `null` for none that must
//! be there. What is wrong is told with its place, in the words of the reader that AWS uses.

use crate::error::ApiError;
use crate::json::{JsonError, Reader, Token};

/// Reads a string.
pub(crate) fn string(reader: &mut Reader<'_>) -> Result<String, JsonError> {
    match reader.peek()? {
        Token::String => Ok(reader.string()?.into_owned()),
        token => Err(unexpected(reader, token, "a string")?),
    }
}

/// Reads a string that may be `null`.
pub(crate) fn optional_string(reader: &mut Reader<'_>) -> Result<Option<String>, JsonError> {
    if reader.null()? { Ok(None) } else { string(reader).map(Some) }
}

/// Reads a 32-bit integer.
pub(crate) fn integer(reader: &mut Reader<'_>) -> Result<i32, JsonError> {
    let token = reader.peek()?;
    if token != Token::Number {
        return Err(unexpected(reader, token, "i32")?);
    }
    let text = reader.number()?;
    if let Ok(value) = text.parse() {
        return Ok(value);
    }
    let number = number(text);
    let kind = if number.starts_with("integer") { "value" } else { "type" };
    Err(failure(reader, &format!("invalid {kind}: {number}, expected i32")))
}

/// Makes sure that a list comes next.
pub(crate) fn expect_sequence(reader: &mut Reader<'_>) -> Result<(), JsonError> {
    match reader.peek()? {
        Token::Array => Ok(()),
        token => Err(unexpected(reader, token, "a sequence")?),
    }
}

/// Makes sure that a map comes next, or `null`.
pub(crate) fn expect_map(reader: &mut Reader<'_>) -> Result<(), JsonError> {
    match reader.peek()? {
        Token::Object | Token::Null => Ok(()),
        token => Err(unexpected(reader, token, "a map")?),
    }
}

/// The error of a member that is not there; the reader stands behind the object.
pub(crate) fn missing(reader: &Reader<'_>, member: &str) -> ApiError {
    ApiError::validation(format!("missing field `{member}`{}", place(reader)))
}

/// The failure of a value of another type; or, in the outer result, of a value that is not even JSON.
fn unexpected(reader: &mut Reader<'_>, token: Token, expected: &str) -> Result<JsonError, JsonError> {
    let found = match token {
        Token::Null => {
            reader.null()?;
            "null".to_owned()
        }
        Token::True | Token::False => format!("boolean `{}`", reader.boolean()?),
        Token::Number => number(reader.number()?),
        Token::String => format!("string {:?}", reader.string()?),
        // These are told from before they are read.
        Token::Array => "sequence".to_owned(),
        Token::Object => "map".to_owned(),
    };
    Ok(failure(reader, &format!("invalid type: {found}, expected {expected}")))
}

fn number(text: &str) -> String {
    match text.parse::<i128>() {
        Ok(value) if i64::try_from(value).is_ok() || u64::try_from(value).is_ok() => {
            format!("integer `{value}`")
        }
        _ => format!("floating point `{:?}`", text.parse::<f64>().unwrap_or(f64::INFINITY)),
    }
}

fn failure(reader: &Reader<'_>, text: &str) -> JsonError {
    JsonError::Strict(format!("{text}{}", place(reader)))
}

/// Where the reader stands: the line, and the bytes of it that were read.
fn place(reader: &Reader<'_>) -> String {
    let read = reader.since(0);
    let line = 1 + read.bytes().filter(|byte| *byte == b'\n').count();
    let column = read.len() - read.rfind('\n').map_or(0, |at| at + 1);
    format!(" at line {line} column {column}")
}
