//! Reading the legacy parameters, and refusing those that make no sense in themselves.

use super::{AttributeUpdate, AttributeUpdates, Condition, Conditions, Expectation, Expected};
use crate::dynamodb::enumeration::{AttributeAction, ComparisonOperator, ConditionalOperator, Enumeration};
use crate::error::ApiError;
use crate::json::{JsonError, Reader};
use crate::layer::{Constraint, Constraints, Layer};
use crate::member::{boolean, list, map, owned_string, structure};
use crate::value::{Values, refuse_duplicates};
use item::value::Value;

/// A condition of any legacy parameter, before it is checked.
#[derive(Debug, Default)]
pub(in crate::dynamodb) struct RawCondition {
    value: Option<Value>,
    exists: Option<bool>,
    operator: Option<String>,
    list: Option<Vec<Value>>,
}

/// Attribute names and conditions, before they are checked.
pub(in crate::dynamodb) type RawConditions = Vec<(String, RawCondition)>;

/// Reads `Expected`, `KeyConditions`, `QueryFilter` or `ScanFilter`.
pub(in crate::dynamodb) fn conditions(
    reader: &mut Reader<'_>,
    values: &mut Values,
) -> Result<Option<RawConditions>, JsonError> {
    let mut conditions = RawConditions::new();
    let present = map(reader, |reader, name| {
        values.check_name(&name);
        let mut raw = RawCondition::default();
        structure(reader, |reader, member| {
            match member {
                "Value" => raw.value = values.legacy(reader)?,
                "Exists" => raw.exists = boolean(reader)?,
                "ComparisonOperator" => raw.operator = owned_string(reader)?,
                "AttributeValueList" => {
                    let members = list(reader, |reader| values.legacy(reader))?;
                    raw.list = members.map(|members| members.into_iter().flatten().collect());
                }
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        conditions.push((name.into_owned(), raw));
        Ok(())
    })?;
    refuse_duplicates(reader, &conditions)?;
    Ok(present.map(|()| conditions))
}

/// An update of one attribute, before it is checked.
#[derive(Debug, Default)]
pub(in crate::dynamodb) struct RawUpdate {
    action: Option<String>,
    value: Option<Value>,
}

/// Reads `AttributeUpdates`.
pub(in crate::dynamodb) fn updates(
    reader: &mut Reader<'_>,
    values: &mut Values,
) -> Result<Option<Vec<(String, RawUpdate)>>, JsonError> {
    let mut updates = Vec::new();
    let present = map(reader, |reader, name| {
        values.check_name(&name);
        let mut raw = RawUpdate::default();
        structure(reader, |reader, member| {
            match member {
                "Action" => raw.action = owned_string(reader)?,
                "Value" => raw.value = values.legacy(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        updates.push((name.into_owned(), raw));
        Ok(())
    })?;
    refuse_duplicates(reader, &updates)?;
    Ok(present.map(|()| updates))
}

fn invalid(layer: Layer, text: &str) -> ApiError {
    layer.refuse(format!("One or more parameter values were invalid: {text}"))
}

/// Checks `Expected`.
pub(in crate::dynamodb) fn check_expected(raw: RawConditions, layer: Layer) -> Result<Expected, ApiError> {
    let checked = raw.into_iter().map(|(name, raw)| {
        let expectation = expectation(raw, &name).map_err(|text| invalid(layer, &text))?;
        Ok((name, expectation))
    });
    checked.collect()
}

fn expectation(raw: RawCondition, name: &str) -> Result<Expectation, String> {
    let Some(operator) = raw.operator else {
        return match (raw.exists, raw.value, raw.list) {
            (_, Some(_), Some(_)) => {
                Err(format!("Value and AttributeValueList cannot be used together for Attribute: {name}"))
            }
            (_, None, Some(_)) => Err(format!(
                "AttributeValueList can only be used with a ComparisonOperator for Attribute: {name}"
            )),
            (Some(false), None, None) => Ok(Expectation::Absent),
            (Some(false), Some(_), None) => {
                Err(format!("Value cannot be used when Exists is false for Attribute: {name}"))
            }
            (_, Some(value), None) => Ok(Expectation::Equals(value)),
            (exists, None, None) => {
                let exists = if exists.is_some() { "true" } else { "null" };
                Err(format!("Value must be provided when Exists is {exists} for Attribute: {name}"))
            }
        };
    };
    let parsed = ComparisonOperator::from_text(&operator).ok_or("Invalid comparison operator")?;
    let values = match (raw.value, raw.list) {
        (Some(_), Some(_)) => {
            return Err(format!(
                "Value and AttributeValueList cannot be used together for Attribute: {name}"
            ));
        }
        _ if raw.exists.is_some() => {
            return Err(format!(
                "Exists and ComparisonOperator cannot be used together for Attribute: {name}"
            ));
        }
        (None, None) if !matches!(parsed, ComparisonOperator::Null | ComparisonOperator::NotNull) => {
            return Err(format!(
                "Value or AttributeValueList must be used with ComparisonOperator: {operator} for Attribute: {name}"
            ));
        }
        (value, list) => list.unwrap_or_else(|| value.into_iter().collect()),
    };
    condition(parsed, values).map(Expectation::Compare)
}

/// Says which conditions of a filter or of key conditions lack their operator, at `parameter`'s path.
pub(in crate::dynamodb) fn require_operators(
    parameter: &str,
    raw: Option<&RawConditions>,
    constraints: &mut Constraints,
) {
    for (name, condition) in raw.into_iter().flatten() {
        if condition.operator.is_none() {
            constraints.null(format!("{parameter}.{name}.member.comparisonOperator"));
        }
    }
}

/// Checks `KeyConditions`, `QueryFilter` or `ScanFilter`.
pub(in crate::dynamodb) fn check_conditions(
    raw: RawConditions,
    layer: Layer,
) -> Result<Conditions, ApiError> {
    let checked = raw.into_iter().map(|(name, raw)| {
        let operator = raw.operator.as_deref().and_then(ComparisonOperator::from_text);
        let condition = operator
            .ok_or_else(|| "Invalid comparison operator".to_owned())
            .and_then(|operator| condition(operator, raw.list.unwrap_or_default()))
            .map_err(|text| invalid(layer, &text))?;
        Ok((name, condition))
    });
    checked.collect()
}

/// A condition whose operator takes so many operands of these types.
fn condition(operator: ComparisonOperator, values: Vec<Value>) -> Result<Condition, String> {
    use ComparisonOperator::{BeginsWith, Between, Ge, Gt, In, Le, Lt, NotNull, Null};
    let text = operator.as_str();
    let count_fits = match operator {
        Null | NotNull => values.is_empty(),
        Between => values.len() == 2,
        In => !values.is_empty(),
        _ => values.len() == 1,
    };
    if !count_fits {
        return Err(format!("Invalid number of argument(s) for the {text} ComparisonOperator"));
    }
    if values.windows(2).any(|pair| pair[0].type_name() != pair[1].type_name()) {
        return Err("AttributeValues inside AttributeValueList must be of same type".to_owned());
    }
    let fits = |value: &Value| match operator {
        Le | Lt | Ge | Gt | Between | In => matches!(value, Value::S(_) | Value::N(_) | Value::B(_)),
        BeginsWith => matches!(value, Value::S(_) | Value::B(_)),
        _ => true,
    };
    match values.iter().find(|value| !fits(value)) {
        Some(value) => {
            let kind = value.type_name();
            Err(format!("ComparisonOperator {text} is not valid for {kind} AttributeValue type"))
        }
        None => Ok(Condition { operator, values }),
    }
}

/// Checks `AttributeUpdates`.
pub(in crate::dynamodb) fn check_updates(
    raw: Vec<(String, RawUpdate)>,
    layer: Layer,
) -> Result<AttributeUpdates, ApiError> {
    let checked = raw.into_iter().map(|(name, raw)| {
        let action = match raw.action.as_deref() {
            None => AttributeAction::Put,
            Some(text) => AttributeAction::from_text(text).ok_or_else(|| {
                let set = AttributeAction::SET;
                layer.refuse(format!("Member must satisfy enum value set: {set}' for Action"))
            })?,
        };
        match (action, &raw.value) {
            (AttributeAction::Put | AttributeAction::Add, None) => {
                Err(invalid(layer, "Only DELETE action is allowed when no attribute value is specified"))
            }
            (
                AttributeAction::Add,
                Some(value @ (Value::S(_) | Value::B(_) | Value::Bool(_) | Value::Null | Value::M(_))),
            ) => {
                let text = format!("ADD action is not supported for the type {}", value.type_name());
                Err(invalid(layer, &text))
            }
            (AttributeAction::Delete, Some(value))
                if !matches!(value, Value::Ss(_) | Value::Ns(_) | Value::Bs(_)) =>
            {
                let kind = value.type_name();
                let text = format!("DELETE action with value is not supported for the type {kind}");
                Err(invalid(layer, &text))
            }
            _ => Ok((name, AttributeUpdate { action, value: raw.value })),
        }
    });
    checked.collect()
}

/// Refuses a request with both expressions and legacy parameters, each list in AWS's order.
pub(in crate::dynamodb) fn check_mixing(
    legacy: &[(&str, bool)],
    expressions: &[(&str, bool)],
    layer: Layer,
) -> Result<(), ApiError> {
    let given = |all: &[(&str, bool)]| {
        let names: Vec<String> =
            all.iter().filter(|(_, given)| *given).map(|(name, _)| (*name).to_owned()).collect();
        names.join(", ")
    };
    if !legacy.iter().any(|(_, given)| *given) || !expressions.iter().any(|(_, given)| *given) {
        return Ok(());
    }
    Err(layer.refuse(format!(
        "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: \
         {{{}}} Expression parameters: {{{}}}",
        given(legacy),
        given(expressions)
    )))
}

/// Checks `ConditionalOperator` against the number of conditions that it could join.
pub(in crate::dynamodb) fn check_conditional_operator(
    text: Option<&str>,
    conditions: usize,
    layer: Layer,
) -> Result<Option<ConditionalOperator>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    match conditions {
        0 => Err(layer.refuse("ConditionalOperator cannot be used without Filter or Expected")),
        1 => {
            let text =
                "ConditionalOperator can only be used when Filter or Expected has two or more elements";
            Err(layer.refuse(text))
        }
        _ => {
            match ConditionalOperator::from_text(text) {
                // AWS's list says ALL for AND.
                None => Err(layer
                    .refuse("Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]")),
                some => Ok(some),
            }
        }
    }
}

/// Checks the length of `AttributesToGet`.
pub(in crate::dynamodb) fn check_attributes_to_get_length(
    constraints: &mut Constraints,
    names: Option<&[String]>,
) {
    if names.is_some_and(<[String]>::is_empty) {
        constraints.fail("attributesToGet", "[]", Constraint::MinLength(1));
    }
}

/// Checks the names in `AttributesToGet`.
pub(in crate::dynamodb) fn check_attributes_to_get(
    names: Option<&[String]>,
    layer: Layer,
) -> Result<(), ApiError> {
    let names = names.unwrap_or_default();
    if names.iter().any(String::is_empty) {
        return Err(layer.refuse("Empty attribute name"));
    }
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(invalid(layer, &format!("Duplicate value in attribute name: {}", pair[0]))),
        None => Ok(()),
    }
}
