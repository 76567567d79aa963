//! What the fuzz target needs of the reader of output.

use super::splitter::Splitter;

/// The messages of output that comes in pieces of this size.
#[must_use]
pub fn messages(output: &[u8], piece_bytes: usize) -> Vec<String> {
    let (mut splitter, mut messages) = (Splitter::default(), Vec::new());
    for piece in output.chunks(piece_bytes.max(1)) {
        splitter.push(piece, &mut messages);
    }
    splitter.finish(&mut messages);
    messages
}
