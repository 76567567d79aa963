//! Values as the old layer prints them: as its Java classes do.

use super::batch_write_item::WriteRequest;
use crate::value::write_base64;
use item::value::{Map, Value};
use std::fmt::Write as _;

/// Where Java's `String.hashCode` puts a key in a hash table of `buckets`, a power of two.
fn bucket(key: &str, buckets: usize) -> usize {
    let hash = key.encode_utf16().fold(0u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into()));
    (hash ^ (hash >> 16)) as usize & (buckets - 1)
}

/// Entries in the order of a Java `HashMap` that was sized to their number.
fn in_java_order<T>(mut entries: Vec<(&str, T)>) -> Vec<(&str, T)> {
    let buckets = entries.len().next_power_of_two().max(2);
    entries.sort_by_key(|(key, _)| bucket(key, buckets));
    entries
}

fn push_map<T>(out: &mut String, entries: Vec<(&str, T)>, push: impl Fn(&mut String, T)) {
    out.push('{');
    for (index, (key, value)) in in_java_order(entries).into_iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        out.push_str(key);
        out.push('=');
        push(out, value);
    }
    out.push('}');
}

fn push_list<T>(out: &mut String, members: &[T], push: impl Fn(&mut String, &T)) {
    out.push('[');
    for (index, member) in members.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        push(out, member);
    }
    out.push(']');
}

fn push_attributes(out: &mut String, map: &Map) {
    push_map(out, map.iter().map(|(name, value)| (name.as_str(), value)).collect(), push_value);
}

fn push_value(out: &mut String, value: &Value) {
    const FIELDS: [&str; 16] = [
        "s",
        "n",
        "b",
        "iNT",
        "dECIMAL",
        "dOUBLE",
        "sS",
        "nS",
        "bS",
        "iNTSET",
        "dECIMALSET",
        "dOUBLESET",
        "m",
        "l",
        "nULL",
        "bOOL",
    ];
    let given = match value {
        Value::S(_) => "s",
        Value::N(_) => "n",
        Value::B(_) => "b",
        Value::Ss(_) => "sS",
        Value::Ns(_) => "nS",
        Value::Bs(_) => "bS",
        Value::M(_) => "m",
        Value::L(_) => "l",
        Value::Null => "nULL",
        Value::Bool(_) => "bOOL",
    };
    out.push_str("AttributeValue(");
    for (index, field) in FIELDS.into_iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        out.push_str(field);
        out.push('=');
        if field == given { push_content(out, value) } else { out.push_str("null") }
    }
    out.push(')');
}

fn push_content(out: &mut String, value: &Value) {
    // Writing into a string does not fail.
    let _ = match value {
        Value::S(text) => out.write_str(text),
        Value::N(number) => write!(out, "{number}"),
        Value::B(bytes) => out.write_str(&base64(bytes)),
        Value::Ss(members) => {
            push_list(out, members, |out, text| out.push_str(text));
            Ok(())
        }
        Value::Ns(members) => {
            push_list(out, members, |out, number| out.push_str(&number.to_string()));
            Ok(())
        }
        Value::Bs(members) => {
            push_list(out, members, |out, bytes| out.push_str(&base64(bytes)));
            Ok(())
        }
        Value::M(map) => {
            push_attributes(out, map);
            Ok(())
        }
        Value::L(members) => {
            push_list(out, members, push_value);
            Ok(())
        }
        Value::Null => out.write_str("true"),
        Value::Bool(value) => write!(out, "{value}"),
    };
}

fn base64(bytes: &[u8]) -> String {
    let mut text = Vec::new();
    write_base64(&mut text, bytes);
    text.into_iter().map(char::from).collect()
}

/// `RequestItems` of BatchWriteItem.
pub(super) fn write_requests(tables: &[(String, Vec<WriteRequest>)]) -> String {
    let mut out = String::new();
    let entries = tables.iter().map(|(name, requests)| (name.as_str(), requests)).collect();
    push_map(&mut out, entries, |out, requests| push_list(out, requests, push_write_request));
    out
}

/// The parameters of a statement.
pub(super) fn values(values: &[Value]) -> String {
    let mut out = String::new();
    push_list(&mut out, values, push_value);
    out
}

fn push_write_request(out: &mut String, request: &WriteRequest) {
    match request {
        WriteRequest::Put(item) => {
            out.push_str("WriteRequest(putRequest=PutRequest(item=");
            // What was just written is not damaged.
            push_attributes(out, &item.decode().unwrap_or_default());
            out.push_str(", workloadProfileName=null), deleteRequest=null)");
        }
        WriteRequest::Delete(key) => {
            out.push_str("WriteRequest(putRequest=null, deleteRequest=DeleteRequest(key=");
            push_attributes(out, key);
            out.push_str(", workloadProfileName=null))");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_request_prints_as_the_java_class_does() {
        let item: Map = [("pk".into(), Value::S("k".into()))].into_iter().collect();
        let text =
            write_requests(&[("tab".to_owned(), vec![WriteRequest::Put(item::Stored::encode(&item))])]);
        assert_eq!(
            text,
            "{tab=[WriteRequest(putRequest=PutRequest(item={pk=AttributeValue(s=k, n=null, b=null, iNT=null, \
             dECIMAL=null, dOUBLE=null, sS=null, nS=null, bS=null, iNTSET=null, dECIMALSET=null, dOUBLESET=null, \
             m=null, l=null, nULL=null, bOOL=null)}, workloadProfileName=null), deleteRequest=null)]}"
        );
    }

    #[test]
    fn maps_come_in_the_order_of_java_s_hash_table() {
        let mut out = String::new();
        push_map(&mut out, vec![("b", 1), ("a", 2), ("AaAa", 3)], |out, value| {
            out.push_str(&value.to_string());
        });
        // Four buckets: "AaAa" hashes to 2031744, "a" to 97, "b" to 98.
        assert_eq!(out, "{a=2, b=1, AaAa=3}");
    }
}
