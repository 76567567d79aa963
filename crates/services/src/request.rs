//! The members of a request, read by type and held against the model's constraints.
//!
//! A member of another type is refused at once. What a constraint refuses is collected, and told as one ValidationException
//! by [`Request::finish`].

use crate::value::Value;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wire::layer::{Constraint, Constraints};
use wire::{ApiError, Layer};

/// A pattern that a text must satisfy whole, and how AWS writes it.
#[derive(Clone, Copy)]
pub(crate) struct Pattern {
    /// As AWS writes it.
    pub(crate) text: &'static str,
    /// Whether a text does.
    pub(crate) satisfied: fn(&str) -> bool,
}

/// Why a request is refused for its members alone. Each service has its own words around these.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RequestError {
    /// It cannot be read, or a member is of another type than it must be: a SerializationException.
    #[error("{0}")]
    Serialization(String),
    /// Constraints refuse it: a ValidationException.
    #[error("{}", .0.message().unwrap_or_default())]
    Invalid(ApiError),
    /// It has a member that AWS knows, and this server does not do what it asks for.
    #[error("{0} is not supported by this server")]
    Unsupported(String),
}

impl RequestError {
    /// The body holds more values than a request has use for.
    pub(crate) fn too_many_values(values_max: usize) -> Self {
        Self::Serialization(format!("The body has more than {values_max} values."))
    }
}

/// A request that is being read, or a structure in one.
#[derive(Debug)]
pub(crate) struct Request {
    members: Vec<(String, Value)>,
    constraints: Constraints,
    /// What stands before the names of members in failures.
    prefix: String,
}

impl Request {
    /// Reads the members of a structure.
    pub(crate) fn new(value: Value) -> Result<Self, RequestError> {
        let Value::Structure(members) = value else {
            return Err(RequestError::Serialization("The body is not a structure.".to_owned()));
        };
        Ok(Self { members, constraints: Constraints::new(Layer::OLD), prefix: String::new() })
    }

    /// Tells what the constraints refused, if anything.
    pub(crate) fn finish(&self) -> Result<(), RequestError> {
        self.constraints.finish().map_err(RequestError::Invalid)
    }

    /// A member's value, taken out; the last one, should it be there twice.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.members.iter().rposition(|(other, _)| other == name)?;
        Some(self.members.swap_remove(at).1).filter(|value| *value != Value::Null)
    }

    /// The name of a member as failures tell it.
    fn path(&self, name: &str) -> String {
        let first = name.chars().next().map(|first| first.to_ascii_lowercase());
        format!("{}{}{}", self.prefix, first.unwrap_or_default(), name.get(1..).unwrap_or_default())
    }

    /// Notes that a member is missing.
    pub(crate) fn required<T>(&mut self, name: &str, member: Option<T>) -> Option<T> {
        if member.is_none() {
            let path = self.path(name);
            self.constraints.null(path);
        }
        member
    }

    /// Notes that a constraint is not satisfied.
    pub(crate) fn fail(&mut self, name: &str, value: impl Into<String>, constraint: Constraint) {
        let path = self.path(name);
        self.constraints.fail(path, value.into(), constraint);
    }

    /// A text.
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, RequestError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(mismatch(name, "a string")),
        }
    }

    /// A text of this many characters.
    pub(crate) fn text_of(
        &mut self,
        name: &str,
        (min, max): (usize, usize),
    ) -> Result<Option<String>, RequestError> {
        let text = self.text(name)?;
        if let Some(text) = &text {
            self.length(name, text, text.chars().count(), (min, max));
        }
        Ok(text)
    }

    /// A text of at most this many characters, that satisfies a pattern.
    pub(crate) fn pattern(
        &mut self,
        name: &str,
        max: usize,
        pattern: Pattern,
    ) -> Result<Option<String>, RequestError> {
        let text = self.text_of(name, (1, max))?;
        if let Some(text) = text.as_ref().filter(|text| !(pattern.satisfied)(text)) {
            self.fail(name, text.clone(), Constraint::Pattern(pattern.text));
        }
        Ok(text)
    }

    /// One of these texts.
    pub(crate) fn one_of(
        &mut self,
        name: &str,
        (texts, set): (&[&'static str], &'static str),
    ) -> Result<Option<&'static str>, RequestError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let found = texts.iter().find(|one| **one == text).copied();
        if found.is_none() {
            self.fail(name, text, Constraint::Enum(set));
        }
        // Where it is none of them, the request does not go on.
        Ok(found.or(texts.first().copied()))
    }

    /// A truth value.
    pub(crate) fn boolean(&mut self, name: &str) -> Result<Option<bool>, RequestError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Boolean(boolean)) => Ok(Some(boolean)),
            Some(_) => Err(mismatch(name, "a boolean")),
        }
    }

    /// An integer between these.
    pub(crate) fn integer(
        &mut self,
        name: &str,
        (min, max): (i64, i64),
    ) -> Result<Option<i64>, RequestError> {
        let integer = match self.take(name) {
            None => return Ok(None),
            Some(Value::Integer(integer)) => integer,
            Some(_) => return Err(mismatch(name, "an integer")),
        };
        if integer < min {
            self.fail(name, integer.to_string(), Constraint::MinValue(min));
        } else if integer > max {
            self.fail(name, integer.to_string(), Constraint::MaxValue(max));
        }
        Ok(Some(integer))
    }

    /// A time, in milliseconds since the epoch.
    pub(crate) fn time_ms(&mut self, name: &str) -> Result<Option<u64>, RequestError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Time(ms)) => Ok(Some(ms)),
            Some(Value::Integer(seconds)) if seconds >= 0 => {
                Ok(Some(seconds.unsigned_abs().saturating_mul(1_000)))
            }
            Some(Value::Float(seconds)) if seconds >= 0.0 => Ok(Some((seconds * 1_000.0).round() as u64)),
            Some(_) => Err(mismatch(name, "a time")),
        }
    }

    /// Bytes.
    pub(crate) fn blob(&mut self, name: &str) -> Result<Option<Vec<u8>>, RequestError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Blob(bytes)) => Ok(Some(bytes)),
            Some(Value::Text(text)) => match STANDARD.decode(text) {
                Ok(bytes) => Ok(Some(bytes)),
                Err(_) => Err(mismatch(name, "base64")),
            },
            Some(_) => Err(mismatch(name, "a blob")),
        }
    }

    /// A list of this many values.
    pub(crate) fn list(
        &mut self,
        name: &str,
        lengths: (usize, usize),
    ) -> Result<Option<Vec<Value>>, RequestError> {
        let list = match self.take(name) {
            None => return Ok(None),
            Some(Value::List(list)) => list,
            Some(_) => return Err(mismatch(name, "a list")),
        };
        self.length(name, "[...]", list.len(), lengths);
        Ok(Some(list))
    }

    /// A map of this many texts.
    pub(crate) fn map(
        &mut self,
        name: &str,
        lengths: (usize, usize),
    ) -> Result<Option<Vec<(String, String)>>, RequestError> {
        let members = match self.take(name) {
            None => return Ok(None),
            Some(Value::Structure(members)) => members,
            Some(_) => return Err(mismatch(name, "a map")),
        };
        self.length(name, "{...}", members.len(), lengths);
        let texts = members.into_iter().map(|(key, value)| match value {
            Value::Text(text) => Ok((key, text)),
            _ => Err(mismatch(name, "a map of strings")),
        });
        texts.collect::<Result<_, _>>().map(Some)
    }

    /// Reads a structure that is a member, or an element of a list, told in failures by this prefix.
    pub(crate) fn within<T, E: From<RequestError>>(
        &mut self,
        prefix: String,
        value: Value,
        read: impl FnOnce(&mut Request) -> Result<T, E>,
    ) -> Result<T, E> {
        let Value::Structure(inner) = value else { return Err(mismatch(&prefix, "a structure").into()) };
        let outer = std::mem::replace(&mut self.members, inner);
        let outer_prefix = std::mem::replace(&mut self.prefix, format!("{prefix}."));
        let result = read(self);
        self.members = outer;
        self.prefix = outer_prefix;
        result
    }

    /// Refuses members that AWS knows and this server does not do.
    pub(crate) fn unsupported(&mut self, names: &[&str]) -> Result<(), RequestError> {
        let given =
            names.iter().find(|name| self.take(name).is_some_and(|value| value != Value::Boolean(false)));
        match given {
            Some(name) => Err(RequestError::Unsupported((*name).to_owned())),
            None => Ok(()),
        }
    }

    fn length(&mut self, name: &str, value: &str, length: usize, (min, max): (usize, usize)) {
        let bound = |bound: usize| i64::try_from(bound).unwrap_or(i64::MAX);
        if length < min {
            self.fail(name, value, Constraint::MinLength(bound(min)));
        } else if length > max {
            self.fail(name, value, Constraint::MaxLength(bound(max)));
        }
    }
}

fn mismatch(name: &str, expected: &str) -> RequestError {
    RequestError::Serialization(format!("{name} is not {expected}"))
}
