//! A connection of the simulated network: two pipes, which take and give bytes in pieces of any size.

use crate::lock;
use crate::plan::below;
use crate::run::is_down;
use environment::Random;
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use store::AnyStore;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes on their way in one direction.
#[derive(Debug, Default)]
struct Pipe {
    bytes: VecDeque<u8>,
    /// How many there may be.
    room: usize,
    /// Whether one of the ends is gone.
    is_ended: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Pipe {
    fn wake(&mut self) {
        self.reader.take().into_iter().chain(self.writer.take()).for_each(Waker::wake);
    }
}

/// One end of a connection. Dropping it ends the connection.
#[derive(Debug)]
pub(super) struct End {
    incoming: Arc<Mutex<Pipe>>,
    outgoing: Arc<Mutex<Pipe>>,
    random: Random,
    /// What the process of this end lives by: with the power off, nothing leaves it or gets to it.
    power: Option<Arc<AnyStore>>,
}

/// Both ends of a new connection, the client's first. So many bytes may be on their way in each direction.
pub(super) fn connection(random: &Random, room: usize, power: &Arc<AnyStore>) -> (End, End) {
    let pipe = || Arc::new(Mutex::new(Pipe { room, ..Pipe::default() }));
    let (there, back) = (pipe(), pipe());
    let random = || Random::seeded(random.next_u64());
    let client =
        End { incoming: Arc::clone(&back), outgoing: Arc::clone(&there), random: random(), power: None };
    let server = End { incoming: there, outgoing: back, random: random(), power: Some(Arc::clone(power)) };
    (client, server)
}

impl End {
    /// Whether the other end is gone.
    pub(super) fn is_ended(&self) -> bool {
        lock(&self.incoming).is_ended
    }

    /// Ends the connection; what is on its way is lost.
    pub(super) fn reset(self) {
        lock(&self.outgoing).bytes.clear();
    }

    /// How many bytes go at once: mostly all, at times fewer.
    fn piece(&self, most: usize) -> usize {
        if below(&self.random, 3) == 0 { 1 + below(&self.random, most as u64) as usize } else { most }
    }

    fn check_power(&self) -> io::Result<()> {
        match &self.power {
            Some(store) if is_down(store) => Err(ErrorKind::ConnectionReset.into()),
            _ => Ok(()),
        }
    }
}

impl Drop for End {
    fn drop(&mut self) {
        for pipe in [&self.incoming, &self.outgoing] {
            let mut pipe = lock(pipe);
            pipe.is_ended = true;
            pipe.wake();
        }
    }
}

impl AsyncRead for End {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check_power()?;
        let mut pipe = lock(&self.incoming);
        let most = pipe.bytes.len().min(buffer.remaining());
        if most == 0 {
            if pipe.is_ended || buffer.remaining() == 0 {
                return Poll::Ready(Ok(()));
            }
            pipe.reader = Some(context.waker().clone());
            return Poll::Pending;
        }
        let bytes: Vec<u8> = pipe.bytes.drain(..self.piece(most)).collect();
        buffer.put_slice(&bytes);
        pipe.wake();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for End {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check_power()?;
        let mut pipe = lock(&self.outgoing);
        if pipe.is_ended {
            return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
        }
        let most = pipe.room.saturating_sub(pipe.bytes.len()).min(bytes.len());
        if most == 0 {
            pipe.writer = Some(context.waker().clone());
            return Poll::Pending;
        }
        let count = self.piece(most);
        pipe.bytes.extend(&bytes[..count]);
        pipe.wake();
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut pipe = lock(&self.outgoing);
        pipe.is_ended = true;
        pipe.wake();
        Poll::Ready(Ok(()))
    }
}
