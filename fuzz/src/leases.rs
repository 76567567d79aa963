//! Leases as items of their table, in DynamoDB's JSON, which the Kinesis Client Library, others or nobody at all may have
//! written. What is read comes back when it is written; the command line reads the same as the consumer; and no write to a
//! lease panics, whatever is in it.

use consumer::Item;
use consumer::lease::{Checkpoint, Lease, LeaseWrite, Reached};

/// See the module.
pub fn target(data: &[u8]) {
    tailwater::fuzzing::lease(data);
    let Ok(item) = serde_json::from_slice::<Item>(data) else { return };
    let Some(lease) = Lease::from_item(&item) else { return };
    let written = lease.to_item();
    let again = Lease::from_item(&written);
    assert_eq!(again.as_ref(), Some(&lease), "{item:?}");
    // Numbers may be equal that are not written alike.
    assert_eq!(again.map(|lease| lease.to_item()), Some(written), "{item:?}");
    writes(&lease);
}

/// All writes that who reads the lease may make.
fn writes(lease: &Lease) {
    let Lease { counter, owner, .. } = lease.clone();
    let (worker, reached) = ("w".to_owned(), Reached::Checkpoint(Checkpoint::ShardEnd));
    let taken = LeaseWrite::Take { worker: worker.clone(), from: owner.clone(), counter }.apply(Some(lease));
    let taken = taken.unwrap_or_else(|| panic!("{lease:?} is not taken"));
    assert!(taken.owner.as_deref() == Some("w") && taken.counter != counter, "{taken:?}");
    let held = taken.counter;
    for write in [
        LeaseWrite::Renew { worker: worker.clone(), counter: held, reached: reached.clone(), evict: true },
        LeaseWrite::Release { worker: worker.clone(), counter: held, reached },
        LeaseWrite::Finish { worker: worker.clone(), counter: held },
        LeaseWrite::Ask { worker: "v".to_owned(), from: worker, counter: held },
    ] {
        let after = write.apply(Some(&taken));
        assert!(after.is_some_and(|after| after.counter != held), "{write:?}: {taken:?}");
    }
}
