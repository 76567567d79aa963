//! TransactWriteItems.

use super::enumeration::{
    Enumeration, ReturnConsumedCapacity, ReturnItemCollectionMetrics, ReturnValuesOnConditionCheckFailure,
};
use super::placeholders::{self, Uses};
use super::{ExpressionNames, ExpressionValues, transact_items_length};
use crate::error::ApiError;
use crate::json::{JsonError, Reader};
use crate::layer::{Constraints, Layer};
use crate::member::{list, owned_string, request, string, structure};
use crate::operation::Operation;
use crate::value::Values;
use item::Stored;
use item::value::Map;
use std::borrow::Cow;

/// Writes up to 100 items, all or none.
#[derive(Clone, Debug)]
pub struct TransactWriteItems {
    /// The actions, in the order sent, up to the first that is refused.
    pub transact_items: Vec<Action>,
    /// Why that one is refused. Whatever is wrong with an action before it comes first.
    pub refused: Option<ApiError>,
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
        item: Stored,
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

/// The longest token.
const TOKEN_LENGTH_MAX: usize = 36;

const NO_ACTION: &str =
    "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request";
const TWO_ACTIONS: &str = "TransactItems can only contain one of Check, Put, Update or Delete";

/// Which of the four an action is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Member {
    ConditionCheck,
    Put,
    Delete,
    Update,
}

/// An action, before it is checked.
struct Raw<'a> {
    values: Values,
    member: Option<Member>,
    is_double: bool,
    table_name: Option<String>,
    /// `Item`, of a put.
    item: Option<Stored>,
    /// `Key`, of the others.
    key: Option<Map>,
    update_expression: Option<String>,
    condition_expression: Option<String>,
    names: Option<ExpressionNames>,
    expression_values: Option<ExpressionValues>,
    values_on_failure: Option<Cow<'a, str>>,
}

impl TransactWriteItems {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<TransactWriteItems, ApiError> {
        let (mut items, mut token, mut capacity, mut metrics) = (None, None, None, None);
        request(body, |reader, name| {
            match name {
                "TransactItems" => items = list(reader, Raw::read)?,
                "ClientRequestToken" => token = owned_string(reader)?,
                "ReturnConsumedCapacity" => capacity = string(reader)?,
                "ReturnItemCollectionMetrics" => metrics = string(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let layer = Layer::of(Operation::TransactWriteItems);
        let mut failures = Constraints::new(layer);
        transact_items_length(&mut failures, items.as_deref());
        failures.length("clientRequestToken", token.as_deref(), 1, TOKEN_LENGTH_MAX);
        let return_consumed_capacity =
            failures.enumeration("returnConsumedCapacity", capacity.as_deref()).unwrap_or_default();
        let return_item_collection_metrics =
            failures.enumeration("returnItemCollectionMetrics", metrics.as_deref()).unwrap_or_default();
        let items: Vec<Raw<'_>> = items.unwrap_or_default();
        for (index, raw) in items.iter().enumerate() {
            raw.check_members(index, &mut failures);
        }
        failures.finish()?;
        let (mut transact_items, mut refused) = (Vec::with_capacity(items.len()), None);
        for raw in items {
            match raw.finish(layer) {
                Ok(action) => transact_items.push(action),
                Err(error) => {
                    refused = Some(error);
                    break;
                }
            }
        }
        Ok(TransactWriteItems {
            transact_items,
            refused,
            client_request_token: token,
            return_consumed_capacity,
            return_item_collection_metrics,
            layer,
        })
    }
}

impl<'a> Raw<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Raw<'a>, JsonError> {
        let mut raw = Raw {
            values: Values::with_extra_level(),
            member: None,
            is_double: false,
            table_name: None,
            item: None,
            key: None,
            update_expression: None,
            condition_expression: None,
            names: None,
            expression_values: None,
            values_on_failure: None,
        };
        structure(reader, |reader, name| {
            let member = match name {
                "ConditionCheck" => Member::ConditionCheck,
                "Put" => Member::Put,
                "Delete" => Member::Delete,
                "Update" => Member::Update,
                _ => return reader.skip().map(drop),
            };
            let present = structure(reader, |reader, name| raw.read_member(reader, member, name))?;
            if present.is_some() {
                raw.is_double |= raw.member.is_some();
                raw.member = Some(member);
            }
            Ok(())
        })?;
        Ok(raw)
    }

    fn read_member(&mut self, reader: &mut Reader<'a>, member: Member, name: &str) -> Result<(), JsonError> {
        match name {
            "TableName" => self.table_name = owned_string(reader)?,
            "Item" if member == Member::Put => self.item = self.values.item(reader)?,
            "Key" if member != Member::Put => self.key = self.values.map(reader)?,
            "UpdateExpression" if member == Member::Update => self.update_expression = owned_string(reader)?,
            "ConditionExpression" => self.condition_expression = owned_string(reader)?,
            "ExpressionAttributeNames" => self.names = placeholders::names(reader)?,
            "ExpressionAttributeValues" => self.expression_values = self.values.expression_values(reader)?,
            "ReturnValuesOnConditionCheckFailure" => self.values_on_failure = string(reader)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    }

    fn check_members(&self, index: usize, failures: &mut Constraints) {
        let Some(member) = self.member.filter(|_| !self.is_double) else { return };
        let (name, subject) = match member {
            Member::ConditionCheck => ("conditionCheck", "key"),
            Member::Put => ("put", "item"),
            Member::Delete => ("delete", "key"),
            Member::Update => ("update", "key"),
        };
        let path = |last: &str| format!("transactItems.{}.member.{name}.{last}", index + 1);
        match &self.table_name {
            None => failures.null(path("tableName")),
            Some(name) => failures.table_name_at(path("tableName"), name),
        }
        if self.item.is_none() && self.key.is_none() {
            failures.null(path(subject));
        }
        if member == Member::Update && self.update_expression.is_none() {
            failures.null(path("updateExpression"));
        }
        if member == Member::ConditionCheck && self.condition_expression.is_none() {
            failures.null(path("conditionExpression"));
        }
        if let Some(text) = &self.values_on_failure {
            let path = path("returnValuesOnConditionCheckFailure");
            let _: Option<ReturnValuesOnConditionCheckFailure> = failures.enumeration(path, Some(text));
        }
    }

    fn finish(self, layer: Layer) -> Result<Action, ApiError> {
        let Some(member) = self.member else { return Err(ApiError::validation(NO_ACTION)) };
        if self.is_double {
            return Err(ApiError::validation(TWO_ACTIONS));
        }
        let given = self.condition_expression.is_some() || self.update_expression.is_some();
        // AWS takes placeholders that a Put has no use for.
        let any = given || member == Member::Put;
        let uses = Uses { names: any, values: any };
        placeholders::check(self.names.as_ref(), self.expression_values.as_ref(), uses, layer)?;
        self.values.check_in_order(layer)?;
        let key = self.key.unwrap_or_default();
        let kind = match member {
            Member::ConditionCheck => ActionKind::ConditionCheck { key },
            Member::Put => ActionKind::Put { item: self.item.unwrap_or_default() },
            Member::Delete => ActionKind::Delete { key },
            Member::Update => {
                let update_expression = self.update_expression.unwrap_or_default();
                ActionKind::Update { key, update_expression }
            }
        };
        let values_on_failure = self.values_on_failure.as_deref().and_then(Enumeration::from_text);
        Ok(Action {
            kind,
            table_name: self.table_name.unwrap_or_default(),
            condition_expression: self.condition_expression,
            expression_attribute_names: self.names,
            expression_attribute_values: self.expression_values,
            return_values_on_condition_check_failure: values_on_failure.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests;
