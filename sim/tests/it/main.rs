//! A few seeds, each twice. More of them: `cargo run -p tailwater-sim -- --seeds 0..200`.
#![cfg(test)]

use sim::{Coverage, Scale, run};

const SEEDS: u64 = 30;

#[test]
fn every_promise_holds_and_every_seed_repeats_itself() {
    let mut sum = Coverage::default();
    let mut taken_back = 0;
    for seed in 0..SEEDS {
        let report = run(seed, Scale::default()).unwrap_or_else(|violation| panic!("{violation}"));
        let again = run(seed, Scale::default()).unwrap_or_else(|violation| panic!("{violation}"));
        assert_eq!(report, again, "seed {seed} is not the same run twice");
        assert!(report.faults_fired() > 0, "nothing failed in seed {seed}");
        taken_back += report.faults.taken_back;
        let counts = report.counts;
        sum.done += counts.done;
        sum.lost += counts.lost;
        sum.conditions_failed += counts.conditions_failed;
        sum.transactions_cancelled += counts.transactions_cancelled;
        sum.tokens_repeated += counts.tokens_repeated;
        sum.resharded += counts.resharded;
        sum.indexes_made += counts.indexes_made;
        sum.tables_made += counts.tables_made;
        sum.iterators_expired += counts.iterators_expired;
        sum.records_trimmed += counts.records_trimmed;
        sum.expired_items += counts.expired_items;
        sum.shard_ends_read += counts.shard_ends_read;
        sum.checks += counts.checks;
    }
    println!("{sum:?}, {taken_back} commits taken back");
    // A run in which nothing of the kind happens proves nothing of it.
    let Coverage { done, lost, conditions_failed, transactions_cancelled, resharded, indexes_made, .. } = sum;
    for (count, least) in [
        (done, 5_000),
        (lost, 100),
        (conditions_failed, 100),
        (transactions_cancelled, 20),
        (resharded, 50),
        (indexes_made, 20),
        (sum.tables_made, 10),
        (sum.iterators_expired, 10),
        (sum.records_trimmed, 100),
        (sum.expired_items, 20),
        (sum.shard_ends_read, 20),
        (sum.checks, 300),
        (taken_back, 10),
    ] {
        assert!(count >= least, "{count} of at least {least}: {sum:?}");
    }
}
