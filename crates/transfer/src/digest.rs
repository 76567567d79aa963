//! MD5, which the manifests of an export and the tags of objects are made with.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Digest;

/// The MD5 of what it was given.
#[derive(Clone, Default)]
pub struct Md5(md5::Md5);

impl Md5 {
    /// The MD5 of these bytes alone.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Md5 {
        let mut digest = Md5::default();
        digest.update(bytes);
        digest
    }

    /// Takes more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// In base64, as `Content-MD5` has it.
    #[must_use]
    pub fn base64(&self) -> String {
        STANDARD.encode(self.0.clone().finalize())
    }

    /// In hexadecimal digits, as the tags of objects have it.
    #[must_use]
    pub fn hex(&self) -> String {
        self.0.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl std::fmt::Debug for Md5 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.hex())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_md5() {
        assert_eq!(Md5::of(b"").hex(), "d41d8cd98f00b204e9800998ecf8427e");
        let mut digest = Md5::default();
        digest.update(b"The quick brown fox jumps ");
        digest.update(b"over the lazy dog");
        assert_eq!(digest.hex(), "9e107d9d372bb6826bd81d3542a419d6");
        assert_eq!(digest.base64(), "nhB9nTcrtoJr2B01QqQZ1g==");
    }
}
