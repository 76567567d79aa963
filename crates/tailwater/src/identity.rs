//! STS behind the front door: what is signed for it.

use crate::dynamodb::caller;
use server::{Admission, Answer, ContentType, Head, Refusal, Request, Response, Service};
use services::identity::{self, BODY_BYTES_MAX, Call, Identity};

/// The service in the credential scope.
const SERVICE: &str = "sts";

/// The id in answers to requests that did not get one.
pub(crate) const NO_ID: &str = "00000000-0000-0000-0000-000000000000";

/// The service.
pub(crate) struct Sts {
    identity: Identity,
}

impl Sts {
    pub(crate) fn new(identity: Identity) -> Self {
        Self { identity }
    }
}

impl Service for Sts {
    fn accepts(&self, head: &Head<'_>) -> bool {
        head.signed_for() == Some(SERVICE)
            && head.path() == "/"
            && head.target().is_none()
            && matches!(head.method().as_str(), "GET" | "POST")
    }

    fn admit(&self, _: &Head<'_>) -> Result<Admission, Response> {
        Ok(Admission { body_limit: BODY_BYTES_MAX, authentication: true })
    }

    fn call(&self, request: Request) -> Answer {
        let (caller, head) = (caller(&request), request.head());
        let call = Call {
            caller: &caller,
            query: head.query().as_bytes(),
            body: &request.body,
            request_id: request.id.as_str(),
        };
        response(self.identity.call(&call)).into()
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        response(identity::unreached(refusal.status(), code(refusal), &refusal.to_string(), NO_ID))
    }
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

fn response(answer: identity::Answer) -> Response {
    Response::new(answer.status, ContentType::Xml, answer.body)
}
