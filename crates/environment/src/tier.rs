//! How much the tests do of what they repeat.

/// So often, or `TAILWATER_TIMES` times that: the tier `full` of `tests/run` has more rounds, stories and mutations than what
/// must pass before every change.
#[must_use]
pub fn repeated(usual: u64) -> u64 {
    let times = std::env::var("TAILWATER_TIMES").ok().and_then(|times| times.parse().ok());
    usual.saturating_mul(times.unwrap_or(1))
}
