//! The answers of PutItem, UpdateItem and DeleteItem.

use super::{Change, Done, WriteSet, tells_collection, write_collection};
use crate::Database;
use crate::caller::Reply;
use crate::capacity::Told;
use crate::read::write_item;
use item::Stored;
use wire::ApiError;
use wire::dynamodb::enumeration::{
    ReturnConsumedCapacity, ReturnItemCollectionMetrics, ReturnValues, ReturnValuesOnConditionCheckFailure,
};

/// What a request wants to be told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// Of the item.
    pub(crate) values: ReturnValues,
    /// Of the capacity.
    pub(crate) capacity: ReturnConsumedCapacity,
    /// Of the collection.
    pub(crate) collection: ReturnItemCollectionMetrics,
    /// Of the item where the condition failed.
    pub(crate) on_failure: ReturnValuesOnConditionCheckFailure,
}

impl Database {
    /// Runs a set of one action and answers it.
    ///
    /// # Errors
    /// When the action was refused, the table is gone or the store failed.
    pub(crate) async fn write_one(&self, set: WriteSet, wanted: Wanted) -> Result<Reply, ApiError> {
        let (set, committed) = self.write(set).await?;
        let positions = set.positions(&committed);
        let body = match set.outcomes() {
            [Ok(done)] => answer(&set, done, wanted)?,
            [Err(failure)] => {
                let item = wanted.on_failure == ReturnValuesOnConditionCheckFailure::AllOld;
                return Err(failure.clone().into_error(item));
            }
            _ => return Err(ApiError::internal_server_error("a write has no outcome")),
        };
        Ok(Reply { body, positions })
    }
}

fn answer(set: &WriteSet, done: &Done, wanted: Wanted) -> Result<Vec<u8>, ApiError> {
    let action = &set.actions()[0];
    let mut body = Vec::with_capacity(body_bytes(done, wanted));
    body.push(b'{');
    match wanted.values {
        ReturnValues::None => {}
        ReturnValues::AllOld => attributes(&mut body, done.old.as_ref())?,
        ReturnValues::AllNew => attributes(&mut body, done.new.as_ref())?,
        ReturnValues::UpdatedOld | ReturnValues::UpdatedNew => {
            updated(&mut body, &action.change, done, wanted.values)?;
        }
    }
    let told = Told::plain(wanted.capacity);
    if told.any() {
        member(&mut body, b"\"ConsumedCapacity\":");
        done.capacity.write_json(&mut body, &action.table, told);
    }
    if tells_collection(&action.table, wanted.collection) {
        member(&mut body, b"\"ItemCollectionMetrics\":");
        write_collection(&mut body, action, done)?;
    }
    body.push(b'}');
    Ok(body)
}

fn body_bytes(done: &Done, wanted: Wanted) -> usize {
    let size = |item: &Option<Stored>| item.as_ref().map_or(0, |item| item.as_bytes().len() * 3 / 2 + 32);
    match wanted.values {
        ReturnValues::None => 2,
        ReturnValues::AllOld | ReturnValues::UpdatedOld => size(&done.old),
        ReturnValues::AllNew | ReturnValues::UpdatedNew => size(&done.new),
    }
}

/// Starts a member of the body's outermost object.
fn member(body: &mut Vec<u8>, name: &[u8]) {
    if body.len() > 1 {
        body.push(b',');
    }
    body.extend_from_slice(name);
}

fn attributes(body: &mut Vec<u8>, item: Option<&Stored>) -> Result<(), ApiError> {
    let Some(item) = item else { return Ok(()) };
    member(body, b"\"Attributes\":");
    write_item(body, item)
}

/// What the update's paths held, or hold.
fn updated(body: &mut Vec<u8>, change: &Change, done: &Done, values: ReturnValues) -> Result<(), ApiError> {
    let Change::Update { update: Some(update), .. } = change else { return Ok(()) };
    let touched = match (values, &done.old, &done.new) {
        (ReturnValues::UpdatedOld, Some(old), _) => update.touched(old),
        (ReturnValues::UpdatedNew, old, Some(new)) => update.updated_new(old.as_ref(), new),
        _ => return Ok(()),
    };
    if touched.is_empty() { Ok(()) } else { attributes(body, Some(&Stored::encode(&touched))) }
}
