//! What the server's own endpoints ask of the database: the clock, and the shards of streams.
//!
//! Questions and answers are JSON, so that the front door and the command line need not know more.

use crate::control::detached;
use crate::{Caller, Database};
use serde_json::{Value, json};
use std::sync::Arc;
use streams::{Shard, ShardId, StreamDescriptor};
use wire::ApiError;

/// The end of the year 9999, in milliseconds since the epoch. Service time never goes back, so a clock that was
/// moved beyond what can be written would have no way home.
const TIME_MAX_MS: u64 = 253_402_300_799_999;

impl Database {
    /// Service time as it is.
    #[must_use]
    pub fn clock(&self) -> Value {
        let clock = &self.environment.clock;
        json!({ "now_ms": clock.now_ms(), "offset_ms": clock.offset_ms() })
    }

    /// Moves service time forward, by `advance_ms` or to `now_ms`, and answers when everything has happened that
    /// falls due by it.
    ///
    /// # Errors
    /// When the question is something else, asks to go back, or the store fails.
    pub async fn move_clock(self: &Arc<Self>, question: &Value) -> Result<Value, ApiError> {
        let now_ms = self.environment.clock.now_ms();
        let (by, to) = (question["advance_ms"].as_u64(), question["now_ms"].as_u64());
        let advance_ms = match (by, to) {
            (Some(by_ms), None) => by_ms,
            (None, Some(to_ms)) if to_ms >= now_ms => to_ms - now_ms,
            (None, Some(to_ms)) => {
                let text =
                    format!("service time never goes back: it is {now_ms}, and {to_ms} is before that");
                return Err(ApiError::validation(text));
            }
            _ => return Err(ApiError::validation(r#"say either {"advance_ms": n} or {"now_ms": n}"#)),
        };
        if now_ms.saturating_add(advance_ms) > TIME_MAX_MS {
            return Err(ApiError::validation("service time ends with the year 9999"));
        }
        let database = Arc::clone(self);
        detached(async move {
            {
                // Stored before anything happens by it, so that no restart finds an earlier time. One move at a time.
                let _control = database.control.lock().await;
                database.write_time(advance_ms).await?;
                database.environment.clock.advance(advance_ms);
            }
            database.pass(true).await;
            Ok(database.clock())
        })
        .await
    }

    /// The shards of a stream. The stream is named by `stream_arn`, or by its `table` and, where they are not the
    /// caller's, `account` and `region`. With `shard_id`, only that one.
    ///
    /// # Errors
    /// When there is no such stream or shard.
    pub fn list_shards(&self, caller: &Caller, question: &Value) -> Result<Value, ApiError> {
        let (stream, shard) = (self.stream_asked(caller, question)?, shard_asked(question)?);
        match shard {
            None => Ok(listed(&stream, |_| true)),
            Some(id) if stream.shards.iter().any(|shard| shard.id == id) => {
                Ok(listed(&stream, |shard| shard.id == id))
            }
            Some(id) => Err(ApiError::resource_not_found(format!("the stream has no shard {id}"))),
        }
    }

    /// Rolls over the open shards of a stream, or the one named by `shard_id`, and answers the shards.
    ///
    /// # Errors
    /// When there is no such stream or shard, or it is closed.
    pub async fn roll_shards(self: &Arc<Self>, caller: &Caller, question: &Value) -> Result<Value, ApiError> {
        let (stream, shard) = (self.stream_asked(caller, question)?, shard_asked(question)?);
        let database = Arc::clone(self);
        detached(async move { Ok(listed(&*database.roll(&stream.arn, shard).await?, |_| true)) }).await
    }

    /// Splits the open shards of a stream, or the one named by `shard_id`, and answers the shards.
    ///
    /// # Errors
    /// As for [`Database::roll_shards`].
    pub async fn split_shards(
        self: &Arc<Self>,
        caller: &Caller,
        question: &Value,
    ) -> Result<Value, ApiError> {
        let (stream, shard) = (self.stream_asked(caller, question)?, shard_asked(question)?);
        let database = Arc::clone(self);
        detached(async move { Ok(listed(&*database.split(&stream.arn, shard).await?, |_| true)) }).await
    }

    /// The stream that a question names.
    ///
    /// # Errors
    /// When there is none.
    pub fn stream_asked(&self, caller: &Caller, question: &Value) -> Result<Arc<StreamDescriptor>, ApiError> {
        let missing =
            |what: &str| ApiError::resource_not_found(format!("Requested resource not found: {what}"));
        if let Some(arn) = question["stream_arn"].as_str() {
            return self.streams.get(arn).ok_or_else(|| missing(&format!("Stream: {arn} not found")));
        }
        let Some(table) = question["table"].as_str() else {
            return Err(ApiError::validation(r#"name a stream: {"table": "NAME"} or {"stream_arn": "ARN"}"#));
        };
        let mut owner = caller.clone();
        if let Some(account) = question["account"].as_str() {
            owner.account = account.into();
        }
        if let Some(region) = question["region"].as_str() {
            owner.region = region.into();
        }
        let entry = self.catalog.entry(&owner, table)?;
        let latest = entry.descriptor.stream.as_ref();
        let stream = latest.and_then(|latest| self.streams.get(&latest.arn));
        stream.ok_or_else(|| missing(&format!("the table {table} has no stream")))
    }
}

fn shard_asked(question: &Value) -> Result<Option<ShardId>, ApiError> {
    let named = question["shard_id"].as_str().or_else(|| question["shard"].as_str());
    let parse =
        |id: &str| ShardId::parse(id).ok_or_else(|| ApiError::validation(format!("{id} is no shard id")));
    named.map(parse).transpose()
}

fn listed(stream: &StreamDescriptor, is_wanted: impl Fn(&&Shard) -> bool) -> Value {
    let shard = |shard: &Shard| {
        json!({
            "id": shard.id.to_string(),
            "parent": shard.parent.map(|parent| parent.to_string()),
            "state": if shard.is_open() { "open" } else { "closed" },
            "hashes": format!("{:032x}-{:032x}", shard.first, shard.last),
            "created": streams::label::format(shard.created_ms),
            "closed": shard.closed_ms.map(streams::label::format),
        })
    };
    json!({
        "stream": stream.arn,
        "status": stream.status.as_str(),
        "shards": stream.shards.iter().filter(&is_wanted).map(shard).collect::<Vec<_>>(),
    })
}
