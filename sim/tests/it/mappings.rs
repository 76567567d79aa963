//! Mappings: a few seeds, each twice. More of them: `cargo run --release -p tailwater-sim -- --mappings --seeds 0..200`.

use crate::seeds::{all_below, assert_happened, has_defect, twice};
use sim::Scale;
use sim::mappings::{Coverage, run};

const SEEDS: u64 = 16;

const SEEDS_WITH_DEFECT: u64 = 100;

const SCALE: Scale = Scale { lives: 3, phases: 1, clients: 3, operations: 14 };

/// Seeds of whole runs that showed something, each with what it was.
const SHOWED_SOMETHING: [u64; 2] = [
    // The answer to a call without a window was held to owe a state, because windows had come meanwhile.
    1007, 1009,
];

#[test]
fn seeds_that_showed_something_once() {
    for seed in SHOWED_SOMETHING {
        twice(seed, |seed| run(seed, Scale::default()));
    }
}

#[test]
fn every_record_is_done_or_given_up_by_a_rule() {
    let seeds = if has_defect() { SEEDS_WITH_DEFECT } else { SEEDS };
    let reports = all_below(seeds, |seed| twice(seed, |seed| run(seed, SCALE)));
    let sum = |of: fn(&Coverage) -> u64| reports.iter().map(|report| of(&report.counts)).sum::<u64>();
    assert_happened([
        ("records", sum(|counts| counts.records), 1_000),
        ("calls", sum(|counts| counts.calls), 2_000),
        ("calls that failed", sum(|counts| counts.calls_failed), 200),
        ("calls that did a part", sum(|counts| counts.calls_partly_done), 50),
        ("throttles", sum(|counts| counts.calls_throttled), 100),
        ("calls that a crash cut off", sum(|counts| counts.calls_cut_off), 10),
        ("windows closed", sum(|counts| counts.windows_closed), 20),
        ("records given up", sum(|counts| counts.records_given_up), 50),
        ("records too old", sum(|counts| counts.records_too_old), 10),
        ("records given again", sum(|counts| counts.records_given_again), 200),
        ("messages of OnFailure", sum(|counts| counts.on_failure_messages), 50),
        ("updates", sum(|counts| counts.updates), 200),
        ("switches", sum(|counts| counts.switches), 50),
        ("splits, merges and rolls", sum(|counts| counts.reshards), 50),
        ("messages", sum(|counts| counts.messages), 300),
        ("dead letters", sum(|counts| counts.dead_letters), 20),
        (
            "power cut",
            reports.iter().map(|report| report.faults.cut_before + report.faults.cut_after).sum(),
            3,
        ),
        ("outcomes lost", reports.iter().map(|report| report.faults.unknown_done).sum(), 3),
    ]);
}
