//! `/_tailwater/mappings` and `/_tailwater/explain`: what mappings do, what became of a record, and batches that were
//! given up.

use crate::dynamodb::{asked, refusal};
use ::lambda::explain::{Explain, ExplainError};
use compact_str::CompactString;
use database::Caller;
use serde_json::Value;
use server::{OwnEndpoint, Request};
use std::sync::Arc;
use wire::ApiError;

/// The last parts of paths at which something is only shown.
const SHOWN: [&str; 7] = ["mappings", "list", "show", "runs", "explain", "discarded", "batch"];

/// `/_tailwater/mappings`
pub(crate) fn mappings(explain: &Explain) -> OwnEndpoint {
    let explain = explain.clone();
    Arc::new(move |request: Request| {
        let explain = explain.clone();
        let verb = request.path().rsplit('/').next().unwrap_or_default().to_owned();
        // What changes something is not asked for by GET, which any web page may send without telling where from.
        if request.head().method() != "POST" && !SHOWN.contains(&verb.as_str()) {
            return refusal(405, "say POST to change something").into();
        }
        asked(request, |caller, question| async move {
            let caller = meant(caller, &question);
            let answer = match verb.as_str() {
                "mappings" | "list" => Ok(explain.list(&caller).await),
                "show" => explain.show(&caller, &question).await,
                "runs" => explain.runs(&caller, &question),
                "explain" => explain.explain_mapping(&caller, &question).await,
                "pause" => explain.switch(&caller, &question, false).await,
                "resume" => explain.switch(&caller, &question, true).await,
                "seek" => explain.seek(&caller, &question).await,
                "discarded" => explain.discarded(&caller, &question),
                "batch" => explain.batch(&question),
                "rerun" => explain.rerun(&question).await,
                "redrive" => explain.redrive(&caller, &question).await,
                "delete" => explain.drop_batch(&question).await,
                other => Err(ExplainError::Question(format!(
                    "there is nothing like {other} of mappings: list, show, runs, explain, pause, resume, seek, \
                     discarded, batch, rerun, redrive, delete"
                ))),
            };
            answer.map_err(error)
        })
    })
}

/// `/_tailwater/explain`
pub(crate) fn endpoint(explain: &Explain) -> OwnEndpoint {
    let explain = explain.clone();
    Arc::new(move |request: Request| {
        let explain = explain.clone();
        asked(request, |caller, question| async move {
            explain.explain(&meant(caller, &question), &question).await.map_err(error)
        })
    })
}

/// The caller, or whom the question names instead.
pub(crate) fn meant(mut caller: Caller, question: &Value) -> Caller {
    if let Some(account) = question["account"].as_str() {
        caller.account = CompactString::from(account);
    }
    if let Some(region) = question["region"].as_str() {
        caller.region = CompactString::from(region);
    }
    caller
}

pub(crate) fn error(error: ExplainError) -> ApiError {
    match error {
        ExplainError::Question(text) => ApiError::validation(text),
        ExplainError::Failed(text) => ApiError::internal_server_error(text),
    }
}
