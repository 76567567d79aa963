//! Items and attribute values as people read them, in one line, with nothing in them that a terminal would take for more
//! than text.

use serde_json::Value;
use std::fmt::Write as _;

/// An attribute value, from DynamoDB's JSON: strings in quotes, numbers as they are.
pub(crate) fn value(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value);
    out
}

/// The same, at most so many characters of it.
pub(crate) fn shortened(of: &Value, characters_max: usize) -> String {
    let text = value(of);
    match text.char_indices().nth(characters_max) {
        None => text,
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

/// The attributes of a key: `name="rex" age=3`.
pub(crate) fn keys(keys: &Value) -> String {
    let pair = |(key, of): (&String, &Value)| format!("{}={}", name(key), value(of));
    keys.as_object().into_iter().flatten().map(pair).collect::<Vec<_>>().join(" ")
}

/// The name of an attribute; in quotes where it is not plain.
pub(crate) fn name(name: &str) -> String {
    let is_plain =
        |character: char| character.is_alphanumeric() || matches!(character, '_' | '-' | '#' | '$');
    match !name.is_empty() && name.chars().all(is_plain) {
        true => name.to_owned(),
        false => quoted(name),
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Also what would turn the direction of the text around.
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            _ if character.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}

fn write(out: &mut String, value: &Value) {
    let Some((kind, of)) = value.as_object().and_then(|members| members.iter().next()) else {
        return out.push_str(&quoted(&value.to_string()));
    };
    match (kind.as_str(), of) {
        ("S", Value::String(text)) => out.push_str(&quoted(text)),
        ("N", Value::String(digits)) => out.push_str(&number(digits)),
        ("B", Value::String(base64)) => {
            let _ = write!(out, "base64 {}", quoted(base64));
        }
        ("BOOL", of) => out.push_str(&of.to_string()),
        ("NULL", _) => out.push_str("null"),
        ("SS" | "BS", Value::Array(all)) => {
            list(out, ("{", "}"), all, |out, of| out.push_str(&quoted(of.as_str().unwrap_or_default())));
        }
        ("NS", Value::Array(all)) => {
            list(out, ("{", "}"), all, |out, of| out.push_str(&number(of.as_str().unwrap_or_default())));
        }
        ("L", Value::Array(all)) => list(out, ("[", "]"), all, write),
        ("M", Value::Object(members)) => list(out, ("{", "}"), members, |out, (key, of)| {
            let _ = write!(out, "{}: ", name(key));
            write(out, of);
        }),
        _ => out.push_str(&quoted(&value.to_string())),
    }
}

/// The digits of a number, with nothing else in them.
fn number(digits: &str) -> String {
    let is_digit =
        |character: &char| character.is_ascii_digit() || matches!(character, '+' | '-' | '.' | 'e' | 'E');
    digits.chars().filter(is_digit).collect()
}

fn list<T>(
    out: &mut String,
    (open, close): (&str, &str),
    all: impl IntoIterator<Item = T>,
    each: impl Fn(&mut String, T),
) {
    out.push_str(open);
    for (place, one) in all.into_iter().enumerate() {
        if place > 0 {
            out.push_str(", ");
        }
        each(out, one);
    }
    out.push_str(close);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_read_well() {
        for (of, text) in [
            (json!({ "S": "a \"b\"\n\u{1b}[31m" }), r#""a \"b\"\n\u001b[31m""#),
            (json!({ "N": "-1.5" }), "-1.5"),
            (json!({ "B": "AQI=" }), "base64 \"AQI=\""),
            (json!({ "BOOL": true }), "true"),
            (json!({ "NULL": true }), "null"),
            (json!({ "SS": ["a", "b"] }), r#"{"a", "b"}"#),
            (json!({ "NS": ["1", "2"] }), "{1, 2}"),
            (json!({ "L": [{ "N": "1" }, { "L": [] }] }), "[1, []]"),
            (json!({ "M": { "a": { "S": "x" }, "b c": { "N": "1" } } }), r#"{a: "x", "b c": 1}"#),
            (json!({ "N": "\u{1b}[31m7" }), "317"),
            (json!(7), "\"7\""),
        ] {
            assert_eq!(value(&of), text);
        }
        assert_eq!(keys(&json!({ "age": { "N": "3" }, "name": { "S": "rex" } })), r#"age=3 name="rex""#);
        assert_eq!(shortened(&json!({ "S": "äöüäöü" }), 4), "\"äöü…");
    }
}
