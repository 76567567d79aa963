//! From stored bytes to DynamoDB's JSON, in one pass.

use super::read::{Cursor, Entry, StoredValue, entry, tag};
use super::{CorruptItem, DEPTH_MAX, body};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Appends an item as JSON: `{"pk":{"S":"a"},...}`.
///
/// # Errors
/// When the bytes are no item; what was appended until then is to be thrown away.
pub fn write_json(item: &[u8], out: &mut Vec<u8>) -> Result<(), CorruptItem> {
    let body = body(item).ok_or(CorruptItem)?;
    out.reserve(json_bytes(item.len()));
    map(body, out, DEPTH_MAX).ok_or(CorruptItem)
}

/// The room that a stored item of so many bytes takes as JSON, roughly: short values are mostly punctuation.
#[must_use]
pub fn json_bytes(stored_bytes: usize) -> usize {
    stored_bytes + stored_bytes.min(4096) + 16
}

impl StoredValue<'_> {
    /// Appends the value as JSON: `{"S":"a"}`.
    ///
    /// # Errors
    /// As for [`write_json`].
    pub fn write_json(self, out: &mut Vec<u8>) -> Result<(), CorruptItem> {
        value(self, out, DEPTH_MAX).ok_or(CorruptItem)
    }
}

fn map(body: &[u8], out: &mut Vec<u8>, depth: usize) -> Option<()> {
    let mut cursor = Cursor(body);
    // The first name has no comma before it.
    let mut open: &[u8] = b"{\"";
    let count = cursor.varint()?;
    for _ in 0..count {
        let Entry { name, escaped, value: member, .. } = entry(&mut cursor)?;
        out.extend_from_slice(open);
        raw(name, escaped, out);
        out.extend_from_slice(b"\":");
        value(member, out, depth)?;
        open = b",\"";
    }
    out.extend_from_slice(if count == 0 { b"{}" } else { b"}" });
    Some(())
}

// As few appends as can be: each costs a check of the room left, and most values are short.
fn value(value: StoredValue<'_>, out: &mut Vec<u8>, depth: usize) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    let payload = value.payload;
    match value.tag {
        tag::STRING => {
            out.extend_from_slice(b"{\"S\":\"");
            out.extend_from_slice(payload);
            out.extend_from_slice(b"\"}");
        }
        tag::NUMBER => {
            out.extend_from_slice(b"{\"N\":\"");
            out.extend_from_slice(payload);
            out.extend_from_slice(b"\"}");
        }
        tag::STRING_ESCAPED => {
            out.extend_from_slice(b"{\"S\":\"");
            escape(payload, out);
            out.extend_from_slice(b"\"}");
        }
        tag::BINARY => {
            out.extend_from_slice(b"{\"B\":");
            binary(payload, out);
            out.push(b'}');
        }
        tag::TRUE => out.extend_from_slice(b"{\"BOOL\":true}"),
        tag::FALSE => out.extend_from_slice(b"{\"BOOL\":false}"),
        tag::NULL => out.extend_from_slice(b"{\"NULL\":true}"),
        tag::STRING_SET => members("{\"SS\":[", payload, out, |cursor, out| {
            let (member, escaped) = cursor.text()?;
            text(member, escaped, out);
            Some(())
        })?,
        tag::NUMBER_SET => members("{\"NS\":[", payload, out, |cursor, out| {
            text(cursor.counted()?, false, out);
            Some(())
        })?,
        tag::BINARY_SET => members("{\"BS\":[", payload, out, |cursor, out| {
            binary(cursor.counted()?, out);
            Some(())
        })?,
        tag::LIST => {
            members("{\"L\":[", payload, out, |cursor, out| self::value(cursor.value()?, out, depth))?;
        }
        _ => {
            out.extend_from_slice(b"{\"M\":");
            map(payload, out, depth)?;
            out.push(b'}');
        }
    }
    Some(())
}

fn members(
    open: &str,
    payload: &[u8],
    out: &mut Vec<u8>,
    mut member: impl FnMut(&mut Cursor<'_>, &mut Vec<u8>) -> Option<()>,
) -> Option<()> {
    let mut cursor = Cursor(payload);
    out.extend_from_slice(open.as_bytes());
    for place in 0..cursor.varint()? {
        if place > 0 {
            out.push(b',');
        }
        member(&mut cursor, out)?;
    }
    out.extend_from_slice(b"]}");
    Some(())
}

fn binary(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    // The room is exact, so this cannot fail.
    let written = STANDARD.encode_slice(bytes, &mut out[start..]).unwrap_or(0);
    out.truncate(start + written);
    out.push(b'"');
}

fn text(text: &[u8], escaped: bool, out: &mut Vec<u8>) {
    out.push(b'"');
    raw(text, escaped, out);
    out.push(b'"');
}

/// A text without the quotes around it.
fn raw(text: &[u8], escaped: bool, out: &mut Vec<u8>) {
    if escaped {
        escape(text, out);
    } else {
        out.extend_from_slice(text);
    }
}

fn escape(text: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for &byte in text {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 => {
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
            }
            _ => out.push(byte),
        }
    }
}
