//! What the server's own endpoints ask of the database: the clock, and the shards of streams.
//!
//! Questions and answers are JSON, so that the front door and the command line need not know more.

use crate::control::detached;
use crate::meta::ServiceTime;
use crate::{Caller, Database};
use serde_json::{Value, json};
use std::sync::Arc;
use streams::descriptor::Until;
use streams::{SequenceNumber, Shard, ShardId, StreamDescriptor};
use wire::ApiError;

/// The end of the year 9999, in milliseconds since the epoch. Service time never goes back, so a clock that was
/// moved beyond what can be written would have no way home.
const TIME_MAX_MS: u64 = 253_402_300_799_999;

/// What can be done to service time.
enum Move {
    Ahead(u64),
    Freeze,
    Resume,
}

impl Move {
    fn read(question: &Value, now_ms: u64) -> Result<Self, ApiError> {
        let said = |name: &str| question.get(name).filter(|value| !value.is_null() && **value != false);
        let members = ["advance_ms", "now_ms", "freeze", "resume"].map(said);
        let ahead_ms = match members {
            [Some(by), None, None, None] => by.as_u64(),
            [None, Some(to), None, None] => match to.as_u64() {
                Some(to_ms) if to_ms < now_ms => {
                    let text =
                        format!("service time never goes back: it is {now_ms}, and {to_ms} is before that");
                    return Err(ApiError::validation(text));
                }
                to_ms => to_ms.map(|to_ms| to_ms - now_ms),
            },
            [None, None, Some(Value::Bool(true)), None] => return Ok(Self::Freeze),
            [None, None, None, Some(Value::Bool(true))] => return Ok(Self::Resume),
            _ => None,
        };
        let Some(ahead_ms) = ahead_ms else {
            return Err(ApiError::validation(
                r#"say one of {"advance_ms": n}, {"now_ms": n}, {"freeze": true} and {"resume": true}"#,
            ));
        };
        if now_ms.saturating_add(ahead_ms) > TIME_MAX_MS {
            return Err(ApiError::validation("service time ends with the year 9999"));
        }
        Ok(Self::Ahead(ahead_ms))
    }
}

impl Database {
    /// Service time as it is.
    #[must_use]
    pub fn clock(&self) -> Value {
        let clock = &self.environment.clock;
        let now_ms = clock.now_ms();
        json!({
            "now_ms": now_ms,
            "now": streams::label::format(now_ms) + "Z",
            "offset_ms": clock.offset_ms(),
            "frozen": clock.is_frozen(),
        })
    }

    /// Moves service time forward, by `advance_ms` or to `now_ms`, and answers when everything has happened that
    /// falls due by it; or with `freeze` lets it stand still, and with `resume` go on from there.
    ///
    /// # Errors
    /// When the question is something else, asks to go back, or the store fails.
    pub async fn move_clock(self: &Arc<Self>, question: &Value) -> Result<Value, ApiError> {
        let (database, question) = (Arc::clone(self), question.clone());
        detached(async move {
            let what = {
                // One move at a time: how far `now_ms` is ahead is known only when no other is under way.
                let _control = database.control.lock().await;
                let what = Move::read(&question, database.environment.clock.now_ms())?;
                database.do_move(&what).await?;
                what
            };
            if matches!(what, Move::Ahead(_)) {
                database.pass(true).await;
            }
            Ok(database.clock())
        })
        .await
    }

    /// Moves service time, so that no restart finds an earlier time than anything that was done by it.
    async fn do_move(&self, what: &Move) -> Result<(), ApiError> {
        let clock = &self.environment.clock;
        match *what {
            Move::Ahead(ahead_ms) => {
                let mut time = self.service_time();
                time.offset_ms = time.offset_ms.saturating_add_unsigned(ahead_ms);
                time.latest_ms = time.latest_ms.saturating_add(ahead_ms);
                self.write_time(time).await?;
                clock.advance(ahead_ms);
            }
            Move::Freeze => {
                let was_frozen = clock.is_frozen();
                clock.freeze();
                if let Err(error) = self.write_time(self.service_time()).await {
                    // Not stored, so not done.
                    if !was_frozen {
                        clock.resume();
                    }
                    return Err(error);
                }
            }
            Move::Resume => {
                self.write_time(ServiceTime { frozen: false, ..self.service_time() }).await?;
                clock.resume();
            }
        }
        Ok(())
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

    /// Trims records of a stream, or of the shard named by `shard_id`, as retention does: those `before` a sequence number
    /// or a time, or `all` that are there. Answers the shards, and how many of them lost records as `trimmed`.
    ///
    /// # Errors
    /// When there is no such stream or shard, or `before` is something else.
    pub async fn trim_shards(self: &Arc<Self>, caller: &Caller, question: &Value) -> Result<Value, ApiError> {
        let (stream, shard) = (self.stream_asked(caller, question)?, shard_asked(question)?);
        if let Some(id) = shard.filter(|id| stream.shard(*id).is_none()) {
            return Err(ApiError::resource_not_found(format!("the stream has no shard {id}")));
        }
        let until = until_asked(&question["before"])?;
        let database = Arc::clone(self);
        detached(async move {
            let (stream, trimmed) = database.trim(&stream.arn, shard, until).await?;
            let mut answer = listed(&stream, |_| true);
            answer["trimmed"] = json!(trimmed);
            Ok(answer)
        })
        .await
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

/// What is to be trimmed.
fn until_asked(before: &Value) -> Result<Until, ApiError> {
    let said = match before {
        Value::Null => Some(Until::Now),
        Value::String(text) if text == "all" => Some(Until::Now),
        // Sequence numbers have more digits than any time.
        Value::String(text)
            if text.len() == SequenceNumber::DIGITS && SequenceNumber::parse(text).is_some() =>
        {
            SequenceNumber::parse(text).filter(|number| number.position().is_some()).map(Until::Number)
        }
        Value::String(text) => streams::label::parse(text).map(Until::Time),
        _ => None,
    };
    said.ok_or_else(|| {
        ApiError::validation("before is a sequence number, a time such as 2026-11-21T22:30:00Z, or all")
    })
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
