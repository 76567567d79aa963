//! Writing: an item to a line of Ion's text.

use super::scan::is_identifier_start;
use item::{Map, Number, Value};
use wire::value::write_base64;

/// Writes an item as a line.
pub fn write_line(out: &mut Vec<u8>, item: &Map) {
    out.extend_from_slice(b"$ion_1_0 {Item:");
    write_map(out, item);
    out.extend_from_slice(b"}\n");
}

/// Writes a struct.
pub fn write_map(out: &mut Vec<u8>, map: &Map) {
    out.push(b'{');
    for (place, (name, value)) in map.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        write_name(out, name);
        out.push(b':');
        write_value(out, value);
    }
    out.push(b'}');
}

fn write_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::S(text) => write_text(out, text, b'"'),
        Value::N(number) => write_number(out, *number),
        Value::B(bytes) => write_blob(out, bytes),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Null => out.extend_from_slice(b"null"),
        Value::Ss(members) => {
            write_list(out, "$dynamodb_SS::", members, |out, text| write_text(out, text, b'"'));
        }
        Value::Ns(members) => {
            write_list(out, "$dynamodb_NS::", members, |out, number| write_number(out, *number));
        }
        Value::Bs(members) => write_list(out, "$dynamodb_BS::", members, |out, bytes| write_blob(out, bytes)),
        Value::L(members) => write_list(out, "", members, write_value),
        Value::M(map) => write_map(out, map),
    }
}

fn write_list<T>(out: &mut Vec<u8>, annotation: &str, members: &[T], write: impl Fn(&mut Vec<u8>, &T)) {
    out.extend_from_slice(annotation.as_bytes());
    out.push(b'[');
    for (place, member) in members.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        write(out, member);
    }
    out.push(b']');
}

/// A decimal: `103.`, `6d2`, `1.5`, never an int, as AWS writes numbers.
fn write_number(out: &mut Vec<u8>, number: Number) {
    let start = out.len();
    number.write(out);
    if out[start..].contains(&b'.') {
        return;
    }
    let zeros = out[start..].iter().rev().take_while(|digit| **digit == b'0').count();
    if zeros == 0 || number.is_zero() {
        out.push(b'.');
        return;
    }
    out.truncate(out.len() - zeros);
    out.extend_from_slice(format!("d{zeros}").as_bytes());
}

fn write_blob(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(b"{{");
    write_base64(out, bytes);
    out.extend_from_slice(b"}}");
}

/// A field's name, in quotes where it would be read as something else without.
fn write_name(out: &mut Vec<u8>, name: &str) {
    let is_plain = name.bytes().next().is_some_and(|first| is_identifier_start(first) && first != b'$')
        && name.bytes().all(|byte| is_identifier_start(byte) || byte.is_ascii_digit())
        && !matches!(name, "null" | "true" | "false" | "nan");
    if is_plain {
        out.extend_from_slice(name.as_bytes());
    } else {
        write_text(out, name, b'\'');
    }
}

fn write_text(out: &mut Vec<u8>, text: &str, quote: u8) {
    out.push(quote);
    for byte in text.bytes() {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 | 0x7f => out.extend_from_slice(format!("\\x{byte:02x}").as_bytes()),
            byte if byte == quote => out.extend_from_slice(&[b'\\', byte]),
            byte => out.push(byte),
        }
    }
    out.push(quote);
}
