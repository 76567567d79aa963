//! `/_tailwater/wait`: answers once a mapping has passed positions of its stream, or at once with what holds it.

use crate::dynamodb::{asked_for, refusal};
use crate::explain::{error, meant};
use ::lambda::explain::{Explain, Waited};
use server::{OwnEndpoint, Request, Response};
use std::sync::Arc;
use tokio::sync::watch;

/// The status where what was waited for has not come.
const NOT_PASSED: u16 = 409;

/// Those who wait, until the server stops.
#[derive(Clone, Debug)]
pub(crate) struct Waits {
    closing: Arc<watch::Sender<bool>>,
}

impl Waits {
    pub(crate) fn new() -> Self {
        Self { closing: Arc::new(watch::Sender::new(false)) }
    }

    /// Answers all who wait.
    pub(crate) fn end(&self) {
        self.closing.send_replace(true);
    }

    /// `/_tailwater/wait`
    pub(crate) fn endpoint(&self, explain: &Explain) -> OwnEndpoint {
        let (explain, closing) = (explain.clone(), Arc::clone(&self.closing));
        Arc::new(move |request: Request| {
            // It takes up a place, so no web page may ask for it without telling where from.
            if request.head().method() != "POST" {
                return refusal(405, "say POST to wait").into();
            }
            let (explain, mut closing) = (explain.clone(), closing.subscribe());
            asked_for(request, |caller, question| async move {
                let closed = async move {
                    // The sender lives as long as the endpoint does.
                    let _ = closing.wait_for(|closing| *closing).await;
                };
                match explain.wait(&meant(caller, &question), &question, closed).await.map_err(error)? {
                    Waited::Passed(answer) => Ok(Response::json(200, format!("{answer}\n"))),
                    Waited::NotPassed(answer) => Ok(Response::json(NOT_PASSED, format!("{answer}\n"))),
                }
            })
        })
    }
}
