//! What a connection remembers of its last request, since the next one is mostly from the same caller.

use crate::Identity;
use std::sync::{Mutex, PoisonError};

/// The part of an `Authorization` header after which only the signature differs.
const SIGNATURE: &str = "Signature=";

/// Who the last request was from whose signature is not verified.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<Option<(Box<str>, Identity)>>);

impl Memory {
    /// The identity of a header that is the last one's but for the signature at its end.
    pub(super) fn recall(&self, header: &[u8]) -> Option<Identity> {
        let memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (start, identity) = memory.as_ref()?;
        let signature = header.strip_prefix(start.as_bytes())?;
        let is_last = !signature.is_empty() && signature.iter().all(u8::is_ascii_hexdigit);
        is_last.then(|| identity.clone())
    }

    /// Remembers the identity that was found in a header.
    pub(super) fn keep(&self, header: &str, identity: &Identity) {
        let Some(at) = header.rfind(SIGNATURE) else { return };
        let start = header[..at + SIGNATURE.len()].into();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((start, identity.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_signature_at_the_end_is_the_same_caller() {
        let (memory, identity) = (Memory::default(), Identity::new("key", "eu-west-1"));
        let header =
            |start: &str, signature: &str| format!("{start}, SignedHeaders=host, Signature={signature}");
        memory.keep(&header("AWS4-HMAC-SHA256 Credential=key/d/eu-west-1/s/t", "00ff"), &identity);
        let recall = |start: &str, signature: &str| memory.recall(header(start, signature).as_bytes());
        assert_eq!(recall("AWS4-HMAC-SHA256 Credential=key/d/eu-west-1/s/t", "abcd"), Some(identity));
        for signature in ["", "00,Credential=other/d/r/s/t", "00\u{e9}"] {
            assert_eq!(recall("AWS4-HMAC-SHA256 Credential=key/d/eu-west-1/s/t", signature), None);
        }
        assert_eq!(recall("AWS4-HMAC-SHA256 Credential=key/d/eu-west-2/s/t", "00ff"), None);
    }
}
