//! GetItem.

use super::ExpressionNames;
use super::enumeration::ReturnConsumedCapacity;
use crate::layer::Layer;
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
