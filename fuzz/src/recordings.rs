//! Recordings of streams, as `tailwater replay` reads them: what is read of one comes back when it is written, and what is not
//! read is told with a line that there is. The text is read as a moment and as a duration, too.

/// See the module.
pub fn target(data: &[u8]) {
    tailwater::fuzzing::recording(data);
    if let Ok(text) = std::str::from_utf8(data) {
        tailwater::fuzzing::time(text);
    }
}
