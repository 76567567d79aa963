//! The store in memory: its bounds, fences, closed logs and order.

use super::*;
use crate::{Direction, Fence, LogChange, Range, Snapshot};
use proptest::prelude::*;
use std::ops::Bound;

fn key(space: SpaceId, bytes: &[u8]) -> Key {
    Key { space, bytes: Bytes::copy_from_slice(bytes) }
}

fn put(store: &Memory, key: &Key, value: &'static [u8]) -> Version {
    let writes = vec![(key.clone(), Some(Bytes::from_static(value)))];
    match store.commit(Commit { writes, ..Commit::default() }).unwrap() {
        Outcome::Done { version, .. } => version,
        other => panic!("{other:?}"),
    }
}

fn append(store: &Memory, log: LogId, size: usize) -> Position {
    let appends = vec![(log, vec![7; size].into())];
    match store.commit(Commit { appends, ..Commit::default() }).unwrap() {
        Outcome::Done { positions, .. } => positions[0],
        other => panic!("{other:?}"),
    }
}

fn open(store: &Memory, log: LogId) {
    let logs = vec![LogChange::Open { log, retention_ms: 1000 }];
    assert!(matches!(store.commit(Commit { logs, ..Commit::default() }), Ok(Outcome::Done { .. })));
}

#[test]
fn bytes_are_accounted_and_come_back() {
    let store = Memory::new(usize::MAX);
    let space = store.create_space().unwrap();
    let (first, second) = (key(space, b"first"), key(space, b"second"));
    put(&store, &first, b"0123456789");
    let one = store.usage().item_bytes;
    put(&store, &second, b"0123456789");
    put(&store, &second, b"");
    assert_eq!(store.usage().item_bytes, 2 * one - 10 + 1);
    let writes = vec![(second, None)];
    store.commit(Commit { writes, ..Commit::default() }).unwrap();
    assert_eq!(store.usage().item_bytes, one);
    store.drop_space(space).unwrap();
    assert_eq!(store.usage().item_bytes, 0);
    open(&store, LogId(1));
    append(&store, LogId(1), 100);
    let position = append(&store, LogId(1), 100);
    assert!(store.usage().log_bytes > 200);
    let logs = vec![LogChange::Trim(LogId(1), position)];
    store.commit(Commit { logs, ..Commit::default() }).unwrap();
    assert_eq!(store.usage().log_bytes, 0);
}

#[test]
fn the_cap_trims_the_oldest_of_all_logs() {
    let store = Memory::new(100_000);
    let (busy, idle) = (LogId(1), LogId(2));
    open(&store, busy);
    open(&store, idle);
    let first = append(&store, idle, 1000);
    for _ in 0..500 {
        append(&store, busy, 1000);
    }
    assert!(store.usage().log_bytes <= 100_000);
    assert!(store.usage().trimmed_early > 400);
    let snapshot = store.snapshot();
    assert_eq!(snapshot.log(idle).unwrap().trimmed, first);
    let page = snapshot.log_read(busy, Position(0), 10_000, usize::MAX).unwrap();
    assert!((80..=100).contains(&page.records.len()), "{}", page.records.len());
    assert_eq!(page.records.last().unwrap().position, snapshot.log(busy).unwrap().tail);
    assert!(snapshot.log(busy).unwrap().trimmed < page.records[0].position);
}

#[test]
fn an_unknown_space_and_a_broken_counter_are_refused_whole() {
    let store = Memory::new(usize::MAX);
    let space = store.create_space().unwrap();
    let (good, bad) = (key(space, b"good"), key(SpaceId(99), b"bad"));
    let value = || Some(Bytes::from_static(b"value"));
    let writes = vec![(good.clone(), value()), (bad, value())];
    assert!(store.commit(Commit { writes, ..Commit::default() }).is_err());
    assert_eq!(store.snapshot().get(&good).unwrap(), None);
    put(&store, &good, b"no counter");
    let adds = vec![(good, [1, 1])];
    assert!(matches!(store.commit(Commit { adds, ..Commit::default() }), Err(StoreError::Corrupt(_))));
}

#[test]
fn fences_must_rise_and_closed_logs_refuse() {
    let store = Memory::new(usize::MAX);
    let log = LogId(3);
    open(&store, log);
    let change =
        |change: LogChange| store.commit(Commit { logs: vec![change], ..Commit::default() }).unwrap();
    assert!(matches!(change(LogChange::RaiseFence(log, Fence(5))), Outcome::Done { .. }));
    assert_eq!(change(LogChange::RaiseFence(log, Fence(5))), Outcome::Fenced(log));
    let fenced = Commit { fences: vec![(log, Fence(4))], ..Commit::default() };
    assert_eq!(store.commit(fenced).unwrap(), Outcome::Fenced(log));
    assert!(matches!(change(LogChange::Close(log)), Outcome::Done { .. }));
    let appends = vec![(log, Bytes::from_static(b"late").into())];
    assert_eq!(store.commit(Commit { appends, ..Commit::default() }).unwrap(), Outcome::LogClosed(log));
    assert!(matches!(change(LogChange::Drop(log)), Outcome::Done { .. }));
    assert_eq!(store.log_state(log), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(environment::repeated(64) as u32))]

    /// Ranges are those of a plain ordered map, for keys that share long beginnings and end in zeros.
    #[test]
    fn ranges_are_ordered_by_unsigned_bytes(
        keys in prop::collection::vec(prop::collection::vec(prop::sample::select(vec![0_u8, 1, 255]), 0..20), 1..40),
        ends in prop::array::uniform2((0..3_usize, 0..40_usize)),
        backward: bool,
    ) {
        let store = Memory::new(usize::MAX);
        let space = store.create_space().unwrap();
        let mut model = BTreeMap::new();
        for bytes in &keys {
            let version = put(&store, &key(space, bytes), b"value");
            model.insert(bytes.clone(), version);
        }
        let bound = |(kind, index): (usize, usize)| {
            let bytes = Bytes::from(keys[index % keys.len()].clone());
            [Bound::Included(bytes.clone()), Bound::Excluded(bytes), Bound::Unbounded][kind].clone()
        };
        let direction = if backward { Direction::Backward } else { Direction::Forward };
        let range = Range { space, from: bound(ends[0]), to: bound(ends[1]), direction };
        let mut seen = Vec::new();
        store.snapshot().range(&range, &mut |key, value| {
            seen.push((key.to_vec(), value.version));
            true
        }).unwrap();
        let inside = |key: &Vec<u8>| {
            std::ops::RangeBounds::contains(&(range.from.clone(), range.to.clone()), &Bytes::from(key.clone()))
        };
        let mut expected: Vec<_> = model.into_iter().filter(|(key, _)| inside(key)).collect();
        if backward {
            expected.reverse();
        }
        prop_assert_eq!(seen, expected);
    }
}
