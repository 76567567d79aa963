//! Service time: all that waits for it stands still while it is frozen, and moves with one advance.

use crate::world::{Done, FUNCTION, World, keys};
use bytes::Bytes;
use serde_json::{Value, json};
use services::queues::Receive;
use std::time::Duration;
use wire::Operation as Dynamo;

const HOUR_MS: u64 = 3_600_000;

/// Lets time pass on the machine, and with it service time if that is not frozen.
async fn pass(world: &World, hours: u64) {
    world.clock.pass(Duration::from_secs(hours * 3_600));
    world.settle().await;
}

async fn advance(world: &World, hours: u64) {
    world.database.move_clock(&json!({ "advance_ms": hours * HOUR_MS })).await.unwrap();
}

/// Calls one of the functions with the records whose keys begin so.
async fn map(world: &World, stream: &str, (function, prefix): (&str, &str), members: Value) -> String {
    let arn = format!("{}{function}", FUNCTION.trim_end_matches('f'));
    world.functions.names.lock().unwrap().insert(arn.clone());
    let pattern = json!({ "dynamodb": { "Keys": { "id": { "S": [{ "prefix": prefix }] } } } }).to_string();
    let mut body = json!({
        "FunctionName": arn, "StartingPosition": "LATEST", "FilterCriteria": { "Filters": [{ "Pattern": pattern }] },
    });
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    world.map(stream, body).await
}

fn calls(world: &World, key: &str) -> usize {
    world.functions.events().iter().filter(|event| keys(event) == [key]).count()
}

/// All that waits for a time, as somebody sees it who asks.
struct Seen {
    /// What reading answers: with an iterator from before, and of the oldest record.
    iterator: Option<String>,
    oldest: Option<String>,
    shards: usize,
    has_item: bool,
    messages: (u64, u64),
    window_calls: usize,
    retries: usize,
    given_up: usize,
}

struct Scene {
    world: World,
    stream: String,
    iterator: Value,
    oldest: Value,
    ages: String,
}

impl Scene {
    async fn new() -> Self {
        let world = World::in_memory();
        let stream = world.table().await;
        let time_to_live = json!({ "AttributeName": "ends", "Enabled": true });
        let body = json!({ "TableName": "things", "TimeToLiveSpecification": time_to_live });
        world.dynamo(Dynamo::UpdateTimeToLive, body).await;
        world.put("oldest").await;
        let described = world.dynamo(Dynamo::DescribeStream, json!({ "StreamArn": stream })).await;
        let shard = &described["StreamDescription"]["Shards"][0];
        let mut oldest =
            json!({ "StreamArn": stream, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON" });
        let first = world.dynamo(Dynamo::GetShardIterator, oldest.clone()).await;
        let records =
            world.dynamo(Dynamo::GetRecords, json!({ "ShardIterator": first["ShardIterator"] })).await;
        oldest["ShardIteratorType"] = json!("AT_SEQUENCE_NUMBER");
        oldest["SequenceNumber"] = records["Records"][0]["dynamodb"]["SequenceNumber"].clone();
        advance(&world, 12).await;
        let iterator = world.dynamo(Dynamo::GetShardIterator, oldest.clone()).await["ShardIterator"].clone();
        world
            .functions
            .handle(|event| if keys(event) == ["window"] { Done::Answers(Value::Null) } else { Done::Fails });
        map(&world, &stream, ("f", "window"), json!({ "MaximumBatchingWindowInSeconds": 60 })).await;
        map(&world, &stream, ("g", "retry"), json!({})).await;
        let ages = map(&world, &stream, ("h", "ages"), json!({ "MaximumRecordAgeInSeconds": 3600 })).await;
        let queue = world.queue("q", json!({})).await;
        world.send(&queue, "hello", None).await;
        let how = Receive { max: 1, visibility_ms: None, wait: Duration::ZERO };
        assert_eq!(world.queues.receive(&queue, how).await.unwrap().len(), 1);
        for key in ["window", "retry", "ages"] {
            world.put(key).await;
        }
        let ends = (world.clock.now_ms() / 1_000 + 60).to_string();
        world.put_item(json!({ "id": { "S": "dying" }, "ends": { "N": ends } })).await;
        world.calls(2).await;
        world.settle().await;
        Self { world, stream, iterator, oldest, ages }
    }

    async fn error(&self, operation: Dynamo, body: Value) -> Option<String> {
        let answer =
            self.world.database.call(operation, &self.world.caller(), Bytes::from(body.to_string())).await;
        answer.err().map(|error| String::from_utf8(error.to_body().to_vec()).unwrap())
    }

    async fn look(&self) -> Seen {
        let world = &self.world;
        let shards = world.dynamo(Dynamo::DescribeStream, json!({ "StreamArn": self.stream })).await;
        let key = json!({ "TableName": "things", "Key": { "id": { "S": "dying" } } });
        Seen {
            iterator: self.error(Dynamo::GetRecords, json!({ "ShardIterator": self.iterator })).await,
            oldest: self.error(Dynamo::GetShardIterator, self.oldest.clone()).await,
            shards: shards["StreamDescription"]["Shards"].as_array().unwrap().len(),
            has_item: world.dynamo(Dynamo::GetItem, key).await["Item"].is_object(),
            messages: world.counts("q").await,
            window_calls: calls(world, "window"),
            retries: calls(world, "retry"),
            given_up: world.discarded.list(Some(&self.ages)).len(),
        }
    }
}

fn assert_nothing_moved(seen: &Seen) {
    assert_eq!((&seen.iterator, &seen.oldest), (&None, &None));
    assert_eq!((seen.shards, seen.has_item, seen.messages), (2, true, (0, 1)));
    assert_eq!((seen.window_calls, seen.retries, seen.given_up), (0, 1, 0));
}

fn has_moved(seen: &Seen) -> bool {
    let refused =
        |answer: &Option<String>, error: &str| answer.as_ref().is_some_and(|text| text.contains(error));
    refused(&seen.iterator, "ExpiredIteratorException")
        && refused(&seen.oldest, "TrimmedDataAccessException")
        && seen.shards > 2
        && !seen.has_item
        && seen.messages == (1, 0)
        && (seen.window_calls, seen.given_up) == (1, 1)
        && seen.retries > 1
}

#[tokio::test]
async fn what_waits_for_a_time_stands_still_with_it_and_moves_with_one_advance() {
    let scene = Scene::new().await;
    let world = &scene.world;
    assert_nothing_moved(&scene.look().await);
    let frozen_ms = world.database.move_clock(&json!({ "freeze": true })).await.unwrap()["now_ms"].clone();
    pass(world, 13).await;
    assert_eq!(json!(world.clock.now_ms()), frozen_ms);
    assert_nothing_moved(&scene.look().await);
    advance(world, 13).await;
    for _ in 0..100 {
        if has_moved(&scene.look().await) {
            break;
        }
        world.settle().await;
    }
    let seen = scene.look().await;
    assert!(
        has_moved(&seen),
        "{:?}",
        (&seen.iterator, &seen.oldest, seen.shards, seen.has_item, seen.messages)
    );
    // Frozen still, at exactly this time.
    assert_eq!(world.clock.now_ms(), frozen_ms.as_u64().unwrap() + 13 * HOUR_MS);
    assert!(world.clock.is_frozen());
}

#[tokio::test]
async fn frozen_time_outlives_a_restart_and_goes_on_from_where_it_was() {
    let world = World::on_disk();
    world.clock.advance(HOUR_MS);
    world.database.move_clock(&json!({ "freeze": true })).await.unwrap();
    world.database.move_clock(&json!({ "advance_ms": 5 })).await.unwrap();
    let frozen_ms = world.clock.now_ms();
    let world = world.restarted(true).await;
    world.clock.pass(Duration::from_secs(60));
    let clock = world.database.clock();
    assert_eq!((&clock["now_ms"], &clock["frozen"]), (&json!(frozen_ms), &json!(true)));
    let resumed = world.database.move_clock(&json!({ "resume": true })).await.unwrap();
    assert_eq!((&resumed["now_ms"], &resumed["frozen"]), (&json!(frozen_ms), &json!(false)));
    let behind_ms = world.clock.offset_ms();
    let world = world.restarted(true).await;
    assert!(!world.clock.is_frozen());
    // The simulated machine begins anew with each start, an hour behind what service time was: that holds.
    assert!(world.clock.now_ms() >= frozen_ms && world.clock.offset_ms() >= behind_ms);
    for question in [json!({}), json!({ "freeze": 1 }), json!({ "freeze": true, "resume": true }), json!([])]
    {
        assert!(world.database.move_clock(&question).await.is_err(), "{question}");
    }
}
