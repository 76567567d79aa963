//! `tailwater tail`, `record` and `replay`.

use crate::client::{Client, authorization};
use crate::relay;
use crate::running::Running;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

/// Puts an item, and answers its position.
fn put(running: &Running, name: &str, age: u32) -> String {
    let item = json!({ "name": { "S": name }, "age": { "N": age.to_string() } });
    let answer = running.call("PutItem", &json!({ "TableName": "dogs", "Item": item }));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.header("x-tailwater-sequence-number").unwrap().to_owned()
}

fn change_shards(running: &Running, verb: &str) {
    let answer = running.client().post(&format!("/_tailwater/streams/{verb}"), &json!({ "table": "dogs" }));
    assert_eq!(answer.status, 200, "{}", answer.text());
}

fn advance(running: &Running, ms: u64) {
    let answer = running.client().post("/_tailwater/clock", &json!({ "advance_ms": ms }));
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// Five dogs grow up, through rollovers and splits: forty records.
fn grow(running: &Running) {
    for age in 0..8 {
        for dog in 0..5 {
            put(running, &format!("dog{dog}"), age);
        }
        match age {
            1 | 6 => change_shards(running, "split"),
            3 => change_shards(running, "roll"),
            _ => {}
        }
    }
}

fn run(running: &Running, arguments: &[&str]) -> Output {
    running.tailwater(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// What it wrote to standard output when all went well.
fn ok(output: &Output) -> &str {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn refused(output: &Output, code: i32) -> &str {
    assert_eq!(output.status.code(), Some(code), "{}{}", text(&output.stdout), text(&output.stderr));
    let complaint = text(&output.stderr);
    assert!(!complaint.contains("panicked"), "{complaint}");
    complaint
}

/// The ages of each dog, in the order in which they came.
fn ages(lines: &str) -> BTreeMap<String, Vec<u32>> {
    let mut ages: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for line in lines.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let image = &record["dynamodb"]["NewImage"];
        let age = image["age"]["N"].as_str().unwrap().parse().unwrap();
        ages.entry(image["name"]["S"].as_str().unwrap().to_owned()).or_default().push(age);
    }
    ages
}

fn grown() -> BTreeMap<String, Vec<u32>> {
    (0..5).map(|dog| (format!("dog{dog}"), (0..8).collect())).collect()
}

/// A process that is killed if the test fails.
struct Follower(Child);

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Follower {
    fn start(running: &Running, arguments: &[&str]) -> Self {
        let mut command = running.tailwater(arguments);
        Self(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    fn end(&mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        if let Some(out) = &mut self.0.stdout {
            out.read_to_string(&mut rest).unwrap();
        }
        (self.0.wait().unwrap().code(), rest)
    }
}

#[test]
fn a_call_that_panics_ends_it() {
    let running = Running::with_dogs("NEW_IMAGE");
    let mut tail = running.tailwater(&["tail", "dogs", "-f"]);
    let output = tail.env("TAILWATER_MUTANT", "panic in call of a stream").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let complaint = text(&output.stderr);
    assert!(complaint.contains("a call panicked, which is a defect of tailwater"), "{complaint}");
}

#[test]
fn all_records_come_in_order_through_rollovers_and_splits() {
    let running = Running::with_dogs("NEW_AND_OLD_IMAGES");
    let arguments = ["tail", "dogs", "-f", "--from", "start", "--format", "json", "--count", "40"];
    // One that was there all the time, and one that comes afterwards.
    let mut follower = Follower::start(&running, &arguments);
    grow(&running);
    let (code, followed) = follower.end();
    assert_eq!((code, ages(&followed)), (Some(0), grown()));
    let all = run(&running, &["tail", "dogs", "--format", "json"]);
    assert_eq!(ages(ok(&all)), grown());
    assert!(all.stderr.is_empty(), "{}", text(&all.stderr));
    // Each is as GetRecords shows it.
    let first: Value = serde_json::from_str(ok(&all).lines().next().unwrap()).unwrap();
    let members: Vec<&String> = first.as_object().unwrap().keys().collect();
    assert_eq!(members, ["awsRegion", "dynamodb", "eventID", "eventName", "eventSource", "eventVersion"]);
    assert_eq!(first["dynamodb"]["StreamViewType"], "NEW_AND_OLD_IMAGES");
    let pretty = run(&running, &["tail", "dogs", "--filter", r#"{"eventName":["INSERT"]}"#]);
    let lines: Vec<&str> = ok(&pretty).lines().collect();
    assert_eq!(lines.len(), 5);
    assert!(lines[0].ends_with("Z  INSERT  name=\"dog0\" +age=0"), "{}", lines[0]);
    let diff =
        run(&running, &["tail", "dogs", "--format", "diff", "--filter", r#"{"eventName":["MODIFY"]}"#]);
    assert!(ok(&diff).contains("  MODIFY  name=\"dog0\"\n  ~ age: 0 -> 1\n"), "{}", ok(&diff));
}

#[test]
fn it_begins_and_ends_where_it_is_told() {
    let running = Running::with_dogs("NEW_IMAGE");
    let first = put(&running, "rex", 1);
    let second = put(&running, "rex", 2);
    change_shards(&running, "split");
    let third = put(&running, "rex", 3);
    change_shards(&running, "roll");
    put(&running, "rex", 4);
    let number = |position: &str| position.rsplit(':').next().unwrap().to_owned();
    for (arguments, expected) in [
        (&["--from", &first][..], &[2, 3, 4][..]),
        (&["--from", &third], &[4]),
        (&["--from", &number(&second)], &[3, 4]),
        (&["--until", &second], &[1, 2]),
        (&["--until", &number(&third)], &[1, 2, 3]),
        (&["--from", &first, "--until", &third], &[2, 3]),
        (&["--count", "2"], &[1, 2]),
        (&["--from", "2020-01-01T00:00:00Z"], &[1, 2, 3, 4]),
        (&["--from", "2999-01-01"], &[]),
        (&["--until", "2020-01-01T00:00:00Z"], &[]),
        (&["--ago", "1h"], &[1, 2, 3, 4]),
        (&["-f", "--from", "start", "--until", "now"], &[1, 2, 3, 4]),
        (&["-f", "--from", "start", "--until", &third], &[1, 2, 3]),
        (&["-f", "--from", "start", "--until", &number(&second)], &[1, 2]),
        (&["-f", "--from", "start", "--until", "2020-01-01T00:00:00Z"], &[]),
    ] {
        let output = run(&running, &[&["tail", "dogs", "--format", "json"], arguments].concat());
        let seen = ages(ok(&output)).remove("rex").unwrap_or_default();
        assert_eq!(seen, expected, "{arguments:?}");
        assert!(output.stderr.is_empty(), "{arguments:?}: {}", text(&output.stderr));
    }
    // Service time is what counts here.
    advance(&running, 2 * 3_600_000);
    assert_eq!(ok(&run(&running, &["tail", "dogs", "--ago", "1h"])), "");
    for (arguments, code, words) in [
        (&["tail", "cats"][..], 1, "Table: cats not found"),
        (&["tail", "dogs", "--from", "latest"], 2, "say --follow too"),
        (&["tail", "dogs", "--from", "noon"], 2, "'noon' is no time"),
        (&["tail", "dogs", "--filter", "{}"], 2, "write a filter pattern"),
        (&["tail", "dogs", "--count", "0"], 2, "0 is not in 1.."),
        (&["tail", "dogs", "--endpoint", "http://127.0.0.1:1"], 1, "no server answers"),
    ] {
        let output = run(&running, arguments);
        assert!(refused(&output, code).contains(words), "{arguments:?}: {}", text(&output.stderr));
    }
}

/// How long a command that ends by itself may take.
const DEADLINE: Duration = Duration::from_secs(30);

#[test]
fn what_comes_until_now_ends_though_the_shard_rolls_over_at_that_moment() {
    let running = Running::with_dogs("NEW_IMAGE");
    put(&running, "rex", 1);
    // When the stream has been looked at, and before the answer is there, its only shard ends.
    let address = running.addresses[0].clone();
    let looks = AtomicUsize::new(0);
    let endpoint = relay::before(&running, move |head, pass| {
        let answer = pass();
        if head.contains("describestream") && looks.fetch_add(1, Ordering::SeqCst) == 0 {
            let rolled =
                Client::connect(&address).post("/_tailwater/streams/roll", &json!({ "table": "dogs" }));
            assert_eq!(rolled.status, 200);
        }
        answer
    });
    let arguments = ["tail", "dogs", "-f", "--from", "latest", "--until", "now", "--endpoint", &endpoint];
    let mut follower = Follower::start(&running, &arguments);
    let (done, ended) = mpsc::channel();
    let mut out = follower.0.stdout.take().unwrap();
    let read = move || {
        let mut said = String::new();
        out.read_to_string(&mut said).unwrap();
        done.send(said).unwrap();
    };
    environment::spawn_thread("reader", read).unwrap();
    assert_eq!(ended.recv_timeout(DEADLINE).as_deref(), Ok(""));
    assert_eq!(follower.end().0, Some(0));
}

#[test]
fn what_is_gone_and_what_has_expired_is_told() {
    let running = Running::with_dogs("NEW_IMAGE");
    let first = put(&running, "rex", 1);
    let arguments = ["tail", "dogs", "-f", "--from", "start", "--format", "json"];
    let mut follower = Follower::start(&running, &arguments);
    let mut out = BufReader::new(follower.0.stdout.take().unwrap());
    let mut remarks = BufReader::new(follower.0.stderr.take().unwrap());
    let (mut line, mut remark) = (String::new(), String::new());
    out.read_line(&mut line).unwrap();
    // Its iterator is too old now, and it goes on after the last record.
    advance(&running, 16 * 60_000);
    remarks.read_line(&mut remark).unwrap();
    assert!(remark.contains("has expired; it is read on after the last record"), "{remark}");
    put(&running, "rex", 2);
    out.read_line(&mut line).unwrap();
    assert_eq!(ages(&line)["rex"], [1, 2]);
    // Ctrl-C is a good end.
    let interrupt = Command::new("kill").args(["-INT", &follower.0.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    assert_eq!(follower.end().0, Some(0));
    // A closed pipe too.
    let mut follower = Follower::start(&running, &arguments);
    let mut out = BufReader::new(follower.0.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    drop(out);
    put(&running, "rex", 3);
    assert_eq!(follower.end().0, Some(0));
    // A day later.
    advance(&running, 25 * 3_600_000);
    put(&running, "rex", 4);
    let output = run(&running, &["tail", "dogs", "--format", "json", "--from", &first]);
    assert_eq!(ages(ok(&output))["rex"], [4]);
    assert!(text(&output.stderr).contains("may be missing"), "{}", text(&output.stderr));
}

fn items(running: &Running, table: &str) -> Vec<Value> {
    let mut items = running.ok("Scan", &json!({ "TableName": table }))["Items"].as_array().unwrap().clone();
    items.sort_by_key(|item| item["name"]["S"].as_str().unwrap().to_owned());
    items
}

#[test]
fn a_recording_is_replayed_into_a_table() {
    let running = Running::with_dogs("NEW_AND_OLD_IMAGES");
    grow(&running);
    let key = json!({ "name": { "S": "dog3" } });
    running.ok("DeleteItem", &json!({ "TableName": "dogs", "Key": key }));
    running.make_streaming("copy", "KEYS_ONLY");
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("dogs.jsonl");
    let name = file.to_str().unwrap();
    let recorded = run(&running, &["record", "dogs", "-o", name]);
    assert_eq!((ok(&recorded), text(&recorded.stderr)), ("", &*format!("41 records written to {name}\n")));
    let lines = fs::read_to_string(&file).unwrap();
    let header: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&header["tailwater"], &header["version"], &header["view_type"]),
        (&json!("recording"), &json!(1), &json!("NEW_AND_OLD_IMAGES"))
    );
    let again = run(&running, &["record", "dogs", "-o", name]);
    assert!(refused(&again, 1).contains("is there already"));
    let dry = run(&running, &["replay", name, "--table", "copy", "--dry-run"]);
    assert_eq!(text(&dry.stderr), "41 records would be applied to copy\n");
    let would: Vec<&str> = ok(&dry).lines().filter(|line| line.ends_with("name=\"dog3\"")).collect();
    assert_eq!((would.len(), would[0], would[8]), (9, "PutItem name=\"dog3\"", "DeleteItem name=\"dog3\""));
    assert_eq!(items(&running, "copy"), Vec::<Value>::new());
    let done = run(&running, &["replay", name, "--table", "copy"]);
    assert_eq!((ok(&done), text(&done.stderr)), ("", "41 records applied to copy\n"));
    assert_eq!((items(&running, "copy"), items(&running, "copy").len()), (items(&running, "dogs"), 4));
    // What has no images, or is damaged, says so.
    let keys = run(&running, &["record", "copy"]);
    let keys_only = directory.path().join("keys.jsonl");
    fs::write(&keys_only, &keys.stdout).unwrap();
    let output = run(&running, &["replay", keys_only.to_str().unwrap(), "--table", "copy"]);
    assert!(refused(&output, 1).contains("the recording has records of KEYS_ONLY"));
    fs::write(&file, &lines[..lines.len() - 9]).unwrap();
    let output = run(&running, &["replay", name, "--table", "copy"]);
    let complaint = refused(&output, 1);
    assert!(complaint.contains("stopped; 40 records applied to copy so far"), "{complaint}");
    assert!(complaint.contains("dogs.jsonl:42: it is not JSON"), "{complaint}");
    for (arguments, code, words) in [
        (&["replay", name][..], 2, "required"),
        (&["replay", name, "--table", "copy", "--function", "f"], 2, "cannot be used with"),
        (&["replay", name, "--table", "none"], 1, "Table: none not found"),
        (&["replay", name, "--function", "none"], 1, "none"),
        (&["replay", name, "--mapping", "none"], 1, "none"),
        (&["replay", "nowhere", "--table", "copy"], 1, "cannot read nowhere"),
        (&["replay", name, "--table", "copy", "--speed", "0"], 2, "a number above 0"),
    ] {
        let output = run(&running, arguments);
        assert!(refused(&output, code).contains(words), "{arguments:?}: {}", text(&output.stderr));
    }
}

const FUNCTION: &str = "
def handler(event, context):
    for record in event['Records']:
        assert record['eventSourceARN'].startswith('arn:aws:dynamodb:')
        if record['dynamodb']['NewImage']['age']['N'] == '3':
            raise ValueError('three is too young')
    return len(event['Records'])
";

fn function(running: &Running, directory: &Path) {
    fs::write(directory.join("index.py"), FUNCTION).unwrap();
    let directory = directory.to_str().unwrap();
    let arguments = ["function", "add", "barks", "--dir", directory, "--runtime", "python3.12"];
    ok(&run(running, &arguments));
}

#[test]
fn a_recording_is_replayed_into_a_function_and_its_mapping() {
    let running = Running::with_dogs("NEW_IMAGE");
    for age in 1..=5 {
        put(&running, "rex", age);
    }
    let directory = tempfile::tempdir().unwrap();
    function(&running, directory.path());
    let recording = run(&running, &["record", "dogs"]);
    let file = directory.path().join("x.jsonl");
    fs::write(&file, &recording.stdout).unwrap();
    let name = file.to_str().unwrap();
    let output = run(&running, &["replay", name, "--function", "barks", "--batch-size", "2", "--json"]);
    assert_eq!(
        refused(&output, 1),
        "5 records played in 3 calls, 1 call failed\n",
        "{}",
        text(&output.stdout)
    );
    let outcomes: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told = |outcome: &Value| (outcome["outcome"].clone(), outcome["payload"].clone());
    assert_eq!(told(&outcomes[0]), (json!("done"), json!(2)));
    assert_eq!(
        (&outcomes[1]["outcome"], &outcomes[1]["error"]),
        (&json!("failed"), &json!("three is too young"))
    );
    assert_eq!(told(&outcomes[2]), (json!("done"), json!(1)));
    // Its mapping has a filter, which lets only some through.
    let arn =
        running.ok("DescribeTable", &json!({ "TableName": "dogs" }))["Table"]["LatestStreamArn"].clone();
    let pattern = json!({ "dynamodb": { "NewImage": { "age": { "N": ["1", "5"] } } } }).to_string();
    let mapping = json!({
        "EventSourceArn": arn, "FunctionName": "barks", "StartingPosition": "LATEST", "BatchSize": 1,
        "FilterCriteria": { "Filters": [{ "Pattern": pattern }] },
    });
    let body = mapping.to_string();
    let (lines, length) = (authorization!("local", "us-east-1").replace("dynamodb", "lambda"), body.len());
    let mut client = running.client();
    let head = "POST /2015-03-31/event-source-mappings HTTP/1.1\r\nhost: localhost";
    client.send(format!("{head}\r\n{lines}content-length: {length}\r\n\r\n{body}"));
    let made = client.answer();
    assert_eq!(made.status, 202, "{}", made.text());
    let output = run(&running, &["replay", name, "--mapping", "barks"]);
    assert!(
        ok(&output).contains("batch 2: 1 record ") && ok(&output).contains(": done\n"),
        "{}",
        ok(&output)
    );
    let summary = "2 records played in 2 calls, 3 left out by the filters of the mapping\n";
    assert_eq!(text(&output.stderr), summary);
}

#[test]
fn shells_and_manuals_are_told_of_all_verbs() {
    let running = Running::with_dogs("KEYS_ONLY");
    for shell in ["bash", "zsh", "fish"] {
        let script = run(&running, &["completions", shell]);
        assert!(ok(&script).contains("replay"), "{shell}");
    }
    assert!(refused(&run(&running, &["completions", "command.com"]), 2).contains("possible values"));
    assert!(ok(&run(&running, &["man"])).contains("tailwater"));
    let directory = tempfile::tempdir().unwrap();
    let pages = directory.path().join("man1");
    ok(&run(&running, &["man", "--dir", pages.to_str().unwrap()]));
    for page in ["tailwater.1", "tailwater-tail.1", "tailwater-shards-roll.1"] {
        assert!(pages.join(page).exists(), "{page}");
    }
    assert!(!pages.join("tailwater-watch-function.1").exists());
}
