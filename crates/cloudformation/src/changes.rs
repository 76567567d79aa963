//! What has to be done to a stack to bring it to a template: a change set.
//!
//! [`plan`] goes through the resources in the order of their creation, so that what a change does to a resource is known when
//! those that refer to it are looked at. A resource that is or may be replaced is unknown to them; one that is changed in place
//! keeps its identifiers, and only those attributes of it are unknown that the change may alter. CloudFormation is more
//! cautious, and lists each resource that refers to an attribute of one that changes; this lists what can change.

mod behaviour;
mod details;
mod overlay;
#[cfg(test)]
mod tests;

pub use behaviour::{Behaviour, behaviour, replaces};
pub use details::{Attribute, Cause, Detail, Recreation};

use crate::evaluate::{Context, Evaluated, Evaluation};
use crate::graph::Graph;
use crate::template::{Policy, Resource, Template};
use crate::{TemplateError, Value};
use overlay::Overlay;
use std::collections::BTreeMap;

/// What is done to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is made.
    Add,
    /// It is changed.
    Modify,
    /// It leaves the stack.
    Remove,
}

/// Whether a change makes a new resource in the place of the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Replacement {
    /// No.
    False,
    /// That is known only when what it refers to has been made.
    Conditional,
    /// Yes.
    True,
}

/// What becomes of the resource that goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyAction {
    /// It is deleted.
    Delete,
    /// It stays.
    Retain,
    /// A snapshot is taken first.
    Snapshot,
    /// It is replaced, and then deleted.
    ReplaceAndDelete,
    /// It is replaced, and stays.
    ReplaceAndRetain,
    /// It is replaced, and deleted after a snapshot.
    ReplaceAndSnapshot,
}

/// A resource that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployed {
    /// What `Ref` and the service know it by.
    pub physical_id: String,
    /// As the template that it was made from writes it.
    pub source: Resource,
    /// As it was evaluated.
    pub evaluated: Evaluated,
}

/// A stack as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stack {
    /// Its resources.
    pub resources: BTreeMap<String, Deployed>,
    /// Its parameters, as [`crate::parameters::Parameters::texts`] gave them.
    pub parameters: BTreeMap<String, String>,
}

/// One change of a change set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What is done.
    pub action: Action,
    /// The resource's name in the template.
    pub logical_id: String,
    /// What it is known by, if it is there.
    pub physical_id: Option<String>,
    /// Its type.
    pub resource_type: String,
    /// Whether it is replaced; for a modification only.
    pub replacement: Option<Replacement>,
    /// What becomes of the one that goes.
    pub policy_action: Option<PolicyAction>,
    /// What it consists of, for a modification.
    pub details: Vec<Detail>,
    /// The resource before it.
    pub before: Option<Evaluated>,
    /// The resource after it, as far as that is known.
    pub after: Option<Evaluated>,
}

impl Change {
    /// The attributes of the resource that it changes, each once.
    #[must_use]
    pub fn scope(&self) -> Vec<Attribute> {
        let mut scope: Vec<Attribute> = self.details.iter().map(|detail| detail.attribute).collect();
        scope.sort();
        scope.dedup();
        scope
    }
}

/// A resource before or after a change, as DescribeChangeSet shows it.
#[must_use]
pub fn context_json(evaluated: &Evaluated) -> String {
    let mut members = crate::Map::new();
    for (name, value) in [("Properties", &evaluated.properties), ("Metadata", &evaluated.metadata)] {
        if value.as_map().is_none_or(|members| !members.is_empty()) {
            members.insert(name.to_owned(), value.clone());
        }
    }
    Value::Map(members).to_json()
}

/// The changes that bring a stack to a template, in the order of the resources' names.
///
/// # Errors
/// When a function in a resource fails, or a resource would become one of another type.
pub fn plan(
    stack: &Stack,
    template: &Template,
    evaluation: &Evaluation<'_>,
    (graph, context): (&Graph, &dyn Context),
) -> Result<Vec<Change>, TemplateError> {
    refuse_other_types(stack, evaluation)?;
    let mut overlay = Overlay::new(stack, context);
    let mut changes = Vec::new();
    for name in graph.order().into_iter().flatten() {
        let Some(resource) = template.resources.get(&name) else { continue };
        let evaluated = evaluation.resource(resource, &overlay)?;
        let change = match stack.resources.get(&name) {
            None => Some(added(&name, evaluated)),
            Some(deployed) => {
                let difference =
                    details::Difference { deployed, resource, after: &evaluated, evaluation, stack };
                modified(&name, &difference.details()?, deployed, &evaluated)
            }
        };
        if let Some(change) = change {
            overlay.note(&change);
            changes.push(change);
        }
    }
    let kept: Vec<&String> = evaluation.resources().map(|(name, _)| name).collect();
    let leaving = stack.resources.iter().filter(|(name, _)| !kept.contains(name));
    changes.extend(leaving.map(|(name, deployed)| removed(name, deployed)));
    changes.sort_by(|left, right| left.logical_id.cmp(&right.logical_id));
    Ok(changes)
}

fn refuse_other_types(stack: &Stack, evaluation: &Evaluation<'_>) -> Result<(), TemplateError> {
    let other = evaluation.resources().filter(|(name, resource)| {
        let deployed = stack.resources.get(*name);
        deployed.is_some_and(|deployed| deployed.evaluated.resource_type != resource.resource_type)
    });
    let names: Vec<String> = other.map(|(name, _)| name.clone()).collect();
    if names.is_empty() { Ok(()) } else { Err(TemplateError::OtherType(names)) }
}

fn added(name: &str, evaluated: Evaluated) -> Change {
    Change {
        action: Action::Add,
        logical_id: name.to_owned(),
        physical_id: None,
        resource_type: evaluated.resource_type.clone(),
        replacement: None,
        policy_action: None,
        details: Vec::new(),
        before: None,
        after: Some(evaluated),
    }
}

fn modified(name: &str, details: &[Detail], deployed: &Deployed, after: &Evaluated) -> Option<Change> {
    if details.is_empty() {
        return None;
    }
    let replacement = details.iter().map(Detail::replacement).max().unwrap_or(Replacement::False);
    let policy_action = (replacement != Replacement::False).then_some(match after.update_replace_policy {
        Policy::Delete => PolicyAction::ReplaceAndDelete,
        Policy::Retain | Policy::RetainExceptOnCreate => PolicyAction::ReplaceAndRetain,
        Policy::Snapshot => PolicyAction::ReplaceAndSnapshot,
    });
    Some(Change {
        action: Action::Modify,
        logical_id: name.to_owned(),
        physical_id: Some(deployed.physical_id.clone()),
        resource_type: after.resource_type.clone(),
        replacement: Some(replacement),
        policy_action,
        details: details.to_vec(),
        before: Some(deployed.evaluated.clone()),
        after: Some(after.clone()),
    })
}

/// What becomes of it is what the template says that is in force, not the new one.
fn removed(name: &str, deployed: &Deployed) -> Change {
    Change {
        action: Action::Remove,
        logical_id: name.to_owned(),
        physical_id: Some(deployed.physical_id.clone()),
        resource_type: deployed.evaluated.resource_type.clone(),
        replacement: None,
        policy_action: Some(match deployed.evaluated.deletion_policy {
            Policy::Delete => PolicyAction::Delete,
            Policy::Retain | Policy::RetainExceptOnCreate => PolicyAction::Retain,
            Policy::Snapshot => PolicyAction::Snapshot,
        }),
        details: Vec::new(),
        before: Some(deployed.evaluated.clone()),
        after: None,
    }
}
