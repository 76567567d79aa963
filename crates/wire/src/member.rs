//! Members of a request by their types in the API model, with AWS's failures for values of another type.
//!
//! A member that is JSON `null` counts as absent.

pub(crate) mod strict;

use crate::json::{JsonError, Reader, Token};
use std::borrow::Cow;

const STRUCTURE_UNEXPECTED: JsonError =
    JsonError::Mismatch(Cow::Borrowed("Start of structure or map found where not expected"));

/// A list where something else should be: AWS has no text.
const LIST_UNEXPECTED: JsonError = JsonError::Mismatch(Cow::Borrowed(""));

/// An integer as AWS takes it: fractions dropped, saturated to 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Integer {
    /// What is left of it.
    pub(crate) value: i32,
    /// Whether nothing was lost.
    pub(crate) exact: bool,
}

/// Reads a request: one object, the whole body.
pub(crate) fn request<'a>(
    body: &'a [u8],
    mut member: impl FnMut(&mut Reader<'a>, &str) -> Result<(), JsonError>,
) -> Result<(), JsonError> {
    let mut reader = Reader::new(body)?;
    if reader.peek()? != Token::Object {
        return Err(JsonError::Mismatch(Cow::Borrowed("")));
    }
    structure(&mut reader, &mut member)?;
    reader.finish()
}

/// Reads a structure, giving each member's name to `member`, which must read the value.
pub(crate) fn structure<'a>(
    reader: &mut Reader<'a>,
    mut member: impl FnMut(&mut Reader<'a>, &str) -> Result<(), JsonError>,
) -> Result<Option<()>, JsonError> {
    match reader.peek()? {
        Token::Object => {}
        Token::Null => return reader.null().map(|_| None),
        Token::Array => return Err(LIST_UNEXPECTED),
        _ => return Err(JsonError::Mismatch(Cow::Borrowed("Unexpected value type in payload"))),
    }
    let mut members = reader.object()?;
    while let Some(name) = reader.next_member(&mut members)? {
        member(reader, &name)?;
    }
    Ok(Some(()))
}

/// Reads a map: keys are data, so they are handed on as they are.
pub(crate) fn map<'a>(
    reader: &mut Reader<'a>,
    mut entry: impl FnMut(&mut Reader<'a>, Cow<'a, str>) -> Result<(), JsonError>,
) -> Result<Option<()>, JsonError> {
    match reader.peek()? {
        Token::Object => {}
        Token::Null => return reader.null().map(|_| None),
        Token::Array => return Err(LIST_UNEXPECTED),
        _ => return Err(JsonError::Mismatch(Cow::Borrowed("Unexpected field type"))),
    }
    let mut members = reader.object()?;
    while let Some(key) = reader.next_member(&mut members)? {
        entry(reader, key)?;
    }
    Ok(Some(()))
}

/// Reads a list.
pub(crate) fn list<'a, T>(
    reader: &mut Reader<'a>,
    mut element: impl FnMut(&mut Reader<'a>) -> Result<T, JsonError>,
) -> Result<Option<Vec<T>>, JsonError> {
    match reader.peek()? {
        Token::Array => {}
        Token::Null => return reader.null().map(|_| None),
        Token::Object => return Err(STRUCTURE_UNEXPECTED),
        _ => return Err(JsonError::Mismatch(Cow::Borrowed("Unexpected field type"))),
    }
    let (mut elements, mut values) = (reader.array()?, Vec::new());
    while reader.next_element(&mut elements)? {
        values.push(element(reader)?);
    }
    Ok(Some(values))
}

/// Reads a list of strings; a null among them is dropped.
pub(crate) fn strings(reader: &mut Reader<'_>) -> Result<Option<Vec<String>>, JsonError> {
    let texts = list(reader, owned_string)?;
    Ok(texts.map(|texts| texts.into_iter().flatten().collect()))
}

/// Reads a string.
#[inline]
pub(crate) fn string<'a>(reader: &mut Reader<'a>) -> Result<Option<Cow<'a, str>>, JsonError> {
    match reader.peek()? {
        Token::String => reader.string().map(Some),
        Token::Null => reader.null().map(|_| None),
        token => Err(mismatch(reader, token, "String")?),
    }
}

/// Reads a string to keep.
pub(crate) fn owned_string(reader: &mut Reader<'_>) -> Result<Option<String>, JsonError> {
    Ok(string(reader)?.map(Cow::into_owned))
}

/// Reads a boolean, or a string that AWS takes for one.
pub(crate) fn boolean(reader: &mut Reader<'_>) -> Result<Option<bool>, JsonError> {
    Ok(lenient_boolean(reader)?.map(|(value, _)| value))
}

/// Reads a boolean, and whether it was written as a string.
pub(crate) fn lenient_boolean(reader: &mut Reader<'_>) -> Result<Option<(bool, bool)>, JsonError> {
    match reader.peek()? {
        Token::True | Token::False => reader.boolean().map(|value| Some((value, false))),
        Token::Null => reader.null().map(|_| None),
        Token::String => {
            let text = reader.string()?;
            let is = |words: [&str; 5]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
            if is(["true", "t", "yes", "y", "1"]) {
                Ok(Some((true, true)))
            } else if is(["false", "f", "no", "n", "0"]) {
                Ok(Some((false, true)))
            } else {
                Err(JsonError::Mismatch(Cow::Borrowed("Unexpected token received from parser")))
            }
        }
        token => Err(mismatch(reader, token, "Boolean")?),
    }
}

/// Reads a 32-bit integer.
pub(crate) fn integer(reader: &mut Reader<'_>) -> Result<Option<Integer>, JsonError> {
    let Some(text) = number_text(reader, "Integer")? else { return Ok(None) };
    let (wide, exact) = truncate(text);
    let value = wide.clamp(i32::MIN.into(), i32::MAX.into()) as i32;
    Ok(Some(Integer { value, exact: exact && i64::from(value) == wide }))
}

/// Reads a 64-bit integer.
pub(crate) fn long(reader: &mut Reader<'_>) -> Result<Option<i64>, JsonError> {
    Ok(number_text(reader, "Long")?.map(|text| truncate(text).0))
}

/// Reads a time: seconds since the epoch, with a fraction, in milliseconds.
pub(crate) fn timestamp_ms(reader: &mut Reader<'_>) -> Result<Option<i64>, JsonError> {
    let text = number_text(reader, "Timestamp")?;
    // A float holds the milliseconds of all years that have four digits; one beyond saturates.
    Ok(text.map(|text| (text.parse::<f64>().unwrap_or(f64::NAN) * 1000.0).round() as i64))
}

fn number_text<'a>(reader: &mut Reader<'a>, type_name: &str) -> Result<Option<&'a str>, JsonError> {
    match reader.peek()? {
        Token::Number => reader.number().map(Some),
        Token::Null => reader.null().map(|_| None),
        token => Err(mismatch(reader, token, type_name)?),
    }
}

/// The integer part of a JSON number, saturated, and whether nothing was lost.
fn truncate(text: &str) -> (i64, bool) {
    if let Ok(value) = text.parse() {
        return (value, true);
    }
    // Beyond 53 bits this is inexact, which matters to none of the ranges that members have.
    let value: f64 = text.parse().unwrap_or(f64::NAN);
    (value as i64, value.fract() == 0.0 && value.abs() < 9.0e18)
}

/// The failure of a value of another type than `type_name`; or, in the outer result, of a value that is not
/// even JSON, which comes first.
pub(crate) fn mismatch(
    reader: &mut Reader<'_>,
    token: Token,
    type_name: &str,
) -> Result<JsonError, JsonError> {
    let found = match token {
        Token::Object => return Ok(STRUCTURE_UNEXPECTED),
        Token::Array => return Ok(LIST_UNEXPECTED),
        Token::String => "STRING_VALUE",
        Token::True => "TRUE_VALUE",
        Token::False => "FALSE_VALUE",
        Token::Null => "NULL_VALUE",
        Token::Number => {
            let is_decimal = reader.number()?.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E'));
            if is_decimal { "DECIMAL_VALUE" } else { "NUMBER_VALUE" }
        }
    };
    Ok(JsonError::Mismatch(Cow::Owned(format!("{found} cannot be converted to {type_name}"))))
}

#[cfg(test)]
mod tests;
