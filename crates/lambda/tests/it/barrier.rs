//! Waiting for a mapping instead of sleeping; pausing, resuming and moving one.

use crate::explain::explain;
use crate::world::{Done, World, keys, until};
use bytes::Bytes;
use lambda::api::event_source_mappings::Operation;
use lambda::explain::Waited;
use serde_json::{Value, json};
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use wire::Operation as Dynamo;

/// Puts an item, and answers where its record is, as the header tells it.
async fn put(world: &World, id: &str) -> String {
    let body = json!({ "TableName": "things", "Item": { "id": { "S": id } } }).to_string();
    let reply = world.database.call(Dynamo::PutItem, &world.caller(), Bytes::from(body)).await.unwrap();
    reply.positions.unwrap()
}

async fn wait_for(world: &World, question: Value) -> Waited {
    explain(world).wait(&world.caller(), &question, pending()).await.unwrap()
}

/// How each position was passed.
fn passed(waited: &Waited) -> Vec<&str> {
    let Waited::Passed(answer) = waited else { panic!("{waited:?}") };
    assert_eq!(answer["outcome"], "passed");
    answer["positions"].as_array().unwrap().iter().map(|position| position["how"].as_str().unwrap()).collect()
}

/// Why it was not passed.
fn not_passed(waited: &Waited) -> (&str, &str) {
    let Waited::NotPassed(answer) = waited else { panic!("{waited:?}") };
    (answer["reason"].as_str().unwrap(), answer["error"].as_str().unwrap())
}

async fn refused(world: &World, question: Value) -> String {
    explain(world).wait(&world.caller(), &question, pending()).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_position_is_passed_when_the_function_has_answered_and_not_before() {
    for world in [World::in_memory(), World::on_disk()] {
        let stream = world.table().await;
        let told = Arc::new(Notify::new());
        world.functions.handle({
            let told = Arc::clone(&told);
            move |_| Done::Waits(Arc::clone(&told))
        });
        let uuid = world.map(&stream, json!({})).await;
        // Nothing was written: all of it is passed.
        assert_eq!(passed(&wait_for(&world, json!({ "mapping": uuid })).await), [""; 0]);
        let after = put(&world, "a").await;
        world.calls(1).await;
        let question = json!({ "mapping": uuid, "after": after });
        let waiting = wait_for(&world, question.clone());
        tokio::pin!(waiting);
        tokio::select! {
            waited = &mut waiting => panic!("the function has not answered: {waited:?}"),
            () = world.settle() => {}
        }
        told.notify_one();
        assert_eq!(passed(&waiting.await), ["delivered"]);
        // At once, when it already has; by the function's name and the tails, too.
        assert_eq!(passed(&wait_for(&world, question).await), ["delivered"]);
        assert_eq!(
            passed(&wait_for(&world, json!({ "mapping": "f", "timeout_ms": 0 })).await),
            ["delivered"]
        );
    }
}

#[tokio::test]
async fn it_says_what_was_filtered_and_given_up() {
    let world = World::in_memory();
    let stream = world.table().await;
    world.functions.handle(|_| Done::Fails);
    let pattern = json!({ "dynamodb": { "Keys": { "id": { "S": [{ "prefix": "good" }] } } } }).to_string();
    let filters =
        json!({ "FilterCriteria": { "Filters": [{ "Pattern": pattern }] }, "MaximumRetryAttempts": 0 });
    let uuid = world.map(&stream, filters).await;
    let bad = put(&world, "bad").await;
    assert_eq!(passed(&wait_for(&world, json!({ "mapping": uuid, "after": bad })).await), ["filtered"]);
    let good = put(&world, "good").await;
    assert_eq!(passed(&wait_for(&world, json!({ "mapping": uuid, "after": good })).await), ["discarded"]);
    assert_eq!(world.discarded.list(Some(&uuid)).len(), 1);
}

#[tokio::test]
async fn what_holds_it_is_the_answer_at_once_unless_retries_are_waited_through() {
    let world = World::in_memory();
    let stream = world.table().await;
    world.functions.handle(|_| Done::Fails);
    let uuid = world.map(&stream, json!({})).await;
    put(&world, "a").await;
    let after = put(&world, "b").await;
    let question = json!({ "mapping": uuid, "after": after });
    let held = wait_for(&world, question.clone()).await;
    let (reason, error) = not_passed(&held);
    assert_eq!(reason, "failing");
    assert!(error.starts_with("The function failed: Error: boom. It is tried again at "), "{error}");
    let Waited::NotPassed(answer) = &held else { panic!() };
    assert_eq!((&answer["outcome"], &answer["attempt"]["outcome"]), (&json!("held"), &json!("failed")));
    let mut through = question.clone();
    through["through_retries"] = json!(true);
    let waiting = wait_for(&world, through);
    tokio::pin!(waiting);
    tokio::select! {
        waited = &mut waiting => panic!("{waited:?}"),
        () = world.settle() => {}
    }
    world.functions.handle(|_| Done::Answers(Value::Null));
    assert_eq!(passed(&waiting.await), ["delivered"]);
    world.update(&uuid, json!({ "Enabled": false })).await;
    let later = put(&world, "c").await;
    // What is passed is passed, though it is disabled now.
    assert_eq!(passed(&wait_for(&world, question).await), ["delivered"]);
    let waited = wait_for(&world, json!({ "mapping": uuid, "after": later })).await;
    assert_eq!(not_passed(&waited).0, "disabled");
}

#[tokio::test]
async fn it_does_not_wait_for_ever_nor_for_what_cannot_come() {
    let world = World::in_memory();
    let stream = world.table().await;
    let uuid = world.map(&stream, json!({ "MaximumBatchingWindowInSeconds": 60 })).await;
    let after = put(&world, "a").await;
    let waiting = wait_for(&world, json!({ "mapping": uuid, "after": after, "timeout_ms": 5_000 }));
    tokio::pin!(waiting);
    tokio::select! {
        waited = &mut waiting => panic!("{waited:?}"),
        () = world.settle() => {}
    }
    world.clock.pass(Duration::from_secs(5));
    let waited = waiting.await;
    let (reason, error) = not_passed(&waited);
    assert_eq!(reason, "timeout");
    assert!(error.starts_with("Not passed within 5000 ms. 1 record waits for more, or until "), "{error}");
    // A mapping that is deleted, and a server that stops, end the wait.
    let waiting = wait_for(&world, json!({ "mapping": uuid, "after": after }));
    tokio::pin!(waiting);
    tokio::select! {
        waited = &mut waiting => panic!("{waited:?}"),
        () = world.settle() => {}
    }
    let stopping = explain(&world);
    let stopped = stopping.wait(&world.caller(), &json!({ "mapping": uuid }), async {}).await.unwrap();
    assert_eq!(not_passed(&stopped).0, "stopping");
    world.ask(Operation::Delete(uuid.clone()), Value::Null).await;
    assert_eq!(not_passed(&waiting.await).0, "deleted");

    let queue = world.queue("q", json!({})).await;
    let of_queue = world.map(&queue, json!({})).await;
    let uuid = world.map(&stream, json!({})).await;
    let (shard, _) = after.split_once(':').unwrap();
    for (question, words) in [
        (json!({ "mapping": "nobody" }), "there is no mapping nobody"),
        (json!({}), "name a mapping"),
        (json!({ "mapping": of_queue }), "a mapping of a queue has no positions"),
        (json!({ "mapping": uuid, "after": "x" }), "\"x\" is no position"),
        (json!({ "mapping": uuid, "after": 7 }), "after is a text"),
        (
            json!({ "mapping": uuid, "after": format!("{shard}:100000000009999999999") }),
            "after the end of the stream",
        ),
        (
            json!({ "mapping": uuid, "after": "shardId-00000000000000000001-00000000:100000000000000000001" }),
            "has no shard",
        ),
        (json!({ "mapping": uuid, "timeout_ms": 900_001 }), "timeout_ms is a number of at most 900000"),
    ] {
        let error = refused(&world, question.clone()).await;
        assert!(error.contains(words), "{question}: {error}");
    }
}

#[tokio::test]
async fn a_child_is_waited_for_through_its_parents_and_held_by_them() {
    let world = World::in_memory();
    let stream = world.table().await;
    world
        .functions
        .handle(|event| if keys(event) == ["a"] { Done::Fails } else { Done::Answers(Value::Null) });
    let uuid = world.map(&stream, json!({ "BatchSize": 1 })).await;
    put(&world, "a").await;
    world.database.roll_shards(&world.caller(), &json!({ "stream_arn": stream })).await.unwrap();
    let after = put(&world, "b").await;
    let held = wait_for(&world, json!({ "mapping": uuid, "after": after })).await;
    assert_eq!(not_passed(&held).0, "failing");
    world.functions.handle(|_| Done::Answers(Value::Null));
    assert_eq!(passed(&wait_for(&world, json!({ "mapping": uuid, "after": after })).await), ["delivered"]);
    // Both shards, when nothing is named.
    assert_eq!(passed(&wait_for(&world, json!({ "mapping": uuid })).await), ["delivered", "delivered"]);
}

#[tokio::test]
async fn a_mapping_is_paused_moved_and_resumed() {
    for world in [World::in_memory(), World::on_disk()] {
        let stream = world.table().await;
        let uuid = world.map(&stream, json!({ "BatchSize": 10 })).await;
        let (caller, mapping) = (world.caller(), json!({ "mapping": uuid }));
        put(&world, "a").await;
        let second = put(&world, "b").await;
        put(&world, "c").await;
        passed(&wait_for(&world, mapping.clone()).await);
        let delivered = || world.functions.batches().concat();
        assert_eq!(delivered(), ["a", "b", "c"]);
        let told = explain(&world);
        let paused = told.switch(&caller, &mapping, false).await.unwrap();
        assert_eq!(
            (&paused["enabled"], world.show(&uuid).await["State"].as_str()),
            (&json!(false), Some("Disabled"))
        );
        put(&world, "d").await;
        let to = |to: &str| json!({ "mapping": uuid, "to": to });
        let effect = |answer: &Value| {
            let shard = &answer["shards"][0];
            (shard["effect"].as_str().unwrap().to_owned(), shard["records"].as_u64().unwrap())
        };
        let sought = told.seek(&caller, &to(&second)).await.unwrap();
        assert_eq!((effect(&sought), &sought["enabled"]), (("repeats".to_owned(), 1), &json!(false)));
        world.settle().await;
        assert_eq!(delivered().len(), 3, "it is disabled");
        told.switch(&caller, &mapping, true).await.unwrap();
        passed(&wait_for(&world, mapping.clone()).await);
        assert_eq!(delivered()[3..], ["c", "d"]);
        // While it runs, from the start; and it is still enabled then.
        let sought = told.seek(&caller, &to("start")).await.unwrap();
        assert_eq!((effect(&sought), &sought["enabled"]), (("repeats".to_owned(), 4), &json!(true)));
        passed(&wait_for(&world, mapping.clone()).await);
        until(|| delivered().len() == 9, "all of it again").await;
        assert_eq!(delivered()[5..], ["a", "b", "c", "d"]);
        let runs = told.runs(&caller, &mapping).unwrap();
        let outcomes: Vec<_> =
            runs["runs"].as_array().unwrap().iter().map(|run| run["outcome"].clone()).collect();
        assert!(!outcomes.is_empty() && outcomes.iter().all(|outcome| outcome == "done"), "{runs}");
        told.switch(&caller, &mapping, false).await.unwrap();
        put(&world, "e").await;
        let sought = told.seek(&caller, &to("latest")).await.unwrap();
        assert_eq!(effect(&sought), ("skips".to_owned(), 1));
        // It is stored: a restart finds it.
        drop(told);
        let world = world.restarted(true).await;
        let told = explain(&world);
        if world.mappings.all().is_empty() {
            continue;
        }
        told.switch(&caller, &mapping, true).await.unwrap();
        put(&world, "f").await;
        passed(&wait_for(&world, mapping.clone()).await);
        assert_eq!(world.functions.batches().concat()[9..], ["f"]);
    }
}

#[tokio::test]
async fn nothing_is_moved_while_a_call_is_under_way_or_to_where_nothing_is() {
    let world = World::in_memory();
    let stream = world.table().await;
    let uuid = world.map(&stream, json!({})).await;
    let old = put(&world, "a").await;
    passed(&wait_for(&world, json!({ "mapping": uuid })).await);
    world.functions.handle(|_| Done::Hangs);
    put(&world, "b").await;
    world.calls(2).await;
    let told = explain(&world);
    let caller = world.caller();
    let question = json!({ "mapping": uuid, "to": "start", "timeout_ms": 1_000 });
    let seeking = told.seek(&caller, &question);
    tokio::pin!(seeking);
    let error = loop {
        tokio::select! {
            sought = &mut seeking => break sought.unwrap_err().to_string(),
            () = world.settle() => world.clock.pass(Duration::from_secs(1)),
        }
    };
    assert!(error.contains("still under way"), "{error}");
    world.database.trim_shards(&caller, &json!({ "stream_arn": stream })).await.unwrap();
    let queue = world.queue("q", json!({})).await;
    let of_queue = world.map(&queue, json!({})).await;
    let (shard, _) = old.split_once(':').unwrap();
    for (mapping, to, words) in [
        (&uuid, "", "say where to"),
        (&uuid, "tomorrow", "say where to"),
        (&uuid, "shardId-x:1", "is no position"),
        (&uuid, &format!("{shard}:100000000009999999999"), "after the last record"),
        (&uuid, &old, "are trimmed"),
        (&of_queue, "start", "A queue has no positions"),
    ] {
        let error =
            told.seek(&caller, &json!({ "mapping": mapping, "to": to })).await.unwrap_err().to_string();
        assert!(error.contains(words), "{to}: {error}");
    }
}

#[tokio::test]
async fn an_idle_mapping_says_why() {
    let world = World::in_memory();
    let stream = world.table().await;
    let pattern = json!({ "eventName": ["REMOVE"] }).to_string();
    let members =
        json!({ "StartingPosition": "LATEST", "FilterCriteria": { "Filters": [{ "Pattern": pattern }] } });
    let uuid = world.map(&stream, members).await;
    let (told, caller, question) = (explain(&world), world.caller(), json!({ "mapping": uuid }));
    let why = told.explain_mapping(&caller, &question).await.unwrap()["why"].clone();
    assert!(
        why[0].as_str().unwrap().starts_with("It has read no records since the server was started"),
        "{why}"
    );
    assert!(why[1].as_str().unwrap().contains("LATEST"), "{why}");
    put(&world, "a").await;
    passed(&wait_for(&world, question.clone()).await);
    let why = told.explain_mapping(&caller, &question).await.unwrap()["why"].clone();
    assert_eq!(why, json!(["Its filters refused all 1 records that it has read."]));
}
