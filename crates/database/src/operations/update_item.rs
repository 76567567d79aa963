//! UpdateItem: one item is changed, or made from its key.

use crate::Database;
use crate::caller::{Caller, Reply};
use crate::keys::{self, ItemKey};
use crate::requests::Texts;
use crate::table::Table;
use crate::write::{Action, Change, ITEM_BYTES_MAX, UPDATE_TOO_LARGE, Wanted, WriteSet};
use expression::Update;
use wire::ApiError;
use wire::dynamodb::UpdateItem;

impl Database {
    /// Runs UpdateItem.
    pub(crate) async fn update_item(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let (set, wanted) = self.update_item_set(caller, body)?;
        self.write_one(set, wanted).await
    }

    fn update_item_set(&self, caller: &Caller, body: &[u8]) -> Result<(WriteSet, Wanted), ApiError> {
        let mut request = UpdateItem::decode(body)?;
        let (names, values) =
            (request.expression_attribute_names.take(), request.expression_attribute_values.take());
        let texts = Texts {
            update: request.update_expression.as_deref(),
            condition: request.condition_expression.as_deref(),
            ..Texts::default()
        };
        let mut bound = self.bind(texts, names, values, request.layer)?;
        bound.update_by(request.attribute_updates.take());
        bound.expect(request.expected.take(), request.conditional_operator);
        let table = self.catalog.get(caller, &request.table_name)?;
        let key = ItemKey::of_key(&table, self.hasher, &request.key)
            .map_err(|error| ApiError::validation(error.of_lookup()))?
            .recorded(&table, &request.key);
        if let Some(update) = &bound.update {
            leaves_key(&table, update).map_err(ApiError::validation)?;
            if update.request_charge() > ITEM_BYTES_MAX {
                return Err(ApiError::validation(UPDATE_TOO_LARGE));
            }
        }
        let guard = bound.guard();
        let change = Change::Update { update: bound.update, key: request.key };
        let wanted = Wanted {
            values: request.return_values,
            capacity: request.return_consumed_capacity,
            collection: request.return_item_collection_metrics,
            on_failure: request.return_values_on_condition_check_failure,
        };
        Ok((WriteSet::one(Action { table, key, change, guard }, self.hasher), wanted))
    }
}

/// Refuses an update of a key attribute.
///
/// # Errors
/// The text.
pub(crate) fn leaves_key(table: &Table, update: &Update) -> Result<(), String> {
    let names: Vec<&str> = keys::attributes(&table.keys).map(|attribute| attribute.name.as_str()).collect();
    match update.touches_key(&names) {
        None => Ok(()),
        Some(name) => Err(format!(
            "One or more parameter values were invalid: Cannot update attribute {name}. This attribute is part of \
             the key"
        )),
    }
}
