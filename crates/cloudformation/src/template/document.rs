//! A template's text, read and bounded, before its loops and transforms are expanded.

use super::declaration::{self, Declaration};
use super::{json, yaml};
use crate::{Map, TemplateError, Value};
use std::collections::BTreeMap;

/// The longest template. What is sent in a request may be 51,200 bytes; this is for those that come from S3.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;

/// A template as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub(crate) root: Map,
    /// The transforms named at the top, in their order.
    pub transforms: Vec<String>,
    /// What the template's parameters are.
    pub parameters: BTreeMap<String, Declaration>,
}

impl Document {
    /// Reads JSON, where the first character opens an object, and YAML otherwise.
    ///
    /// # Errors
    /// When it is neither, too long or too deep, no object, or when its parameters are not declared as they must be.
    pub fn read(text: &str) -> Result<Self, TemplateError> {
        if text.len() > BODY_BYTES_MAX {
            return Err(TemplateError::TooLong(BODY_BYTES_MAX));
        }
        let text = text.trim_start_matches('\u{feff}');
        let is_json = text.trim_start().starts_with('{');
        let Value::Map(root) = (if is_json { json::read(text)? } else { yaml::read(text)? }) else {
            return Err(TemplateError::Structure);
        };
        refuse_nulls(&root)?;
        let transforms = transforms(&root)?;
        let parameters = declaration::read(&root)?;
        Ok(Self { root, transforms, parameters })
    }

    /// What the template says of itself.
    #[must_use]
    pub fn description(&self) -> Option<String> {
        self.root.get("Description").and_then(Value::as_str).map(ToOwned::to_owned)
    }

    /// The version of the format.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        self.root.get("AWSTemplateFormatVersion").and_then(Value::as_str).map(ToOwned::to_owned)
    }

    /// The whole of it as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        Value::Map(self.root.clone()).to_json()
    }

    /// Whether a transform is named at the top.
    #[must_use]
    pub fn has_transform(&self, name: &str) -> bool {
        self.transforms.iter().any(|transform| transform == name)
    }
}

/// The transforms named at the top: a string, an object with a `Name`, or a list of these.
fn transforms(root: &Map) -> Result<Vec<String>, TemplateError> {
    let name = |value: &Value| match value {
        Value::String(name) => Ok(name.clone()),
        Value::Map(members) => members
            .get("Name")
            .and_then(Value::as_str)
            .map(ToOwned::to_owned)
            .ok_or_else(|| TemplateError::NotAString("Transform".to_owned())),
        _ => Err(TemplateError::NotAString("Transform".to_owned())),
    };
    match root.get("Transform") {
        None => Ok(Vec::new()),
        Some(Value::List(names)) => names.iter().map(name).collect(),
        Some(value) => Ok(vec![name(value)?]),
    }
}

/// Nothing but metadata may hold null.
fn refuse_nulls(root: &Map) -> Result<(), TemplateError> {
    let mut path = String::new();
    for (name, value) in root {
        if name != "Metadata" {
            refuse_null(&mut path, name, value)?;
        }
    }
    Ok(())
}

fn refuse_null(path: &mut String, name: &str, value: &Value) -> Result<(), TemplateError> {
    let length = path.len();
    path.push('/');
    path.push_str(name);
    match value {
        Value::Null => return Err(TemplateError::Null(path.clone())),
        Value::List(elements) => {
            for (place, element) in elements.iter().enumerate() {
                refuse_null(path, &place.to_string(), element)?;
            }
        }
        Value::Map(members) => {
            for (name, member) in members {
                if name != "Metadata" {
                    refuse_null(path, name, member)?;
                }
            }
        }
        Value::Boolean(_) | Value::Number(_) | Value::String(_) | Value::Unknown(_) => {}
    }
    path.truncate(length);
    Ok(())
}
