//! Following a whole stream: through rollovers, splits, the end of retention and the end of the stream, left and taken up
//! again at any record.

use crate::world::{HOUR_MS, World, insert_of};
use environment::Random;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::pin::pin;
use std::task::{Context, Waker};
use store::{Position, Store};
use streams::following::{Begin, BeginError, Follower, Gap, Step};
use streams::{Options, Positions, SequenceNumber, ShardId, StreamDescriptor, StreamStatus, ViewType};

/// What was written, and what a follower was given of it.
#[derive(Default)]
struct Seen {
    written: Vec<(ShardId, Position)>,
    parents: HashMap<ShardId, Option<ShardId>>,
    given: BTreeSet<(ShardId, Position)>,
    last: BTreeMap<ShardId, Position>,
    gaps: Vec<Gap>,
    /// The shards of which all that there is has come.
    complete: BTreeSet<ShardId>,
}

impl Seen {
    fn learn(&mut self, stream: &StreamDescriptor) {
        self.parents.extend(stream.shards.iter().map(|shard| (shard.id, shard.parent)));
    }

    fn is_lost(&self, shard: ShardId, position: Position) -> bool {
        let number = SequenceNumber::of(position);
        let lost = |gap: &Gap| gap.after < number && gap.until.is_none_or(|until| number <= until);
        // Where a shard is gone, so may be some that came after it.
        let is_of = |gap: &Gap| gap.shard == shard || gap.until.is_none() && self.leads_to(gap.shard, shard);
        self.gaps.iter().any(|gap| lost(gap) && is_of(gap))
    }

    fn leads_to(&self, ancestor: ShardId, shard: ShardId) -> bool {
        let mut parents = std::iter::successors(self.parents[&shard], |parent| self.parents[parent]);
        parents.any(|parent| parent == ancestor)
    }

    fn give(&mut self, shard: ShardId, position: Position) {
        assert!(self.given.insert((shard, position)), "{shard} {position:?} came twice");
        assert!(self.last.insert(shard, position).is_none_or(|last| last < position), "out of order");
        let mut ancestor = self.parents[&shard];
        while let Some(id) = ancestor {
            // Once it was asked of a shard, it holds.
            if !self.complete.insert(id) {
                break;
            }
            for (of, at) in self.written.iter().filter(|(of, _)| *of == id) {
                assert!(self.given.contains(&(*of, *at)) || self.is_lost(*of, *at), "before its parent's");
            }
            ancestor = self.parents[&id];
        }
    }
}

/// The positions of a follower that has come so far in a page.
fn within(follower: &Follower, shard: ShardId, at: Position) -> Positions {
    let all = follower.positions();
    let moved = |(id, number)| (id, if id == shard { SequenceNumber::of(at) } else { number });
    let text = all.iter().map(moved).collect::<Positions>().to_string();
    text.parse().unwrap()
}

struct Run {
    world: World,
    random: Random,
    arn: String,
    seen: Seen,
    follower: Follower,
}

impl Run {
    fn new(world: World, seed: u64) -> Self {
        let random = Random::seeded(seed);
        let shards = 1 + (random.next_u64() % 3) as u32;
        let stream = world.open_as(crate::world::CALLER, "Music", ViewType::NewImage, shards);
        let follower = Follower::begin(&world.streams, &world.store, &stream, &Begin::Start).unwrap();
        let mut seen = Seen::default();
        seen.learn(&stream);
        Self { world, random, arn: stream.arn, seen, follower }
    }

    fn below(&self, bound: u64) -> u64 {
        self.random.next_u64() % bound
    }

    fn stream(&self) -> StreamDescriptor {
        (*self.world.streams.get(&self.arn).unwrap()).clone()
    }

    fn write(&mut self) {
        let stream = self.stream();
        let open = stream.open_shards();
        if open.is_empty() {
            return;
        }
        for number in 0..self.below(6) {
            let shard = open[self.below(open.len() as u64) as usize];
            let record = insert_of(ViewType::NewImage, number as u32);
            self.seen.written.push((shard.id, self.world.append_to(shard.log, record)));
        }
    }

    fn change_shards(&mut self) {
        let stream = self.stream();
        let open: Vec<ShardId> = stream.open_shards().iter().map(|shard| shard.id).collect();
        if open.is_empty() || open.len() > 8 {
            return;
        }
        let shard = open[self.below(open.len() as u64) as usize];
        let changed = if self.below(2) == 0 {
            self.world.roll(&stream, shard)
        } else {
            self.world.split(&stream, shard)
        };
        self.seen.learn(&changed);
    }

    fn begin_again(&mut self, positions: Positions) {
        let (world, begin) = (&self.world, Begin::After(positions));
        let stream = self.stream();
        self.follower = Follower::begin(&world.streams, &world.store, &stream, &begin).unwrap();
    }

    /// One step, sometimes left in the middle. Whether there was anything.
    fn step(&mut self) -> bool {
        let count = 1 + self.below(4) as usize;
        match self.follower.step(&self.world.streams, &self.world.store, count).unwrap() {
            Step::Records(shard, page) => {
                for record in &page.records {
                    self.seen.give(shard, record.position);
                    if self.below(10) == 0 {
                        let positions = within(&self.follower, shard, record.position);
                        self.begin_again(positions);
                        break;
                    }
                }
                true
            }
            Step::Gap(gap) => {
                self.seen.gaps.push(gap);
                true
            }
            Step::More => true,
            Step::Idle | Step::End => false,
        }
    }

    fn finish(mut self) {
        while self.step() {}
        for (shard, position) in &self.seen.written {
            let given = self.seen.given.contains(&(*shard, *position));
            assert!(given || self.seen.is_lost(*shard, *position), "{shard} {position:?} is missing");
        }
    }
}

fn run(world: World, seed: u64, expiry: bool) -> Seen {
    let mut run = Run::new(world, seed);
    for _ in 0..120 {
        match run.below(12) {
            0..5 => run.write(),
            5 => run.change_shards(),
            6 if run.below(3) == 0 => {
                let positions = run.follower.positions();
                if !positions.is_empty() {
                    run.begin_again(positions);
                }
            }
            7 if expiry => {
                run.world.advance(HOUR_MS * run.below(14));
                if run.below(2) == 0 {
                    run.world.expire(&run.stream());
                }
            }
            _ => drop(run.step()),
        }
    }
    if run.below(2) == 0 && run.stream().status == StreamStatus::Enabled {
        let disabled = run.world.disable(&run.stream());
        run.seen.learn(&disabled);
    }
    let seen = Seen { gaps: run.seen.gaps.clone(), ..Seen::default() };
    run.finish();
    seen
}

#[test]
fn nothing_is_missing_and_nothing_comes_twice_through_any_tree_of_shards() {
    for seed in 0..60 {
        assert_eq!(run(World::new(), seed, false).gaps, []);
    }
    for seed in 0..2 {
        assert_eq!(run(World::on_disk(), seed, false).gaps, []);
    }
}

#[test]
fn what_is_trimmed_is_told() {
    let gaps: usize = (0..60).map(|seed| run(World::new(), 1_000 + seed, true).gaps.len()).sum();
    assert!(gaps > 20, "{gaps}");
}

fn begin(world: &World, stream: &StreamDescriptor, positions: &str) -> Follower {
    let begin = Begin::After(positions.parse().unwrap());
    let stream = world.streams.get(&stream.arn).unwrap();
    Follower::begin(&world.streams, &world.store, &stream, &begin).unwrap()
}

/// The positions of all that there is, and how it ends.
fn all(world: &World, follower: &mut Follower) -> (Vec<Position>, bool) {
    let mut all = Vec::new();
    loop {
        match follower.step(&world.streams, &world.store, 100).unwrap() {
            Step::Records(_, page) => all.extend(page.records.iter().map(|record| record.position)),
            Step::Gap(gap) => panic!("{gap:?}"),
            Step::More => {}
            Step::Idle => return (all, false),
            Step::End => return (all, true),
        }
    }
}

#[test]
fn the_position_of_one_write_is_enough_for_all_that_came_after_it() {
    let world = World::new();
    let stream = world.open_as(crate::world::CALLER, "Music", ViewType::NewImage, 2);
    let write =
        |shard: usize, number| world.append_to(stream.shards[shard].log, insert_of(stream.view, number));
    write(0, 1);
    write(1, 2);
    let at = write(0, 3);
    let mut after = vec![write(1, 4), write(0, 5)];
    let split = world.split(&stream, stream.shards[1].id);
    for child in split.children(stream.shards[1].id) {
        after.push(world.append_to(child.log, insert_of(stream.view, 6)));
    }
    let text = Positions::from_iter([(stream.shards[0].id, SequenceNumber::of(at))]).to_string();
    let mut follower = begin(&world, &stream, &text);
    let (mut seen, ended) = all(&world, &mut follower);
    seen.sort_unstable();
    after.sort_unstable();
    assert_eq!((seen, ended), (after, false));
}

#[test]
fn parent_and_child_may_both_be_named() {
    let world = World::new();
    let stream = world.open("Music", ViewType::NewImage);
    let first = world.append(&stream, insert_of(stream.view, 1));
    let second = world.append(&stream, insert_of(stream.view, 2));
    let rolled = world.roll(&stream, stream.shards[0].id);
    let third = world.append(&rolled, insert_of(stream.view, 3));
    let fourth = world.append(&rolled, insert_of(stream.view, 4));
    let positions: Positions = [(rolled.shards[0].id, first), (rolled.shards[1].id, third)]
        .into_iter()
        .map(|(shard, position)| (shard, SequenceNumber::of(position)))
        .collect();
    let mut follower = begin(&world, &stream, &positions.to_string());
    assert_eq!(follower.positions(), positions);
    assert_eq!(all(&world, &mut follower), (vec![second, fourth], false));
}

#[test]
fn a_snapshot_taken_between_a_split_and_its_installation_is_followed_exactly() {
    let world = World::new();
    let stream = world.open("Music", ViewType::NewImage);
    world.append(&stream, insert_of(stream.view, 1));
    let split = world.split(&stream, stream.shards[0].id);
    let child = split.children(stream.shards[0].id).next().unwrap();
    // Written to a child that who looks does not know of.
    world.append_to(child.log, insert_of(stream.view, 2));
    let mut follower = Follower::behind(&stream, &world.store.snapshot());
    let again = follower.positions().to_string();
    let new = world.append_to(child.log, insert_of(stream.view, 3));
    assert_eq!(all(&world, &mut follower), (vec![new], false));
    assert_eq!(all(&world, &mut begin(&world, &stream, &again)), (vec![new], false));
}

#[test]
fn a_disabled_stream_ends_once_it_was_read() {
    let world = World::new();
    let stream = world.open_as(crate::world::CALLER, "Music", ViewType::NewImage, 2);
    let last = world.append(&stream, insert_of(stream.view, 1));
    let disabled = world.disable(&stream);
    let latest = Follower::begin(&world.streams, &world.store, &disabled, &Begin::Latest).unwrap();
    assert_eq!(all(&world, &mut latest.clone()), (vec![], true));
    let mut follower = Follower::begin(&world.streams, &world.store, &disabled, &Begin::Start).unwrap();
    assert_eq!(all(&world, &mut follower), (vec![last], true));
    let again = follower.positions().to_string();
    assert_eq!(all(&world, &mut begin(&world, &stream, &again)), (vec![], true));
}

#[test]
fn positions_that_were_never_given_are_refused() {
    let world = World::with(Options::default());
    let stream = world.open("Music", ViewType::NewImage);
    let begin = |text: &str| {
        let begin = Begin::After(text.parse().unwrap());
        Follower::begin(&world.streams, &world.store, &stream, &begin)
    };
    let unknown = "shardId-00000009999999999999-00000000:100000000000000000001";
    assert!(matches!(begin(unknown), Err(BeginError::UnknownShard(_))));
    let beyond = format!("{}:999999999999999999999", stream.shards[0].id);
    assert!(matches!(begin(&beyond), Err(BeginError::NotGiven(_))));
    // One that the stream may have had once.
    let mut gone = begin("shardId-00000000000000000001-00000000:100000000000000000001").unwrap();
    assert!(matches!(gone.step(&world.streams, &world.store, 1), Ok(Step::Gap(_))));
    let new = world.append(&stream, insert_of(stream.view, 1));
    assert_eq!(all(&world, &mut gone), (vec![new], false));
}

#[test]
fn a_long_row_of_empty_shards_is_passed() {
    let world = World::new();
    let first = world.open("Music", ViewType::NewImage);
    let mut stream = first.clone();
    for _ in 0..300 {
        stream = world.roll(&stream, stream.shards.last().unwrap().id);
    }
    let last = world.append(&stream, insert_of(stream.view, 1));
    let mut follower = Follower::begin(&world.streams, &world.store, &stream, &Begin::Start).unwrap();
    assert!(matches!(follower.step(&world.streams, &world.store, 1), Ok(Step::More)));
    assert_eq!(all(&world, &mut follower), (vec![last], false));
}

#[test]
fn a_wait_ends_with_a_record_a_rollover_and_the_end() {
    let world = World::new();
    let stream = world.open_as(crate::world::CALLER, "Music", ViewType::NewImage, 2);
    let mut follower = Follower::begin(&world.streams, &world.store, &stream, &Begin::Start).unwrap();
    for what in 0..3 {
        assert_eq!(all(&world, &mut follower), (vec![], false));
        let asleep = follower.clone();
        let mut wait = pin!(asleep.wait(&world.streams, &world.store));
        let mut context = Context::from_waker(Waker::noop());
        assert!(wait.as_mut().poll(&mut context).is_pending());
        let now = world.streams.get(&stream.arn).unwrap();
        match what {
            0 => drop(world.append(&now, insert_of(stream.view, 1))),
            1 => drop(world.roll(&now, stream.shards[0].id)),
            _ => drop(world.disable(&now)),
        }
        assert!(wait.as_mut().poll(&mut context).is_ready(), "{what}");
        if what == 0 {
            assert_eq!(all(&world, &mut follower).0.len(), 1);
        }
    }
    assert_eq!(all(&world, &mut follower), (vec![], true));
}
