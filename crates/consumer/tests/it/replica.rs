//! A replica under everything that can happen to it: shards that roll over, split and are trimmed, calls that fail,
//! iterators that expire, and processes that end and go on from what was saved, much later.

use crate::service::{ITERATOR_LIFE_MS, Service, item, key_of, value};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use tailwater_consumer::backoff::Dice;
use tailwater_consumer::replica::follower::{Call, Description, Event, Follower, Options, Output};
use tailwater_consumer::transport::{CallError, ScanPage, Shard, StartingPosition, StreamStatus};
use tailwater_consumer::{Change, ChangeKind, Item, LocalCopy, ReplicaEvent, Start, State, Value};

#[derive(Clone, Copy, Debug)]
struct Plan {
    seed: u64,
    shards: u64,
    faults: u64,
    /// How often the process ends, and goes on from what was saved last.
    restarts: u64,
    /// How long it is away at most, in lives of an iterator.
    away: u64,
    trims: bool,
}

enum Happening {
    Write,
    Roll,
    Trim,
    Disable,
    Restart,
    Wake { life: u64 },
    Call { life: u64, call: Call },
    Answer { life: u64, event: Event },
}

struct World {
    plan: Plan,
    now_ms: u64,
    dice: Dice,
    service: Service,
    follower: Follower,
    copy: LocalCopy,
    /// What would survive: the state, and the copy with it.
    saved: (State, LocalCopy),
    /// Changes made since the first copy began, and those that were given out.
    must: BTreeSet<u64>,
    given: BTreeSet<u64>,
    latest: BTreeMap<u64, u64>,
    gaps: u64,
    life: u64,
    asleep: bool,
    /// Whether a state was saved that has the places of all shards, so that what is written from now on must come.
    begun: bool,
    ended: bool,
    queue: BTreeMap<(u64, u64), Happening>,
    sequence: u64,
}

impl World {
    fn new(plan: Plan) -> Self {
        let state = Follower::fresh("arn", true);
        let mut world = Self {
            plan,
            now_ms: 0,
            dice: Dice::new(plan.seed ^ 5),
            service: Service::new(plan.seed, plan.shards),
            follower: Follower::new(state.clone(), Options::default(), plan.seed),
            copy: LocalCopy::default(),
            saved: (state, LocalCopy::default()),
            must: BTreeSet::new(),
            given: BTreeSet::new(),
            latest: BTreeMap::new(),
            gaps: 0,
            life: 0,
            asleep: false,
            begun: false,
            ended: false,
            queue: BTreeMap::new(),
            sequence: 0,
        };
        for _ in 0..200 {
            let at_ms = world.dice.below(100_000);
            world.at(at_ms, Happening::Write);
        }
        for _ in 0..6 {
            let at_ms = world.dice.below(100_000);
            world.at(at_ms, Happening::Roll);
        }
        for _ in 0..plan.restarts {
            let at_ms = world.dice.below(100_000);
            world.at(at_ms, Happening::Restart);
        }
        if plan.trims {
            (0..8).for_each(|part| world.at(20_000 + part * 10_000, Happening::Trim));
        }
        world.at(100_000, Happening::Disable);
        world.at(0, Happening::Wake { life: 0 });
        world
    }

    fn at(&mut self, at_ms: u64, happening: Happening) {
        self.sequence += 1;
        self.queue.insert((at_ms, self.sequence), happening);
    }

    fn run(mut self) -> Self {
        while let Some(((at_ms, _), happening)) = self.queue.pop_first() {
            self.now_ms = self.now_ms.max(at_ms);
            assert!(self.now_ms < 3_000_000, "no end: {:#?}", self.follower.state());
            self.happen(happening);
        }
        assert!(self.ended, "the end was not seen: {:#?}", self.follower.state());
        let items: BTreeMap<Item, Item> = self.copy.items().clone();
        let expected = self.service.items.iter().map(|(key, value)| (key_item(*key), item(*key, *value)));
        assert_eq!(items, expected.collect(), "the copy is not right");
        assert!(self.gaps == 0 || self.plan.trims, "a gap where nothing was trimmed");
        if self.gaps == 0 {
            let missed: Vec<_> = self.must.difference(&self.given).collect();
            assert!(missed.is_empty(), "never given: {missed:?}");
        }
        self
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Write => {
                let (key, remove) = (self.dice.below(30), self.dice.below(5) == 0);
                if self.service.enabled
                    && let Some(record) = self.service.write(key, remove, self.now_ms)
                    && self.begun
                {
                    self.must.insert(record.number);
                }
            }
            Happening::Roll if self.service.enabled => {
                let split = self.dice.below(3) == 0;
                self.service.roll(split, self.now_ms);
            }
            Happening::Trim => self.service.trim(self.now_ms.saturating_sub(15_000)),
            Happening::Disable => self.service.disable(self.now_ms),
            Happening::Restart => self.restart(),
            Happening::Wake { life } if life == self.life => {
                self.asleep = false;
                self.tell(Event::Tick);
            }
            Happening::Call { life, call } if life == self.life => self.call(call),
            Happening::Answer { life, event } if life == self.life => self.tell(event),
            _ => {}
        }
    }

    fn restart(&mut self) {
        let (state, copy) = self.saved.clone();
        let state = serde_json::to_string(&state).unwrap();
        self.follower =
            Follower::new(serde_json::from_str(&state).unwrap(), Options::default(), self.plan.seed);
        self.copy = copy;
        self.latest.clear();
        self.life += 1;
        let away_ms = self.dice.below(self.plan.away * ITERATOR_LIFE_MS + 1);
        let (life, at_ms) = (self.life, self.now_ms + away_ms);
        self.at(at_ms, Happening::Wake { life });
    }

    fn tell(&mut self, event: Event) {
        if self.ended {
            return;
        }
        let mut calls = self.follower.step(event, self.now_ms);
        while let Some(output) = self.follower.pop(self.now_ms) {
            self.take(output);
            // Saved now and then, at any point.
            if self.dice.below(4) == 0 {
                self.saved = (self.follower.state().clone(), self.copy.clone());
                self.begun = true;
            }
            if self.ended {
                return;
            }
        }
        calls.extend(self.follower.step(Event::Tick, self.now_ms));
        for call in calls {
            let (life, at_ms) = (self.life, self.now_ms + 1 + self.dice.below(200));
            self.at(at_ms, Happening::Call { life, call });
        }
        if let Some(wake_ms) = self.follower.wake_ms() {
            assert!(wake_ms > self.now_ms, "it wants to be woken at once, for nothing: {:#?}", self.follower);
            let (life, at_ms) = (self.life, wake_ms.max(self.now_ms + 10));
            if !self.asleep || at_ms < self.now_ms + 1_000 {
                self.asleep = true;
                self.at(at_ms, Happening::Wake { life });
            }
        }
    }

    fn take(&mut self, output: Output) {
        match output {
            Output::Event(event) => {
                self.copy.apply(&event).unwrap();
                match event {
                    ReplicaEvent::Change { change, .. } => self.check_order(&change),
                    ReplicaEvent::Gap(_) => {
                        self.gaps += 1;
                        self.latest.clear();
                        self.follower.copy_again();
                    }
                    _ => {}
                }
            }
            Output::Failed(error) => panic!("{error}"),
            Output::Ended => self.ended = true,
        }
    }

    /// Within a life, the changes of a key come in order; only a shard that is read again from its beginning, because
    /// its place was lost before its first change, may go back, and this life has not given any of it then.
    fn check_order(&mut self, change: &Change) {
        let number = value(&change.sequence_number);
        self.given.insert(number);
        let before = self.latest.insert(key_of(&change.keys), number);
        assert!(before.is_none_or(|before| before < number), "{number} after {before:?}");
    }

    fn call(&mut self, call: Call) {
        let fails = self.dice.below(100) < self.plan.faults;
        let event = if fails { failure(&call) } else { answer(&mut self.service, &call, self.now_ms) };
        let (life, at_ms) = (self.life, self.now_ms + 1 + self.dice.below(200));
        self.at(at_ms, Happening::Answer { life, event });
    }
}

/// What the service answers.
fn answer(service: &mut Service, call: &Call, now_ms: u64) -> Event {
    match call {
        Call::Describe => {
            let listing = service.describe(now_ms);
            Event::Described(Ok(Description {
                table: "table".to_owned(),
                key_attributes: vec!["pk".to_owned()],
                status: listing.status,
                shards: listing.shards,
            }))
        }
        Call::Iterator { shard_id, position } => {
            let answer = service.iterator(shard_id, position, now_ms);
            Event::Iterator { shard_id: shard_id.clone(), answer }
        }
        Call::Records { shard_id, iterator } => {
            let answer = service.records(iterator, 7, now_ms);
            Event::Records { shard_id: shard_id.clone(), iterator: iterator.clone(), answer }
        }
        Call::Scan { after } => {
            let after = after.as_ref().map(key_of);
            let rest = service.items.iter().filter(|(key, _)| after.is_none_or(|after| **key > after));
            let items: Vec<Item> = rest.take(5).map(|(key, value)| item(*key, *value)).collect();
            let last = items.last().map(|last| key_item(key_of(last)));
            let last_evaluated = last.filter(|_| items.len() == 5);
            Event::Scanned(Ok(ScanPage { items, last_evaluated }))
        }
    }
}

fn key_item(key: u64) -> Item {
    Item::from([("pk".to_owned(), Value::from(key))])
}

fn failure(call: &Call) -> Event {
    let error = CallError::Throttled("slowly".to_owned());
    match call {
        Call::Describe => Event::Described(Err(error)),
        Call::Iterator { shard_id, .. } => Event::Iterator { shard_id: shard_id.clone(), answer: Err(error) },
        Call::Records { shard_id, iterator } => {
            Event::Records { shard_id: shard_id.clone(), iterator: iterator.clone(), answer: Err(error) }
        }
        Call::Scan { .. } => Event::Scanned(Err(error)),
    }
}

fn plan() -> impl Strategy<Value = Plan> {
    (any::<u64>(), 1..4_u64, 0..15_u64, 0..6_u64, 0..6_u64, any::<bool>()).prop_map(
        |(seed, shards, faults, restarts, away, trims)| Plan {
            seed: seed >> 8,
            shards,
            faults,
            restarts,
            away,
            trims,
        },
    )
}

proptest! {
    #![proptest_config(crate::runs(100))]
    #[test]
    fn the_copy_is_right_in_the_end_and_no_change_is_passed_over(plan in plan()) {
        World::new(plan).run();
    }
}

/// What was deleted within a gap is in the copy of before, and in no scan and no change after it.
#[test]
fn a_copy_that_is_saved_before_it_begins_begins_where_it_goes_on() {
    let mut service = Service::new(1, 1);
    let mut follower = Follower::new(Follower::fresh("arn", true), Options::default(), 1);
    drive(&mut follower, &mut service, |call| matches!(call, Call::Scan { .. }));
    follower.copy_again();
    let mut resumed = Follower::new(follower.state().clone(), Options::default(), 2);
    assert_eq!(resumed.pop(0), Some(Output::Event(ReplicaEvent::CopyBegins)));
}

/// A page of a scan that was under way when the copy was begun anew.
#[test]
fn a_page_of_a_copy_that_was_given_up_is_not_one_of_the_next() {
    let plan =
        Plan { seed: 19_547_993_308_955_265, shards: 1, faults: 12, restarts: 5, away: 5, trims: true };
    World::new(plan).run();
}

#[test]
fn without_faults_no_change_comes_twice_after_the_copy() {
    let plan = Plan { seed: 9, shards: 2, faults: 0, restarts: 0, away: 0, trims: false };
    let world = World::new(plan).run();
    assert_eq!(world.gaps, 0);
    assert!(world.must.len() > 100, "{}", world.must.len());
}

/// Drives a follower until it wants this call, or gives this out.
fn drive(follower: &mut Follower, service: &mut Service, until: impl Fn(&Call) -> bool) -> Vec<ReplicaEvent> {
    let (mut events, mut given) = (vec![Event::Tick], Vec::new());
    for now_ms in (0..).step_by(1_000).take(20) {
        let asked = std::mem::replace(&mut events, vec![Event::Tick]);
        for event in asked {
            let calls = follower.step(event, now_ms);
            if calls.iter().any(&until) {
                return given;
            }
            events.extend(calls.iter().map(|call| answer(service, call, now_ms)));
            while let Some(output) = follower.pop(now_ms) {
                match output {
                    Output::Event(event) => given.push(event),
                    other => panic!("{other:?}"),
                }
            }
        }
    }
    given
}

/// A copy that cannot be made, of a table that was deleted with its stream, for instance.
#[test]
fn a_table_that_is_gone_is_told() {
    let mut service = Service::new(1, 1);
    let mut follower = Follower::new(Follower::fresh("arn", true), Options::default(), 1);
    drive(&mut follower, &mut service, |call| matches!(call, Call::Scan { .. }));
    let gone = CallError::NotFound("table".to_owned());
    follower.step(Event::Scanned(Err(gone.clone())), 20_000);
    assert_eq!(follower.pop(20_000), Some(Output::Failed(gone)));
}

/// It goes on from what was saved when its stream, and its table, were still there.
#[test]
fn a_copy_of_what_went_while_nobody_followed_is_told_of() {
    let mut service = Service::new(1, 1);
    let mut follower = Follower::new(Follower::fresh("arn", true), Options::default(), 1);
    drive(&mut follower, &mut service, |_| false);
    let mut resumed = Follower::new(follower.state().clone(), Options::default(), 2);
    assert!(resumed.step(Event::Tick, 0).contains(&Call::Describe));
    let gone = CallError::NotFound("stream".to_owned());
    resumed.step(Event::Described(Err(gone.clone())), 1);
    let gap = resumed.pop(1);
    assert!(matches!(gap, Some(Output::Event(ReplicaEvent::Gap(_)))), "{gap:?}");
    resumed.copy_again();
    assert_eq!(resumed.pop(1), Some(Output::Event(ReplicaEvent::CopyBegins)));
    assert_eq!(resumed.step(Event::Tick, 2), [Call::Describe], "its keys are not known yet");
    resumed.step(Event::Described(Err(gone.clone())), 3);
    assert_eq!(resumed.pop(3), Some(Output::Failed(gone)));
}

/// Of three shards in a line, the first came and went unseen: the second is read when that was told, and then the third.
#[test]
fn what_continues_a_shard_that_is_still_to_be_told_of_waits_for_it() {
    let shard = |id: &str, parent: Option<&str>| Shard {
        id: id.to_owned(),
        parent: parent.map(str::to_owned),
        starting: None,
        ending: None,
    };
    let description = Description {
        table: "table".to_owned(),
        key_attributes: vec!["pk".to_owned()],
        status: StreamStatus::Enabled,
        shards: vec![shard("old", None), shard("second", Some("first")), shard("third", Some("second"))],
    };
    let state = State::at("arn", [("old".to_owned(), None, None)]);
    let mut follower = Follower::new(state, Options::default(), 1);
    follower.step(Event::Tick, 0);
    let read = |calls: Vec<Call>| -> Vec<String> {
        let iterator = |call| if let Call::Iterator { shard_id, .. } = call { Some(shard_id) } else { None };
        calls.into_iter().filter_map(iterator).collect()
    };
    assert_eq!(read(follower.step(Event::Described(Ok(description)), 1)), [""; 0]);
    let gap = follower.pop(1);
    assert!(matches!(gap, Some(Output::Event(ReplicaEvent::Gap(_)))), "{gap:?}");
    assert_eq!(read(follower.step(Event::Tick, 2)), ["second"]);
}

/// A description has the last status of the stream, and not its last shard yet.
#[test]
fn a_shard_that_is_listed_late_is_read_though_the_stream_is_disabled() {
    let mut service = Service::new(3, 1);
    service.write(1, false, 0);
    service.roll(false, 1);
    service.write(1, true, 2);
    service.disable(3);
    let options = Options { start: Start::TrimHorizon, ..Options::default() };
    let mut follower = Follower::new(Follower::fresh("arn", false), options, 1);
    let (mut events, mut given) = (vec![Event::Tick], Vec::new());
    for now_ms in (0..20_000).step_by(50) {
        for event in std::mem::replace(&mut events, vec![Event::Tick]) {
            let calls = follower.step(event, now_ms);
            events.extend(calls.iter().map(|call| match answer(&mut service, call, now_ms) {
                Event::Described(Ok(mut listed)) if now_ms < 1_500 => {
                    listed.shards.truncate(1);
                    Event::Described(Ok(listed))
                }
                event => event,
            }));
        }
        while let Some(output) = follower.pop(now_ms) {
            match output {
                Output::Event(ReplicaEvent::Change { change, .. }) => given.push(change.kind),
                Output::Ended => return assert_eq!(given, [ChangeKind::Insert, ChangeKind::Remove]),
                other => panic!("{other:?}"),
            }
        }
    }
    panic!("no end after {given:?}");
}

/// The oldest change is a place as any other: what is trimmed before it is read, much later, is a gap.
#[test]
fn what_is_trimmed_before_the_first_read_is_a_gap() {
    let mut service = Service::new(3, 1);
    for key in 0..5 {
        service.write(key, false, key);
    }
    // Older ones that went before it began are not missed.
    service.trim(2);
    let options = Options { start: Start::TrimHorizon, ..Options::default() };
    let mut follower = Follower::new(Follower::fresh("arn", false), options.clone(), 1);
    let reads = |call: &Call| matches!(call, Call::Iterator { position, .. } if *position != StartingPosition::TrimHorizon);
    assert_eq!(drive(&mut follower, &mut service, reads), []);
    let saved = follower.state().clone();

    let again = |service: &mut Service| {
        let mut follower = Follower::new(saved.clone(), options.clone(), 2);
        let given = drive(&mut follower, service, |_| false);
        let gaps = given.iter().filter(|event| matches!(event, ReplicaEvent::Gap(_))).count();
        (gaps, given.len() - gaps)
    };
    assert_eq!(again(&mut service), (0, 3));
    service.trim(3);
    assert_eq!(again(&mut service), (1, 2));
}
