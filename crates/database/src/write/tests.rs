//! What a plan does: the rows of the specification's table of records, index entries, counters and refusals.

use super::*;
use crate::table::{
    Index, IndexKind, IndexStatus, KeyAttribute, KeySchema, OpenShard, Projection, StreamTarget, TableId,
    TimeToLive,
};
use expression::{Bindings, Cache, ExpressionKind};
use item::{KeyKind, Number, Value};
use store::{Effect, Fence, LogId, Pieces, SpaceId, Transaction, Version, Versioned};

const NOW_MS: u64 = 1_000_000_000_000;

fn attribute(name: &str) -> KeyAttribute {
    KeyAttribute { name: name.into(), kind: KeyKind::S }
}

fn key_of(space: u32, bytes: &'static [u8]) -> Key {
    Key { space: SpaceId(space), bytes: Bytes::from_static(bytes) }
}

fn index(status: IndexStatus) -> Index {
    Index {
        name: "gsi".into(),
        kind: IndexKind::Global,
        keys: KeySchema { partition: vec![attribute("g")], sort: Vec::new() },
        projection: Projection::Include(vec!["a".into()]),
        projected: Some(vec!["a".into(), "g".into(), "pk".into()]),
        vectors: None,
        status,
        space: SpaceId(3),
        counters: key_of(1, b"index"),
    }
}

fn table(indexes: Vec<Index>) -> Table {
    let shard = OpenShard { id: "shard".into(), first: 0, last: u128::MAX, log: LogId(8) };
    Table {
        id: TableId(1),
        account: "000000000000".into(),
        region: "us-east-1".into(),
        name: "tab".into(),
        arn: "arn".into(),
        keys: KeySchema { partition: vec![attribute("pk")], sort: Vec::new() },
        indexes,
        space: SpaceId(2),
        log: LogId(7),
        epoch: Fence(5),
        counters: key_of(1, b"table"),
        stream: Some(StreamTarget { view: streams::ViewType::NewAndOldImages, shards: vec![shard] }),
        destination: None,
        time_to_live: None,
        vectors: Vec::new(),
    }
}

fn hasher() -> Hasher {
    Hasher::new([1; 16])
}

fn item(pairs: &[(&str, &str)]) -> Map {
    let mut item = Map::new();
    item.insert("pk", Value::S("k".into()));
    for (name, text) in pairs {
        let value = match text.parse::<i64>() {
            Ok(_) => Value::N(Number::parse(text).unwrap()),
            Err(_) => Value::S((*text).into()),
        };
        item.insert(*name, value);
    }
    item
}

fn stored(pairs: &[(&str, &str)]) -> Stored {
    Stored::encode(&item(pairs))
}

fn versioned(item: &Stored) -> Option<Versioned> {
    Some(Versioned { version: Version(1), value: item.bytes().clone() })
}

fn update(text: &str) -> Change {
    let values = vec![(":v".to_owned(), Value::N(Number::parse("1").unwrap()))];
    let ast = Cache::new(1).update(text).unwrap();
    let mut bindings = Bindings::new(None, Some(values)).unwrap();
    Change::Update { update: Some(Update::bind(&ast, &mut bindings).unwrap()), key: item(&[]) }
}

fn condition(text: &str) -> Guard {
    let ast = Cache::new(1).condition(ExpressionKind::Condition, text).unwrap();
    let mut bindings = Bindings::new(None, None).unwrap();
    Guard::Condition(Condition::bind(ExpressionKind::Condition, &ast, &mut bindings).unwrap())
}

fn action(table: Table, change: Change, guard: Guard) -> Action {
    let key = ItemKey::of_item(&table, hasher(), &item(&[])).unwrap();
    Action { table: Arc::new(table), key, change, guard }
}

fn planned(table: Table, change: Change, old: Option<&Stored>) -> (Effect, WriteSet) {
    planned_if(table, change, Guard::None, old)
}

fn planned_if(table: Table, change: Change, guard: Guard, old: Option<&Stored>) -> (Effect, WriteSet) {
    let mut set = WriteSet::one(action(table, change, guard), hasher());
    let effect = set.plan(&[old.and_then(versioned)], NOW_MS);
    (effect, set)
}

/// The kinds of the records of an effect.
fn kinds(effect: &Effect) -> Vec<streams::record::Kind> {
    let kind = |(log, record): &(LogId, Pieces)| {
        assert_eq!(*log, LogId(8));
        streams::record::decode(record).unwrap().kind
    };
    effect.appends.iter().map(kind).collect()
}

#[test]
fn each_row_of_the_table_of_records() {
    use streams::record::Kind::{Insert, Modify, Remove};
    let put = |pairs: &[(&str, &str)]| Change::Put(stored(pairs));
    let x = stored(&[("x", "1")]);
    let bare = stored(&[]);
    let upsert = || Change::Update { update: None, key: item(&[]) };
    let rows: Vec<(&str, Option<&Stored>, Change, Option<_>)> = vec![
        ("put new", None, put(&[("x", "1")]), Some(Insert)),
        ("put replacing", Some(&bare), put(&[("x", "1")]), Some(Modify)),
        ("put identical", Some(&x), put(&[("x", "1")]), None),
        ("put key only, new", None, put(&[]), Some(Insert)),
        ("put key only, again", Some(&bare), put(&[]), None),
        ("set on missing", None, update("SET x = :v"), Some(Insert)),
        ("add on missing", None, update("ADD x :v"), Some(Insert)),
        ("update without expression on missing", None, upsert(), Some(Insert)),
        ("update without expression", Some(&x), upsert(), None),
        ("remove on missing", None, update("REMOVE x"), None),
        ("set to the same", Some(&x), update("SET x = :v"), None),
        ("remove of what is not there", Some(&bare), update("REMOVE x"), None),
        ("remove of the last attribute", Some(&x), update("REMOVE x"), Some(Modify)),
        ("delete", Some(&x), Change::Delete, Some(Remove)),
        ("delete of nothing", None, Change::Delete, None),
        ("check", Some(&x), Change::Check, None),
    ];
    for (what, old, change, expected) in rows {
        let (effect, set) = planned(table(Vec::new()), change, old);
        assert!(set.outcomes()[0].is_ok(), "{what}");
        assert_eq!(kinds(&effect), Vec::from_iter(expected), "{what}");
        assert_eq!(effect.writes.is_empty(), expected.is_none(), "{what}");
        assert_eq!(effect.adds.is_empty(), expected.is_none(), "{what}");
        assert_eq!(effect.fences, [(LogId(7), Fence(5))], "{what}: fenced even where nothing is done");
    }
}

#[test]
fn a_failed_condition_does_nothing_and_keeps_the_item() {
    let old = stored(&[("x", "1")]);
    let guard = || condition("attribute_not_exists(pk)");
    let (effect, set) = planned_if(table(Vec::new()), Change::Delete, guard(), Some(&old));
    assert_eq!(set.outcomes(), [Err(Failure::Condition(Some(old)))]);
    assert!(effect.writes.is_empty() && effect.appends.is_empty());
    let (effect, set) = planned_if(table(Vec::new()), Change::Put(stored(&[])), guard(), None);
    assert!(set.outcomes()[0].is_ok());
    assert_eq!(effect.writes.len(), 1);
}

#[test]
fn a_set_happens_as_a_whole() {
    let mut other = item(&[]);
    other.insert("pk", Value::S("other".into()));
    let one = action(table(Vec::new()), Change::Put(stored(&[("x", "1")])), Guard::None);
    let mut two = action(table(Vec::new()), Change::Delete, condition("attribute_exists(pk)"));
    two.key = ItemKey::of_item(&two.table, hasher(), &other).unwrap();
    let mut set = WriteSet::new(vec![one, two], hasher());
    let effect = set.plan(&[None, None], NOW_MS);
    assert!(effect.writes.is_empty() && effect.appends.is_empty() && effect.adds.is_empty());
    assert!(matches!(set.outcomes(), [Ok(_), Err(Failure::Condition(None))]));
    // Planned again upon other values, it decides afresh.
    let effect = set.plan(&[None, versioned(&Stored::encode(&other))], NOW_MS);
    assert_eq!(kinds(&effect), [streams::record::Kind::Insert, streams::record::Kind::Remove]);
    assert_eq!(effect.fences.len(), 1);
    assert_eq!(effect.adds, [(key_of(1, b"table"), [0, 2 + 1 + 1 + 2 - (2 + 5)])]);
}

#[test]
fn entries_are_written_only_where_they_change() {
    let with = |pairs: &[(&str, &str)]| {
        planned(
            table(vec![index(IndexStatus::Active)]),
            Change::Put(stored(pairs)),
            Some(&stored(&[("g", "x"), ("a", "1"), ("b", "1")])),
        )
    };
    let entries = |effect: &Effect| effect.writes.iter().filter(|(key, _)| key.space == SpaceId(3)).count();
    let counted = |effect: &Effect| {
        effect.adds.iter().find(|(key, _)| *key == key_of(1, b"index")).map(|(_, delta)| *delta)
    };
    let (effect, _) = with(&[("g", "x"), ("a", "1"), ("b", "2")]);
    assert_eq!((entries(&effect), counted(&effect)), (0, None), "nothing that the index holds");
    let (effect, _) = with(&[("g", "x"), ("a", "22"), ("b", "1")]);
    assert_eq!((entries(&effect), counted(&effect)), (1, None), "the same size");
    let (effect, set) = with(&[("g", "yy"), ("a", "1"), ("b", "1")]);
    assert_eq!((entries(&effect), counted(&effect)), (2, Some([0, 1])), "moved");
    assert_eq!(set.outcomes()[0].as_ref().unwrap().capacity.indexes, [(0, crate::capacity::Units(4))]);
    let (effect, _) = with(&[("a", "1"), ("b", "1")]);
    assert_eq!((entries(&effect), counted(&effect)), (1, Some([-1, -8])), "gone");
    let (effect, set) = with(&[("g", "1")]);
    let text = "One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N IndexName: gsi";
    assert_eq!(set.outcomes(), [Err(Failure::Invalid(text.into()))]);
    assert!(effect.writes.is_empty());
}

#[test]
fn an_index_that_is_made_counts_an_entry_once() {
    let old = stored(&[("g", "x")]);
    let new = || Change::Put(stored(&[("g", "x"), ("a", "1")]));
    let mut set =
        WriteSet::one(action(table(vec![index(IndexStatus::Creating)]), new(), Guard::None), hasher());
    let effect = set.plan(&[versioned(&old)], NOW_MS);
    assert_eq!(set.verdict(), &Verdict::Moved, "nobody looked whether the entry is there");
    assert!(effect.writes.is_empty());
    let entry =
        crate::index::stored_entry(&set.actions[0].table.indexes[0], hasher(), &set.actions[0].key.key, &old);
    let entry = entry.unwrap();
    set.probes.push(Probe { action: 0, index: 0, key: entry.key.clone() });
    set.keys.push(entry.key.clone());
    let counted = |effect: &Effect| {
        effect.adds.iter().find(|(key, _)| *key == key_of(1, b"index")).map(|(_, delta)| delta[0])
    };
    let effect = set.plan(&[versioned(&old), None], NOW_MS);
    assert_eq!(counted(&effect), Some(1), "the entry was not there yet");
    let effect = set.plan(&[versioned(&old), versioned(&Stored::from_bytes(entry.bytes().clone()))], NOW_MS);
    assert_eq!(counted(&effect), Some(0), "the entry was there");
}

#[test]
fn expiry_entries_follow_the_attribute() {
    let expiring = || {
        let expiry = TimeToLive { attribute: "t".into(), space: SpaceId(4) };
        Table { time_to_live: Some(expiry), ..table(Vec::new()) }
    };
    let seconds = |effect: &Effect| -> Vec<(u64, bool)> {
        let entries = effect.writes.iter().filter(|(key, _)| key.space == SpaceId(4));
        entries
            .map(|(key, value)| (u64::from_be_bytes(*key.bytes.first_chunk().unwrap()), value.is_some()))
            .collect()
    };
    let old = stored(&[("t", "100")]);
    let put = |pairs: &[(&str, &str)]| planned(expiring(), Change::Put(stored(pairs)), Some(&old)).0;
    assert_eq!(seconds(&put(&[("t", "100"), ("x", "1")])), []);
    assert_eq!(seconds(&put(&[("t", "200")])), [(100, false), (200, true)]);
    assert_eq!(seconds(&put(&[("t", "-5")])), [(100, false)]);
    assert_eq!(seconds(&put(&[("t", "text")])), [(100, false)]);
    let now_s = NOW_MS / 1000;
    let sweep = |seconds: u64| {
        let old = stored(&[("t", &seconds.to_string())]);
        planned_if(expiring(), Change::Delete, Guard::Expired, Some(&old)).0.writes.len()
    };
    assert_eq!(sweep(now_s - 1), 2, "the item and its entry");
    assert_eq!(sweep(now_s), 0);
    assert_eq!(sweep(now_s - 6 * 365 * 86_400), 0, "too old to be a time");
}

#[test]
fn an_item_of_another_partition_in_the_place_is_refused() {
    let mut other = item(&[]);
    other.insert("pk", Value::S("other".into()));
    let (effect, set) = planned(table(Vec::new()), Change::Delete, Some(&Stored::encode(&other)));
    assert_eq!(set.outcomes(), [Err(Failure::Collision)]);
    assert!(effect.writes.is_empty());
}

#[test]
fn a_token_is_kept_for_ten_minutes() {
    let token = |fingerprint| ClientToken { key: key_of(1, b"token"), fingerprint };
    let set = |fingerprint| {
        let change = Change::Put(stored(&[("x", "1")]));
        WriteSet::one(action(table(Vec::new()), change, Guard::None), hasher()).with_token(token(fingerprint))
    };
    let mut first = set(1);
    let effect = first.plan(&[None, None], NOW_MS);
    let kept = effect.writes.iter().find(|(key, _)| *key == key_of(1, b"token")).unwrap().1.clone().unwrap();
    let kept = Some(Versioned { version: Version(1), value: kept });
    let later = |fingerprint, passed_ms| {
        let mut set = set(fingerprint);
        let effect = set.plan(&[None, kept.clone()], NOW_MS + passed_ms);
        (set.verdict().clone(), effect.writes.len())
    };
    let (verdict, writes) = later(1, 599_999);
    let Verdict::Replayed(answer) = verdict else { panic!("{verdict:?}") };
    assert_eq!(replayed_tables(&answer), [("arn".to_owned(), crate::capacity::Units(4))]);
    assert_eq!(writes, 0);
    assert_eq!(later(2, 599_999), (Verdict::Mismatch, 0));
    assert_eq!(later(2, 600_000), (Verdict::Planned, 2));
}
