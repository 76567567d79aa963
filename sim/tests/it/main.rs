//! A few seeds, each twice. More of them: `cargo run --release -p tailwater-sim -- --seeds 0..200`.
#![cfg(test)]

mod mappings;
mod seeds;
mod servers;

use seeds::{all_below, assert_happened, has_defect, twice};
use sim::{Coverage, Report, Scale, run};

const SEEDS: u64 = 30;

const SEEDS_WITH_DEFECT: u64 = 200;

/// Short runs, so that there is time for many.
const SCALE: Scale = Scale { lives: 3, phases: 2, clients: 5, operations: 8 };

fn shown(seed: u64) -> Report {
    let report = twice(seed, |seed| run(seed, SCALE));
    assert!(report.faults_fired() > 0, "nothing failed in seed {seed}");
    report
}

#[test]
fn every_promise_holds_and_every_seed_repeats_itself() {
    let reports = all_below(if has_defect() { SEEDS_WITH_DEFECT } else { SEEDS }, shown);
    let sum = |of: fn(&Coverage) -> u64| reports.iter().map(|report| of(&report.counts)).sum::<u64>();
    assert_happened([
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
    ]);
}
