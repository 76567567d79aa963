//! What the embedded store finds on disk: its rows, values, blocks of records and small files.

/// See the module.
pub fn target(data: &[u8]) {
    store::fuzzing::read(data);
}
