//! What one mapping did with one record.

use super::find::Found;
use super::mappings::{activity, attempt};
use super::{Explain, ExplainError};
use crate::history::{Known, Result as Attempted, Track};
use crate::pollers::Shown;
use crate::status::{ShardState, Status};
use filter::Filters;
use serde_json::{Value, json};

/// The most attempts that are told, and the most lines of the log of each.
const ATTEMPTS_MAX: usize = 20;
const LINES_MAX: usize = 200;

impl Explain {
    /// What a mapping did with a record.
    pub(super) async fn became(
        &self,
        shown: &Shown,
        found: &Found,
        refused_now: &(dyn Fn(&Filters) -> Option<Vec<String>> + Sync),
    ) -> Result<Value, ExplainError> {
        let mapping = &shown.mapping;
        let track = self.history.find(mapping.uuid.as_str());
        let status = match &track {
            Some(track) => track.status().await,
            None => None,
        };
        let mut answer = self.summary(shown);
        let filters = Filters::parse(mapping.configuration.filters.iter().map(String::as_str)).ok();
        let refused = track.as_ref().and_then(|track| track.refusal(found.sequence));
        let refused = refused.map(|refused| refused.clauses.to_vec());
        let attempts = match (&refused, &track) {
            (None, Some(track)) => tried(track, found),
            _ => Vec::new(),
        };
        let batches: Vec<u64> = self
            .discarded
            .list(Some(mapping.uuid.as_str()))
            .iter()
            .filter(|kept| {
                let number = |text: &str| text.parse::<u128>().ok();
                let range = number(&kept.batch.first).zip(number(&kept.batch.last));
                kept.batch.shard == found.shard
                    && range.is_some_and(|(first, last)| (first..=last).contains(&found.sequence))
            })
            .map(|kept| kept.id.0)
            .collect();
        let case = Case { shown, found, track: track.as_ref(), status: status.as_ref() };
        let (verdict, says) = match refused {
            Some(clauses) => ("refused", refusal(&clauses, &mapping.configuration.filters)),
            None => match case.done(&attempts, !batches.is_empty()).or_else(|| case.waits(&attempts)) {
                Some(told) => told,
                None => match filters.and_then(|filters| refused_now(&filters)) {
                    Some(clauses) => ("refused", refusal(&clauses, &mapping.configuration.filters)),
                    None => case.passed(),
                },
            },
        };
        answer["verdict"] = json!(verdict);
        answer["says"] = json!(says);
        answer["attempts_made"] = json!(attempts.len());
        let newest = attempts.iter().skip(attempts.len().saturating_sub(ATTEMPTS_MAX));
        answer["attempts"] = newest.map(|known| self.with_lines(shown, known, attempt(known))).collect();
        answer["discarded"] = json!(batches);
        Ok(answer)
    }

    /// An attempt, with what the function printed.
    pub(super) fn with_lines(&self, shown: &Shown, known: &Known, mut told: Value) -> Value {
        let Some(ended) = &known.ended else { return told };
        let (Some(request_id), Some(stream)) = (&ended.request_id, &ended.log_stream) else { return told };
        let group = self.invoke.log_group(&shown.mapping.function_arn);
        let group = group.unwrap_or_else(|| format!("/aws/lambda/{}", shown.mapping.function_name()));
        let of = (shown.mapping.account.as_str(), shown.mapping.region.as_str(), group.as_str());
        // A log that cannot be read is as none.
        let lines = self.logs.of_request(of, stream, request_id, LINES_MAX).unwrap_or_default();
        told["log"] =
            lines.iter().map(|line| json!({ "time_ms": line.time_ms, "message": line.message })).collect();
        told
    }
}

/// The attempts that had the record.
fn tried(track: &Track, found: &Found) -> Vec<Known> {
    track.attempts(|known| *known.attempt.shard == *found.shard && known.attempt.input.has(found.sequence))
}

/// Which clause of which filter refused it.
pub(super) fn refusal(clauses: &[String], filters: &[String]) -> String {
    let each = clauses.iter().enumerate().map(|(place, clause)| {
        let pattern = filters.get(place).map_or("one that it has no longer", String::as_str);
        match clause.as_str() {
            "" => format!("{pattern} (each field fits, but not in one element of an array)"),
            clause => format!("{pattern} (the field {clause})"),
        }
    });
    format!("Refused by its filters: {}.", each.collect::<Vec<_>>().join("; "))
}

/// What a verdict is made of.
struct Case<'a> {
    shown: &'a Shown,
    found: &'a Found,
    track: Option<&'a Track>,
    status: Option<&'a Status>,
}

type Told = Option<(&'static str, String)>;

impl Case<'_> {
    /// Whether the record is done: delivered, or given up.
    fn done(&self, attempts: &[Known], given_up: bool) -> Told {
        let last = attempts.last()?.ended.as_ref()?;
        let tries = match attempts.len() {
            1 => String::new(),
            count => format!(", at attempt {count}"),
        };
        match &last.result {
            Attempted::Done => Some(("delivered", format!("Delivered{tries}."))),
            Attempted::Partly { from, .. } if from.is_some_and(|from| self.found.sequence < from) => {
                Some(("delivered", format!("Delivered{tries}; later records of the batch failed.")))
            }
            _ if given_up => {
                let tries = match attempts.len() {
                    1 => "1 attempt".to_owned(),
                    count => format!("{count} attempts"),
                };
                Some(("discarded", format!("Given up after {tries}; its batch is kept.")))
            }
            _ => None,
        }
    }

    /// Why it is not done yet.
    fn waits(&self, attempts: &[Known]) -> Told {
        if !self.shown.mapping.configuration.enabled {
            let delivered_before = self.is_done();
            let text = "The mapping is disabled; it goes on where it stopped when it is enabled.";
            return (!delivered_before).then(|| ("disabled", text.to_owned()));
        }
        let state = &self.status?.shards.iter().find(|shard| *shard.shard == *self.found.shard)?.state;
        match state {
            ShardState::Finished => None,
            ShardState::Waits { parents, from } if *from <= self.found.sequence => {
                let text = match parents.as_slice() {
                    [] => "Its shard is yet to be begun.".to_owned(),
                    parents => {
                        format!("Its shard waits until the parent {} is finished.", parents.join(", "))
                    }
                };
                Some(("waiting", text))
            }
            ShardState::Waits { .. } => None,
            ShardState::Reads { read_to, lanes, .. } => {
                let count = lanes.len().max(1) as u64;
                let lane = usize::try_from(self.found.key_hash % count).unwrap_or(0);
                let lane = lanes.get(lane).filter(|lane| lane.done_to <= self.found.sequence)?;
                let doing = activity(lane, self.track);
                let ahead = match self.found.sequence >= *read_to {
                    true => "It waits behind earlier records of its shard. ",
                    false => "",
                };
                let verdict = if attempts.is_empty() { "waiting" } else { "failing" };
                Some((verdict, format!("{ahead}{doing}")))
            }
        }
    }

    /// Whether the mapping's position is behind the record.
    fn is_done(&self) -> bool {
        let Some(status) = self.status else { return false };
        let shard = status.shards.iter().find(|shard| *shard.shard == *self.found.shard);
        shard.is_some_and(|shard| match &shard.state {
            ShardState::Finished => true,
            ShardState::Waits { from, .. } => *from > self.found.sequence,
            ShardState::Reads { lanes, .. } => lanes.iter().all(|lane| lane.done_to > self.found.sequence),
        })
    }

    /// The mapping is behind the record, and nothing else is known.
    fn passed(&self) -> (&'static str, String) {
        if self.status.is_none() {
            return ("unknown", "The mapping does not run at this moment.".to_owned());
        }
        let Some(track) = self.track else {
            return ("unknown", "Nothing is known of what the mapping did.".to_owned());
        };
        if !self.is_done() {
            return ("waiting", "The mapping does not know the record's shard yet.".to_owned());
        }
        if track.has_forgotten() || self.found.log_record.time_ms < track.since_ms() {
            let text = "The mapping's position is after the record: it was delivered or given up before what is remembered, \
                        or the mapping began after it.";
            return ("passed", text.to_owned());
        }
        let text =
            "The mapping's position is after the record: it began behind it (StartingPosition LATEST).";
        ("passed", text.to_owned())
    }
}
