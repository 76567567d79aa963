//! Bodies framed as `aws-chunked`: however one is cut up, the same is read of it, and that is what a reader makes of
//! it that has all of it before itself.

use bytes::Bytes;
use server::stream::chunked::{Decoder, Step};

/// What is read of a body: its data, the signatures of its chunks, its trailers and the signature of these.
type Read = (Vec<u8>, Vec<Option<String>>, Vec<(String, String)>, Option<String>);

/// Lines that the decoder takes.
const LINE_BYTES_MAX: usize = 4096;
const TRAILERS_MAX: usize = 32;

/// See the module.
pub fn target(data: &[u8]) {
    let whole = decode(data.chunks(data.len().max(1)));
    for length in [1, 2, 7] {
        assert_eq!(decode(data.chunks(length)), whole, "in pieces of {length}");
    }
    assert_eq!(whole, naive(data));
}

/// What the decoder reads; `None` where the body is broken, or not over.
fn decode<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Option<Read> {
    let mut decoder = Decoder::new();
    let (mut data, mut signatures) = (Vec::new(), Vec::new());
    for piece in pieces {
        decoder.push(Bytes::copy_from_slice(piece));
        loop {
            match decoder.step().ok()? {
                Step::More | Step::End => break,
                Step::Data(more) => data.extend_from_slice(&more),
                Step::Chunk(signature) => signatures.push(signature),
            }
        }
    }
    let trailers = decoder.trailers().to_vec();
    decoder.is_done().then(|| (data, signatures, trailers, decoder.trailer_signature().map(str::to_owned)))
}

/// A line, and what follows it.
fn line(data: &[u8]) -> Option<(&str, &[u8])> {
    let end = data.iter().position(|byte| *byte == b'\n')? + 1;
    let line = data[..end].strip_suffix(b"\r\n").filter(|_| end <= LINE_BYTES_MAX)?;
    Some((std::str::from_utf8(line).ok()?, &data[end..]))
}

fn naive(mut rest: &[u8]) -> Option<Read> {
    let (mut data, mut signatures, mut trailers, mut signed) = (Vec::new(), Vec::new(), Vec::new(), None);
    loop {
        let (head, after) = line(rest)?;
        let (size, extension) = head.split_once(';').unwrap_or((head, ""));
        let digits = size.trim();
        let is_hex = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let size = u64::from_str_radix(digits, 16).ok().filter(|size| is_hex && *size <= 5 << 30)?;
        let signature = extension.trim().strip_prefix("chunk-signature=").map(str::to_owned);
        signatures.push(signature);
        rest = after;
        if size == 0 {
            break;
        }
        let size = usize::try_from(size).ok()?;
        data.extend_from_slice(rest.get(..size)?);
        let (behind, after) = line(&rest[size..])?;
        if !behind.is_empty() {
            return None;
        }
        rest = after;
    }
    loop {
        let (trailer, after) = line(rest)?;
        rest = after;
        if trailer.is_empty() {
            return rest.is_empty().then_some((data, signatures, trailers, signed));
        }
        let (name, value) = trailer.split_once(':')?;
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
        if name.is_empty() || trailers.len() == TRAILERS_MAX {
            return None;
        }
        if name == "x-amz-trailer-signature" {
            signed = Some(value);
        } else {
            trailers.push((name, value));
        }
    }
}
