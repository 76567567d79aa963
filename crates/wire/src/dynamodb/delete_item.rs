//! DeleteItem.

use super::enumeration::{
    ConditionalOperator, ReturnConsumedCapacity, ReturnItemCollectionMetrics, ReturnValues,
    ReturnValuesOnConditionCheckFailure,
};
use super::legacy::Expected;
use super::{ExpressionNames, ExpressionValues, single_item_write};
use crate::error::ApiError;
use crate::layer::Layer;
use crate::operation::Operation;
use item::value::Map;

/// Deletes one item.
#[derive(Clone, Debug)]
pub struct DeleteItem {
    /// The table: a name or an ARN.
    pub table_name: String,
    /// The key.
    pub key: Map,
    /// The condition.
    pub condition_expression: Option<String>,
    /// Placeholders of names.
    pub expression_attribute_names: Option<ExpressionNames>,
    /// Placeholders of values.
    pub expression_attribute_values: Option<ExpressionValues>,
    /// `NONE` or `ALL_OLD`.
    pub return_values: ReturnValues,
    /// Whether capacity is told.
    pub return_consumed_capacity: ReturnConsumedCapacity,
    /// Whether collection sizes are told.
    pub return_item_collection_metrics: ReturnItemCollectionMetrics,
    /// Whether a failed condition answers the item.
    pub return_values_on_condition_check_failure: ReturnValuesOnConditionCheckFailure,
    /// The legacy condition.
    pub expected: Option<Expected>,
    /// How its parts are joined.
    pub conditional_operator: Option<ConditionalOperator>,
    /// How errors of this request are worded.
    pub layer: Layer,
}

impl DeleteItem {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<DeleteItem, ApiError> {
        let write = single_item_write::decode(body, Operation::DeleteItem)?;
        Ok(DeleteItem {
            table_name: write.table_name,
            key: write.key,
            condition_expression: write.condition_expression,
            expression_attribute_names: write.names,
            expression_attribute_values: write.values,
            return_values: write.returns.values,
            return_consumed_capacity: write.returns.consumed_capacity,
            return_item_collection_metrics: write.returns.item_collection_metrics,
            return_values_on_condition_check_failure: write.returns.values_on_condition_check_failure,
            expected: write.expected,
            conditional_operator: write.conditional_operator,
            layer: write.layer,
        })
    }
}

#[cfg(test)]
mod tests;
