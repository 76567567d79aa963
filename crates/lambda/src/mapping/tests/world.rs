//! A world from a seed: shards that split, records of which some are poison, a function that fails, answers in
//! part, or cannot be called, restarts from what is stored, updates.

use super::super::{Action, Checkpoint, Event, Mapping, Outcome, Page, Record, Rules, ShardInfo, ShardName};
use super::super::{Condition, PAYLOAD_LIMIT};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

type Sim = Record<(u64, bool)>;

struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

struct SimShard {
    info: ShardInfo,
    keys: Vec<u64>,
    records: Vec<Sim>,
    closed: bool,
}

struct Invocation {
    id: u64,
    shard: ShardName,
    lane: usize,
    records: Vec<Sim>,
    in_window: bool,
}

struct World {
    chance: Chance,
    now_ms: u64,
    rules: Rules,
    flaky: bool,
    was_flaky: bool,
    enabled: bool,
    mapping: Mapping<(u64, bool)>,
    shards: Vec<SimShard>,
    sequence: u128,
    stored: BTreeMap<ShardName, Vec<u8>>,
    reads: BTreeMap<ShardName, (u64, u128)>,
    under_way: Vec<Invocation>,
    /// Delivered or discarded, and the last that was so for each key.
    done: BTreeSet<u128>,
    last: BTreeMap<u64, u128>,
    finished: BTreeSet<ShardName>,
    actions: usize,
    trace: u64,
}

/// Runs one world to its end. Gives a digest of all that was done in it.
pub(super) fn run(seed: u64) -> u64 {
    let mut chance = Chance(seed);
    let rules = random_rules(&mut chance);
    let flaky = chance.percent(50);
    let mapping = Mapping::new(rules, true, []);
    let name: ShardName = Arc::from("shard-000");
    let info = ShardInfo { name, parents: Vec::new() };
    let first = SimShard { info, keys: (0..8).collect(), records: Vec::new(), closed: false };
    let mut world = World {
        chance,
        now_ms: 1_000_000,
        rules,
        flaky,
        was_flaky: flaky,
        enabled: true,
        mapping,
        shards: vec![first],
        sequence: 100,
        stored: BTreeMap::new(),
        reads: BTreeMap::new(),
        under_way: Vec::new(),
        done: BTreeSet::new(),
        last: BTreeMap::new(),
        finished: BTreeSet::new(),
        actions: 0,
        trace: 0,
    };
    world.list();
    for _ in 0..250 {
        world.something();
    }
    world.come_to_an_end();
    world.trace
}

fn random_rules(chance: &mut Chance) -> Rules {
    let endless = chance.percent(20);
    Rules {
        batch_size: 1 + chance.below(9),
        batching_window_ms: [0, 0, 300, 2_000][chance.below(4)],
        lanes: [1, 1, 2, 5][chance.below(4)],
        maximum_retries: (!endless).then(|| u32::try_from(chance.below(4)).unwrap()),
        age_limit_ms: if endless { 20_000 } else { [86_400_000, 86_400_000, 60_000][chance.below(3)] },
        bisects: chance.percent(60),
        reports_item_failures: chance.percent(40),
        tumbling_window_ms: chance.percent(25).then_some(3_000),
        ..Rules::default()
    }
}

impl World {
    fn something(&mut self) {
        match self.chance.below(100) {
            0..25 => self.write(),
            25..50 => self.answer_a_read(),
            50..72 => self.end_an_invocation(),
            72..88 => self.wait(),
            88..91 => self.split(),
            91..94 => self.restart(),
            94..97 => {
                self.enabled = !self.enabled;
                self.step(Event::Enable(self.enabled));
            }
            97 => {
                // A batch whose failures were counted under other rules is not split any more.
                let (bisects, lanes) = (self.rules.bisects, self.rules.lanes);
                self.rules = Rules { bisects, ..random_rules(&mut self.chance) };
                if self.chance.percent(50) {
                    self.rules.lanes = lanes;
                }
                self.step(Event::Update(self.rules));
            }
            _ => self.step(Event::Tick),
        }
    }

    fn step(&mut self, event: Event<(u64, bool)>) {
        for action in self.mapping.step(event, self.now_ms) {
            self.actions += 1;
            for byte in format!("{action:?}").bytes() {
                self.trace = (self.trace ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
            self.act(action);
        }
    }

    fn act(&mut self, action: Action<(u64, bool)>) {
        match action {
            Action::Read { read, shard, from } => {
                self.reads.insert(shard, (read, from));
            }
            Action::Invoke { invocation, shard, lane, records, window } => {
                assert!(self.enabled, "a disabled mapping invokes nothing");
                assert!(records.len() <= 10 && (window.is_some() || !records.is_empty()));
                assert!(records.iter().map(|record| record.size_bytes).sum::<usize>() < PAYLOAD_LIMIT);
                assert!(records.iter().all(|record| record.passes));
                assert!(records.is_sorted_by_key(|record| record.sequence));
                for other in &self.under_way {
                    assert!(other.shard != shard || other.lane != lane, "one batch of a lane");
                    for record in &records {
                        let key = record.payload.0;
                        assert!(
                            other.records.iter().all(|other| other.payload.0 != key),
                            "one batch of a key"
                        );
                    }
                }
                let in_window = window.is_some();
                self.under_way.push(Invocation { id: invocation, shard, lane, records, in_window });
            }
            Action::Discard { records, condition, .. } => {
                for record in records {
                    match condition {
                        Condition::RetryAttemptsExhausted => {
                            assert!(self.rules.maximum_retries.is_some());
                            let poison_alone = self.rules.bisects && !self.was_flaky;
                            assert!(record.payload.1 || !poison_alone, "bisect isolates poison: {record:?}");
                        }
                        Condition::RecordAgeExceeded => {
                            assert!(self.now_ms - record.time_ms > self.rules.age_limit_ms);
                        }
                    }
                    self.is_done(&record);
                }
            }
            Action::Store { shard, checkpoint } => {
                self.stored.insert(shard, checkpoint.encode());
            }
            Action::Finished { shard } => {
                assert!(self.finished.insert(shard), "a shard is finished once");
            }
            Action::Forget { .. } => panic!("no shard is gone"),
            Action::Wake { at_ms } => assert!(at_ms > self.now_ms),
        }
    }

    /// The first time that a record is done is after all those before it of its key.
    fn is_done(&mut self, record: &Sim) {
        if self.done.insert(record.sequence) {
            let last = self.last.insert(record.payload.0, record.sequence);
            assert!(last.is_none_or(|last| last < record.sequence), "{last:?} before {record:?}");
        }
    }

    fn write(&mut self) {
        for _ in 0..=self.chance.below(6) {
            let key = self.chance.next() % 8;
            self.sequence += 1 + u128::from(self.chance.next() % 3);
            let record = Record {
                sequence: self.sequence,
                key_hash: key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 7,
                size_bytes: if self.chance.percent(5) { PAYLOAD_LIMIT / 3 } else { 300 },
                time_ms: self.now_ms,
                passes: self.chance.percent(80),
                payload: (key, self.chance.percent(8)),
            };
            let owner = self.shards.iter_mut().find(|shard| !shard.closed && shard.keys.contains(&key));
            owner.unwrap().records.push(record);
        }
    }

    fn answer_a_read(&mut self) {
        let waiting: Vec<ShardName> = self.reads.keys().cloned().collect();
        if waiting.is_empty() {
            return;
        }
        let name = &waiting[self.chance.below(waiting.len())];
        let (read, from) = self.reads[name];
        let shard = self.shards.iter().find(|shard| shard.info.name == *name).unwrap();
        let there: Vec<Sim> =
            shard.records.iter().filter(|record| record.sequence >= from).cloned().collect();
        let count = there.len().min(1 + self.chance.below(12));
        if count == 0 && !shard.closed {
            return;
        }
        let is_end = shard.closed && count == there.len();
        let records = there[..count].to_vec();
        let next = records.last().map_or(from, |record| record.sequence + 1);
        self.reads.remove(name);
        let page = Page { records, next, is_end };
        self.step(Event::Read { read, shard: Arc::clone(name), page });
    }

    fn end_an_invocation(&mut self) {
        if self.under_way.is_empty() {
            return;
        }
        let place = self.chance.below(self.under_way.len());
        let invocation = self.under_way.swap_remove(place);
        let outcome = self.call(&invocation);
        self.step(Event::Invoked { invocation: invocation.id, shard: invocation.shard, outcome });
    }

    /// The function.
    fn call(&mut self, invocation: &Invocation) -> Outcome {
        let records = &invocation.records;
        let request_id = "request".to_owned();
        if self.flaky && self.chance.percent(15) {
            return Outcome::NotInvoked;
        }
        if self.flaky && self.chance.percent(15) {
            return Outcome::FunctionError { request_id };
        }
        let poison = records.iter().position(|record| record.payload.1);
        let mut body =
            if invocation.in_window { serde_json::json!({"state": {"n": 1}}) } else { serde_json::json!({}) };
        let mut good = &records[..];
        if let Some(place) = poison {
            if !self.rules.reports_item_failures || self.chance.percent(30) {
                return Outcome::FunctionError { request_id };
            }
            good = &records[..place];
            body["batchItemFailures"] =
                serde_json::json!([{"itemIdentifier": records[place].sequence.to_string()}]);
        }
        for record in good {
            self.is_done(record);
        }
        Outcome::Answered { request_id, body: body.to_string().into_bytes() }
    }

    fn wait(&mut self) {
        self.now_ms += [1, 50, 200, 1_000, 5_000][self.chance.below(5)];
        self.step(Event::Tick);
    }

    /// A shard is closed; its keys go to two children, or to one.
    fn split(&mut self) {
        let open: Vec<usize> = (0..self.shards.len()).filter(|place| !self.shards[*place].closed).collect();
        let place = open[self.chance.below(open.len())];
        self.shards[place].closed = true;
        let parent = Arc::clone(&self.shards[place].info.name);
        let keys = self.shards[place].keys.clone();
        let (left, right) = keys.split_at(if self.chance.percent(50) { keys.len() / 2 } else { keys.len() });
        for keys in [left, right].into_iter().filter(|keys| !keys.is_empty()) {
            let name: ShardName = format!("shard-{:03}", self.shards.len()).into();
            let info = ShardInfo { name, parents: vec![Arc::clone(&parent)] };
            self.shards.push(SimShard { info, keys: keys.to_vec(), records: Vec::new(), closed: false });
        }
        self.list();
    }

    fn list(&mut self) {
        self.step(Event::Shards(self.shards.iter().map(|shard| shard.info.clone()).collect()));
    }

    /// Everything but what is stored is gone; some functions had done their work, and nobody heard of it.
    fn restart(&mut self) {
        for invocation in std::mem::take(&mut self.under_way) {
            if self.chance.percent(50) {
                self.call(&invocation);
            }
        }
        self.reads.clear();
        let stored: Vec<(ShardName, Checkpoint)> = self
            .stored
            .iter()
            .map(|(shard, bytes)| (Arc::clone(shard), Checkpoint::decode(bytes).unwrap()))
            .collect();
        for (shard, checkpoint) in &stored {
            assert_eq!(checkpoint.finished, self.finished.contains(shard));
        }
        self.mapping = Mapping::new(self.rules, self.enabled, stored);
        self.list();
    }

    /// Nothing is written any more, and everything has to come to an end.
    fn come_to_an_end(&mut self) {
        self.flaky = self.flaky && self.chance.percent(50);
        self.enabled = true;
        self.step(Event::Enable(true));
        for shard in &mut self.shards {
            shard.closed = true;
        }
        for round in 0.. {
            assert!(round < 20_000, "it comes to an end");
            if self.finished.len() == self.shards.len() {
                break;
            }
            self.answer_a_read();
            self.end_an_invocation();
            if self.under_way.is_empty() {
                self.wait();
            }
        }
        assert!(self.under_way.is_empty() && !self.mapping.is_busy());
        for record in self.shards.iter().flat_map(|shard| &shard.records) {
            assert_eq!(self.done.contains(&record.sequence), record.passes, "{record:?}");
        }
        for shard in &self.shards {
            assert!(Checkpoint::decode(&self.stored[&shard.info.name]).unwrap().finished);
        }
    }
}
