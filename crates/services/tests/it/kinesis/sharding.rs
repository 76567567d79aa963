//! Shards split, merge and scale; readers find their way through them, and writers lose nothing.

use super::world::{World, base64, shard_id, texts};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

fn names(numbers: &[u64]) -> Vec<String> {
    numbers.iter().map(|number| shard_id(*number)).collect()
}

#[tokio::test]
async fn a_split_and_a_merge_leave_a_tree_that_readers_follow() {
    for world in World::of_every_kind() {
        world.create(1).await;
        world.put("key", "before").await;
        world.advance(1_000).await;
        let half = (1_u128 << 127).to_string();
        let split =
            json!({ "StreamName": "changes", "ShardToSplit": shard_id(0), "NewStartingHashKey": half });
        assert_eq!(world.ok("SplitShard", split).await, Value::Null);
        world.put("a", "low").await;
        world.put("b", "high").await;
        world.advance(1_000).await;
        let merge = json!({
            "StreamName": "changes", "ShardToMerge": shard_id(2), "AdjacentShardToMerge": shard_id(1),
        });
        assert_eq!(world.ok("MergeShards", merge).await, Value::Null);
        world.put("a", "after").await;
        let world = world.reopened();
        let page = world.read(0).await;
        assert_eq!(texts(&page), ["before"]);
        assert!(page.get("NextShardIterator").is_none());
        let child = |number: u64, parents: &[u64], first: u128, last: u128| {
            json!({
                "ShardId": shard_id(number), "ParentShards": names(parents),
                "HashKeyRange": { "StartingHashKey": first.to_string(), "EndingHashKey": last.to_string() },
            })
        };
        let (low, high) = ((1_u128 << 127) - 1, 1_u128 << 127);
        assert_eq!(page["ChildShards"], json!([child(1, &[0], 0, low), child(2, &[0], high, u128::MAX)]));
        for (shard, text) in [(1, "low"), (2, "high")] {
            let page = world.read(shard).await;
            assert_eq!(texts(&page), [text]);
            assert_eq!(page["ChildShards"], json!([child(3, &[2, 1], 0, u128::MAX)]));
        }
        assert_eq!(texts(&world.read(3).await), ["after"]);
        let listed = world.ok("ListShards", json!({ "StreamName": "changes" })).await;
        let merged = &listed["Shards"][3];
        assert_eq!(merged["ParentShardId"], shard_id(2));
        assert_eq!(merged["AdjacentParentShardId"], shard_id(1));
        assert!(listed["Shards"][0]["SequenceNumberRange"]["EndingSequenceNumber"].is_string());
    }
}

#[tokio::test]
async fn shards_are_listed_by_filter_and_by_the_page() {
    let world = World::in_memory();
    world.create(2).await;
    world.advance(1_000).await;
    let scale = |count: u32| json!({ "StreamName": "changes", "TargetShardCount": count, "ScalingType": "UNIFORM_SCALING" });
    let scaled = world.ok("UpdateShardCount", scale(4)).await;
    assert_eq!((&scaled["CurrentShardCount"], &scaled["TargetShardCount"]), (&json!(2), &json!(4)));
    let at = super::world::START_MS as f64 / 1000.0;
    let filter = |kind: &str, more: Value| {
        let mut filter = more;
        filter["Type"] = json!(kind);
        json!({ "ShardFilter": filter })
    };
    let rows: [(Value, &[u64]); 9] = [
        (json!({}), &[0, 1, 2, 3, 4, 5]),
        (json!({ "ExclusiveStartShardId": shard_id(3) }), &[4, 5]),
        (filter("AFTER_SHARD_ID", json!({ "ShardId": shard_id(4) })), &[5]),
        (filter("AT_TRIM_HORIZON", json!({})), &[0, 1]),
        (filter("FROM_TRIM_HORIZON", json!({})), &[0, 1, 2, 3, 4, 5]),
        (filter("AT_LATEST", json!({})), &[2, 3, 4, 5]),
        (filter("AT_TIMESTAMP", json!({ "Timestamp": at + 0.5 })), &[0, 1]),
        (filter("AT_TIMESTAMP", json!({ "Timestamp": at + 1.0 })), &[2, 3, 4, 5]),
        (filter("FROM_TIMESTAMP", json!({ "Timestamp": at + 1.5 })), &[2, 3, 4, 5]),
    ];
    for (members, expected) in rows {
        assert_eq!(world.shards(members.clone()).await, names(expected), "{members}");
    }
    let mut request =
        json!({ "StreamName": "changes", "MaxResults": 3, "ShardFilter": { "Type": "AT_LATEST" } });
    let mut found = Vec::new();
    for _ in 0..2 {
        let page = world.ok("ListShards", request).await;
        found.extend(page["Shards"].as_array().unwrap().iter().map(|shard| shard["ShardId"].clone()));
        request = json!({ "NextToken": page["NextToken"], "MaxResults": 3 });
    }
    assert_eq!(found, names(&[2, 3, 4, 5]));
    let page = json!({ "StreamName": "changes", "Limit": 4 });
    let described = world.ok("DescribeStream", page).await["StreamDescription"].clone();
    assert_eq!(
        (described["Shards"].as_array().unwrap().len(), &described["HasMoreShards"]),
        (4, &json!(true))
    );
    // A day later the parents are gone.
    world.advance(86_400_000).await;
    assert_eq!(world.shards(json!({})).await, names(&[2, 3, 4, 5]));
    assert_eq!(world.shards(filter("AT_TRIM_HORIZON", json!({}))).await, names(&[2, 3, 4, 5]));
}

/// All that is in a stream, each shard after its parents, as (partition key, data).
async fn everything(world: &World) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for number in 0..world.shards(json!({})).await.len() as u64 {
        let page = world.read(number).await;
        let keys = page["Records"].as_array().unwrap().iter();
        let keys = keys.map(|record| record["PartitionKey"].as_str().unwrap().to_owned());
        all.extend(keys.zip(texts(&page)));
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn nothing_is_lost_doubled_or_reordered_while_shards_come_and_go() {
    const WRITERS: u64 = 3;
    const WRITES: u64 = 40;
    for world in World::of_every_kind() {
        world.create(1).await;
        let writer = async |number: u64| {
            for value in 0..WRITES {
                if value % 4 == 0 {
                    let record = |more: u64| {
                        let key = format!("{number}-{more}");
                        json!({ "PartitionKey": key, "Data": base64(&value.to_string()) })
                    };
                    let records = json!([record(0), record(1), record(2)]);
                    world.ok("PutRecords", json!({ "StreamName": "changes", "Records": records })).await;
                } else {
                    world.put(&format!("{number}-{}", value % 3), &value.to_string()).await;
                }
                tokio::task::yield_now().await;
            }
        };
        let resharder = async {
            for count in [2, 4, 3, 2, 1, 2, 3] {
                let request = json!({
                    "StreamName": "changes", "TargetShardCount": count, "ScalingType": "UNIFORM_SCALING",
                });
                world.ok("UpdateShardCount", request).await;
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(writer(0), writer(1), writer(2), resharder);
        let world = world.reopened();
        let all = everything(&world).await;
        let distinct: HashSet<_> = all.iter().collect();
        assert_eq!(all.len(), distinct.len());
        assert_eq!(all.len() as u64, WRITERS * (WRITES / 4 * 3 + WRITES / 4 * 3));
        let mut last: HashMap<&str, u64> = HashMap::new();
        for (key, value) in &all {
            let value = value.parse().unwrap();
            let before = last.insert(key, value);
            assert!(before.is_none_or(|before| before < value), "{key}: {value} after {before:?}");
        }
    }
}
