//! The members of a request, read by type and held against the model's constraints.
//!
//! A member of another type is a SerializationException at once. What a constraint refuses is collected, and told as one
//! ValidationException by [`Request::finish`].

use super::failure::Failure;
use super::{Format, Value, cbor};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wire::Layer;
use wire::layer::{Constraint, Constraints};

/// A pattern that a text must satisfy whole, and how AWS writes it.
#[derive(Clone, Copy)]
pub(super) struct Pattern {
    text: &'static str,
    satisfied: fn(&str) -> bool,
}

/// Names of streams and ids of shards.
pub(super) const NAME: Pattern = Pattern {
    text: "[a-zA-Z0-9_.-]+",
    satisfied: |text| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
        !text.is_empty() && text.bytes().all(allowed)
    },
};

/// ARNs of streams.
pub(super) const STREAM_ARN: Pattern = Pattern {
    text: "arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+",
    satisfied: |text| {
        let Some((owner, name)) = text.split_once(":stream/") else { return false };
        let account = owner.rsplit(':').next().unwrap_or_default();
        let digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let named = !name.is_empty() && !name.contains(char::is_whitespace);
        owner.starts_with("arn:aws") && owner.contains(":kinesis:") && digits && named
    },
};

/// Hash keys.
pub(super) const HASH_KEY: Pattern =
    Pattern { text: "0|([1-9]\\d{0,38})", satisfied: |text| is_number(text, 39) };

/// Sequence numbers.
pub(super) const SEQUENCE_NUMBER: Pattern =
    Pattern { text: "0|([1-9]\\d{0,128})", satisfied: |text| is_number(text, 129) };

/// A decimal number without a zero in front, of so many digits at most.
fn is_number(text: &str, digits_max: usize) -> bool {
    let plain = text == "0" || !text.starts_with('0');
    plain && (1..=digits_max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A request that is being read, or a structure in one.
#[derive(Debug)]
pub(super) struct Request {
    members: Vec<(String, Value)>,
    constraints: Constraints,
    /// What stands before the names of members in failures.
    prefix: String,
}

impl Request {
    /// Reads a body.
    pub(super) fn read(format: Format, body: &[u8]) -> Result<Self, Failure> {
        let value = match format {
            Format::Json => Value::from_json(body)?,
            Format::Cbor => cbor::decode(body)?,
        };
        let Value::Structure(members) = value else {
            return Err(Failure::serialization("The body is not a structure."));
        };
        Ok(Self { members, constraints: Constraints::new(Layer::OLD), prefix: String::new() })
    }

    /// Tells what the constraints refused, if anything.
    pub(super) fn finish(&self) -> Result<(), Failure> {
        Ok(self.constraints.finish()?)
    }

    /// A member's value, taken out; the last one, should it be there twice.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.members.iter().rposition(|(other, _)| other == name)?;
        Some(self.members.swap_remove(at).1).filter(|value| *value != Value::Null)
    }

    /// The name of a member as failures tell it.
    fn path(&self, name: &str) -> String {
        let first = name.chars().next().map(|first| first.to_ascii_lowercase());
        format!("{}{}{}", self.prefix, first.unwrap_or_default(), name.get(1..).unwrap_or_default())
    }

    /// Notes that a member is missing.
    pub(super) fn required<T>(&mut self, name: &str, member: Option<T>) -> Option<T> {
        if member.is_none() {
            let path = self.path(name);
            self.constraints.null(path);
        }
        member
    }

    /// Notes that a constraint is not satisfied.
    pub(super) fn fail(&mut self, name: &str, value: impl Into<String>, constraint: Constraint) {
        let path = self.path(name);
        self.constraints.fail(path, value.into(), constraint);
    }

    /// A text.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Failure> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(mismatch(name, "a string")),
        }
    }

    /// A text of this many characters.
    pub(super) fn text_of(
        &mut self,
        name: &str,
        (min, max): (usize, usize),
    ) -> Result<Option<String>, Failure> {
        let text = self.text(name)?;
        if let Some(text) = &text {
            self.length(name, text, text.chars().count(), (min, max));
        }
        Ok(text)
    }

    /// A text of at most this many characters, that satisfies a pattern.
    pub(super) fn pattern(
        &mut self,
        name: &str,
        max: usize,
        pattern: Pattern,
    ) -> Result<Option<String>, Failure> {
        let text = self.text_of(name, (1, max))?;
        if let Some(text) = text.as_ref().filter(|text| !(pattern.satisfied)(text)) {
            self.fail(name, text.clone(), Constraint::Pattern(pattern.text));
        }
        Ok(text)
    }

    /// One of these texts.
    pub(super) fn one_of(
        &mut self,
        name: &str,
        (texts, set): (&[&'static str], &'static str),
    ) -> Result<Option<&'static str>, Failure> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let found = texts.iter().find(|one| **one == text).copied();
        if found.is_none() {
            self.fail(name, text, Constraint::Enum(set));
        }
        // Where it is none of them, the request does not go on.
        Ok(found.or(texts.first().copied()))
    }

    /// An integer between these.
    pub(super) fn integer(&mut self, name: &str, (min, max): (i64, i64)) -> Result<Option<i64>, Failure> {
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
    pub(super) fn time_ms(&mut self, name: &str) -> Result<Option<u64>, Failure> {
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
    pub(super) fn blob(&mut self, name: &str) -> Result<Option<Vec<u8>>, Failure> {
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
    pub(super) fn list(
        &mut self,
        name: &str,
        lengths: (usize, usize),
    ) -> Result<Option<Vec<Value>>, Failure> {
        let list = match self.take(name) {
            None => return Ok(None),
            Some(Value::List(list)) => list,
            Some(_) => return Err(mismatch(name, "a list")),
        };
        self.length(name, "[...]", list.len(), lengths);
        Ok(Some(list))
    }

    /// A map of this many texts.
    pub(super) fn map(
        &mut self,
        name: &str,
        lengths: (usize, usize),
    ) -> Result<Option<Vec<(String, String)>>, Failure> {
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
    pub(super) fn within<T>(
        &mut self,
        prefix: String,
        value: Value,
        read: impl FnOnce(&mut Request) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let Value::Structure(inner) = value else { return Err(mismatch(&prefix, "a structure")) };
        let outer = std::mem::replace(&mut self.members, inner);
        let outer_prefix = std::mem::replace(&mut self.prefix, format!("{prefix}."));
        let result = read(self);
        self.members = outer;
        self.prefix = outer_prefix;
        result
    }

    /// Refuses members that AWS knows and this server does not do.
    pub(super) fn unsupported(&mut self, names: &[&str]) -> Result<(), Failure> {
        let given =
            names.iter().find(|name| self.take(name).is_some_and(|value| value != Value::Boolean(false)));
        match given {
            Some(name) => Err(Failure::argument(format!("{name} is not supported by this server"))),
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

fn mismatch(name: &str, expected: &str) -> Failure {
    Failure::serialization(format!("{name} is not {expected}"))
}
