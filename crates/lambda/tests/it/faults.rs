//! Faults that strike mappings of streams: whatever they do, every record is given to the function at least once.

use crate::world::{Done, FUNCTION, World};
use environment::faults::{Fault, Kind, Scope, When};
use lambda::api::event_source_mappings::Operation;
use serde_json::{Value, json};

fn add(world: &World, kind: Kind, times: u64, after: u64) -> u64 {
    let scope = Scope { function: Some("f".to_owned()), ..Scope::default() };
    let when = When { times: Some(times), after, ..When::default() };
    world.database.environment().faults.add(Fault { scope, when, ..Fault::new(kind) }).unwrap().id
}

fn fired(world: &World) -> Vec<u64> {
    world.database.environment().faults.all().iter().map(|fault| fault.fired).collect()
}

#[tokio::test]
async fn a_batch_is_given_twice_and_the_next_once() {
    for world in [World::in_memory(), World::on_disk()] {
        let stream = world.table().await;
        let uuid = world.map(&stream, json!({ "BatchSize": 1 })).await;
        add(&world, Kind::DuplicateBatch, 1, 1);
        for (key, calls) in [("a", 1), ("b", 3), ("c", 4)] {
            world.put(key).await;
            world.calls(calls).await;
        }
        world.result(&uuid, "OK").await;
        world.settle().await;
        assert_eq!(world.functions.batches(), [["a"], ["b"], ["b"], ["c"]]);
        // Its second attempt is told as one.
        let numbers: Vec<_> =
            world.history.track(&uuid).attempts(|_| true).iter().map(|known| known.number).collect();
        assert_eq!(numbers, [1, 1, 2, 1]);
    }
}

#[tokio::test]
async fn after_a_crash_what_was_not_stored_comes_again_and_nothing_is_left_out() {
    for world in [World::in_memory(), World::on_disk()] {
        let stream = world.table().await;
        let uuid = world.map(&stream, json!({ "BatchSize": 1, "StartingPosition": "LATEST" })).await;
        add(&world, Kind::CrashAfterInvoke, 2, 1);
        for (key, calls) in [("a", 1), ("b", 4), ("c", 5)] {
            world.put(key).await;
            world.calls(calls).await;
        }
        world.settle().await;
        assert_eq!(world.functions.batches(), [["a"], ["b"], ["b"], ["b"], ["c"]]);
        assert_eq!(fired(&world), [2]);
        // It is the mapping that it was: it follows changes, and ends.
        world.update(&uuid, json!({ "Enabled": false })).await;
        world.put("d").await;
        world.settle().await;
        assert_eq!(world.functions.batches().len(), 5);
        world.update(&uuid, json!({ "Enabled": true })).await;
        world.calls(6).await;
        assert_eq!(world.functions.batches()[5], ["d"]);
        assert_eq!(world.ask(Operation::Delete(uuid), Value::Null).await.0, 202);
        world.put("e").await;
        world.settle().await;
        assert_eq!(world.functions.batches().len(), 6);
    }
}

#[tokio::test]
async fn a_failed_call_is_no_match_and_a_batch_is_given_up_after_its_attempts() {
    let world = World::in_memory();
    let stream = world.table().await;
    world.functions.handle(|event| match event["Records"][0]["dynamodb"]["Keys"]["id"]["S"].as_str() {
        Some("poison") => Done::Fails,
        _ => Done::Answers(Value::Null),
    });
    let uuid = world.map(&stream, json!({ "BatchSize": 1, "MaximumRetryAttempts": 2 })).await;
    for kind in [Kind::DuplicateBatch, Kind::CrashAfterInvoke] {
        add(&world, kind, 1, 0);
    }
    world.put("poison").await;
    world.calls_in_time(3).await;
    world.put("good").await;
    // Once as a duplicate, once after the crash, and once for good.
    world.calls_in_time(6).await;
    world.settle().await;
    let batches = world.functions.batches();
    assert_eq!(batches[..3], [["poison"], ["poison"], ["poison"]]);
    assert_eq!(batches[3..], [["good"], ["good"], ["good"]]);
    assert_eq!(fired(&world), [1, 1]);
    let kept = world.mappings.all().into_iter().find(|shown| shown.mapping.uuid.as_str() == uuid).unwrap();
    assert_eq!(kept.figures.dropped_event_count, 1);
}

#[tokio::test]
async fn what_is_trimmed_under_a_mapping_is_skipped() {
    let world = World::in_memory();
    let stream = world.table().await;
    world.map(&stream, json!({ "BatchSize": 1 })).await;
    world.put("a").await;
    world.calls(1).await;
    add(&world, Kind::Trim, 1, 0);
    world.put("lost").await;
    world.settle().await;
    world.put("b").await;
    world.calls(2).await;
    world.settle().await;
    assert_eq!(world.functions.batches(), [["a"], ["b"]]);
}

#[tokio::test]
async fn others_are_left_alone() {
    let world = World::in_memory();
    let stream = world.table().await;
    for kind in [Kind::DuplicateBatch, Kind::CrashAfterInvoke, Kind::Trim] {
        let faults = &world.database.environment().faults;
        let function = Some(FUNCTION.rsplit(':').next().unwrap().to_owned() + "-other");
        faults.add(Fault { scope: Scope { function, ..Scope::default() }, ..Fault::new(kind) }).unwrap();
        let operation = Some("GetRecords".to_owned());
        if kind != Kind::CrashAfterInvoke {
            faults.add(Fault { scope: Scope { operation, ..Scope::default() }, ..Fault::new(kind) }).unwrap();
        }
    }
    world.map(&stream, json!({ "BatchSize": 1 })).await;
    world.put("a").await;
    world.calls(1).await;
    world.settle().await;
    assert_eq!(world.functions.batches(), [["a"]]);
    assert!(fired(&world).iter().all(|count| *count == 0));
}
