//! Discarded batches: shown, and delivered after all.

use super::{Explain, ExplainError, batch_id};
use crate::discarded::{DiscardedError, Summary};
use crate::history::{Ended, Result as Attempted, error_text};
use crate::invoke::Call;
use database::Caller;
use serde_json::{Value, json};

impl Explain {
    /// The discarded batches of a mapping, or of all of the caller's.
    ///
    /// # Errors
    /// When there is no such mapping.
    pub fn discarded(&self, caller: &Caller, question: &Value) -> Result<Value, ExplainError> {
        let mapping = match question["mapping"].as_str() {
            Some(name) => Some(self.mapping_of_batches(caller, name, question)?),
            None => None,
        };
        let all = self.discarded.list(mapping.as_deref());
        Ok(json!({ "discarded": all.iter().map(told).collect::<Vec<_>>() }))
    }

    /// One discarded batch, with its event.
    ///
    /// # Errors
    /// When there is no such one.
    pub fn batch(&self, question: &Value) -> Result<Value, ExplainError> {
        let id = batch_id(question)?;
        let mut answer = told(&self.discarded.get(id).map_err(not_there)?);
        let event = self.discarded.event(id).map_err(not_there)?;
        answer["payload"] = serde_json::from_slice(&event).map_err(ExplainError::failed)?;
        Ok(answer)
    }

    /// Deletes a discarded batch.
    ///
    /// # Errors
    /// When there is no such one, or the store fails.
    pub async fn drop_batch(&self, question: &Value) -> Result<Value, ExplainError> {
        let id = batch_id(question)?;
        self.discarded.delete(id).await.map_err(not_there)?;
        Ok(json!({ "deleted": id }))
    }

    /// Calls the function with a discarded batch once more. Where it succeeds, the batch is kept no longer.
    ///
    /// # Errors
    /// When there is no such batch, or the store fails.
    pub async fn rerun(&self, question: &Value) -> Result<Value, ExplainError> {
        let id = batch_id(question)?;
        let kept = self.discarded.get(id).map_err(not_there)?;
        self.deliver(kept).await
    }

    /// Calls the function with each discarded batch of a mapping, oldest first; those that fail again stay.
    ///
    /// # Errors
    /// When there is no such mapping, or the store fails.
    pub async fn redrive(&self, caller: &Caller, question: &Value) -> Result<Value, ExplainError> {
        let name = question["mapping"].as_str().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| ExplainError::question("name a mapping: its UUID, or its function"))?;
        let mapping = self.mapping_of_batches(caller, name, question)?;
        let mut delivered = Vec::new();
        for kept in self.discarded.list(Some(&mapping)) {
            delivered.push(self.deliver(kept).await?);
        }
        Ok(json!({ "mapping": mapping, "batches": delivered }))
    }

    /// The UUID of the mapping whose batches are meant; it may be deleted by now.
    fn mapping_of_batches(
        &self,
        caller: &Caller,
        name: &str,
        question: &Value,
    ) -> Result<String, ExplainError> {
        match self.meant(caller, question) {
            Ok(shown) => Ok(shown.mapping.uuid.to_string()),
            Err(error) => {
                let all = self.discarded.list(None);
                let of = all.into_iter().map(|kept| kept.batch.mapping).find(|mapping| mapping == name);
                of.ok_or(error)
            }
        }
    }

    async fn deliver(&self, kept: Summary) -> Result<Value, ExplainError> {
        let payload = match self.discarded.event(kept.id) {
            Ok(payload) => payload,
            Err(error) => return Err(not_there(error)),
        };
        let call = Call {
            function_arn: kept.batch.function_arn.clone(),
            payload,
            request_id: None,
            client_context: None,
            tail: true,
            mapping: None,
        };
        let called = self.invoke.invoke(call).await;
        let ended = Ended::of(&called);
        let mut answer = told(&kept);
        answer["duration_us"] = json!(ended.duration_us);
        answer["request_id"] = json!(ended.request_id);
        let (mut log, mut error) = (None, None);
        if let Ok(reply) = &called {
            log = reply.log_tail.as_ref().map(|tail| String::from_utf8_lossy(tail).into_owned());
            if kept.batch.reports_item_failures && !reply.failed {
                error = failures(&reply.payload);
            }
        }
        if let Attempted::Failed(text) | Attempted::NotInvoked(text) = ended.result {
            error = Some(text);
        }
        answer["log"] = json!(log);
        answer["outcome"] = json!(if error.is_none() { "done" } else { "failed" });
        answer["error"] = json!(error);
        let stored = match error {
            None => self.discarded.delete(kept.id).await,
            Some(error) => self.discarded.failed_again(kept.id, &error).await,
        };
        match stored {
            // It expired, or somebody else delivered it, meanwhile.
            Ok(()) | Err(DiscardedError::NotFound(_)) => Ok(answer),
            Err(error) => Err(ExplainError::failed(error)),
        }
    }
}

/// What a function answers that reports failed records, if it reports any.
fn failures(payload: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(payload).ok()?;
    let failed = answer.get("batchItemFailures").filter(|failed| !failed.is_null())?;
    match failed.as_array() {
        Some(failed) if failed.is_empty() => None,
        Some(failed) => Some(format!("the function answered that {} of the records failed", failed.len())),
        None => Some(error_text(payload)),
    }
}

fn told(kept: &Summary) -> Value {
    // Texts and numbers are always JSON.
    serde_json::to_value(kept).unwrap_or_default()
}

fn not_there(error: DiscardedError) -> ExplainError {
    match error {
        DiscardedError::NotFound(_) => ExplainError::question(error.to_string()),
        other => ExplainError::failed(other),
    }
}
