//! What services of the query protocol have in common behind the front door: STS, IAM, CloudFormation and SNS.

use database::Caller;
use server::{ContentType, Head, Refusal, Request, Response};
use services::query::{Answer, Call};

/// The id in answers to requests that did not get one.
pub(crate) const NO_ID: &str = "00000000-0000-0000-0000-000000000000";

/// Whether a request has the form of a call: a form at the root, without a target.
pub(crate) fn is_call(head: &Head<'_>) -> bool {
    head.path() == "/" && head.target().is_none() && matches!(head.method().as_str(), "GET" | "POST")
}

/// What a request says, and who asks.
pub(crate) fn call<'a>(request: &'a Request, caller: &'a Caller) -> Call<'a> {
    let query = request.head().query().as_bytes();
    Call { caller, query, body: &request.body, request_id: request.id.as_str() }
}

/// The code of an error before the service is asked.
pub(crate) fn code(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Overloaded => "Throttling",
        Refusal::Malformed => "MalformedQueryString",
        Refusal::Internal => "InternalFailure",
        Refusal::Unauthenticated(failure) => failure.code,
        Refusal::ForeignHost | Refusal::ForeignOrigin => "AccessDenied",
        Refusal::TooLarge { .. } => "RequestEntityTooLarge",
        Refusal::TimedOut => "RequestTimeout",
    }
}

/// An answer as it goes out.
pub(crate) fn response(answer: Answer) -> Response {
    Response::new(answer.status, ContentType::Xml, answer.body)
}
