//! Checksums of objects: those that S3 knows.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use crc_fast::{CrcAlgorithm, checksum_combine};
use md5::Md5;
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use xxhash_rust::xxh3::Xxh3;
use xxhash_rust::xxh64::Xxh64;

/// A way to compute a checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "they are their names")]
pub enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
    Sha512,
    Md5,
    XxHash64,
    XxHash3,
    XxHash128,
}

/// What a checksum is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChecksumKind {
    /// All bytes of the object.
    FullObject,
    /// The checksums of its parts.
    Composite,
}

impl ChecksumKind {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::FullObject => "FULL_OBJECT",
            Self::Composite => "COMPOSITE",
        }
    }
}

/// A checksum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checksum {
    /// How it was computed.
    pub algorithm: Algorithm,
    /// In base64; of a composite one with a hyphen and the number of parts.
    pub value: String,
    /// Of what.
    pub kind: ChecksumKind,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Crc32,
        Self::Crc32c,
        Self::Crc64Nvme,
        Self::Sha1,
        Self::Sha256,
        Self::Sha512,
        Self::Md5,
        Self::XxHash64,
        Self::XxHash3,
        Self::XxHash128,
    ];

    /// Its name, as `x-amz-sdk-checksum-algorithm` has it; in lower case, what follows `x-amz-checksum-`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
            Self::Md5 => "MD5",
            Self::XxHash64 => "XXHASH64",
            Self::XxHash3 => "XXHASH3",
            Self::XxHash128 => "XXHASH128",
        }
    }

    /// The one of this name, however it is written.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name().eq_ignore_ascii_case(name))
    }

    /// How many bytes its checksums have.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme | Self::XxHash64 | Self::XxHash3 => 8,
            Self::Md5 | Self::XxHash128 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    /// Whether the checksum of a whole can be computed from those of its parts.
    #[must_use]
    pub fn combines(self) -> bool {
        self.crc().is_some()
    }

    fn crc(self) -> Option<CrcAlgorithm> {
        match self {
            Self::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
            Self::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
            Self::Crc64Nvme => Some(CrcAlgorithm::Crc64Nvme),
            _ => None,
        }
    }

    /// The checksum of a whole from those of its parts, each with the length of the part; `None` where it cannot be
    /// computed so.
    pub(super) fn combine<'a>(self, parts: impl IntoIterator<Item = (&'a str, u64)>) -> Option<String> {
        let crc = self.crc()?;
        let mut whole: Option<u64> = None;
        for (part, length) in parts {
            let bytes = BASE64.decode(part).ok()?;
            let part = bytes.iter().fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
            whole = Some(whole.map_or(part, |whole| checksum_combine(crc, whole, part, length)));
        }
        let whole = whole?.to_be_bytes();
        Some(BASE64.encode(&whole[8 - self.bytes()..]))
    }

    /// The checksum of the checksums of parts; `None` where one of them is none.
    pub(super) fn composite<'a>(self, parts: impl IntoIterator<Item = &'a str>) -> Option<String> {
        let mut hasher = Hasher::new(self);
        let mut count = 0;
        for part in parts {
            hasher.update(&BASE64.decode(part).ok()?);
            count += 1;
        }
        Some(format!("{}-{count}", hasher.finish()))
    }
}

/// Computes a checksum.
pub(super) enum Hasher {
    Crc(CrcAlgorithm, crc_fast::Digest),
    Sha1(Sha1),
    Sha256(Sha256),
    Sha512(Box<Sha512>),
    Md5(Md5),
    Xx64(Xxh64),
    Xx3(Box<Xxh3>),
    Xx128(Box<Xxh3>),
}

impl Hasher {
    pub(super) fn new(algorithm: Algorithm) -> Self {
        if let Some(crc) = algorithm.crc() {
            return Self::Crc(crc, crc_fast::Digest::new(crc));
        }
        match algorithm {
            Algorithm::Sha1 => Self::Sha1(Sha1::new()),
            Algorithm::Sha512 => Self::Sha512(Box::default()),
            Algorithm::Md5 => Self::Md5(Md5::new()),
            Algorithm::XxHash64 => Self::Xx64(Xxh64::new(0)),
            Algorithm::XxHash3 => Self::Xx3(Box::default()),
            Algorithm::XxHash128 => Self::Xx128(Box::default()),
            _ => Self::Sha256(Sha256::new()),
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Crc(_, digest) => digest.update(bytes),
            Self::Sha1(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
            Self::Md5(hasher) => hasher.update(bytes),
            Self::Xx64(hasher) => hasher.update(bytes),
            Self::Xx3(hasher) | Self::Xx128(hasher) => hasher.update(bytes),
        }
    }

    /// The checksum in base64.
    pub(super) fn finish(self) -> String {
        match self {
            Self::Crc(CrcAlgorithm::Crc64Nvme, digest) => BASE64.encode(digest.finalize().to_be_bytes()),
            Self::Crc(_, digest) => BASE64.encode(&digest.finalize().to_be_bytes()[4..]),
            Self::Sha1(hasher) => BASE64.encode(hasher.finalize()),
            Self::Sha256(hasher) => BASE64.encode(hasher.finalize()),
            Self::Sha512(hasher) => BASE64.encode(hasher.finalize()),
            Self::Md5(hasher) => BASE64.encode(hasher.finalize()),
            Self::Xx64(hasher) => BASE64.encode(hasher.digest().to_be_bytes()),
            Self::Xx3(hasher) => BASE64.encode(hasher.digest().to_be_bytes()),
            Self::Xx128(hasher) => BASE64.encode(hasher.digest128().to_be_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(algorithm: Algorithm, bytes: &[u8]) -> String {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(bytes);
        hasher.finish()
    }

    #[test]
    fn checksums_are_those_of_the_check_text() {
        let text = b"123456789";
        let cases = [
            (Algorithm::Crc32, "cbf43926"),
            (Algorithm::Crc32c, "e3069283"),
            (Algorithm::Crc64Nvme, "ae8b14860a799888"),
            (Algorithm::Md5, "25f9e794323b453885f5181f1b624d0b"),
            (Algorithm::Sha1, "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
            (Algorithm::Sha256, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
            (Algorithm::XxHash64, "8cb841db40e6ae83"),
        ];
        for (algorithm, hex) in cases {
            let bytes = BASE64.decode(of(algorithm, text)).unwrap();
            let found: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(found, hex, "{algorithm:?}");
            assert_eq!(bytes.len(), algorithm.bytes());
        }
        for algorithm in Algorithm::ALL {
            assert_eq!(BASE64.decode(of(algorithm, text)).unwrap().len(), algorithm.bytes());
            assert_eq!(Algorithm::named(&algorithm.name().to_lowercase()), Some(algorithm));
        }
    }

    #[test]
    fn the_checksum_of_a_whole_follows_from_its_parts() {
        let parts: [&[u8]; 3] = [b"1234", b"56", b"789"];
        for algorithm in [Algorithm::Crc32, Algorithm::Crc32c, Algorithm::Crc64Nvme] {
            let sums: Vec<String> = parts.iter().map(|part| of(algorithm, part)).collect();
            let pairs = sums.iter().zip(parts).map(|(sum, part)| (sum.as_str(), part.len() as u64));
            assert_eq!(algorithm.combine(pairs), Some(of(algorithm, b"123456789")));
        }
        assert_eq!(Algorithm::Sha256.combine([("", 0)]), None);
        let composite = Algorithm::Sha1.composite([of(Algorithm::Sha1, b"1").as_str()]).unwrap();
        assert!(composite.ends_with("-1"), "{composite}");
    }
}
