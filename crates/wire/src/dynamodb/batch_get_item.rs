//! BatchGetItem.

use super::enumeration::ReturnConsumedCapacity;
use super::legacy::decode::{check_attributes_to_get, check_attributes_to_get_length, check_mixing};
use super::placeholders::{self, Uses};
use super::{ExpressionNames, TABLE_NAME_KEYS};
use crate::error::ApiError;
use crate::json::{self, JsonError, Reader};
use crate::layer::{Constraint, Constraints, Layer, table_name_failure};
use crate::member::{boolean, list, map, owned_string, request, string, strings, structure};
use crate::operation::Operation;
use crate::value::{Values, refuse_duplicates};
use item::value::Map;

/// Reads up to 100 items.
#[derive(Clone, Debug)]
pub struct BatchGetItem {
    /// Tables (names or ARNs) and what is read of them, in the order sent.
    pub request_items: Vec<(String, KeysAndAttributes)>,
    /// Whether capacity is told.
    pub return_consumed_capacity: ReturnConsumedCapacity,
    /// How errors of this request are worded.
    pub layer: Layer,
}

/// What is read of one table.
#[derive(Clone, Debug)]
pub struct KeysAndAttributes {
    /// The keys.
    pub keys: Vec<Map>,
    /// What of each item is answered.
    pub projection_expression: Option<String>,
    /// Placeholders of names.
    pub expression_attribute_names: Option<ExpressionNames>,
    /// Whether the read sees all writes acknowledged before it.
    pub consistent_read: bool,
    /// The legacy projection.
    pub attributes_to_get: Option<Vec<String>>,
}

/// What is read of one table, before it is checked.
#[derive(Default)]
struct Raw {
    keys: Option<Vec<Map>>,
    projection_expression: Option<String>,
    names: Option<ExpressionNames>,
    consistent_read: Option<bool>,
    attributes_to_get: Option<Vec<String>>,
}

impl BatchGetItem {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<BatchGetItem, ApiError> {
        let mut values = Values::new();
        let (mut tables, mut echo, mut capacity) = (None, String::new(), None);
        request(body, |reader, name| {
            match name {
                "RequestItems" => {
                    let start = reader.position();
                    tables = read_tables(reader, &mut values)?;
                    let names = tables.iter().flatten().map(|(name, _): &(String, Raw)| name);
                    if names.map(|name| table_name_failure(name)).any(|failure| failure.is_some()) {
                        echo = json::compact(reader.since(start));
                    }
                }
                "ReturnConsumedCapacity" => capacity = string(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let layer =
            if tables.is_none() { Layer::OLD } else { values.layer(Layer::of(Operation::BatchGetItem)) };
        let mut failures = Constraints::new(layer);
        if let Some(tables) = &tables {
            check_counts(tables, &mut failures);
            failures.finish()?;
        }
        failures.required("requestItems", tables.as_ref());
        if !echo.is_empty() {
            failures.fail("requestItems", echo, TABLE_NAME_KEYS);
        }
        for (table, raw) in tables.iter().flatten() {
            if raw.keys.is_none() {
                failures.null(format!("requestItems.{table}.member.keys"));
            }
            let path = format!("requestItems.{table}.member.attributesToGet");
            check_attributes_to_get_length(&mut failures, path, raw.attributes_to_get.as_deref());
        }
        let return_consumed_capacity =
            failures.enumeration("returnConsumedCapacity", capacity.as_deref()).unwrap_or_default();
        failures.finish()?;
        let tables = tables.unwrap_or_default();
        if tables.iter().map(|(_, raw)| raw.keys.as_ref().map_or(0, Vec::len)).sum::<usize>() > KEYS_MAX {
            return Err(ApiError::validation("Too many items requested for the BatchGetItem call"));
        }
        check_parameters(&tables, layer)?;
        values.check(layer)?;
        let request_items = tables.into_iter().map(|(name, raw)| (name, raw.finish())).collect();
        Ok(BatchGetItem { request_items, return_consumed_capacity, layer })
    }
}

impl Raw {
    fn finish(self) -> KeysAndAttributes {
        KeysAndAttributes {
            keys: self.keys.unwrap_or_default(),
            projection_expression: self.projection_expression,
            expression_attribute_names: self.names,
            consistent_read: self.consistent_read.unwrap_or_default(),
            attributes_to_get: self.attributes_to_get,
        }
    }
}

fn read_tables(
    reader: &mut Reader<'_>,
    values: &mut Values,
) -> Result<Option<Vec<(String, Raw)>>, JsonError> {
    let mut tables = Vec::new();
    let present = map(reader, |reader, name| {
        let mut raw = Raw::default();
        structure(reader, |reader, member| {
            match member {
                "Keys" => {
                    let keys = list(reader, |reader| values.map(reader))?;
                    raw.keys = keys.map(|keys| keys.into_iter().flatten().collect());
                }
                "ProjectionExpression" => raw.projection_expression = owned_string(reader)?,
                "ExpressionAttributeNames" => raw.names = placeholders::names(reader)?,
                "ConsistentRead" => raw.consistent_read = boolean(reader)?,
                "AttributesToGet" => raw.attributes_to_get = strings(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        tables.push((name.into_owned(), raw));
        Ok(())
    })?;
    refuse_duplicates(reader, &tables)?;
    Ok(present.map(|()| tables))
}

/// No table, or a table with too few or too many keys.
fn check_counts(tables: &[(String, Raw)], failures: &mut Constraints) {
    if tables.is_empty() {
        failures.fail_built_in("requestItems", "RequestItems", "{}", Constraint::MinLength(1));
    }
    for (table, raw) in tables {
        let path = || format!("RequestItems.{table}.member.Keys");
        match raw.keys.as_ref().map(Vec::len) {
            Some(0) => failures.fail_named(path(), Constraint::MinLength(1)),
            Some(count) if count > KEYS_MAX => {
                failures.fail_named(path(), Constraint::MaxLength(KEYS_MAX as i64));
            }
            _ => {}
        }
    }
}

/// One kind of projection for the whole request, and placeholders only beside expressions.
fn check_parameters(tables: &[(String, Raw)], layer: Layer) -> Result<(), ApiError> {
    let any = |given: fn(&Raw) -> bool| tables.iter().any(|(_, raw)| given(raw));
    check_mixing(
        &[("AttributesToGet", any(|raw| raw.attributes_to_get.is_some()))],
        &[("ProjectionExpression", any(|raw| raw.projection_expression.is_some()))],
        layer,
    )?;
    for (_, raw) in tables {
        let uses = Uses { names: raw.projection_expression.is_some(), values: false };
        placeholders::check(raw.names.as_ref(), None, uses, layer)?;
        check_attributes_to_get(raw.attributes_to_get.as_deref(), layer)?;
    }
    Ok(())
}

/// The most keys of a request.
const KEYS_MAX: usize = 100;

#[cfg(test)]
mod tests;
