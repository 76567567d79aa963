//! Mappings: what they are, where they stand, what they did last.

use super::{Explain, ExplainError};
use crate::history::{Input, Known, Result as Attempted, Track};
use crate::pollers::{Scope, Shown};
use crate::status::{Activity, LaneStatus, ShardState, ShardStatus};
use database::Caller;
use serde_json::{Value, json};
use streams::label;

/// How many of the newest attempts are told.
const ATTEMPTS_TOLD: usize = 10;

impl Explain {
    /// The caller's mappings, with where they stand.
    pub async fn list(&self, caller: &Caller) -> Value {
        let scope = Scope { account: &caller.account, region: &caller.region };
        let mut all = Vec::new();
        for shown in self.mappings.list(scope) {
            all.push(self.described(&shown).await);
        }
        json!({ "mappings": all })
    }

    /// One mapping, with its newest attempts.
    ///
    /// # Errors
    /// When there is no such one.
    pub async fn show(&self, caller: &Caller, question: &Value) -> Result<Value, ExplainError> {
        let shown = self.meant(caller, question)?;
        let mut answer = self.described(&shown).await;
        let figures = serde_json::to_value(shown.figures).unwrap_or_default();
        answer["figures"] = figures;
        answer["filters"] = json!(shown.mapping.configuration.filters);
        answer["reports_item_failures"] = json!(shown.mapping.configuration.reports_item_failures);
        let track = self.history.find(shown.mapping.uuid.as_str());
        let newest = track.map(|track| track.newest(ATTEMPTS_TOLD)).unwrap_or_default();
        answer["attempts"] = newest.iter().map(attempt).collect();
        Ok(answer)
    }

    /// What a mapping is.
    pub(super) fn summary(&self, shown: &Shown) -> Value {
        let mapping = &shown.mapping;
        json!({
            "uuid": mapping.uuid.as_str(),
            "function": mapping.function_name(),
            "function_arn": mapping.function_arn,
            "source": mapping.source_arn,
            "enabled": mapping.configuration.enabled,
            "batch_size": mapping.configuration.batch_size,
            "batching_window_s": mapping.configuration.batching_window_s,
            "last_result": &*shown.result,
            "discarded": self.discarded.list(Some(mapping.uuid.as_str())).len(),
        })
    }

    /// What a mapping is, where it stands, and what that means.
    pub(super) async fn described(&self, shown: &Shown) -> Value {
        let mut answer = self.summary(shown);
        let track = self.history.find(shown.mapping.uuid.as_str());
        let status = match &track {
            Some(track) => track.status().await,
            None => None,
        };
        let shards = status.as_ref().map(|status| &*status.shards).unwrap_or_default();
        let told = |shard: &ShardStatus| shard_json(shard, track.as_ref());
        answer["shards"] = shards.iter().map(told).collect();
        let says = if !shown.mapping.configuration.enabled {
            "Disabled; it goes on where it stopped when it is enabled.".to_owned()
        } else if status.is_none() {
            "It does not run at this moment.".to_owned()
        } else {
            overall(shards, track.as_ref(), &shown.result)
        };
        answer["says"] = json!(says);
        answer
    }
}

/// The sentence for a whole mapping: what is most in need of being known.
fn overall(shards: &[ShardStatus], track: Option<&Track>, result: &str) -> String {
    if shards.is_empty() {
        return match result.starts_with("PROBLEM") {
            true => format!("{result}."),
            false => "Its source has no shards that it knows of.".to_owned(),
        };
    }
    let lanes = shards.iter().filter_map(|shard| match &shard.state {
        ShardState::Reads { lanes, .. } => Some(lanes),
        _ => None,
    });
    let rank = |activity: Activity| match activity {
        Activity::BacksOff { .. } => 0,
        Activity::Runs => 1,
        Activity::Fills { .. } => 2,
        Activity::Idle => 3,
    };
    match lanes.flatten().min_by_key(|lane| rank(lane.activity)) {
        Some(lane) => activity(lane, track),
        None => "All of its shards are finished, or wait for their parents.".to_owned(),
    }
}

/// What a lane does, as a sentence.
pub(super) fn activity(lane: &LaneStatus, track: Option<&Track>) -> String {
    let time = |ms: u64| label::format(ms) + "Z";
    match lane.activity {
        Activity::Idle => "It has done all that there is, and waits for the next write.".to_owned(),
        Activity::Runs => "The function runs.".to_owned(),
        Activity::Fills { until_ms } => {
            let (records, wait) = match lane.records {
                1 => ("1 record".to_owned(), "waits"),
                records => (format!("{records} records"), "wait"),
            };
            format!("{records} {wait} for more, or until {}.", time(until_ms))
        }
        Activity::BacksOff { until_ms, failures, not_invoked } => {
            let error = track.and_then(last_error).map(|error| format!(": {error}")).unwrap_or_default();
            let why = match (failures, not_invoked) {
                (0 | 1, 0) => format!("The function failed{error}."),
                (_, 1) => format!("The function could not be called{error}."),
                (_, count) if count > 1 => {
                    format!("The function could not be called, {count} times in a row{error}.")
                }
                (count, _) => format!("The function failed {count} times on this batch{error}."),
            };
            format!("{why} It is tried again at {}.", time(until_ms))
        }
    }
}

/// The error of the newest attempt that has one.
fn last_error(track: &Track) -> Option<String> {
    track.newest(ATTEMPTS_TOLD).into_iter().find_map(|known| match known.ended?.result {
        Attempted::Failed(error) | Attempted::NotInvoked(error) => {
            Some(error.trim_end_matches('.').to_owned())
        }
        Attempted::Done | Attempted::Partly { .. } => None,
    })
}

/// An attempt.
pub(super) fn attempt(known: &Known) -> Value {
    let mut told = json!({
        "started_ms": known.started_ms,
        "number": known.number,
        "shard": &*known.attempt.shard,
        "lane": known.attempt.lane,
        "count": known.attempt.count,
        "outcome": "running",
    });
    if let Some((first, last)) = known.attempt.input.ends() {
        told["first"] = json!(first.to_string());
        told["last"] = json!(last.to_string());
    }
    if let Input::Messages(ids) = &known.attempt.input {
        told["messages"] = json!(ids);
    }
    let Some(ended) = &known.ended else { return told };
    told["duration_us"] = json!(ended.duration_us);
    told["request_id"] = json!(ended.request_id);
    told["log_stream"] = json!(ended.log_stream);
    let (outcome, error) = match &ended.result {
        Attempted::Done => ("done", None),
        Attempted::Partly { from, failed } => {
            let from = from.map(|from| format!(", from {from} on")).unwrap_or_default();
            ("partly", Some(format!("the function answered that {failed} failed{from}")))
        }
        Attempted::Failed(error) => ("failed", Some(error.clone())),
        Attempted::NotInvoked(error) => ("not called", Some(error.clone())),
    };
    told["outcome"] = json!(outcome);
    told["error"] = json!(error);
    told
}

fn shard_json(shard: &ShardStatus, track: Option<&Track>) -> Value {
    let mut told = json!({ "shard": &*shard.shard });
    match &shard.state {
        ShardState::Finished => told["state"] = json!("finished"),
        ShardState::Waits { parents, from } => {
            told["state"] = json!("waits");
            told["parents"] = parents.iter().map(|parent| Value::from(&**parent)).collect();
            told["position"] = json!(from.to_string());
        }
        ShardState::Reads { read_to, ended, lanes } => {
            told["state"] = json!(if *ended { "ends" } else { "reads" });
            told["read_to"] = json!(read_to.to_string());
            let position = lanes.iter().map(|lane| lane.done_to).min().unwrap_or(*read_to);
            told["position"] = json!(position.to_string());
            told["lanes"] = lanes
                .iter()
                .map(|lane| json!({ "records": lane.records, "says": activity(lane, track) }))
                .collect();
        }
    }
    told
}
