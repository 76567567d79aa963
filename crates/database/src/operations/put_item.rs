//! PutItem: one whole item takes the place of whatever was there.

use crate::caller::{Caller, Reply};
use crate::keys::ItemKey;
use crate::write::{Action, Change, ITEM_BYTES_MAX, PUT_TOO_LARGE, Wanted, WriteSet};
use crate::{Database, requests};
use item::Stored;
use wire::ApiError;
use wire::dynamodb::PutItem;

impl Database {
    /// Runs PutItem.
    pub(crate) async fn put_item(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let mut request = PutItem::decode(body)?;
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
        let key = ItemKey::of_item(&table, self.hasher, &request.item)
            .map_err(|error| ApiError::validation(error.of_put()))?;
        let item = Stored::encode(&request.item);
        if item.size() > ITEM_BYTES_MAX {
            return Err(ApiError::validation(PUT_TOO_LARGE));
        }
        let action = Action { table, key, change: Change::Put(item), guard };
        let wanted = Wanted {
            values: request.return_values,
            capacity: request.return_consumed_capacity,
            collection: request.return_item_collection_metrics,
            on_failure: request.return_values_on_condition_check_failure,
        };
        self.write_one(WriteSet::one(action, self.hasher), wanted).await
    }
}
