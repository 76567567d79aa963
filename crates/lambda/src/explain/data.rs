//! Finding a record of a data stream.

use super::find::Found;
use super::{Explain, ExplainError};
use crate::filtering::data::{Place, value};
use crate::pollers::{Shown, key_hash};
use database::Caller;
use filter::Filters;
use serde_json::{Value, json};
use store::{LogRecord, Position, Snapshot, Store};
use streams::SequenceNumber;
use streams::data_stream::DataStream;
use streams::data_stream::record::read;
use streams::reading::PAGE_SIZE_BYTES_MAX;
use streams::record::ChangeWriter;

impl Explain {
    /// What became of a record of a data stream: `stream` is the stream's name or ARN, `sequence_number` says which record,
    /// and `shard` where, if that is known.
    pub(super) async fn data_record(&self, caller: &Caller, question: &Value) -> Result<Value, ExplainError> {
        let name = question["stream"].as_str().unwrap_or_default();
        let arn = match name.starts_with("arn:") {
            true => name.to_owned(),
            false => format!("arn:aws:kinesis:{}:{}:stream/{name}", caller.region, caller.account),
        };
        let stream = self.database.data_streams().of_arn(&arn);
        let stream =
            stream.ok_or_else(|| ExplainError::question(format!("there is no data stream {name}")))?;
        let number = question["sequence_number"].as_str().and_then(SequenceNumber::parse);
        let number = number.ok_or_else(|| ExplainError::question("name a record by its sequence number"))?;
        let position =
            number.position().ok_or_else(|| ExplainError::question("that is no sequence number"))?;
        let mut answer = json!({ "stream": arn, "mappings": [] });
        let wanted = question["shard"].as_str();
        let Some((found, record_value)) = self.find_data(&stream, &arn, (position, wanted))? else {
            answer["why"] = json!("The stream has no record of this number, or no longer.");
            return Ok(answer);
        };
        answer["record"] = found.json.clone();
        let all = self.mappings.all();
        let of_stream: Vec<&Shown> = all.iter().filter(|shown| shown.mapping.source_arn == arn).collect();
        if of_stream.is_empty() {
            answer["why"] = json!("No event source mapping reads this stream, so no function was called.");
        }
        let refused = |filters: &Filters| super::find::clauses(&filters.refusals(&record_value)?);
        let mut told = Vec::new();
        for shown in of_stream {
            told.push(self.became(shown, &found, &refused).await?);
        }
        answer["mappings"] = Value::Array(told);
        Ok(answer)
    }

    /// The record at a position, and as filters see it.
    fn find_data(
        &self,
        stream: &DataStream,
        arn: &str,
        (position, wanted): (Position, Option<&str>),
    ) -> Result<Option<(Found, Value)>, ExplainError> {
        let snapshot = self.database.store().snapshot();
        let after = Position(position.0.saturating_sub(1));
        for shard in &stream.shards {
            let name = shard.number.to_string();
            if wanted.is_some_and(|wanted| wanted != name) || snapshot.log(shard.log).is_none() {
                continue;
            }
            let page = snapshot.log_read(shard.log, after, 1, PAGE_SIZE_BYTES_MAX);
            let page = page.map_err(ExplainError::failed)?;
            if let Some(log_record) = page.records.into_iter().find(|record| record.position == position) {
                return found(arn, name, log_record).map(Some);
            }
        }
        Ok(None)
    }
}

fn found(arn: &str, shard: String, log_record: LogRecord) -> Result<(Found, Value), ExplainError> {
    let region = arn.split(':').nth(3).unwrap_or_default();
    let mut changes = ChangeWriter::new(arn, region);
    let sequence = SequenceNumber::of(log_record.position);
    let (seen, key_hash, json) = {
        let record = read(&log_record, &mut changes).map_err(ExplainError::failed)?;
        let place = Place {
            stream_arn: arn,
            region,
            shard: &shard,
            sequence: &sequence.to_string(),
            time_ms: log_record.time_ms,
        };
        let json = json!({
            "sequence_number": sequence.to_string(),
            "shard": shard,
            "event": "RECORD",
            "time_ms": log_record.time_ms,
            "keys": { "partition_key": record.partition_key },
        });
        (value(place, &record.partition_key, &record.data), key_hash(record.partition_key.as_bytes()), json)
    };
    Ok((Found { shard, log_record, sequence: sequence.get(), key_hash, json }, seen))
}
