//! Leases as items: what is read, what writes expect, and who may take, renew and give up.

use super::write::{Reached, Request};
use super::*;

fn lease() -> Lease {
    Lease {
        owner: Some("a".to_owned()),
        counter: 7,
        owner_switches: 2,
        parents: vec!["parent".to_owned()],
        checkpoint_owner: Some("b".to_owned()),
        shard_start: Some(SequenceNumber::new("100")),
        bookmark: Some("iterator".to_owned()),
        initial: true,
        orphan: true,
        ..Lease::new("shard", Checkpoint::Latest)
    }
}

#[test]
fn a_lease_is_what_its_item_says() {
    for checkpoint in ["TRIM_HORIZON", "LATEST", "SHARD_END", "100000000000000000001"] {
        let lease = Lease { checkpoint: Checkpoint::parse(checkpoint), ..lease() };
        assert_eq!(Lease::from_item(&lease.to_item()), Some(lease.clone()));
        assert_eq!(lease.to_item()[CHECKPOINT], checkpoint.into());
    }
    let bare = Lease::new("shard", Checkpoint::TrimHorizon);
    assert_eq!(Lease::from_item(&bare.to_item()), Some(bare));
    assert_eq!(Lease::from_item(&Item::new()), None);
}

#[test]
fn a_lease_of_the_kinesis_client_library_is_read() {
    let item: Item = serde_json::from_str(
        r#"{"leaseKey": {"S": "shard"}, "leaseOwner": {"S": "host:1"}, "leaseCounter": {"N": "42"},
            "ownerSwitchesSinceCheckpoint": {"N": "1"}, "checkpoint": {"S": "100000000000000000009"},
            "checkpointSubSequenceNumber": {"N": "0"}, "parentShardId": {"SS": ["parent"]}}"#,
    )
    .unwrap();
    let lease = Lease::from_item(&item).unwrap();
    assert_eq!((lease.owner.as_deref(), lease.counter), (Some("host:1"), 42));
    assert_eq!(lease.position(), Position::After(SequenceNumber::new("100000000000000000009")));
    assert_eq!(lease.parents, ["parent"]);
}

#[test]
fn a_renewal_expects_owner_and_counter_and_raises_the_counter() {
    let reached = Reached::Checkpoint(Checkpoint::Sequence(SequenceNumber::new("9")));
    let write = LeaseWrite::Renew { worker: "a".to_owned(), counter: 7, reached, evict: true };
    let Request::Update(update) = write.request("shard") else { panic!("not an update") };
    assert_eq!(update.condition, "leaseCounter = :counter AND leaseOwner = :worker");
    assert_eq!(
        update.update,
        "SET leaseCounter = :next, checkpoint = :checkpoint, checkpointSubSequenceNumber = :zero, \
         ownerSwitchesSinceCheckpoint = :zero REMOVE bookmark, checkpointOwner"
    );
    assert_eq!(update.values[":next"], 8.into());
    let after = write.apply(Some(&lease())).unwrap();
    assert_eq!((after.counter, after.owner_switches, after.checkpoint_owner), (8, 0, None));
    assert_eq!(write.apply(Some(&Lease { counter: 8, ..lease() })), None);
    assert_eq!(write.apply(Some(&Lease { owner: None, ..lease() })), None);
}

#[test]
fn only_who_was_asked_lets_go_and_only_of_what_it_knows() {
    let let_go = |worker: &str, known: Checkpoint| {
        LeaseWrite::LetGo { worker: worker.to_owned(), known, reached: Reached::Same }.apply(Some(&lease()))
    };
    assert_eq!(let_go("a", Checkpoint::Latest), None);
    assert_eq!(let_go("b", Checkpoint::TrimHorizon), None);
    let after = let_go("b", Checkpoint::Latest).unwrap();
    assert_eq!((after.counter, after.checkpoint_owner), (7, None));
}

#[test]
fn a_counter_that_cannot_be_raised_begins_anew() {
    let last = Lease { counter: u64::MAX, owner_switches: u64::MAX, ..lease() };
    let write = LeaseWrite::Take { worker: "c".to_owned(), from: Some("a".to_owned()), counter: u64::MAX };
    let Request::Update(update) = write.request("shard") else { panic!("not an update") };
    assert_eq!((&update.values[":counter"], &update.values[":next"]), (&u64::MAX.into(), &0.into()));
    let after = write.apply(Some(&last)).unwrap();
    assert_eq!((after.counter, after.owner.as_deref()), (0, Some("c")));
}
