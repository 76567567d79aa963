//! Mappings: a few seeds, each twice. More of them: `cargo run --release -p tailwater-sim -- --mappings --seeds 0..200`.

use sim::Scale;
use sim::mappings::{Coverage, Report, run};

const SEEDS: u64 = 16;

/// With a defect planted: the first seed that meets it ends the run, and it may be rare.
const SEEDS_WITH_DEFECT: u64 = 100;

const THREADS: u64 = 2;

const SCALE: Scale = Scale { lives: 3, phases: 1, clients: 3, operations: 14 };

fn has_defect() -> bool {
    std::env::var_os("TAILWATER_MUTANT").is_some()
}

fn twice(seed: u64) -> Report {
    let report = run(seed, SCALE).unwrap_or_else(|violation| panic!("{violation}"));
    if has_defect() {
        return report;
    }
    let again = run(seed, SCALE).unwrap_or_else(|violation| panic!("{violation}"));
    assert_eq!(report, again, "seed {seed} is not the same run twice");
    report
}

#[test]
fn every_record_is_done_or_given_up_by_a_rule() {
    let seeds = if has_defect() { SEEDS_WITH_DEFECT } else { SEEDS };
    let of = |first: u64| {
        let seeds = (first..seeds).step_by(THREADS as usize);
        environment::spawn_thread("seeds", move || seeds.map(twice).collect::<Vec<_>>()).unwrap()
    };
    let threads: Vec<_> = (0..THREADS).map(of).collect();
    let reports: Vec<Report> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    let sum = |of: fn(&Coverage) -> u64| reports.iter().map(|report| of(&report.counts)).sum::<u64>();
    // Runs in which nothing of the kind happens prove nothing of it.
    for (what, count, least) in [
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
    ] {
        println!("{what}: {count}");
        assert!(count >= least, "{what}: {count} of at least {least}");
    }
}
