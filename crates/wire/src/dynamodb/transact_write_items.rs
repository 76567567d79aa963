//! TransactWriteItems.

use super::enumeration::{
    ReturnConsumedCapacity, ReturnItemCollectionMetrics, ReturnValuesOnConditionCheckFailure,
};
use super::{ExpressionNames, ExpressionValues};
use crate::layer::Layer;
use item::value::Map;

/// Writes up to 100 items, all or none.
#[derive(Clone, Debug)]
pub struct TransactWriteItems {
    /// The actions, in the order sent.
    pub transact_items: Vec<Action>,
    /// The token that makes a repetition harmless; at most 36 characters.
    pub client_request_token: Option<String>,
    /// Whether capacity is told.
    pub return_consumed_capacity: ReturnConsumedCapacity,
    /// Whether collection sizes are told.
    pub return_item_collection_metrics: ReturnItemCollectionMetrics,
    /// How errors of this request are worded.
    pub layer: Layer,
}

/// One action of a transaction.
#[derive(Clone, Debug)]
pub struct Action {
    /// What is done.
    pub kind: ActionKind,
    /// The table: a name or an ARN.
    pub table_name: String,
    /// The condition. A `ConditionCheck` always has one.
    pub condition_expression: Option<String>,
    /// Placeholders of names.
    pub expression_attribute_names: Option<ExpressionNames>,
    /// Placeholders of values.
    pub expression_attribute_values: Option<ExpressionValues>,
    /// Whether a failed condition answers the item.
    pub return_values_on_condition_check_failure: ReturnValuesOnConditionCheckFailure,
}

/// What an action does.
#[derive(Clone, Debug)]
pub enum ActionKind {
    /// Checks the condition of the item of this key.
    ConditionCheck {
        /// The key.
        key: Map,
    },
    /// Writes this item.
    Put {
        /// The item.
        item: Map,
    },
    /// Deletes the item of this key.
    Delete {
        /// The key.
        key: Map,
    },
    /// Changes the item of this key.
    Update {
        /// The key.
        key: Map,
        /// The change.
        update_expression: String,
    },
}
