//! What a simulation meets too seldom to be relied on for it: step by step.

use super::*;
use crate::lease::{Checkpoint, Reached};

const SHARD: &str = "shardId-00000000000000000001-0000000a";

fn shard(starting: &str, ending: Option<&str>) -> Shard {
    Shard {
        id: SHARD.to_owned(),
        parent: None,
        starting: Some(SequenceNumber::new(starting)),
        ending: ending.map(SequenceNumber::new),
    }
}

/// A worker of a group with these leases, that has looked at a stream with this shard; what it wants then.
fn begun(settings: Settings, shard: Shard, leases: &[Lease]) -> (Worker, Vec<Action>) {
    let mut worker = Worker::new("me", settings, 1);
    worker.step(Event::Tick, 0);
    worker.step(Event::Leases(Ok(leases.to_vec())), 0);
    let listing = Listing { status: StreamStatus::Enabled, shards: vec![shard] };
    worker.step(Event::Described(Ok(listing)), 0);
    let actions = worker.step(Event::Leases(Ok(leases.to_vec())), 0);
    (worker, actions)
}

fn free() -> Lease {
    Lease::new(SHARD, Checkpoint::TrimHorizon)
}

/// The write among the actions; there is at most one.
fn write(actions: &[Action]) -> Option<LeaseWrite> {
    let mut writes = actions.iter().filter_map(|action| match action {
        Action::Write { write, .. } => Some(write.clone()),
        _ => None,
    });
    let write = writes.next();
    assert_eq!(writes.next(), None);
    write
}

fn measured(actions: &[Action], measure: impl Fn(&Measure) -> bool) -> bool {
    actions.iter().any(|action| matches!(action, Action::Measure(one) if measure(one)))
}

fn answered(answer: Result<Lease, WriteFailure>) -> Event {
    Event::Written { shard_id: SHARD.to_owned(), answer }
}

fn lost() -> Event {
    answered(Err(WriteFailure::Call(CallError::Unavailable("no answer".to_owned()))))
}

fn overtaken(lease: &Lease) -> Event {
    answered(Err(WriteFailure::Overtaken(Some(Box::new(lease.clone())))))
}

/// A worker that took its lease at time 0, and the lease.
fn holding() -> (Worker, Lease) {
    let (mut worker, actions) = begun(Settings::default(), shard("100", None), &[free()]);
    let lease = write(&actions).unwrap().apply(Some(&free())).unwrap();
    worker.step(answered(Ok(lease.clone())), 10);
    assert_eq!(worker.holds(10), [SHARD]);
    (worker, lease)
}

/// Its answer is lost, and the condition of the next one does not hold because of it: the shard stays, and is
/// believed to be held for no longer than the renewal before says, since nobody knows from when others count.
#[test]
fn a_renewal_whose_answer_was_lost_is_neither_a_loss_nor_a_renewal() {
    let (mut worker, lease) = holding();
    let first = write(&worker.step(Event::Tick, 3_400)).unwrap();
    let carried_out = first.apply(Some(&lease)).unwrap();
    worker.step(lost(), 3_450);
    let second = write(&worker.step(Event::Tick, 3_600)).unwrap();
    assert_eq!(second.apply(Some(&carried_out)), None, "the condition does not hold any more");
    let actions = worker.step(overtaken(&carried_out), 3_650);
    assert!(!measured(&actions, |measure| matches!(measure, Measure::LeaseLost { .. })));
    assert_eq!(worker.holds(8_999), [SHARD], "as the first write said");
    assert_eq!(worker.holds(9_000), Vec::<&str>::new(), "and no longer");
    // A renewal that is known of follows at once, and counts from when it was sent.
    let third = write(&actions).unwrap();
    let renewed = third.apply(Some(&carried_out)).unwrap();
    assert_eq!(renewed.counter, 3);
    worker.step(answered(Ok(renewed)), 3_700);
    assert_eq!(worker.holds(3_650 + 8_999), [SHARD]);
}

/// A lease that was taken by a write given up for lost: nobody knows when, so it is renewed before anything is read.
#[test]
fn a_lease_that_was_taken_without_an_answer_is_renewed_before_it_is_believed() {
    let (mut worker, actions) = begun(Settings::default(), shard("100", None), &[free()]);
    let taken = write(&actions).unwrap().apply(Some(&free())).unwrap();
    worker.step(lost(), 5_000);
    // A look that did not see it yet, and so the same write again.
    let actions = worker.step(Event::Leases(Ok(vec![free()])), 5_100);
    assert!(matches!(write(&actions), Some(LeaseWrite::Take { counter: 0, .. })));
    let actions = worker.step(overtaken(&taken), 5_200);
    assert_eq!(worker.holds(5_200), Vec::<&str>::new());
    assert!(!actions.iter().any(|action| matches!(action, Action::GetIterator { .. })));
    let renewal = write(&actions).unwrap();
    let renewed = renewal.apply(Some(&taken)).unwrap();
    let actions = worker.step(answered(Ok(renewed)), 5_300);
    assert_eq!(worker.holds(5_300), [SHARD]);
    assert!(actions.iter().any(|action| matches!(action, Action::GetIterator { .. })));
}

#[test]
fn a_lease_that_was_given_back_without_an_answer_is_not_lost() {
    let (mut worker, lease) = holding();
    let release = write(&worker.step(Event::Stop, 1_000)).unwrap();
    let released = release.apply(Some(&lease)).unwrap();
    assert_eq!(worker.holds(1_000), Vec::<&str>::new(), "it may be another's by now");
    worker.step(lost(), 1_050);
    assert_eq!(write(&worker.step(Event::Tick, 1_200)), Some(release));
    let actions = worker.step(overtaken(&released), 1_250);
    assert!(measured(&actions, |measure| matches!(measure, Measure::LeaseReleased { .. })));
    assert!(actions.iter().any(|action| matches!(action, Action::Stopped)));
}

/// The owner finishes its batch, writes how far it has come, and only then the other begins, right after it.
#[test]
fn a_lease_that_is_asked_for_is_let_go_of_after_the_batch() {
    let (mut owner, lease) = holding();
    let ask = LeaseWrite::Ask { worker: "other".to_owned(), from: "me".to_owned(), counter: 1 };
    let asked = ask.apply(Some(&lease)).unwrap();
    let ticket = Ticket { shard_id: SHARD.to_owned(), number: 1 };
    owner.step(Event::Iterator { ticket: ticket.clone(), answer: Ok("iterator".to_owned()) }, 20);
    let change = crate::Change {
        kind: crate::ChangeKind::Insert,
        keys: crate::Item::new(),
        new: None,
        old: None,
        sequence_number: SequenceNumber::new("101"),
        event_id: None,
        created_ms: None,
        size_bytes: None,
        principal: None,
    };
    let page = RecordPage { changes: vec![change], next: Some("next".to_owned()) };
    let iterator = "iterator".to_owned();
    owner.step(Event::Records { ticket: ticket.clone(), iterator, answer: Ok(page) }, 30);
    // It learns of it by its next renewal, in the middle of a batch.
    assert!(write(&owner.step(Event::Tick, 3_400)).is_some());
    let actions = owner.step(overtaken(&asked), 3_450);
    assert_eq!(write(&actions), None, "the handler is still at it");
    let actions = owner.step(Event::Handled { ticket, done: true }, 3_600);
    let reached = Reached::Checkpoint(Checkpoint::Sequence(SequenceNumber::new("101")));
    let let_go = write(&actions).unwrap();
    assert_eq!(
        let_go,
        LeaseWrite::LetGo { worker: "me".to_owned(), known: Checkpoint::TrimHorizon, reached }
    );
    assert!(!actions.iter().any(|action| matches!(action, Action::GetRecords { .. })), "it reads no more");
    let after = let_go.apply(Some(&asked)).unwrap();
    assert_eq!((after.owner.as_deref(), after.checkpoint_owner), (Some("other"), None));
    assert_eq!(after.checkpoint.as_str(), "101");
}

/// A look that was under way when the worker was told to stop: the gap is for whoever has the shard next.
#[test]
fn a_worker_that_stops_leaves_the_end_of_a_shard_to_the_next_one_with_its_gap() {
    let (mut worker, lease) = holding();
    let (ticket, iterator) = (Ticket { shard_id: SHARD.to_owned(), number: 1 }, "iterator".to_owned());
    worker.step(Event::Iterator { ticket: ticket.clone(), answer: Ok(iterator.clone()) }, 20);
    worker.step(Event::Records { ticket, iterator, answer: Ok(RecordPage::default()) }, 30);
    // From its end on, neither it nor a shard that continues it is in any description.
    let gone = Event::Described(Ok(Listing { status: StreamStatus::Enabled, shards: Vec::new() }));
    let leases = Event::Leases(Ok(vec![lease.clone()]));
    for now_ms in [40, 1_040, 2_040] {
        // All scans are answered, so that none is under way in the end.
        for event in [Event::Tick, gone.clone(), leases.clone(), leases.clone(), leases.clone()] {
            let actions = worker.step(event, now_ms);
            assert!(!actions.iter().any(|action| matches!(action, Action::Handle { .. })), "too soon");
        }
    }
    let renewal = write(&worker.step(Event::Tick, 3_400)).unwrap();
    worker.step(gone, 3_400);
    worker.step(Event::Stop, 3_410);
    worker.step(leases, 3_420);
    let renewed = renewal.apply(Some(&lease)).unwrap();
    let given_up = write(&worker.step(answered(Ok(renewed)), 3_430));
    assert!(matches!(given_up, Some(LeaseWrite::Release { .. })), "{given_up:?}");
}

/// What has the key of a lease, and is none.
#[test]
fn an_item_in_the_place_of_a_lease_is_looked_at_again_after_a_pause() {
    let (mut worker, _) = begun(Settings::default(), shard("100", None), &[]);
    let create = write(&worker.step(Event::Oldest(Ok(Oldest::Never)), 5));
    assert!(matches!(create, Some(LeaseWrite::Create(_))));
    let actions = worker.step(answered(Err(WriteFailure::Overtaken(None))), 6);
    assert!(measured(&actions, |measure| matches!(measure, Measure::CallFailed { .. })));
    assert!(!actions.iter().any(|action| matches!(action, Action::Describe)), "{actions:?}");
    assert!(worker.wake_ms() >= Some(56), "{:?}", worker.wake_ms());
}

/// What the first worker of a group that begins with the oldest changes makes of a shard, given what is oldest in it.
fn first_lease(shard: Shard, oldest: Oldest) -> Lease {
    let (mut worker, actions) = begun(Settings::default(), shard, &[]);
    assert!(actions.iter().any(|action| matches!(action, Action::FindOldest { .. })), "{actions:?}");
    match write(&worker.step(Event::Oldest(Ok(oldest)), 5)) {
        Some(LeaseWrite::Create(lease)) => lease,
        other => panic!("{other:?}"),
    }
}

/// What goes before the first read is noticed: the group begins at a change, and asks for that very one.
#[test]
fn a_group_that_begins_with_the_oldest_changes_begins_at_the_one_that_was_oldest_then() {
    let lease = first_lease(shard("100", None), Oldest::Change(SequenceNumber::new("177")));
    assert_eq!(lease.checkpoint, Checkpoint::TrimHorizon);
    assert_eq!(lease.position(), crate::Position::At(SequenceNumber::new("177")));

    let lease = first_lease(shard("100", None), Oldest::NoneYet("end".to_owned()));
    let shard_start = Some(SequenceNumber::new("100"));
    assert_eq!(lease.position(), crate::Position::Bookmark { iterator: "end".to_owned(), shard_start });

    let lease = first_lease(shard("100", Some("199")), Oldest::Never);
    assert_eq!(lease.checkpoint, Checkpoint::ShardEnd);
}

/// A worker that has taken the place after the newest change of an open shard, and reads these leases then; what it wants after that.
fn bookmarked(leases: &[Lease]) -> (Worker, Vec<Action>) {
    let settings = Settings { start: Start::Latest, ..Settings::default() };
    let (mut worker, actions) = begun(settings, shard("100", None), &[]);
    assert!(actions.iter().any(|action| matches!(action, Action::Bookmark { .. })), "{actions:?}");
    let actions = worker.step(Event::Bookmarked(Ok("newest".to_owned())), 5);
    assert!(matches!(actions[..], [Action::ScanLeases]), "{actions:?}");
    let actions = worker.step(Event::Leases(Ok(leases.to_vec())), 6);
    (worker, actions)
}

#[test]
fn a_new_group_begins_after_the_newest_change() {
    let other = Lease { initial: true, ..Lease::new("other", Checkpoint::Latest) };
    for leases in [&[][..], &[other]] {
        let (_, actions) = bookmarked(leases);
        let Some(LeaseWrite::Create(lease)) = write(&actions) else { panic!("{actions:?}") };
        assert_eq!((lease.checkpoint, lease.bookmark.as_deref()), (Checkpoint::Latest, Some("newest")));
    }
}

/// Another one has been through all shards, though not through this one, perhaps before the place was taken.
#[test]
fn a_place_that_was_taken_when_another_one_was_ready_is_not_begun_at() {
    let settled = Lease::new("other", Checkpoint::Latest);
    let (mut worker, actions) = bookmarked(std::slice::from_ref(&settled));
    assert!(matches!(actions[..], [Action::Describe]), "{actions:?}");
    let listing = Listing { status: StreamStatus::Enabled, shards: vec![shard("100", None)] };
    worker.step(Event::Described(Ok(listing)), 7);
    let actions = worker.step(Event::Leases(Ok(vec![settled])), 8);
    let create = actions.iter().find_map(|action| match action {
        Action::Write { shard_id, write: LeaseWrite::Create(lease) } if shard_id == SHARD => {
            Some(lease.clone())
        }
        _ => None,
    });
    let lease = create.unwrap();
    assert_eq!((lease.checkpoint, lease.bookmark), (Checkpoint::TrimHorizon, None));
}
