//! The socket of a connection, which writes small answers in one piece.
//!
//! An answer comes as two buffers, its head and its body. Gathering small ones before a plain write is cheaper than
//! a write of a vector; large ones go out from where they are, for copying them would cost more than all else.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Answers up to this are gathered.
const GATHERED_BYTES_MAX: usize = 16 << 10;

/// The bytes of a connection, in both directions.
#[derive(Debug)]
pub(crate) struct Socket<S> {
    stream: S,
    /// Empty between writes; kept for its room.
    gathered: Vec<u8>,
}

impl<S> Socket<S> {
    /// On this stream.
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, gathered: Vec::new() }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Socket<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Socket<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Self { stream, gathered } = self.get_mut();
        let bytes: usize = pieces.iter().map(|piece| piece.len()).sum();
        if pieces.len() == 1 || bytes > GATHERED_BYTES_MAX {
            return Pin::new(stream).poll_write_vectored(context, pieces);
        }
        gathered.clear();
        pieces.iter().for_each(|piece| gathered.extend_from_slice(piece));
        Pin::new(stream).poll_write(context, gathered)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
