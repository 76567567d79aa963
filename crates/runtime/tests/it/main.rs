//! Functions are run as a server runs them: real processes, real interpreters, the real watcher.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "these are tests"
)]

mod bootstraps;
mod ends;
mod errors;
mod harness;
mod limits;
mod logs;
mod node;
mod official;
mod pool;
mod python;
mod streaming;
