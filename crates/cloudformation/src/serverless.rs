//! The serverless transform (`AWS::Serverless-2016-10-31`): functions with their events, tables and layers, written out as the
//! resources that they stand for, under the names that AWS's transform gives them.
//!
//! Types and events for which there is no service here are refused by name.

mod event;
mod function;
mod globals;
mod layer;
mod role;
mod table;
#[cfg(test)]
mod tests;

use crate::{Map, TemplateError, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Its name.
pub const TRANSFORM: &str = "AWS::Serverless-2016-10-31";

const PREFIX: &str = "AWS::Serverless::";

/// How many bytes the properties of all serverless resources may take, once what is said of all is in each.
const MERGED_BYTES_MAX: usize = 8 * 1024 * 1024;

/// How many characters of a digest names end in.
const DIGEST_LENGTH: usize = 10;

/// Members of a serverless resource that stand beside its properties and go to what it becomes.
const BESIDE: [&str; 5] = ["Condition", "DeletionPolicy", "DependsOn", "Metadata", "UpdateReplacePolicy"];

/// What a template becomes.
#[derive(Debug, Default)]
struct Output {
    resources: Map,
    /// What references to a name are written as: `Layer` to `Layer0123456789`, `Function.Alias` to the alias.
    renamed: BTreeMap<String, String>,
}

/// A serverless resource.
struct Source<'a> {
    name: &'a str,
    members: &'a Map,
    properties: Map,
}

/// Writes out the serverless resources of a template.
///
/// # Errors
/// When one is not as it must be, or of a type that is not here.
pub fn transform(mut root: Map) -> Result<Map, TemplateError> {
    let globals = globals::Globals::read(root.remove("Globals").as_ref())?;
    let Some(Value::Map(resources)) = root.remove("Resources") else { return Ok(root) };
    let (mut output, mut merged_bytes) = (Output::default(), 0_usize);
    for (name, resource) in &resources {
        let serverless =
            resource.get("Type").and_then(Value::as_str).and_then(|name| name.strip_prefix(PREFIX));
        let (Some(kind), Some(members)) = (serverless, resource.as_map()) else {
            output.add(name.clone(), resource.clone())?;
            continue;
        };
        let own = members.get("Properties").cloned().unwrap_or(Value::empty());
        let Value::Map(own) = own else { return Err(invalid(name, "'Properties' should be a map.")) };
        merged_bytes = merged_bytes.saturating_add(globals.weight(kind));
        if merged_bytes > MERGED_BYTES_MAX {
            return Err(TemplateError::Globals(format!(
                "In all resources it takes more than {MERGED_BYTES_MAX} bytes."
            )));
        }
        let source = Source { name, members, properties: globals.merged(kind, own) };
        match kind {
            "Function" => function::write(&source, &mut output)?,
            "SimpleTable" => table::write(&source, &mut output)?,
            "LayerVersion" => layer::write(&source, &mut output)?,
            _ => return Err(invalid(name, &format!("Type {PREFIX}{kind} is not supported by Tailwater."))),
        }
    }
    root.insert("Resources".to_owned(), Value::Map(output.resources));
    if !output.renamed.is_empty() {
        root.values_mut().for_each(|value| rename(value, &output.renamed));
    }
    Ok(root)
}

impl Output {
    fn add(&mut self, name: String, resource: Value) -> Result<(), TemplateError> {
        if self.resources.contains_key(&name) {
            return Err(invalid(&name, "Its name is that of a resource which another one becomes."));
        }
        self.resources.insert(name, resource);
        Ok(())
    }
}

impl Source<'_> {
    /// A resource of a type and properties, under the condition of the source.
    fn resource(&self, resource_type: &str, properties: Map) -> Map {
        let mut resource = Map::new();
        resource.insert("Type".to_owned(), Value::string(resource_type));
        resource.insert("Properties".to_owned(), Value::Map(properties));
        if let Some(condition) = self.members.get("Condition") {
            resource.insert("Condition".to_owned(), condition.clone());
        }
        resource
    }

    /// A resource that has what stands beside the source's properties: what the source is above all.
    fn main_resource(&self, resource_type: &str, properties: Map) -> Map {
        let mut resource = self.resource(resource_type, properties);
        for name in BESIDE {
            if let Some(value) = self.members.get(name) {
                resource.insert(name.to_owned(), value.clone());
            }
        }
        resource
    }

    /// The properties of these names, as they are.
    fn passed(&self, names: &[&str]) -> Map {
        names
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), self.properties.get(*name)?.clone())))
            .collect()
    }

    fn required(&self, property: &str) -> Result<&Value, TemplateError> {
        self.properties
            .get(property)
            .ok_or_else(|| invalid(self.name, &format!("Missing required property '{property}'.")))
    }

    /// Refuses what the transform does not know, so that nothing is left out in silence.
    fn refuse_others(&self, known: &[&[&str]]) -> Result<(), TemplateError> {
        let is_known = |name: &&String| known.iter().any(|known| known.contains(&name.as_str()));
        match self.properties.keys().find(|name| !is_known(name)) {
            None => Ok(()),
            Some(name) => Err(invalid(self.name, &format!("property {name} not defined for resource."))),
        }
    }

    /// Where an archive is: `s3://bucket/key`, or an object with `Bucket` and `Key`.
    fn archive(&self, property: &str) -> Result<Map, TemplateError> {
        let value = self.required(property)?;
        let failed = || {
            let text = format!(
                "'{property}' is not a valid S3 Uri of the form 's3://bucket/key' with optional versionId query parameter."
            );
            invalid(self.name, &text)
        };
        match value {
            Value::String(uri) => {
                let (bucket, key) =
                    uri.strip_prefix("s3://").and_then(|rest| rest.split_once('/')).ok_or_else(failed)?;
                let (key, version) =
                    key.split_once("?versionId=").map_or((key, None), |(key, id)| (key, Some(id)));
                if bucket.is_empty() || key.is_empty() {
                    return Err(failed());
                }
                let mut location = Map::new();
                location.insert("S3Bucket".to_owned(), Value::string(bucket));
                location.insert("S3Key".to_owned(), Value::string(key));
                location.extend(version.map(|id| ("S3ObjectVersion".to_owned(), Value::string(id))));
                Ok(location)
            }
            Value::Map(members) if members.contains_key("Bucket") && members.contains_key("Key") => {
                let names = [("Bucket", "S3Bucket"), ("Key", "S3Key"), ("Version", "S3ObjectVersion")];
                let named = names
                    .into_iter()
                    .filter_map(|(from, to)| Some((to.to_owned(), members.get(from)?.clone())));
                Ok(named.collect())
            }
            _ => Err(failed()),
        }
    }
}

/// The failure of one resource.
fn invalid(resource: &str, reason: &str) -> TemplateError {
    TemplateError::Serverless { resource: resource.to_owned(), reason: reason.to_owned() }
}

/// `Ref` to a resource.
fn reference(name: &str) -> Value {
    Value::map([("Ref", Value::string(name))])
}

/// `Fn::GetAtt` of a resource.
fn attribute(name: &str, attribute: &str) -> Value {
    Value::map([("Fn::GetAtt", Value::List(vec![Value::string(name), Value::string(attribute)]))])
}

/// The end of a name that changes with a value.
fn digest(value: &Value) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(value.to_json().as_bytes()) {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text.truncate(DIGEST_LENGTH);
    text
}

/// Tags as a list, from the object in which the transform takes them.
fn tag_list(source: &Source<'_>, first: Vec<Value>) -> Result<Vec<Value>, TemplateError> {
    let mut tags = first;
    match source.properties.get("Tags") {
        None => {}
        Some(Value::Map(members)) => tags.extend(
            members
                .iter()
                .map(|(key, value)| Value::map([("Key", Value::string(key)), ("Value", value.clone())])),
        ),
        Some(_) => return Err(invalid(source.name, "'Tags' should be a map.")),
    }
    Ok(tags)
}

/// Writes references to the names that resources have got.
fn rename(value: &mut Value, renamed: &BTreeMap<String, String>) {
    match value {
        Value::List(elements) => elements.iter_mut().for_each(|element| rename(element, renamed)),
        Value::Map(members) => {
            members.iter_mut().for_each(|(name, member)| rename_member(name, member, renamed));
        }
        _ => {}
    }
}

fn rename_member(name: &str, member: &mut Value, renamed: &BTreeMap<String, String>) {
    match (name, member) {
        ("Ref" | "DependsOn", Value::String(name)) => replace(name, renamed),
        ("Fn::Sub", Value::String(text)) => *text = renamed_in(text, renamed),
        ("Fn::Sub", Value::List(parts)) => {
            if let Some(Value::String(text)) = parts.first_mut() {
                *text = renamed_in(text, renamed);
            }
            parts.iter_mut().skip(1).for_each(|part| rename(part, renamed));
        }
        ("Fn::GetAtt", Value::String(text)) => {
            if let Some((name, attribute)) = text.split_once('.')
                && let Some(other) = renamed.get(name)
            {
                *text = format!("{other}.{attribute}");
            }
        }
        ("Fn::GetAtt", Value::List(names)) => {
            if let Some(Value::String(name)) = names.first_mut() {
                replace(name, renamed);
            }
        }
        ("DependsOn", Value::List(names)) => names.iter_mut().for_each(|name| {
            if let Value::String(name) = name {
                replace(name, renamed);
            }
        }),
        (_, member) => rename(member, renamed),
    }
}

fn replace(name: &mut String, renamed: &BTreeMap<String, String>) {
    if let Some(other) = renamed.get(name) {
        name.clone_from(other);
    }
}

fn renamed_in(text: &str, renamed: &BTreeMap<String, String>) -> String {
    let mut text = text.to_owned();
    for (from, to) in renamed {
        text = text.replace(&format!("${{{from}}}"), &format!("${{{to}}}"));
        text = text.replace(&format!("${{{from}."), &format!("${{{to}."));
    }
    text
}
