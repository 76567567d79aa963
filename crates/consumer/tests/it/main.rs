//! The crate under simulation: a service, groups of workers and replicas, on one clock and from one seed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod group;
mod replica;
mod service;

use proptest::test_runner::{Config, RngSeed};

/// The same few runs each time where all tests are run; others, as many as one likes, by `PROPTEST_CASES`.
fn runs(max_shrink_iters: u32) -> Config {
    let asked = std::env::var("PROPTEST_CASES").ok();
    let cases = asked.as_deref().and_then(|runs| runs.parse().ok()).unwrap_or(40);
    let rng_seed = if asked.is_some() { RngSeed::Random } else { RngSeed::Fixed(6) };
    Config { cases, max_shrink_iters, rng_seed, ..Config::default() }
}
