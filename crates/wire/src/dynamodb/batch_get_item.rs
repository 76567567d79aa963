//! BatchGetItem.

use super::ExpressionNames;
use super::enumeration::ReturnConsumedCapacity;
use crate::layer::Layer;
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
