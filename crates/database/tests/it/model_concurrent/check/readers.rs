//! What readers read while everything changed, against the stream as it is read afterwards.

use crate::model_concurrent::follower::{Followed, From, Record};
use std::collections::{BTreeMap, HashSet};

type ByShard<'a> = BTreeMap<&'a str, Vec<&'a Record>>;

fn by_shard(followed: &Followed) -> ByShard<'_> {
    let mut shards = ByShard::new();
    for record in &followed.records {
        shards.entry(&record.shard).or_default().push(record);
    }
    shards
}

pub(super) fn check<'a>(whole: &Followed, readers: impl Iterator<Item = &'a Followed>) {
    let all = by_shard(whole);
    let (mut numbers, mut events) = (HashSet::new(), HashSet::new());
    for record in &whole.records {
        assert!(numbers.insert(&record.number), "the number {} twice", record.number);
        assert!(events.insert(record.record["eventID"].to_string()), "an event id twice");
    }
    for (shard, records) in &all {
        let parent = whole.parents[*shard].as_deref().and_then(|parent| all.get(parent));
        if let Some(last) = parent.and_then(|records| records.last()) {
            assert!(last.number < records[0].number, "a child's numbers are above its parent's");
        }
    }
    let mut count = 0;
    for reader in readers {
        count += 1;
        match reader.from {
            From::Horizon => assert!(by_shard(reader) == all, "a reader missed or doubled a record"),
            From::Latest => check_suffix(whole, &all, reader),
        }
    }
    assert_eq!(count, 2);
}

/// A reader of the newest has the end of each shard with which it began, and all of their descendants.
fn check_suffix(whole: &Followed, all: &ByShard<'_>, reader: &Followed) {
    let read = by_shard(reader);
    for shard in whole.parents.keys() {
        let expected = all.get(shard.as_str()).map_or(&[][..], Vec::as_slice);
        let found = read.get(shard.as_str()).map_or(&[][..], Vec::as_slice);
        if reader.roots.contains(shard) {
            assert!(expected.ends_with(found), "a reader missed a record after its first");
        } else if descends(whole, shard, &reader.roots) {
            assert!(expected == found, "a reader missed or doubled a record of a descendant");
        } else {
            assert!(found.is_empty(), "a reader read what was there before it");
        }
    }
}

fn descends(whole: &Followed, shard: &str, roots: &[String]) -> bool {
    let mut shard = shard.to_owned();
    while let Some(Some(parent)) = whole.parents.get(&shard) {
        if roots.contains(parent) {
            return true;
        }
        shard.clone_from(parent);
    }
    false
}
