//! AWS's framing of answers that are streams of events (`application/vnd.amazon.eventstream`); pure.
//!
//! A message is its length, the length of its headers, a checksum of both, the headers, the payload, and a checksum of it
//! all; numbers are big-endian. Of the types that headers may have only text is written.

/// The content type.
pub const CONTENT_TYPE: &str = "application/vnd.amazon.eventstream";

/// The type of a header whose value is text.
const TEXT: u8 = 7;

/// Lengths and their checksum.
const PRELUDE_BYTES: usize = 12;

/// An event: what kind of event it is, and what its payload is.
#[must_use]
pub fn event(event_type: &str, content_type: &str, payload: &[u8]) -> Vec<u8> {
    message(
        &[(":event-type", event_type), (":content-type", content_type), (":message-type", "event")],
        payload,
    )
}

/// A message. Names of headers have at most 255 bytes, values at most 65,535; what is longer is cut.
#[must_use]
pub fn message(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
    let mut out = vec![0; PRELUDE_BYTES];
    for (name, value) in headers {
        let (name, value) = (name.as_bytes(), value.as_bytes());
        let (name, value) = (&name[..name.len().min(255)], &value[..value.len().min(65_535)]);
        out.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(name);
        out.push(TEXT);
        out.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
        out.extend_from_slice(value);
    }
    let headers_bytes = out.len() - PRELUDE_BYTES;
    out.extend_from_slice(payload);
    let whole = out.len() + 4;
    // Nothing that is answered is as large as what does not fit.
    out[..4].copy_from_slice(&u32::try_from(whole).unwrap_or(u32::MAX).to_be_bytes());
    out[4..8].copy_from_slice(&u32::try_from(headers_bytes).unwrap_or(u32::MAX).to_be_bytes());
    let prelude = crc32fast::hash(&out[..8]);
    out[8..12].copy_from_slice(&prelude.to_be_bytes());
    let all = crc32fast::hash(&out);
    out.extend_from_slice(&all.to_be_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_byte_by_byte() {
        // An empty message, as AWS's description of the format has it.
        assert_eq!(message(&[], b""), [0, 0, 0, 16, 0, 0, 0, 0, 5, 0xc2, 0x48, 0xeb, 0x7d, 0x98, 0xc8, 0xff]);
        let headers = [("content-type", "application/json")];
        let text = message(&headers, b"{'foo':'bar'}");
        assert_eq!(text[..12], [0, 0, 0, 0x3d, 0, 0, 0, 0x20, 0x07, 0xfd, 0x83, 0x96]);
        assert_eq!(text[12..28], *b"\x0ccontent-type\x07\x00\x10");
        assert_eq!(text[text.len() - 4..], [0x8d, 0x9c, 0x08, 0xb1]);
    }

    #[test]
    fn an_event_names_itself() {
        let event = event("PayloadChunk", "application/octet-stream", b"xyz");
        let text = String::from_utf8_lossy(&event);
        for part in [":event-type", "PayloadChunk", ":message-type", "event", "xyz"] {
            assert!(text.contains(part), "{part}");
        }
        assert_eq!(u32::from_be_bytes(event[..4].try_into().unwrap()) as usize, event.len());
    }

    #[test]
    fn names_and_values_that_are_too_long_are_cut() {
        let (name, value) = ("n".repeat(300), "v".repeat(70_000));
        assert_eq!(message(&[(&name, &value)], b"").len(), 12 + 1 + 255 + 1 + 2 + 65_535 + 4);
    }
}
