//! Services whose bodies are too large to hold: they are read, and answered, in pieces.
//!
//! A [`StreamService`] is asked only for what no [`crate::Service`] takes, so it costs those nothing. Its request is
//! authenticated by its head before any of the body is read; what the head promises about the body (its hash, the
//! signatures of its chunks, its length) is held against the body as it passes, and a body that breaks a promise ends
//! in an error, never in an end. Whoever stores what it reads must therefore keep nothing of it before the end.

mod answering;
mod body;
pub mod chunked;
mod outflow;

pub use body::{Body, BodyError};
pub use outflow::{Outflow, Pieces};

pub(crate) use answering::{refuse, serve, watch};
pub(crate) use outflow::{Outgoing, Watched};

use crate::{Head, Identity, Refusal, RequestId, Response};
use hyper::http::request::Parts;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;

/// A service behind the front door whose requests and answers pass in pieces.
pub trait StreamService: Send + Sync + 'static {
    /// Whether requests with this head are for this service. It is asked after every [`crate::Service`] has declined.
    fn accepts(&self, head: &Head<'_>) -> bool;

    /// On what terms a request is let in, decided from its head.
    ///
    /// # Errors
    /// A finished answer, where the head alone is wrong.
    fn admit(&self, head: &Head<'_>, id: RequestId) -> Result<StreamAdmission, Response>;

    /// What signatures of version 2 name as the resource: the path, with whatever of it the host stands for. `None`
    /// where the service does not take such signatures.
    fn resource(&self, head: &Head<'_>) -> Option<String> {
        let _ = head;
        None
    }

    /// Answers a request. Dropped unfinished when the client goes away.
    fn call(&self, request: StreamRequest) -> Pin<Box<dyn Future<Output = StreamAnswer> + Send>>;

    /// The service's own words for a request that the server could not let through, or that panicked.
    fn refuse(&self, head: &Head<'_>, id: RequestId, refusal: &Refusal) -> Response;
}

/// The terms on which a request is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamAdmission {
    /// The largest body this operation takes, in bytes, after its chunks are taken apart.
    pub body_limit: u64,
    /// Whether the request must say who it is from.
    pub authentication: bool,
}

/// A request that was let in, with its body yet to be read.
#[derive(Debug)]
pub struct StreamRequest {
    pub(crate) parts: Parts,
    /// Its id, which its answer carries.
    pub id: RequestId,
    /// Who it says it is from.
    pub identity: Identity,
    /// Whether it proved to be from whom it says, with a key that this server knows.
    pub proven: bool,
    /// Where it came from.
    pub peer: SocketAddr,
    /// The body, as its sender meant it: without the framing of chunks.
    pub body: Body,
}

impl StreamRequest {
    /// The head.
    #[must_use]
    pub fn head(&self) -> Head<'_> {
        Head::new(&self.parts)
    }
}

/// An answer, with a body in one piece or in many.
#[derive(Debug)]
pub struct StreamAnswer {
    /// Its head, and its body where that is in one piece.
    pub response: Response,
    /// Its body where that is in many. The one of `response` is then not sent.
    pub outflow: Option<Outflow>,
}

impl From<Response> for StreamAnswer {
    fn from(response: Response) -> Self {
        Self { response, outflow: None }
    }
}
