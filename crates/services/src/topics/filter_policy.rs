//! Filter policies of subscriptions: which messages one is sent.

use super::envelope::filterable;
use super::failure::Failure;
use super::message::Notification;
use filter::Pattern;
use serde_json::Value;
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

/// What a filter policy is held against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Scope {
    /// The attributes of the message.
    #[default]
    MessageAttributes,
    /// The message, JSON.
    MessageBody,
}

/// A policy, compiled.
#[derive(Clone, Debug)]
pub(super) struct FilterPolicy {
    pattern: Pattern,
    scope: Scope,
}

/// How many fields a policy may name, how many combinations of values it may have, and how long it may be.
const KEYS_MAX: usize = 5;
const COMBINATIONS_MAX: usize = 150;
const BYTES_MAX: usize = 262_144;

fn refused(why: &str) -> Failure {
    Failure::parameter(format!("FilterPolicy: {why}"))
}

impl Scope {
    /// Reads one.
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        match text {
            "MessageAttributes" => Ok(Self::MessageAttributes),
            "MessageBody" => Ok(Self::MessageBody),
            _ => Err(Failure::parameter(format!(
                "FilterPolicyScope: Invalid value [{text}]. Please use either MessageBody or MessageAttributes"
            ))),
        }
    }
}

impl FilterPolicy {
    /// Reads a policy; `None` for an empty one, which lets everything through.
    pub(super) fn parse(text: &str, scope: Scope) -> Result<Option<Self>, Failure> {
        if text.len() > BYTES_MAX {
            return Err(refused("Filter policy is too long"));
        }
        let value: Value = serde_json::from_str(text).map_err(|_| refused("failed to parse JSON."))?;
        let Some(members) = value.as_object() else {
            return Err(refused("Filter policy must be a JSON object"));
        };
        if members.is_empty() {
            return Ok(None);
        }
        if members.len() > KEYS_MAX {
            return Err(refused("Filter policy can not have more than 5 keys"));
        }
        for (name, value) in members {
            match (scope, value) {
                (_, Value::Array(values)) if values.is_empty() => {
                    return Err(refused(&format!("\"{name}\" must not be an empty array")));
                }
                (_, Value::Array(_)) | (Scope::MessageBody, Value::Object(_)) => {}
                (Scope::MessageAttributes, Value::Object(_)) => {
                    return Err(refused(
                        "Filter policy scope MessageAttributes does not support nested filter policy",
                    ));
                }
                _ => return Err(refused(&format!("\"{name}\" must be an object or an array"))),
            }
        }
        if combinations(&value, 1) > COMBINATIONS_MAX {
            return Err(refused("Filter policy is too complex"));
        }
        let pattern = Pattern::parse(text).map_err(|_| refused("Match value or operator is not valid"))?;
        Ok(Some(Self { pattern, scope }))
    }

    /// Whether a subscriber of this protocol is sent the message.
    pub(super) fn matches(&self, seen: &Seen<'_>, protocol: &'static str) -> bool {
        match self.scope {
            Scope::MessageAttributes => self.pattern.matches(seen.attributes()),
            Scope::MessageBody => seen.body(protocol).is_some_and(|body| self.pattern.matches(&*body)),
        }
    }
}

/// A protocol, and the body of the message for it.
type BodyFor = (&'static str, Option<Rc<Value>>);

/// A message as policies see it, read once for all of them.
pub(super) struct Seen<'a> {
    notification: &'a Notification,
    attributes: OnceCell<Value>,
    /// By protocol; what is no JSON object has nothing that a policy could name.
    bodies: RefCell<Vec<BodyFor>>,
}

impl<'a> Seen<'a> {
    pub(super) fn new(notification: &'a Notification) -> Self {
        Self { notification, attributes: OnceCell::new(), bodies: RefCell::default() }
    }

    fn attributes(&self) -> &Value {
        self.attributes.get_or_init(|| filterable(&self.notification.attributes))
    }

    fn body(&self, protocol: &'static str) -> Option<Rc<Value>> {
        let mut bodies = self.bodies.borrow_mut();
        if let Some((_, body)) = bodies.iter().find(|(other, _)| *other == protocol) {
            return body.clone();
        }
        let read = serde_json::from_str(self.notification.texts.for_protocol(protocol)).ok();
        let body = read.filter(Value::is_object).map(Rc::new);
        bodies.push((protocol, body.clone()));
        body
    }
}

/// The values of each field times how deep it lies, multiplied, as SNS counts; alternatives are added.
fn combinations(value: &Value, depth: usize) -> usize {
    let Value::Object(members) = value else { return 1 };
    let of = |(name, value): (&String, &Value)| match value {
        Value::Array(values) if name == "$or" => {
            values.iter().map(|value| combinations(value, depth)).fold(0, usize::saturating_add)
        }
        Value::Array(values) => values.len().saturating_mul(depth),
        nested => combinations(nested, depth + 1),
    };
    members.iter().map(of).fold(1, usize::saturating_mul)
}

#[cfg(test)]
mod tests;
