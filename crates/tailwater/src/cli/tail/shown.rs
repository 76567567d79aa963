//! A record as people read it.

use crate::cli::api::time;
use crate::cli::attribute::{keys, name, shortened, value};
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// How much of a value a line has.
const VALUE_CHARACTERS: usize = 60;

/// How deep maps are compared member by member.
const DEPTH_MAX: usize = 32;

/// How it is shown.
pub(super) struct Shown {
    pub(super) is_coloured: bool,
}

/// What became of an attribute.
enum Difference<'a> {
    Added(&'a Value),
    Removed(&'a Value),
    Changed(&'a Value, &'a Value),
    /// What it was is not in the record.
    Is(&'a Value),
    /// What it is is not in the record.
    Was(&'a Value),
}

impl Shown {
    /// One line: when, what, the key, and what changed.
    pub(super) fn line(&self, record: &Value) -> String {
        let mut out = self.head(record);
        for (path, difference) in differences(record, 0) {
            let text = |value: &Value| shortened(value, VALUE_CHARACTERS);
            let _ = match difference {
                Difference::Added(new) => write!(out, " +{path}={}", text(new)),
                Difference::Removed(old) => write!(out, " -{path}={}", text(old)),
                Difference::Changed(old, new) => write!(out, " {path}={}->{}", text(old), text(new)),
                Difference::Is(new) => write!(out, " {path}={}", text(new)),
                Difference::Was(old) => write!(out, " was {path}={}", text(old)),
            };
        }
        out.push('\n');
        out
    }

    /// A line of what and which, and below it one for each attribute that changed.
    pub(super) fn diff(&self, record: &Value) -> String {
        let mut out = self.head(record);
        out.push('\n');
        for (path, difference) in differences(record, DEPTH_MAX) {
            let (mark, text) = match difference {
                Difference::Added(new) => ('+', value(new)),
                Difference::Removed(old) => ('-', value(old)),
                Difference::Changed(old, new) => ('~', format!("{} -> {}", value(old), value(new))),
                Difference::Is(new) => ('=', value(new)),
                Difference::Was(old) => ('=', format!("{} -> not in the record", value(old))),
            };
            let (colour, end) = match mark {
                '+' => self.colour("32"),
                '-' => self.colour("31"),
                '~' => self.colour("33"),
                _ => ("", ""),
            };
            let _ = writeln!(out, "  {colour}{mark} {path}: {text}{end}");
        }
        out
    }

    fn head(&self, record: &Value) -> String {
        let known = |kind: &&str| matches!(*kind, "INSERT" | "MODIFY" | "REMOVE");
        let kind = record["eventName"].as_str().filter(known).unwrap_or("?     ");
        let (dim, end) = self.colour("2");
        let (colour, _) = self.colour(match kind {
            "INSERT" => "32",
            "REMOVE" => "31",
            _ => "33",
        });
        let body = &record["dynamodb"];
        let mut out = format!("{dim}{}{end}  {colour}{kind}{end}  {}", time(record), keys(&body["Keys"]));
        // It is written with small letters where it was a function's event.
        let who = ["PrincipalId", "principalId"].map(|name| record["userIdentity"][name].as_str());
        if who.contains(&Some("dynamodb.amazonaws.com")) {
            out.push_str(" (its time to live was over)");
        }
        out
    }

    fn colour(&self, code: &'static str) -> (&'static str, &'static str) {
        let begin = match code {
            "2" => "\x1b[2m",
            "31" => "\x1b[31m",
            "32" => "\x1b[32m",
            _ => "\x1b[33m",
        };
        if self.is_coloured { (begin, "\x1b[0m") } else { ("", "") }
    }
}

/// What a record says of attributes that are not the key's, by name; of maps, of their members, so deep.
fn differences(record: &Value, depth: usize) -> Vec<(String, Difference<'_>)> {
    let body = &record["dynamodb"];
    let image = |name: &str| body[name].as_object();
    let is_key = |name: &String| body["Keys"].get(name).is_some();
    let mut out = Vec::new();
    match (image("OldImage"), image("NewImage"), record["eventName"].as_str()) {
        (Some(old), Some(new), _) => compare(&mut out, "", (old, new), depth),
        (None, Some(new), kind) => {
            out.extend(new.iter().filter(|(key, _)| !is_key(key)).map(|(key, value)| {
                let is_new = kind == Some("INSERT");
                (name(key), if is_new { Difference::Added(value) } else { Difference::Is(value) })
            }));
        }
        (Some(old), None, kind) => {
            out.extend(old.iter().filter(|(key, _)| !is_key(key)).map(|(key, value)| {
                let is_gone = kind == Some("REMOVE");
                (name(key), if is_gone { Difference::Removed(value) } else { Difference::Was(value) })
            }));
        }
        (None, None, _) => {}
    }
    out
}

fn compare<'a>(
    out: &mut Vec<(String, Difference<'a>)>,
    path: &str,
    (old, new): (&'a Map<String, Value>, &'a Map<String, Value>),
    depth: usize,
) {
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort_unstable();
    names.dedup();
    for key in names {
        let path = if path.is_empty() { name(key) } else { format!("{path}.{}", name(key)) };
        match (old.get(key), new.get(key)) {
            (Some(old), Some(new)) if old == new => {}
            (Some(old), Some(new)) => match (old["M"].as_object(), new["M"].as_object()) {
                (Some(old), Some(new)) if depth > 0 => compare(out, &path, (old, new), depth - 1),
                _ => out.push((path, Difference::Changed(old, new))),
            },
            (None, Some(new)) => out.push((path, Difference::Added(new))),
            (Some(old), None) => out.push((path, Difference::Removed(old))),
            (None, None) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const PLAIN: Shown = Shown { is_coloured: false };

    fn record(kind: &str, old: Value, new: Value) -> Value {
        let mut body = json!({
            "ApproximateCreationDateTime": 1_600_000_000, "Keys": { "name": { "S": "rex" } }, "SequenceNumber": "7",
        });
        for (member, image) in [("OldImage", old), ("NewImage", new)] {
            if !image.is_null() {
                body[member] = image;
            }
        }
        json!({ "eventName": kind, "dynamodb": body })
    }

    #[test]
    fn a_record_is_a_line() {
        let old = json!({ "name": { "S": "rex" }, "age": { "N": "3" }, "tag": { "S": "x".repeat(100) } });
        let new = json!({ "name": { "S": "rex" }, "age": { "N": "4" }, "good": { "BOOL": true } });
        let head = "2020-09-13T12:26:40.000Z";
        assert_eq!(
            PLAIN.line(&record("MODIFY", old.clone(), new.clone())),
            format!(
                "{head}  MODIFY  name=\"rex\" age=3->4 +good=true -tag=\"{}…\n",
                "x".repeat(VALUE_CHARACTERS - 1)
            )
        );
        assert_eq!(
            PLAIN.line(&record("INSERT", Value::Null, new.clone())),
            format!("{head}  INSERT  name=\"rex\" +age=4 +good=true\n")
        );
        assert_eq!(
            PLAIN.line(&record("MODIFY", Value::Null, new)),
            format!("{head}  MODIFY  name=\"rex\" age=4 good=true\n")
        );
        let mut expired = record("REMOVE", Value::Null, Value::Null);
        expired["userIdentity"] = json!({ "PrincipalId": "dynamodb.amazonaws.com", "Type": "Service" });
        assert_eq!(
            PLAIN.line(&expired),
            format!("{head}  REMOVE  name=\"rex\" (its time to live was over)\n")
        );
        let coloured = Shown { is_coloured: true }.line(&record("REMOVE", old, Value::Null));
        assert!(
            coloured.starts_with("\x1b[2m2020") && coloured.contains("\x1b[31mREMOVE\x1b[0m"),
            "{coloured}"
        );
    }

    #[test]
    fn differences_go_into_maps() {
        let home = |city: &str| json!({ "M": { "city": { "S": city }, "zip": { "N": "1" } } });
        let old = json!({ "home": home("A"), "age": { "N": "3" } });
        let new = json!({ "home": home("B"), "age": { "S": "3" }, "a.b": { "NULL": true } });
        assert_eq!(
            PLAIN.diff(&record("MODIFY", old.clone(), new)),
            "2020-09-13T12:26:40.000Z  MODIFY  name=\"rex\"\n  + \"a.b\": null\n  ~ age: 3 -> \"3\"\n  \
             ~ home.city: \"A\" -> \"B\"\n"
        );
        assert!(PLAIN.diff(&record("REMOVE", old.clone(), Value::Null)).contains("\n  - age: 3\n"));
        assert!(PLAIN.diff(&record("MODIFY", old, Value::Null)).contains("age: 3 -> not in the record\n"));
    }

    #[test]
    fn what_is_no_record_is_shown_all_the_same() {
        assert_eq!(PLAIN.line(&json!({})), "-  ?       \n");
    }
}
