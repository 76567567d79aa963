//! Defects that are planted on purpose, so that the suites can show that they would catch them.
//!
//! A release build has none of them. In a build with debug assertions, as the tests are, the variable `TAILWATER_MUTANT`
//! chooses one when the program starts, so that the build of the tests serves for all. `tests/mutants/run` knows which suite
//! has to catch which.

/// Whether this defect is to be there now. In a release build it is the constant `false`.
#[cfg(not(debug_assertions))]
#[inline(always)]
#[must_use]
pub const fn planted(_defect: &str) -> bool {
    false
}

/// Whether this defect is to be there now: whether `TAILWATER_MUTANT` names it.
#[cfg(debug_assertions)]
#[must_use]
pub fn planted(defect: &str) -> bool {
    static CHOSEN: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    let chosen = CHOSEN.get_or_init(|| std::env::var("TAILWATER_MUTANT").ok());
    chosen.as_deref() == Some(defect)
}
