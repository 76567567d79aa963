//! The life of one request.

use crate::authentication::{Authentication, Caller, Memory};
use crate::body::{self, Arriving, Bounds};
use crate::budget::{Budget, Place};
use crate::finish::{self, Finish, Finished};
use crate::headers::Headers;
use crate::origin::{Doors, LastHost, Origin};
use crate::request_id::RequestIds;
use crate::stream::{self, Outflow, StreamService};
use crate::{
    Admission, Answer, ContentType, Head, Limits, Refusal, Request, RequestId, Response, Routes, Service,
    encoding,
};
use bytes::Bytes;
use environment::Environment;
use hyper::Method;
use hyper::body::Incoming;
use hyper::header::ACCEPT_ENCODING;
use hyper::http::request::Parts;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

/// What all exchanges of a server share.
pub(crate) struct Shared {
    pub(crate) environment: Environment,
    pub(crate) routes: Routes,
    pub(crate) doors: Doors,
    pub(crate) authentication: Authentication,
    pub(crate) budget: Budget,
    pub(crate) limits: Limits,
    pub(crate) greeting: Bytes,
}

/// What all exchanges of a connection share.
pub(crate) struct Party {
    pub(crate) shared: Arc<Shared>,
    pub(crate) peer: SocketAddr,
    pub(crate) ids: RequestIds,
    pub(crate) memory: Memory,
    pub(crate) host: LastHost,
}

/// Answers one request.
pub(crate) async fn exchange(party: Arc<Party>, request: hyper::Request<Incoming>) -> Finished {
    let (parts, incoming) = request.into_parts();
    let front = Front { party: &party, parts: &parts, headers: Headers::of(&parts.headers) };
    let body = Arriving::new(incoming, front.headers.expect.first.is_some());
    let doors = &party.shared.doors;
    let origin = doors.origin(&parts, &front.headers);
    let coding = encoding::wanted(front.headers.accept_encoding.all(ACCEPT_ENCODING, &parts.headers));
    let id = party.ids.next();
    let foreign = origin == Origin::Foreign;
    let origin = match origin {
        Origin::Allowed(origin) => Some(origin),
        Origin::Absent | Origin::Foreign => None,
    };
    let finish = Finish { id, origin, coding };
    let admitted = if foreign {
        Err(front.reject(body, id, Refusal::ForeignOrigin))
    } else if !doors.answers_for(&parts, &front.headers, &party.host) {
        Err(front.reject(body, id, Refusal::ForeignHost))
    } else if parts.method == Method::OPTIONS && finish.origin.is_some() {
        Err(finish::preflight(&parts.headers))
    } else {
        front.admit(body).await
    };
    let (response, outflow) = match admitted {
        Ok(Admitted::Whole { service, caller: Caller { identity, proven }, body, _place }) => {
            let request = Request { parts, id, identity, proven, peer: party.peer, body };
            call(&party, service, request).await
        }
        // Boxed, so that the future of a small request is not as large as this one.
        Ok(Admitted::InPieces { service, body }) => {
            Box::pin(stream::serve(&party, id, parts, body, service)).await
        }
        Err(response) => (response, None),
    };
    tracing::debug!(%id, peer = %party.peer, status = response.status, "answered");
    match outflow {
        None => finish.finish(response),
        Some(outflow) => finish.finish_stream(response, outflow),
    }
}

/// What is known of a request before its body is read.
struct Front<'p, 'r> {
    party: &'p Party,
    parts: &'r Parts,
    headers: Headers<'r>,
}

/// A request that is let through to its service.
enum Admitted<'p> {
    /// With its body, read and unpacked.
    Whole {
        service: &'p dyn Service,
        caller: Caller,
        body: Bytes,
        /// Held until the answer is there.
        _place: Place<'p>,
    },
    /// With a body that is the service's own to read.
    InPieces { service: &'p dyn StreamService, body: Arriving },
}

impl<'p> Front<'p, '_> {
    fn head(&self) -> Head<'_> {
        Head::with_target(self.parts, self.headers.target.first)
    }

    /// Refuses a request that is not let in at all, in the words of the service it was meant for.
    fn reject(&self, body: Arriving, id: RequestId, refusal: Refusal) -> Response {
        let shared = &self.party.shared;
        body.drain(&shared.environment.clock);
        match shared.routes.find(&self.head()) {
            Some(service) => service.refuse(&refusal),
            None => stream::refuse(self.party, self.parts, id, &refusal)
                .unwrap_or_else(|| Response::text(refusal.status(), format!("{refusal}\n"))),
        }
    }

    /// Routes, admits, reads, authenticates and unpacks, in this order.
    async fn admit(&self, body: Arriving) -> Result<Admitted<'p>, Response> {
        let shared = &*self.party.shared;
        let head = self.head();
        let Some(service) = shared.routes.find(&head) else {
            if let Some(service) = shared.routes.find_stream(&head) {
                return Ok(Admitted::InPieces { service, body });
            }
            body.drain(&shared.environment.clock);
            return Err(unrouted(shared, &head));
        };
        let admission = match service.admit(&head) {
            Ok(admission) => admission,
            Err(response) => {
                body.drain(&shared.environment.clock);
                return Err(response);
            }
        };
        let Some(mut place) = shared.budget.admit(0) else {
            body.drain(&shared.environment.clock);
            return Err(service.refuse(&Refusal::Overloaded));
        };
        let received = receive(self.party, admission, body, &mut place).await;
        match received.and_then(|raw| self.open(admission, raw, &mut place)) {
            Ok((caller, body)) => Ok(Admitted::Whole { service, caller, body, _place: place }),
            Err(refusal) => Err(service.refuse(&refusal)),
        }
    }

    /// Finds out who a request is from, over its raw body, and unpacks that.
    fn open(
        &self,
        admission: Admission,
        raw: Bytes,
        place: &mut Place<'_>,
    ) -> Result<(Caller, Bytes), Refusal> {
        let Party { shared, memory, .. } = self.party;
        let claim = self.headers.authorization.first;
        let caller = match shared.authentication.identify(claim, self.parts, &raw, memory) {
            Ok(caller) => caller,
            Err(_) if !admission.authentication => Caller::anonymous(),
            Err(failure) => return Err(Refusal::Unauthenticated(failure)),
        };
        let packed = self.headers.content_encoding.first.is_some_and(|coding| coding.as_bytes() == b"gzip");
        let body = if packed { body::gunzip(&raw, admission.body_limit, place)? } else { raw };
        Ok((caller, body))
    }
}

/// Reads the body, once there is room for it.
async fn receive(
    party: &Party,
    admission: Admission,
    mut body: Arriving,
    place: &mut Place<'_>,
) -> Result<Bytes, Refusal> {
    let Admission { body_limit, .. } = admission;
    let declared = body.declared();
    let refused = match declared {
        Some(bytes) if bytes > body_limit => Some(Refusal::TooLarge { limit: body_limit }),
        Some(bytes) if !place.grow(bytes) => Some(Refusal::Overloaded),
        _ => None,
    };
    let shared = &party.shared;
    let bounds = Bounds { clock: &shared.environment.clock, limits: &shared.limits, body_limit, declared };
    let read = match refused {
        Some(refusal) => Err(refusal),
        None => body::read(&mut body, &bounds, place).await,
    };
    if read.is_err() {
        body.drain(&party.shared.environment.clock);
    }
    read
}

/// Has the service answer; should it panic, the answer says so and the server goes on.
async fn call(party: &Arc<Party>, service: &dyn Service, request: Request) -> (Response, Option<Outflow>) {
    let id = request.id;
    let panicked = || {
        tracing::error!(%id, "a service panicked while it answered a request");
        service.refuse(&Refusal::Internal)
    };
    match panic::catch_unwind(AssertUnwindSafe(|| service.call(request))) {
        Err(_) => (panicked(), None),
        Ok(Answer::Ready(response)) => (response, None),
        Ok(Answer::Later(answer)) => (unless_panicked(answer).await.unwrap_or_else(panicked), None),
        Ok(Answer::InPieces(answer)) => match unless_panicked(answer).await {
            Some(answer) => stream::watch(party, answer, || service.refuse(&Refusal::Overloaded)),
            None => (panicked(), None),
        },
    }
}

/// What comes of a service's work; `None` where it panicked.
pub(crate) async fn unless_panicked<T>(
    mut answer: Pin<Box<dyn Future<Output = T> + Send + '_>>,
) -> Option<T> {
    poll_fn(|context| match panic::catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(context))) {
        Ok(answered) => answered.map(Some),
        Err(_) => Poll::Ready(None),
    })
    .await
}

/// What no service is there for.
fn unrouted(shared: &Shared, head: &Head<'_>) -> Response {
    if head.method() == Method::GET && head.path() == "/" {
        return Response::new(200, ContentType::Absent, shared.greeting.clone());
    }
    if head.method() == Method::POST && head.path() == "/" && speaks_json(head) {
        let body = &br#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#[..];
        return Response::new(400, ContentType::AmzJson10, body);
    }
    Response::new(404, ContentType::Absent, &b"<UnknownOperationException/>\n"[..])
}

/// Whether a request that nobody takes is at least of AWS's JSON protocol, and so can read an answer of it.
fn speaks_json(head: &Head<'_>) -> bool {
    let content_type = head.header("content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    head.target().is_some()
        || ["application/x-amz-json-1.0", "application/x-amz-json-1.1", "application/json"]
            .contains(&media_type)
}
