//! What subscribers of streams ask for: a path with its query, and on the next line the last event that they had.

/// See the module.
pub fn target(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        tailwater::fuzzing::subscription(text);
    }
}
