//! What the operations on several messages have in common: entries with ids, and what became of each.

use crate::queues::{ErrorCode, QueuesError};
use crate::request::Request;
use crate::value::Value;

/// How many entries a batch may have.
const ENTRIES_MAX: usize = 10;

/// The longest id of an entry.
const ID_MAX: usize = 80;

/// What became of the entries of a batch, by their ids.
pub(super) type Results<T> = Vec<(String, Result<T, QueuesError>)>;

/// The entries of a batch, each with its id. What is wrong with the batch refuses all of it.
pub(super) fn entries<T>(
    request: &mut Request,
    operation: &str,
    mut read: impl FnMut(&mut Request) -> Result<T, QueuesError>,
) -> Result<Results<T>, QueuesError> {
    let list = request.list("Entries", (0, usize::MAX))?.unwrap_or_default();
    if list.is_empty() {
        let message = format!("There should be at least one {operation}RequestEntry in the request.");
        return Err(QueuesError::new(ErrorCode::EmptyBatchRequest, message));
    }
    if list.len() > ENTRIES_MAX {
        let message =
            format!("Maximum number of entries per request are {ENTRIES_MAX}. You have sent {}.", list.len());
        return Err(QueuesError::new(ErrorCode::TooManyEntriesInBatchRequest, message));
    }
    let mut entries: Results<T> = Vec::with_capacity(list.len());
    for (place, value) in list.into_iter().enumerate() {
        let entry = request.within(format!("entries.{}.member", place + 1), value, |entry| {
            let id = entry
                .text("Id")?
                .ok_or_else(|| QueuesError::missing(&format!("{operation}RequestEntry.{}.Id", place + 1)))?;
            check_id(&id)?;
            Ok::<_, QueuesError>((id, read(entry)))
        })?;
        if entries.iter().any(|(id, _)| *id == entry.0) {
            let message = format!("Id {} repeated.", entry.0);
            return Err(QueuesError::new(ErrorCode::BatchEntryIdsNotDistinct, message));
        }
        entries.push(entry);
    }
    Ok(entries)
}

fn check_id(id: &str) -> Result<(), QueuesError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if (1..=ID_MAX).contains(&id.len()) && id.bytes().all(allowed) {
        return Ok(());
    }
    let message = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 \
                   letters long.";
    Err(QueuesError::new(ErrorCode::InvalidBatchEntryId, message))
}

/// The answer: those that were done, with what is told of them, and those that were not, with why.
pub(super) fn answer(results: Results<Vec<(&'static str, Value)>>) -> Value {
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for (id, result) in results {
        match result {
            Ok(told) => {
                let members = std::iter::once(("Id", Value::from(id))).chain(told);
                successful.push(Value::structure(members));
            }
            Err(error) => failed.push(Value::structure([
                ("Id", Value::from(id)),
                ("SenderFault", Value::Boolean(error.code.is_senders())),
                ("Code", Value::from(error.code.in_query())),
                ("Message", Value::from(error.message)),
            ])),
        }
    }
    let mut members = Vec::new();
    for (name, list) in [("Successful", successful), ("Failed", failed)] {
        if !list.is_empty() {
            members.push((name, Value::List(list)));
        }
    }
    Value::structure(members)
}
