//! CloudWatch behind the front door, by target, by path or by the credential scope.

use server::header::{HeaderName, HeaderValue};
use server::{Admission, Answer, ContentType, Head, Refusal, Request, Response, Service};
use services::metrics::{self, BODY_BYTES_MAX, Call, Protocol, TARGET};

/// The service in the credential scope.
const SERVICE: &str = "monitoring";

const QUERY_ERROR: HeaderName = HeaderName::from_static("x-amzn-query-error");
const SMITHY_PROTOCOL: HeaderName = HeaderName::from_static("smithy-protocol");

/// The service.
pub(crate) struct CloudWatch;

/// How a request is said, and the operation where its head tells that; `None` where it is not CloudWatch's.
fn read<'a>(head: &Head<'a>) -> Option<(Protocol, &'a str)> {
    if let Some(rest) = head.path().strip_prefix("/service/") {
        let operation = rest.strip_prefix(TARGET)?.strip_prefix("/operation/")?;
        return Some((Protocol::Cbor, operation));
    }
    if head.path() != "/" {
        return None;
    }
    match head.target() {
        Some(target) => Some((Protocol::Json, target.strip_prefix(TARGET)?.strip_prefix('.')?)),
        None => (head.signed_for() == Some(SERVICE)).then_some((Protocol::Query, "")),
    }
}

impl Service for CloudWatch {
    fn accepts(&self, head: &Head<'_>) -> bool {
        read(head).is_some()
    }

    fn admit(&self, _: &Head<'_>) -> Result<Admission, Response> {
        Ok(Admission { body_limit: BODY_BYTES_MAX, authentication: true })
    }

    fn call(&self, request: Request) -> Answer {
        let head = request.head();
        let (protocol, operation) = read(&head).unwrap_or((Protocol::Query, ""));
        let (query, body) = (head.query().as_bytes(), &request.body[..]);
        let call = Call { protocol, operation, query, body, request_id: request.id.as_str() };
        response(protocol, metrics::call(&call)).into()
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        let code = match refusal {
            Refusal::Overloaded => "Throttling",
            Refusal::Malformed => "MalformedInput",
            Refusal::Internal => "InternalServiceError",
            Refusal::Unauthenticated(failure) => failure.code,
            Refusal::ForeignHost | Refusal::ForeignOrigin => "AccessDenied",
            Refusal::TooLarge { .. } => "RequestEntityTooLarge",
            Refusal::TimedOut => "RequestTimeout",
        };
        // It is not known here how the request was said; this is what the SDKs of most languages speak.
        let answer = metrics::unreached(Protocol::Json, refusal.status(), code, &refusal.to_string());
        response(Protocol::Json, answer)
    }
}

fn response(protocol: Protocol, answer: metrics::Answer) -> Response {
    let mut response = Response::new(answer.status, ContentType::Other(answer.content_type), answer.body);
    if protocol == Protocol::Cbor {
        response = response.with(SMITHY_PROTOCOL, HeaderValue::from_static("rpc-v2-cbor"));
    }
    match answer.query_error.map(HeaderValue::try_from) {
        Some(Ok(error)) => response.with(QUERY_ERROR, error),
        _ => response,
    }
}
