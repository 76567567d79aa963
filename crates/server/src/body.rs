//! Reading request bodies: bounded in bytes, in memory and in time.

use crate::budget::Place;
use crate::{Limits, Refusal};
use bytes::{Bytes, BytesMut};
use environment::Clock;
use flate2::read::MultiGzDecoder;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use std::future::poll_fn;
use std::io::Read;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

/// How much is unpacked between two looks at the limits.
const UNPACK_BYTES: usize = 64 << 10;

/// How much of a body that was refused is still read and thrown away, so that its sender gets to read why.
const DISCARD_BYTES: usize = 64 << 20;

/// How long that goes on.
const DISCARD_TIME: Duration = Duration::from_secs(10);

/// A body that is yet to be read.
#[derive(Debug)]
pub(crate) struct Arriving {
    incoming: Incoming,
    /// Whether its sender waits to be told to send it.
    waits: bool,
}

impl Arriving {
    pub(crate) fn new(incoming: Incoming, waits: bool) -> Self {
        Self { incoming, waits }
    }

    /// How large its sender says it is.
    pub(crate) fn declared(&self) -> Option<usize> {
        let exact = self.incoming.size_hint().exact();
        exact.map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX))
    }

    /// The body itself, to be read in pieces.
    pub(crate) fn incoming(&mut self) -> &mut Incoming {
        &mut self.incoming
    }

    /// Lets a body that nobody wants run out beside its answer: a sender that is cut off while it sends may
    /// never see that. One that waits to be told to send is not told.
    pub(crate) fn drain(self, clock: &Clock) {
        if !self.waits && !self.incoming.is_end_stream() {
            drop(environment::spawn(discard(self.incoming, clock.clone())));
        }
    }
}

/// A body's bounds.
pub(crate) struct Bounds<'a> {
    /// The clock for the time-outs.
    pub(crate) clock: &'a Clock,
    /// The time-outs.
    pub(crate) limits: &'a Limits,
    /// The largest body.
    pub(crate) body_limit: usize,
    /// How large the sender says it is; so much is already in the request's place.
    pub(crate) declared: Option<usize>,
}

/// Reads a body whole. One that arrives in one piece is not copied.
pub(crate) async fn read(
    body: &mut Arriving,
    bounds: &Bounds<'_>,
    place: &mut Place<'_>,
) -> Result<Bytes, Refusal> {
    let body = &mut body.incoming;
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let mut deadline = None;
    let mut whole = BytesMut::new();
    let mut read_bytes = 0_usize;
    while let Some(data) = next(body, bounds, &mut deadline).await? {
        read_bytes += data.len();
        if read_bytes > bounds.body_limit {
            return Err(Refusal::TooLarge { limit: bounds.body_limit });
        }
        if bounds.declared.is_none() && !place.grow(data.len()) {
            return Err(Refusal::Overloaded);
        }
        if whole.is_empty() && body.is_end_stream() {
            return Ok(data);
        }
        if whole.is_empty() {
            whole.reserve(bounds.declared.unwrap_or(data.len()));
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

/// The next piece of data, or `None` at the end. The clock is asked only once there is something to wait for,
/// since most bodies come with their heads.
async fn next(
    body: &mut Incoming,
    bounds: &Bounds<'_>,
    deadline: &mut Option<Duration>,
) -> Result<Option<Bytes>, Refusal> {
    loop {
        let here = poll_fn(|context| Poll::Ready(Pin::new(&mut *body).poll_frame(context))).await;
        let frame = match here {
            Poll::Ready(frame) => frame,
            Poll::Pending => {
                let now = bounds.clock.machine();
                let deadline = *deadline.get_or_insert(now + bounds.limits.body_timeout);
                let pause = deadline.saturating_sub(now).min(bounds.limits.body_pause);
                tokio::select! {
                    biased;
                    frame = body.frame() => frame,
                    () = bounds.clock.sleep(pause) => return Err(Refusal::TimedOut),
                }
            }
        };
        match frame {
            None => return Ok(None),
            Some(Err(_)) if environment::planted("part_of_body_is_whole") => return Ok(None),
            Some(Err(_)) => return Err(Refusal::Malformed),
            Some(Ok(frame)) => {
                // Trailers say nothing that matters here.
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// Reads on and throws away, for a while.
async fn discard(mut body: Incoming, clock: Clock) {
    let reading = async {
        let mut left = DISCARD_BYTES;
        while let Some(Ok(frame)) = body.frame().await {
            let bytes = frame.data_ref().map_or(0, Bytes::len);
            let Some(rest) = left.checked_sub(bytes) else { return };
            left = rest;
        }
    };
    tokio::select! {
        biased;
        () = reading => {}
        () = clock.sleep(DISCARD_TIME) => {}
    }
}

/// Unpacks a gzipped body, which may not be larger than the limit then either.
pub(crate) fn gunzip(packed: &[u8], body_limit: usize, place: &mut Place<'_>) -> Result<Bytes, Refusal> {
    let mut decoder = MultiGzDecoder::new(packed);
    let mut whole = Vec::new();
    loop {
        let before = whole.len();
        match decoder.by_ref().take(UNPACK_BYTES as u64).read_to_end(&mut whole) {
            Err(_) => return Err(Refusal::Malformed),
            Ok(0) => return Ok(whole.into()),
            Ok(_) if whole.len() > body_limit => return Err(Refusal::TooLarge { limit: body_limit }),
            Ok(_) if !place.grow(whole.len() - before) => return Err(Refusal::Overloaded),
            Ok(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn unpacking_is_bounded_by_limit_and_budget() {
        let budget = Budget::new(10, 300_000);
        let body = vec![b'a'; 200_000];
        let mut place = budget.admit(0).unwrap();
        assert_eq!(gunzip(&packed(&body), 200_000, &mut place).unwrap(), body);
        drop(place);
        let mut place = budget.admit(0).unwrap();
        let refusal = gunzip(&packed(&body), 199_999, &mut place).unwrap_err();
        assert_eq!(refusal, Refusal::TooLarge { limit: 199_999 });
        drop(place);
        let mut place = budget.admit(150_000).unwrap();
        assert_eq!(gunzip(&packed(&body), 1 << 20, &mut place).unwrap_err(), Refusal::Overloaded);
    }

    #[test]
    fn what_is_not_gzip_is_malformed() {
        let budget = Budget::new(10, 300_000);
        let whole = packed(b"some text");
        for body in [&b"{}"[..], b"", &whole[..whole.len() - 3]] {
            let mut place = budget.admit(0).unwrap();
            assert_eq!(gunzip(body, 1 << 20, &mut place).unwrap_err(), Refusal::Malformed, "{body:?}");
        }
    }
}
