//! What templates evaluate to.
//!
//! An [`Evaluation`] holds a template, its parameters and the pseudo parameters together, evaluates the conditions once, and
//! then any value of the template against a [`Context`], which knows the resources that exist. `AWS::NoValue` takes away the
//! member or element that it stands for. What a resource that does not exist yet will be is [`Value::Unknown`]; a string that
//! is made of it is unknown as well, and names all that it waits for.

mod address;
mod condition;
mod context;
mod find;
mod loops;
mod mention;
mod pseudo;
mod rule;
mod sub;
#[cfg(test)]
mod tests;
mod text;

pub use context::{Context, Lookup, Nothing};
pub use mention::{Mention, mentions, mentions_under};
pub use pseudo::Pseudo;

pub(crate) use loops::expand_loops;

use crate::parameters::Parameters;
use crate::template::{Output, Policy, Resource, Template};
use crate::{Function, Map, Reference, TemplateError, Value};
use std::cell::Cell;
use std::collections::BTreeMap;

/// How many bytes the functions of one resource, output or condition may give.
const EVALUATED_BYTES_MAX: usize = 1024 * 1024;

/// A template with its parameters, whose conditions are evaluated.
#[derive(Clone, Debug)]
pub struct Evaluation<'a> {
    template: &'a Template,
    parameters: &'a Parameters,
    pseudo: &'a Pseudo,
    conditions: BTreeMap<String, bool>,
}

/// A resource as it shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluated {
    /// Its type.
    pub resource_type: String,
    /// Its properties; an object.
    pub properties: Value,
    /// Its metadata, evaluated.
    pub metadata: Value,
    /// What becomes of it when it leaves the stack.
    pub deletion_policy: Policy,
    /// What becomes of it when it is replaced.
    pub update_replace_policy: Policy,
}

/// An output as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluatedOutput {
    /// Its value: a string, or unknown.
    pub value: Value,
    /// What it is.
    pub description: Option<String>,
    /// The name under which others import it.
    pub export: Option<String>,
}

impl<'a> Evaluation<'a> {
    /// Evaluates the conditions and checks the rules.
    ///
    /// # Errors
    /// When a condition cannot be evaluated, or the parameters break a rule.
    pub fn new(
        template: &'a Template,
        parameters: &'a Parameters,
        pseudo: &'a Pseudo,
    ) -> Result<Self, TemplateError> {
        let mut evaluation = Self { template, parameters, pseudo, conditions: BTreeMap::new() };
        evaluation.evaluate_conditions()?;
        evaluation.check_rules()?;
        Ok(evaluation)
    }

    /// The template.
    #[must_use]
    pub const fn template(&self) -> &'a Template {
        self.template
    }

    /// Its parameters.
    #[must_use]
    pub const fn parameters(&self) -> &'a Parameters {
        self.parameters
    }

    /// Whether each condition holds.
    #[must_use]
    pub const fn conditions(&self) -> &BTreeMap<String, bool> {
        &self.conditions
    }

    /// The resources whose conditions hold.
    pub fn resources(&self) -> impl Iterator<Item = (&'a String, &'a Resource)> {
        self.template.resources.iter().filter(|(_, resource)| self.holds(resource.condition.as_deref()))
    }

    /// The outputs whose conditions hold.
    pub fn outputs(&self) -> impl Iterator<Item = (&'a String, &'a Output)> {
        self.template.outputs.iter().filter(|(_, output)| self.holds(output.condition.as_deref()))
    }

    fn holds(&self, condition: Option<&str>) -> bool {
        condition.is_none_or(|name| self.conditions.get(name).copied().unwrap_or(false))
    }

    /// A resource as it shall be.
    ///
    /// # Errors
    /// When a function in it fails.
    pub fn resource(&self, resource: &Resource, context: &dyn Context) -> Result<Evaluated, TemplateError> {
        let evaluator = Evaluator::new(self, context);
        let properties = evaluator.value(&resource.properties)?.unwrap_or(Value::empty());
        // Metadata may hold what looks like a function and is none; nothing here reads it.
        let metadata = evaluator.value(&resource.metadata).ok().flatten();
        Ok(Evaluated {
            resource_type: resource.resource_type.clone(),
            properties,
            metadata: metadata.unwrap_or_else(|| resource.metadata.clone()),
            deletion_policy: evaluator.policy(resource.deletion_policy.as_ref())?,
            update_replace_policy: evaluator.policy(resource.update_replace_policy.as_ref())?,
        })
    }

    /// An output as it is.
    ///
    /// # Errors
    /// When a function in it fails, or it is no string.
    pub fn output(&self, output: &Output, context: &dyn Context) -> Result<EvaluatedOutput, TemplateError> {
        let evaluator = Evaluator::new(self, context);
        let value = evaluator.value(&output.value)?.unwrap_or(Value::string(""));
        let value = match value.text() {
            Some(text) => Value::string(text),
            None if matches!(value, Value::Unknown(_)) => value,
            None => return Err(TemplateError::OutputValue),
        };
        let export = output.export.as_ref().map(|name| evaluator.value(name)).transpose()?.flatten();
        let export = export.and_then(|name| name.text().map(Into::into));
        Ok(EvaluatedOutput { value, description: output.description.clone(), export })
    }

    /// Any value of the template; none where it is `AWS::NoValue`.
    ///
    /// # Errors
    /// When a function in it fails.
    pub fn value(&self, value: &Value, context: &dyn Context) -> Result<Option<Value>, TemplateError> {
        Evaluator::new(self, context).value(value)
    }
}

/// The function that an object is, with its argument; none for an object that is data.
pub(crate) fn function(members: &Map) -> Option<(&str, &Value)> {
    let (name, argument) = members.iter().next()?;
    let is_function = members.len() == 1 && (name == "Ref" || name.starts_with("Fn::"));
    is_function.then_some((name.as_str(), argument))
}

/// Evaluates values against a context.
pub(crate) struct Evaluator<'e, 'a> {
    pub(crate) evaluation: &'e Evaluation<'a>,
    pub(crate) context: &'e dyn Context,
    /// How many bytes functions may still give. Few characters in a template can stand for many in what it evaluates to.
    left: Cell<usize>,
}

impl<'e, 'a> Evaluator<'e, 'a> {
    pub(crate) const fn new(evaluation: &'e Evaluation<'a>, context: &'e dyn Context) -> Self {
        Self { evaluation, context, left: Cell::new(EVALUATED_BYTES_MAX) }
    }

    /// Takes note of bytes that a function is about to give.
    pub(crate) fn spend(&self, bytes: usize) -> Result<(), TemplateError> {
        let left = self.left.get().checked_sub(bytes).ok_or(TemplateError::TooMuch(EVALUATED_BYTES_MAX))?;
        self.left.set(left);
        Ok(())
    }

    /// A value; none where it is `AWS::NoValue`.
    pub(crate) fn value(&self, value: &Value) -> Result<Option<Value>, TemplateError> {
        match value {
            Value::List(elements) => {
                let elements = elements.iter().filter_map(|element| self.value(element).transpose());
                Ok(Some(Value::List(elements.collect::<Result<_, _>>()?)))
            }
            Value::Map(members) => match function(members) {
                Some((name, argument)) => self.function(name, argument),
                None => {
                    let members = members.iter().filter_map(|(name, member)| {
                        self.value(member)
                            .transpose()
                            .map(|member| member.map(|member| (name.clone(), member)))
                    });
                    Ok(Some(Value::Map(members.collect::<Result<_, _>>()?)))
                }
            },
            _ => Ok(Some(value.clone())),
        }
    }

    /// A value that must be there for the function that takes it.
    pub(crate) fn argument(&self, value: &Value, function: Function) -> Result<Value, TemplateError> {
        self.value(value)?.ok_or(TemplateError::Arguments(function))
    }

    fn function(&self, name: &str, argument: &Value) -> Result<Option<Value>, TemplateError> {
        let function =
            Function::named(name).ok_or_else(|| TemplateError::UnsupportedFunction(name.to_owned()))?;
        let extended = self.evaluation.template.extended;
        let value = match function {
            Function::Ref => return self.reference(argument),
            Function::If => return self.branch(argument),
            Function::FindInMap => return self.find(argument),
            Function::GetAtt => self.attribute(argument)?,
            Function::Join => self.join(argument)?,
            Function::Split => self.split(argument)?,
            Function::Select => return self.select(argument),
            Function::Sub => self.substitute(argument)?,
            Function::Base64 => self.base64(argument)?,
            Function::Cidr => self.cidr(argument)?,
            Function::GetAZs => self.zones(argument)?,
            Function::ImportValue => self.import(argument)?,
            Function::Length if extended => self.length(argument)?,
            Function::ToJsonString if extended => self.to_json_string(argument)?,
            Function::And | Function::Or | Function::Not | Function::Equals => {
                return Err(TemplateError::OnlyInConditions(name.to_owned()));
            }
            Function::Length | Function::ToJsonString | Function::Condition | Function::ForEach => {
                return Err(TemplateError::UnsupportedFunction(name.to_owned()));
            }
        };
        Ok(Some(value))
    }

    fn reference(&self, argument: &Value) -> Result<Option<Value>, TemplateError> {
        let argument = self.argument(argument, Function::Ref)?;
        let name = argument.as_str().ok_or(TemplateError::Arguments(Function::Ref))?;
        self.named(name)
    }

    /// What `Ref` gives for a name.
    pub(crate) fn named(&self, name: &str) -> Result<Option<Value>, TemplateError> {
        if name == Pseudo::NO_VALUE {
            return Ok(None);
        }
        if let Some(value) = self.evaluation.pseudo.get(name) {
            self.spend(value.weight())?;
            return Ok(Some(value));
        }
        if let Some(value) = self.evaluation.parameters.get(name) {
            self.spend(value.weight())?;
            return Ok(Some(value.clone()));
        }
        self.looked_up(self.context.reference(name), Reference { resource: name.to_owned(), attribute: None })
            .map(Some)
    }

    fn attribute(&self, argument: &Value) -> Result<Value, TemplateError> {
        let failed = TemplateError::Arguments(Function::GetAtt);
        let (resource, attribute) = match argument {
            Value::String(text) => match text.split_once('.') {
                Some((resource, attribute)) => (resource.to_owned(), attribute.to_owned()),
                None => return Err(failed),
            },
            Value::List(parts) => {
                let [resource, attribute] = parts.as_slice() else { return Err(failed) };
                let resource = self.argument(resource, Function::GetAtt)?;
                let attribute = self.argument(attribute, Function::GetAtt)?;
                match (resource.as_str(), attribute.as_str()) {
                    (Some(resource), Some(attribute)) => (resource.to_owned(), attribute.to_owned()),
                    _ => return Err(failed),
                }
            }
            _ => return Err(failed),
        };
        if resource.is_empty() || attribute.is_empty() {
            return Err(failed);
        }
        self.attribute_of(&resource, &attribute)
    }

    /// What `Fn::GetAtt` gives.
    pub(crate) fn attribute_of(&self, resource: &str, attribute: &str) -> Result<Value, TemplateError> {
        let found = self.context.attribute(resource, attribute);
        let reference = Reference { resource: resource.to_owned(), attribute: Some(attribute.to_owned()) };
        self.looked_up(found, reference)
    }

    fn looked_up(&self, found: Lookup, reference: Reference) -> Result<Value, TemplateError> {
        // A resource whose condition does not hold is not in the stack, so nothing may speak of it.
        let resource = self.evaluation.template.resources.get(&reference.resource);
        if resource.is_some_and(|resource| !self.evaluation.holds(resource.condition.as_deref())) {
            return Err(TemplateError::Unresolved {
                names: vec![reference.resource],
                section: crate::Section::Resources,
            });
        }
        match found {
            Lookup::Known(value) => {
                self.spend(value.weight())?;
                Ok(value)
            }
            Lookup::Unknown => Ok(Value::Unknown(vec![reference])),
            Lookup::NoSuchAttribute => Err(TemplateError::Attribute {
                resource: reference.resource,
                attribute: reference.attribute.unwrap_or_default(),
            }),
        }
    }

    fn branch(&self, argument: &Value) -> Result<Option<Value>, TemplateError> {
        let Some([condition, holds, otherwise]) = argument.as_list() else {
            return Err(TemplateError::Arguments(Function::If));
        };
        let name = condition.as_str().ok_or(TemplateError::Arguments(Function::If))?;
        let holds_now = self.evaluation.conditions.get(name).ok_or_else(|| {
            TemplateError::UnresolvedCondition { name: name.to_owned(), section: crate::Section::Resources }
        })?;
        self.value(if *holds_now { holds } else { otherwise })
    }

    fn policy(&self, value: Option<&Value>) -> Result<Policy, TemplateError> {
        let Some(value) = value else { return Ok(Policy::default()) };
        let value = self.value(value)?.unwrap_or(Value::Null);
        let name = value.text().unwrap_or_default();
        Policy::named(&name).ok_or_else(|| TemplateError::Policy {
            attribute: "DeletionPolicy",
            value: name.into_owned(),
            resource: String::new(),
        })
    }
}
