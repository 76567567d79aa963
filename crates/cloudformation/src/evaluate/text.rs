//! The functions of strings and lists: `Fn::Join`, `Fn::Split`, `Fn::Select`, `Fn::Base64`, `Fn::Length`,
//! `Fn::ToJsonString`, and those that give lists from elsewhere.

use super::Evaluator;
use crate::{Function, TemplateError, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

impl Evaluator<'_, '_> {
    pub(super) fn join(&self, argument: &Value) -> Result<Value, TemplateError> {
        let failed = TemplateError::Arguments(Function::Join);
        let Some([Value::String(delimiter), values]) = argument.as_list() else { return Err(failed) };
        let values = match self.argument(values, Function::Join)? {
            Value::List(values) => values,
            unknown @ Value::Unknown(_) => return Ok(unknown),
            _ => return Err(failed),
        };
        let (mut out, mut unknown) = (String::new(), Vec::new());
        for (place, value) in values.iter().enumerate() {
            if place > 0 {
                self.spend(delimiter.len())?;
                out.push_str(delimiter);
            }
            match value {
                Value::Unknown(references) => unknown.extend(references.iter().cloned()),
                value => {
                    let text = value.text().ok_or_else(|| failed.clone())?;
                    self.spend(text.len())?;
                    out.push_str(&text);
                }
            }
        }
        Ok(if unknown.is_empty() { Value::String(out) } else { Value::Unknown(unknown) })
    }

    pub(super) fn split(&self, argument: &Value) -> Result<Value, TemplateError> {
        let failed = TemplateError::Arguments(Function::Split);
        let Some([Value::String(delimiter), source]) = argument.as_list() else { return Err(failed) };
        let source = self.argument(source, Function::Split)?;
        if matches!(source, Value::Unknown(_)) {
            return Ok(source);
        }
        let source = source.text().ok_or_else(|| failed.clone())?;
        if delimiter.is_empty() {
            return Err(failed);
        }
        let parts = source.split(delimiter.as_str()).map(|part| {
            let part = Value::string(part);
            self.spend(part.weight()).map(|()| part)
        });
        Ok(Value::List(parts.collect::<Result<_, _>>()?))
    }

    pub(super) fn select(&self, argument: &Value) -> Result<Option<Value>, TemplateError> {
        let failed = TemplateError::Arguments(Function::Select);
        let Some([index, values]) = argument.as_list() else { return Err(failed) };
        let index = self.argument(index, Function::Select)?;
        let index = index.text().ok_or_else(|| failed.clone())?;
        let values = match values {
            // An element that is nothing keeps its place.
            Value::List(values) => {
                values.iter().map(|value| self.value(value)).collect::<Result<Vec<_>, _>>()?
            }
            values => match self.argument(values, Function::Select)? {
                Value::List(values) => values.into_iter().map(Some).collect(),
                unknown @ Value::Unknown(_) => return Ok(Some(unknown)),
                _ => return Err(failed),
            },
        };
        let place: i64 = index.parse().map_err(|_| failed)?;
        let chosen = usize::try_from(place).ok().and_then(|place| values.into_iter().nth(place));
        chosen.ok_or_else(|| TemplateError::Select(index.into_owned()))
    }

    pub(super) fn base64(&self, argument: &Value) -> Result<Value, TemplateError> {
        let value = self.argument(argument, Function::Base64)?;
        if matches!(value, Value::Unknown(_)) {
            return Ok(value);
        }
        let text = value.text().ok_or(TemplateError::Arguments(Function::Base64))?;
        self.spend(text.len().saturating_mul(2))?;
        Ok(Value::String(STANDARD.encode(text.as_bytes())))
    }

    pub(super) fn zones(&self, argument: &Value) -> Result<Value, TemplateError> {
        let region = self.argument(argument, Function::GetAZs)?;
        let region = region.as_str().ok_or(TemplateError::Arguments(Function::GetAZs))?;
        let region = if region.is_empty() { &self.evaluation.pseudo.region } else { region };
        Ok(Value::List(self.context.zones(region).into_iter().map(Value::String).collect()))
    }

    pub(super) fn import(&self, argument: &Value) -> Result<Value, TemplateError> {
        let name = self.argument(argument, Function::ImportValue)?;
        if matches!(name, Value::Unknown(_)) {
            return Err(TemplateError::ImportDepends);
        }
        let name = name.text().ok_or(TemplateError::Arguments(Function::ImportValue))?;
        let value = self.context.export(&name).ok_or_else(|| TemplateError::Import(name.into_owned()))?;
        self.spend(value.len())?;
        Ok(Value::String(value))
    }

    pub(super) fn length(&self, argument: &Value) -> Result<Value, TemplateError> {
        match self.argument(argument, Function::Length)? {
            Value::List(elements) => Ok(Value::Number(elements.len().to_string())),
            unknown @ Value::Unknown(_) => Ok(unknown),
            _ => Err(TemplateError::Arguments(Function::Length)),
        }
    }

    pub(super) fn to_json_string(&self, argument: &Value) -> Result<Value, TemplateError> {
        let value = self.argument(argument, Function::ToJsonString)?;
        let unknown = value.unknowns();
        self.spend(value.weight())?;
        match value {
            Value::List(_) | Value::Map(_) if unknown.is_empty() => Ok(Value::String(value.to_json())),
            Value::List(_) | Value::Map(_) | Value::Unknown(_) => Ok(Value::Unknown(unknown)),
            _ => Err(TemplateError::Arguments(Function::ToJsonString)),
        }
    }
}
