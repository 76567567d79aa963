//! Data streams as values: their shards partition the hash keys whatever is done to them.

use super::record::{ChangeKey, Precision, change, hash_key, put, read};
use super::*;
use crate::ViewType;
use crate::descriptor::Opening;
use crate::record::{ChangeWriter, Kind, NewRecord};
use item::{Map, Stored, Value};
use proptest::prelude::*;
use store::{LogChange, LogRecord};

fn new(shards: u32) -> NewDataStream {
    NewDataStream {
        name: "changes".into(),
        account: "000000000000".into(),
        region: "us-east-1".into(),
        on_demand: false,
        retention_hours: 24,
        record_size_max_kib: 1024,
        tags: BTreeMap::new(),
        shards,
    }
}

fn opened<T>(plan: impl FnOnce(Opening<'_>) -> T) -> T {
    let mut last = 100;
    let mut next_log = || {
        last += 1;
        LogId(last)
    };
    plan(Opening { now_ms: 5, retention_ms: 24 * HOUR_MS, next_log: &mut next_log })
}

#[derive(Clone, Debug)]
enum Step {
    Split(prop::sample::Index, u128),
    Merge(prop::sample::Index),
    Scale(u32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (any::<prop::sample::Index>(), any::<u128>()).prop_map(|(shard, at)| Step::Split(shard, at)),
        any::<prop::sample::Index>().prop_map(Step::Merge),
        (1_u32..12).prop_map(Step::Scale),
    ]
}

fn apply(stream: &DataStream, step: &Step) -> Option<DataChange> {
    let open = stream.open_shards();
    match step {
        Step::Split(shard, at) => {
            let shard = shard.get(&open);
            opened(|opening| stream.split(shard.number, *at, opening)).ok()
        }
        Step::Merge(shard) => {
            let at = shard.index(open.len());
            let next = open.get(at + 1)?;
            Some(opened(|opening| stream.merge(next.number, open[at].number, opening)).unwrap())
        }
        Step::Scale(shards) => {
            let change = opened(|opening| stream.scale(*shards, opening)).unwrap();
            assert_eq!(change.stream.open_shards().len(), *shards as usize);
            Some(change)
        }
    }
}

proptest! {
    #[test]
    fn open_shards_partition_the_hash_keys_whatever_is_done(
        shards in 1_u32..9, steps in prop::collection::vec(step(), 0..12), key in any::<u128>(),
    ) {
        let mut stream = opened(|opening| create(new(shards), opening)).stream;
        prop_assert_eq!(stream.open_shards().len(), shards as usize);
        for step in &steps {
            let Some(change) = apply(&stream, step) else { continue };
            let closes = change.logs.iter().filter(|log| matches!(log, LogChange::Close(_))).count();
            let opens = change.logs.iter().filter(|log| matches!(log, LogChange::Open { .. })).count();
            prop_assert_eq!(
                stream.open_shards().len() + opens - closes,
                change.stream.open_shards().len()
            );
            stream = change.stream;
            prop_assert_eq!(DataStream::from_bytes(&stream.to_bytes()), Ok(stream.clone()));
            prop_assert!(stream.owner(key).is_some());
            for shard in stream.shards.iter().filter(|shard| !shard.is_open()) {
                prop_assert!(stream.children(shard.number).next().is_some());
            }
        }
    }

    #[test]
    fn what_was_put_comes_back(key in "\\PC{1,64}", data in prop::collection::vec(any::<u8>(), 0..200)) {
        let record = LogRecord { position: Position(7), time_ms: 8, bytes: put(&key, &data) };
        let read = read(&record, &mut ChangeWriter::new("arn", "us-east-1")).unwrap();
        prop_assert_eq!((read.partition_key.as_ref(), read.data.as_ref()), (key.as_str(), data.as_slice()));
    }

    #[test]
    fn other_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        let record = LogRecord { position: Position(7), time_ms: 8, bytes: bytes.into() };
        let _ = read(&record, &mut ChangeWriter::new("arn", "us-east-1"));
    }
}

#[test]
fn a_change_is_written_with_both_images_and_in_its_precision() {
    let item = |text: &str| {
        let mut item = Map::new();
        item.insert("pk", Value::S("a".into()));
        item.insert("v", Value::S(text.into()));
        Stored::encode(&item)
    };
    let mut keys = Map::new();
    keys.insert("pk", Value::S("a".into()));
    let (keys, old, new) = (Stored::encode(&keys), item("old"), item("new"));
    let of = |kind, service| {
        let view = ViewType::NewAndOldImages;
        NewRecord { kind, keys: &keys, old: Some(&old), new: Some(&new), view, service }
    };
    let written = |record: &NewRecord<'_>, precision| {
        let bytes = change("tab", ChangeKey::of(b"a"), precision, record);
        let record = LogRecord { position: Position(7), time_ms: 1_700_000_000_123, bytes };
        let mut changes = ChangeWriter::new("arn", "eu-west-1");
        let read = read(&record, &mut changes).unwrap();
        assert_eq!(read.partition_key, "0cc175b9c0f1b6a831c399e269772661");
        let mut value: serde_json::Value = serde_json::from_slice(&read.data).unwrap();
        let id = value["eventID"].take();
        assert_eq!(id.as_str().unwrap().len(), 32);
        value
    };
    assert_eq!(
        written(&of(Kind::Modify, false), Precision::Millisecond),
        serde_json::json!({
            "awsRegion": "eu-west-1", "eventID": null, "eventName": "MODIFY", "userIdentity": null,
            "recordFormat": "application/json", "tableName": "tab",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_700_000_000_123_u64, "Keys": { "pk": { "S": "a" } },
                "NewImage": { "pk": { "S": "a" }, "v": { "S": "new" } },
                "OldImage": { "pk": { "S": "a" }, "v": { "S": "old" } }, "SizeBytes": 17,
            },
            "eventSource": "aws:dynamodb",
        })
    );
    let removed = written(&of(Kind::Remove, true), Precision::Microsecond);
    assert_eq!(removed["dynamodb"]["ApproximateCreationDateTime"], 1_700_000_000_123_000_u64);
    assert_eq!(removed["dynamodb"]["ApproximateCreationDateTimePrecision"], "MICROSECOND");
    assert!(removed["dynamodb"].get("NewImage").is_none());
    assert_eq!(removed["userIdentity"]["principalId"], "dynamodb.amazonaws.com");
}

#[test]
fn hash_keys_are_md5() {
    assert_eq!(hash_key(b""), 0xd41d_8cd9_8f00_b204_e980_0998_ecf8_427e);
    assert_eq!(ChangeKey::of(b"a").hash_key(), hash_key(b"0cc175b9c0f1b6a831c399e269772661"));
}

#[test]
fn shards_begin_where_those_of_aws_do() {
    let firsts = |shards| -> Vec<u128> {
        let stream = opened(|opening| create(new(shards), opening)).stream;
        stream.shards.iter().map(|shard| shard.first).collect()
    };
    assert_eq!(firsts(1), [0]);
    assert_eq!(firsts(2), [0, 170_141_183_460_469_231_731_687_303_715_884_105_728]);
    assert_eq!(
        firsts(3),
        [
            0,
            113_427_455_640_312_821_154_458_202_477_256_070_485,
            226_854_911_280_625_642_308_916_404_954_512_140_970
        ]
    );
}

#[test]
fn shard_ids_are_read_as_they_are_written() {
    assert_eq!(DataShardId(12).to_string(), "shardId-000000000012");
    assert_eq!(DataShardId::parse("shardId-000000000012"), Some(DataShardId(12)));
    for text in ["", "shardId-12", "shardId-00000000001x", "shardId-+00000000012", "shardId-0000000000012"] {
        assert_eq!(DataShardId::parse(text), None, "{text}");
    }
}

#[test]
fn shards_that_are_not_side_by_side_are_not_merged_and_ranges_are_not_cut_outside() {
    let stream = opened(|opening| create(new(3), opening)).stream;
    let [one, two, three] = [0, 1, 2].map(DataShardId);
    let merge = |a, b| opened(|opening| stream.merge(a, b, opening)).unwrap_err();
    assert_eq!(merge(one, three), DataPlanError::NotAdjacent(one, three));
    assert_eq!(merge(one, one), DataPlanError::ShardClosed(one));
    assert_eq!(merge(one, DataShardId(9)), DataPlanError::UnknownShard(DataShardId(9)));
    let first = stream.shard(two).unwrap().first;
    for at in [0, first, u128::MAX] {
        let error = opened(|opening| stream.split(two, at, opening)).unwrap_err();
        assert_eq!(error, DataPlanError::OutOfRange(two));
    }
}
