//! What PutItem, DeleteItem and UpdateItem have in common: their members, and the order in which AWS finds
//! fault with them.

use super::enumeration::{
    ConditionalOperator, Enumeration, ReturnConsumedCapacity, ReturnItemCollectionMetrics, ReturnValues,
    ReturnValuesOnConditionCheckFailure,
};
use super::legacy::decode::{self, RawConditions, RawUpdate};
use super::legacy::{AttributeUpdates, Expected};
use super::placeholders::{self, Uses};
use super::{ExpressionNames, ExpressionValues};
use crate::error::ApiError;
use crate::json::{JsonError, Reader};
use crate::layer::{Constraints, Layer};
use crate::member::{owned_string, request, string};
use crate::operation::Operation;
use crate::value::Values;
use item::Stored;
use item::value::Map;
use std::borrow::Cow;

type Text<'a> = Option<Cow<'a, str>>;

/// The members as they were sent.
struct Raw<'a> {
    operation: Operation,
    values: Values,
    table_name: Option<String>,
    /// `Item`, of a put.
    item: Option<Stored>,
    /// `Key`, of the others.
    key: Option<Map>,
    update_expression: Option<String>,
    condition_expression: Option<String>,
    names: Option<ExpressionNames>,
    expression_values: Option<ExpressionValues>,
    return_values: Text<'a>,
    return_consumed_capacity: Text<'a>,
    return_item_collection_metrics: Text<'a>,
    return_values_on_condition_check_failure: Text<'a>,
    attribute_updates: Option<Vec<(String, RawUpdate)>>,
    expected: Option<RawConditions>,
    conditional_operator: Text<'a>,
}

/// What the three operations make their request of.
pub(super) struct SingleItemWrite {
    pub(super) table_name: String,
    /// Of a put.
    pub(super) item: Option<Stored>,
    /// Of the others.
    pub(super) key: Map,
    pub(super) update_expression: Option<String>,
    pub(super) condition_expression: Option<String>,
    pub(super) names: Option<ExpressionNames>,
    pub(super) values: Option<ExpressionValues>,
    pub(super) returns: Returns,
    pub(super) attribute_updates: Option<AttributeUpdates>,
    pub(super) expected: Option<Expected>,
    pub(super) conditional_operator: Option<ConditionalOperator>,
    pub(super) layer: Layer,
}

/// What is to be answered.
#[derive(Clone, Copy, Default)]
pub(super) struct Returns {
    pub(super) values: ReturnValues,
    pub(super) consumed_capacity: ReturnConsumedCapacity,
    pub(super) item_collection_metrics: ReturnItemCollectionMetrics,
    pub(super) values_on_condition_check_failure: ReturnValuesOnConditionCheckFailure,
}

/// Reads and checks a request.
pub(super) fn decode(body: &[u8], operation: Operation) -> Result<SingleItemWrite, ApiError> {
    let mut raw = Raw {
        operation,
        values: Values::new(),
        table_name: None,
        item: None,
        key: None,
        update_expression: None,
        condition_expression: None,
        names: None,
        expression_values: None,
        return_values: None,
        return_consumed_capacity: None,
        return_item_collection_metrics: None,
        return_values_on_condition_check_failure: None,
        attribute_updates: None,
        expected: None,
        conditional_operator: None,
    };
    request(body, |reader, name| raw.member(reader, name))?;
    raw.check()
}

impl<'a> Raw<'a> {
    fn member(&mut self, reader: &mut Reader<'a>, name: &str) -> Result<(), JsonError> {
        let (is_put, is_update) =
            (self.operation == Operation::PutItem, self.operation == Operation::UpdateItem);
        match name {
            "TableName" => self.table_name = owned_string(reader)?,
            "Item" if is_put => self.item = self.values.item(reader)?,
            "Key" if !is_put => self.key = self.values.map(reader)?,
            "UpdateExpression" if is_update => self.update_expression = owned_string(reader)?,
            "ConditionExpression" => self.condition_expression = owned_string(reader)?,
            "ExpressionAttributeNames" => self.names = placeholders::names(reader)?,
            "ExpressionAttributeValues" => self.expression_values = self.values.expression_values(reader)?,
            "ReturnValues" => self.return_values = string(reader)?,
            "ReturnConsumedCapacity" => self.return_consumed_capacity = string(reader)?,
            "ReturnItemCollectionMetrics" => self.return_item_collection_metrics = string(reader)?,
            "ReturnValuesOnConditionCheckFailure" => {
                self.return_values_on_condition_check_failure = string(reader)?;
            }
            "AttributeUpdates" if is_update => {
                self.attribute_updates = decode::updates(reader, &mut self.values)?;
            }
            "Expected" => self.expected = decode::conditions(reader, &mut self.values)?,
            "ConditionalOperator" => self.conditional_operator = string(reader)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    }

    fn check(self) -> Result<SingleItemWrite, ApiError> {
        let mut layer = self.values.layer(Layer::of(self.operation));
        if self.table_name.is_none() || !self.has_subject() {
            layer = Layer::OLD;
        }
        let returns = match (layer.is_new(), self.operation) {
            (false, _) => self.members_old()?,
            (true, Operation::UpdateItem) => self.members_of_update()?,
            (true, _) => self.members_new(layer)?,
        };
        let uses = self.check_parameters(layer)?;
        let conditions = self.expected.as_ref().map_or(0, Vec::len);
        let conditional_operator =
            decode::check_conditional_operator(self.conditional_operator.as_deref(), conditions, layer)?;
        placeholders::check(self.names.as_ref(), self.expression_values.as_ref(), uses, layer)?;
        self.values.check(layer)?;
        Ok(SingleItemWrite {
            table_name: self.table_name.unwrap_or_default(),
            item: self.item,
            key: self.key.unwrap_or_default(),
            update_expression: self.update_expression,
            condition_expression: self.condition_expression,
            names: self.names,
            values: self.expression_values,
            returns,
            attribute_updates: self
                .attribute_updates
                .map(|raw| decode::check_updates(raw, layer))
                .transpose()?,
            expected: self.expected.map(|raw| decode::check_expected(raw, layer)).transpose()?,
            conditional_operator,
            layer,
        })
    }

    /// Whether there is an item or a key.
    fn has_subject(&self) -> bool {
        self.item.is_some() || self.key.is_some()
    }

    fn check_parameters(&self, layer: Layer) -> Result<Uses, ApiError> {
        let expressions = [
            ("UpdateExpression", self.update_expression.is_some()),
            ("ConditionExpression", self.condition_expression.is_some()),
        ];
        let legacy = [
            ("AttributeUpdates", self.attribute_updates.is_some()),
            ("Expected", self.expected.is_some()),
            ("ConditionalOperator", self.conditional_operator.is_some()),
        ];
        decode::check_mixing(&legacy, &expressions, layer)?;
        let any = expressions.iter().any(|(_, given)| *given);
        Ok(Uses { names: any, values: any })
    }

    /// The new layer, for PutItem and DeleteItem: an empty name alone, then everything joined.
    fn members_new(&self, layer: Layer) -> Result<Returns, ApiError> {
        let mut failures = Constraints::new(layer);
        let table_name = self.table_name.as_deref();
        failures.empty_table_name(table_name);
        failures.finish()?;
        failures.table_name(table_name);
        let consumed_capacity = self.consumed_capacity(&mut failures);
        let values = self.return_values_new(&mut failures);
        let item_collection_metrics = self.item_collection_metrics(&mut failures);
        let values_on_condition_check_failure = self.values_on_failure(&mut failures);
        failures.finish()?;
        Ok(Returns { values, consumed_capacity, item_collection_metrics, values_on_condition_check_failure })
    }

    /// The new layer, for UpdateItem: the name's failures, or one of the others; two of these are bare.
    fn members_of_update(&self) -> Result<Returns, ApiError> {
        let layer = Layer::NEW_ENVELOPED;
        let mut failures = Constraints::new(layer);
        failures.table_name_twice(self.table_name.as_deref());
        failures.finish()?;
        let values = self.return_values_new(&mut failures);
        failures.finish()?;
        let values_on_condition_check_failure = self.values_on_failure(&mut failures);
        failures.finish_bare()?;
        let item_collection_metrics = self.item_collection_metrics(&mut failures);
        failures.finish()?;
        let consumed_capacity = self.consumed_capacity(&mut failures);
        failures.finish_bare()?;
        Ok(Returns { values, consumed_capacity, item_collection_metrics, values_on_condition_check_failure })
    }

    /// The old layer, to which a request without table name, item or key falls: everything joined.
    fn members_old(&self) -> Result<Returns, ApiError> {
        let mut failures = Constraints::new(Layer::OLD);
        let consumed_capacity = self.consumed_capacity(&mut failures);
        let table_name = self.table_name.as_deref();
        // AWS does not list a name that is too short here, when something else is missing.
        if self.has_subject() || table_name.is_none_or(str::is_empty) {
            failures.table_name(table_name);
        }
        let values = failures.enumeration("returnValues", self.return_values.as_deref()).unwrap_or_default();
        let values_on_condition_check_failure = self.values_on_failure(&mut failures);
        let item_collection_metrics = self.item_collection_metrics(&mut failures);
        let _: Option<ConditionalOperator> =
            failures.enumeration("conditionalOperator", self.conditional_operator.as_deref());
        let subject = if self.operation == Operation::PutItem { "item" } else { "key" };
        failures.required(subject, self.has_subject().then_some(()).as_ref());
        failures.finish()?;
        let returns =
            Returns { values, consumed_capacity, item_collection_metrics, values_on_condition_check_failure };
        if self.operation != Operation::UpdateItem
            && !matches!(values, ReturnValues::None | ReturnValues::AllOld)
        {
            return Err(ApiError::validation(ONLY_ALL_OLD));
        }
        Ok(returns)
    }

    fn return_values_new(&self, failures: &mut Constraints) -> ReturnValues {
        let Some(text) = self.return_values.as_deref() else { return ReturnValues::None };
        match ReturnValues::from_text(text) {
            None => {
                // The list, its order and its slip are AWS's.
                failures.fail_verbatim(
                    "Failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, \
                     ALL_NEW, UPDATE_NEW, NONE]",
                );
                ReturnValues::None
            }
            Some(values) => {
                let fits = matches!(values, ReturnValues::None | ReturnValues::AllOld);
                if self.operation != Operation::UpdateItem && !fits {
                    failures.fail_verbatim(ONLY_ALL_OLD);
                }
                values
            }
        }
    }

    fn consumed_capacity(&self, failures: &mut Constraints) -> ReturnConsumedCapacity {
        let text = self.return_consumed_capacity.as_deref();
        failures.enumeration("returnConsumedCapacity", text).unwrap_or_default()
    }

    fn item_collection_metrics(&self, failures: &mut Constraints) -> ReturnItemCollectionMetrics {
        let text = self.return_item_collection_metrics.as_deref();
        failures.enumeration("returnItemCollectionMetrics", text).unwrap_or_default()
    }

    fn values_on_failure(&self, failures: &mut Constraints) -> ReturnValuesOnConditionCheckFailure {
        let text = self.return_values_on_condition_check_failure.as_deref();
        failures.enumeration("returnValuesOnConditionCheckFailure", text).unwrap_or_default()
    }
}

const ONLY_ALL_OLD: &str = "ReturnValues can only be ALL_OLD or NONE";
