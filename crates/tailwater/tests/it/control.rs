//! What a test takes into its hands: `tailwater clock`, `tailwater shards trim`, `tailwater wait`.

use crate::running::Running;
use crate::tables::streaming;
use serde_json::{Value, json};
use std::process::Output;

fn command(running: &Running, arguments: &[&str]) -> Output {
    running.tailwater(arguments).output().unwrap()
}

/// What it prints, where it succeeds.
fn says(running: &Running, arguments: &[&str]) -> String {
    let output = command(running, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json_of(running: &Running, arguments: &[&str]) -> Value {
    serde_json::from_str(&says(running, arguments)).unwrap()
}

#[test]
fn time_is_moved_frozen_and_resumed_and_the_server_says_so_when_it_starts() {
    let directory = tempfile::tempdir().unwrap();
    let running = Running::start_in(directory.path(), &[]);
    let is_clock = |line: &String| line.trim().starts_with("clock");
    assert!(!running.greeting.iter().any(is_clock));
    assert_eq!(running.client().get("/_tailwater/health").json().get("clock"), None);
    let before = json_of(&running, &["clock", "now", "--json"]);
    assert_eq!((&before["offset_ms"], &before["frozen"]), (&json!(0), &json!(false)));
    let advanced = json_of(&running, &["clock", "advance", "25h", "--json"]);
    assert_eq!(advanced["offset_ms"], 90_000_000);
    let frozen = command(&running, &["clock", "freeze"]);
    let time = String::from_utf8(frozen.stdout).unwrap();
    let remark = String::from_utf8(frozen.stderr).unwrap();
    assert!(remark.trim_end().ends_with(" ahead of the machine's time; frozen"), "{remark}");
    let now_ms = json_of(&running, &["clock", "now", "--json"])["now_ms"].as_u64().unwrap();
    assert_eq!(says(&running, &["clock", "now"]), time);
    assert_eq!(json_of(&running, &["clock", "advance", "7ms", "--json"])["now_ms"], now_ms + 7);
    for (arguments, words) in [
        (&["clock", "set", "2001-01-01"][..], "service time never goes back"),
        (&["clock", "set", "soon"], "'soon' is not a time"),
        (&["clock", "advance", "1"], "is not a duration"),
    ] {
        let refused = command(&running, arguments);
        let complaint = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success() && complaint.contains(words), "{complaint}");
    }
    running.stop("-TERM");

    let running = Running::start_in(directory.path(), &[]);
    assert!(running.said("clock").ends_with("; frozen (tailwater clock)"), "{:?}", running.greeting);
    let health = running.client().get("/_tailwater/health").json();
    assert_eq!(health["clock"]["now_ms"], now_ms + 7);
    assert_eq!((&health["status"], &health["clock"]["frozen"]), (&json!("ready"), &json!(true)));
    let resumed = json_of(&running, &["clock", "resume", "--json"]);
    assert!(resumed["now_ms"].as_u64() >= Some(now_ms + 7) && resumed["frozen"] == false, "{resumed}");
    assert!(resumed["offset_ms"].as_i64().unwrap() < 90_000_000);
    assert!(says(&running, &["clock", "set", "2035-05-05T05:05:05Z"]).starts_with("2035-05-05T05:05:"));
    running.stop("-TERM");
}

/// Where a reader is that has read a record of the shard, but not the next.
fn behind(running: &Running, stream: &Value, shard: &Value) -> Value {
    let iterate = json!({ "StreamArn": stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
    let first = running.ok("GetShardIterator", &iterate)["ShardIterator"].clone();
    let page = running.ok("GetRecords", &json!({ "ShardIterator": first, "Limit": 1 }));
    json!({ "ShardIterator": page["NextShardIterator"] })
}

#[test]
fn records_are_trimmed_before_their_time_under_a_reader_that_is_behind() {
    let running = Running::start(&["--in-memory"]);
    let stream = json!(running.make_streaming("dogs", "NEW_IMAGE"));
    let mut client = running.client();
    let mut numbers = Vec::new();
    for name in ["a", "b", "c", "d"] {
        let put = client
            .call("PutItem", json!({ "TableName": "dogs", "Item": { "name": { "S": name } } }).to_string());
        numbers
            .push(put.header("x-tailwater-sequence-number").unwrap().split_once(':').unwrap().1.to_owned());
    }
    let described = running.ok("DescribeStream", &json!({ "StreamArn": stream }));
    let shard = &described["StreamDescription"]["Shards"][0]["ShardId"];
    let reader = behind(&running, &stream, shard);
    let oldest = || {
        let iterate = json!({ "StreamArn": stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
        let first = running.ok("GetShardIterator", &iterate)["ShardIterator"].clone();
        let page = running.ok("GetRecords", &json!({ "ShardIterator": first }));
        page["Records"][0]["dynamodb"]["SequenceNumber"].as_str().map(str::to_owned)
    };
    // What is before the oldest record is nothing; the reader's next record is before the third.
    let nothing = command(&running, &["shards", "trim", "dogs", "--before", &numbers[0]]);
    assert_eq!(String::from_utf8(nothing.stderr).unwrap(), "Records of 0 shards are trimmed.\n");
    running.ok("GetRecords", &reader);
    let trimmed = command(&running, &["shards", "trim", "dogs", "--before", &numbers[2]]);
    assert!(trimmed.status.success());
    assert_eq!(String::from_utf8(trimmed.stderr).unwrap(), "Records of 1 shard are trimmed.\n");
    let error = running.call("GetRecords", &reader).error().0;
    assert!(error.ends_with("#TrimmedDataAccessException"), "{error}");
    assert_eq!(oldest().as_ref(), Some(&numbers[2]));
    says(&running, &["shards", "trim", "dogs", "--before", "2001-01-01"]);
    assert_eq!(oldest().as_ref(), Some(&numbers[2]));
    says(&running, &["shards", "trim", "dogs"]);
    assert_eq!(oldest(), None);
    for (arguments, words) in [
        (&["shards", "trim", "dogs", "--before", "soon"][..], "before is a sequence number, a time"),
        (&["shards", "trim", "cats"], "Table: cats not found"),
    ] {
        let refused = command(&running, arguments);
        let complaint = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success() && complaint.contains(words), "{complaint}");
    }
    assert_eq!(client.get("/_tailwater/streams/trim?table=dogs").status, 405);
    assert_eq!(client.get("/_tailwater/wait?mapping=x").status, 405);
}

#[test]
fn a_group_of_workers_is_waited_for_by_its_checkpoints() {
    let running = Running::start(&["--in-memory"]);
    running.ok("CreateTable", &streaming("orders", "id", "KEYS_ONLY"));
    running.ok("CreateTable", &streaming("orders-leases", "leaseKey", "KEYS_ONLY"));
    let put = running.call("PutItem", &json!({ "TableName": "orders", "Item": { "id": { "S": "1" } } }));
    let position = put.header("x-tailwater-sequence-number").unwrap().to_owned();
    let (shard, number) = position.split_once(':').unwrap();
    let lease = |checkpoint: &str| {
        let item = json!({
            "leaseKey": { "S": shard }, "leaseOwner": { "S": "worker-1" },
            "leaseCounter": { "N": "1" }, "checkpoint": { "S": checkpoint },
        });
        running.ok("PutItem", &json!({ "TableName": "orders-leases", "Item": item }));
    };
    let wait = |after: &str, timeout: &str| {
        command(&running, &["wait", "--group", "orders-leases", "--after", after, "--timeout", timeout])
    };
    let refused = |output: Output, words: &str| {
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains(words), "{told}");
    };
    refused(wait(&position, "1ms"), "no worker has seen the shard yet");
    lease("TRIM_HORIZON");
    refused(wait(&position, "1ms"), "worker-1 has the shard, and its checkpoint is TRIM_HORIZON");
    refused(wait("shardId-00000000000000000000-00000000:1", "30s"), "is no shard of");
    refused(command(&running, &["wait", "--group", "orders", "--after", &position]), "is no lease table");

    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| wait(&position, "30s"));
        lease(number);
        let waited = waiting.join().unwrap();
        assert!(waited.status.success(), "{}", String::from_utf8_lossy(&waited.stderr));
        assert_eq!(String::from_utf8(waited.stdout).unwrap(), format!("passed     {position}\n"));
    });
}
