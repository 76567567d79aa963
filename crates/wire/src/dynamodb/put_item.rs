//! PutItem.

use super::enumeration::{
    ConditionalOperator, ReturnConsumedCapacity, ReturnItemCollectionMetrics, ReturnValues,
    ReturnValuesOnConditionCheckFailure,
};
use super::legacy::Expected;
use super::{ExpressionNames, ExpressionValues};
use crate::layer::Layer;
use item::value::Map;

/// Writes one whole item.
#[derive(Clone, Debug)]
pub struct PutItem {
    /// The table: a name or an ARN.
    pub table_name: String,
    /// The item.
    pub item: Map,
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
