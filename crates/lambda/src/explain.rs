//! What became of a record, and why a mapping is idle: what `tailwater explain` and `tailwater mapping` tell, as JSON.
//!
//! The record is read from the stream; each mapping of the stream is asked where it stands, and its history what it did
//! with the record. Where the history does not reach back so far, that is what is said.

mod barrier;
mod control;
mod data;
mod delivering;
mod find;
mod mappings;
mod messages;
mod verdict;

pub use barrier::Waited;

use crate::discarded::{BatchId, Discarded};
use crate::history::History;
use crate::invoke::Invoke;
use crate::pollers::{Mappings, Scope, Shown};
use database::{Caller, Database};
use serde_json::{Value, json};
use services::logs::Logs;
use std::sync::Arc;

/// What is asked.
#[derive(Clone)]
pub struct Explain {
    /// The tables and their streams.
    pub database: Arc<Database>,
    /// The mappings.
    pub mappings: Mappings,
    /// What they did.
    pub history: History,
    /// What they gave up.
    pub discarded: Discarded,
    /// What functions printed.
    pub logs: Logs,
    /// The functions.
    pub invoke: Arc<dyn Invoke>,
}

impl std::fmt::Debug for Explain {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Explain").finish_non_exhaustive()
    }
}

/// Why nothing can be told.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// The question is none, or about something that is not there.
    #[error("{0}")]
    Question(String),
    /// Something failed inside.
    #[error("{0}")]
    Failed(String),
}

impl ExplainError {
    pub(crate) fn question(text: impl Into<String>) -> Self {
        Self::Question(text.into())
    }

    pub(crate) fn failed(error: impl std::fmt::Display) -> Self {
        Self::Failed(error.to_string())
    }
}

impl Explain {
    /// What became of a record. `table` names the table; `key` is the key of an item (attributes in DynamoDB's JSON, or plain
    /// texts), whose newest record is meant; `sequence_number` means that record; with neither it is the newest of all.
    ///
    /// With `queue` and `message_id` it is a message that is meant, and with `stream` and `sequence_number`, and `shard` where it
    /// is known, a record of a data stream.
    ///
    /// # Errors
    /// When the question is none, or the store fails.
    pub async fn explain(&self, caller: &Caller, question: &Value) -> Result<Value, ExplainError> {
        if question["queue"].is_string() {
            return self.message(caller, question).await;
        }
        if question["stream"].is_string() {
            return self.data_record(caller, question).await;
        }
        let name = question["table"].as_str().ok_or_else(|| ExplainError::question("name a table"))?;
        let table = self.database.catalog().get(caller, name);
        let table = table.map_err(|_| ExplainError::question(format!("there is no table {name}")))?;
        let wanted = find::Wanted::read(&table, question)?;
        let mut answer = json!({ "table": table.name, "mappings": [] });
        let Some(stream) = self.stream_of(&table) else {
            answer["why"] =
                json!(format!("The table {} has no stream, so its writes call nothing.", table.name));
            return Ok(answer);
        };
        answer["stream"] = json!(stream.arn);
        let all = self.mappings.all();
        let of_stream: Vec<&Shown> =
            all.iter().filter(|shown| shown.mapping.source_arn == stream.arn).collect();
        let (database, searched) = (Arc::clone(&self.database), Arc::clone(&stream));
        let found = environment::offload(move || find::newest(&database, &searched, &wanted)).await;
        let found = found.map_err(ExplainError::failed)??;
        answer["records"] = json!(found.count);
        let Some(record) = found.newest else {
            answer["why"] = json!(found.missing);
            for shown in of_stream {
                let mapping = self.described(shown).await;
                answer["mappings"].as_array_mut().into_iter().for_each(|all| all.push(mapping.clone()));
            }
            return Ok(answer);
        };
        answer["record"] = record.json.clone();
        if of_stream.is_empty() {
            answer["why"] = json!("No event source mapping reads this stream, so no function was called.");
        }
        let refused = |filters: &filter::Filters| find::refusals(filters, &stream, &record);
        let mut told = Vec::new();
        for shown in of_stream {
            told.push(self.became(shown, &record, &refused).await?);
        }
        answer["mappings"] = Value::Array(told);
        Ok(answer)
    }

    /// The mapping that is meant: by its UUID or the beginning of it, or by its function's name where that has only one.
    fn meant(&self, caller: &Caller, question: &Value) -> Result<Shown, ExplainError> {
        let name = question["mapping"].as_str().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| ExplainError::question("name a mapping: its UUID, or its function"))?;
        let scope = Scope { account: &caller.account, region: &caller.region };
        let is_meant = |shown: &Shown| {
            shown.mapping.uuid.as_str().starts_with(name) || shown.mapping.function_name() == name
        };
        let mut found: Vec<Shown> = self.mappings.list(scope).into_iter().filter(is_meant).collect();
        match (found.pop(), found.len()) {
            (Some(shown), 0) => Ok(shown),
            (None, _) => Err(ExplainError::question(format!("there is no mapping {name}"))),
            (Some(_), others) => Err(ExplainError::question(format!(
                "{name} may be any of {} mappings: name one by its UUID (tailwater mapping list)",
                others + 1
            ))),
        }
    }
}

/// The number of a discarded batch in a question.
fn batch_id(question: &Value) -> Result<BatchId, ExplainError> {
    let number = question["batch"].as_u64().or_else(|| question["batch"].as_str()?.parse().ok());
    number.map(BatchId).ok_or_else(|| ExplainError::question("name a discarded batch by its number"))
}
