//! Defects that are planted on purpose, so that the suites can show that they would catch them.
//!
//! A program has none of them: they are compiled in by `--cfg tailwater_mutants` alone, and then the variable
//! `TAILWATER_MUTANT` chooses one, so that one build serves for all. `tests/mutants/run` knows which suite has
//! to catch which.

/// Whether this defect is to be there now. Without `--cfg tailwater_mutants` it is the constant `false`.
#[cfg(not(tailwater_mutants))]
#[inline(always)]
#[must_use]
pub const fn planted(_defect: &str) -> bool {
    false
}

/// Whether this defect is to be there now: whether `TAILWATER_MUTANT` names it.
#[cfg(tailwater_mutants)]
#[must_use]
pub fn planted(defect: &str) -> bool {
    static CHOSEN: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    let chosen = CHOSEN.get_or_init(|| std::env::var("TAILWATER_MUTANT").ok());
    chosen.as_deref() == Some(defect)
}
