//! A value of a request or of an answer, whatever the language that says it: JSON, CBOR, the query protocol.

pub(crate) mod cbor;
mod json;

use crate::request::RequestError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use json::JsonError;
use wire::json::{write_string, write_timestamp_ms};

/// A value of a request or of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    /// In JSON: base64, which a reader of requests cannot tell from text.
    Blob(Vec<u8>),
    /// Milliseconds since the epoch. In JSON: a number of seconds.
    Time(u64),
    List(Vec<Value>),
    Structure(Vec<(String, Value)>),
}

impl Value {
    /// A structure of these members.
    pub(crate) fn structure(members: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        Self::Structure(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// A number of things.
    pub(crate) fn count(number: usize) -> Self {
        Self::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }

    /// Reads JSON.
    pub(crate) fn from_json(body: &[u8]) -> Result<Self, RequestError> {
        Self::from_json_of(body, usize::MAX)
    }

    /// Reads JSON of this many values at most.
    pub(crate) fn from_json_of(body: &[u8], values_max: usize) -> Result<Self, RequestError> {
        if body.is_empty() {
            return Ok(Self::Structure(Vec::new()));
        }
        json::read(body, values_max).map_err(|error| match error {
            JsonError::Malformed(error) => {
                RequestError::Serialization(format!("The body is not JSON: {error}"))
            }
            JsonError::TooMany => RequestError::too_many_values(values_max),
        })
    }

    /// Writes JSON.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        self.write_json(&mut out);
        out
    }

    fn write_json(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Boolean(boolean) => out.extend_from_slice(if *boolean { b"true" } else { b"false" }),
            Self::Integer(integer) => out.extend_from_slice(integer.to_string().as_bytes()),
            Self::Float(float) => out.extend_from_slice(float.to_string().as_bytes()),
            Self::Text(text) => write_string(out, text),
            Self::Blob(bytes) => {
                let at = out.len() + 1;
                out.resize(out.len() + 2 + bytes.len().div_ceil(3) * 4, b'"');
                let end = out.len() - 1;
                // The room is just what the text takes.
                let _ = STANDARD.encode_slice(bytes, &mut out[at..end]);
            }
            Self::Time(ms) => write_timestamp_ms(out, *ms),
            Self::List(values) => {
                out.push(b'[');
                for (nth, value) in values.iter().enumerate() {
                    if nth > 0 {
                        out.push(b',');
                    }
                    value.write_json(out);
                }
                out.push(b']');
            }
            Self::Structure(members) => {
                out.push(b'{');
                for (nth, (name, value)) in members.iter().enumerate() {
                    if nth > 0 {
                        out.push(b',');
                    }
                    write_string(out, name);
                    out.push(b':');
                    value.write_json(out);
                }
                out.push(b'}');
            }
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
