//! Batches of records, and the function that is called with them.

use super::{Replay, Summary};
use crate::cli::following::event_of;
use crate::cli::output;
use crate::cli::own;
use crate::cli::place::Place;
use crate::cli::recording::{Header, Recorded};
use crate::function_output::harmless;
use anyhow::{Context, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use filter::Filters;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// How many records a batch has where nothing says so: what a mapping of a table's stream has by itself.
const SIZE: usize = 100;

/// The largest event of a call, and what is kept free of it for what surrounds the records.
const EVENT_BYTES_MAX: usize = 6 << 20;
const ENVELOPE_BYTES: usize = 1 << 10;

/// Records of one shard, one after the other.
#[derive(Default)]
struct Batch {
    shard: String,
    records: Vec<Value>,
    bytes: usize,
}

/// Batches for a function.
pub(super) struct Batches<'a> {
    place: &'a Place,
    function: String,
    /// Of the records that the function is given.
    source_arn: String,
    size: usize,
    filters: Filters,
    /// Whether an answer may tell of failed records.
    reports_item_failures: bool,
    is_dry: bool,
    in_json: bool,
    batch: Batch,
}

impl<'a> Batches<'a> {
    /// For this function.
    pub(super) fn of_function(
        replay: &Replay,
        place: &'a Place,
        (function, header): (&str, &Header),
    ) -> Self {
        Self {
            place,
            function: function.to_owned(),
            source_arn: header.stream_arn.clone(),
            size: replay.batch_size.map_or(SIZE, |size| size as usize),
            filters: Filters::default(),
            reports_item_failures: true,
            is_dry: replay.dry_run,
            in_json: replay.json,
            batch: Batch::default(),
        }
    }

    /// For the function of this mapping: what its filters let through, in batches of its size. Of its other settings, nothing
    /// is used.
    pub(super) async fn of_mapping(
        replay: &Replay,
        place: &'a Place,
        (mapping, header): (&str, &Header),
    ) -> anyhow::Result<Self> {
        let question = json!({ "mapping": mapping, "region": place.region, "account": place.account });
        let shown = own::ask(place, "mappings/show", &question).await?;
        let source = shown["source"].as_str().unwrap_or_default();
        if source.split(':').nth(2) != Some("dynamodb") {
            bail!("the mapping reads {source}; a recording is of the stream of a table");
        }
        let filters = shown["filters"].as_array().map(Vec::as_slice).unwrap_or_default();
        let own_size = shown["batch_size"].as_u64().and_then(|size| usize::try_from(size).ok());
        let mut batches = Self::of_function(
            replay,
            place,
            (shown["function_arn"].as_str().context("the server tells of no function")?, header),
        );
        batches.source_arn = source.to_owned();
        batches.filters =
            Filters::parse(filters.iter().filter_map(Value::as_str)).context("the filters of the mapping")?;
        batches.reports_item_failures = shown["reports_item_failures"] == true;
        if replay.batch_size.is_none() {
            batches.size = own_size.unwrap_or(SIZE).max(1);
        }
        Ok(batches)
    }

    /// Adds a record, and calls the function where a batch is full.
    pub(super) async fn add(&mut self, recorded: Recorded, summary: &mut Summary) -> anyhow::Result<()> {
        let record = event_of(recorded.record, &self.source_arn);
        if !self.filters.matches(&record) {
            summary.filtered += 1;
            return Ok(());
        }
        let bytes = record.to_string().len() + 1;
        let is_full = self.batch.bytes + bytes > EVENT_BYTES_MAX - ENVELOPE_BYTES;
        if is_full || self.batch.shard != recorded.shard {
            self.flush(summary).await?;
            self.batch.shard = recorded.shard;
        }
        self.batch.bytes += bytes;
        self.batch.records.push(record);
        if self.batch.records.len() >= self.size { self.flush(summary).await } else { Ok(()) }
    }

    /// Calls the function with what there is.
    pub(super) async fn flush(&mut self, summary: &mut Summary) -> anyhow::Result<()> {
        let records = std::mem::take(&mut self.batch.records);
        self.batch.bytes = 0;
        if records.is_empty() {
            return Ok(());
        }
        let number =
            |record: Option<&Value>| record.map(|record| record["dynamodb"]["SequenceNumber"].clone());
        let mut outcome = json!({
            "batch": summary.calls + 1, "shard": self.batch.shard, "records": records.len(),
            "first": number(records.first()), "last": number(records.last()), "function": self.function,
        });
        let count = records.len() as u64;
        let event = json!({ "Records": records });
        if self.is_dry {
            outcome["outcome"] = json!("would be called");
        } else {
            self.call(&event, &mut outcome).await?;
        }
        summary.calls += 1;
        summary.records += count;
        summary.failures += u64::from(outcome["outcome"] == "failed");
        let text = if self.in_json { format!("{outcome}\n") } else { told(&outcome) };
        // A reader that has enough does not end the replay.
        output::write(&text).map(drop)
    }

    async fn call(&self, event: &Value, outcome: &mut Value) -> anyhow::Result<()> {
        let (region, account) = (&self.place.region, &self.place.account);
        let question =
            json!({ "FunctionName": self.function, "Payload": event, "region": region, "account": account });
        let answer = own::ask(self.place, "functions/invoke", &question).await?;
        let payload = &answer["Payload"];
        let error = match answer["FunctionError"].as_str() {
            Some(kind) => Some(payload["errorMessage"].as_str().unwrap_or(kind).to_owned()),
            None => failures(payload).filter(|_| self.reports_item_failures),
        };
        let log = answer["LogResult"].as_str().and_then(|log| STANDARD.decode(log).ok());
        outcome["payload"] = payload.clone();
        outcome["outcome"] = json!(if error.is_some() { "failed" } else { "done" });
        outcome["error"] = json!(error);
        outcome["log"] = json!(log.map(|log| String::from_utf8_lossy(&log).into_owned()));
        Ok(())
    }
}

/// What an answer says of failed records.
fn failures(payload: &Value) -> Option<String> {
    let failed = payload["batchItemFailures"].as_array().map(Vec::len).filter(|count| *count > 0)?;
    Some(format!("the function answered that {failed} of the records failed"))
}

fn told(outcome: &Value) -> String {
    let text = |name: &str| outcome[name].as_str().unwrap_or("-");
    let count = outcome["records"].as_u64().unwrap_or_default();
    let mut out = format!("batch {}: {count} record{}", outcome["batch"], if count == 1 { "" } else { "s" });
    let _ = match text("first") == text("last") {
        true => write!(out, " {}", text("first")),
        false => write!(out, " {} to {}", text("first"), text("last")),
    };
    let _ = match outcome["outcome"].as_str() {
        Some("would be called") => write!(out, ": {} would be called", text("function")),
        outcome => write!(out, ": {}", outcome.unwrap_or("-")),
    };
    if let Some(error) = outcome["error"].as_str() {
        let _ = write!(out, ": {}", error.replace(['\n', '\r'], " "));
    }
    out.push('\n');
    for line in outcome["log"].as_str().into_iter().flat_map(str::lines) {
        let _ = writeln!(out, "  | {}", harmless(line));
    }
    if outcome["outcome"] == "done" && !outcome["payload"].is_null() {
        let _ = writeln!(out, "  = {}", outcome["payload"]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_reads_well() {
        let mut outcome = json!({
            "batch": 2, "shard": "s", "records": 3, "first": "7", "last": "9", "function": "f", "outcome": "failed",
            "error": "Error: no", "log": "START\nno\n", "payload": { "errorMessage": "Error: no" },
        });
        assert_eq!(told(&outcome), "batch 2: 3 records 7 to 9: failed: Error: no\n  | START\n  | no\n");
        outcome = json!({ "batch": 1, "records": 1, "first": "7", "last": "7", "outcome": "done", "payload": "ok" });
        assert_eq!(told(&outcome), "batch 1: 1 record 7: done\n  = \"ok\"\n");
        outcome["outcome"] = json!("would be called");
        outcome["function"] = json!("f");
        assert_eq!(told(&outcome), "batch 1: 1 record 7: f would be called\n");
    }

    #[test]
    fn failed_records_fail_a_batch() {
        assert!(
            failures(&json!({ "batchItemFailures": [{ "itemIdentifier": "7" }] })).unwrap().contains("1 of")
        );
        for good in [json!(null), json!({ "batchItemFailures": [] }), json!("ok"), json!([1])] {
            assert_eq!(failures(&good), None);
        }
    }
}
