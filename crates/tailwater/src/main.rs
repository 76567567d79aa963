//! The Tailwater binary.
fn main() {}
