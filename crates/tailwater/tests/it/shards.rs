//! `tailwater shards`, and the endpoints that it and tests from outside use.

use crate::running::Running;
use serde_json::{Value, json};
use std::process::Output;

fn shards(running: &Running, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let arguments = [&["shards"], arguments].concat();
    running.tailwater(&arguments).envs(variables.iter().copied()).output().unwrap()
}

/// The rows that are shown, without the title, as their columns.
fn rows(output: &Output) -> Vec<Vec<String>> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut lines = text.lines();
    assert!(lines.next().unwrap().starts_with("arn:aws:dynamodb:us-east-1:000000000000:table/dogs/stream/"));
    assert!(lines.next().unwrap().starts_with("SHARD"));
    lines.map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

fn complaint(output: &Output) -> &str {
    assert!(!output.status.success());
    std::str::from_utf8(&output.stderr).unwrap()
}

#[test]
fn shards_are_listed_rolled_over_and_split() {
    let running = Running::with_dogs("NEW_IMAGE");
    let listed = rows(&shards(&running, &["list", "dogs"], &[]));
    assert_eq!((listed.len(), listed[0][1].as_str(), listed[0][2].as_str()), (1, "-", "open"));
    let rolled = rows(&shards(&running, &["roll", "dogs"], &[]));
    assert_eq!(rolled.len(), 2);
    assert_eq!(
        (&rolled[0][2], &rolled[1][1], &rolled[1][2]),
        (&"closed".to_owned(), &rolled[0][0], &"open".to_owned())
    );
    let split = rows(&shards(&running, &["split", "dogs", "--shard", &rolled[1][0]], &[]));
    let children: Vec<_> = split.iter().filter(|row| row[1] == rolled[1][0]).collect();
    assert_eq!((split.len(), children.len()), (4, 2));
    assert!(children.iter().all(|row| row[2] == "open"));
    let one = rows(&shards(&running, &["list", "dogs", "--shard", &children[0][0]], &[]));
    assert_eq!(one, [children[0].clone()]);
    // What AWS's API shows is the same tree.
    let arn =
        running.ok("DescribeTable", &json!({ "TableName": "dogs" }))["Table"]["LatestStreamArn"].clone();
    let described = running.ok("DescribeStream", &json!({ "StreamArn": arn }));
    let described = described["StreamDescription"]["Shards"].as_array().unwrap().clone();
    let told = |shard: &Value| {
        let parent = shard["ParentShardId"].as_str().unwrap_or("-").to_owned();
        (shard["ShardId"].as_str().unwrap().to_owned(), parent)
    };
    let shown: Vec<_> = split.iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    assert_eq!(described.iter().map(told).collect::<Vec<_>>(), shown);
}

#[test]
fn what_cannot_be_done_is_said_in_words() {
    let running = Running::with_dogs("NEW_IMAGE");
    let closed = rows(&shards(&running, &["roll", "dogs"], &[]))[0][0].clone();
    let elsewhere = ("AWS_DEFAULT_REGION", "eu-west-1");
    let account = ("AWS_ACCESS_KEY_ID", "123456789012");
    let unknown = "shardId-00000000000000000000-00000000";
    let missing = "the stream has no shard shardId-00000000000000000000-00000000";
    for (arguments, variables, words) in [
        (&["list", "cats"][..], &[][..], "Table: cats not found"),
        (&["list", "dogs"], &[elsewhere], "Table: dogs not found"),
        (&["list", "dogs"], &[account], "Table: dogs not found"),
        (&["list", "dogs", "--shard", "x"], &[], "x is no shard id"),
        (&["list", "dogs", "--shard", unknown], &[], missing),
        (&["roll", "dogs", "--shard", unknown], &[], missing),
        (&["split", "dogs", "--shard", &closed], &[], "closed"),
        (
            &["list", "dogs", "--endpoint", "http://127.0.0.1:1"],
            &[],
            "no server answers at http://127.0.0.1:1",
        ),
        (&["list", "dogs", "--endpoint", "ftp://localhost:1"], &[], "write http://HOST:PORT"),
    ] {
        let output = shards(&running, arguments, variables);
        assert!(complaint(&output).contains(words), "{arguments:?}: {}", complaint(&output));
    }
    running.ok(
        "UpdateTable",
        &json!({ "TableName": "dogs", "StreamSpecification": { "StreamEnabled": false } }),
    );
    for verb in ["roll", "split"] {
        assert!(complaint(&shards(&running, &[verb, "dogs"], &[])).contains("the stream is disabled"));
    }
}

#[test]
fn the_clock_goes_forward_only_and_takes_records_with_it() {
    let running = Running::with_dogs("NEW_IMAGE");
    let mut client = running.client();
    let before = client.get("/_tailwater/clock").json();
    let put = client.call("PutItem", r#"{"TableName":"dogs","Item":{"name":{"S":"Rex"}}}"#);
    let position = put.header("x-tailwater-sequence-number").unwrap().to_owned();
    let arn =
        running.ok("DescribeTable", &json!({ "TableName": "dogs" }))["Table"]["LatestStreamArn"].clone();
    let stream = running.ok("DescribeStream", &json!({ "StreamArn": arn }));
    let shard = stream["StreamDescription"]["Shards"][0]["ShardId"].clone();
    let iterate = json!({ "StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
    let iterator = running.ok("GetShardIterator", &iterate);
    let iterator = json!({ "ShardIterator": iterator["ShardIterator"] });
    let records = running.ok("GetRecords", &iterator)["Records"].clone();
    assert!(position.contains(records[0]["dynamodb"]["SequenceNumber"].as_str().unwrap()), "{position}");
    let day_ms = 25 * 3_600_000;
    let after = client.post("/_tailwater/clock", &json!({ "advance_ms": day_ms })).json();
    assert!(after["offset_ms"].as_u64() >= before["offset_ms"].as_u64().map(|offset| offset + day_ms));
    let service = "com.amazonaws.dynamodb.v20120810#";
    let expired = "The provided iterator exceeds the maximum age allowed.";
    let error = running.call("GetRecords", &iterator).error();
    assert_eq!(error, (format!("{service}ExpiredIteratorException"), expired.to_owned()));
    let from = json!({ "StreamArn": arn, "ShardId": shard, "ShardIteratorType": "AT_SEQUENCE_NUMBER",
        "SequenceNumber": records[0]["dynamodb"]["SequenceNumber"] });
    let trimmed = running.call("GetShardIterator", &from).error().0;
    assert!(
        trimmed.ends_with("#TrimmedDataAccessException") || trimmed.ends_with("#ResourceNotFoundException")
    );
    let back = client.post("/_tailwater/clock", &json!({ "now_ms": 1 }));
    assert_eq!(back.status, 400);
    assert!(back.text().contains("service time never goes back"));
    for question in [json!({}), json!({ "advance_ms": -1 }), json!({ "advance_ms": 1, "now_ms": 1 })] {
        assert_eq!(client.post("/_tailwater/clock", &question).status, 400, "{question}");
    }
    // There would be no way back.
    for question in [json!({ "advance_ms": u64::MAX }), json!({ "now_ms": 253_402_300_800_000_u64 })] {
        let beyond = client.post("/_tailwater/clock", &question);
        assert_eq!(
            (beyond.status, &beyond.json()),
            (400, &json!({ "error": "service time ends with the year 9999" }))
        );
    }
}

#[test]
fn our_own_endpoints_refuse_in_one_shape_and_change_nothing_for_a_get() {
    let running = Running::with_dogs("NEW_IMAGE");
    let mut client = running.client();
    for path in ["/_tailwater/streams/roll?table=dogs", "/_tailwater/streams/split?table=dogs"] {
        let answer = client.get(path);
        assert_eq!((answer.status, answer.json()), (405, json!({ "error": "say POST to change something" })));
    }
    let listed = client.get("/_tailwater/streams/list?table=dogs");
    assert_eq!((listed.status, listed.json()["shards"].as_array().map(Vec::len)), (200, Some(1)));
    for (path, question, status, words) in [
        ("/_tailwater/streams/list", json!({ "table": "cats" }), 400, "Table: cats not found"),
        ("/_tailwater/streams/list", json!([]), 400, "name a stream"),
        ("/_tailwater/streams/fly", json!({ "table": "dogs" }), 400, "list, roll, split"),
        ("/_tailwater/clock", json!({ "now_ms": 1 }), 400, "never goes back"),
        ("/_tailwater/nothing", json!({}), 404, "no such endpoint"),
    ] {
        let answer = client.post(path, &question);
        let error = answer.json()["error"].as_str().unwrap_or_default().to_owned();
        assert_eq!(answer.status, status, "{path}");
        assert!(error.contains(words), "{path}: {}", answer.text());
    }
}
