//! What is in memory: which groups, streams and blocks there are, and what is yet to be committed.

use super::Event;
use super::block::{self, BLOCK_BYTES, Meta};
use super::groups::{Block, Group, GroupRecord, Stream, StreamRecord};
use super::keys::Keys;
use super::live::Live;
use bytes::Bytes;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::Key;

/// So many bytes may wait to be committed before lines are not taken any more.
pub(super) const WAITING_BYTES_MAX: usize = 16 << 20;

/// The blocks that may still grow take no more memory than this, but for what waits to be committed.
const GROWING_BYTES_MAX: usize = 8 << 20;

/// The longest message of a function; a longer one is cut.
pub(super) const MESSAGE_BYTES_MAX: usize = (1 << 20) - 26;

/// The name of a group, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct GroupKey {
    pub(super) account: Arc<str>,
    pub(super) region: Arc<str>,
    pub(super) name: Arc<str>,
}

/// What is in memory.
#[derive(Debug)]
pub(super) struct State {
    pub(super) groups: BTreeMap<GroupKey, Group>,
    /// The next number of a group, a stream or a block.
    pub(super) next: u64,
    /// Where each block is, oldest first.
    pub(super) order: BTreeMap<u64, (GroupKey, Arc<str>)>,
    /// Of all blocks.
    pub(super) bytes: u64,
    /// Of events that are not committed.
    waiting_bytes: usize,
    /// Whether the store failed at the last commit. Then nobody is held up, since waiting is of no use.
    failing: bool,
    /// The bytes of blocks that are in memory.
    memory_bytes: usize,
    /// What changed since it was committed; none as a stream for the group itself.
    changed: BTreeSet<(GroupKey, Option<Arc<str>>)>,
    /// Other records to be written or deleted.
    pub(super) records: BTreeMap<Key, Option<Bytes>>,
    pub(super) live: Live,
}

/// What is to be committed.
#[derive(Debug, Default)]
pub(super) struct Pending {
    pub(super) records: BTreeMap<Key, Option<Bytes>>,
    streams: Vec<(GroupKey, Arc<str>)>,
    /// Of the events in it.
    events_bytes: usize,
}

impl State {
    pub(super) fn new(live: Live) -> Self {
        Self {
            groups: BTreeMap::new(),
            next: 1,
            order: BTreeMap::new(),
            bytes: 0,
            waiting_bytes: 0,
            failing: false,
            memory_bytes: 0,
            changed: BTreeSet::new(),
            records: BTreeMap::new(),
            live,
        }
    }

    pub(super) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    pub(super) fn is_behind(&self) -> bool {
        !self.failing && self.waiting_bytes > WAITING_BYTES_MAX / 2
    }

    /// Makes a group, which is not there.
    pub(super) fn create_group(&mut self, key: GroupKey, now_ms: u64) -> &mut Group {
        let record = GroupRecord {
            id: self.number(),
            account: key.account.to_string(),
            region: key.region.to_string(),
            name: key.name.to_string(),
            created_ms: now_ms,
            retention_days: None,
            class: "STANDARD".to_owned(),
            kms_key: None,
            protected: false,
            tags: BTreeMap::new(),
        };
        self.changed.insert((key.clone(), None));
        self.groups.entry(key).or_insert_with(|| Group::new(record))
    }

    /// Makes a stream in a group that is there, unless it is there.
    pub(super) fn create_stream(&mut self, key: &GroupKey, name: &str, now_ms: u64) {
        let id = self.number();
        let Some(group) = self.groups.get_mut(key) else { return };
        let record = StreamRecord { id, name: name.to_owned(), created_ms: now_ms };
        let name: Arc<str> = name.into();
        self.changed.insert((key.clone(), Some(Arc::clone(&name))));
        group.streams.entry(name).or_insert_with(|| Stream::new(record));
    }

    /// The record of a group has changed.
    pub(super) fn changed(&mut self, key: &GroupKey) {
        self.changed.insert((key.clone(), None));
    }

    /// Takes events of a function.
    pub(super) fn write(&mut self, key: GroupKey, stream: &str, events: &[Event], now_ms: u64) {
        if !self.groups.contains_key(&key) {
            self.create_group(key.clone(), now_ms);
        }
        if self.groups.get(&key).is_some_and(|group| !group.streams.contains_key(stream)) {
            self.create_stream(&key, stream, now_ms);
        }
        let full = self.waiting_bytes > WAITING_BYTES_MAX;
        let Some(known) = self.groups.get_mut(&key).and_then(|group| group.streams.get_mut(stream)) else {
            return;
        };
        if full {
            known.dropped += events.len() as u64;
            return;
        }
        let dropped = std::mem::take(&mut known.dropped);
        if dropped > 0 {
            tracing::warn!(group = %key.name, stream, dropped, "log events were not kept: the disk does not keep up");
            let message =
                format!("[tailwater: {dropped} log events are missing here: the disk did not keep up]");
            self.append(&key, stream, &[Event { time_ms: now_ms, message }], now_ms);
        }
        if events.iter().all(|event| event.message.len() <= MESSAGE_BYTES_MAX) {
            return self.append(&key, stream, events, now_ms);
        }
        let mut events = events.to_vec();
        for event in &mut events {
            let end = event.message.floor_char_boundary(MESSAGE_BYTES_MAX);
            event.message.truncate(end);
        }
        self.append(&key, stream, &events, now_ms);
    }

    /// Adds events to a stream that is there.
    pub(super) fn append(&mut self, key: &GroupKey, name: &str, events: &[Event], now_ms: u64) {
        let streams = self.groups.get_mut(key).map(|group| &mut group.streams);
        let Some(streams) = streams else { return };
        let Some(shared) = streams.get_key_value(name).map(|(name, _)| Arc::clone(name)) else { return };
        let Some(stream) = streams.get_mut(name) else { return };
        for event in events {
            let grows = |block: &Block| block.data.is_some() && (block.meta.bytes as usize) < BLOCK_BYTES;
            if !stream.blocks.back().is_some_and(grows) {
                let (number, data) = (self.next, Some(Vec::new()));
                self.next += 1;
                self.order.insert(number, (key.clone(), Arc::clone(&shared)));
                stream.blocks.push_back(Block { number, meta: Meta::EMPTY, data, dirty: true });
            }
            let Some(block) = stream.blocks.back_mut() else { return };
            if let Some(data) = &mut block.data {
                block.meta.push(data, event, now_ms);
                block.dirty = true;
            }
            self.bytes += block::size_bytes(event) as u64;
            self.waiting_bytes += block::size_bytes(event);
            self.memory_bytes += block::size_bytes(event);
            self.live.push(key, &shared, event);
        }
        self.changed.insert((key.clone(), Some(shared)));
        self.live.wake();
    }

    /// All that is to be committed. It counts as committed from now on: say [`State::failed`] where it was not.
    pub(super) fn take_pending(&mut self, keys: Keys) -> Pending {
        let events_bytes = std::mem::take(&mut self.waiting_bytes);
        let records = std::mem::take(&mut self.records);
        let mut pending = Pending { records, streams: Vec::new(), events_bytes };
        for (key, name) in std::mem::take(&mut self.changed) {
            let Some(group) = self.groups.get_mut(&key) else { continue };
            let group_id = group.record.id;
            let Some(name) = name else {
                pending.records.insert(keys.group(group_id), json(&group.record));
                continue;
            };
            let Some(stream) = group.streams.get_mut(&name) else { continue };
            let id = stream.record.id;
            pending.records.insert(keys.stream(group_id, id), json(&stream.record));
            // Only the last blocks may be uncommitted.
            for block in stream.blocks.iter_mut().rev() {
                if !std::mem::take(&mut block.dirty) {
                    break;
                }
                let data = Bytes::copy_from_slice(block.data.as_deref().unwrap_or_default());
                pending.records.insert(keys.meta(id, block.number), Some(block.meta.encode().into()));
                pending.records.insert(keys.block(id, block.number), Some(data));
            }
            pending.streams.push((key, name));
        }
        pending
    }

    /// It was committed: blocks that grow no more need no memory.
    pub(super) fn committed(&mut self, pending: &Pending) {
        self.failing = false;
        for (key, name) in &pending.streams {
            if let Some(stream) = self.groups.get_mut(key).and_then(|group| group.streams.get_mut(name)) {
                self.memory_bytes -= stream.release(false);
            }
        }
        if self.memory_bytes > GROWING_BYTES_MAX {
            let streams = self.groups.values_mut().flat_map(|group| group.streams.values_mut());
            self.memory_bytes -= streams.map(|stream| stream.release(true)).sum::<usize>();
        }
    }

    /// It was not committed: it is to be tried again. What has changed meanwhile counts.
    pub(super) fn failed(&mut self, pending: Pending) {
        self.failing = true;
        self.waiting_bytes += pending.events_bytes;
        for (key, value) in pending.records {
            self.records.entry(key).or_insert(value);
        }
        self.changed.extend(pending.streams.into_iter().map(|(key, name)| (key, Some(name))));
    }

    /// Deletes a group with all that is in it.
    pub(super) fn delete_group(&mut self, key: &GroupKey, keys: Keys) {
        let Some(group) = self.groups.remove(key) else { return };
        for stream in group.streams.values() {
            self.forget_stream(group.record.id, stream, keys);
        }
        self.records.insert(keys.group(group.record.id), None);
    }

    /// Deletes a stream with its events.
    pub(super) fn delete_stream(&mut self, key: &GroupKey, name: &str, keys: Keys) {
        let Some(group) = self.groups.get_mut(key) else { return };
        let Some(stream) = group.streams.remove(name) else { return };
        let id = group.record.id;
        self.forget_stream(id, &stream, keys);
    }

    fn forget_stream(&mut self, group: u64, stream: &Stream, keys: Keys) {
        for block in &stream.blocks {
            self.forget_block(stream.record.id, block, keys);
        }
        self.records.insert(keys.stream(group, stream.record.id), None);
    }

    fn forget_block(&mut self, stream: u64, block: &Block, keys: Keys) {
        self.order.remove(&block.number);
        self.bytes -= u64::from(block.meta.bytes);
        self.memory_bytes -= block.data.as_ref().map_or(0, Vec::len);
        self.records.insert(keys.meta(stream, block.number), None);
        self.records.insert(keys.block(stream, block.number), None);
    }

    /// Drops the oldest blocks until all others have room. Answers how many bytes went.
    pub(super) fn make_room(&mut self, bytes_max: u64, keys: Keys) -> u64 {
        let before = self.bytes;
        while self.bytes > bytes_max && self.order.len() > 1 {
            let Some((number, (key, name))) = self.order.pop_first() else { break };
            self.drop_block(&key, &name, number, keys);
        }
        before - self.bytes
    }

    /// Drops the blocks all of whose events are expired.
    pub(super) fn drop_expired(&mut self, now_ms: u64, keys: Keys) {
        let mut expired = Vec::new();
        for (key, group) in &self.groups {
            let below_ms = group.record.expired_below_ms(now_ms);
            for (name, stream) in &group.streams {
                let old = stream.blocks.iter().filter(|block| block.meta.last_ms < below_ms);
                expired.extend(old.map(|block| (key.clone(), Arc::clone(name), block.number)));
            }
        }
        for (key, name, number) in expired {
            self.drop_block(&key, &name, number, keys);
        }
    }

    fn drop_block(&mut self, key: &GroupKey, name: &str, number: u64, keys: Keys) {
        let stream = self.groups.get_mut(key).and_then(|group| group.streams.get_mut(name));
        let Some(stream) = stream else { return };
        let Ok(place) = stream.blocks.binary_search_by_key(&number, |block| block.number) else { return };
        let (id, block) = (stream.record.id, stream.blocks.remove(place));
        if let Some(block) = block {
            self.forget_block(id, &block, keys);
        }
    }
}

/// The value of a record.
fn json<T: Serialize>(record: &T) -> Option<Bytes> {
    // Texts and numbers are always JSON.
    Some(serde_json::to_vec(record).unwrap_or_default().into())
}
