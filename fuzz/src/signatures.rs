//! Signed requests: a target on the first line, headers on the next ones, and a body after an empty line. The right signature lets a
//! request in, in its header or in its query, and no other does.

/// See the module.
pub fn target(data: &[u8]) {
    server::fuzzing::signed(data);
}
