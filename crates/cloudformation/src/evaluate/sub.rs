//! `Fn::Sub`.

use super::Evaluator;
use crate::{Function, Map, TemplateError, Value};

/// A part of the text of `Fn::Sub`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// What stays as it is.
    Text(&'a str),
    /// What is put in: a name, or `resource.attribute`.
    Variable(&'a str),
}

/// The text, and the variables that are given with it.
pub(super) fn arguments(argument: &Value) -> Result<(&str, Option<&Map>), TemplateError> {
    let failed = TemplateError::Arguments(Function::Sub);
    match argument {
        Value::String(text) => Ok((text, None)),
        Value::List(parts) => match parts.as_slice() {
            [Value::String(text)] => Ok((text, None)),
            [Value::String(text), Value::Map(variables)] => Ok((text, Some(variables))),
            _ => Err(failed),
        },
        _ => Err(failed),
    }
}

/// Takes a text apart: `${name}` is put in, `${!text}` stays as `${text}`.
pub(super) fn parts(text: &str) -> Result<Vec<Part<'_>>, TemplateError> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, behind)) = after.split_once('}') else { break };
        parts.push(Part::Text(before));
        if let Some(literal) = name.strip_prefix('!') {
            parts.extend([Part::Text("${"), Part::Text(literal), Part::Text("}")]);
        } else {
            let allowed = |character: char| character.is_ascii_alphanumeric() || "_.:".contains(character);
            if name.is_empty() || !name.chars().all(allowed) {
                return Err(TemplateError::SubName);
            }
            parts.push(Part::Variable(name));
        }
        rest = behind;
    }
    parts.push(Part::Text(rest));
    Ok(parts)
}

impl Evaluator<'_, '_> {
    pub(super) fn substitute(&self, argument: &Value) -> Result<Value, TemplateError> {
        let (text, variables) = arguments(argument)?;
        let (mut out, mut unknown) = (String::new(), Vec::new());
        for part in parts(text)? {
            let name = match part {
                Part::Text(text) => {
                    self.spend(text.len())?;
                    out.push_str(text);
                    continue;
                }
                Part::Variable(name) => name,
            };
            let given = variables.and_then(|variables| variables.get(name));
            let value = match (given, name.split_once('.')) {
                (Some(value), _) => self.value(value)?,
                (None, Some((resource, attribute))) => Some(self.attribute_of(resource, attribute)?),
                (None, None) => self.named(name)?,
            };
            match value {
                // Nothing is nothing, in a text as well.
                None => {}
                Some(Value::Unknown(references)) => unknown.extend(references),
                Some(value) => {
                    let text = value.text().ok_or_else(|| TemplateError::SubValue(name.to_owned()))?;
                    self.spend(text.len())?;
                    out.push_str(&text);
                }
            }
        }
        Ok(if unknown.is_empty() { Value::String(out) } else { Value::Unknown(unknown) })
    }
}
