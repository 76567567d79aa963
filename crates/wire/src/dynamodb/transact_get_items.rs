//! TransactGetItems.

use super::ExpressionNames;
use super::enumeration::ReturnConsumedCapacity;
use crate::layer::Layer;
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
