//! Mappings that are changed, switched off, deleted, and found again after a restart.

use crate::world::{Done, World, until};
use lambda::api::event_source_mappings::Operation;
use serde_json::{Value, json};
use std::task::Poll;

#[tokio::test]
async fn a_restart_goes_on_behind_what_is_done() {
    let world = World::on_disk();
    let stream = world.table().await;
    let uuid = world.map(&stream, json!({"BatchSize": 1})).await;
    world.put("a").await;
    world.put("b").await;
    world.calls(2).await;
    world.result(&uuid, "OK").await;
    let before = world.show(&uuid).await;
    let world = world.restarted(true).await;
    assert_eq!(world.show(&uuid).await, before);
    world.put("c").await;
    world.calls(3).await;
    world.settle().await;
    assert_eq!(world.functions.batches(), [["a"], ["b"], ["c"]]);
}

#[tokio::test]
async fn a_restart_in_the_middle_of_a_batch_delivers_it_again() {
    let world = World::on_disk();
    let stream = world.table().await;
    let mut calls = 0;
    world.functions.handle(move |_| {
        calls += 1;
        if calls == 2 { Done::Hangs } else { Done::Answers(Value::Null) }
    });
    world.map(&stream, json!({"BatchSize": 2})).await;
    world.put_together(&["a", "b"]).await;
    world.calls(1).await;
    world.put_together(&["c", "d"]).await;
    world.calls(2).await;
    world.put("e").await;
    let world = world.restarted(false).await;
    world.calls(4).await;
    world.settle().await;
    let mut batches = world.functions.batches();
    batches.iter_mut().for_each(|batch| batch.sort());
    assert_eq!(batches, [vec!["a", "b"], vec!["c", "d"], vec!["c", "d"], vec!["e"]]);
}

#[tokio::test]
async fn a_mapping_that_is_switched_off_goes_on_where_it_stopped() {
    let world = World::on_disk();
    let stream = world.table().await;
    let uuid = world.map(&stream, json!({"StartingPosition": "LATEST"})).await;
    world.put("a").await;
    world.calls(1).await;
    assert_eq!(world.update(&uuid, json!({"Enabled": false})).await["State"], "Disabling");
    assert_eq!(world.show(&uuid).await["State"], "Disabled");
    world.put("b").await;
    world.settle().await;
    let world = world.restarted(true).await;
    world.put("c").await;
    world.settle().await;
    assert_eq!(world.functions.batches(), [["a"]]);
    assert_eq!(world.update(&uuid, json!({"Enabled": true})).await["State"], "Enabling");
    assert_eq!(world.show(&uuid).await["State"], "Enabled");
    until(|| world.functions.batches().concat() == ["a", "b", "c"], "the rest").await;
}

#[tokio::test]
async fn a_mapping_runs_although_whoever_made_it_has_gone() {
    let world = World::on_disk();
    let stream = world.table().await;
    let body = json!({"EventSourceArn": stream, "FunctionName": "f", "StartingPosition": "TRIM_HORIZON"});
    {
        let mut asked = std::pin::pin!(world.ask(Operation::Create, body));
        std::future::poll_fn(|context| Poll::Ready(asked.as_mut().poll(context).is_pending())).await;
    }
    world.put("a").await;
    world.calls(1).await;
    assert_eq!(world.functions.batches(), [["a"]]);
}

#[tokio::test]
async fn an_update_loses_nothing() {
    let world = World::in_memory();
    let stream = world.table().await;
    let uuid = world.map(&stream, json!({"StartingPosition": "LATEST", "BatchSize": 2})).await;
    let mut expected = Vec::new();
    for round in 0..6 {
        for id in 0..5 {
            let id = format!("{round}-{id}");
            world.put(&id).await;
            expected.push(id);
        }
        let changes = [
            json!({"BatchSize": 7}),
            json!({"MaximumBatchingWindowInSeconds": 0, "BatchSize": 1}),
            json!({"ParallelizationFactor": 3}),
            json!({"ParallelizationFactor": 1, "FilterCriteria": {"Filters": [{"Pattern": "{\"eventName\":[\"INSERT\"]}"}]}}),
            json!({"FilterCriteria": {}}),
            json!({"MaximumRetryAttempts": 3}),
        ];
        assert_eq!(world.update(&uuid, changes[round].clone()).await["State"], "Updating");
    }
    let seen = || {
        let mut seen = world.functions.batches().concat();
        seen.sort();
        seen.dedup();
        seen
    };
    until(|| seen() == expected, "all records").await;
}

#[tokio::test]
async fn a_deleted_mapping_is_gone_and_leaves_nothing() {
    let world = World::on_disk();
    let stream = world.table().await;
    let uuid = world.map(&stream, json!({})).await;
    world.put("a").await;
    world.calls(1).await;
    let (status, answer) = world.ask(Operation::Delete(uuid.clone()), Value::Null).await;
    assert_eq!((status, &answer["State"]), (202, &json!("Deleting")));
    assert_eq!(world.ask(Operation::Get(uuid.clone()), Value::Null).await.0, 404);
    world.put("b").await;
    world.settle().await;
    let world = world.restarted(true).await;
    world.settle().await;
    assert_eq!(world.functions.batches(), [["a"]]);
    assert!(world.mappings.all().is_empty());
    // A new one of the same source and function begins where it is told to.
    world.map(&stream, json!({})).await;
    world.calls(2).await;
    assert_eq!(world.functions.batches()[1], ["a", "b"]);
}

#[tokio::test]
async fn where_a_mapping_stands_can_be_asked() {
    let world = World::in_memory();
    let stream = world.table().await;
    world.functions.handle(|_| Done::Hangs);
    let uuid = world.map(&stream, json!({})).await;
    world.put("a").await;
    world.calls(1).await;
    let status = world.history.find(&uuid).unwrap().status().await.unwrap();
    assert!(status.enabled);
    let lambda::status::ShardState::Reads { lanes, .. } = &status.shards[0].state else {
        panic!("{status:?}")
    };
    assert_eq!(lanes[0].activity, lambda::status::Activity::Runs);
    assert_eq!(lanes[0].records, 1);
}
