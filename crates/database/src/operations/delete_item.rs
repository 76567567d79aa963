//! DeleteItem: one item goes, if it is there.

use crate::Database;
use crate::caller::{Caller, Reply};
use crate::keys::ItemKey;
use crate::requests::Texts;
use crate::write::{Action, Change, Wanted, WriteSet};
use wire::ApiError;
use wire::dynamodb::DeleteItem;

impl Database {
    /// Runs DeleteItem.
    pub(crate) async fn delete_item(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let (set, wanted) = self.delete_item_set(caller, body)?;
        self.write_one(set, wanted).await
    }

    fn delete_item_set(&self, caller: &Caller, body: &[u8]) -> Result<(WriteSet, Wanted), ApiError> {
        let mut request = DeleteItem::decode(body)?;
        let (names, values) =
            (request.expression_attribute_names.take(), request.expression_attribute_values.take());
        let texts = Texts { condition: request.condition_expression.as_deref(), ..Texts::default() };
        let mut bound = self.bind(texts, names, values, request.layer)?;
        bound.expect(request.expected.take(), request.conditional_operator);
        let guard = bound.guard();
        let table = self.catalog.get(caller, &request.table_name)?;
        let key = ItemKey::of_key(&table, self.hasher, &request.key)
            .map_err(|error| ApiError::validation(error.of_lookup()))?
            .recorded(&table, &request.key);
        let wanted = Wanted {
            values: request.return_values,
            capacity: request.return_consumed_capacity,
            collection: request.return_item_collection_metrics,
            on_failure: request.return_values_on_condition_check_failure,
        };
        let action = Action { table, key, change: Change::Delete, guard };
        Ok((WriteSet::one(action, self.hasher), wanted))
    }
}
