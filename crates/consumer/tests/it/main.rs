//! The crate under simulation: a service, groups of workers and replicas, on one clock and from one seed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod group;
mod replica;
mod service;
