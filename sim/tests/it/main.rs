//! A few seeds, each twice. More of them: `cargo run --release -p tailwater-sim -- --seeds 0..200`.
#![cfg(test)]

mod mappings;
mod servers;

use sim::{Coverage, Report, Scale, run};

const SEEDS: u64 = 30;

/// With a defect planted: the first seed that meets it ends the run, and it may be rare.
const SEEDS_WITH_DEFECT: u64 = 200;

/// Threads that seeds are spread over.
const THREADS: u64 = 2;

/// Short runs, so that there is time for many.
const SCALE: Scale = Scale { lives: 3, phases: 2, clients: 5, operations: 8 };

/// Runs a seed twice.
fn twice(seed: u64) -> Report {
    let report = run(seed, SCALE).unwrap_or_else(|violation| panic!("{violation}"));
    let again = run(seed, SCALE).unwrap_or_else(|violation| panic!("{violation}"));
    assert_eq!(report, again, "seed {seed} is not the same run twice");
    assert!(report.faults_fired() > 0, "nothing failed in seed {seed}");
    report
}

fn every(seeds: impl Iterator<Item = u64> + Send + 'static) -> std::thread::JoinHandle<Vec<Report>> {
    environment::spawn_thread("seeds", move || seeds.map(twice).collect()).unwrap()
}

#[test]
fn every_promise_holds_and_every_seed_repeats_itself() {
    let seeds = if std::env::var_os("TAILWATER_MUTANT").is_some() { SEEDS_WITH_DEFECT } else { SEEDS };
    let threads: Vec<_> = (0..THREADS).map(|first| every((first..seeds).step_by(THREADS as usize))).collect();
    let reports: Vec<Report> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    let sum = |of: fn(&Coverage) -> u64| reports.iter().map(|report| of(&report.counts)).sum::<u64>();
    // Runs in which nothing of the kind happens prove nothing of it.
    for (what, count, least) in [
        ("writes answered", sum(|counts| counts.done), 3_000),
        ("answers lost", sum(|counts| counts.lost), 50),
        ("conditions failed", sum(|counts| counts.conditions_failed), 100),
        ("transactions cancelled", sum(|counts| counts.transactions_cancelled), 20),
        ("transactions repeated by token", sum(|counts| counts.tokens_repeated), 1),
        ("splits and rolls", sum(|counts| counts.resharded), 40),
        ("indexes made", sum(|counts| counts.indexes_made), 20),
        ("tables made", sum(|counts| counts.tables_made), 20),
        ("iterators expired", sum(|counts| counts.iterators_expired), 20),
        ("records trimmed", sum(|counts| counts.records_trimmed), 200),
        ("items expired", sum(|counts| counts.expired_items), 20),
        ("ends of shards read", sum(|counts| counts.shard_ends_read), 50),
        ("records taken back", sum(|counts| counts.records_taken_back), 10),
        ("checks", sum(|counts| counts.checks), 200),
        ("power cut before a commit", reports.iter().map(|report| report.faults.cut_before).sum(), 3),
        ("power cut after a commit", reports.iter().map(|report| report.faults.cut_after).sum(), 3),
        ("syncs failed", reports.iter().map(|report| report.faults.sync_error).sum(), 3),
        ("outcomes lost", reports.iter().map(|report| report.faults.unknown_done).sum(), 10),
        ("conflicts", reports.iter().map(|report| report.faults.conflict).sum(), 10),
    ] {
        println!("{what}: {count}");
        assert!(count >= least, "{what}: {count} of at least {least}");
    }
}
