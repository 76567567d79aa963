//! BatchWriteItem.

use super::enumeration::{ReturnConsumedCapacity, ReturnItemCollectionMetrics};
use super::{TABLE_NAME_KEYS, echo};
use crate::error::ApiError;
use crate::json::{JsonError, Reader};
use crate::layer::{Constraint, Constraints, Layer, table_name_failure};
use crate::member::{list, map, request, string, structure};
use crate::operation::Operation;
use crate::value::{NO_TYPE, SEVERAL_TYPES, Values, refuse_duplicates};
use item::Stored;
use item::value::Map;

/// Writes or deletes up to 25 items, each on its own.
#[derive(Clone, Debug)]
pub struct BatchWriteItem {
    /// Tables (names or ARNs) and what is written to them, both in the order sent.
    pub request_items: Vec<(String, Vec<WriteRequest>)>,
    /// Whether capacity is told.
    pub return_consumed_capacity: ReturnConsumedCapacity,
    /// Whether collection sizes are told.
    pub return_item_collection_metrics: ReturnItemCollectionMetrics,
    /// How errors of this request are worded.
    pub layer: Layer,
}

/// One write of a batch.
#[derive(Clone, Debug)]
pub enum WriteRequest {
    /// Writes this item.
    Put(Stored),
    /// Deletes the item of this key.
    Delete(Map),
}

/// The most writes of a request.
const WRITES_MAX: usize = 25;

/// What the list of each table must satisfy, as AWS says it.
const WRITES_OF_A_TABLE: Constraint =
    Constraint::MapValues(&[Constraint::MaxLength(WRITES_MAX as i64), Constraint::MinLength(1)]);

type Tables = Vec<(String, Vec<WriteRequest>)>;

/// The first write that is no write, or two.
#[derive(Default)]
struct Malformed {
    text: Option<&'static str>,
    missing: Vec<String>,
}

impl BatchWriteItem {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<BatchWriteItem, ApiError> {
        let (mut values, mut malformed) = (Values::new(), Malformed::default());
        let (mut tables, mut capacity, mut metrics) = (None, None, None);
        request(body, |reader, name| {
            match name {
                "RequestItems" => tables = read_tables(reader, &mut values, &mut malformed)?,
                "ReturnConsumedCapacity" => capacity = string(reader)?,
                "ReturnItemCollectionMetrics" => metrics = string(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let layer = Layer::of(Operation::BatchWriteItem);
        let mut failures = Constraints::new(layer);
        let return_consumed_capacity =
            failures.enumeration("returnConsumedCapacity", capacity.as_deref()).unwrap_or_default();
        let return_item_collection_metrics =
            failures.enumeration("returnItemCollectionMetrics", metrics.as_deref()).unwrap_or_default();
        failures.required("requestItems", tables.as_ref());
        failures.finish()?;
        let request_items: Tables = tables.unwrap_or_default();
        if request_items.is_empty() {
            return Err(ApiError::validation("The requestItems parameter is required for BatchWriteItem"));
        }
        check_tables(&request_items, &mut failures);
        for path in malformed.missing {
            failures.null(path);
        }
        failures.finish()?;
        if let Some(text) = malformed.text {
            return Err(ApiError::validation(text));
        }
        if request_items.iter().map(|(_, writes)| writes.len()).sum::<usize>() > WRITES_MAX {
            return Err(ApiError::validation("Too many items requested for the BatchWriteItem call"));
        }
        values.check(layer)?;
        Ok(BatchWriteItem { request_items, return_consumed_capacity, return_item_collection_metrics, layer })
    }
}

fn check_tables(tables: &Tables, failures: &mut Constraints) {
    let is_wrong = |writes: &Vec<WriteRequest>| writes.is_empty() || writes.len() > WRITES_MAX;
    if tables.iter().any(|(name, _)| table_name_failure(name).is_some()) {
        failures.fail("requestItems", echo::write_requests(tables), TABLE_NAME_KEYS);
    }
    if tables.iter().any(|(_, writes)| is_wrong(writes)) {
        failures.fail("requestItems", echo::write_requests(tables), WRITES_OF_A_TABLE);
    }
}

fn read_tables(
    reader: &mut Reader<'_>,
    values: &mut Values,
    malformed: &mut Malformed,
) -> Result<Option<Tables>, JsonError> {
    let mut tables = Tables::new();
    let present = map(reader, |reader, table| {
        let mut index = 0;
        let writes = list(reader, |reader| {
            index += 1;
            read_write(reader, values, malformed, (&table, index))
        })?;
        tables.push((table.into_owned(), writes.unwrap_or_default()));
        Ok(())
    })?;
    refuse_duplicates(reader, &tables)?;
    Ok(present.map(|()| tables))
}

fn read_write(
    reader: &mut Reader<'_>,
    values: &mut Values,
    malformed: &mut Malformed,
    (table, index): (&str, usize),
) -> Result<WriteRequest, JsonError> {
    let mut found = None;
    let mut take = |write: Option<WriteRequest>, path: &str| {
        if found.is_some() {
            malformed.text = Some(SEVERAL_TYPES);
        } else if write.is_none() {
            malformed.missing.push(format!("requestItems.{table}.member.{index}.member.{path}"));
        }
        found = Some(write.unwrap_or_else(|| WriteRequest::Delete(Map::new())));
    };
    structure(reader, |reader, member| {
        match member {
            "PutRequest" => {
                if let Some(item) = only(reader, "Item", |reader| values.item(reader))? {
                    take(item.map(WriteRequest::Put), "putRequest.item");
                }
            }
            "DeleteRequest" => {
                if let Some(key) = only(reader, "Key", |reader| values.map(reader))? {
                    take(key.map(WriteRequest::Delete), "deleteRequest.key");
                }
            }
            _ => drop(reader.skip()?),
        }
        Ok(())
    })?;
    Ok(found.unwrap_or_else(|| {
        malformed.text.get_or_insert(NO_TYPE);
        WriteRequest::Delete(Map::new())
    }))
}

/// Reads a structure of one member; the outer `None` is an absent structure, the inner one an absent member.
fn only<'a, T>(
    reader: &mut Reader<'a>,
    member: &str,
    mut read: impl FnMut(&mut Reader<'a>) -> Result<Option<T>, JsonError>,
) -> Result<Option<Option<T>>, JsonError> {
    let mut found = None;
    let present = structure(reader, |reader, name| {
        if name == member {
            found = read(reader)?;
        } else {
            reader.skip()?;
        }
        Ok(())
    })?;
    Ok(present.map(|()| found))
}

#[cfg(test)]
mod tests;
