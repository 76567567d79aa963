//! Finding a record in a table's stream.

use super::{Explain, ExplainError};
use crate::filtering::stored;
use crate::pollers::key_hash;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use database::Database;
use database::table::{KeyAttribute, Table};
use filter::Filters;
use item::{KeyKind, Map, Number, Stored};
use serde_json::{Value, json};
use std::sync::Arc;
use store::{LogRecord, Position};
use streams::reading::{ReadError, Start};
use streams::record::{self, Form, RecordWriter};
use streams::{SequenceNumber, StreamDescriptor, label};

/// So many records are looked at, at most.
const LOOKED_AT_MAX: usize = 2_000_000;

/// Which record is wanted.
#[derive(Debug)]
pub(super) enum Wanted {
    /// The newest.
    Newest,
    /// The newest of the item with this key.
    Key(Stored),
    /// The one of this number.
    Number(SequenceNumber),
}

/// A record that was found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) shard: String,
    pub(super) log_record: LogRecord,
    pub(super) sequence: u128,
    pub(super) key_hash: u64,
    pub(super) json: Value,
}

/// What was found.
#[derive(Debug)]
pub(super) struct Search {
    pub(super) newest: Option<Found>,
    /// How many records were as wanted.
    pub(super) count: usize,
    /// What to say where there is none.
    pub(super) missing: String,
}

impl Explain {
    /// The stream of a table: the one that is on, or the last one that was.
    pub(super) fn stream_of(&self, table: &Table) -> Option<Arc<StreamDescriptor>> {
        let of_table = |stream: &Arc<StreamDescriptor>| {
            (&stream.account, &stream.region, &stream.table_name)
                == (&table.account, &table.region, &table.name)
        };
        let streams = self.database.streams().all().into_iter().filter(of_table);
        streams.max_by_key(|stream| stream.created_ms)
    }
}

impl Wanted {
    pub(super) fn read(table: &Table, question: &Value) -> Result<Self, ExplainError> {
        if let Some(number) = question["sequence_number"].as_str() {
            let parsed = SequenceNumber::parse(number);
            let wrong = || ExplainError::question(format!("{number} is no sequence number"));
            return parsed.map(Self::Number).ok_or_else(wrong);
        }
        if question["key"].is_null() {
            return Ok(Self::Newest);
        }
        let given = question["key"].as_object();
        let given = given.ok_or_else(|| ExplainError::question("a key is an object of attributes"))?;
        let mut key = Map::new();
        let all = || table.keys.partition.iter().chain(&table.keys.sort);
        for attribute in all() {
            let value = given.get(&*attribute.name).ok_or_else(|| {
                ExplainError::question(format!(
                    "the key of {} needs the attribute {}",
                    table.name, &*attribute.name
                ))
            })?;
            key.insert(attribute.name.clone(), key_value(attribute, value)?);
        }
        match given.keys().find(|name| !all().any(|attribute| *attribute.name == ***name)) {
            Some(name) => Err(ExplainError::question(format!("{name} is not in the key of {}", table.name))),
            None => Ok(Self::Key(Stored::encode(&key))),
        }
    }
}

/// A key attribute: `{"S": "a"}`, or the text alone.
fn key_value(attribute: &KeyAttribute, value: &Value) -> Result<item::Value, ExplainError> {
    let kind = match attribute.kind {
        KeyKind::S => "S",
        KeyKind::N => "N",
        KeyKind::B => "B",
    };
    let text = value.as_str().or_else(|| value[kind].as_str());
    let wrong = || ExplainError::question(format!("{} is not of the type {kind}: {value}", &*attribute.name));
    let text = text.ok_or_else(wrong)?;
    Ok(match attribute.kind {
        KeyKind::S => item::Value::S(text.to_owned()),
        KeyKind::N => item::Value::N(Number::parse(text).map_err(|_| wrong())?),
        KeyKind::B => item::Value::B(Bytes::from(STANDARD.decode(text).map_err(|_| wrong())?)),
    })
}

/// The newest record that is wanted. Reads the stream, so it takes time with it.
pub(super) fn newest(
    database: &Database,
    stream: &StreamDescriptor,
    wanted: &Wanted,
) -> Result<Search, ExplainError> {
    let mut search = Search { newest: None, count: 0, missing: String::new() };
    let mut newest: Option<(String, LogRecord)> = None;
    let mut left = LOOKED_AT_MAX;
    for shard in &stream.shards {
        let (streams, store) = (database.streams(), database.store());
        let start = match wanted {
            Wanted::Number(number) => {
                number.position().map(|position| Position(position.0.saturating_sub(1)))
            }
            _ => None,
        };
        let oldest = match streams.start(&**store, stream, shard.id, Start::TrimHorizon) {
            Ok(oldest) => oldest,
            Err(ReadError::UnknownShard) => continue,
            Err(error) => return Err(ExplainError::failed(error)),
        };
        let mut after = start.map_or(oldest, |start| start.max(oldest));
        while left > 0 {
            let page = match streams.page(&**store, stream, shard.id, (after, left.min(10_000))) {
                Ok(page) => page,
                // It expired while it was read.
                Err(ReadError::UnknownShard | ReadError::Trimmed) => break,
                Err(error) => return Err(ExplainError::failed(error)),
            };
            if page.records.is_empty() {
                break;
            }
            (after, left) = (page.next, left - page.records.len());
            for log_record in page.records {
                if !is_wanted(&log_record, wanted)? {
                    continue;
                }
                search.count += 1;
                if newest.as_ref().is_none_or(|(_, newest)| newest.position < log_record.position) {
                    newest = Some((shard.id.to_string(), log_record));
                }
            }
            if matches!(wanted, Wanted::Number(_)) {
                break;
            }
        }
    }
    match newest {
        Some((shard, log_record)) => search.newest = Some(found(stream, shard, log_record)?),
        None => search.missing = missing(stream, wanted, left == 0),
    }
    Ok(search)
}

fn is_wanted(log_record: &LogRecord, wanted: &Wanted) -> Result<bool, ExplainError> {
    Ok(match wanted {
        Wanted::Newest => true,
        Wanted::Number(number) => SequenceNumber::of(log_record.position) == *number,
        Wanted::Key(key) => {
            let record = record::decode(&log_record.bytes).map_err(ExplainError::failed)?;
            record.keys == key.as_bytes()
        }
    })
}

fn missing(stream: &StreamDescriptor, wanted: &Wanted, incomplete: bool) -> String {
    let since = label::format(stream.created_ms);
    let what = match wanted {
        Wanted::Newest => "no record",
        Wanted::Key(_) => "no record of an item with this key",
        Wanted::Number(_) => "no record of this number",
    };
    let end = match incomplete {
        true => format!(" among the {LOOKED_AT_MAX} that were looked at"),
        false => String::new(),
    };
    format!(
        "The stream has {what}{end}: it was not written since the stream was made ({since}Z), was written without a change, \
         or its record has expired."
    )
}

fn found(stream: &StreamDescriptor, shard: String, log_record: LogRecord) -> Result<Found, ExplainError> {
    let decoded = record::decode(&log_record.bytes).map_err(ExplainError::failed)?;
    let hash = key_hash(decoded.keys);
    let mut writer = RecordWriter::new(stream, &stream.region, Form::Event);
    let mut event = Vec::new();
    writer.write(&mut event, &log_record).map_err(ExplainError::failed)?;
    let event: Value = serde_json::from_slice(&event).map_err(ExplainError::failed)?;
    let sequence = SequenceNumber::of(log_record.position).get();
    let mut json = json!({
        "sequence_number": sequence.to_string(),
        "shard": shard,
        "event": event["eventName"],
        "time_ms": log_record.time_ms,
        "keys": event["dynamodb"]["Keys"],
    });
    for (member, image) in [("new", "NewImage"), ("old", "OldImage")] {
        if let Some(image) = event["dynamodb"].get(image) {
            json[member] = image.clone();
        }
    }
    Ok(Found { shard, log_record, sequence, key_hash: hash, json })
}

/// The clauses that refuse a record, by these filters; `None` where they let it through, or it cannot be told.
pub(super) fn refusals(filters: &Filters, stream: &StreamDescriptor, found: &Found) -> Option<Vec<String>> {
    let writer = RecordWriter::new(stream, &stream.region, Form::Event);
    let of = stored::Stream { arn: &stream.arn, region: &stream.region, writer: &writer };
    let fields = stored::Fields::of(&found.log_record, of).ok()?;
    let refusals = filters.refusals(fields.root())?;
    clauses(&refusals)
}

/// What each filter refused.
pub(super) fn clauses(refusals: &[filter::Refusal<'_>]) -> Option<Vec<String>> {
    let clause = |refusal: &filter::Refusal<'_>| match refusal {
        filter::Refusal::Field(path) => (*path).to_owned(),
        filter::Refusal::NotInOneElement => String::new(),
    };
    Some(refusals.iter().map(clause).collect())
}
