//! Writing: items as records.

use item::{CorruptItem, Name, Stored, StoredValue, Value};
use wire::value::write_base64;

/// Writes the names of the columns.
pub fn write_header(out: &mut Vec<u8>, columns: &[Name], delimiter: u8) {
    for (place, name) in columns.iter().enumerate() {
        if place > 0 {
            out.push(delimiter);
        }
        write_text(out, name, delimiter);
    }
    out.push(b'\n');
}

/// Writes what the columns say of an item. Answers how many values were written that CSV has no type for:
/// booleans, nulls, sets, lists and maps, as JSON. They are read as strings.
///
/// # Errors
/// When the item is damaged.
pub fn write_record(
    out: &mut Vec<u8>,
    columns: &[Name],
    item: &Stored,
    delimiter: u8,
) -> Result<u64, CorruptItem> {
    let mut untyped = 0;
    for (place, name) in columns.iter().enumerate() {
        if place > 0 {
            out.push(delimiter);
        }
        if let Some(value) = item.attribute(name) {
            untyped += u64::from(write_value(out, value, delimiter)?);
        }
    }
    out.push(b'\n');
    Ok(untyped)
}

/// Answers whether CSV has no type for it.
fn write_value(out: &mut Vec<u8>, value: StoredValue<'_>, delimiter: u8) -> Result<bool, CorruptItem> {
    let value = value.decode()?;
    let mut text = Vec::new();
    match &value {
        Value::S(value) => {
            write_text(out, value, delimiter);
            return Ok(false);
        }
        Value::N(number) => number.write(&mut text),
        Value::B(bytes) if bytes.is_empty() => text.extend_from_slice(b"\"\""),
        Value::B(bytes) => write_base64(&mut text, bytes),
        Value::Bool(value) => text.extend_from_slice(if *value { b"true" } else { b"false" }),
        Value::Null => text.extend_from_slice(b"null"),
        other => {
            let mut json = Vec::new();
            wire::value::write_value(&mut json, other);
            write_text(out, &String::from_utf8_lossy(&json), delimiter);
            return Ok(true);
        }
    }
    out.extend_from_slice(&text);
    Ok(matches!(value, Value::Bool(_) | Value::Null))
}

/// Writes a field, in quotes where it must stand in them.
fn write_text(out: &mut Vec<u8>, text: &str, delimiter: u8) {
    let is_special = |byte: u8| byte == delimiter || matches!(byte, b'"' | b'\r' | b'\n');
    // A mark at the beginning of the file would be taken for no part of it.
    if !text.is_empty() && !text.bytes().any(is_special) && !text.starts_with('\u{feff}') {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    for byte in text.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}
