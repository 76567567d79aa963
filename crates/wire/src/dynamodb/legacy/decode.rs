//! Reading the legacy parameters, and refusing those that make no sense in themselves.

use super::{AttributeUpdate, AttributeUpdates, Comparison, Conditions, Expectation, Expected};
use crate::dynamodb::enumeration::{AttributeAction, ComparisonOperator, ConditionalOperator, Enumeration};
use crate::error::ApiError;
use crate::json::{JsonError, Reader};
use crate::layer::{Constraint, Constraints, Layer};
use crate::member::{boolean, list, map, owned_string, structure};
use crate::value::{Problem, Values, refuse_duplicates};
use item::value::Value;
use std::borrow::Cow;
use std::fmt::Display;

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

/// Reads `Expected`, `KeyConditions`, `QueryFilter` or `ScanFilter`. A condition that is null is none.
pub(in crate::dynamodb) fn conditions(
    reader: &mut Reader<'_>,
    values: &mut Values,
) -> Result<Option<RawConditions>, JsonError> {
    let mut conditions = RawConditions::new();
    let present = map(reader, |reader, name| {
        values.check_name(&name);
        let mut raw = RawCondition::default();
        let given = structure(reader, |reader, member| {
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
        conditions.extend(given.map(|()| (name.into_owned(), raw)));
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

/// Reads `AttributeUpdates`. An update that is null is none.
pub(in crate::dynamodb) fn updates(
    reader: &mut Reader<'_>,
    values: &mut Values,
) -> Result<Option<Vec<(String, RawUpdate)>>, JsonError> {
    let mut updates = Vec::new();
    let present = map(reader, |reader, name| {
        values.check_name(&name);
        let mut raw = RawUpdate::default();
        let given = structure(reader, |reader, member| {
            match member {
                "Action" => raw.action = owned_string(reader)?,
                "Value" => raw.value = values.legacy(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        updates.extend(given.map(|()| (name.into_owned(), raw)));
        Ok(())
    })?;
    refuse_duplicates(reader, &updates)?;
    Ok(present.map(|()| updates))
}

fn invalid(text: impl Display) -> String {
    format!("One or more parameter values were invalid: {text}")
}

/// Checks `Expected`.
pub(in crate::dynamodb) fn check_expected(raw: RawConditions, layer: Layer) -> Result<Expected, ApiError> {
    let checked = raw.into_iter().map(|(name, raw)| {
        let expectation = expectation(raw, &name).map_err(|text| layer.refuse(text))?;
        Ok((name, expectation))
    });
    checked.collect()
}

fn expectation(raw: RawCondition, name: &str) -> Result<Expectation, String> {
    let malformed = |text: &str| Err(invalid(format_args!("{text} for Attribute: {name}")));
    let Some(operator) = raw.operator else {
        return match (raw.exists, raw.value, raw.list) {
            (_, Some(_), Some(_)) => malformed("Value and AttributeValueList cannot be used together"),
            (_, None, Some(_)) => malformed("AttributeValueList can only be used with a ComparisonOperator"),
            (Some(false), None, None) => Ok(Expectation::Absent),
            (Some(false), Some(_), None) => malformed("Value cannot be used when Exists is false"),
            (_, Some(value), None) => Ok(Expectation::Equals(value)),
            (Some(_), None, None) => malformed("Value must be provided when Exists is true"),
            (None, None, None) => malformed("Value must be provided when Exists is null"),
        };
    };
    let parsed = ComparisonOperator::from_text(&operator).ok_or(invalid("Invalid comparison operator"))?;
    let values = match (raw.value, raw.list) {
        (Some(_), Some(_)) => return malformed("Value and AttributeValueList cannot be used together"),
        _ if raw.exists.is_some() => {
            return malformed("Exists and ComparisonOperator cannot be used together");
        }
        (None, None) if !matches!(parsed, ComparisonOperator::Null | ComparisonOperator::NotNull) => {
            let text =
                format!("Value or AttributeValueList must be used with ComparisonOperator: {operator}");
            return malformed(&text);
        }
        (value, list) => list.unwrap_or_else(|| value.into_iter().collect()),
    };
    comparison(parsed, values).map(Expectation::Compare)
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
        let comparison = operator
            .ok_or_else(|| invalid("Invalid comparison operator"))
            .and_then(|operator| comparison(operator, raw.list.unwrap_or_default()))
            .map_err(|text| layer.refuse(text))?;
        Ok((name, comparison))
    });
    checked.collect()
}

/// The comparison of an operator with its operands, which must be as many as it takes and of types that it takes.
fn comparison(operator: ComparisonOperator, values: Vec<Value>) -> Result<Comparison, String> {
    use ComparisonOperator::{Between, In, NotNull, Null};
    let count_fits = match operator {
        Null | NotNull => values.is_empty(),
        Between => values.len() == 2,
        In => !values.is_empty(),
        _ => values.len() == 1,
    };
    let text = operator.as_str();
    let miscounted =
        || invalid(format_args!("Invalid number of argument(s) for the {text} ComparisonOperator"));
    if !count_fits {
        return Err(miscounted());
    }
    if values.windows(2).any(|pair| pair[0].type_name() != pair[1].type_name()) {
        return Err(invalid("AttributeValues inside AttributeValueList must be of same type"));
    }
    if let Some(value) = values.iter().find(|value| !takes(operator, value)) {
        let kind = value.type_name();
        return Err(invalid(format_args!(
            "ComparisonOperator {text} is not valid for {kind} AttributeValue type"
        )));
    }
    if operator == Between && values.windows(2).any(|pair| is_above(&pair[0], &pair[1])) {
        return Err("The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
            .to_owned());
    }
    with_operands(operator, values).ok_or_else(miscounted)
}

/// Whether the operator takes values of this type.
fn takes(operator: ComparisonOperator, value: &Value) -> bool {
    use ComparisonOperator::{BeginsWith, Between, Contains, Ge, Gt, In, Le, Lt, NotContains};
    let is_ordered = matches!(value, Value::S(_) | Value::N(_) | Value::B(_));
    match operator {
        Le | Lt | Ge | Gt | Between | In => is_ordered,
        BeginsWith => matches!(value, Value::S(_) | Value::B(_)),
        Contains | NotContains => is_ordered || matches!(value, Value::Bool(_) | Value::Null),
        _ => true,
    }
}

/// Whether the first of two values of one type comes after the second.
fn is_above(low: &Value, high: &Value) -> bool {
    match (low, high) {
        (Value::S(low), Value::S(high)) => low > high,
        (Value::N(low), Value::N(high)) => low > high,
        (Value::B(low), Value::B(high)) => low > high,
        _ => false,
    }
}

/// The comparison, if there are as many operands as the operator takes.
fn with_operands(operator: ComparisonOperator, values: Vec<Value>) -> Option<Comparison> {
    use ComparisonOperator as Is;
    if operator == Is::In {
        return Some(Comparison::In(values));
    }
    let mut values = values.into_iter();
    let mut next = || values.next();
    Some(match operator {
        Is::Null => Comparison::Null,
        Is::NotNull => Comparison::NotNull,
        Is::Between => Comparison::Between(next()?, next()?),
        Is::Eq => Comparison::Equal(next()?),
        Is::Ne => Comparison::NotEqual(next()?),
        Is::Le => Comparison::LessOrEqual(next()?),
        Is::Lt => Comparison::Less(next()?),
        Is::Ge => Comparison::GreaterOrEqual(next()?),
        Is::Gt => Comparison::Greater(next()?),
        Is::Contains => Comparison::Contains(next()?),
        Is::NotContains => Comparison::NotContains(next()?),
        Is::BeginsWith => Comparison::BeginsWith(next()?),
        Is::In => return None,
    })
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
        let update = update(action, raw.value).map_err(|text| layer.refuse(invalid(text)))?;
        Ok((name, update))
    });
    checked.collect()
}

fn update(action: AttributeAction, value: Option<Value>) -> Result<AttributeUpdate, String> {
    match (action, value) {
        (AttributeAction::Put | AttributeAction::Add, None) => {
            Err("Only DELETE action is allowed when no attribute value is specified".to_owned())
        }
        (AttributeAction::Put, Some(value)) => Ok(AttributeUpdate::Put(value)),
        (
            AttributeAction::Add,
            Some(value @ (Value::N(_) | Value::L(_) | Value::Ss(_) | Value::Ns(_) | Value::Bs(_))),
        ) => Ok(AttributeUpdate::Add(value)),
        (AttributeAction::Add, Some(value)) => {
            Err(format!("ADD action is not supported for the type {}", value.type_name()))
        }
        (AttributeAction::Delete, None) => Ok(AttributeUpdate::Delete),
        (AttributeAction::Delete, Some(value @ (Value::Ss(_) | Value::Ns(_) | Value::Bs(_)))) => {
            Ok(AttributeUpdate::DeleteElements(value))
        }
        (AttributeAction::Delete, Some(value)) => {
            Err(format!("DELETE action with value is not supported for the type {}", value.type_name()))
        }
    }
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

/// Checks the length of `AttributesToGet`, at `path`.
pub(in crate::dynamodb) fn check_attributes_to_get_length(
    constraints: &mut Constraints,
    path: impl Into<Cow<'static, str>>,
    names: Option<&[String]>,
) {
    if names.is_some_and(<[String]>::is_empty) {
        constraints.fail(path, "[]", Constraint::MinLength(1));
    }
}

/// Refuses empty and too long names in `AttributesToGet`.
pub(in crate::dynamodb) fn check_attribute_names(
    names: Option<&[String]>,
    layer: Layer,
) -> Result<(), ApiError> {
    match names.unwrap_or_default().iter().find_map(|name| Problem::of_name(name)) {
        None => Ok(()),
        Some(problem) => Err(layer.refuse(problem.text(layer))),
    }
}

/// Checks the names in `AttributesToGet`.
pub(in crate::dynamodb) fn check_attributes_to_get(
    names: Option<&[String]>,
    layer: Layer,
) -> Result<(), ApiError> {
    check_attribute_names(names, layer)?;
    let names = names.unwrap_or_default();
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => {
            Err(layer.refuse(invalid(format_args!("Duplicate value in attribute name: {}", pair[0]))))
        }
        None => Ok(()),
    }
}
