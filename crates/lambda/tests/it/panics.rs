//! A panic in what drives a mapping: the mapping goes on, and nothing is left out.

use crate::world::{Done, World, until};
use environment::Condition;
use lambda::api::event_source_mappings::Operation;
use serde_json::{Value, json};
use std::time::Duration;

/// The function panics, with its caller, the first `times` that it is called.
fn panic_at_first(world: &World, mut times: u32) {
    world.functions.handle(move |_| {
        if times == 0 {
            return Done::Answers(Value::Null);
        }
        times -= 1;
        Done::Panics
    });
}

fn panicked(world: &World) -> Vec<(&'static str, u64, Condition)> {
    let all = world.database.environment().background.panicked().into_iter();
    all.map(|one| (one.name, one.panics, one.condition)).collect()
}

/// Lets machine time pass, after which what has panicked is begun anew.
async fn begun_anew(world: &World) {
    world.settle().await;
    world.clock.pass(Duration::from_secs(1));
    world.settle().await;
}

#[tokio::test]
async fn a_mapping_of_a_stream_goes_on_after_a_panic() {
    for world in [World::in_memory(), World::on_disk()] {
        let stream = world.table().await;
        panic_at_first(&world, 1);
        let uuid = world.map(&stream, json!({ "BatchSize": 1 })).await;
        world.put("a").await;
        world.calls(1).await;
        begun_anew(&world).await;
        world.calls(2).await;
        world.put("b").await;
        world.calls(3).await;
        assert_eq!(world.functions.batches(), [["a"], ["a"], ["b"]]);
        assert_eq!(panicked(&world), [("event source mapping", 1, Condition::Restarted)]);
        // It is the mapping that it was: it follows changes, and ends.
        world.update(&uuid, json!({ "Enabled": false })).await;
        world.put("c").await;
        world.settle().await;
        assert_eq!(world.functions.batches().len(), 3);
        assert_eq!(world.ask(Operation::Delete(uuid), Value::Null).await.0, 202);
        world.mappings.stop().await;
    }
}

#[tokio::test]
async fn one_that_waits_to_be_begun_anew_is_changed_and_ended_at_once() {
    let world = World::in_memory();
    let stream = world.table().await;
    panic_at_first(&world, 1);
    let uuid = world.map(&stream, json!({ "BatchSize": 1 })).await;
    world.put("a").await;
    world.calls(1).await;
    // Nobody hears it now, and it holds all the same.
    world.update(&uuid, json!({ "Enabled": false })).await;
    begun_anew(&world).await;
    assert_eq!(world.functions.batches().len(), 1);
    panic_at_first(&world, 1);
    world.update(&uuid, json!({ "Enabled": true })).await;
    world.calls(2).await;
    // No time passes: nothing is waited for.
    world.mappings.stop().await;
}

#[tokio::test]
async fn a_mapping_of_a_queue_goes_on_after_a_panic() {
    let world = World::in_memory();
    let queue = world.queue("q", json!({ "VisibilityTimeout": "5" })).await;
    panic_at_first(&world, 1);
    world.map(&queue, json!({})).await;
    world.send(&queue, "hello", None).await;
    world.calls(1).await;
    begun_anew(&world).await;
    assert_eq!(panicked(&world), [("worker of a mapping", 1, Condition::Restarted)]);
    world.calls_in_time(2).await;
    world.until_counts("q", (0, 0)).await;
    until(|| world.functions.events().len() == 2, "no third call").await;
    world.mappings.stop().await;
}
