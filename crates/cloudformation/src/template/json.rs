//! Templates in JSON.

use super::DEPTH_MAX;
use crate::{Map, TemplateError, Value};
use wire::json::{JsonError, Reader, Token};

/// Reads a document. Of a name that is there twice, the last counts.
pub(crate) fn read(text: &str) -> Result<Value, TemplateError> {
    let mut reader = Reader::new(text.as_bytes()).map_err(|error| worded(text, &error))?;
    let value = value(&mut reader).map_err(|error| worded(text, &error))?;
    reader.finish().map_err(|error| worded(text, &error))?;
    Ok(value)
}

fn value(reader: &mut Reader<'_>) -> Result<Value, JsonError> {
    if reader.depth() as usize > DEPTH_MAX {
        return Err(JsonError::TooDeep);
    }
    Ok(match reader.peek()? {
        Token::Null => {
            reader.null()?;
            Value::Null
        }
        Token::True | Token::False => Value::Boolean(reader.boolean()?),
        Token::Number => Value::Number(reader.number()?.to_owned()),
        Token::String => Value::String(reader.string()?.into_owned()),
        Token::Array => {
            let (mut elements, mut list) = (reader.array()?, Vec::new());
            while reader.next_element(&mut elements)? {
                list.push(value(reader)?);
            }
            Value::List(list)
        }
        Token::Object => {
            let (mut members, mut map) = (reader.object()?, Map::new());
            while let Some(name) = reader.next_member(&mut members)? {
                let name = name.into_owned();
                map.insert(name, value(reader)?);
            }
            Value::Map(map)
        }
    })
}

fn worded(text: &str, error: &JsonError) -> TemplateError {
    let JsonError::Malformed(offset) = error else { return TemplateError::TooDeep(DEPTH_MAX) };
    let before = text.as_bytes().get(..*offset).unwrap_or(text.as_bytes());
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
    let column = 1 + before.iter().rev().take_while(|byte| **byte != b'\n').count();
    TemplateError::Json { line, column }
}
