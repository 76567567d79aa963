//! The stores against their contract, and the embedded one against crashes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "these are tests"
)]

mod contract;
mod misnumbered;
