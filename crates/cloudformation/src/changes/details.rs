//! What a modification consists of.

use super::{Behaviour, Deployed, Replacement, Stack, behaviour};
use crate::evaluate::{Evaluated, Evaluation, Mention, mentions_under};
use crate::template::{ParameterType, Resource};
use crate::{Reference, TemplateError, Value};

/// What of a resource is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attribute {
    /// A property.
    Properties,
    /// Its metadata.
    Metadata,
    /// What becomes of it when it leaves the stack.
    DeletionPolicy,
    /// What becomes of it when it is replaced.
    UpdateReplacePolicy,
    /// Its tags.
    Tags,
}

/// Whether a change of a property needs a new resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recreation {
    /// Never.
    Never,
    /// That depends on what the change is.
    Conditionally,
    /// Always.
    Always,
}

/// Where a change comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The template says it.
    DirectModification,
    /// This parameter has another value.
    ParameterReference(String),
    /// This resource may be another one.
    ResourceReference(String),
    /// This attribute of a resource may be another.
    ResourceAttribute(String),
}

/// A part of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// What is changed.
    pub attribute: Attribute,
    /// The property at the top.
    pub name: Option<String>,
    /// The way to what is changed, such as `/Properties/Environment/Variables/MODE`.
    pub path: Option<String>,
    /// Whether that needs a new resource.
    pub recreation: Recreation,
    /// What it was; none where it was not there.
    pub before: Option<Value>,
    /// What it will be; none where it will not be there.
    pub after: Option<Value>,
    /// Whether it is known already that it changes, and to what.
    pub is_static: bool,
    /// Where the change comes from.
    pub cause: Cause,
}

impl Detail {
    /// What it makes of the resource.
    #[must_use]
    pub const fn replacement(&self) -> Replacement {
        match (self.recreation, self.is_static) {
            (Recreation::Never, _) => Replacement::False,
            (Recreation::Always, true) => Replacement::True,
            (Recreation::Always, false) | (Recreation::Conditionally, _) => Replacement::Conditional,
        }
    }
}

/// A resource that is there, and as it shall be.
pub(super) struct Difference<'a> {
    pub(super) deployed: &'a Deployed,
    pub(super) resource: &'a Resource,
    pub(super) after: &'a Evaluated,
    pub(super) evaluation: &'a Evaluation<'a>,
    pub(super) stack: &'a Stack,
}

impl Difference<'_> {
    pub(super) fn details(&self) -> Result<Vec<Detail>, TemplateError> {
        let before = &self.deployed.evaluated;
        let mut details = Vec::new();
        for name in names(&before.properties, &self.after.properties) {
            let (left, right) = (before.properties.get(&name), self.after.properties.get(&name));
            if !same(left, right) {
                self.property(&name, (left, right), &mut details)?;
            }
        }
        let attributes = [
            (Attribute::Metadata, !before.metadata.same(&self.after.metadata)),
            (Attribute::DeletionPolicy, before.deletion_policy != self.after.deletion_policy),
            (
                Attribute::UpdateReplacePolicy,
                before.update_replace_policy != self.after.update_replace_policy,
            ),
        ];
        let changed = attributes.into_iter().filter(|(_, changed)| *changed);
        details.extend(changed.map(|(attribute, _)| Detail {
            attribute,
            name: None,
            path: None,
            recreation: Recreation::Never,
            before: None,
            after: None,
            is_static: true,
            cause: Cause::DirectModification,
        }));
        Ok(details)
    }

    fn property(
        &self,
        name: &str,
        (before, after): (Option<&Value>, Option<&Value>),
        details: &mut Vec<Detail>,
    ) -> Result<(), TemplateError> {
        let resource_type = &self.after.resource_type;
        let recreation = match behaviour(resource_type, name) {
            Behaviour::NoInterruption | Behaviour::SomeInterruptions => Recreation::Never,
            Behaviour::Replacement => Recreation::Always,
            Behaviour::Conditional => behaviour::decided(resource_type, name, before, after),
        };
        let cause = self.cause(name, after)?;
        let mut leaves = Vec::new();
        leaves_of(&mut format!("/Properties/{name}"), before, after, &mut leaves);
        for (path, before, after) in leaves {
            let is_static = after.as_ref().is_none_or(|after| after.unknowns().is_empty());
            // Where this leaf is known, what is not is elsewhere in the property.
            let cause = match &cause {
                Cause::ResourceReference(_) | Cause::ResourceAttribute(_) if is_static => {
                    Cause::DirectModification
                }
                cause => cause.clone(),
            };
            details.push(Detail {
                attribute: if name == "Tags" { Attribute::Tags } else { Attribute::Properties },
                name: Some(name.to_owned()),
                path: Some(path),
                recreation,
                before,
                after,
                is_static,
                cause,
            });
        }
        Ok(())
    }

    /// Where the change of a property comes from: from the template where that is written otherwise, else from the first of
    /// what it refers to that is another.
    fn cause(&self, name: &str, after: Option<&Value>) -> Result<Cause, TemplateError> {
        let (old, new) = (self.deployed.source.properties.get(name), self.resource.properties.get(name));
        let (Some(old), Some(new)) = (old, new) else { return Ok(Cause::DirectModification) };
        if old != new {
            return Ok(Cause::DirectModification);
        }
        if let Some(Reference { resource, attribute }) =
            after.and_then(|after| after.unknowns().into_iter().next())
        {
            return Ok(match attribute {
                None => Cause::ResourceReference(resource),
                Some(attribute) => Cause::ResourceAttribute(format!("{resource}.{attribute}")),
            });
        }
        let template = self.evaluation.template();
        let mut cause = None;
        mentions_under(new, template.extended, self.evaluation.conditions(), &mut |mention| {
            if let Mention::Ref(name) = mention
                && cause.is_none()
                && self.is_other(name)
            {
                cause = Some(Cause::ParameterReference(name.to_owned()));
            }
            Ok(())
        })?;
        Ok(cause.unwrap_or(Cause::DirectModification))
    }

    /// Whether a parameter has another value than it had; of those of the store, that may be.
    fn is_other(&self, name: &str) -> bool {
        let Some(declaration) = self.evaluation.template().parameters.get(name) else { return false };
        matches!(declaration.parameter_type, ParameterType::StoreValue { .. })
            || self.evaluation.parameters().texts().get(name) != self.stack.parameters.get(name)
    }
}

fn names(left: &Value, right: &Value) -> Vec<String> {
    let mut names: Vec<String> =
        [left, right].into_iter().filter_map(Value::as_map).flat_map(|map| map.keys().cloned()).collect();
    names.sort();
    names.dedup();
    names
}

fn same(left: Option<&Value>, right: Option<&Value>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => left.same(right),
        (left, right) => left.is_none() && right.is_none(),
    }
}

/// The way to a difference, and what was and will be there.
type Leaf = (String, Option<Value>, Option<Value>);

/// The innermost differences of two values that differ.
fn leaves_of(path: &mut String, before: Option<&Value>, after: Option<&Value>, leaves: &mut Vec<Leaf>) {
    let length = path.len();
    match (before, after) {
        (Some(left @ Value::Map(_)), Some(right @ Value::Map(_))) => {
            for name in names(left, right) {
                let (left, right) = (left.get(&name), right.get(&name));
                if !same(left, right) {
                    path.push('/');
                    path.push_str(&name);
                    leaves_of(path, left, right, leaves);
                    path.truncate(length);
                }
            }
        }
        (Some(Value::List(left)), Some(Value::List(right))) if left.len() == right.len() => {
            for (place, (left, right)) in left.iter().zip(right).enumerate() {
                if !left.same(right) {
                    path.push_str(&format!("/{place}"));
                    leaves_of(path, Some(left), Some(right), leaves);
                    path.truncate(length);
                }
            }
        }
        (before, after) => leaves.push((path.clone(), before.cloned(), after.cloned())),
    }
}
