//! Writing values as DynamoDB's JSON.

use super::base64::write_base64;
use crate::json::{write_key, write_string};
use item::value::{Map, Value};

/// Writes one attribute value, such as `{"S":"text"}`.
pub fn write_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::S(text) => {
            out.extend_from_slice(b"{\"S\":");
            write_string(out, text);
        }
        Value::N(number) => {
            out.extend_from_slice(b"{\"N\":\"");
            number.write(out);
            out.push(b'"');
        }
        Value::B(bytes) => {
            out.extend_from_slice(b"{\"B\":");
            write_binary(out, bytes);
        }
        Value::Bool(true) => out.extend_from_slice(b"{\"BOOL\":true"),
        Value::Bool(false) => out.extend_from_slice(b"{\"BOOL\":false"),
        Value::Null => out.extend_from_slice(b"{\"NULL\":true"),
        Value::Ss(members) => write_list(out, b"{\"SS\":", members, |out, text| write_string(out, text)),
        Value::Ns(members) => write_list(out, b"{\"NS\":", members, |out, number| {
            out.push(b'"');
            number.write(out);
            out.push(b'"');
        }),
        Value::Bs(members) => write_list(out, b"{\"BS\":", members, |out, bytes| write_binary(out, bytes)),
        Value::L(members) => write_list(out, b"{\"L\":", members, write_value),
        Value::M(map) => {
            out.extend_from_slice(b"{\"M\":");
            write_map(out, map);
        }
    }
    out.push(b'}');
}

/// Writes an item, a key or a map value's inside: `{"name":{"S":"text"},...}`.
pub fn write_map(out: &mut Vec<u8>, map: &Map) {
    out.push(b'{');
    for (index, (name, value)) in map.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_key(out, name);
        write_value(out, value);
    }
    out.push(b'}');
}

fn write_binary(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    write_base64(out, bytes);
    out.push(b'"');
}

fn write_list<T>(out: &mut Vec<u8>, open: &[u8], members: &[T], write: impl Fn(&mut Vec<u8>, &T)) {
    out.extend_from_slice(open);
    out.push(b'[');
    for (index, member) in members.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(out, member);
    }
    out.push(b']');
}
