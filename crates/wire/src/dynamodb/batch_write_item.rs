//! BatchWriteItem.

use super::enumeration::{ReturnConsumedCapacity, ReturnItemCollectionMetrics};
use crate::layer::Layer;
use item::value::Map;

/// Writes or deletes up to 25 items, each on its own.
#[derive(Clone, Debug)]
pub struct BatchWriteItem {
    /// Tables (names or ARNs) and what is written to them, both in the order sent.
    pub request_items: Vec<(String, Vec<WriteRequest>)>,
    /// Whether capacity is told.
    pub return_consumed_capacity: ReturnConsumedCapacity,
    /// Whether collection sizes are told.
    pub return_item_collection_metrics: ReturnItemCollectionMetrics,
    /// How errors of this request are worded.
    pub layer: Layer,
}

/// One write of a batch.
#[derive(Clone, Debug)]
pub enum WriteRequest {
    /// Writes this item.
    Put(Map),
    /// Deletes the item of this key.
    Delete(Map),
}
