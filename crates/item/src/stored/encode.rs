//! From values to stored bytes.

use super::read::tag;
use super::{FORMAT, HEADER_LEN};
use crate::value::{Map, Value};

/// Writes an item's header.
pub(super) fn header(size: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&[FORMAT, 0]);
    out.extend_from_slice(&u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes());
}

/// Writes the header where room was left for it.
pub(super) fn set_header(size: usize, out: &mut [u8]) {
    let mut bytes = Vec::with_capacity(HEADER_LEN);
    header(size, &mut bytes);
    out[..HEADER_LEN].copy_from_slice(&bytes);
}

/// Writes a count for which one byte was left at `at`: nearly all take no more.
pub(super) fn set_count(out: &mut Vec<u8>, at: usize, count: usize) {
    if count < 0x80 {
        out[at] = count as u8;
    } else {
        let mut digits = Vec::with_capacity(5);
        varint(count, &mut digits);
        out.splice(at..=at, digits);
    }
}

/// Writes a number below 2^32 in LEB128.
pub(super) fn varint(mut number: usize, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Whether JSON writes the string as it is.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    !text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\')
}

fn text(text: &str, out: &mut Vec<u8>) {
    varint(text.len() * 2 + usize::from(!is_plain(text)), out);
    out.extend_from_slice(text.as_bytes());
}

/// Writes bytes with their length before them.
pub(super) fn counted(bytes: &[u8], out: &mut Vec<u8>) {
    varint(bytes.len(), out);
    out.extend_from_slice(bytes);
}

/// Writes the entries of a map.
pub(super) fn map(map: &Map, out: &mut Vec<u8>) {
    varint(map.len(), out);
    map.iter().for_each(|(name, value)| entry(name, value, out));
}

/// Writes an attribute.
pub(super) fn entry(name: &str, member: &Value, out: &mut Vec<u8>) {
    text(name, out);
    value(member, out);
}

/// Writes a value whose length is known only when it is written.
pub(super) fn container(tag: u8, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(tag);
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    write(out);
    set_length(out, at);
}

/// Writes the length of what follows the four bytes that were left for it at `at`.
pub(super) fn set_length(out: &mut [u8], at: usize) {
    let length = u32::try_from(out.len() - at - 4).unwrap_or(u32::MAX);
    out[at..at + 4].copy_from_slice(&length.to_le_bytes());
}

/// Writes a number's value.
pub(super) fn number(number: crate::Number, out: &mut Vec<u8>) {
    out.push(tag::NUMBER);
    // Nearly all numbers are shorter than 128 bytes, so their length is one byte, filled in after.
    let at = out.len();
    out.push(0);
    number.write(out);
    let length = out.len() - at - 1;
    if length < 0x80 {
        out[at] = length as u8;
    } else {
        out.truncate(at);
        counted_number(number, &mut Vec::new(), out);
    }
}

fn counted_number(number: crate::Number, buffer: &mut Vec<u8>, out: &mut Vec<u8>) {
    buffer.clear();
    number.write(buffer);
    counted(buffer, out);
}

pub(super) fn value(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::S(text) => {
            out.push(if is_plain(text) { tag::STRING } else { tag::STRING_ESCAPED });
            counted(text.as_bytes(), out);
        }
        Value::N(value) => number(*value, out),
        Value::B(bytes) => {
            out.push(tag::BINARY);
            counted(bytes, out);
        }
        Value::Bool(true) => out.extend_from_slice(&[tag::TRUE, 0]),
        Value::Bool(false) => out.extend_from_slice(&[tag::FALSE, 0]),
        Value::Null => out.extend_from_slice(&[tag::NULL, 0]),
        Value::Ss(members) => container(tag::STRING_SET, out, |out| {
            varint(members.len(), out);
            members.iter().for_each(|member| text(member, out));
        }),
        Value::Ns(members) => container(tag::NUMBER_SET, out, |out| {
            varint(members.len(), out);
            let mut buffer = Vec::new();
            members.iter().for_each(|member| counted_number(*member, &mut buffer, out));
        }),
        Value::Bs(members) => container(tag::BINARY_SET, out, |out| {
            varint(members.len(), out);
            members.iter().for_each(|member| counted(member, out));
        }),
        Value::L(members) => container(tag::LIST, out, |out| {
            varint(members.len(), out);
            members.iter().for_each(|member| self::value(member, out));
        }),
        Value::M(members) => container(tag::MAP, out, |out| map(members, out)),
    }
}
