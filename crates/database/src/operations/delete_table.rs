//! DeleteTable: the table is gone when this answers, and its name is free.
//!
//! Its stream is disabled and stays readable for its retention.

use crate::Database;
use crate::caller::{Caller, Reply};
use crate::catalog::Entry;
use crate::control::{detached, plan_error};
use crate::description::describe_deleted;
use crate::meta::{MetaKey, TIME_TO_LIVE};
use serde_json::json;
use std::sync::Arc;
use store::{Effect, LogChange};
use wire::ApiError;
use wire::dynamodb::DeleteTable;

impl Database {
    /// DeleteTable.
    ///
    /// # Errors
    /// When the request breaks a rule, there is no such table, or it is protected.
    pub async fn delete_table(self: &Arc<Self>, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = DeleteTable::decode(body)?;
        let (database, caller) = (Arc::clone(self), caller.clone());
        detached(async move { database.delete(&caller, &request.table_name).await }).await
    }

    async fn delete(&self, caller: &Caller, name: &str) -> Result<Reply, ApiError> {
        let _control = self.control.lock().await;
        if self.catalog.find_any(caller, name).is_some_and(|entry| entry.descriptor.is_being_filled()) {
            let name = wire::TableRef::parse(name).name;
            return Err(ApiError::resource_in_use(format!(
                "Attempt to change a resource which is still in use: Table is being created: {name}"
            )));
        }
        let entry = self.catalog.entry(caller, name)?;
        if entry.descriptor.deletion_protection {
            return Err(ApiError::validation(
                "Resource cannot be deleted as it is currently protected against deletion. Disable deletion \
                 protection first.",
            ));
        }
        if entry.descriptor.indexes.iter().any(|index| index.vectors.is_some() && !index.active) {
            return Err(ApiError::resource_in_use(
                "Attempt to change a resource which is still in use: Cannot delete table while indexes are being \
                 created, updated, or deleted.",
            ));
        }
        let sizes = self.sizes(&entry.descriptor)?;
        self.drop_table(&entry).await?;
        Ok(Reply::json(&json!({ "TableDescription": describe_deleted(&entry.descriptor, &sizes) })))
    }

    /// Takes a table away. The caller holds the control lock.
    pub(crate) async fn drop_table(&self, entry: &Entry) -> Result<(), ApiError> {
        let table = &entry.descriptor;
        let id = table.table_id();
        let indexes = table.indexes.iter().flat_map(|index| MetaKey::of_index(id, index.id));
        let own = [MetaKey::Table(id), MetaKey::TableCounters(id), MetaKey::Cursor(id, TIME_TO_LIVE)];
        let mut effect = Effect {
            fences: vec![table.fence()],
            writes: own.into_iter().chain(indexes).map(|key| (key.key(self.meta), None)).collect(),
            ..Effect::default()
        };
        let stream = table.enabled_stream().and_then(|stream| self.streams.get(&stream.arn));
        let disabled = match stream {
            Some(stream) => {
                let change = streams::descriptor::disable(&stream, self.environment.clock.now_ms());
                let change = change.map_err(|error| plan_error(&error))?;
                effect.logs = change.logs;
                self.write_stream(&mut effect, &change.descriptor);
                Some(change.descriptor)
            }
            None => None,
        };
        // Dropping the log fences off every write that was planned for the table.
        effect.logs.push(LogChange::Drop(table.log_id()));
        self.commit(effect).await?;
        if let Some(stream) = disabled {
            self.streams.install(stream);
        }
        self.catalog.remove(table);
        self.drop_spaces(&table.spaces());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;
    use environment::Environment;
    use store::Store;
    use wire::Operation;

    #[tokio::test]
    async fn a_query_under_way_finds_no_entry_of_an_index_without_its_item() {
        let database = Database::open(Options::in_memory(), Environment::simulated(5, 1_000_000)).unwrap();
        let caller = Caller::new("000000000000", "us-east-1");
        let ask = async |operation, request: serde_json::Value| {
            database.call(operation, &caller, request.to_string().into()).await.unwrap();
        };
        let keys = |sort| json!([{ "AttributeName": "pk", "KeyType": "HASH" }, { "AttributeName": sort, "KeyType": "RANGE" }]);
        let attribute = |name| json!({ "AttributeName": name, "AttributeType": "S" });
        let index = json!({ "IndexName": "lsi", "KeySchema": keys("l"), "Projection": { "ProjectionType": "KEYS_ONLY" } });
        let table = json!({
            "TableName": "dogs", "BillingMode": "PAY_PER_REQUEST", "KeySchema": keys("sk"),
            "AttributeDefinitions": [attribute("pk"), attribute("sk"), attribute("l")],
            "LocalSecondaryIndexes": [index],
        });
        ask(Operation::CreateTable, table).await;
        let text = json!({ "S": "a" });
        let item = json!({ "pk": text, "sk": text, "l": text, "name": text });
        ask(Operation::PutItem, json!({ "TableName": "dogs", "Item": item })).await;
        let spaces = database.catalog.find(&caller, "dogs").unwrap().descriptor.spaces();
        assert_eq!(spaces.len(), 2);
        for space in spaces {
            database.store.drop_space(space).unwrap();
            let query = json!({
                "TableName": "dogs", "IndexName": "lsi", "KeyConditionExpression": "pk = :pk",
                "ExpressionAttributeValues": { ":pk": text }, "Select": "ALL_ATTRIBUTES",
            });
            ask(Operation::Query, query).await;
        }
    }
}
