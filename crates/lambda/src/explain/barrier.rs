//! Waiting until a mapping has passed positions of its stream, instead of sleeping: what `tailwater wait` does.
//!
//! A position is passed when every record of its shard up to it is done: the function was called with it and has answered
//! for it, or the filters refused it, or it was given up and is kept. That is what the mapping itself says, not what it has
//! stored of it. Nothing is asked for again and again: the mapping tells when it has got on.

use super::mappings::{activity, attempt};
use super::{Explain, ExplainError};
use crate::configuration::Source;
use crate::history::{Known, Result as Attempted, Track};
use crate::pollers::{Shown, StoredMapping};
use crate::status::{Activity, LaneStatus, ShardState, Status};
use database::Caller;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use store::{LogId, Snapshot, Store};
use streams::SequenceNumber;
use streams::positions::Positions;

/// How long is waited where nobody says, and at most.
const TIMEOUT_MS: u64 = 30_000;
const TIMEOUT_MAX_MS: u64 = 900_000;

/// What came of waiting.
#[derive(Clone, Debug, PartialEq)]
pub enum Waited {
    /// All positions are passed: which, and how.
    Passed(Value),
    /// They are not: `outcome` is `held` or `timeout`, `error` says why.
    NotPassed(Value),
}

/// A position that is waited for.
struct Target {
    shard: String,
    sequence: u128,
    /// The shards that come before, nearest first, where the mapping does not know the shard yet.
    parents: Vec<Arc<str>>,
}

/// How a mapping stands to what is waited for.
enum Standing {
    Passed,
    /// It gets there by itself: what it does meanwhile.
    Waits(String),
    /// Why it does not get there, in a word and as a sentence.
    Held(&'static str, String),
}

/// A mapping, as it is looked at.
struct Look<'a> {
    mapping: &'a StoredMapping,
    track: &'a Track,
    through_retries: bool,
}

impl Explain {
    /// Waits until a mapping has passed positions: `mapping` names it, `after` are the positions as
    /// `x-tailwater-sequence-number` gives them, without which it is all that was written by now; `timeout_ms` says for how
    /// long. While a batch at or before a position is to be tried again, that is the answer, unless `through_retries` is
    /// true. `closing` ends the wait.
    ///
    /// # Errors
    /// When the question is none, or about a mapping or positions that are not there.
    pub async fn wait(
        &self,
        caller: &Caller,
        question: &Value,
        closing: impl Future<Output = ()>,
    ) -> Result<Waited, ExplainError> {
        let timeout_ms = match &question["timeout_ms"] {
            Value::Null => TIMEOUT_MS,
            said => said.as_u64().filter(|ms| *ms <= TIMEOUT_MAX_MS).ok_or_else(|| {
                ExplainError::question(format!("timeout_ms is a number of at most {TIMEOUT_MAX_MS}"))
            })?,
        };
        let through_retries = question["through_retries"] == true;
        let mapping = self.meant(caller, question)?.mapping;
        let targets = self.targets(&mapping, &question["after"])?;
        let clock = &self.database.environment().clock;
        let begun = clock.machine();
        let track = self.history.track(mapping.uuid.as_str());
        let look = Look { mapping: &mapping, track: &track, through_retries };
        let mut last = String::from("Nothing is known of what it does.");
        let ended = tokio::select! {
            biased;
            ended = self.watch(&look, &targets, &mut last) => Some(ended),
            () = closing => Some(("stopping", "The server stops.".to_owned())),
            () = clock.sleep(Duration::from_millis(timeout_ms)) => None,
        };
        let ended = match ended {
            None => self.look_at_last(&look, &targets).await,
            ended => ended,
        };
        let positions = self.told(&look, &targets).await;
        let waited_ms = u64::try_from(clock.machine().saturating_sub(begun).as_millis()).unwrap_or(u64::MAX);
        let mut answer = json!({
            "mapping": mapping.uuid.as_str(),
            "function": mapping.function_name(),
            "source": mapping.source_arn,
            "positions": positions,
            "waited_ms": waited_ms,
        });
        let (outcome, reason, error) = match ended {
            Some(("passed", _)) => {
                answer["outcome"] = json!("passed");
                return Ok(Waited::Passed(answer));
            }
            Some((reason, error)) => ("held", reason, error),
            None => ("timeout", "timeout", format!("Not passed within {timeout_ms} ms. {last}")),
        };
        answer["outcome"] = json!(outcome);
        answer["reason"] = json!(reason);
        answer["error"] = json!(error);
        if reason == "failing" {
            answer["attempt"] = last_failure(&track).as_ref().map(attempt).unwrap_or_default();
        }
        Ok(Waited::NotPassed(answer))
    }

    /// Whether it is passed, or held, after all: no time is so short that there is no look.
    async fn look_at_last(&self, look: &Look<'_>, targets: &[Target]) -> Option<(&'static str, String)> {
        let status = look.track.status().await;
        match self.standing(look, status.as_ref(), targets) {
            Standing::Passed => Some(("passed", String::new())),
            Standing::Held(reason, error) => Some((reason, error)),
            Standing::Waits(_) => None,
        }
    }

    /// Each position, and how the mapping stands to it.
    async fn told(&self, look: &Look<'_>, targets: &[Target]) -> Vec<Value> {
        let status = look.track.status().await;
        let told = |target: &Target| {
            let mut told = json!({ "shard": target.shard, "sequence_number": target.sequence.to_string() });
            match standing(status.as_ref(), target, look) {
                Standing::Passed => told["how"] = json!(self.how(look, target)),
                Standing::Waits(says) | Standing::Held(_, says) => told["says"] = json!(says),
            }
            told
        };
        targets.iter().map(told).collect()
    }

    /// Looks whenever the mapping has got on, until it has passed or is held; `last` is what it did at the last look.
    async fn watch(&self, look: &Look<'_>, targets: &[Target], last: &mut String) -> (&'static str, String) {
        let watch = look.track.watch();
        loop {
            let mut moved = std::pin::pin!(watch.moved());
            // Enlisted before the look, so that what happens between the look and the wait is not missed.
            moved.as_mut().enable();
            let status = look.track.status().await;
            match self.standing(look, status.as_ref(), targets) {
                Standing::Passed => return ("passed", String::new()),
                Standing::Held(reason, error) => return (reason, error),
                Standing::Waits(says) => *last = says,
            }
            moved.await;
        }
    }

    /// How the mapping stands to all of it.
    fn standing(&self, look: &Look<'_>, status: Option<&Status>, targets: &[Target]) -> Standing {
        let all = self.mappings.all();
        let Some(shown) = all.into_iter().find(|shown| shown.mapping.uuid == look.mapping.uuid) else {
            return Standing::Held("deleted", "The mapping was deleted.".to_owned());
        };
        let mut waits = None;
        for target in targets {
            match standing(status, target, look) {
                Standing::Passed => {}
                Standing::Waits(says) => waits = waits.or(Some(says)),
                held => return held,
            }
        }
        let Some(says) = waits else { return Standing::Passed };
        held_as_a_whole(&shown, status).unwrap_or(Standing::Waits(says))
    }

    /// What is waited for.
    fn targets(&self, mapping: &StoredMapping, after: &Value) -> Result<Vec<Target>, ExplainError> {
        let arn = &mapping.source_arn;
        let gone = || ExplainError::question(format!("the stream {arn} is gone"));
        match mapping.configuration.source {
            Source::Queue { .. } => Err(ExplainError::question(
                "a mapping of a queue has no positions to wait for: tailwater explain --queue tells what became of a message",
            )),
            Source::DataStream if !after.is_null() => Err(ExplainError::question(
                "positions name shards of the stream of a table; without them it is waited for all that was written by now",
            )),
            Source::DataStream => {
                let stream = self.database.data_streams().of_arn(arn).ok_or_else(gone)?;
                let shard = |shard: &streams::data_stream::DataShard| {
                    let parents = shard.parents.iter().map(|parent| parent.to_string().into()).collect();
                    (shard.number.to_string(), shard.log, parents)
                };
                Ok(self.tails(stream.shards.iter().map(shard)))
            }
            Source::TableStream => {
                let stream = self.database.streams().get(arn).ok_or_else(gone)?;
                let shard = |shard: &streams::Shard| {
                    let parents = shard.parent.iter().map(|parent| parent.to_string().into()).collect();
                    (shard.id.to_string(), shard.log, parents)
                };
                match after {
                    Value::Null => Ok(self.tails(stream.shards.iter().map(shard))),
                    Value::String(text) => {
                        let positions = text.parse::<Positions>();
                        let positions =
                            positions.map_err(|error| ExplainError::question(error.to_string()))?;
                        self.named(&stream, &positions)
                    }
                    _ => {
                        Err(ExplainError::question("after is a text: shardId:sequence, separated by commas"))
                    }
                }
            }
        }
    }

    /// The ends of shards, those apart that never had a record.
    fn tails(&self, shards: impl Iterator<Item = (String, LogId, Vec<Arc<str>>)>) -> Vec<Target> {
        let snapshot = self.database.store().snapshot();
        let target = |(shard, log, parents)| {
            let state = snapshot.log(log).filter(|state| state.tail > state.start)?;
            Some(Target { shard, sequence: SequenceNumber::of(state.tail).get(), parents })
        };
        shards.filter_map(target).collect()
    }

    fn named(
        &self,
        stream: &streams::StreamDescriptor,
        positions: &Positions,
    ) -> Result<Vec<Target>, ExplainError> {
        let snapshot = self.database.store().snapshot();
        let target = |(id, number): (streams::ShardId, SequenceNumber)| {
            let known = stream.shard(id).and_then(|shard| Some((shard, snapshot.log(shard.log)?)));
            let (shard, state) = known.ok_or_else(|| {
                ExplainError::question(format!("the stream {} has no shard {id}, or no longer", stream.arn))
            })?;
            if number.position().is_none_or(|position| position > state.tail) {
                let text =
                    format!("{id}:{number} is after the end of the stream: nothing is written there yet");
                return Err(ExplainError::Question(text));
            }
            let parents = shard.parent.iter().map(|parent| parent.to_string().into()).collect();
            Ok(Target { shard: id.to_string(), sequence: number.get(), parents })
        };
        positions.iter().map(target).collect()
    }

    /// How a position was passed, as far as is known.
    fn how(&self, look: &Look<'_>, target: &Target) -> &'static str {
        if look.track.refusal(target.sequence).is_some() {
            return "filtered";
        }
        let had = look.track.attempts(|known| {
            *known.attempt.shard == *target.shard && known.attempt.input.has(target.sequence)
        });
        let last = had.last().and_then(|known| known.ended.as_ref()).map(|ended| &ended.result);
        if matches!(last, Some(Attempted::Done)) {
            return "delivered";
        }
        let number = |text: &str| text.parse::<u128>().ok();
        let given_up = self.discarded.list(Some(look.mapping.uuid.as_str())).iter().any(|kept| {
            let range = number(&kept.batch.first).zip(number(&kept.batch.last));
            kept.batch.shard == target.shard
                && range.is_some_and(|(first, last)| (first..=last).contains(&target.sequence))
        });
        match last {
            _ if given_up => "discarded",
            Some(Attempted::Partly { from, .. }) if from.is_some_and(|from| target.sequence < from) => {
                "delivered"
            }
            // It began after it, or what it did is no longer remembered.
            _ => "passed",
        }
    }
}

/// Why a mapping gets nowhere, whatever its shards say.
fn held_as_a_whole(shown: &Shown, status: Option<&Status>) -> Option<Standing> {
    if !shown.mapping.configuration.enabled {
        let text = "The mapping is disabled (tailwater mapping resume).";
        return Some(Standing::Held("disabled", text.to_owned()));
    }
    let is_empty = status.is_some_and(|status| status.shards.is_empty());
    let is_gone = is_empty && shown.result.starts_with("PROBLEM");
    is_gone.then(|| Standing::Held("gone", format!("{}.", shown.result)))
}

/// How a mapping stands to one position.
fn standing(status: Option<&Status>, target: &Target, look: &Look<'_>) -> Standing {
    let Some(status) = status else {
        return Standing::Waits("The mapping does not run at this moment.".to_owned());
    };
    let waits = |parents: &[Arc<str>], says: &str| match held_before(status, parents) {
        Some(lane) if !look.through_retries => Standing::Held(
            "failing",
            format!("An earlier shard is held. {}", activity(lane, Some(look.track))),
        ),
        _ => Standing::Waits(says.to_owned()),
    };
    match status.shard(&target.shard) {
        Some(ShardState::Waits { from, .. }) if *from > target.sequence => Standing::Passed,
        Some(ShardState::Waits { parents, .. }) => {
            waits(parents, "Its shard waits until those before it are finished.")
        }
        None => waits(&target.parents, "The mapping does not know the shard yet."),
        Some(ShardState::Reads { lanes, .. }) => {
            let behind = || lanes.iter().filter(|lane| lane.done_to <= target.sequence);
            let failing = behind().find(|lane| matches!(lane.activity, Activity::BacksOff { .. }));
            match (failing, behind().next()) {
                (Some(lane), _) if !look.through_retries => {
                    Standing::Held("failing", activity(lane, Some(look.track)))
                }
                (_, Some(lane)) => Standing::Waits(activity(lane, Some(look.track))),
                (_, None) => discarding(status, target),
            }
        }
        Some(ShardState::Finished) => discarding(status, target),
    }
}

/// What is given up has passed when it is kept, and sent where it was to go.
fn discarding(status: &Status, target: &Target) -> Standing {
    if status.discarding.iter().any(|shard| **shard == *target.shard) {
        return Standing::Waits("A batch that was given up is on its way to its destination.".to_owned());
    }
    Standing::Passed
}

/// A lane that is held, of these shards or any before them.
fn held_before<'a>(status: &'a Status, parents: &[Arc<str>]) -> Option<&'a LaneStatus> {
    let (mut open, mut seen) = (parents.to_vec(), BTreeSet::new());
    while let Some(name) = open.pop() {
        if !seen.insert(Arc::clone(&name)) {
            continue;
        }
        match status.shard(&name) {
            Some(ShardState::Waits { parents, .. }) => open.extend(parents.iter().cloned()),
            Some(ShardState::Reads { lanes, .. }) => {
                let held = lanes.iter().find(|lane| matches!(lane.activity, Activity::BacksOff { .. }));
                if held.is_some() {
                    return held;
                }
            }
            Some(ShardState::Finished) | None => {}
        }
    }
    None
}

/// The newest attempt that failed.
fn last_failure(track: &Track) -> Option<Known> {
    let failed = |known: &Known| {
        let ended = known.ended.as_ref().map(|ended| &ended.result);
        ended.is_some_and(|result| *result != Attempted::Done)
    };
    track.attempts(failed).pop()
}
