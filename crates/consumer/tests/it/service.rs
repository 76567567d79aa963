//! A stream and a lease table, made up: shards that roll over, split and are trimmed, iterators that expire, and
//! descriptions that lag behind.

use std::collections::BTreeMap;
use tailwater_consumer::backoff::Dice;
use tailwater_consumer::lease::{Lease, LeaseWrite};
use tailwater_consumer::transport::{CallError, RecordPage, Shard, StartingPosition, StreamStatus};
use tailwater_consumer::worker::{Listing, WriteFailure};
use tailwater_consumer::{Change, ChangeKind, Item, SequenceNumber, Value};

pub(crate) const ITERATOR_LIFE_MS: u64 = 8_000;

/// One change, as the service knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record {
    pub(crate) number: u64,
    pub(crate) key: u64,
    pub(crate) value: Option<u64>,
    pub(crate) kind: ChangeKind,
    pub(crate) at_ms: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct SimShard {
    pub(crate) parent: Option<String>,
    hashes: (u64, u64),
    start: u64,
    pub(crate) end: Option<u64>,
    made_ms: u64,
    closed_ms: u64,
    pub(crate) records: Vec<Record>,
    /// The last number that was trimmed.
    pub(crate) trimmed: u64,
}

/// What happened, to be held against what a test is to have gone through.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) rolls: u64,
    pub(crate) splits: u64,
    /// Changes that were trimmed, and shards that are gone with theirs.
    pub(crate) trimmed: u64,
    pub(crate) shards_gone: u64,
    /// Iterators that were refused because they had expired, or stood before what was trimmed.
    pub(crate) expired: u64,
    pub(crate) behind_trim: u64,
    /// Descriptions that lagged behind.
    pub(crate) stale: u64,
    pub(crate) writes_overtaken: u64,
}

#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) dice: Dice,
    pub(crate) shards: BTreeMap<String, SimShard>,
    /// What each shard continues, of those that are gone, too.
    pub(crate) parents: BTreeMap<String, Option<String>>,
    pub(crate) items: BTreeMap<u64, u64>,
    pub(crate) leases: BTreeMap<String, Lease>,
    pub(crate) enabled: bool,
    pub(crate) counts: Counts,
    pub(crate) iterator_life_ms: u64,
    numbers: u64,
    made: u64,
}

/// What a description tells is how things were a moment ago at most: not so long ago that the library takes what is missing in
/// it for gone.
const LAGGING_MAX_MS: u64 = 2_000;

pub(crate) fn number(value: u64) -> SequenceNumber {
    SequenceNumber::new(&value.to_string())
}

pub(crate) fn value(number: &SequenceNumber) -> u64 {
    number.as_str().parse().unwrap()
}

pub(crate) fn item(key: u64, value: u64) -> Item {
    Item::from([("pk".to_owned(), Value::from(key)), ("value".to_owned(), Value::from(value))])
}

pub(crate) fn key_of(keys: &Item) -> u64 {
    keys["pk"].as_n().unwrap().parse().unwrap()
}

impl Service {
    pub(crate) fn new(seed: u64, shards: u64) -> Self {
        let mut service = Self {
            dice: Dice::new(seed),
            shards: BTreeMap::new(),
            parents: BTreeMap::new(),
            items: BTreeMap::new(),
            leases: BTreeMap::new(),
            enabled: true,
            counts: Counts::default(),
            iterator_life_ms: ITERATOR_LIFE_MS,
            numbers: 1_000_000,
            made: 0,
        };
        for part in 0..shards {
            service.open(None, (part * 100 / shards, (part + 1) * 100 / shards), 0);
        }
        service
    }

    fn open(&mut self, parent: Option<String>, hashes: (u64, u64), made_ms: u64) {
        self.made += 1;
        let start = self.next_number();
        let id = format!("shardId-{:020}-{:08x}", self.made, self.made);
        self.parents.insert(id.clone(), parent.clone());
        let shard = SimShard {
            parent,
            hashes,
            start,
            end: None,
            made_ms,
            closed_ms: 0,
            records: Vec::new(),
            trimmed: 0,
        };
        self.shards.insert(id, shard);
    }

    fn next_number(&mut self) -> u64 {
        self.numbers += 1 + self.dice.below(3);
        self.numbers
    }

    /// Writes or removes an item of this key.
    pub(crate) fn write(&mut self, key: u64, remove: bool, now_ms: u64) -> Option<Record> {
        let before = self.items.get(&key).copied();
        let number = self.next_number();
        let (kind, value) = match (before, remove) {
            (None, true) => return None,
            (Some(_), true) => (ChangeKind::Remove, None),
            (Some(_), false) => (ChangeKind::Modify, Some(number)),
            (None, false) => (ChangeKind::Insert, Some(number)),
        };
        match value {
            Some(value) => self.items.insert(key, value),
            None => self.items.remove(&key),
        };
        let hash = key * 37 % 100;
        let owns =
            |shard: &&mut SimShard| shard.end.is_none() && (shard.hashes.0..shard.hashes.1).contains(&hash);
        let record = Record { number, key, value, kind, at_ms: now_ms };
        self.shards.values_mut().find(owns).unwrap().records.push(record);
        Some(record)
    }

    pub(crate) fn open_shards(&self) -> Vec<String> {
        self.shards.iter().filter(|(_, shard)| shard.end.is_none()).map(|(id, _)| id.clone()).collect()
    }

    /// Closes a shard and opens one child, or two.
    pub(crate) fn roll(&mut self, split: bool, now_ms: u64) {
        let open = self.open_shards();
        let id = open[usize::try_from(self.dice.below(open.len() as u64)).unwrap()].clone();
        let hashes = self.close(&id, now_ms);
        let middle = (hashes.0 + hashes.1) / 2;
        if split && middle > hashes.0 {
            self.counts.splits += 1;
            self.open(Some(id.clone()), (hashes.0, middle), now_ms);
            self.open(Some(id), (middle, hashes.1), now_ms);
        } else {
            self.counts.rolls += 1;
            self.open(Some(id), hashes, now_ms);
        }
    }

    fn close(&mut self, id: &str, now_ms: u64) -> (u64, u64) {
        let end = self.next_number();
        let shard = self.shards.get_mut(id).unwrap();
        (shard.end, shard.closed_ms) = (Some(end), now_ms);
        shard.hashes
    }

    pub(crate) fn disable(&mut self, now_ms: u64) {
        self.open_shards().iter().for_each(|id| {
            self.close(id, now_ms);
        });
        self.enabled = false;
    }

    /// Drops what is older than this, and shards that have nothing else.
    pub(crate) fn trim(&mut self, before_ms: u64) {
        for shard in self.shards.values_mut() {
            let old = shard.records.iter().take_while(|record| record.at_ms < before_ms).count();
            self.counts.trimmed += old as u64;
            shard.trimmed = shard.records.drain(..old).next_back().map_or(shard.trimmed, |last| last.number);
        }
        let before = self.shards.len();
        self.shards.retain(|_, shard| {
            shard.end.is_none() || !shard.records.is_empty() || shard.closed_ms >= before_ms
        });
        self.counts.shards_gone += (before - self.shards.len()) as u64;
    }

    /// The shards, sometimes as they were a moment ago: without the newest, and with their parents still open.
    pub(crate) fn describe(&mut self, now_ms: u64) -> Listing {
        let lag_ms = if self.dice.below(3) == 0 { self.dice.below(LAGGING_MAX_MS) } else { 0 };
        let as_of_ms = now_ms.saturating_sub(lag_ms);
        let known = self.shards.iter().filter(|(_, shard)| shard.made_ms <= as_of_ms);
        let shards: Vec<Shard> = known.map(|(id, shard)| shard.listed(id, as_of_ms)).collect();
        self.counts.stale += u64::from(shards.len() < self.shards.len());
        let status = if self.enabled { StreamStatus::Enabled } else { StreamStatus::Disabled };
        Listing { status, shards }
    }

    pub(crate) fn iterator(
        &mut self,
        id: &str,
        position: &StartingPosition,
        now_ms: u64,
    ) -> Result<String, CallError> {
        let shard = self.shards.get(id).ok_or_else(|| CallError::NotFound("shard".to_owned()))?;
        let after = match position {
            StartingPosition::TrimHorizon => shard.trimmed,
            StartingPosition::Latest => self.numbers,
            StartingPosition::At(at) => value(at) - 1,
            StartingPosition::After(after) => value(after),
        };
        if shard.trimmed > after {
            self.counts.behind_trim += 1;
            return Err(CallError::Trimmed("gone".to_owned()));
        }
        Ok(format!("{id}|{after}|{now_ms}"))
    }

    pub(crate) fn records(
        &mut self,
        iterator: &str,
        limit: u32,
        now_ms: u64,
    ) -> Result<RecordPage, CallError> {
        let parts: Vec<&str> = iterator.split('|').collect();
        let (id, after, issued_ms) = (parts[0], parts[1].parse().unwrap(), parts[2].parse::<u64>().unwrap());
        if now_ms - issued_ms > self.iterator_life_ms {
            self.counts.expired += 1;
            return Err(CallError::ExpiredIterator("old".to_owned()));
        }
        let shard = self.shards.get(id).ok_or_else(|| CallError::NotFound("shard".to_owned()))?;
        if shard.trimmed > after {
            self.counts.behind_trim += 1;
            return Err(CallError::Trimmed("gone".to_owned()));
        }
        let newer = shard.records.iter().filter(|record| record.number > after);
        let page: Vec<&Record> = newer.take(limit as usize).collect();
        let at = page.last().map_or(after, |last| last.number);
        let all = shard.records.last().is_none_or(|last| last.number <= at);
        let next = (shard.end.is_none() || !all).then(|| format!("{id}|{at}|{now_ms}"));
        Ok(RecordPage { changes: page.into_iter().map(Record::change).collect(), next })
    }

    pub(crate) fn write_lease(&mut self, id: &str, write: &LeaseWrite) -> Result<Lease, WriteFailure> {
        let before = self.leases.get(id);
        let Some(after) = write.apply(before) else {
            self.counts.writes_overtaken += 1;
            return Err(WriteFailure::Overtaken(before.cloned().map(Box::new)));
        };
        match write {
            LeaseWrite::Delete { .. } => self.leases.remove(id),
            _ => self.leases.insert(id.to_owned(), after.clone()),
        };
        Ok(after)
    }
}

impl SimShard {
    fn listed(&self, id: &str, as_of_ms: u64) -> Shard {
        let end = self.end.filter(|_| self.closed_ms <= as_of_ms);
        let (starting, ending) = (Some(number(self.start)), end.map(number));
        Shard { id: id.to_owned(), parent: self.parent.clone(), starting, ending }
    }
}

impl Record {
    fn change(&self) -> Change {
        Change {
            kind: self.kind,
            keys: Item::from([("pk".to_owned(), Value::from(self.key))]),
            new: self.value.map(|value| item(self.key, value)),
            old: None,
            sequence_number: number(self.number),
            event_id: None,
            created_ms: None,
            size_bytes: None,
            principal: None,
        }
    }
}
