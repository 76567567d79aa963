//! What became of a message of a queue.

use super::mappings::attempt;
use super::verdict::refusal;
use super::{Explain, ExplainError};
use crate::history::{Known, Result as Attempted, message_number};
use crate::pollers::Shown;
use database::Caller;
use serde_json::{Value, json};

/// The most attempts that are told.
const ATTEMPTS_MAX: usize = 20;

impl Explain {
    /// What became of a message: `queue` is the name or the ARN of its queue, `message_id` its id.
    pub(super) async fn message(&self, caller: &Caller, question: &Value) -> Result<Value, ExplainError> {
        let queue = question["queue"].as_str().unwrap_or_default();
        let id = question["message_id"].as_str().filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| ExplainError::question("name a message by its id"))?;
        let arn = match queue.starts_with("arn:") {
            true => queue.to_owned(),
            false => format!("arn:aws:sqs:{}:{}:{queue}", caller.region, caller.account),
        };
        let all = self.mappings.all();
        let told: Vec<Value> = all
            .iter()
            .filter(|shown| shown.mapping.source_arn == arn)
            .map(|shown| self.did_with_message(shown, id))
            .collect();
        let mut answer = json!({ "queue": arn, "message_id": id });
        if told.is_empty() {
            answer["why"] = json!("No event source mapping reads this queue, so no function was called.");
        }
        answer["mappings"] = Value::Array(told);
        Ok(answer)
    }

    fn did_with_message(&self, shown: &Shown, id: &str) -> Value {
        let mapping = &shown.mapping;
        let track = self.history.find(mapping.uuid.as_str());
        let attempts =
            track.as_ref().map(|track| track.attempts(|known| known.attempt.input.has_message(id)));
        let attempts = attempts.unwrap_or_default();
        let refused = track.as_ref().and_then(|track| track.refusal(message_number(id)));
        let (verdict, says) = match refused {
            Some(refused) => {
                let why = refusal(&refused.clauses, &mapping.configuration.filters);
                ("refused", format!("{why} It was deleted from the queue."))
            }
            None => became(&attempts, mapping.configuration.enabled),
        };
        let mut answer = self.summary(shown);
        answer["verdict"] = json!(verdict);
        answer["says"] = json!(says);
        answer["attempts_made"] = json!(attempts.len());
        let newest = attempts.iter().skip(attempts.len().saturating_sub(ATTEMPTS_MAX));
        let told = |known: &Known| {
            let mut told = attempt(known);
            // Which other messages were in its batch is not asked.
            told["messages"] = json!([id]);
            self.with_lines(shown, known, told)
        };
        answer["attempts"] = newest.map(told).collect();
        answer["discarded"] = json!([]);
        answer
    }
}

/// What the last attempt says of the message.
fn became(attempts: &[Known], enabled: bool) -> (&'static str, String) {
    let again = "It is received again when its visibility timeout is over, until the queue's maxReceiveCount moves it to the \
                 dead-letter queue.";
    let Some(last) = attempts.last() else {
        return match enabled {
            false => ("disabled", "The mapping is disabled; messages wait in the queue.".to_owned()),
            true => (
                "unknown",
                "The mapping has not received it, as far as is remembered: it waits in the queue, or another reader had it."
                    .to_owned(),
            ),
        };
    };
    match last.ended.as_ref().map(|ended| &ended.result) {
        None => ("waiting", "The function runs.".to_owned()),
        Some(Attempted::Done) => {
            ("delivered", format!("Delivered at attempt {}, and deleted from the queue.", attempts.len()))
        }
        Some(Attempted::Partly { failed, .. }) if *failed < last.attempt.count => (
            "partly",
            format!(
                "The function failed {failed} of the {} messages of its batch. One that failed: {again}",
                last.attempt.count
            ),
        ),
        Some(Attempted::Partly { .. }) => {
            ("failing", format!("The function answered that it failed. {again}"))
        }
        Some(Attempted::Failed(error)) => ("failing", format!("The function failed: {error}. {again}")),
        Some(Attempted::NotInvoked(error)) => {
            ("failing", format!("The function could not be called: {error}. The message is kept meanwhile."))
        }
    }
}
