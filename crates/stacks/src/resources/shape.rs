//! What properties are: a table for each type, and the reading of a template's values by it.
//!
//! Templates write numbers and booleans as texts and texts as numbers; each becomes what its property is. What is not there in
//! the table, not what it must be, or missing, is told all at once, in CloudFormation's words.

use cloudformation::Value;
use serde_json::{Map, Value as Json};

/// What a value is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// A text.
    Text,
    /// An integer.
    Integer,
    /// A number.
    Number,
    /// A boolean.
    Boolean,
    /// Whatever JSON; its own service looks into it.
    Json,
    /// A list.
    List(&'static Shape),
    /// An object whose members have any names.
    Map(&'static Shape),
    /// An object.
    Structure(&'static [Member]),
    /// Nothing that this server can do anything with.
    Unsupported,
}

/// A member of a structure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    name: &'static str,
    shape: Shape,
    required: bool,
}

/// A member that need not be there.
pub(super) const fn may(name: &'static str, shape: Shape) -> Member {
    Member { name, shape, required: false }
}

/// A member that must be there.
pub(super) const fn must(name: &'static str, shape: Shape) -> Member {
    Member { name, shape, required: true }
}

/// A member that is refused where it is there.
pub(super) const fn never(name: &'static str) -> Member {
    Member { name, shape: Shape::Unsupported, required: false }
}

/// A list of texts.
pub(super) const TEXTS: Shape = Shape::List(&Shape::Text);

/// A list of tags.
pub(super) const TAGS: Shape =
    Shape::List(&Shape::Structure(&[must("Key", Shape::Text), may("Value", Shape::Text)]));

/// Why properties are not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// They are not what the type has: all that is wrong with them.
    Wrong(Vec<String>),
    /// This one can only be refused here.
    Unsupported(String),
}

/// Reads properties.
pub(super) fn read(table: &'static [Member], properties: &Value) -> Result<Json, Unfit> {
    let mut reading = Reading::default();
    let empty = Value::empty();
    let properties = if *properties == Value::Null { &empty } else { properties };
    let read = reading.read(&Shape::Structure(table), properties, "#");
    if !reading.wrong.is_empty() {
        return Err(Unfit::Wrong(reading.wrong));
    }
    match reading.unsupported {
        Some(path) => Err(Unfit::Unsupported(path)),
        None => Ok(read),
    }
}

/// What can be read of properties; what else there is has nothing to say.
pub(super) fn readable(table: &'static [Member], properties: &Value) -> Json {
    match Reading::default().read(&Shape::Structure(table), properties, "#") {
        Json::Null => Json::Object(Map::new()),
        read => read,
    }
}

#[derive(Default)]
struct Reading {
    wrong: Vec<String>,
    unsupported: Option<String>,
}

impl Reading {
    /// The value, and null where it is not as it must be.
    fn read(&mut self, shape: &Shape, value: &Value, path: &str) -> Json {
        match (shape, value) {
            (Shape::Json, value) => json_of(value),
            (Shape::Unsupported, _) => {
                self.unsupported.get_or_insert_with(|| path.trim_start_matches("#/").replace('/', "."));
                Json::Null
            }
            (Shape::Structure(members), Value::Map(given)) => self.structure(members, given, path),
            (Shape::Map(shape), Value::Map(given)) => {
                let read = |(name, value): (&String, &Value)| {
                    (name.clone(), self.read(shape, value, &format!("{path}/{name}")))
                };
                Json::Object(given.iter().map(read).filter(|(_, value)| !value.is_null()).collect())
            }
            (Shape::List(shape), Value::List(given)) => {
                let read = |(place, value)| self.read(shape, value, &format!("{path}/{place}"));
                Json::Array(given.iter().enumerate().map(read).filter(|value| !value.is_null()).collect())
            }
            (shape, value) => scalar(shape, value).unwrap_or_else(|| {
                self.wrong.push(format!("{path}: expected type: {}, found: {}", wanted(shape), found(value)));
                Json::Null
            }),
        }
    }

    fn structure(&mut self, members: &[Member], given: &cloudformation::Map, path: &str) -> Json {
        for member in members.iter().filter(|member| member.required && !given.contains_key(member.name)) {
            self.wrong.push(format!("{path}: required key [{}] not found", member.name));
        }
        let mut read = Map::new();
        for (name, value) in given.iter().filter(|(_, value)| **value != Value::Null) {
            match members.iter().find(|member| member.name == name) {
                Some(member) => match self.read(&member.shape, value, &format!("{path}/{name}")) {
                    Json::Null => {}
                    value => drop(read.insert(name.clone(), value)),
                },
                None => self.wrong.push(format!("{path}: extraneous key [{name}] is not permitted")),
            }
        }
        Json::Object(read)
    }
}

/// The scalar that a text is.
fn scalar(shape: &Shape, value: &Value) -> Option<Json> {
    let text = value.text()?;
    match shape {
        Shape::Text => Some(Json::String(text.into_owned())),
        Shape::Integer => Some(integer(text.trim())?.into()),
        Shape::Number => {
            let number: f64 = text.trim().parse().ok()?;
            serde_json::Number::from_f64(number).map(Json::Number)
        }
        Shape::Boolean => match text.trim() {
            text if text.eq_ignore_ascii_case("true") => Some(Json::Bool(true)),
            text if text.eq_ignore_ascii_case("false") => Some(Json::Bool(false)),
            _ => None,
        },
        Shape::Json | Shape::List(_) | Shape::Map(_) | Shape::Structure(_) | Shape::Unsupported => None,
    }
}

/// The largest integers that numbers with a point are read as, without loss.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// An integer, also where it is written like `5.0`.
fn integer(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| {
        let number: f64 = text.parse().ok()?;
        (number.fract() == 0.0 && number.abs() <= EXACT_MAX).then_some(number as i64)
    })
}

/// JSON of the same form.
fn json_of(value: &Value) -> Json {
    match value {
        Value::Null | Value::Unknown(_) => Json::Null,
        Value::Boolean(boolean) => Json::Bool(*boolean),
        Value::Number(text) => serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.clone())),
        Value::String(text) => Json::String(text.clone()),
        Value::List(elements) => Json::Array(elements.iter().map(json_of).collect()),
        Value::Map(members) => {
            Json::Object(members.iter().map(|(name, value)| (name.clone(), json_of(value))).collect())
        }
    }
}

const fn wanted(shape: &Shape) -> &'static str {
    match shape {
        Shape::Text => "String",
        Shape::Integer => "Integer",
        Shape::Number => "Number",
        Shape::Boolean => "Boolean",
        Shape::List(_) => "JSONArray",
        Shape::Json | Shape::Map(_) | Shape::Structure(_) | Shape::Unsupported => "JSONObject",
    }
}

const fn found(value: &Value) -> &'static str {
    match value {
        Value::Null => "Null",
        Value::Boolean(_) => "Boolean",
        Value::Number(_) => "Number",
        Value::String(_) | Value::Unknown(_) => "String",
        Value::List(_) => "JSONArray",
        Value::Map(_) => "JSONObject",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TABLE: &[Member] = &[
        must("Name", Shape::Text),
        may("Count", Shape::Integer),
        may("Weight", Shape::Number),
        may("On", Shape::Boolean),
        may("Document", Shape::Json),
        may("Tags", TAGS),
        may("Variables", Shape::Map(&Shape::Text)),
        may("Inner", Shape::Structure(&[must("A", Shape::Integer), never("Image")])),
        never("Elsewhere"),
    ];

    fn value(json: &Json) -> Value {
        match json {
            Json::Null => Value::Null,
            Json::Bool(boolean) => Value::Boolean(*boolean),
            Json::Number(number) => Value::Number(number.to_string()),
            Json::String(text) => Value::String(text.clone()),
            Json::Array(elements) => Value::List(elements.iter().map(value).collect()),
            Json::Object(members) => {
                Value::Map(members.iter().map(|(name, member)| (name.clone(), value(member))).collect())
            }
        }
    }

    #[test]
    fn values_become_what_their_properties_are() {
        let given = json!({
            "Name": 5, "Count": "7", "Weight": "0.5", "On": "True", "Variables": { "A": true, "B": 1 },
            "Tags": [{ "Key": "k", "Value": 1 }], "Document": { "a": [1, "2", false] }, "Inner": { "A": "5.0" },
        });
        let expected = json!({
            "Name": "5", "Count": 7, "Weight": 0.5, "On": true, "Variables": { "A": "true", "B": "1" },
            "Tags": [{ "Key": "k", "Value": "1" }], "Document": { "a": [1, "2", false] }, "Inner": { "A": 5 },
        });
        assert_eq!(read(TABLE, &value(&given)), Ok(expected));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let wrong = |given: Json| match read(TABLE, &value(&given)) {
            Err(Unfit::Wrong(wrong)) => wrong.join("; "),
            other => panic!("{other:?}"),
        };
        let cases = [
            (json!({ "Name": "n", "X": 1 }), "#: extraneous key [X] is not permitted"),
            (json!(null), "#: required key [Name] not found"),
            (json!({ "Name": [] }), "#/Name: expected type: String, found: JSONArray"),
            (json!({ "Name": "n", "Count": "1.5" }), "#/Count: expected type: Integer, found: String"),
            (json!({ "Name": "n", "On": 1 }), "#/On: expected type: Boolean, found: Number"),
            (json!({ "Name": "n", "Tags": [{ "Value": "v" }] }), "#/Tags/0: required key [Key] not found"),
            (json!({ "Name": "n", "Tags": {} }), "#/Tags: expected type: JSONArray, found: JSONObject"),
            (
                json!({ "Inner": { "B": 1 }, "Name": "n" }),
                "#/Inner: required key [A] not found; #/Inner: extraneous key [B] is not permitted",
            ),
        ];
        for (given, expected) in cases {
            assert_eq!(wrong(given), expected);
        }
    }

    #[test]
    fn what_can_be_read_is_read_beside_what_cannot() {
        let given = json!({
            "Name": [], "Count": "7", "X": 1, "Tags": [{ "Key": "k" }, 5], "Variables": { "A": 1, "B": [] },
            "Inner": { "A": "1", "Image": "i" }, "Elsewhere": {},
        });
        let expected =
            json!({ "Count": 7, "Tags": [{ "Key": "k" }], "Variables": { "A": "1" }, "Inner": { "A": 1 } });
        assert_eq!(readable(TABLE, &value(&given)), expected);
        assert_eq!(readable(TABLE, &Value::Null), json!({}));
    }

    #[test]
    fn what_is_not_supported_is_named() {
        let unsupported = |path: &str| Err(Unfit::Unsupported(path.to_owned()));
        assert_eq!(read(TABLE, &value(&json!({ "Name": "n", "Elsewhere": {} }))), unsupported("Elsewhere"));
        let inner = json!({ "Name": "n", "Inner": { "A": 1, "Image": "i" } });
        assert_eq!(read(TABLE, &value(&inner)), unsupported("Inner.Image"));
    }
}
