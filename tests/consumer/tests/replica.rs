//! A replica of a table of the real server, by AWS's SDK.

use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;
use tailwater_consumer::{Change, ChangeKind, Item, LocalCopy, Replica, ReplicaEvent, Start, State, Value};
use tailwater_test_consumer::{DEADLINE, Server, create_table, delete, disable_stream, put, silent_losses};

fn replica(server: &Server, arn: &str) -> Replica<tailwater_consumer::aws::Sdk> {
    Replica::new(server.sdk(), arn).poll_interval(Duration::from_millis(10))
}

fn expected(items: &[(&str, u64)]) -> BTreeMap<Item, Item> {
    let item = |(key, value): &(&str, u64)| {
        let keys = Item::from([("pk".to_owned(), Value::from(*key))]);
        let mut item = keys.clone();
        item.insert("value".to_owned(), Value::from(*value));
        (keys, item)
    };
    items.iter().map(item).collect()
}

async fn next<T: tailwater_consumer::Transport>(replica: &mut Replica<T>) -> Option<ReplicaEvent> {
    tokio::time::timeout(DEADLINE, replica.next()).await.expect("an event in time").unwrap()
}

/// The next change.
async fn change<T: tailwater_consumer::Transport>(replica: &mut Replica<T>) -> Change {
    loop {
        match next(replica).await.expect("the stream goes on") {
            ReplicaEvent::Change { change, .. } => return change,
            ReplicaEvent::Gap(gap) => panic!("{gap}"),
            _ => {}
        }
    }
}

/// Reads until the local copy is this.
async fn until<T: tailwater_consumer::Transport>(
    replica: &mut Replica<T>,
    copy: &mut LocalCopy,
    items: &[(&str, u64)],
) {
    while *copy.items() != expected(items) {
        let event = next(replica).await.expect("the stream goes on");
        copy.apply(&event).unwrap();
    }
}

/// The walkthrough of the npm package `dynamodb-stream`: "Replicating small tables".
#[tokio::test]
async fn a_local_map_follows_a_table() {
    let server = Server::start(&[]);
    let client = tailwater_test_consumer::tables(server.port);
    let arn = create_table(&client, "testDynamoDBStream").await;
    put(&client, "testDynamoDBStream", "before", 1).await;
    put(&client, "testDynamoDBStream", "goes", 1).await;

    let (mut replica, mut local) = (replica(&server, &arn), LocalCopy::default());
    until(&mut replica, &mut local, &[("before", 1), ("goes", 1)]).await;
    put(&client, "testDynamoDBStream", "before", 2).await;
    put(&client, "testDynamoDBStream", "after", 3).await;
    delete(&client, "testDynamoDBStream", "goes").await;
    until(&mut replica, &mut local, &[("before", 2), ("after", 3)]).await;

    for (verb, value) in [("roll", 4), ("split", 5), ("roll", 6)] {
        server.shards(verb, "testDynamoDBStream");
        put(&client, "testDynamoDBStream", "after", value).await;
        until(&mut replica, &mut local, &[("before", 2), ("after", value)]).await;
    }
    disable_stream(&client, "testDynamoDBStream").await;
    while let Some(event) = next(&mut replica).await {
        local.apply(&event).unwrap();
    }
    assert_eq!(*local.items(), expected(&[("before", 2), ("after", 6)]));
}

#[tokio::test]
async fn changes_come_with_both_images_and_in_order() {
    let server = Server::start(&["--initial-shards", "4"]);
    let client = tailwater_test_consumer::tables(server.port);
    let arn = create_table(&client, "dogs").await;
    for value in 1..=3 {
        put(&client, "dogs", "rex", value).await;
    }
    delete(&client, "dogs", "rex").await;
    let mut replica = Replica::changes_only(server.sdk(), &arn, Start::TrimHorizon);
    let mut seen = Vec::new();
    for _ in 0..4 {
        let change = change(&mut replica).await;
        let value =
            |item: &Option<Item>| item.as_ref().and_then(|item| item["value"].as_n()).map(str::to_owned);
        assert!(change.event_id.is_some() && change.created_ms.is_some() && change.size_bytes.is_some());
        seen.push((change.kind, value(&change.old), value(&change.new)));
    }
    let value = |value: u64| Some(value.to_string());
    assert_eq!(
        seen,
        [
            (ChangeKind::Insert, None, value(1)),
            (ChangeKind::Modify, value(1), value(2)),
            (ChangeKind::Modify, value(2), value(3)),
            (ChangeKind::Remove, value(3), None),
        ]
    );
}

/// The schedule on which the npm package loses changes without a word (tests/clients/node plays it with that
/// package): away for longer than an iterator lives, and shards that are closed and continued before it looks.
#[tokio::test]
async fn a_replica_loses_nothing_where_the_package_of_npm_does() {
    let server = Server::start(&[]);
    let client = tailwater_test_consumer::tables(server.port);
    let arn = create_table(&client, "dogs").await;
    let (mut replica, mut local) = (replica(&server, &arn), LocalCopy::default());
    while next(&mut replica).await != Some(ReplicaEvent::Copied) {}
    let mut keys: Vec<String> = Vec::new();
    for step in silent_losses() {
        if step["restart"] == true {
            let saved = serde_json::to_string(&replica.state()).unwrap();
            let state: State = serde_json::from_str(&saved).unwrap();
            replica = Replica::resume(server.sdk(), state).poll_interval(Duration::from_millis(10));
        }
        keys.extend(server.step(&client, "dogs", &step).await);
        if step["poll"].is_u64() {
            let items: Vec<(&str, u64)> = keys.iter().map(|key| (key.as_str(), 1)).collect();
            until(&mut replica, &mut local, &items).await;
        }
    }
    assert_eq!(local.items().len(), 10);
}

/// See the test of the same faults in group.rs.
#[tokio::test]
async fn a_copy_is_right_whatever_the_service_does() {
    let server = Server::start(&["--initial-shards", "2"]);
    let client = tailwater_test_consumer::tables(server.port);
    let arn = create_table(&client, "dogs").await;
    for fault in [
        json!({ "kind": "throttle", "operation": "GetRecords", "table": "dogs", "times": 4 }),
        json!({ "kind": "throttle", "operation": "GetShardIterator", "table": "dogs", "times": 1 }),
        json!({ "kind": "throttle", "operation": "Scan", "table": "dogs", "times": 1 }),
        json!({ "kind": "empty-page", "table": "dogs", "probability": 0.3, "seed": 2 }),
        json!({ "kind": "expire-iterators", "table": "dogs", "probability": 0.1, "seed": 3 }),
        json!({ "kind": "duplicate-batch", "table": "dogs", "probability": 0.2, "seed": 4 }),
        json!({ "kind": "stale-shards", "table": "dogs", "times": 3 }),
    ] {
        server.fault(&fault);
    }
    put(&client, "dogs", "before", 1).await;
    let (mut replica, mut local) = (replica(&server, &arn), LocalCopy::default());
    until(&mut replica, &mut local, &[("before", 1)]).await;
    let keys: Vec<String> = (0..8).map(|key| format!("dog-{key}")).collect();
    for value in 0..8_u64 {
        for key in &keys {
            put(&client, "dogs", key, value).await;
        }
        match value {
            2 | 6 => server.shards("roll", "dogs"),
            4 => server.shards("split", "dogs"),
            _ => {}
        }
        let mut items: Vec<(&str, u64)> = keys.iter().map(|key| (key.as_str(), value)).collect();
        items.push(("before", 1));
        until(&mut replica, &mut local, &items).await;
    }
    assert_eq!(server.faults_that_never_struck(), Vec::<String>::new());
}

#[tokio::test]
async fn what_was_trimmed_is_said_to_be_missing_and_the_copy_is_made_again() {
    let server = Server::start(&[]);
    let client = tailwater_test_consumer::tables(server.port);
    let arn = create_table(&client, "dogs").await;
    let (mut first, mut local) = (replica(&server, &arn), LocalCopy::default());
    while next(&mut first).await != Some(ReplicaEvent::Copied) {}
    put(&client, "dogs", "rex", 1).await;
    until(&mut first, &mut local, &[("rex", 1)]).await;
    let saved = first.state();
    drop(first);

    put(&client, "dogs", "lost", 1).await;
    delete(&client, "dogs", "rex").await;
    server.advance(Duration::from_secs(30 * 3_600));
    put(&client, "dogs", "kept", 2).await;
    let mut again = Replica::resume(server.sdk(), saved).poll_interval(Duration::from_millis(10));
    let mut gaps = 0;
    while *local.items() != expected(&[("lost", 1), ("kept", 2)]) {
        let event = next(&mut again).await.expect("the stream goes on");
        local.apply(&event).unwrap();
        if matches!(event, ReplicaEvent::Gap(_)) {
            gaps += 1;
            again.copy_again();
        }
    }
    assert!(gaps > 0);
}
