//! From stored bytes to DynamoDB's JSON, in one pass.

use super::read::{Cursor, StoredValue, tag};
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
    map(&mut Cursor(body), out, DEPTH_MAX).ok_or(CorruptItem)
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
        value(self.tag, &mut Cursor(self.payload), self.payload.len(), (out, DEPTH_MAX)).ok_or(CorruptItem)
    }
}

/// Texts of up to so many bytes are copied as so many, and cut: a copy of fixed length needs no call.
const SHORT_BYTES: usize = 16;

fn map(cursor: &mut Cursor<'_>, out: &mut Vec<u8>, depth: usize) -> Option<()> {
    // The first name has no comma before it.
    let mut open: &[u8] = b"{\"";
    let count = cursor.varint()?;
    for _ in 0..count {
        out.extend_from_slice(open);
        quoted(cursor, out)?;
        out.push(b':');
        value_at(cursor, out, depth)?;
        open = b",\"";
    }
    out.extend_from_slice(if count == 0 { b"{}" } else { b"}" });
    Some(())
}

/// Copies the next text, and closes its quotes.
#[inline]
fn quoted(cursor: &mut Cursor<'_>, out: &mut Vec<u8>) -> Option<()> {
    let head = cursor.varint()? as usize;
    copy(cursor, head >> 1, head & 1 == 1, out)?;
    out.push(b'"');
    Some(())
}

/// Copies the next bytes, a text.
#[inline]
fn copy(cursor: &mut Cursor<'_>, length: usize, escaped: bool, out: &mut Vec<u8>) -> Option<()> {
    match cursor.0.first_chunk::<SHORT_BYTES>() {
        Some(chunk) if !escaped && length <= SHORT_BYTES => {
            out.extend_from_slice(chunk);
            out.truncate(out.len() - (SHORT_BYTES - length));
            cursor.take(length)?;
        }
        _ => raw(cursor.take(length)?, escaped, out),
    }
    Some(())
}

/// Writes the next value.
fn value_at(cursor: &mut Cursor<'_>, out: &mut Vec<u8>, depth: usize) -> Option<()> {
    let (&tag, rest) = cursor.0.split_first()?;
    cursor.0 = rest;
    let length = match tag {
        tag::STRING_SET..=tag::MAP => u32::from_le_bytes(*cursor.take(4)?.first_chunk()?),
        _ => cursor.varint()?,
    };
    value(tag, cursor, length as usize, (out, depth))
}

// As few appends as can be: each costs a check of the room left, and most values are short.
fn value(tag: u8, cursor: &mut Cursor<'_>, length: usize, (out, depth): (&mut Vec<u8>, usize)) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    let end = cursor.0.len().checked_sub(length)?;
    match tag {
        tag::STRING | tag::STRING_ESCAPED => {
            out.extend_from_slice(b"{\"S\":\"");
            copy(cursor, length, tag == tag::STRING_ESCAPED, out)?;
            out.extend_from_slice(b"\"}");
        }
        tag::NUMBER => {
            out.extend_from_slice(b"{\"N\":\"");
            copy(cursor, length, false, out)?;
            out.extend_from_slice(b"\"}");
        }
        tag::BINARY => {
            out.extend_from_slice(b"{\"B\":");
            binary(cursor.take(length)?, out);
            out.push(b'}');
        }
        tag::TRUE => out.extend_from_slice(b"{\"BOOL\":true}"),
        tag::FALSE => out.extend_from_slice(b"{\"BOOL\":false}"),
        tag::NULL => out.extend_from_slice(b"{\"NULL\":true}"),
        tag::STRING_SET => members(b"{\"SS\":[", cursor, out, |cursor, out| {
            out.push(b'"');
            quoted(cursor, out)
        })?,
        tag::NUMBER_SET => members(b"{\"NS\":[", cursor, out, |cursor, out| {
            let length = cursor.varint()? as usize;
            out.push(b'"');
            copy(cursor, length, false, out)?;
            out.push(b'"');
            Some(())
        })?,
        tag::BINARY_SET => members(b"{\"BS\":[", cursor, out, |cursor, out| {
            binary(cursor.counted()?, out);
            Some(())
        })?,
        tag::LIST => members(b"{\"L\":[", cursor, out, |cursor, out| value_at(cursor, out, depth))?,
        tag::MAP => {
            out.extend_from_slice(b"{\"M\":");
            map(cursor, out, depth)?;
            out.push(b'}');
        }
        _ => return None,
    }
    // What a value holds ends where the value does, or its bytes are damaged.
    (cursor.0.len() == end).then_some(())
}

fn members<const N: usize>(
    open: &[u8; N],
    cursor: &mut Cursor<'_>,
    out: &mut Vec<u8>,
    mut member: impl FnMut(&mut Cursor<'_>, &mut Vec<u8>) -> Option<()>,
) -> Option<()> {
    out.extend_from_slice(open);
    for place in 0..cursor.varint()? {
        if place > 0 {
            out.push(b',');
        }
        member(cursor, out)?;
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
