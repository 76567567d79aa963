//! Attribute values, in a form of the crate's own: the clients of DynamoDB and of its streams have two different
//! ones.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The attributes of an item, or of its key, by name.
pub type Item = BTreeMap<String, Value>;

/// One attribute value. Its serde form is DynamoDB's JSON, except that bytes are a list of numbers.
///
/// ```
/// use tailwater_consumer::Value;
///
/// let dog: Value = serde_json::from_str(r#"{"M": {"name": {"S": "Rex"}, "age": {"N": "7"}}}"#)?;
/// assert_eq!(dog.get("name").and_then(Value::as_s), Some("Rex"));
/// assert_eq!(dog.get("age").and_then(Value::as_n), Some("7"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Value {
    /// A string.
    S(String),
    /// A number, as text: it has up to 38 digits.
    N(String),
    /// Bytes.
    B(Vec<u8>),
    /// A boolean.
    #[serde(rename = "BOOL")]
    Bool(bool),
    /// Null.
    #[serde(rename = "NULL")]
    Null(bool),
    /// A set of strings.
    #[serde(rename = "SS")]
    Ss(Vec<String>),
    /// A set of numbers.
    #[serde(rename = "NS")]
    Ns(Vec<String>),
    /// A set of binaries.
    #[serde(rename = "BS")]
    Bs(Vec<Vec<u8>>),
    /// A list.
    L(Vec<Value>),
    /// A map.
    M(BTreeMap<String, Value>),
}

impl Value {
    /// The text of a string.
    #[must_use]
    pub fn as_s(&self) -> Option<&str> {
        match self {
            Self::S(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a number.
    #[must_use]
    pub fn as_n(&self) -> Option<&str> {
        match self {
            Self::N(number) => Some(number),
            _ => None,
        }
    }

    /// A member of a map.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        match self {
            Self::M(map) => map.get(name),
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::S(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::S(text)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::N(number.to_string())
    }
}
