//! The constraints of parameters.

use super::VALUE_BYTES_MAX;
use crate::TemplateError;
use crate::template::{Declaration, ParameterType};
use regex_lite::RegexBuilder;

/// The most memory that a pattern may take, in bytes.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// Holds a text against its declaration.
pub(super) fn check(name: &str, declaration: &Declaration, text: &str) -> Result<(), TemplateError> {
    let Some(constraint) = broken(declaration, text) else { return Ok(()) };
    Err(match &declaration.constraint_description {
        Some(description) => {
            TemplateError::Constraint { name: name.to_owned(), description: description.clone() }
        }
        None => TemplateError::Parameter { name: name.to_owned(), constraint },
    })
}

/// The first constraint that does not hold, as AWS words it.
fn broken(declaration: &Declaration, text: &str) -> Option<String> {
    if text.len() > VALUE_BYTES_MAX {
        return Some(format!("must contain at most {VALUE_BYTES_MAX} bytes"));
    }
    let parts: Vec<&str> = match declaration.parameter_type {
        ParameterType::StringList | ParameterType::NumberList if text.is_empty() => Vec::new(),
        ParameterType::StringList | ParameterType::NumberList => text.split(',').map(str::trim).collect(),
        _ => vec![text],
    };
    let allowed = &declaration.allowed_values;
    if !allowed.is_empty() && !parts.iter().all(|part| allowed.iter().any(|allowed| allowed == part)) {
        return Some("must be one of AllowedValues".to_owned());
    }
    parts.iter().find_map(|part| match declaration.parameter_type {
        ParameterType::Number | ParameterType::NumberList => broken_number(declaration, part),
        ParameterType::String
        | ParameterType::StringList
        | ParameterType::StoreName
        | ParameterType::StoreValue { .. } => broken_string(declaration, part),
    })
}

fn broken_number(declaration: &Declaration, text: &str) -> Option<String> {
    let Some(number) = text.trim().parse::<f64>().ok().filter(|number| number.is_finite()) else {
        return Some("must be a number".to_owned());
    };
    let bound = |bound: &Option<String>| bound.as_ref()?.trim().parse::<f64>().ok();
    if bound(&declaration.min_value).is_some_and(|least| number < least) {
        let least = declaration.min_value.as_deref().unwrap_or_default();
        return Some(format!("must be a number not less than {least}"));
    }
    if bound(&declaration.max_value).is_some_and(|most| number > most) {
        let most = declaration.max_value.as_deref().unwrap_or_default();
        return Some(format!("must be a number not greater than {most}"));
    }
    None
}

fn broken_string(declaration: &Declaration, text: &str) -> Option<String> {
    let length = text.chars().count() as u64;
    if let Some(least) = declaration.min_length.filter(|least| length < *least) {
        return Some(format!("must contain at least {least} characters"));
    }
    if let Some(most) = declaration.max_length.filter(|most| length > *most) {
        return Some(format!("must contain at most {most} characters"));
    }
    let pattern = declaration.allowed_pattern.as_deref()?;
    // A pattern of Java's that this engine does not know (it never looks ahead or behind, and so never takes long) refuses
    // nothing: what can be deployed to AWS can be deployed here.
    let compiled =
        RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(PATTERN_BYTES_MAX).build().ok()?;
    (!compiled.is_match(text)).then(|| format!("must match pattern {pattern}"))
}
