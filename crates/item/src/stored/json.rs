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
    out.push(b'{');
    map(Cursor(body), out, DEPTH_MAX, anywhere).map(drop).ok_or(CorruptItem)
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
        let end = (out, DEPTH_MAX);
        value::<ALONE>(self.tag, Cursor(self.payload), self.payload.len(), end).map(drop).ok_or(CorruptItem)
    }
}

/// Texts of up to so many bytes are copied as so many, and cut: a copy of fixed length needs no call.
const SHORT_BYTES: usize = 32;

/// Where a value stands.
///
/// An append costs a check of the room left, and most values are short. So what opens a value is appended together
/// with the end of the name before it, and what closes it with what begins the next attribute.
const ATTRIBUTE: bool = true;
const ALONE: bool = false;

/// Appends what opens a value where it stands.
macro_rules! open {
    ($out:expr, $text:literal) => {
        $out.extend_from_slice(if IS_ATTRIBUTE { concat!("\":", $text) } else { $text }.as_bytes())
    };
}

/// Appends what closes a value where it stands.
macro_rules! close {
    ($out:expr, $text:literal) => {
        $out.extend_from_slice(if IS_ATTRIBUTE { concat!($text, ",\"") } else { $text }.as_bytes())
    };
}

/// Writes the attributes of a map behind its brace, and the brace that closes it. Whoever wants to know where an
/// attribute went is told where it begins in the stored bytes (how many are left) and in the JSON.
pub(super) fn map<'a>(
    mut cursor: Cursor<'a>,
    out: &mut Vec<u8>,
    depth: usize,
    mut begins: impl FnMut(usize, usize),
) -> Option<Cursor<'a>> {
    let count = cursor.varint()?;
    out.push(b'"');
    for _ in 0..count {
        begins(cursor.0.len(), out.len());
        cursor = attribute(cursor, out, depth)?;
    }
    close_map(out, count == 0);
    Some(cursor)
}

/// For whoever does not want to know.
pub(super) fn anywhere(_stored: usize, _json: usize) {}

/// Writes an attribute behind the quote before its name, and [`NEXT`].
#[inline(always)]
pub(super) fn attribute<'a>(mut cursor: Cursor<'a>, out: &mut Vec<u8>, depth: usize) -> Option<Cursor<'a>> {
    let head = cursor.varint()? as usize;
    cursor = copy(cursor, head >> 1, head & 1 == 1, out)?;
    value_at::<ATTRIBUTE>(cursor, out, depth)
}

/// What is behind each attribute: the beginning of one more.
pub(super) const NEXT: &[u8] = b",\"";

/// Closes a map, which ends in the beginning of one more attribute, or if empty of a first one.
pub(super) fn close_map(out: &mut Vec<u8>, is_empty: bool) {
    out.truncate(out.len() - if is_empty { 1 } else { NEXT.len() });
    out.push(b'}');
}

/// Copies the next bytes, a text.
#[inline(always)]
fn copy<'a>(mut cursor: Cursor<'a>, length: usize, escaped: bool, out: &mut Vec<u8>) -> Option<Cursor<'a>> {
    match cursor.0.first_chunk::<SHORT_BYTES>() {
        Some(chunk) if !escaped && length <= SHORT_BYTES => {
            out.extend_from_slice(chunk);
            out.truncate(out.len() - (SHORT_BYTES - length));
            cursor.take(length)?;
            Some(cursor)
        }
        _ => raw(cursor, length, escaped, out),
    }
}

/// Writes the next value.
#[inline(always)]
fn value_at<'a, const IS_ATTRIBUTE: bool>(
    mut cursor: Cursor<'a>,
    out: &mut Vec<u8>,
    depth: usize,
) -> Option<Cursor<'a>> {
    let (&tag, rest) = cursor.0.split_first()?;
    cursor.0 = rest;
    let length = match tag {
        tag::STRING_SET..=tag::MAP => u32::from_le_bytes(*cursor.take(4)?.first_chunk()?),
        _ => cursor.varint()?,
    };
    value::<IS_ATTRIBUTE>(tag, cursor, length as usize, (out, depth))
}

#[inline(always)]
fn value<'a, const IS_ATTRIBUTE: bool>(
    tag: u8,
    mut cursor: Cursor<'a>,
    length: usize,
    (out, depth): (&mut Vec<u8>, usize),
) -> Option<Cursor<'a>> {
    let depth = depth.checked_sub(1)?;
    let end = cursor.0.len().checked_sub(length)?;
    match tag {
        tag::STRING | tag::STRING_ESCAPED => {
            open!(out, "{\"S\":\"");
            cursor = copy(cursor, length, tag == tag::STRING_ESCAPED, out)?;
            close!(out, "\"}");
        }
        tag::NUMBER => {
            open!(out, "{\"N\":\"");
            cursor = copy(cursor, length, false, out)?;
            close!(out, "\"}");
        }
        tag::BINARY => {
            open!(out, "{\"B\":\"");
            binary(cursor.take(length)?, out);
            close!(out, "\"}");
        }
        tag::TRUE => {
            open!(out, "{\"BOOL\":true");
            close!(out, "}");
        }
        tag::FALSE => {
            open!(out, "{\"BOOL\":false");
            close!(out, "}");
        }
        tag::NULL => {
            open!(out, "{\"NULL\":true");
            close!(out, "}");
        }
        tag::LIST => {
            open!(out, "{\"L\":[");
            cursor = list(cursor, out, depth)?;
            close!(out, "]}");
        }
        tag::MAP => {
            open!(out, "{\"M\":{");
            cursor = map(cursor, out, depth, anywhere)?;
            close!(out, "}");
        }
        _ => {
            open!(out, "{\"");
            cursor = set(tag, cursor, out)?;
            close!(out, "]}");
        }
    }
    // What a value holds ends where the value does, or its bytes are damaged.
    (cursor.0.len() == end).then_some(cursor)
}

/// Writes the members of a list.
#[inline(never)]
fn list<'a>(cursor: Cursor<'a>, out: &mut Vec<u8>, depth: usize) -> Option<Cursor<'a>> {
    members(cursor, out, |cursor, out| value_at::<ALONE>(cursor, out, depth))
}

/// Writes a set from behind the quote before its type, to before the bracket that closes it.
fn set<'a>(tag: u8, cursor: Cursor<'a>, out: &mut Vec<u8>) -> Option<Cursor<'a>> {
    match tag {
        tag::STRING_SET => {
            out.extend_from_slice(b"SS\":[");
            members(cursor, out, |mut cursor, out| {
                let head = cursor.varint()? as usize;
                out.push(b'"');
                cursor = copy(cursor, head >> 1, head & 1 == 1, out)?;
                out.push(b'"');
                Some(cursor)
            })
        }
        tag::NUMBER_SET => {
            out.extend_from_slice(b"NS\":[");
            members(cursor, out, |mut cursor, out| {
                let length = cursor.varint()? as usize;
                out.push(b'"');
                cursor = copy(cursor, length, false, out)?;
                out.push(b'"');
                Some(cursor)
            })
        }
        tag::BINARY_SET => {
            out.extend_from_slice(b"BS\":[");
            members(cursor, out, |mut cursor, out| {
                out.push(b'"');
                binary(cursor.counted()?, out);
                out.push(b'"');
                Some(cursor)
            })
        }
        _ => None,
    }
}

fn members<'a>(
    mut cursor: Cursor<'a>,
    out: &mut Vec<u8>,
    mut member: impl FnMut(Cursor<'a>, &mut Vec<u8>) -> Option<Cursor<'a>>,
) -> Option<Cursor<'a>> {
    for place in 0..cursor.varint()? {
        if place > 0 {
            out.push(b',');
        }
        cursor = member(cursor, out)?;
    }
    Some(cursor)
}

/// A base64 text without the quotes around it.
fn binary(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    // The room is exact, so this cannot fail.
    let written = STANDARD.encode_slice(bytes, &mut out[start..]).unwrap_or(0);
    out.truncate(start + written);
}

/// Copies the next bytes, a text of any kind.
#[inline(never)]
fn raw<'a>(mut cursor: Cursor<'a>, length: usize, escaped: bool, out: &mut Vec<u8>) -> Option<Cursor<'a>> {
    let text = cursor.take(length)?;
    if escaped {
        escape(text, out);
    } else {
        out.extend_from_slice(text);
    }
    Some(cursor)
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
