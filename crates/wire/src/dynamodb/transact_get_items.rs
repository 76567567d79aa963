//! TransactGetItems.

use super::enumeration::ReturnConsumedCapacity;
use super::placeholders::{self, Uses};
use super::{ExpressionNames, transact_items_length};
use crate::error::ApiError;
use crate::json::{JsonError, Reader};
use crate::layer::{Constraints, Layer};
use crate::member::{list, owned_string, request, string, structure};
use crate::operation::Operation;
use crate::value::Values;
use item::value::Map;

/// Reads up to 100 items at one point in time.
#[derive(Clone, Debug)]
pub struct TransactGetItems {
    /// The reads, in the order sent.
    pub transact_items: Vec<Get>,
    /// Whether capacity is told.
    pub return_consumed_capacity: ReturnConsumedCapacity,
    /// How errors of this request are worded.
    pub layer: Layer,
}

/// One read.
#[derive(Clone, Debug)]
pub struct Get {
    /// The table: a name or an ARN.
    pub table_name: String,
    /// The key.
    pub key: Map,
    /// What of the item is answered.
    pub projection_expression: Option<String>,
    /// Placeholders of names.
    pub expression_attribute_names: Option<ExpressionNames>,
}

/// A read, before it is checked.
#[derive(Default)]
struct Raw {
    present: bool,
    table_name: Option<String>,
    key: Option<Map>,
    projection_expression: Option<String>,
    names: Option<ExpressionNames>,
}

impl TransactGetItems {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<TransactGetItems, ApiError> {
        let mut values = Values::new();
        let (mut items, mut capacity) = (None, None);
        request(body, |reader, name| {
            match name {
                "TransactItems" => items = list(reader, |reader| read_item(reader, &mut values))?,
                "ReturnConsumedCapacity" => capacity = string(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let layer = Layer::of(Operation::TransactGetItems);
        let mut failures = Constraints::new(layer);
        transact_items_length(&mut failures, items.as_deref());
        let return_consumed_capacity =
            failures.enumeration("returnConsumedCapacity", capacity.as_deref()).unwrap_or_default();
        let items: Vec<Raw> = items.unwrap_or_default();
        for (index, raw) in items.iter().enumerate() {
            check_item(raw, index, &mut failures);
        }
        failures.finish()?;
        for raw in &items {
            let uses = Uses { names: raw.projection_expression.is_some(), values: false };
            placeholders::check(raw.names.as_ref(), None, uses, layer)?;
        }
        values.check_in_order(layer)?;
        let transact_items = items.into_iter().map(|raw| Get {
            table_name: raw.table_name.unwrap_or_default(),
            key: raw.key.unwrap_or_default(),
            projection_expression: raw.projection_expression,
            expression_attribute_names: raw.names,
        });
        Ok(TransactGetItems { transact_items: transact_items.collect(), return_consumed_capacity, layer })
    }
}

fn read_item(reader: &mut Reader<'_>, values: &mut Values) -> Result<Raw, JsonError> {
    let mut raw = Raw::default();
    structure(reader, |reader, member| {
        if member != "Get" {
            return reader.skip().map(drop);
        }
        let present = structure(reader, |reader, name| {
            match name {
                "TableName" => raw.table_name = owned_string(reader)?,
                "Key" => raw.key = values.map(reader)?,
                "ProjectionExpression" => raw.projection_expression = owned_string(reader)?,
                "ExpressionAttributeNames" => raw.names = placeholders::names(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        raw.present = present.is_some();
        Ok(())
    })?;
    Ok(raw)
}

fn check_item(raw: &Raw, index: usize, failures: &mut Constraints) {
    let path = format!("transactItems.{}.member.get", index + 1);
    if !raw.present {
        failures.null(path);
        return;
    }
    match &raw.table_name {
        None => failures.null(format!("{path}.tableName")),
        Some(name) => failures.table_name_at(format!("{path}.tableName"), name),
    }
    if raw.key.is_none() {
        failures.null(format!("{path}.key"));
    }
}

#[cfg(test)]
mod tests;
