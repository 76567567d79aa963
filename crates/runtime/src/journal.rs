//! The log of one process: what it prints, and what the platform says of it, in one order.
//!
//! The end of a process's pipe is read by a task as the pipe fills, and once more, to the last byte that is there, before a
//! call is answered. What a function has printed before it answered is thus in the log, and in the tail, of that call.

#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod lines;
mod splitter;

pub(crate) use lines::{Costs, Lines, Status, init_report};

use crate::{LogEvent, LogSink, LogSource};
use environment::Clock;
use rustix::io::Errno;
use splitter::Splitter;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::unix::pipe::Receiver;

/// Bytes of the log that are given with an answer.
const TAIL_BYTES: usize = 4096;

/// Bytes that are read at once.
const PIECE_BYTES: usize = 64 * 1024;

/// The log of one process.
pub(crate) struct Journal {
    sink: Arc<dyn LogSink>,
    source: LogSource,
    clock: Clock,
    pipe: Receiver,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    splitter: Splitter,
    /// The end of the log of the call that is under way, where it is wanted.
    tail: Option<Vec<u8>>,
    buffer: Vec<u8>,
}

impl Journal {
    /// The log of a process whose output comes through a pipe. Needs a runtime.
    pub(crate) fn new(
        sink: Arc<dyn LogSink>,
        source: LogSource,
        clock: Clock,
        pipe: OwnedFd,
    ) -> io::Result<Self> {
        let state = State { buffer: vec![0; PIECE_BYTES], ..State::default() };
        Ok(Self { sink, source, clock, pipe: Receiver::from_owned_fd(pipe)?, state: Mutex::new(state) })
    }

    /// Whose log it is.
    pub(crate) fn source(&self) -> &LogSource {
        &self.source
    }

    /// Reads until the last process that may print has ended.
    pub(crate) async fn follow(&self) {
        loop {
            if let Some(ready) = self.sink.ready() {
                ready.await;
            }
            if self.pipe.readable().await.is_err() {
                return;
            }
            match self.take_piece(|buffer| self.pipe.try_read(buffer)) {
                // Whoever prints without end leaves the others their turn.
                Ok(read) if read > 0 => environment::yield_now().await,
                // Not readable after all.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(_) | Err(_) => break,
            }
        }
        let mut state = self.lock();
        let mut messages = Vec::new();
        state.splitter.finish(&mut messages);
        self.write(&mut state, messages);
    }

    /// Reads what has been printed up to now, and ends the line that has begun.
    pub(crate) fn catch_up(&self) {
        // Asked of the pipe itself, for whoever watches over it may not have heard of the last bytes.
        let mut left = rustix::io::ioctl_fionread(&self.pipe).unwrap_or(0);
        while left > 0 {
            let size = usize::try_from(left).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
            match self.take_piece(|buffer| read(&self.pipe, &mut buffer[..size])) {
                Ok(read) if read > 0 => left -= read as u64,
                _ => break,
            }
        }
        let mut state = self.lock();
        let mut messages = Vec::new();
        state.splitter.finish(&mut messages);
        self.write(&mut state, messages);
    }

    /// A call begins, the end of whose log may be wanted.
    pub(crate) fn begin(&self, line: String, tail: bool) {
        let mut state = self.lock();
        state.tail = tail.then(Vec::new);
        self.write(&mut state, vec![line]);
    }

    /// A call ends; answers the end of its log where that is wanted.
    pub(crate) fn end(&self, lines: Vec<String>) -> Option<Vec<u8>> {
        let mut state = self.lock();
        self.write(&mut state, lines);
        let tail = state.tail.take()?;
        Some(tail[tail.len().saturating_sub(TAIL_BYTES)..].to_vec())
    }

    /// What the platform has to say.
    pub(crate) fn say(&self, line: String) {
        let mut state = self.lock();
        self.write(&mut state, vec![line]);
    }

    fn take_piece(&self, read: impl FnOnce(&mut [u8]) -> io::Result<usize>) -> io::Result<usize> {
        let mut state = self.lock();
        let State { splitter, buffer, .. } = &mut *state;
        let read = read(buffer)?;
        let mut messages = Vec::new();
        splitter.push(&buffer[..read], &mut messages);
        self.write(&mut state, messages);
        Ok(read)
    }

    fn write(&self, state: &mut State, messages: Vec<String>) {
        if messages.is_empty() {
            return;
        }
        if let Some(tail) = &mut state.tail {
            for message in &messages {
                tail.extend_from_slice(message.as_bytes());
                tail.push(b'\n');
            }
            if tail.len() > 16 * TAIL_BYTES {
                tail.drain(..tail.len() - TAIL_BYTES);
            }
        }
        let time_ms = self.clock.now_ms();
        let events = messages.into_iter().map(|message| LogEvent { time_ms, message }).collect();
        self.sink.write(&self.source, events);
    }

    /// No code that holds the lock leaves it half changed, so poison means nothing here.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(pipe: &Receiver, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match rustix::io::read(pipe, &mut *buffer) {
            Err(Errno::INTR) => {}
            read => return Ok(read?),
        }
    }
}
