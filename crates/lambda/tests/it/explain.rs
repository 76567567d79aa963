//! What became of records, and discarded batches that are delivered after all.

use crate::world::{Done, World, keys, until};
use lambda::api::event_source_mappings::Operation;
use lambda::explain::Explain;
use lambda::invoke::InvokeError;
use serde_json::{Value, json};
use services::logs::{self, Logs};
use std::sync::Arc;
use wire::Operation as Dynamo;

pub(crate) fn explain(world: &World) -> Explain {
    let (runner, database) = (world.database.runner().clone(), &world.database);
    let space = database.service_space("logs").unwrap();
    let logs = Logs::open(runner, space, logs::Options::default(), database.environment().clone()).unwrap();
    Explain {
        database: Arc::clone(database),
        mappings: world.mappings.clone(),
        history: world.history.clone(),
        discarded: world.discarded.clone(),
        logs,
        invoke: world.functions.clone(),
    }
}

/// What the one mapping did with the newest record of an item.
async fn of(world: &World, id: &str) -> Value {
    let question = json!({ "table": "things", "key": { "id": id } });
    let answer = explain(world).explain(&world.caller(), &question).await.unwrap();
    assert_eq!(answer["record"]["keys"], json!({ "id": { "S": id } }), "{answer}");
    assert_eq!(answer["mappings"].as_array().unwrap().len(), 1, "{answer}");
    answer["mappings"][0].clone()
}

fn verdict(answer: &Value) -> (&str, &str) {
    (answer["verdict"].as_str().unwrap(), answer["says"].as_str().unwrap())
}

#[tokio::test]
async fn a_record_that_was_delivered_or_refused_says_how() {
    let world = World::in_memory();
    let stream = world.table().await;
    let pattern = r#"{"dynamodb":{"Keys":{"id":{"S":[{"prefix":"good"}]}}}}"#;
    let filters = json!({ "FilterCriteria": { "Filters": [{ "Pattern": pattern }] } });
    world.map(&stream, filters).await;
    world.put("bad").await;
    world.put("good").await;
    world.calls(1).await;
    world.settle().await;
    let delivered = of(&world, "good").await;
    assert_eq!(verdict(&delivered), ("delivered", "Delivered."));
    assert_eq!(delivered["attempts"][0]["request_id"], "request-1");
    assert_eq!(delivered["attempts"][0]["outcome"], "done");
    let refused = of(&world, "bad").await;
    let says = format!("Refused by its filters: {pattern} (the field dynamodb.Keys.id.S).");
    assert_eq!(verdict(&refused), ("refused", says.as_str()));
    assert_eq!(refused["attempts"], json!([]));
    // By its number, too.
    let question = json!({ "table": "things", "sequence_number": delivered["attempts"][0]["first"] });
    let answer = explain(&world).explain(&world.caller(), &question).await.unwrap();
    assert_eq!(answer["record"]["keys"], json!({ "id": { "S": "good" } }));
}

#[tokio::test]
async fn a_function_that_fails_says_with_what_and_until_when() {
    let world = World::in_memory();
    let stream = world.table().await;
    world.functions.handle(|_| Done::Fails);
    let uuid = world.map(&stream, json!({})).await;
    world.put("a").await;
    world.result(&uuid, "PROBLEM: Function call failed").await;
    world.put("b").await;
    world.settle().await;
    let failing = of(&world, "a").await;
    let (verdict_a, says) = verdict(&failing);
    assert_eq!(verdict_a, "failing");
    assert_eq!(says, "The function failed: Error: boom. It is tried again at 2026-01-01T00:00:00.100Z.");
    let waiting = of(&world, "b").await;
    assert_eq!(verdict(&waiting).0, "waiting");
    world.functions.handle(|_| {
        Done::Refused(InvokeError::Throttled { reason: "ReservedFunctionConcurrentInvocations" })
    });
    world.settle().await;
    let throttled = of(&world, "a").await;
    assert!(
        verdict(&throttled)
            .1
            .contains("The function could not be called: Rate Exceeded. It is tried again at "),
        "{throttled}"
    );
    // The whole mapping says so too.
    let shown = explain(&world).show(&world.caller(), &json!({ "mapping": "f" })).await.unwrap();
    assert!(shown["says"].as_str().unwrap().starts_with("The function "), "{shown}");
    assert_eq!(shown["shards"][0]["state"], "reads");
    world.functions.handle(|_| Done::Answers(Value::Null));
    world.calls_in_time(2).await;
    world.result(&uuid, "OK").await;
    let delivered = of(&world, "a").await;
    assert_eq!(verdict(&delivered).0, "delivered");
}

#[tokio::test]
async fn a_mapping_that_is_idle_says_why() {
    let world = World::in_memory();
    let stream = world.table().await;
    world.put("before").await;
    let question = json!({ "table": "things" });
    let answer = explain(&world).explain(&world.caller(), &question).await.unwrap();
    assert_eq!(answer["why"], "No event source mapping reads this stream, so no function was called.");
    let members =
        json!({ "StartingPosition": "LATEST", "MaximumBatchingWindowInSeconds": 30, "BatchSize": 10 });
    let uuid = world.map(&stream, members).await;
    world.put("waits").await;
    world.settle().await;
    let waiting = of(&world, "waits").await;
    let says = "1 record waits for more, or until 2026-01-01T00:00:30.000Z.";
    assert_eq!(verdict(&waiting), ("waiting", says));
    // Of the same millisecond as the beginning of what is remembered, and before the position.
    let passed = of(&world, "before").await;
    assert_eq!(verdict(&passed).0, "passed");
    world.update(&uuid, json!({ "Enabled": false })).await;
    world.settle().await;
    let disabled = of(&world, "waits").await;
    assert_eq!(verdict(&disabled).0, "disabled");
    let listed = explain(&world).list(&world.caller()).await;
    assert_eq!(listed["mappings"][0]["uuid"].as_str(), Some(uuid.as_str()));
    world.ask(Operation::Delete(uuid), Value::Null).await;
    let missing = json!({ "table": "things", "key": { "id": "never" } });
    let answer = explain(&world).explain(&world.caller(), &missing).await.unwrap();
    assert!(answer["why"].as_str().unwrap().starts_with("The stream has no record of an item with this key"));
}

#[tokio::test]
async fn questions_that_are_none_say_why() {
    let world = World::in_memory();
    world
        .dynamo(
            Dynamo::CreateTable,
            json!({
                "TableName": "silent", "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            }),
        )
        .await;
    let told = explain(&world).explain(&world.caller(), &json!({ "table": "silent" })).await.unwrap();
    assert_eq!(told["why"], "The table silent has no stream, so its writes call nothing.");
    for (question, error) in [
        (json!({}), "name a table"),
        (json!({ "table": "none" }), "there is no table none"),
        (json!({ "table": "silent", "key": { "id": "x" } }), "id is not of the type N: \"x\""),
        (json!({ "table": "silent", "key": {} }), "the key of silent needs the attribute id"),
        (json!({ "table": "silent", "key": { "id": "1", "x": "1" } }), "x is not in the key of silent"),
        (json!({ "table": "silent", "sequence_number": "x" }), "x is no sequence number"),
    ] {
        let refused = explain(&world).explain(&world.caller(), &question).await.unwrap_err();
        assert_eq!(refused.to_string(), error);
    }
}

#[tokio::test]
async fn what_was_given_up_is_delivered_after_all() {
    let world = World::in_memory();
    let stream = world.table().await;
    world.functions.handle(|_| Done::Fails);
    let uuid = world.map(&stream, json!({ "MaximumRetryAttempts": 0, "BatchSize": 1 })).await;
    world.put("a").await;
    world.put("b").await;
    until(|| world.discarded.list(Some(&uuid)).len() == 2, "two batches").await;
    world.settle().await;
    let given_up = of(&world, "a").await;
    assert_eq!(verdict(&given_up), ("discarded", "Given up after 1 attempt; its batch is kept."));
    let number = given_up["discarded"][0].clone();

    let explain = explain(&world);
    let shown = explain.batch(&json!({ "batch": number })).unwrap();
    assert_eq!(keys(&shown["payload"]), ["a"]);
    let failed = explain.rerun(&json!({ "batch": number })).await.unwrap();
    assert_eq!((&failed["outcome"], &failed["error"]), (&json!("failed"), &json!("Error: boom")));
    assert_eq!(explain.batch(&json!({ "batch": number })).unwrap()["reruns"], 1);

    let before = world.functions.events().len();
    world.functions.handle(|event| match keys(event)[0].as_str() {
        "a" => Done::Fails,
        _ => Done::Answers(Value::Null),
    });
    let redriven = explain.redrive(&world.caller(), &json!({ "mapping": uuid })).await.unwrap();
    let outcomes: Vec<&Value> =
        redriven["batches"].as_array().unwrap().iter().map(|batch| &batch["outcome"]).collect();
    assert_eq!(outcomes, ["failed", "done"]);
    assert_eq!(world.functions.batches()[before..], [["a"], ["b"]]);
    let left = explain.discarded(&world.caller(), &json!({})).unwrap();
    assert_eq!(left["discarded"].as_array().unwrap().len(), 1);
    let shown = explain.explain_mapping(&world.caller(), &json!({ "mapping": uuid })).await.unwrap();
    let says = json!("1 batch was given up, and is kept (tailwater mapping discarded).");
    assert!(shown["why"].as_array().unwrap().contains(&says), "{shown}");
    explain.drop_batch(&json!({ "batch": number })).await.unwrap();
    let gone = explain.rerun(&json!({ "batch": number })).await.unwrap_err();
    assert_eq!(gone.to_string(), format!("there is no discarded batch {number}"));
}

#[tokio::test]
async fn of_a_message_it_is_told_whether_it_was_refused_failed_or_done() {
    let world = World::in_memory();
    let queue = world.queue("q", json!({})).await;
    let filters = json!({ "FilterCriteria": { "Filters": [{ "Pattern": r#"{"body":{"a":["x"]}}"# }] } });
    world.map(&queue, filters).await;
    world.functions.handle(|_| Done::Fails);
    let mut ids = Vec::new();
    for body in [r#"{"a":"y"}"#, r#"{"a":"x"}"#] {
        let sent = world.queues.send(&queue, services::queues::NewMessage::new(body, "000000000000")).await;
        ids.push(sent.unwrap().id);
    }
    world.calls(1).await;
    world.until_counts("q", (0, 1)).await;
    let of = async |id: &str| {
        let question = json!({ "queue": "q", "message_id": id });
        let answer = explain(&world).explain(&world.caller(), &question).await.unwrap();
        assert_eq!((&answer["queue"], answer["mappings"].as_array().unwrap().len()), (&json!(queue), 1));
        answer["mappings"][0].clone()
    };
    let refused = of(&ids[0]).await;
    let (word, says) = verdict(&refused);
    assert!(
        word == "refused" && says.contains("(the field body.a)") && says.ends_with("deleted from the queue."),
        "{says}"
    );
    let failing = of(&ids[1]).await;
    assert!(verdict(&failing).0 == "failing" && verdict(&failing).1.contains("Error: boom"), "{failing}");
    assert_eq!(failing["attempts"][0]["messages"], json!([ids[1]]));
    world.functions.handle(|_| Done::Answers(Value::Null));
    world.until_counts("q", (0, 0)).await;
    let done = of(&ids[1]).await;
    assert_eq!(verdict(&done), ("delivered", "Delivered at attempt 2, and deleted from the queue."));
    assert_eq!(verdict(&of("3f2b4bdd-9378-44ac-85cb-b111bc0399c5").await).0, "unknown");
}
