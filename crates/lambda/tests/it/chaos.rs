//! Mappings from a seed: a function that fails as it likes, shards that split, restarts, switches and updates at any
//! moment. Every record is delivered in the end, in the order of its key.

use crate::world::{Done, World, keys, until};
use environment::Random;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What was delivered with success: for each key, its numbers in the order in which they came first.
type Delivered = Arc<Mutex<BTreeMap<String, Vec<u64>>>>;

fn number(record: &Value) -> u64 {
    record["dynamodb"]["NewImage"]["n"]["N"].as_str().unwrap().parse().unwrap()
}

/// Fails this often in a hundred, wholly or in part, and notes what it did not fail.
fn function(random: Random, delivered: Delivered, fails: u64) -> impl FnMut(&Value) -> Done + Send {
    move |event| {
        let records = event["Records"].as_array().unwrap();
        let done = match random.next_u64() % 100 {
            chance if chance < fails / 2 => return Done::Fails,
            chance if chance < fails => (random.next_u64() % records.len() as u64) as usize,
            _ => records.len(),
        };
        let mut delivered = delivered.lock().unwrap();
        for (key, record) in keys(event).into_iter().zip(records).take(done) {
            let numbers = delivered.entry(key).or_default();
            if !numbers.contains(&number(record)) {
                numbers.push(number(record));
            }
        }
        match records.get(done) {
            None => Done::Answers(json!({"batchItemFailures": []})),
            Some(failed) => Done::Answers(json!({
                "batchItemFailures": [{"itemIdentifier": failed["dynamodb"]["SequenceNumber"]}],
            })),
        }
    }
}

async fn run(seed: u64) {
    let random = Random::seeded(seed);
    let below = |limit: u64| random.next_u64() % limit;
    let delivered = Delivered::default();
    let mut world = World::on_disk();
    world.functions.handle(function(random.clone(), Arc::clone(&delivered), 40));
    let stream = world.table().await;
    let uuid = world
        .map(
            &stream,
            json!({
                "BatchSize": 1 + below(6), "ParallelizationFactor": 1 + below(4),
                "BisectBatchOnFunctionError": below(2) == 0,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
            }),
        )
        .await;
    let mut expected: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for n in 0..120 {
        let key = format!("key-{}", below(5));
        world.put_item(json!({"id": {"S": key}, "n": {"N": n.to_string()}})).await;
        expected.entry(key).or_default().push(n);
        let question = json!({ "stream_arn": stream });
        match below(60) {
            0 => drop(world.database.split_shards(&world.caller(), &question).await.unwrap()),
            1 => drop(world.database.roll_shards(&world.caller(), &question).await.unwrap()),
            2 => world = world.restarted(below(2) == 0).await,
            3 => drop(world.update(&uuid, json!({"Enabled": false})).await),
            4 | 5 => drop(world.update(&uuid, json!({"Enabled": true})).await),
            6 => drop(world.update(&uuid, json!({"BatchSize": 1 + below(9)})).await),
            7 => drop(world.update(&uuid, json!({"ParallelizationFactor": 1 + below(4)})).await),
            8..20 => drop(world.clock.advance(below(2_000))),
            20..30 => world.settle().await,
            _ => {}
        }
    }
    world.update(&uuid, json!({"Enabled": true})).await;
    world.functions.handle(function(random.clone(), Arc::clone(&delivered), 0));
    let complete = || {
        world.clock.advance(10);
        *delivered.lock().unwrap() == expected
            || delivered.lock().unwrap().values().map(Vec::len).sum::<usize>() >= 120
    };
    until(complete, &format!("all records of seed {seed}")).await;
    assert_eq!(*delivered.lock().unwrap(), expected, "seed {seed}");
    assert!(world.discarded.list(None).is_empty(), "seed {seed}");
}

#[tokio::test]
async fn every_record_is_delivered_in_the_order_of_its_key() {
    for seed in 0..5 {
        run(seed).await;
    }
}
