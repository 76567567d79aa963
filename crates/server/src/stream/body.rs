//! A request's body in pieces, held against what its head promised.

use super::chunked::{Decoder, Step};
use crate::Limits;
use crate::authentication::{ChunkSigner, Payload, hex};
use crate::body::Arriving;
use bytes::Bytes;
use environment::Clock;
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// A sender that is slower than this, on the whole, is given up.
const BYTES_A_SECOND_MIN: u64 = 16 << 10;

/// Why a body did not reach its end. Nothing that was read of it may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// It paused for too long, or came too slowly.
    #[error("the body did not arrive in time")]
    TimedOut,
    /// It ended before it was whole, or its sender went away.
    #[error("the body ended early")]
    EndedEarly,
    /// It is not in the framing that it claims.
    #[error("the body is not in the framing that it claims")]
    Malformed,
    /// It is larger than the operation takes.
    #[error("the body is larger than the operation takes")]
    TooLarge,
    /// Its hash is not the one in its head.
    #[error("the body's hash is not the one that the request declares")]
    WrongHash,
    /// One of its chunks, or its trailers, are not signed by whom they should be.
    #[error("a chunk's signature is not right")]
    WrongSignature,
}

/// What the body is held against.
#[derive(Debug)]
enum Check {
    Nothing,
    Hash { declared: String, hasher: Sha256 },
    Chunks { signer: ChunkSigner, hasher: Sha256, trailers: bool },
}

/// A body that is yet to be read. Dropped before its end, it is read on for a while and thrown away, so that its sender
/// gets to read the answer.
#[derive(Debug)]
pub struct Body {
    /// `None` once it is over, or broken.
    arriving: Option<Arriving>,
    /// How it broke, where it did.
    ended: Option<BodyError>,
    clock: Clock,
    pause: Duration,
    /// When it must be over, but for the time that its bytes so far have earned.
    deadline: Option<Duration>,
    timeout: Duration,
    decoder: Option<Box<Decoder>>,
    check: Box<Check>,
    length: Option<u64>,
    limit: u64,
    read: u64,
    raw_read: u64,
}

/// What a body is bound by.
pub(crate) struct Promise {
    pub(crate) payload: Payload,
    pub(crate) signer: Option<ChunkSigner>,
    /// How long it is without its framing.
    pub(crate) length: Option<u64>,
    /// How long it may be.
    pub(crate) limit: u64,
}

impl Body {
    pub(crate) fn new(arriving: Arriving, promise: Promise, clock: Clock, limits: &Limits) -> Self {
        let Promise { payload, signer, length, limit } = promise;
        let decoder = matches!(payload, Payload::Chunked { .. }).then(Box::default);
        let check = match (payload, signer) {
            (Payload::Hashed(declared), _) => Check::Hash { declared, hasher: Sha256::new() },
            (Payload::Chunked { trailers, .. }, Some(signer)) => {
                Check::Chunks { signer, hasher: Sha256::new(), trailers }
            }
            _ => Check::Nothing,
        };
        Self {
            arriving: Some(arriving),
            ended: None,
            clock,
            pause: limits.body_pause,
            deadline: None,
            timeout: limits.body_timeout,
            decoder,
            check: Box::new(check),
            length,
            limit,
            read: 0,
            raw_read: 0,
        }
    }

    /// How long it is, where its head says.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// What stands behind it: names in lower case with their values. Whole once the body is over.
    #[must_use]
    pub fn trailers(&self) -> &[(String, String)] {
        self.decoder.as_ref().map_or(&[], |decoder| decoder.trailers())
    }

    /// The next piece; `None` at its end, once everything that was promised of it has been found to hold.
    ///
    /// # Errors
    /// When it breaks off, or is not what its head promised. There is no going on then.
    pub async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        if self.arriving.is_none() {
            return self.ended.map_or(Ok(None), Err);
        }
        let next = self.advance().await;
        if !matches!(next, Ok(Some(_))) {
            self.ended = next.as_ref().err().copied();
            if let (Some(rest), true) = (self.arriving.take(), next.is_err()) {
                rest.drain(&self.clock);
            }
        }
        next
    }

    async fn advance(&mut self) -> Result<Option<Bytes>, BodyError> {
        loop {
            if let Some(decoder) = &mut self.decoder {
                match decoder.step().map_err(|_| BodyError::Malformed)? {
                    Step::Data(data) => return self.passed(data).map(Some),
                    Step::Chunk(signature) => {
                        self.check_chunk(signature.as_deref())?;
                        continue;
                    }
                    Step::More | Step::End => {}
                }
            }
            let Some(input) = self.receive().await? else { return self.finish().map(|()| None) };
            match &mut self.decoder {
                Some(decoder) => decoder.push(input),
                None => return self.passed(input).map(Some),
            }
        }
    }

    /// Counts and hashes data on their way out.
    fn passed(&mut self, data: Bytes) -> Result<Bytes, BodyError> {
        self.read += data.len() as u64;
        if self.read > self.limit {
            return Err(BodyError::TooLarge);
        }
        if self.length.is_some_and(|length| self.read > length) {
            return Err(BodyError::Malformed);
        }
        match &mut *self.check {
            Check::Nothing => {}
            Check::Hash { hasher, .. } | Check::Chunks { hasher, .. } => hasher.update(&data),
        }
        Ok(data)
    }

    fn check_chunk(&mut self, signature: Option<&str>) -> Result<(), BodyError> {
        let Check::Chunks { signer, hasher, .. } = &mut *self.check else { return Ok(()) };
        let hash = hex(&hasher.finalize_reset());
        let right = signature.is_some_and(|signature| signer.chunk(&hash, signature));
        if right { Ok(()) } else { Err(BodyError::WrongSignature) }
    }

    /// Whether everything came, and is what it was said to be.
    fn finish(&mut self) -> Result<(), BodyError> {
        let is_over = self.decoder.as_ref().is_none_or(|decoder| decoder.is_done());
        if !is_over || self.length.is_some_and(|length| self.read < length) {
            return Err(BodyError::EndedEarly);
        }
        match (&mut *self.check, &self.decoder) {
            (Check::Hash { declared, hasher }, _) => {
                let right = *declared == hex(&hasher.finalize_reset());
                if right { Ok(()) } else { Err(BodyError::WrongHash) }
            }
            (Check::Chunks { signer, trailers: true, .. }, Some(decoder)) => {
                let signature = decoder.trailer_signature().unwrap_or_default();
                let right = signer.trailers(decoder.trailers(), signature);
                if right { Ok(()) } else { Err(BodyError::WrongSignature) }
            }
            _ => Ok(()),
        }
    }

    /// The next bytes as they were sent. Those that pause too long, or come too slowly, are given up.
    async fn receive(&mut self) -> Result<Option<Bytes>, BodyError> {
        let Some(arriving) = &mut self.arriving else { return Ok(None) };
        loop {
            let now = self.clock.machine();
            let deadline = *self.deadline.get_or_insert(now + self.timeout);
            let deadline = deadline + Duration::from_secs(self.raw_read / BYTES_A_SECOND_MIN);
            let pause = deadline.saturating_sub(now).min(self.pause);
            let frame = tokio::select! {
                biased;
                frame = arriving.incoming().frame() => frame,
                () = self.clock.sleep(pause) => return Err(BodyError::TimedOut),
            };
            match frame {
                None => return Ok(None),
                Some(Err(_)) => return Err(BodyError::EndedEarly),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data()
                        && !data.is_empty()
                    {
                        self.raw_read += data.len() as u64;
                        return Ok(Some(data));
                    }
                }
            }
        }
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        if let Some(arriving) = self.arriving.take() {
            arriving.drain(&self.clock);
        }
    }
}
