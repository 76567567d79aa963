//! SQS behind the front door: requests to the service, in either of its protocols, and its answers back.

use crate::dynamodb::caller;
use hyper::header::{HeaderName, HeaderValue};
use server::{Admission, ContentType, Head, Refusal, Request, Response, Service};
use services::queues::Queues;
use services::queues::api::{Answer, BODY_BYTES_MAX, Protocol, TARGET, turned_away};

/// Where an answer in JSON says what its error is called in the query protocol.
static QUERY_ERROR: HeaderName = HeaderName::from_static("x-amzn-query-error");

/// The service.
pub(crate) struct Sqs {
    queues: Queues,
    /// Whether a form that is sent to a queue need not be signed: where nobody must prove who they are.
    takes_unsigned: bool,
}

impl Sqs {
    pub(crate) fn new(queues: Queues, takes_unsigned: bool) -> Self {
        Self { queues, takes_unsigned }
    }
}

impl Service for Sqs {
    fn accepts(&self, head: &Head<'_>) -> bool {
        match head.target() {
            Some(target) => head.method() == "POST" && target.starts_with(TARGET),
            None => is_query(head),
        }
    }

    fn admit(&self, head: &Head<'_>) -> Result<Admission, Response> {
        let is_unsigned = head.target().is_none() && head.signed_for().is_none();
        let authentication = !(is_unsigned && self.takes_unsigned);
        Ok(Admission { body_limit: BODY_BYTES_MAX, authentication })
    }

    fn call(&self, request: Request) -> server::Answer {
        let queues = self.queues.clone();
        server::Answer::later(async move {
            let caller = caller(&request);
            let head = request.head();
            let operation = head.target().and_then(|target| target.strip_prefix(TARGET));
            let answer = match operation {
                Some(operation) => queues.call_json(operation, &caller, &request.body).await,
                None => {
                    let (path, query, id) = (head.path(), head.query(), request.id.to_string());
                    queues.call_query(&caller, (path, query), &request.body, &id).await
                }
            };
            response(answer)
        })
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        let code = match refusal {
            Refusal::Overloaded => "RequestThrottled",
            Refusal::Malformed => "SerializationException",
            Refusal::Internal => "InternalFailure",
            Refusal::Unauthenticated(failure) => failure.code,
            Refusal::ForeignHost | Refusal::ForeignOrigin => "AccessDeniedException",
            Refusal::TooLarge { .. } | Refusal::TimedOut => "InvalidParameterValueException",
        };
        // What the request was is not known here; the SDKs of today all speak JSON.
        response(turned_away(Protocol::Json, refusal.status(), (code, &refusal.to_string())))
    }
}

/// Whether a request without a target is for SQS: it is signed for it, or it is a form that is sent to a queue. An unsigned GET
/// is not: any web page can have a browser send one.
fn is_query(head: &Head<'_>) -> bool {
    match head.signed_for() {
        Some(service) => service == "sqs",
        None => {
            let is_form = head.header("content-type").is_some_and(|kind| {
                kind.trim_start().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
            });
            let names_action = head.query().split('&').any(|part| part.starts_with("Action="));
            head.method() == "POST" && is_queue_path(head.path()) && (is_form || names_action)
        }
    }
}

/// Whether a path ends in an account and a name, as those of queues do.
fn is_queue_path(path: &str) -> bool {
    let mut segments = path.trim_end_matches('/').rsplit('/');
    let (name, account) = (segments.next(), segments.next());
    let is_account = account
        .is_some_and(|account| account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()));
    is_account && name.is_some_and(|name| !name.is_empty())
}

fn response(answer: Answer) -> Response {
    let response = Response::new(answer.status, ContentType::Other(answer.content_type), answer.body);
    match answer.query_error.map(HeaderValue::try_from) {
        Some(Ok(value)) => response.with(QUERY_ERROR.clone(), value),
        _ => response,
    }
}
