//! Faults that are asked for at `/_tailwater/faults`: one that is taken is shown so that it can be asked for again.

/// See the module.
pub fn target(data: &[u8]) {
    tailwater::fuzzing::asked_fault(data);
}
