//! GetItem.

use super::ExpressionNames;
use super::enumeration::ReturnConsumedCapacity;
use super::legacy::decode::{check_attributes_to_get, check_attributes_to_get_length, check_mixing};
use super::placeholders::{self, Uses};
use crate::error::ApiError;
use crate::layer::{Constraints, Layer};
use crate::member::{boolean, owned_string, request, string, strings};
use crate::operation::Operation;
use crate::value::Values;
use item::value::Map;

/// Reads one item.
#[derive(Clone, Debug)]
pub struct GetItem {
    /// The table: a name or an ARN.
    pub table_name: String,
    /// The key.
    pub key: Map,
    /// What of the item is answered.
    pub projection_expression: Option<String>,
    /// Placeholders of names.
    pub expression_attribute_names: Option<ExpressionNames>,
    /// Whether the read sees all writes acknowledged before it.
    pub consistent_read: bool,
    /// Whether capacity is told.
    pub return_consumed_capacity: ReturnConsumedCapacity,
    /// The legacy projection.
    pub attributes_to_get: Option<Vec<String>>,
    /// How errors of this request are worded.
    pub layer: Layer,
}

impl GetItem {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<GetItem, ApiError> {
        let mut values = Values::new();
        let (mut table_name, mut key, mut return_consumed_capacity, mut consistent_read) =
            (None, None, None, None);
        let (mut projection_expression, mut names, mut attributes_to_get) = (None, None, None);
        request(body, |reader, name| {
            match name {
                "TableName" => table_name = owned_string(reader)?,
                "Key" => key = values.map(reader)?,
                "ProjectionExpression" => projection_expression = owned_string(reader)?,
                "ExpressionAttributeNames" => names = placeholders::names(reader)?,
                "ConsistentRead" => consistent_read = boolean(reader)?,
                "ReturnConsumedCapacity" => return_consumed_capacity = string(reader)?,
                "AttributesToGet" => attributes_to_get = strings(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let mut layer = values.layer(Layer::of(Operation::GetItem));
        if table_name.is_none() || key.is_none() {
            layer = Layer::OLD;
        }
        let mut failures = Constraints::new(layer);
        if layer.is_new() {
            failures.empty_table_name(table_name.as_deref());
            failures.finish()?;
            failures.table_name(table_name.as_deref());
        }
        let return_consumed_capacity = failures
            .enumeration("returnConsumedCapacity", return_consumed_capacity.as_deref())
            .unwrap_or_default();
        if !layer.is_new() {
            failures.table_name(table_name.as_deref());
        }
        failures.required("key", key.as_ref());
        check_attributes_to_get_length(&mut failures, "attributesToGet", attributes_to_get.as_deref());
        failures.finish()?;
        let has_projection = projection_expression.is_some();
        check_mixing(
            &[("AttributesToGet", attributes_to_get.is_some())],
            &[("ProjectionExpression", has_projection)],
            layer,
        )?;
        let uses = Uses { names: has_projection, values: false };
        placeholders::check(names.as_ref(), None, uses, layer)?;
        values.check(layer)?;
        check_attributes_to_get(attributes_to_get.as_deref(), layer)?;
        Ok(GetItem {
            table_name: table_name.unwrap_or_default(),
            key: key.unwrap_or_default(),
            projection_expression,
            expression_attribute_names: names,
            consistent_read: consistent_read.unwrap_or_default(),
            return_consumed_capacity,
            attributes_to_get,
            layer,
        })
    }
}

#[cfg(test)]
mod tests;
