//! What the server asks of a service, and what it may answer.

use crate::{Head, Request, Response, StreamAnswer};
use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// A service behind the front door: it takes requests by their heads, and answers them.
pub trait Service: Send + Sync + 'static {
    /// Whether requests with this head are for this service. The first service that says so gets it. Looks
    /// at target and path only, never at content type or `Host`: clients get those wrong.
    fn accepts(&self, head: &Head<'_>) -> bool;

    /// On what terms a request is let in, decided from its head, before any of its body is read.
    ///
    /// # Errors
    /// A finished answer, where the head alone is wrong: an operation that does not exist, say.
    fn admit(&self, head: &Head<'_>) -> Result<Admission, Response>;

    /// Answers a request. Work that does not wait is done here and now, and answered [`Answer::Ready`].
    fn call(&self, request: Request) -> Answer;

    /// The service's own words for a request that the server could not let through, or that panicked.
    fn refuse(&self, refusal: &Refusal) -> Response;
}

/// The terms on which a request is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission {
    /// The largest body this operation takes, in bytes, also after decompression.
    pub body_limit: usize,
    /// Whether the request must say who it is from.
    pub authentication: bool,
}

/// A service's answer.
pub enum Answer {
    /// It is here. The way of everything that does not wait: it costs no allocation and no task switch.
    Ready(Response),
    /// It takes waiting for. Dropped unfinished when the client goes away.
    Later(Pin<Box<dyn Future<Output = Response> + Send>>),
    /// It takes waiting for, and its body may come in pieces.
    InPieces(Pin<Box<dyn Future<Output = StreamAnswer> + Send>>),
}

impl Answer {
    /// An answer that takes waiting for.
    pub fn later(answer: impl Future<Output = Response> + Send + 'static) -> Self {
        Self::Later(Box::pin(answer))
    }

    /// An answer whose body may come in pieces.
    pub fn in_pieces(answer: impl Future<Output = StreamAnswer> + Send + 'static) -> Self {
        Self::InPieces(Box::pin(answer))
    }
}

impl From<Response> for Answer {
    fn from(response: Response) -> Self {
        Self::Ready(response)
    }
}

/// Why a request was not let through to its service, or got no answer from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The `Host` header names a host that this server does not answer for.
    ForeignHost,
    /// The `Origin` header names a web page that may not talk to this server.
    ForeignOrigin,
    /// The body is larger than the operation takes.
    TooLarge {
        /// What it takes, in bytes.
        limit: usize,
    },
    /// Too many requests are under way, or they hold too much memory. Worth another try.
    Overloaded,
    /// The body did not arrive in time.
    TimedOut,
    /// The body ended early, or is not in the encoding it claims.
    Malformed,
    /// Who the request is from is missing, malformed, unknown or false.
    Unauthenticated(AuthenticationFailure),
    /// The service failed in a way it did not expect.
    Internal,
}

impl Refusal {
    /// The status it is usually answered with.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::ForeignHost | Self::ForeignOrigin => 403,
            Self::TooLarge { .. } => 413,
            Self::TimedOut => 408,
            Self::Overloaded | Self::Malformed | Self::Unauthenticated(_) => 400,
            Self::Internal => 500,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForeignHost => formatter.write_str(
                "The Host header names a host that this server does not answer for; --allow-host adds one.",
            ),
            Self::ForeignOrigin => formatter.write_str(
                "The Origin header names a page that may not use this server; --allow-origin adds one.",
            ),
            Self::TooLarge { limit } => {
                write!(
                    formatter,
                    "The request body is larger than the {limit} bytes that this operation takes."
                )
            }
            Self::Overloaded => formatter
                .write_str("Rate of requests exceeds the allowed throughput: too many are under way."),
            Self::TimedOut => formatter.write_str("The request body did not arrive in time."),
            Self::Malformed => formatter.write_str("The request body could not be read."),
            Self::Unauthenticated(failure) => formatter.write_str(&failure.message),
            Self::Internal => formatter.write_str("The request could not be processed: an internal error."),
        }
    }
}

/// Why a request is not believed to be from whom it says. The code is AWS's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticationFailure {
    /// AWS's name of the error, such as `MissingAuthenticationTokenException`.
    pub code: &'static str,
    /// AWS's words.
    pub message: Cow<'static, str>,
}
