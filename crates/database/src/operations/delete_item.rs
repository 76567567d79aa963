//! DeleteItem: one item goes, if it is there.

use crate::caller::{Caller, Reply};
use crate::keys::ItemKey;
use crate::write::{Action, Change, Wanted, WriteSet};
use crate::{Database, requests};
use wire::ApiError;
use wire::dynamodb::DeleteItem;

impl Database {
    /// Runs DeleteItem.
    pub(crate) async fn delete_item(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let mut request = DeleteItem::decode(body)?;
        requests::only_old_values(request.return_values, request.layer)?;
        let guard = self.guard(requests::Conditions {
            condition: request.condition_expression.as_deref(),
            names: request.expression_attribute_names.take(),
            values: request.expression_attribute_values.take(),
            expected: request.expected.is_some(),
            conditional_operator: request.conditional_operator.is_some(),
            layer: request.layer,
        })?;
        let table = self.catalog.get(caller, &request.table_name)?;
        let key = ItemKey::of_key(&table, self.hasher, &request.key)
            .map_err(|error| ApiError::validation(error.of_lookup()))?;
        let action = Action { table, key, change: Change::Delete, guard };
        let wanted = Wanted {
            values: request.return_values,
            capacity: request.return_consumed_capacity,
            collection: request.return_item_collection_metrics,
            on_failure: request.return_values_on_condition_check_failure,
        };
        self.write_one(WriteSet::one(action, self.hasher), wanted).await
    }
}
