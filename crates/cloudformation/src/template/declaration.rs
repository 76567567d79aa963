//! The declarations of parameters.

use super::section::{alphanumeric, counted};
use crate::{Map, TemplateError, Value};
use std::collections::BTreeMap;

/// How many parameters a template may have.
const PARAMETERS_MAX: usize = 200;

/// The type of a parameter's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterType {
    /// A string; also the types of AWS that are one, such as `AWS::EC2::VPC::Id`.
    String,
    /// A number.
    Number,
    /// A list of numbers.
    NumberList,
    /// A list of strings, separated by commas; also the lists of AWS's types.
    StringList,
    /// The name of a parameter in the parameter store, which must exist there.
    StoreName,
    /// The name of a parameter in the parameter store, whose value is taken.
    StoreValue {
        /// Whether that value is a list.
        is_list: bool,
    },
}

/// A parameter as a template declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// The type as it was written.
    pub type_name: String,
    /// What that means.
    pub parameter_type: ParameterType,
    /// The value where none is given.
    pub default: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Whether its value is never shown.
    pub no_echo: bool,
    /// The values that it may have; any, where there are none.
    pub allowed_values: Vec<String>,
    /// What the whole of its value must match.
    pub allowed_pattern: Option<String>,
    /// What is said instead of the constraint that a value does not keep.
    pub constraint_description: Option<String>,
    /// The fewest characters.
    pub min_length: Option<u64>,
    /// The most characters.
    pub max_length: Option<u64>,
    /// The least number, as it was written.
    pub min_value: Option<String>,
    /// The greatest number, as it was written.
    pub max_value: Option<String>,
}

/// The declarations of a template.
pub(super) fn read(root: &Map) -> Result<BTreeMap<String, Declaration>, TemplateError> {
    let Some(section) = root.get("Parameters") else { return Ok(BTreeMap::new()) };
    let section = section.as_map().ok_or_else(|| TemplateError::NotAnObject("Parameters".to_owned()))?;
    counted("parameters", section.len(), PARAMETERS_MAX)?;
    section
        .iter()
        .map(|(name, value)| {
            alphanumeric("Parameter", name)?;
            let members =
                value.as_map().ok_or_else(|| TemplateError::NotAnObject(format!("Parameter {name}")))?;
            Ok((name.clone(), declaration(members)?))
        })
        .collect()
}

fn declaration(members: &Map) -> Result<Declaration, TemplateError> {
    const KNOWN: &[&str] = &[
        "Type",
        "Default",
        "Description",
        "NoEcho",
        "AllowedValues",
        "AllowedPattern",
        "ConstraintDescription",
        "MinLength",
        "MaxLength",
        "MinValue",
        "MaxValue",
    ];
    if let Some(name) = members.keys().find(|name| !KNOWN.contains(&name.as_str())) {
        return Err(TemplateError::ParameterProperty(name.clone()));
    }
    let type_name = members.get("Type").and_then(Value::as_str).ok_or(TemplateError::ParameterType)?;
    let parameter_type =
        known_type(type_name).ok_or_else(|| TemplateError::UnknownParameterType(type_name.to_owned()))?;
    Ok(Declaration {
        type_name: type_name.to_owned(),
        parameter_type,
        default: text(members, "Default")?,
        description: text(members, "Description")?,
        no_echo: text(members, "NoEcho")?.is_some_and(|value| value.eq_ignore_ascii_case("true")),
        allowed_values: allowed_values(members)?,
        allowed_pattern: text(members, "AllowedPattern")?,
        constraint_description: text(members, "ConstraintDescription")?,
        min_length: whole(members, "MinLength")?,
        max_length: whole(members, "MaxLength")?,
        min_value: number(members, "MinValue")?,
        max_value: number(members, "MaxValue")?,
    })
}

/// The types that are known; AWS's own are strings here, since nothing of EC2 is here to hold them against.
fn known_type(name: &str) -> Option<ParameterType> {
    let of_aws = |name: &str| {
        name == "String"
            || ["AWS::EC2::", "AWS::Route53::"]
                .iter()
                .any(|service| name.strip_prefix(service).is_some_and(|rest| rest.split("::").count() == 2))
    };
    let listed = |name: &str| name.strip_prefix("List<")?.strip_suffix('>').map(ToOwned::to_owned);
    match name {
        "Number" => return Some(ParameterType::Number),
        "List<Number>" => return Some(ParameterType::NumberList),
        "CommaDelimitedList" | "List<String>" => return Some(ParameterType::StringList),
        "AWS::SSM::Parameter::Name" => return Some(ParameterType::StoreName),
        "AWS::EC2::AvailabilityZone::Name" => return Some(ParameterType::String),
        _ => {}
    }
    if let Some(inner) =
        name.strip_prefix("AWS::SSM::Parameter::Value<").and_then(|rest| rest.strip_suffix('>'))
    {
        let is_list = inner == "CommaDelimitedList" || listed(inner).is_some();
        let element = listed(inner).unwrap_or_else(|| inner.to_owned());
        return (element == "CommaDelimitedList" || of_aws(&element))
            .then_some(ParameterType::StoreValue { is_list });
    }
    match listed(name) {
        Some(element) => of_aws(&element).then_some(ParameterType::StringList),
        None => of_aws(name).then_some(ParameterType::String),
    }
}

fn text(members: &Map, name: &str) -> Result<Option<String>, TemplateError> {
    members
        .get(name)
        .map(|value| {
            value.text().map(Into::into).ok_or_else(|| TemplateError::ParameterMember(name.to_owned()))
        })
        .transpose()
}

fn number(members: &Map, name: &str) -> Result<Option<String>, TemplateError> {
    text(members, name)?
        .map(|text| {
            let is_number = text.trim().parse::<f64>().is_ok_and(f64::is_finite);
            if is_number { Ok(text) } else { Err(TemplateError::ParameterNumber(name.to_owned())) }
        })
        .transpose()
}

fn whole(members: &Map, name: &str) -> Result<Option<u64>, TemplateError> {
    text(members, name)?
        .map(|text| text.trim().parse().map_err(|_| TemplateError::ParameterNumber(name.to_owned())))
        .transpose()
}

fn allowed_values(members: &Map) -> Result<Vec<String>, TemplateError> {
    let Some(value) = members.get("AllowedValues") else { return Ok(Vec::new()) };
    let values = value.as_list().filter(|values| !values.is_empty()).ok_or(TemplateError::AllowedValues)?;
    values.iter().map(|value| value.text().map(Into::into).ok_or(TemplateError::AllowedValues)).collect()
}
