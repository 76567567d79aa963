//! A pattern's JSON as a tree that keeps the order of members and every one of them, since a later member takes
//! the place of an earlier one by path, not by name.

use wire::json::{JsonError, Reader, Token};

/// Deeper than any record, and not deep enough to exhaust a stack.
const DEPTH_LIMIT: u32 = 100;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(f64),
    String(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads a whole document.
    pub(super) fn parse(text: &str) -> Result<Json, JsonError> {
        let mut reader = Reader::new(text.as_bytes())?;
        let value = read(&mut reader)?;
        reader.finish()?;
        Ok(value)
    }
}

fn read(reader: &mut Reader<'_>) -> Result<Json, JsonError> {
    if reader.depth() > DEPTH_LIMIT {
        return Err(JsonError::TooDeep);
    }
    Ok(match reader.peek()? {
        Token::Null => {
            reader.null()?;
            Json::Null
        }
        Token::True | Token::False => Json::Bool(reader.boolean()?),
        // Beyond the range of floating-point numbers it becomes infinite, which no operator takes.
        Token::Number => Json::Number(reader.number()?.parse().unwrap_or(f64::INFINITY)),
        Token::String => Json::String(reader.string()?.into_owned()),
        Token::Array => {
            let mut elements = reader.array()?;
            let mut values = Vec::new();
            while reader.next_element(&mut elements)? {
                values.push(read(reader)?);
            }
            Json::Array(values)
        }
        Token::Object => {
            let mut members = reader.object()?;
            let mut values = Vec::new();
            while let Some(name) = reader.next_member(&mut members)? {
                let name = name.into_owned();
                values.push((name, read(reader)?));
            }
            Json::Object(values)
        }
    })
}
