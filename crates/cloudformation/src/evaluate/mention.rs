//! What a value speaks of.

use super::{function, sub};
use crate::{Function, TemplateError, Value};
use std::collections::BTreeMap;

/// Something that a value names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mention<'a> {
    /// A parameter or resource.
    Ref(&'a str),
    /// An attribute of a resource.
    Attribute {
        /// The resource.
        resource: &'a str,
        /// The attribute; empty where a function gives it.
        attribute: &'a str,
        /// Whether it is named in `Fn::Sub`.
        in_sub: bool,
    },
    /// A condition.
    Condition(&'a str),
}

/// Tells all that a value names, in all branches of it.
///
/// # Errors
/// When it holds a function that is none, arguments that show already that they are wrong, or what `found` fails with.
pub fn mentions<'a>(
    value: &'a Value,
    extended: bool,
    found: &mut dyn FnMut(Mention<'a>) -> Result<(), TemplateError>,
) -> Result<(), TemplateError> {
    Walk { extended, conditions: None, found }.value(value)
}

/// Tells all that a value names under these conditions: of `Fn::If` only the branch taken.
///
/// # Errors
/// As [`mentions`].
pub fn mentions_under<'a>(
    value: &'a Value,
    extended: bool,
    conditions: &BTreeMap<String, bool>,
    found: &mut dyn FnMut(Mention<'a>) -> Result<(), TemplateError>,
) -> Result<(), TemplateError> {
    Walk { extended, conditions: Some(conditions), found }.value(value)
}

struct Walk<'a, 'w> {
    extended: bool,
    conditions: Option<&'w BTreeMap<String, bool>>,
    found: &'w mut dyn FnMut(Mention<'a>) -> Result<(), TemplateError>,
}

impl<'a> Walk<'a, '_> {
    fn value(&mut self, value: &'a Value) -> Result<(), TemplateError> {
        match value {
            Value::List(elements) => elements.iter().try_for_each(|element| self.value(element)),
            Value::Map(members) => match function(members) {
                Some((name, argument)) => self.function(name, argument),
                None => members.values().try_for_each(|member| self.value(member)),
            },
            _ => Ok(()),
        }
    }

    fn function(&mut self, name: &str, argument: &'a Value) -> Result<(), TemplateError> {
        match Function::named(name) {
            None => Err(TemplateError::UnsupportedFunction(name.to_owned())),
            Some(Function::Length | Function::ToJsonString) if !self.extended => {
                Err(TemplateError::UnsupportedFunction(name.to_owned()))
            }
            Some(Function::Ref) => match argument {
                Value::String(name) => (self.found)(Mention::Ref(name)),
                Value::Map(_) if self.extended => self.value(argument),
                _ => Err(TemplateError::Arguments(Function::Ref)),
            },
            Some(Function::GetAtt) => self.attribute(argument),
            Some(Function::Sub) => self.sub(argument),
            Some(Function::If) => self.branch(argument),
            Some(_) => self.value(argument),
        }
    }

    fn attribute(&mut self, argument: &'a Value) -> Result<(), TemplateError> {
        let failed = TemplateError::Arguments(Function::GetAtt);
        let (resource, attribute) = match argument {
            Value::String(text) => text.split_once('.').ok_or(failed.clone())?,
            Value::List(parts) => match parts.as_slice() {
                [Value::String(resource), Value::String(attribute)] => {
                    (resource.as_str(), attribute.as_str())
                }
                [Value::String(resource), attribute @ Value::Map(_)] => {
                    self.value(attribute)?;
                    (resource.as_str(), "?")
                }
                [Value::Map(_), _] if self.extended => return self.value(argument),
                _ => return Err(failed),
            },
            _ => return Err(failed),
        };
        if resource.is_empty() || attribute.is_empty() {
            return Err(failed);
        }
        (self.found)(Mention::Attribute { resource, attribute, in_sub: false })
    }

    fn sub(&mut self, argument: &'a Value) -> Result<(), TemplateError> {
        let (text, variables) = sub::arguments(argument)?;
        if let Some(variables) = variables {
            variables.values().try_for_each(|variable| self.value(variable))?;
        }
        for part in sub::parts(text)? {
            let sub::Part::Variable(name) = part else { continue };
            if variables.is_some_and(|variables| variables.contains_key(name)) {
                continue;
            }
            (self.found)(match name.split_once('.') {
                Some((resource, attribute)) => Mention::Attribute { resource, attribute, in_sub: true },
                None => Mention::Ref(name),
            })?;
        }
        Ok(())
    }

    fn branch(&mut self, argument: &'a Value) -> Result<(), TemplateError> {
        let Some([Value::String(name), holds, otherwise]) = argument.as_list() else {
            return Err(TemplateError::Arguments(Function::If));
        };
        (self.found)(Mention::Condition(name))?;
        match self.conditions.and_then(|conditions| conditions.get(name)) {
            Some(true) => self.value(holds),
            Some(false) => self.value(otherwise),
            None => {
                self.value(holds)?;
                self.value(otherwise)
            }
        }
    }
}
