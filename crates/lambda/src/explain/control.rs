//! What is done to mappings by hand: their last attempts shown, why they are idle, paused and resumed, moved.

use super::mappings::attempt;
use super::{Explain, ExplainError};
use crate::configuration::{Fault, Request, Source, StartingPosition};
use crate::history::{Known, Track};
use crate::pollers::{Moved, OperationError, Scope, SeekTo, Shown, Update};
use crate::status::Status;
use database::Caller;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use streams::label;
use streams::positions::Positions;

/// How many attempts are told where nobody says, and at most.
const RUNS: usize = 20;
const RUNS_MAX: usize = 10_000;

/// How long is waited for calls under way where nobody says, and at most.
const PATIENCE_MS: u64 = 60_000;
const PATIENCE_MAX_MS: u64 = 900_000;

impl Explain {
    /// The last attempts of a mapping, oldest first: `count` of them.
    ///
    /// # Errors
    /// When there is no such mapping.
    pub fn runs(&self, caller: &Caller, question: &Value) -> Result<Value, ExplainError> {
        let shown = self.meant(caller, question)?;
        let count = match &question["count"] {
            Value::Null => RUNS,
            said => {
                let count = said.as_u64().and_then(|count| usize::try_from(count).ok());
                count.ok_or_else(|| ExplainError::question("count is a number"))?
            }
        };
        let track = self.history.find(shown.mapping.uuid.as_str());
        let mut newest = track.map(|track| track.newest(count.min(RUNS_MAX))).unwrap_or_default();
        newest.reverse();
        let told = |known: &Known| {
            let mut told = attempt(known);
            told["mapping"] = json!(shown.mapping.uuid.as_str());
            told["function"] = json!(shown.mapping.function_name());
            told
        };
        Ok(json!({ "runs": newest.iter().map(told).collect::<Vec<_>>() }))
    }

    /// What a mapping does, or why it does nothing: `show`, with `why`.
    ///
    /// # Errors
    /// When there is no such mapping.
    pub async fn explain_mapping(&self, caller: &Caller, question: &Value) -> Result<Value, ExplainError> {
        let shown = self.meant(caller, question)?;
        let mut answer = self.show(caller, question).await?;
        let track = self.history.find(shown.mapping.uuid.as_str());
        answer["why"] = json!(why(&shown, track.as_ref(), &answer));
        Ok(answer)
    }

    /// Enables or disables a mapping, and waits until it is so: where it is disabled, until no call is under way.
    ///
    /// # Errors
    /// When there is no such mapping, it cannot be changed, or its calls do not end in time.
    pub async fn switch(
        &self,
        caller: &Caller,
        question: &Value,
        enabled: bool,
    ) -> Result<Value, ExplainError> {
        let patience = patience(question)?;
        let mapping = self.meant(caller, question)?.mapping;
        let update =
            Update { request: Request { enabled: Some(enabled), ..Request::default() }, ..Update::default() };
        let (mappings, changed) = (self.mappings.clone(), Arc::clone(&mapping));
        // Whether or not anybody waits for the answer: what is stored is to be what runs.
        let updated = environment::settled(async move {
            let scope = Scope { account: &changed.account, region: &changed.region };
            mappings.update(scope, changed.uuid.as_str(), update).await
        });
        let (_, shown) = updated.await.map_err(refused)?;
        let track = self.history.track(mapping.uuid.as_str());
        let is_so = |status: &Status| status.enabled == enabled && (enabled || status.is_at_rest());
        let clock = &self.database.environment().clock;
        tokio::select! {
            biased;
            () = until(&track, is_so) => Ok(self.described(&shown).await),
            () = clock.sleep(patience) => Err(ExplainError::question(match enabled {
                true => "the mapping is enabled, and has not begun yet",
                false => "the mapping is disabled, and a call that began before is still under way",
            })),
        }
    }

    /// Moves a mapping: `to` is `start`, `latest`, a time, or positions, after which it goes on.
    ///
    /// # Errors
    /// When there is no such mapping, or it cannot be moved there.
    pub async fn seek(&self, caller: &Caller, question: &Value) -> Result<Value, ExplainError> {
        let patience = patience(question)?;
        let mapping = self.meant(caller, question)?.mapping;
        let to = seek_to(question["to"].as_str().unwrap_or_default())?;
        let scope = Scope { account: &mapping.account, region: &mapping.region };
        let moved = self.mappings.seek(scope, mapping.uuid.as_str(), to, patience).await.map_err(refused)?;
        let told = |moved: &Moved| {
            json!({
                "shard": moved.shard,
                "from": moved.from.to_string(),
                "to": moved.to.to_string(),
                "effect": match moved.to.cmp(&moved.from) {
                    std::cmp::Ordering::Less => "repeats",
                    std::cmp::Ordering::Equal => "stays",
                    std::cmp::Ordering::Greater => "skips",
                },
                "records": moved.count,
                "more": moved.is_more,
            })
        };
        Ok(json!({
            "mapping": mapping.uuid.as_str(),
            "function": mapping.function_name(),
            "enabled": mapping.configuration.enabled,
            "shards": moved.iter().map(told).collect::<Vec<_>>(),
        }))
    }
}

/// Ends when the mapping stands so.
async fn until(track: &Track, is_so: impl Fn(&Status) -> bool) {
    let watch = track.watch();
    loop {
        let mut moved = std::pin::pin!(watch.moved());
        // Enlisted before the look, so that what happens between the look and the wait is not missed.
        moved.as_mut().enable();
        if track.status().await.is_some_and(|status| is_so(&status)) {
            return;
        }
        moved.await;
    }
}

fn patience(question: &Value) -> Result<Duration, ExplainError> {
    let ms = match &question["timeout_ms"] {
        Value::Null => Some(PATIENCE_MS),
        said => said.as_u64().filter(|ms| *ms <= PATIENCE_MAX_MS),
    };
    ms.map(Duration::from_millis)
        .ok_or_else(|| ExplainError::question(format!("timeout_ms is a number of at most {PATIENCE_MAX_MS}")))
}

fn seek_to(text: &str) -> Result<SeekTo, ExplainError> {
    match text {
        "start" => Ok(SeekTo::Start),
        "latest" => Ok(SeekTo::Latest),
        text => match (label::parse(text), text.contains(':') && text.starts_with("shardId-")) {
            (Some(time_ms), _) => Ok(SeekTo::Time(time_ms)),
            (None, true) => {
                let positions = text.parse::<Positions>();
                positions.map(SeekTo::After).map_err(|error| ExplainError::question(error.to_string()))
            }
            (None, false) => Err(ExplainError::question(
                "say where to: start, latest, a time (2026-11-21T22:30:00Z), or positions (shardId:sequence)",
            )),
        },
    }
}

fn refused(error: OperationError) -> ExplainError {
    match error {
        OperationError::Fault(Fault::NotFound) => ExplainError::question("the mapping is not there any more"),
        OperationError::Fault(fault) => ExplainError::question(fault.to_string()),
        OperationError::Failed(error) => ExplainError::failed(error),
    }
}

/// What to know of a mapping that does nothing, beyond what it says itself.
fn why(shown: &Shown, track: Option<&Track>, answer: &Value) -> Vec<String> {
    let (mapping, figures) = (&shown.mapping, &shown.figures);
    let mut why = Vec::new();
    let (what, seen) = match mapping.configuration.source {
        Source::Queue { .. } => ("messages", "received"),
        _ => ("records", "read"),
    };
    if figures.polled_event_count == 0 {
        why.push(format!("It has {seen} no {what} since the server was started: none were written, or they were done before."));
        if let Some(stream) = mapping.configuration.stream.as_ref() {
            let position = match stream.starting_position {
                StartingPosition::TrimHorizon => "TRIM_HORIZON: it begins with the oldest records".to_owned(),
                StartingPosition::Latest => "LATEST: what was written before is not for it".to_owned(),
                StartingPosition::AtTimestamp(ms) => format!("AT_TIMESTAMP {}Z", label::format(ms)),
            };
            why.push(format!("It was made with the starting position {position}."));
        }
    } else if figures.filtered_out_event_count == figures.polled_event_count {
        why.push(format!(
            "Its filters refused all {} {what} that it has {seen}.",
            figures.polled_event_count
        ));
    } else if figures.filtered_out_event_count > 0 {
        why.push(format!(
            "Its filters refused {} of the {} {what} that it has {seen}.",
            figures.filtered_out_event_count, figures.polled_event_count
        ));
    }
    if let Some(known) = track.and_then(|track| track.newest(1).pop()) {
        let ended = if known.ended.is_some() { "began" } else { "has not ended; it began" };
        why.push(format!("Its last call {ended} at {}Z.", label::format(known.started_ms)));
    }
    match answer["discarded"].as_u64() {
        None | Some(0) => {}
        Some(1) => why.push("1 batch was given up, and is kept (tailwater mapping discarded).".to_owned()),
        Some(count) => {
            why.push(format!("{count} batches were given up, and are kept (tailwater mapping discarded)."));
        }
    }
    why
}
