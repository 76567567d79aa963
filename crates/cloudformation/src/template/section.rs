//! The sections of a template, once its loops and transforms are expanded.

use super::declaration::Declaration;
use super::resource::Resource;
use super::{Document, check_references};
use crate::evaluate::{Pseudo, expand_loops};
use crate::parameters::Parameters;
use crate::{Map, TemplateError, Value, serverless};
use std::collections::{BTreeMap, BTreeSet};

/// The transform that adds functions to the language.
pub(crate) const LANGUAGE_EXTENSIONS: &str = "AWS::LanguageExtensions";

const RESOURCES_MAX: usize = 500;
const OUTPUTS_MAX: usize = 200;
const MAPPINGS_MAX: usize = 200;
const DESCRIPTION_BYTES_MAX: usize = 1024;

const SECTIONS: &[&str] = &[
    "AWSTemplateFormatVersion",
    "Description",
    "Metadata",
    "Parameters",
    "Rules",
    "Mappings",
    "Conditions",
    "Transform",
    "Hooks",
    "Resources",
    "Outputs",
];

/// An output of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its value.
    pub value: Value,
    /// What it is.
    pub description: Option<String>,
    /// The name under which other stacks import it.
    pub export: Option<Value>,
    /// The condition under which it is there.
    pub condition: Option<String>,
}

/// A template whose sections are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// What it says of itself.
    pub description: Option<String>,
    /// Its metadata.
    pub metadata: Value,
    /// Its parameters.
    pub parameters: BTreeMap<String, Declaration>,
    /// Its mappings: name, key, attribute.
    pub mappings: Map,
    /// Its conditions.
    pub conditions: Map,
    /// What its parameters must keep together.
    pub rules: Map,
    /// Its resources.
    pub resources: BTreeMap<String, Resource>,
    /// Its outputs.
    pub outputs: BTreeMap<String, Output>,
    /// The transforms named at the top.
    pub transforms: Vec<String>,
    /// Whether the functions of `AWS::LanguageExtensions` are there.
    pub extended: bool,
}

impl Template {
    /// Expands what has to be, reads the sections, and checks that whatever they name is there.
    ///
    /// # Errors
    /// When the template is not as CloudFormation wants it, or names a transform that is not here.
    pub fn new(document: &Document, parameters: &Parameters, pseudo: &Pseudo) -> Result<Self, TemplateError> {
        let root = Self::expanded(document, parameters, pseudo)?;
        let template = Self::read(document, &root, document.has_transform(LANGUAGE_EXTENSIONS))?;
        check_references(&template)?;
        Ok(template)
    }

    /// The whole template with its loops and transforms expanded.
    ///
    /// # Errors
    /// When it names a transform that is not here, or one fails.
    pub fn expanded(
        document: &Document,
        parameters: &Parameters,
        pseudo: &Pseudo,
    ) -> Result<Map, TemplateError> {
        const HERE: [&str; 2] = [LANGUAGE_EXTENSIONS, serverless::TRANSFORM];
        if let Some(unknown) = document.transforms.iter().find(|name| !HERE.contains(&name.as_str())) {
            return Err(TemplateError::Transform(unknown.clone()));
        }
        let mut root = document.root.clone();
        if document.has_transform(LANGUAGE_EXTENSIONS) {
            root = expand_loops(root, parameters, pseudo)?;
        }
        if document.has_transform(serverless::TRANSFORM) {
            root = serverless::transform(root)?;
        }
        Ok(root)
    }

    fn read(document: &Document, root: &Map, extended: bool) -> Result<Self, TemplateError> {
        let unknown: Vec<String> =
            root.keys().filter(|name| !SECTIONS.contains(&name.as_str())).cloned().collect();
        if !unknown.is_empty() {
            return Err(TemplateError::Properties(unknown));
        }
        if root.get("AWSTemplateFormatVersion").is_some_and(|version| version.as_str() != Some("2010-09-09"))
        {
            return Err(TemplateError::Version);
        }
        let conditions = section(root, "Conditions")?;
        conditions.keys().try_for_each(|name| alphanumeric("Condition", name))?;
        let resources = section(root, "Resources")?;
        if resources.is_empty() {
            return Err(TemplateError::NoResources);
        }
        counted("resources", resources.len(), RESOURCES_MAX)?;
        let outputs = section(root, "Outputs")?;
        counted("outputs", outputs.len(), OUTPUTS_MAX)?;
        Ok(Self {
            description: description(root)?,
            metadata: root.get("Metadata").cloned().unwrap_or(Value::empty()),
            parameters: document.parameters.clone(),
            mappings: mappings(root)?,
            conditions,
            rules: section(root, "Rules")?,
            resources: resources
                .iter()
                .map(|(name, value)| {
                    alphanumeric("Resource", name)?;
                    Ok((name.clone(), Resource::read(name, value)?))
                })
                .collect::<Result<_, TemplateError>>()?,
            outputs: self::outputs(&outputs)?,
            transforms: document.transforms.clone(),
            extended,
        })
    }
}

fn section(root: &Map, name: &str) -> Result<Map, TemplateError> {
    match root.get(name) {
        None => Ok(Map::new()),
        Some(Value::Map(members)) => Ok(members.clone()),
        Some(_) => Err(TemplateError::NotAnObject(name.to_owned())),
    }
}

fn description(root: &Map) -> Result<Option<String>, TemplateError> {
    let Some(value) = root.get("Description") else { return Ok(None) };
    let text = value.as_str().ok_or_else(|| TemplateError::NotAString("Description".to_owned()))?;
    if text.len() > DESCRIPTION_BYTES_MAX {
        return Err(TemplateError::Description);
    }
    Ok(Some(text.to_owned()))
}

fn mappings(root: &Map) -> Result<Map, TemplateError> {
    let mappings = section(root, "Mappings")?;
    counted("mappings", mappings.len(), MAPPINGS_MAX)?;
    for (name, keys) in &mappings {
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !plain(name) {
            return Err(TemplateError::MappingName(name.clone()));
        }
        let keys = keys.as_map().ok_or_else(|| TemplateError::NotAnObject(format!("Mapping {name}")))?;
        for (key, attributes) in keys {
            let attributes = attributes
                .as_map()
                .ok_or_else(|| TemplateError::NotAnObject(format!("Mapping {name}::{key}")))?;
            counted("mapping attributes", attributes.len(), MAPPINGS_MAX)?;
            if attributes.values().any(|value| matches!(value, Value::Map(_))) {
                return Err(TemplateError::MappingValue);
            }
        }
    }
    Ok(mappings)
}

fn outputs(section: &Map) -> Result<BTreeMap<String, Output>, TemplateError> {
    let mut exports = BTreeSet::new();
    section
        .iter()
        .map(|(name, value)| {
            alphanumeric("Output", name)?;
            let output = output(name, value)?;
            if let Some(export) = output.export.as_ref().and_then(Value::as_str)
                && !exports.insert(export.to_owned())
            {
                return Err(TemplateError::DuplicateExport(export.to_owned()));
            }
            Ok((name.clone(), output))
        })
        .collect()
}

fn output(name: &str, value: &Value) -> Result<Output, TemplateError> {
    let members = value.as_map().ok_or_else(|| TemplateError::NotAnObject(format!("Output {name}")))?;
    const KNOWN: &[&str] = &["Value", "Description", "Export", "Condition"];
    if let Some(unknown) = members.keys().find(|member| !KNOWN.contains(&member.as_str())) {
        return Err(TemplateError::OutputProperty(unknown.clone()));
    }
    let text = |member: &str| {
        members
            .get(member)
            .map(|value| {
                let text = value.as_str().map(ToOwned::to_owned);
                text.ok_or_else(|| TemplateError::NotAString(format!("[/Outputs/{name}/{member}]")))
            })
            .transpose()
    };
    let export = members
        .get("Export")
        .map(|export| export.get("Name").cloned().ok_or_else(|| TemplateError::Export(name.to_owned())))
        .transpose()?;
    Ok(Output {
        value: members.get("Value").cloned().ok_or(TemplateError::OutputValue)?,
        description: text("Description")?,
        export,
        condition: text("Condition")?,
    })
}

/// Logical names are letters and digits.
pub(super) fn alphanumeric(what: &'static str, name: &str) -> Result<(), TemplateError> {
    if !name.is_empty() && name.len() <= 255 && name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(());
    }
    Err(TemplateError::Name { what, name: name.to_owned() })
}

pub(super) fn counted(what: &'static str, count: usize, most: usize) -> Result<(), TemplateError> {
    if count > most { Err(TemplateError::TooMany { what, count, most }) } else { Ok(()) }
}
