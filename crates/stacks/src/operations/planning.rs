//! What a proposal changes: the changes of a change set, and whether there are any.

use crate::Stacks;
use crate::engine::{Target, World};
use crate::failure::Failure;
use crate::proposal::Proposal;
use crate::records::{Change, Detail, Output, Revision, Stack};
use cloudformation::Value;
use cloudformation::changes::{
    self, Action, Attribute, Cause, Deployed, PolicyAction, Recreation, Replacement,
};
use cloudformation::evaluate::Evaluation;
use cloudformation::graph::Graph;
use std::collections::BTreeMap;

/// What a proposal changes.
pub(super) struct Plan {
    pub(super) changes: Vec<Change>,
    /// Whether it changes anything, be it outputs or tags alone.
    pub(super) changes_something: bool,
}

impl Stacks {
    /// What a proposal changes of a stack.
    pub(super) fn plan(
        &self,
        stack: &Stack,
        previous: Option<&Revision>,
        proposal: &Proposal,
        imported: &BTreeMap<String, String>,
    ) -> Result<Plan, Failure> {
        let resources = self.inner.ledger.resources(stack.key())?;
        let place = (stack.account.clone(), stack.region.clone());
        let world = World::new(&resources, self.inner.exports_for(stack)?, place);
        let target = &proposal.target;
        let evaluation = Evaluation::new(&target.template, &target.parameters, &target.pseudo)?;
        let graph = Graph::new(&target.template, &evaluation)?;
        let old = previous.and_then(|previous| Target::of(stack, previous).ok());
        let mut deployed = changes::Stack {
            resources: BTreeMap::new(),
            parameters: previous.map(|previous| previous.parameters.clone()).unwrap_or_default(),
        };
        for (name, resource) in &resources {
            let Some(present) = &resource.present else { continue };
            let templates = old.as_ref().into_iter().chain([target]);
            let source = templates.filter_map(|target| target.template.resources.get(name)).next();
            let Some(source) = source else { continue };
            deployed.resources.insert(
                name.clone(),
                Deployed {
                    physical_id: present.physical_id.clone(),
                    source: source.clone(),
                    evaluated: present.shape.evaluated(&resource.resource_type),
                },
            );
        }
        let changes = changes::plan(&deployed, &target.template, &evaluation, (&graph, &world))?;
        let outputs = outputs(&evaluation, &world)?;
        let is_failed = resources.values().any(|resource| resource.status.name().ends_with("_FAILED"));
        let changes_something = !changes.is_empty()
            || is_failed
            || previous.is_none_or(|previous| previous.tags != proposal.revision.tags)
            || outputs.as_ref() != Some(&stack.outputs);
        let told = changes.iter().map(|change| told(change, imported)).collect();
        Ok(Plan { changes: told, changes_something })
    }
}

/// The outputs, where they are known already.
fn outputs(evaluation: &Evaluation<'_>, world: &World) -> Result<Option<Vec<Output>>, Failure> {
    let mut outputs = Vec::new();
    for (key, output) in evaluation.outputs() {
        // What a resource that is yet to be made has for an attribute shows when it is made.
        let evaluated = evaluation.output(output, world)?;
        let Some(value) = evaluated.value.text() else { return Ok(None) };
        outputs.push(Output {
            key: key.clone(),
            value: value.into_owned(),
            description: evaluated.description,
            export: evaluated.export,
        });
    }
    Ok(Some(outputs))
}

/// A change, as it is told.
fn told(change: &changes::Change, imported: &BTreeMap<String, String>) -> Change {
    let import = imported.get(&change.logical_id);
    let action = match change.action {
        Action::Add if import.is_some() => "Import",
        Action::Add => "Add",
        Action::Modify => "Modify",
        Action::Remove => "Remove",
    };
    let replacement = change.replacement.map(|replacement| match replacement {
        Replacement::False => "False",
        Replacement::Conditional => "Conditional",
        Replacement::True => "True",
    });
    let policy_action = change.policy_action.map(|action| match action {
        PolicyAction::Delete => "Delete",
        PolicyAction::Retain => "Retain",
        PolicyAction::Snapshot => "Snapshot",
        PolicyAction::ReplaceAndDelete => "ReplaceAndDelete",
        PolicyAction::ReplaceAndRetain => "ReplaceAndRetain",
        PolicyAction::ReplaceAndSnapshot => "ReplaceAndSnapshot",
    });
    Change {
        action: action.to_owned(),
        logical_id: change.logical_id.clone(),
        physical_id: change.physical_id.clone().or_else(|| import.cloned()),
        resource_type: change.resource_type.clone(),
        replacement: replacement.map(str::to_owned),
        policy_action: policy_action.map(str::to_owned),
        scope: change.scope().into_iter().map(|attribute| named(attribute).to_owned()).collect(),
        details: change.details.iter().map(detail).collect(),
        before: change.before.as_ref().map(changes::context_json),
        after: change.after.as_ref().map(changes::context_json),
    }
}

const fn named(attribute: Attribute) -> &'static str {
    match attribute {
        Attribute::Properties => "Properties",
        Attribute::Metadata => "Metadata",
        Attribute::DeletionPolicy => "DeletionPolicy",
        Attribute::UpdateReplacePolicy => "UpdateReplacePolicy",
        Attribute::Tags => "Tags",
    }
}

fn detail(detail: &changes::Detail) -> Detail {
    let text = |value: &Value| match value.text() {
        Some(text) => text.into_owned(),
        None => match value {
            Value::Unknown(_) => Value::KNOWN_AFTER_APPLY.to_owned(),
            value => value.to_json(),
        },
    };
    let (source, entity) = match &detail.cause {
        Cause::DirectModification => ("DirectModification", None),
        Cause::ParameterReference(name) => ("ParameterReference", Some(name)),
        Cause::ResourceReference(name) => ("ResourceReference", Some(name)),
        Cause::ResourceAttribute(name) => ("ResourceAttribute", Some(name)),
    };
    let recreation = match detail.recreation {
        Recreation::Never => "Never",
        Recreation::Conditionally => "Conditionally",
        Recreation::Always => "Always",
    };
    let change_type = match (&detail.before, &detail.after) {
        (None, Some(_)) => "Add",
        (Some(_), None) => "Remove",
        _ => "Modify",
    };
    Detail {
        attribute: named(detail.attribute).to_owned(),
        name: detail.name.clone(),
        recreation: recreation.to_owned(),
        path: detail.path.clone(),
        before: detail.before.as_ref().map(text),
        after: detail.after.as_ref().map(text),
        change_type: change_type.to_owned(),
        evaluation: if detail.is_static { "Static" } else { "Dynamic" }.to_owned(),
        source: source.to_owned(),
        causing_entity: entity.cloned(),
    }
}
