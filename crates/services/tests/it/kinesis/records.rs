//! Records: where they go, in which order they come back, and from where on they are read.

use super::world::{START_MS, World, base64, shard_id, texts};
use serde_json::{Value, json};

#[tokio::test]
async fn records_go_to_the_shard_of_their_hash_key_and_come_back_in_order() {
    for world in World::of_every_kind() {
        world.create(2).await;
        // MD5 of "a" is 0cc1..., of "b" 92eb...
        let one = world.put("a", "first").await;
        assert_eq!(one["ShardId"], shard_id(0));
        assert_eq!(world.put("b", "other").await["ShardId"], shard_id(1));
        let record = |key: &str, text: &str| json!({ "PartitionKey": key, "Data": base64(text) });
        let mut moved = record("b", "third");
        moved["ExplicitHashKey"] = json!("0");
        let mut highest = record("a", "highest");
        highest["ExplicitHashKey"] = json!(u128::MAX.to_string());
        let records = json!([record("a", "second"), moved, highest, record("b", "")]);
        let put = world.ok("PutRecords", json!({ "StreamName": "changes", "Records": records })).await;
        assert_eq!(put["FailedRecordCount"], 0);
        let shards: Vec<&Value> =
            put["Records"].as_array().unwrap().iter().map(|put| &put["ShardId"]).collect();
        assert_eq!(
            shards,
            [&shard_id(0), &shard_id(0), &shard_id(1), &shard_id(1)].map(|id| json!(id)).each_ref()
        );
        let world = world.reopened();
        let page = world.read(0).await;
        assert_eq!(texts(&page), ["first", "second", "third"]);
        assert_eq!(page["MillisBehindLatest"], 0);
        assert!(page.get("ChildShards").is_none());
        let read = &page["Records"][0];
        assert_eq!(read["SequenceNumber"], one["SequenceNumber"]);
        assert_eq!(read["PartitionKey"], "a");
        assert_eq!(read["ApproximateArrivalTimestamp"], START_MS / 1000);
        assert_eq!(read.as_object().unwrap().len(), 4);
        assert_eq!(texts(&world.read(1).await), ["other", "highest", ""]);
        let numbers = |page: &Value| -> Vec<String> {
            let records = page["Records"].as_array().unwrap().iter();
            records.map(|record| record["SequenceNumber"].as_str().unwrap().to_owned()).collect()
        };
        assert!(numbers(&page).is_sorted_by(|one, next| one < next));
    }
}

#[tokio::test]
async fn all_five_kinds_of_iterator() {
    for world in World::of_every_kind() {
        world.create(1).await;
        let mut numbers = Vec::new();
        for text in ["one", "two", "three"] {
            numbers.push(world.put("key", text).await["SequenceNumber"].clone());
            world.advance(1_000).await;
        }
        let described = world.ok("DescribeStream", json!({ "StreamName": "changes" })).await;
        let range = &described["StreamDescription"]["Shards"][0]["SequenceNumberRange"];
        let at_number = |kind: &str, number: &Value| json!({ "ShardIteratorType": format!("{kind}_SEQUENCE_NUMBER"), "StartingSequenceNumber": number });
        let at_time =
            |ms: u64| json!({ "ShardIteratorType": "AT_TIMESTAMP", "Timestamp": ms as f64 / 1000.0 });
        let rows: [(Value, &[&str]); 10] = [
            (json!({ "ShardIteratorType": "TRIM_HORIZON" }), &["one", "two", "three"]),
            (json!({ "ShardIteratorType": "LATEST" }), &[]),
            (at_number("AT", &numbers[1]), &["two", "three"]),
            (at_number("AFTER", &numbers[1]), &["three"]),
            (at_number("AFTER", &numbers[2]), &[]),
            (at_number("AT", &range["StartingSequenceNumber"]), &["one", "two", "three"]),
            (at_time(START_MS - 1), &["one", "two", "three"]),
            (at_time(START_MS), &["one", "two", "three"]),
            (at_time(START_MS + 1), &["two", "three"]),
            (at_time(START_MS + 60_000), &[]),
        ];
        let mut iterators = Vec::new();
        for (place, expected) in rows {
            let iterator = world.iterator(0, place.clone()).await;
            let page = world.ok("GetRecords", json!({ "ShardIterator": iterator })).await;
            assert_eq!(texts(&page), expected, "{place}");
            iterators.push((page["NextShardIterator"].clone(), place));
        }
        let world = world.reopened();
        world.put("key", "four").await;
        for (iterator, place) in iterators {
            let page = world.ok("GetRecords", json!({ "ShardIterator": iterator })).await;
            assert_eq!(texts(&page), ["four"], "after {place}");
        }
    }
}

#[tokio::test]
async fn pages_end_at_their_limit_and_tell_how_far_behind_they_are() {
    let world = World::in_memory();
    world.create(1).await;
    for number in 0..5 {
        world.put("key", &number.to_string()).await;
        world.advance(1_000).await;
    }
    let mut iterator = world.iterator(0, json!({ "ShardIteratorType": "TRIM_HORIZON" })).await;
    let (mut read, mut behind) = (Vec::new(), Vec::new());
    for _ in 0..4 {
        let page = world.ok("GetRecords", json!({ "ShardIterator": iterator, "Limit": 2 })).await;
        read.extend(texts(&page));
        behind.push(page["MillisBehindLatest"].as_u64().unwrap());
        iterator = page["NextShardIterator"].clone();
    }
    assert_eq!(read, ["0", "1", "2", "3", "4"]);
    assert_eq!(behind, [4_000, 2_000, 0, 0]);
}

#[tokio::test]
async fn a_page_holds_ten_megabytes() {
    let world = World::in_memory();
    let request = json!({ "StreamName": "changes", "ShardCount": 1, "MaxRecordSizeInKiB": 10_240 });
    world.ok("CreateStream", request).await;
    let four = "x".repeat(4 << 20);
    for _ in 0..3 {
        world.put("key", &four).await;
    }
    let mut iterator = world.iterator(0, json!({ "ShardIteratorType": "TRIM_HORIZON" })).await;
    let mut counts = Vec::new();
    for _ in 0..2 {
        let page = world.ok("GetRecords", json!({ "ShardIterator": iterator })).await;
        counts.push(page["Records"].as_array().unwrap().len());
        iterator = page["NextShardIterator"].clone();
    }
    assert_eq!(counts, [2, 1]);
}

#[tokio::test]
async fn iterators_expire_after_five_minutes_and_go_with_their_stream() {
    let world = World::in_memory();
    world.create(1).await;
    let iterator = world.iterator(0, json!({ "ShardIteratorType": "LATEST" })).await;
    world.advance(300_000).await;
    world.ok("GetRecords", json!({ "ShardIterator": iterator })).await;
    world.advance(1).await;
    let failure = world.call("GetRecords", &json!({ "ShardIterator": iterator })).await.unwrap_err();
    assert_eq!(failure.0, "ExpiredIteratorException");
    assert!(failure.1.contains("tolerated delay of 300000 milliseconds"), "{}", failure.1);
    let iterator = world.iterator(0, json!({ "ShardIteratorType": "LATEST" })).await;
    world.ok("DeleteStream", json!({ "StreamName": "changes" })).await;
    world.create(1).await;
    let failure = world.call("GetRecords", &json!({ "ShardIterator": iterator })).await.unwrap_err();
    let text = "Stream changes under account 000000000000 not found.";
    assert_eq!(failure, ("ResourceNotFoundException".into(), text.into()));
}
