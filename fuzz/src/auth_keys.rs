//! Files of keys for `--auth`: what is read of one comes back when it is written, and no key is empty.

/// See the module.
pub fn target(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        tailwater::fuzzing::keys(text);
    }
}
