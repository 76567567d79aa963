//! Tumbling windows.

use crate::world::{Done, World};
use serde_json::{Value, json};

/// Adds up the records of a window.
fn count(event: &Value) -> Done {
    let before = event["state"]["count"].as_u64().unwrap_or(0);
    let records = event["Records"].as_array().unwrap().len() as u64;
    Done::Answers(json!({"state": {"count": before + records}}))
}

#[tokio::test]
async fn a_window_hands_its_state_on_and_is_closed_when_its_time_is_over() {
    let world = World::on_disk();
    let stream = world.table().await;
    world.functions.handle(count);
    world.map(&stream, json!({"TumblingWindowInSeconds": 60, "BatchSize": 1})).await;
    world.put("a").await;
    world.put("b").await;
    world.calls(2).await;
    // The state outlives a restart.
    let world = world.restarted(true).await;
    world.clock.advance(1_000);
    world.put("c").await;
    world.calls(3).await;
    world.clock.advance(60_000);
    world.calls(4).await;
    let events = world.functions.events();
    let states: Vec<&Value> = events.iter().map(|event| &event["state"]).collect();
    assert_eq!(states, [&json!({}), &json!({"count": 1}), &json!({"count": 2}), &json!({"count": 3})]);
    let last = &events[3];
    assert_eq!((&last["isFinalInvokeForWindow"], &last["Records"]), (&json!(true), &json!([])));
    assert_eq!(last["window"], json!({"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T00:01:00Z"}));
    assert_eq!((&last["isWindowTerminatedEarly"], &last["eventSourceARN"]), (&json!(false), &json!(stream)));
    assert!(last["shardId"].as_str().unwrap().starts_with("shardId-"));
}
