//! STS behind the front door: what is signed for it.

use crate::dynamodb::caller;
use crate::query_service::{NO_ID, call, code, is_call, response};
use server::{Admission, Answer, Head, Refusal, Request, Response, Service};
use services::identity::{self, BODY_BYTES_MAX, Identity};

/// The service in the credential scope.
const SERVICE: &str = "sts";

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
        head.signed_for() == Some(SERVICE) && is_call(head)
    }

    fn admit(&self, _: &Head<'_>) -> Result<Admission, Response> {
        Ok(Admission { body_limit: BODY_BYTES_MAX, authentication: true })
    }

    fn call(&self, request: Request) -> Answer {
        response(self.identity.call(&call(&request, &caller(&request)))).into()
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        response(identity::unreached(refusal.status(), code(refusal), &refusal.to_string(), NO_ID))
    }
}
