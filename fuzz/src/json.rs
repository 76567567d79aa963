//! JSON: the reader takes and refuses what serde_json does, and reads the same from it.

use serde_json::{Map, Value};
use wire::json::{JsonError, Reader, Token, compact, write_string};

/// Nesting that serde_json does not follow.
const DEPTH_MAX: u32 = 120;

/// See the module.
pub fn target(data: &[u8]) {
    let skipped = read(data, |reader| reader.skip());
    let reference: Result<Value, _> = serde_json::from_slice(data);
    match (&skipped, &reference) {
        (Ok(depth), _) if *depth > DEPTH_MAX => return,
        (Ok(_), Ok(_)) => {}
        // Its numbers are floating-point, with an end; ours are text.
        (_, Err(error)) if is_limit(error) => return,
        (Err(_), Err(_)) => return,
        _ => panic!("{skipped:?}, but serde_json has {reference:?}"),
    }
    let (Ok(reference), Ok(text)) = (reference, std::str::from_utf8(data)) else { return };
    assert_eq!(read(data, value).as_ref(), Ok(&reference));
    let compacted = compact(text);
    assert_eq!(serde_json::from_str::<Value>(&compacted).ok().as_ref(), Some(&reference), "{compacted}");
    check_strings(&reference);
}

fn is_limit(error: &serde_json::Error) -> bool {
    let text = error.to_string();
    text.contains("number out of range") || text.contains("recursion limit")
}

/// Reads a whole document.
fn read<T>(data: &[u8], read: impl FnOnce(&mut Reader<'_>) -> Result<T, JsonError>) -> Result<T, JsonError> {
    let mut reader = Reader::new(data)?;
    let value = read(&mut reader)?;
    reader.finish()?;
    Ok(value)
}

fn value(reader: &mut Reader<'_>) -> Result<Value, JsonError> {
    Ok(match reader.peek()? {
        Token::Object => {
            let mut members = reader.object()?;
            let mut map = Map::new();
            while let Some(key) = reader.next_member(&mut members)? {
                map.insert(key.into_owned(), value(reader)?);
            }
            Value::Object(map)
        }
        Token::Array => {
            let mut elements = reader.array()?;
            let mut array = Vec::new();
            while reader.next_element(&mut elements)? {
                array.push(value(reader)?);
            }
            Value::Array(array)
        }
        Token::String => Value::String(reader.string()?.into_owned()),
        Token::Number => {
            let text = reader.number()?;
            Value::Number(serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}")))
        }
        Token::True | Token::False => Value::Bool(reader.boolean()?),
        Token::Null => {
            reader.null()?;
            Value::Null
        }
    })
}

/// Every string comes back as it was written.
fn check_strings(value: &Value) {
    match value {
        Value::String(text) => {
            let mut written = Vec::new();
            write_string(&mut written, text);
            assert_eq!(serde_json::from_slice::<String>(&written).ok().as_ref(), Some(text));
        }
        Value::Array(members) => members.iter().for_each(check_strings),
        Value::Object(members) => members.values().for_each(check_strings),
        _ => {}
    }
}
