//! Heads of requests at the front door: hosts and pages that are let in, codings, signatures in headers and links.

/// See the module.
pub fn target(data: &[u8]) {
    server::fuzzing::read(data);
}
