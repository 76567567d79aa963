//! What a request promises about its body, before that is read.

use super::signature::{hex, is_signed};
use sha2::{Digest, Sha256};

/// What `x-amz-content-sha256` may say in place of a hash.
pub(super) const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
const CHUNKS_UNSIGNED: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
const CHUNKS_SIGNED: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const CHUNKS_SIGNED_TRAILERS: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";

/// The hash of nothing.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// What is known of a body beforehand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Payload {
    /// Nothing.
    Unsigned,
    /// Its hash, in hex.
    Hashed(String),
    /// It comes in chunks; whether those, and the trailers, are signed.
    Chunked {
        /// Each chunk.
        chunks: bool,
        /// What stands behind the last one.
        trailers: bool,
    },
}

impl Payload {
    /// What the value of `x-amz-content-sha256` says; `None` where it is no such value.
    pub(super) fn declared(value: &str) -> Option<Self> {
        let is_hash = value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
        Some(match value {
            UNSIGNED => Self::Unsigned,
            CHUNKS_UNSIGNED => Self::Chunked { chunks: false, trailers: false },
            CHUNKS_SIGNED => Self::Chunked { chunks: true, trailers: false },
            CHUNKS_SIGNED_TRAILERS => Self::Chunked { chunks: true, trailers: true },
            hash if is_hash => Self::Hashed(hash.to_ascii_lowercase()),
            _ => return None,
        })
    }
}

/// Checks the signatures of a body's chunks, each of which signs the one before it.
#[derive(Debug)]
pub(crate) struct ChunkSigner {
    pub(super) key: Vec<u8>,
    pub(super) time: String,
    pub(super) scope: String,
    /// The signature before: at first the request's own.
    pub(super) previous: String,
}

impl ChunkSigner {
    /// Whether this is the signature of the next chunk, whose data have this hash.
    pub(crate) fn chunk(&mut self, hash: &str, signature: &str) -> bool {
        let text = format!(
            "AWS4-HMAC-SHA256-PAYLOAD\n{}\n{}\n{}\n{EMPTY}\n{hash}",
            self.time, self.scope, self.previous
        );
        self.check(&text, signature)
    }

    /// Whether this is the signature of the trailers.
    pub(crate) fn trailers(&mut self, trailers: &[(String, String)], signature: &str) -> bool {
        let mut hasher = Sha256::new();
        for (name, value) in trailers {
            for part in [name, ":", value, "\n"] {
                hasher.update(part);
            }
        }
        let hash = hex(&hasher.finalize());
        let text =
            format!("AWS4-HMAC-SHA256-TRAILER\n{}\n{}\n{}\n{hash}", self.time, self.scope, self.previous);
        self.check(&text, signature)
    }

    fn check(&mut self, text: &str, signature: &str) -> bool {
        let right = is_signed(&self.key, text, signature);
        signature.clone_into(&mut self.previous);
        right
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authentication::claim::Claim;
    use crate::authentication::signature::signing_key;

    fn claim() -> Claim<'static> {
        Claim {
            access_key: "AKIAIOSFODNN7EXAMPLE",
            day: "20130524",
            region: "us-east-1",
            service: "s3",
            scope: "20130524/us-east-1/s3/aws4_request",
            signed_headers: "",
            signature: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
        }
    }

    fn hash(data: &[u8]) -> String {
        hex(&Sha256::digest(data))
    }

    /// The worked example of AWS's documentation of signatures for chunks.
    #[test]
    fn the_documented_chunks_are_right_and_any_change_makes_them_wrong() {
        let claim = claim();
        let signer = || ChunkSigner {
            key: signing_key(&claim, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            time: "20130524T000000Z".into(),
            scope: claim.scope.into(),
            previous: claim.signature.into(),
        };
        let first = "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648";
        let second = "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497";
        let last = "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9";
        let mut right = signer();
        assert!(right.chunk(&hash(&[b'a'; 65_536]), first));
        assert!(right.chunk(&hash(&[b'a'; 1_024]), second));
        assert!(right.chunk(&hash(b""), last));
        assert!(!signer().chunk(&hash(&[b'a'; 65_535]), first));
        assert!(!signer().chunk(&hash(&[b'a'; 1_024]), second), "out of order");
        assert!(!signer().chunk(&hash(b""), ""));
    }

    /// The worked example of AWS's documentation of signatures for trailers.
    #[test]
    fn the_documented_trailers_are_right_and_any_change_makes_them_wrong() {
        let claim = claim();
        let signed = || {
            let mut signer = ChunkSigner {
                key: signing_key(&claim, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
                time: "20130524T000000Z".into(),
                scope: claim.scope.into(),
                previous: "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e".into(),
            };
            let chunks = [
                (vec![b'a'; 65_536], "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"),
                (vec![b'a'; 1_024], "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"),
                (Vec::new(), "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"),
            ];
            for (data, signature) in chunks {
                assert!(signer.chunk(&hash(&data), signature));
            }
            signer
        };
        let trailers = |value: &str| [("x-amz-checksum-crc32c".to_owned(), value.to_owned())];
        let signature = "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435";
        assert!(signed().trailers(&trailers("sOO8/Q=="), signature));
        assert!(!signed().trailers(&trailers("sOO8/g=="), signature));
        assert!(!signed().trailers(&[], signature));
        assert!(!signed().trailers(&trailers("sOO8/Q=="), ""));
    }

    #[test]
    fn a_declaration_is_a_hash_or_one_of_the_words() {
        assert_eq!(Payload::declared(EMPTY), Some(Payload::Hashed(EMPTY.into())));
        assert_eq!(Payload::declared(UNSIGNED), Some(Payload::Unsigned));
        for text in ["", "e3b0", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", &"g".repeat(64)] {
            assert_eq!(Payload::declared(text), None, "{text}");
        }
    }
}
