//! The members of a request, read by type and held against the model's constraints.
//!
//! A member is named by its path: `TracingConfig.Mode`. One of another type is a SerializationException at once. What a
//! constraint refuses is collected, and told as one ValidationException by [`Members::finish`].

use super::Failure;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use wire::Layer;
use wire::layer::{Constraint, Constraints};

/// A pattern that a text must satisfy whole, and how AWS writes it.
#[derive(Clone, Copy)]
pub(super) struct Pattern {
    pub(super) text: &'static str,
    pub(super) satisfied: fn(&str) -> bool,
}

/// A request that is being read.
pub(super) struct Members {
    body: Value,
    constraints: Constraints,
}

impl Members {
    /// Reads a body; an empty one has no members.
    pub(super) fn read(body: &[u8]) -> Result<Self, Failure> {
        let body = match body.iter().all(u8::is_ascii_whitespace) {
            true => Value::Object(Map::new()),
            false => serde_json::from_slice(body)
                .map_err(|error| serialization(format!("Could not parse request body into json: {error}")))?,
        };
        match body {
            Value::Object(_) => Ok(Self { body, constraints: Constraints::new(Layer::OLD) }),
            _ => Err(serialization("The body is not a structure.")),
        }
    }

    /// Tells what the constraints refused, if anything.
    pub(super) fn finish(&self) -> Result<(), Failure> {
        let told = self.constraints.finish();
        told.map_err(|error| Failure::validation(error.message().unwrap_or_default()))
    }

    /// Notes that a constraint is not satisfied.
    pub(super) fn fail(&mut self, path: &str, value: impl Into<String>, constraint: Constraint) {
        self.constraints.fail(camel(path), value.into(), constraint);
    }

    /// Notes that a member is missing.
    pub(super) fn required<T>(&mut self, path: &str, member: Option<T>) -> Option<T> {
        if member.is_none() {
            self.constraints.null(camel(path));
        }
        member
    }

    /// Refuses members that are not done, by name, where they hold something.
    pub(super) fn unsupported(&self, paths: &[&str]) -> Result<(), Failure> {
        for path in paths {
            let empty = match self.at(path)? {
                None => true,
                Some(Value::Object(members)) => members.is_empty(),
                Some(Value::Array(elements)) => elements.is_empty(),
                Some(_) => false,
            };
            if !empty {
                return Err(Failure::unsupported(path));
            }
        }
        Ok(())
    }

    /// A member's value; null is as if it were not there.
    pub(super) fn at(&self, path: &str) -> Result<Option<&Value>, Failure> {
        let mut value = &self.body;
        for name in path.split('.') {
            match value {
                Value::Object(members) => match members.get(name) {
                    None | Some(Value::Null) => return Ok(None),
                    Some(member) => value = member,
                },
                _ => return Err(mismatch(path, "a structure")),
            }
        }
        Ok(Some(value))
    }

    /// A structure or a map, as it came.
    pub(super) fn structure(&self, path: &str) -> Result<Option<&Map<String, Value>>, Failure> {
        match self.at(path)? {
            None => Ok(None),
            Some(Value::Object(members)) => Ok(Some(members)),
            Some(_) => Err(mismatch(path, "a structure")),
        }
    }

    /// A text.
    pub(super) fn text(&self, path: &str) -> Result<Option<String>, Failure> {
        match self.at(path)? {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(mismatch(path, "a string")),
        }
    }

    /// A text of this many characters.
    pub(super) fn text_of(
        &mut self,
        path: &str,
        (min, max): (usize, usize),
    ) -> Result<Option<String>, Failure> {
        let text = self.text(path)?;
        if let Some(text) = &text {
            self.constraints.length(camel(path), Some(text), min, max);
        }
        Ok(text)
    }

    /// A text that satisfies a pattern.
    pub(super) fn pattern(&mut self, path: &str, pattern: Pattern) -> Result<Option<String>, Failure> {
        let text = self.text(path)?;
        if let Some(text) = text.as_ref().filter(|text| !(pattern.satisfied)(text)) {
            self.fail(path, text.clone(), Constraint::Pattern(pattern.text));
        }
        Ok(text)
    }

    /// One of these texts.
    pub(super) fn one_of(
        &mut self,
        path: &str,
        (texts, set): (&[&str], &'static str),
    ) -> Result<Option<String>, Failure> {
        let text = self.text(path)?;
        if let Some(text) = text.as_ref().filter(|text| !texts.contains(&text.as_str())) {
            self.fail(path, text.clone(), Constraint::Enum(set));
        }
        Ok(text)
    }

    /// An integer between these.
    pub(super) fn integer(&mut self, path: &str, (min, max): (i64, i64)) -> Result<Option<u32>, Failure> {
        let Some(value) = self.at(path)? else { return Ok(None) };
        let integer = value.as_i64().ok_or_else(|| mismatch(path, "an integer"))?;
        if integer < min {
            self.fail(path, integer.to_string(), Constraint::MinValue(min));
        } else if integer > max {
            self.fail(path, integer.to_string(), Constraint::MaxValue(max));
        }
        // Where it is out of range, the request does not go on.
        Ok(Some(u32::try_from(integer).unwrap_or_default()))
    }

    /// A truth value.
    pub(super) fn boolean(&self, path: &str) -> Result<Option<bool>, Failure> {
        match self.at(path)? {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(_) => Err(mismatch(path, "a boolean")),
        }
    }

    /// Bytes.
    pub(super) fn blob(&self, path: &str) -> Result<Option<Vec<u8>>, Failure> {
        match self.at(path)? {
            None => Ok(None),
            Some(Value::String(text)) => match STANDARD.decode(text) {
                Ok(bytes) => Ok(Some(bytes)),
                Err(_) => Err(mismatch(path, "base64")),
            },
            Some(_) => Err(mismatch(path, "a blob")),
        }
    }

    /// A list of texts.
    pub(super) fn texts(&self, path: &str) -> Result<Option<Vec<String>>, Failure> {
        let Some(value) = self.at(path)? else { return Ok(None) };
        let elements = value.as_array().ok_or_else(|| mismatch(path, "a list"))?;
        let text = |element: &Value| element.as_str().map(str::to_owned);
        let texts: Option<Vec<String>> = elements.iter().map(text).collect();
        texts.map(Some).ok_or_else(|| mismatch(path, "a list of strings"))
    }

    /// A map of texts.
    pub(super) fn map(&self, path: &str) -> Result<Option<BTreeMap<String, String>>, Failure> {
        let Some(members) = self.structure(path)? else { return Ok(None) };
        let pair = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
        let pairs: Option<BTreeMap<_, _>> = members.iter().map(pair).collect();
        pairs.map(Some).ok_or_else(|| mismatch(path, "a map of strings"))
    }
}

/// The path of a member as failures tell it: `tracingConfig.mode`.
fn camel(path: &str) -> String {
    let name = |name: &str| {
        let first = name.chars().next().map(|first| first.to_ascii_lowercase());
        format!("{}{}", first.unwrap_or_default(), name.get(1..).unwrap_or_default())
    };
    path.split('.').map(name).collect::<Vec<_>>().join(".")
}

fn serialization(message: impl Into<String>) -> Failure {
    Failure::new(400, "SerializationException", message)
}

fn mismatch(path: &str, expected: &str) -> Failure {
    serialization(format!("The member {path} is not {expected}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_are_told_together_and_in_camel_case() {
        let body = br#"{"Timeout":0,"TracingConfig":{"Mode":"x"},"Role":"r"}"#;
        let mut members = Members::read(body).unwrap();
        members.integer("Timeout", (1, 900)).unwrap();
        members.one_of("TracingConfig.Mode", (&["Active"], "[Active]")).unwrap();
        members.required::<String>("Handler", None);
        assert_eq!(
            members.finish().unwrap_err().message(),
            "3 validation errors detected: Value '0' at 'timeout' failed to satisfy constraint: Member must have value \
             greater than or equal to 1; Value 'x' at 'tracingConfig.mode' failed to satisfy constraint: Member must \
             satisfy enum value set: [Active]; Value null at 'handler' failed to satisfy constraint: Member must not be \
             null"
        );
    }

    #[test]
    fn other_types_are_refused() {
        let members = Members::read(br#"{"A":1,"B":{"C":"x"},"D":null,"E":["x",1]}"#).unwrap();
        assert!(members.text("A").is_err() && members.at("A.B").is_err() && members.texts("E").is_err());
        assert_eq!(members.text("B.C").unwrap().as_deref(), Some("x"));
        assert_eq!((members.text("D").unwrap(), members.text("X.Y").unwrap()), (None, None));
        assert_eq!(
            members.unsupported(&["D", "B"]).unwrap_err().message(),
            "B is not supported by this server"
        );
        assert!(Members::read(b"[]").is_err() && Members::read(b"{").is_err());
        assert!(Members::read(b" ").unwrap().finish().is_ok());
    }
}
