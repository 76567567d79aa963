//! Compressed answers.

use bytes::Bytes;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use hyper::header::HeaderValue;
use std::io::Write;

/// Answers shorter than this are sent as they are.
pub(crate) const COMPRESS_FROM_BYTES: usize = 4096;

/// A way to compress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    Deflate,
}

impl Coding {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }
}

/// The coding in which the sender of these values of `Accept-Encoding` would rather have its answer.
pub(crate) fn wanted<'a>(accepted: impl Iterator<Item = &'a HeaderValue>) -> Option<Coding> {
    let mut best = None;
    for value in accepted {
        for offer in value.to_str().unwrap_or_default().split(',') {
            let (name, parameters) = offer.split_once(';').unwrap_or((offer, ""));
            if is_refused(parameters) {
                continue;
            }
            let name = name.trim();
            if name.eq_ignore_ascii_case("gzip") {
                return Some(Coding::Gzip);
            }
            if name.eq_ignore_ascii_case("deflate") {
                best = Some(Coding::Deflate);
            }
        }
    }
    best
}

/// Whether the parameters of an offer say `q=0`.
fn is_refused(parameters: &str) -> bool {
    let quality = parameters.trim().strip_prefix("q=");
    quality.and_then(|quality| quality.parse::<f32>().ok()).is_some_and(|quality| quality <= 0.0)
}

/// The body compressed, where that is worth it.
pub(crate) fn compress(body: &[u8], coding: Coding) -> Option<Bytes> {
    if body.len() < COMPRESS_FROM_BYTES {
        return None;
    }
    // Writing to memory does not fail; if it did, the body would go as it is.
    let room = Vec::with_capacity(body.len() / 4);
    let packed = match coding {
        Coding::Gzip => {
            let mut encoder = GzEncoder::new(room, Compression::fast());
            encoder.write_all(body).and_then(|()| encoder.finish())
        }
        Coding::Deflate => {
            let mut encoder = ZlibEncoder::new(room, Compression::fast());
            encoder.write_all(body).and_then(|()| encoder.finish())
        }
    };
    packed.ok().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::{GzDecoder, ZlibDecoder};
    use std::io::Read;

    fn wants(value: &'static str) -> Option<Coding> {
        wanted([HeaderValue::from_static(value)].iter())
    }

    #[test]
    fn gzip_is_preferred_and_a_quality_of_zero_refuses() {
        for value in ["gzip", "deflate, GZIP", "gzip;q=0.5, deflate;q=1.0", "br,gzip , deflate"] {
            assert_eq!(wants(value), Some(Coding::Gzip), "{value}");
        }
        assert_eq!(wants("gzip;q=0, deflate"), Some(Coding::Deflate));
        for value in ["", "identity", "br", "gzip; q=0.0", "gzipped"] {
            assert_eq!(wants(value), None, "{value}");
        }
        assert_eq!(wanted([].iter()), None);
    }

    #[test]
    fn only_what_is_long_is_compressed_and_it_unpacks_to_itself() {
        let body = "0123456789abcdef".repeat(256);
        assert_eq!(compress(&body.as_bytes()[1..], Coding::Gzip), None);
        let mut text = String::new();
        let gzip = compress(body.as_bytes(), Coding::Gzip).unwrap();
        GzDecoder::new(&gzip[..]).read_to_string(&mut text).unwrap();
        assert_eq!(text, body);
        text.clear();
        let deflate = compress(body.as_bytes(), Coding::Deflate).unwrap();
        ZlibDecoder::new(&deflate[..]).read_to_string(&mut text).unwrap();
        assert_eq!(text, body);
        assert!(gzip.len() < 400 && deflate.len() < 400);
    }
}
