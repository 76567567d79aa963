//! An answer's body in pieces, and the body of every answer, whole or in pieces.

use crate::exchange::{Party, Shared};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use std::fmt;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

/// Where the pieces of an answer come from.
pub trait Pieces: Send + 'static {
    /// The next piece, which is not empty, or `None` after the last one.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>>;
}

/// An answer's body in pieces. Should the pieces fail, or be fewer than a length that is known beforehand, the connection
/// is cut, so that nobody takes what came for the whole.
pub struct Outflow {
    /// What is still to come, where that is known.
    left: Option<u64>,
    pieces: Box<dyn Pieces>,
    watched: Option<Watched>,
}

impl fmt::Debug for Outflow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Outflow").field("left", &self.left).finish_non_exhaustive()
    }
}

impl Outflow {
    /// So many bytes from these pieces.
    pub fn new(length: u64, pieces: impl Pieces) -> Self {
        Self { left: Some(length), pieces: Box::new(pieces), watched: None }
    }

    /// These pieces, however many bytes they are, and however long each takes to come.
    pub fn of_any_length(pieces: impl Pieces) -> Self {
        Self { left: None, pieces: Box::new(pieces), watched: None }
    }

    pub(crate) fn watched(mut self, watched: Watched) -> Self {
        self.watched = Some(watched);
        self
    }

    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if self.left == Some(0) {
            return Poll::Ready(None);
        }
        let Poll::Ready(piece) = self.poll_unless_panicked(context) else {
            if let Some(watched) = self.watched.as_mut().filter(|_| self.left.is_none()) {
                watched.wait();
            }
            return Poll::Pending;
        };
        if let Some(watched) = &mut self.watched {
            watched.moved();
        }
        Poll::Ready(match (piece, &mut self.left) {
            (None, None) => None,
            (None, Some(_)) => Some(Err(io::ErrorKind::UnexpectedEof.into())),
            (Some(Ok(piece)), _) if piece.is_empty() => Some(Err(io::ErrorKind::UnexpectedEof.into())),
            (Some(Ok(mut piece)), Some(left)) => {
                piece.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= piece.len() as u64;
                Some(Ok(piece))
            }
            (piece, _) => piece,
        })
    }

    /// Pieces that panic are pieces that fail: the answer is cut, and whoever waits for it is told.
    fn poll_unless_panicked(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let pieces = &mut self.pieces;
        panic::catch_unwind(AssertUnwindSafe(|| pieces.poll_next(context))).unwrap_or_else(|_| {
            tracing::error!("a service panicked in the middle of an answer");
            self.pieces = Box::new(Nothing);
            Poll::Ready(Some(Err(io::ErrorKind::Other.into())))
        })
    }
}

/// What comes after a panic.
struct Nothing;

impl Pieces for Nothing {
    fn poll_next(&mut self, _: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        Poll::Ready(Some(Err(io::ErrorKind::Other.into())))
    }
}

/// Says of an answer that is being sent that it is: to the connection, which is not idle while its client reads, and to
/// a server that stops, which waits for it.
pub(crate) struct Watched {
    pub(crate) party: Weak<Party>,
    pub(crate) shared: Arc<Shared>,
    /// While the client waits for us, and not we for it: the connection is not idle then, however long it takes.
    waiting: Option<Arc<Party>>,
}

impl Watched {
    /// A place among what is under way, where there is one.
    pub(crate) fn begin(party: &Arc<Party>) -> Option<Self> {
        let shared = Arc::clone(&party.shared);
        shared.budget.enter().then(|| Self { party: Arc::downgrade(party), shared, waiting: None })
    }

    fn wait(&mut self) {
        if self.waiting.is_none() {
            self.waiting = self.party.upgrade();
        }
    }

    fn moved(&mut self) {
        self.waiting = None;
        if let Some(party) = self.party.upgrade() {
            party.ids.next();
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.shared.budget.leave();
    }
}

/// The body of an answer.
#[derive(Debug)]
pub(crate) enum Outgoing {
    Whole(Full<Bytes>),
    Pieces(Box<Outflow>),
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    #[inline]
    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(context).map_err(|never| match never {}),
            Self::Pieces(outflow) => outflow.poll_piece(context).map_ok(Frame::data),
        }
    }

    #[inline]
    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Pieces(outflow) => outflow.left == Some(0),
        }
    }

    #[inline]
    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Pieces(outflow) => outflow.left.map_or_else(SizeHint::default, SizeHint::with_exact),
        }
    }
}
