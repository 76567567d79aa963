//! That whatever a template names is there.

use super::Template;
use crate::evaluate::{Mention, Pseudo, mentions};
use crate::{Section, TemplateError, Value};
use std::collections::BTreeSet;

/// Checks every reference of a template, whatever its conditions are.
///
/// # Errors
/// When a parameter, resource, condition or function is named that is not there.
pub fn check_references(template: &Template) -> Result<(), TemplateError> {
    check_conditions(template)?;
    let mut missing = BTreeSet::new();
    for resource in template.resources.values() {
        check_condition(template, resource.condition.as_deref(), Section::Resources)?;
        check_value(template, &resource.properties, Section::Resources, &mut missing)?;
        for policy in [&resource.deletion_policy, &resource.update_replace_policy].into_iter().flatten() {
            check_value(template, policy, Section::Resources, &mut missing)?;
        }
        let dependencies = resource.depends_on.iter();
        missing.extend(dependencies.filter(|name| !template.resources.contains_key(*name)).cloned());
    }
    unresolved(missing, Section::Resources)?;
    let mut missing = BTreeSet::new();
    for output in template.outputs.values() {
        check_condition(template, output.condition.as_deref(), Section::Outputs)?;
        check_value(template, &output.value, Section::Outputs, &mut missing)?;
        if let Some(export) = &output.export {
            check_value(template, export, Section::Outputs, &mut missing)?;
        }
    }
    unresolved(missing, Section::Outputs)
}

fn unresolved(missing: BTreeSet<String>, section: Section) -> Result<(), TemplateError> {
    if missing.is_empty() {
        return Ok(());
    }
    Err(TemplateError::Unresolved { names: missing.into_iter().collect(), section })
}

fn check_conditions(template: &Template) -> Result<(), TemplateError> {
    let mut resources = BTreeSet::new();
    for condition in template.conditions.values() {
        mentions(condition, template.extended, &mut |mention| {
            match mention {
                Mention::Ref(name) if !is_parameter(template, name) => _ = resources.insert(name.to_owned()),
                Mention::Attribute { resource, .. } => _ = resources.insert(resource.to_owned()),
                _ => {}
            }
            Ok(())
        })?;
        conditions_named(condition, &mut |name| check_condition(template, Some(name), Section::Conditions))?;
    }
    if resources.is_empty() {
        return Ok(());
    }
    Err(TemplateError::ResourcesInConditions(resources.into_iter().collect()))
}

/// Tells the conditions that a condition is made of.
pub(crate) fn conditions_named<'a>(
    value: &'a Value,
    found: &mut dyn FnMut(&'a str) -> Result<(), TemplateError>,
) -> Result<(), TemplateError> {
    match value {
        Value::List(elements) => elements.iter().try_for_each(|element| conditions_named(element, found)),
        Value::Map(members) => match (members.len(), members.get("Condition")) {
            (1, Some(Value::String(name))) => found(name),
            _ => members.values().try_for_each(|member| conditions_named(member, found)),
        },
        _ => Ok(()),
    }
}

fn check_condition(template: &Template, name: Option<&str>, section: Section) -> Result<(), TemplateError> {
    match name {
        Some(name) if !template.conditions.contains_key(name) => {
            Err(TemplateError::UnresolvedCondition { name: name.to_owned(), section })
        }
        _ => Ok(()),
    }
}

fn is_parameter(template: &Template, name: &str) -> bool {
    template.parameters.contains_key(name) || Pseudo::is_one(name)
}

fn check_value(
    template: &Template,
    value: &Value,
    section: Section,
    missing: &mut BTreeSet<String>,
) -> Result<(), TemplateError> {
    mentions(value, template.extended, &mut |mention| {
        match mention {
            Mention::Ref(name) => {
                if !is_parameter(template, name) && !template.resources.contains_key(name) {
                    missing.insert(name.to_owned());
                }
            }
            Mention::Attribute { resource, attribute, in_sub } => {
                if !template.resources.contains_key(resource) {
                    return Err(if in_sub {
                        TemplateError::SubAttribute(format!("{resource}.{attribute}"))
                    } else {
                        TemplateError::UndefinedResource(resource.to_owned())
                    });
                }
            }
            Mention::Condition(name) => check_condition(template, Some(name), section)?,
        }
        Ok(())
    })
}
