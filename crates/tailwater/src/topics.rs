//! Topics behind the front door: SNS by the credential scope, and the links that endpoints and people follow.

use crate::config::Config;
use crate::dynamodb::caller;
use crate::query_service::{NO_ID, call, is_call, response};
use bytes::Bytes;
use database::{Caller, Database};
use lambda::functions::WeakFunctions;
use lambda::invoke::{Invoke as _, InvokeError};
use server::{Admission, Answer, Head, Refusal, Request, Response, Service};
use services::queues::Queues;
use services::topics::{self, BODY_BYTES_MAX, TargetError, Topics};
use std::sync::Arc;

/// The service in the credential scope.
const SERVICE: &str = "sns";

/// The links in what is sent to subscribers, which nobody signs.
const LINKS: [&str; 2] = ["ConfirmSubscription", "Unsubscribe"];

/// The name of the space of the records.
const SPACE: &str = "topics";

/// Opens the topics. What was to be sent is sent from [`Topics::start`] on.
pub(crate) fn open(config: &Config, database: &Database, queues: Queues) -> anyhow::Result<Topics> {
    let host = match config.server.ports.first() {
        Some(port) if *port != 0 => format!("localhost:{port}").into(),
        _ => Caller::USUAL_HOST,
    };
    let options = topics::Options { shared: config.shared_tables, host };
    let space = database.service_space(SPACE)?;
    let environment = database.environment().clone();
    Ok(Topics::open(database.runner().clone(), space, options, Arc::new(queues), environment)?)
}

/// The service.
pub(crate) struct Sns {
    topics: Topics,
}

impl Sns {
    pub(crate) fn new(topics: Topics) -> Self {
        Self { topics }
    }
}

/// Whether a request follows a link.
fn is_link(head: &Head<'_>) -> bool {
    let action = head.query().split('&').find_map(|pair| pair.strip_prefix("Action="));
    action.is_some_and(|action| LINKS.contains(&action))
}

impl Service for Sns {
    fn accepts(&self, head: &Head<'_>) -> bool {
        let ours = match head.signed_for() {
            Some(service) => service == SERVICE,
            None => is_link(head),
        };
        ours && is_call(head)
    }

    fn admit(&self, head: &Head<'_>) -> Result<Admission, Response> {
        Ok(Admission { body_limit: BODY_BYTES_MAX, authentication: !is_link(head) })
    }

    fn call(&self, request: Request) -> Answer {
        let topics = self.topics.clone();
        Answer::later(async move {
            let signed = !request.identity.access_key.is_empty();
            response(topics.call(&call(&request, &caller(&request)), signed).await)
        })
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        let code = match refusal {
            Refusal::Overloaded => "Throttling",
            Refusal::Malformed => "MalformedQueryString",
            Refusal::Internal => "InternalError",
            Refusal::Unauthenticated(failure) => failure.code,
            Refusal::ForeignHost | Refusal::ForeignOrigin => "AuthorizationError",
            Refusal::TooLarge { .. } => "InvalidParameter",
            Refusal::TimedOut => "RequestTimeout",
        };
        response(topics::unreached(refusal.status(), code, &refusal.to_string(), NO_ID))
    }
}

/// Functions as subscribers: a message is a call that nobody waits for. Weak, because topics are destinations of functions.
pub(crate) struct Called(pub(crate) WeakFunctions);

impl topics::Functions for Called {
    fn call(&self, function_arn: &str, event: Bytes) -> topics::Given<'_> {
        let call = lambda::invoke::Call {
            function_arn: function_arn.to_owned(),
            payload: event,
            request_id: None,
            client_context: None,
            tail: false,
            mapping: None,
        };
        Box::pin(async move {
            let functions =
                self.0.upgrade().ok_or_else(|| TargetError::Failed("the server ends".to_owned()))?;
            functions.enqueue(call).await.map_err(failed)
        })
    }
}

fn failed(error: InvokeError) -> TargetError {
    let why = error.to_string();
    match error {
        InvokeError::NotFound(_) | InvokeError::TooLarge(_) => TargetError::Refused(why),
        InvokeError::Throttled { .. } | InvokeError::Failed(_) => TargetError::Failed(why),
    }
}
