//! Seeds, each run twice, on two threads.

use sim::Violation;
use std::fmt::Debug;

/// Threads that seeds are spread over.
const THREADS: u64 = 2;

/// Whether a defect is planted. Then a seed is run once, and more of them are: the first that meets it ends the run, and
/// it may be rare.
pub(crate) fn has_defect() -> bool {
    std::env::var_os("TAILWATER_MUTANT").is_some()
}

/// Runs a seed twice, to the same end.
pub(crate) fn twice<R: Debug + PartialEq>(seed: u64, run: impl Fn(u64) -> Result<R, Violation>) -> R {
    let report = run(seed).unwrap_or_else(|violation| panic!("{violation}"));
    if !has_defect() {
        let again = run(seed).unwrap_or_else(|violation| panic!("{violation}"));
        assert_eq!(report, again, "seed {seed} is not the same run twice");
    }
    report
}

/// What the seeds below this one come to.
pub(crate) fn all_below<R: Send + 'static>(seeds: u64, run: fn(u64) -> R) -> Vec<R> {
    let of = |first: u64| {
        let seeds = (first..seeds).step_by(THREADS as usize);
        environment::spawn_thread("seeds", move || seeds.map(run).collect::<Vec<_>>()).unwrap()
    };
    let threads: Vec<_> = (0..THREADS).map(of).collect();
    threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
}

/// Asserts that everything happened that the runs are about: those in which nothing of the kind happens prove nothing of it.
pub(crate) fn assert_happened<const N: usize>(counts: [(&str, u64, u64); N]) {
    for (what, count, least) in counts {
        println!("{what}: {count}");
        assert!(count >= least, "{what}: {count} of at least {least}");
    }
}
