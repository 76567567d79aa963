//! Faults that a user asks for, as a client sees them: one row a kind.

use crate::client::Answer;
use crate::running::{Running, refused};
use serde_json::{Value, json};

fn own(running: &Running, verb: &str, question: &Value) -> Answer {
    running.client().post(&format!("/_tailwater/faults/{verb}"), question)
}

fn add(running: &Running, question: &Value) -> u64 {
    let answer = own(running, "add", question);
    assert_eq!(answer.status, 200, "{question}: {}", answer.text());
    answer.json()["id"].as_u64().unwrap()
}

/// The only fault: how often it matched and fired.
fn counted(running: &Running) -> (u64, u64) {
    let listed = own(running, "list", &json!({})).json();
    let fault = &listed["faults"][0];
    (fault["matched"].as_u64().unwrap(), fault["fired"].as_u64().unwrap())
}

fn put(name: &str) -> Value {
    json!({ "TableName": "dogs", "Item": { "name": { "S": name } } })
}

/// The class of the error, or none.
fn class(answer: &Answer) -> Option<String> {
    (answer.status != 200).then(|| answer.error().0.rsplit('#').next().unwrap().to_owned())
}

#[test]
fn each_kind_strikes_what_it_is_meant_for_and_nothing_else() {
    let running = Running::start(&["--in-memory"]);
    let arn = running.make_streaming("dogs", "KEYS_ONLY");
    running.make_streaming("cats", "KEYS_ONLY");
    running.ok("PutItem", &put("Rex"));
    let stream = || running.ok("DescribeStream", &json!({ "StreamArn": arn }))["StreamDescription"].clone();
    let shard = stream()["Shards"][0]["ShardId"].as_str().unwrap().to_owned();
    let iterator = || {
        let from = json!({ "StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
        json!({ "ShardIterator": running.ok("GetShardIterator", &from)["ShardIterator"] })
    };
    let get = json!({ "TableName": "dogs", "Key": { "name": { "S": "Rex" } } });
    let statement = json!({ "Statement": "INSERT INTO dogs VALUE {'name': 'Lassie'}" });
    let throttled = "ProvisionedThroughputExceededException";
    let rows = [
        (json!({ "kind": "throttle" }), "GetItem", get.clone(), throttled),
        (json!({ "kind": "throttle", "operation": "GetItem", "table": "dogs" }), "GetItem", get, throttled),
        (json!({ "kind": "throttle", "shard": shard }), "GetRecords", iterator(), "LimitExceededException"),
        (json!({ "kind": "throttle" }), "DescribeStream", json!({ "StreamArn": arn }), "ThrottlingException"),
        (json!({ "kind": "fail-write", "table": "dogs" }), "PutItem", put("Bello"), "InternalServerError"),
        (
            json!({ "kind": "fail-write", "table": "dogs" }),
            "ExecuteStatement",
            statement,
            "InternalServerError",
        ),
        (json!({ "kind": "lose-answer" }), "PutItem", put("Hasso"), "InternalServerError"),
        (json!({ "kind": "expire-iterators" }), "GetRecords", iterator(), "ExpiredIteratorException"),
        (json!({ "kind": "trim", "table": "dogs" }), "GetRecords", iterator(), "TrimmedDataAccessException"),
    ];
    for (mut fault, operation, request, error) in rows {
        let other =
            running.call("GetItem", &json!({ "TableName": "cats", "Key": { "name": { "S": "Tom" } } }));
        assert_eq!(class(&other), None);
        fault["times"] = json!(1);
        let id = add(&running, &fault);
        let struck = running.call(operation, &request);
        assert_eq!(class(&struck).as_deref(), Some(error), "{fault}");
        assert_eq!(struck.status, if error == "InternalServerError" { 500 } else { 400 });
        assert_eq!(counted(&running), (1, 1), "{fault}");
        let cleared = own(&running, "clear", &json!({ "id": id })).json();
        assert_eq!(cleared["cleared"][0]["state"], "over");
        assert_eq!(class(&running.call(operation, &request)), None, "{fault}");
    }
    // What failed before it was done was done at the second try alone, what was lost was done at the first.
    let records = running.ok("GetRecords", &iterator())["Records"].clone();
    let written: Vec<&str> = records
        .as_array()
        .unwrap()
        .iter()
        .map(|record| record["dynamodb"]["Keys"]["name"]["S"].as_str().unwrap())
        .collect();
    assert_eq!(written, ["Rex", "Bello", "Lassie", "Hasso"]);
}

#[test]
fn a_reader_is_given_empty_pages_duplicates_and_old_shards() {
    let running = Running::start(&["--in-memory"]);
    let arn = running.make_streaming("dogs", "KEYS_ONLY");
    running.ok("PutItem", &put("Rex"));
    let shards = || {
        let described = running.ok("DescribeStream", &json!({ "StreamArn": arn }));
        described["StreamDescription"]["Shards"].as_array().unwrap().clone()
    };
    let first = shards();
    let from =
        json!({ "StreamArn": arn, "ShardId": first[0]["ShardId"], "ShardIteratorType": "TRIM_HORIZON" });
    let mut iterator = running.ok("GetShardIterator", &from)["ShardIterator"].clone();
    for kind in ["empty-page", "duplicate-batch"] {
        add(&running, &json!({ "kind": kind, "times": 1 }));
    }
    add(&running, &json!({ "kind": "stale-shards", "table": "dogs", "after": 1, "times": 1 }));
    let mut counts = Vec::new();
    for _ in 0..4 {
        let page = running.ok("GetRecords", &json!({ "ShardIterator": iterator }));
        counts.push(page["Records"].as_array().unwrap().len());
        iterator = page["NextShardIterator"].clone();
    }
    assert_eq!(counts, [0, 1, 1, 0]);
    let rolled = running.client().post("/_tailwater/streams/roll", &json!({ "table": "dogs" }));
    assert_eq!(rolled.status, 200);
    assert_eq!([shards().len(), shards().len(), shards().len()], [2, 1, 2]);
    // A child is read all the same: only the list of shards is late.
    assert_eq!(first.len(), 1);
}

#[test]
fn a_delay_is_of_the_operation_that_it_names() {
    let running = Running::start(&["--in-memory"]);
    running.make_streaming("dogs", "KEYS_ONLY");
    add(&running, &json!({ "kind": "delay", "operation": "PutItem", "ms": 120 }));
    let clock = environment::Clock::system();
    let before = clock.machine();
    running.ok("PutItem", &put("Rex"));
    assert!((clock.machine() - before).as_millis() >= 120);
    running.ok("GetItem", &json!({ "TableName": "dogs", "Key": { "name": { "S": "Rex" } } }));
    assert_eq!(counted(&running), (1, 1));
}

#[test]
fn the_same_seed_strikes_the_same_requests() {
    let running = Running::start(&["--in-memory"]);
    running.make_streaming("dogs", "KEYS_ONLY");
    let run = |seed: u64| -> Vec<bool> {
        let fault = json!({ "kind": "throttle", "operation": "PutItem", "probability": 0.5, "seed": seed });
        let id = add(&running, &fault);
        let struck = (0..40).map(|_| running.call("PutItem", &put("Rex")).status != 200).collect();
        own(&running, "clear", &json!({ "id": id }));
        struck
    };
    let first = run(7);
    assert_eq!(first, run(7));
    assert_ne!(first, run(8));
    assert!(first.contains(&true) && first.contains(&false));
}

#[test]
fn faults_are_refused_where_they_make_no_sense_or_other_machines_reach() {
    let running = Running::start(&["--in-memory"]);
    for (question, words) in [
        (json!({ "kind": "nonsense" }), "nonsense is no kind of fault"),
        (json!({ "kind": "throttle", "tables": "dogs" }), "tables is none of"),
        (json!({ "kind": "fail-write", "operation": "GetItem" }), "never strikes GetItem"),
    ] {
        let answer = own(&running, "add", &question);
        assert_eq!(answer.status, 400);
        assert!(answer.json()["error"].as_str().unwrap().contains(words), "{}", answer.text());
    }
    assert_eq!(running.client().get("/_tailwater/faults/add?kind=throttle").status, 405);
    assert_eq!(running.client().get("/_tailwater/faults/list").json(), json!({ "faults": [] }));
    let keys = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(keys.path(), "[a]\naws_access_key_id = a\naws_secret_access_key = b\n").unwrap();
    let keys = keys.path().to_str().unwrap();
    let reached = ["--in-memory", "--host", "0.0.0.0", "--auth", keys, "--plain-http"];
    let running = Running::start(&reached);
    let answer = own(&running, "add", &json!({ "kind": "throttle" }));
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("--allow-faults"), "{}", answer.text());
    assert_eq!(own(&running, "list", &json!({})).status, 200);
    let running = Running::start(&[&reached[..], &["--allow-faults"]].concat());
    add(&running, &json!({ "kind": "throttle" }));
    assert!(refused(&["serve", "--allow-faults", "yes"]).contains("unexpected argument"));
}
