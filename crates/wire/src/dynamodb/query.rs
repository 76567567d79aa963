//! Query.

use super::enumeration::{ConditionalOperator, ReturnConsumedCapacity, Select};
use super::legacy::Conditions;
use super::{ExpressionNames, ExpressionValues, paged_read};
use crate::error::ApiError;
use crate::layer::Layer;
use crate::operation::Operation;
use item::value::Map;

/// Reads the items of one partition, in order.
#[derive(Clone, Debug)]
pub struct Query {
    /// The table: a name or an ARN.
    pub table_name: String,
    /// The index, if not the table itself.
    pub index_name: Option<String>,
    /// Which items.
    pub key_condition_expression: Option<String>,
    /// Which of these are answered.
    pub filter_expression: Option<String>,
    /// What of each is answered.
    pub projection_expression: Option<String>,
    /// Placeholders of names.
    pub expression_attribute_names: Option<ExpressionNames>,
    /// Placeholders of values.
    pub expression_attribute_values: Option<ExpressionValues>,
    /// What is answered.
    pub select: Option<Select>,
    /// The most items read; at least 1.
    pub limit: Option<i32>,
    /// Ascending by sort key, or descending.
    pub scan_index_forward: bool,
    /// Where the page before ended.
    pub exclusive_start_key: Option<Map>,
    /// Whether the read sees all writes acknowledged before it.
    pub consistent_read: bool,
    /// Whether capacity is told.
    pub return_consumed_capacity: ReturnConsumedCapacity,
    /// The legacy projection.
    pub attributes_to_get: Option<Vec<String>>,
    /// The legacy key condition.
    pub key_conditions: Option<Conditions>,
    /// The legacy filter.
    pub query_filter: Option<Conditions>,
    /// How its parts are joined.
    pub conditional_operator: Option<ConditionalOperator>,
    /// What AWS finds wrong with other members only after it has looked at the expressions.
    pub after_expressions: Result<(), ApiError>,
    /// How errors of this request are worded.
    pub layer: Layer,
}

impl Query {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<Query, ApiError> {
        let read = paged_read::decode(body, Operation::Query)?;
        Ok(Query {
            table_name: read.table_name,
            index_name: read.index_name,
            key_condition_expression: read.key_condition_expression,
            filter_expression: read.filter_expression,
            projection_expression: read.projection_expression,
            expression_attribute_names: read.names,
            expression_attribute_values: read.values,
            select: read.select,
            limit: read.limit,
            scan_index_forward: read.scan_index_forward,
            exclusive_start_key: read.exclusive_start_key,
            consistent_read: read.consistent_read,
            return_consumed_capacity: read.return_consumed_capacity,
            attributes_to_get: read.attributes_to_get,
            key_conditions: read.key_conditions,
            query_filter: read.filter,
            conditional_operator: read.conditional_operator,
            after_expressions: read.after_expressions,
            layer: read.layer,
        })
    }
}

#[cfg(test)]
mod tests;
