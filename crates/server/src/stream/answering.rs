//! The life of a request whose body is not held.

use super::body::Promise;
use super::{Body, Outflow, StreamAnswer, StreamRequest, StreamService, Watched};
use crate::authentication::{Caller, Payload};
use crate::body::Arriving;
use crate::exchange::{Party, unless_panicked};
use crate::{Head, Refusal, RequestId, Response};
use hyper::http::request::Parts;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

/// What a request that is read in pieces may hold at a time.
const HELD_BYTES: usize = 512 << 10;

/// The length of a body without its framing.
const DECODED_LENGTH: &str = "x-amz-decoded-content-length";

/// The service's refusal of a request that is not let in at all, where there is a service for it.
pub(crate) fn refuse(party: &Party, parts: &Parts, id: RequestId, refusal: &Refusal) -> Option<Response> {
    let head = Head::new(parts);
    Some(party.shared.routes.find_stream(&head)?.refuse(&head, id, refusal))
}

/// Admits, authenticates and calls, in this order; the service reads. The body of the answer comes apart from its head
/// where it is in pieces.
pub(crate) async fn serve(
    party: &Arc<Party>,
    id: RequestId,
    parts: Parts,
    body: Arriving,
    service: &dyn StreamService,
) -> (Response, Option<Outflow>) {
    let shared = &*party.shared;
    let Some(mut place) = shared.budget.admit(0) else {
        body.drain(&shared.environment.clock);
        return (service.refuse(&Head::new(&parts), id, &Refusal::Overloaded), None);
    };
    let admitted = match admit(party, id, &parts, &body, service) {
        Ok(_) if !place.grow(HELD_BYTES) => Err(service.refuse(&Head::new(&parts), id, &Refusal::Overloaded)),
        admitted => admitted,
    };
    let (caller, promise) = match admitted {
        Ok(admitted) => admitted,
        Err(response) => {
            body.drain(&shared.environment.clock);
            return (response, None);
        }
    };
    let body = Body::new(body, promise, shared.environment.clock.clone(), &shared.limits);
    let Caller { identity, proven } = caller;
    let refused = parts.clone();
    let request = StreamRequest { parts, id, identity, proven, peer: party.peer, body };
    let Some(answer) = call(service, request).await else {
        tracing::error!(%id, "a service panicked while it answered a request");
        return (service.refuse(&Head::new(&refused), id, &Refusal::Internal), None);
    };
    watch(party, answer, || service.refuse(&Head::new(&refused), id, &Refusal::Overloaded))
}

/// An answer, of which the server knows as long as it is being sent, where there is a place for it.
pub(crate) fn watch(
    party: &Arc<Party>,
    answer: StreamAnswer,
    overloaded: impl FnOnce() -> Response,
) -> (Response, Option<Outflow>) {
    let StreamAnswer { response, outflow } = answer;
    match outflow {
        None => (response, None),
        Some(outflow) => match Watched::begin(party) {
            Some(watched) => (response, Some(outflow.watched(watched))),
            None => (overloaded(), None),
        },
    }
}

/// Whether a request is let in, by its head alone.
fn admit(
    party: &Party,
    id: RequestId,
    parts: &Parts,
    body: &Arriving,
    service: &dyn StreamService,
) -> Result<(Caller, Promise), Response> {
    let head = Head::new(parts);
    let admission = service.admit(&head, id)?;
    let refuse = |refusal| service.refuse(&head, id, &refusal);
    let streamed = party
        .shared
        .authentication
        .identify_streamed(parts, admission.authentication, service.resource(&head).as_deref())
        .map_err(|failure| refuse(Refusal::Unauthenticated(failure)))?;
    let declared = match streamed.payload {
        Payload::Chunked { .. } => head.header(DECODED_LENGTH).and_then(|length| length.parse().ok()),
        _ => body.declared().map(|bytes| bytes as u64),
    };
    let limit = admission.body_limit;
    if declared.is_some_and(|bytes| bytes > limit) {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        return Err(refuse(Refusal::TooLarge { limit }));
    }
    let promise = Promise { payload: streamed.payload, signer: streamed.signer, length: declared, limit };
    Ok((streamed.caller, promise))
}

/// Has the service answer; `None` where it panicked.
async fn call(service: &dyn StreamService, request: StreamRequest) -> Option<StreamAnswer> {
    let answer = panic::catch_unwind(AssertUnwindSafe(|| service.call(request))).ok()?;
    unless_panicked(answer).await
}
