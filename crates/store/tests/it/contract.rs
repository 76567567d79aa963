//! The contract suite on every store.

use crate::overlapping::{Numbering, Overlapping};
use environment::Environment;
use store::contract::{self, Load};
use store::{Durability, Embedded, EmbeddedOptions, Faults, Faulty, Memory};

#[test]
fn the_memory_store_keeps_it() {
    for seed in 0..5 {
        contract::check(&Memory::new(usize::MAX), Load::small(seed)).unwrap();
    }
}

#[test]
fn the_faulty_store_keeps_it() {
    for seed in 0..5 {
        contract::check(&Faulty::new(Faults::some(), seed), Load::small(seed)).unwrap();
    }
}

#[test]
fn the_embedded_store_keeps_it_over_restarts() {
    for (seed, durability) in
        [(10, Durability::Sync), (20, Durability::Interval { interval_ms: 5 }), (30, Durability::Buffer)]
    {
        let directory = tempfile::tempdir().unwrap();
        let options = EmbeddedOptions { durability, free_bytes_min: 0, cache_bytes: 8 << 20 };
        let open = || Embedded::open(directory.path(), options, &Environment::system()).unwrap();
        let load = Load { commits: 60, ..Load::small(seed) };
        let mut history = contract::check(&open(), load).unwrap();
        for _ in 0..2 {
            history = contract::check_restarted(&open(), &history).unwrap();
        }
    }
}

#[test]
fn a_store_of_overlapping_commits_keeps_it() {
    for seed in 0..5 {
        // Without a look at the keys too, so that the logs alone have to betray a wrong numbering.
        for compare in [true, false] {
            let load = Load { compare, ..Load::small(seed) };
            contract::check(&Overlapping::new(Numbering::planted()), load).unwrap();
        }
    }
}

/// A suite that no wrong store fails proves nothing: two ways of numbering that others have used.
#[test]
fn wrong_numberings_are_caught() {
    for (numbering, law) in [(Numbering::CounterBeforeCommit, "L1"), (Numbering::TransactionAtStart, "L3")] {
        for compare in [true, false] {
            // Without a look at the keys, the logs alone betray it; sooner or later, by how threads fall.
            let caught = (0..20).find_map(|seed| {
                let load = Load { compare, ..Load::small(seed) };
                contract::check(&Overlapping::new(numbering), load).err()
            });
            let violation = caught.expect("the suite let a wrong numbering pass");
            assert!(compare || violation.law == law, "{numbering:?}: {violation}");
        }
    }
}
