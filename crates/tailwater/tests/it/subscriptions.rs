//! Changes that are pushed: nothing missing, nothing twice, however often the subscriber connects anew and the shards change.

use crate::client::Answer;
use crate::running::Running;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(30);

/// How often the shards change.
const CHANGES_MAX: usize = 40;

const POSITIONS: &str = "x-tailwater-sequence-number";

/// One event.
#[derive(Clone, Debug, Default, PartialEq)]
struct Event {
    id: Option<String>,
    name: String,
    data: Value,
}

/// A client that reads events.
struct Subscriber {
    status: u16,
    head: String,
    body: BufReader<TcpStream>,
}

impl Subscriber {
    fn connect(running: &Running, query: &str, headers: &str) -> Self {
        Self::at(running, &format!("/_tailwater/streams/subscribe?{query}"), headers)
    }

    /// In HTTP/1.0, so that the body is as it is.
    fn at(running: &Running, path: &str, headers: &str) -> Self {
        let mut stream = TcpStream::connect(&running.addresses[0]).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\nhost: localhost\r\n{headers}\r\n").unwrap();
        let mut body = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(body.read_line(&mut head).unwrap() > 0, "{head}");
        }
        Self {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_ascii_lowercase(),
            body,
        }
    }

    fn resume(running: &Running, query: &str, id: &str) -> Self {
        Self::connect(running, query, &format!("last-event-id: {id}\r\n"))
    }

    fn refusal(mut self) -> (u16, String) {
        let mut body = String::new();
        self.body.read_to_string(&mut body).unwrap();
        (self.status, body)
    }

    /// The next event; `None` where the body ends.
    fn next(&mut self) -> Option<Event> {
        assert_eq!(self.status, 200, "{}", self.head);
        let mut event = Event::default();
        loop {
            let mut line = String::new();
            if self.body.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            match line.trim_end_matches('\n').split_once(": ") {
                Some(("id", id)) => event.id = Some(id.to_owned()),
                Some(("event", name)) => name.clone_into(&mut event.name),
                Some(("", comment)) => panic!("nothing comes but: {comment}"),
                Some(("data", data)) => event.data = serde_json::from_str(data).unwrap(),
                None if !event.name.is_empty() => return Some(event),
                _ => {}
            }
        }
    }

    /// The next of these names.
    fn expect(&mut self, name: &str) -> Event {
        let event = self.next().unwrap();
        assert_eq!(event.name, name, "{event:?}");
        event
    }
}

fn with_stream(arguments: &[&str]) -> Running {
    start_with_stream(&[&["--in-memory"], arguments].concat())
}

fn start_with_stream(arguments: &[&str]) -> Running {
    let running = Running::start(arguments);
    running.make_streaming("dogs", "NEW_AND_OLD_IMAGES");
    running
}

fn put(running: &Running, name: &str, age: u64) -> Answer {
    let item = json!({ "name": { "S": name }, "age": { "N": age.to_string() } });
    let answer = running.call("PutItem", &json!({ "TableName": "dogs", "Item": item }));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer
}

/// Puts and deletes items, in an order that only looks random; answers where each of the records is.
fn write(running: &Running, writer: u64, count: u64) -> Vec<String> {
    let mut client = running.client();
    let mut written = Vec::new();
    let mut dice = writer * 7_919 + 17;
    for nth in 0..count {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let name = json!({ "S": format!("dog-{writer}-{}", (dice >> 33) % 12) });
        let answer = match (dice >> 60) % 3 {
            0 => {
                client.call("DeleteItem", json!({ "TableName": "dogs", "Key": { "name": name } }).to_string())
            }
            _ => {
                let item = json!({ "name": name, "age": { "N": nth.to_string() } });
                client.call("PutItem", json!({ "TableName": "dogs", "Item": item }).to_string())
            }
        };
        assert_eq!(answer.status, 200, "{}", answer.text());
        written.extend(answer.header(POSITIONS).map(str::to_owned));
    }
    written
}

/// Rolls shards over and splits them, until told that it is enough.
fn change_shards(running: &Running, enough: &AtomicBool) {
    let mut client = running.client();
    let mut open = 2;
    for nth in 0.. {
        if enough.load(Ordering::Acquire) || nth == CHANGES_MAX {
            return;
        }
        // Among the writes, not all before them.
        let _ = (0..5).map(|_| client.get("/_tailwater/health")).count();
        let verb = if open < 8 && nth % 3 == 0 { "split" } else { "roll" };
        open *= if verb == "split" { 2 } else { 1 };
        let answer = client.post(&format!("/_tailwater/streams/{verb}"), &json!({ "table": "dogs" }));
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

fn place(event: &Event) -> String {
    let number = event.data["dynamodb"]["SequenceNumber"].as_str().unwrap();
    format!("{}:{number}", event.data["shardId"].as_str().unwrap())
}

/// A copy of the table that is kept by events, each of which must fit.
#[derive(Default)]
struct Copy(BTreeMap<String, Value>);

impl Copy {
    fn apply(&mut self, event: &Event) {
        let change = &event.data["dynamodb"];
        let name = change["Keys"]["name"]["S"].as_str().unwrap_or_default().to_owned();
        match event.name.as_str() {
            "item" => {
                let name = event.data["name"]["S"].as_str().unwrap().to_owned();
                assert_eq!(self.0.insert(name, event.data.clone()), None);
            }
            "insert" => assert_eq!(self.0.insert(name, change["NewImage"].clone()), None, "{event:?}"),
            "modify" => {
                let before = self.0.insert(name, change["NewImage"].clone());
                assert_eq!(before.as_ref(), Some(&change["OldImage"]), "{event:?}");
            }
            "remove" => assert_eq!(self.0.remove(&name).as_ref(), Some(&change["OldImage"]), "{event:?}"),
            "reset" => self.0.clear(),
            "synced" | "heartbeat" => {}
            other => panic!("{other}"),
        }
    }

    fn add(&mut self, items: &Value) {
        for item in items.as_array().unwrap() {
            self.0.insert(item["name"]["S"].as_str().unwrap().to_owned(), item.clone());
        }
    }
}

/// The table as it is.
fn scanned(running: &Running) -> BTreeMap<String, Value> {
    let mut copy = Copy::default();
    copy.add(&running.ok("Scan", &json!({ "TableName": "dogs", "ConsistentRead": true }))["Items"]);
    copy.0
}

/// Two writers and somebody who changes the shards, while a subscriber does what it likes; it is told in the
/// end how many records there are. Answers these.
fn meanwhile<T: Send>(
    running: &Running,
    subscriber: impl FnOnce(&AtomicUsize) -> T + Send,
) -> (T, Vec<String>) {
    let (enough, count) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let subscribed = scope.spawn(|| subscriber(&count));
        let shards = scope.spawn(|| change_shards(running, &enough));
        let writers: Vec<_> = (1..3).map(|writer| scope.spawn(move || write(running, writer, 250))).collect();
        let mut written: Vec<String> =
            writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect();
        enough.store(true, Ordering::Release);
        shards.join().unwrap();
        // Known before the last one is written, so that whoever has read all of them knows it.
        count.store(written.len() + 1, Ordering::Release);
        written.push(put(running, "last", 1).header(POSITIONS).unwrap().to_owned());
        (subscribed.join().unwrap(), written)
    })
}

#[test]
fn a_subscriber_who_connects_again_and_again_gets_every_change_once() {
    let running = with_stream(&["--initial-shards", "2"]);
    let ((seen, connections), written) = meanwhile(&running, |count| {
        let (mut seen, mut connections) = (Vec::new(), 0);
        let mut subscriber = Subscriber::connect(&running, "table=dogs&from=start", "");
        while seen.is_empty() || seen.len() != count.load(Ordering::Acquire) {
            let event = subscriber.next().unwrap();
            if event.name != "heartbeat" {
                seen.push(place(&event));
            }
            if seen.len() % 13 == connections % 13 {
                connections += 1;
                subscriber = Subscriber::resume(&running, "table=dogs&from=start", &event.id.unwrap());
            }
        }
        (seen, connections)
    });
    assert!(connections > 20, "{connections}");
    let unique: BTreeSet<String> = seen.iter().cloned().collect();
    assert_eq!(unique.len(), seen.len(), "some came twice");
    assert_eq!(unique, written.into_iter().collect());
}

#[test]
fn a_snapshot_and_what_follows_it_are_the_table() {
    for place in [&["--in-memory", "--initial-shards", "2"], &["--durability", "os", "--data-dir=data"][..]] {
        let running = start_with_stream(place);
        write(&running, 1, 60);
        let (copies, _) = meanwhile(&running, |_| {
            let mut copies = Vec::new();
            for _ in 0..4 {
                let mut subscriber = Subscriber::connect(&running, "table=dogs&snapshot=1", "");
                subscriber.expect("reset");
                let mut copy = Copy::default();
                loop {
                    let event = subscriber.next().unwrap();
                    copy.apply(&event);
                    if event.name == "synced" {
                        assert_eq!(event.data, json!({ "items": copy.0.len() }));
                        break;
                    }
                }
                copies.push((subscriber, copy));
            }
            copies
        });
        let table = scanned(&running);
        for (mut subscriber, mut copy) in copies {
            while copy.0 != table {
                copy.apply(&subscriber.next().unwrap());
            }
        }
    }
}

/// Dogs that are 3, 4, 5 or 9 years old.
const GROWN: &str = "%7B%22dynamodb%22%3A%7B%22NewImage%22%3A%7B%22age%22%3A%7B%22N%22%3A%5B%223%22%2C%224%22%2C%225%22%2C%229%22%5D%7D%7D%7D%7D";

#[test]
fn a_copy_of_some_items_has_those_that_pass_and_loses_those_that_no_longer_do() {
    for (view, is_told_when_nothing_was) in [("NEW_AND_OLD_IMAGES", false), ("NEW_IMAGE", true)] {
        let running = Running::with_dogs(view);
        put(&running, "Rex", 5);
        put(&running, "Bo", 1);
        let query = format!("table=dogs&snapshot=1&filter={GROWN}");
        let mut subscriber = Subscriber::connect(&running, &query, "");
        subscriber.expect("reset");
        assert_eq!(subscriber.expect("item").data["name"]["S"], "Rex");
        let synced = subscriber.expect("synced");
        assert_eq!(synced.data, json!({ "items": 1 }));
        // Each of these is told as what it is to the copy.
        let ages = [("Bo", 3), ("Rex", 2), ("Al", 2), ("Bo", 4)];
        ages.iter().for_each(|(name, age)| drop(put(&running, name, *age)));
        let key = json!({ "TableName": "dogs", "Key": { "name": { "S": "Bo" } } });
        running.ok("DeleteItem", &key);
        put(&running, "Al", 2);
        put(&running, "Al", 1);
        put(&running, "Al", 9);
        let mut expected = vec![("modify", "Bo", "MODIFY"), ("remove", "Rex", "MODIFY")];
        expected.extend([("modify", "Bo", "MODIFY"), ("remove", "Bo", "REMOVE")]);
        // Al was none of them. Where the stream has no old images, nobody knows.
        expected.extend(is_told_when_nothing_was.then_some(("remove", "Al", "MODIFY")));
        expected.push(("modify", "Al", "MODIFY"));
        let mut resumed = Subscriber::resume(&running, &query, &synced.id.unwrap());
        resumed.expect("heartbeat");
        for subscriber in [&mut subscriber, &mut resumed] {
            for (name, dog, kind) in &expected {
                let data = subscriber.expect(name).data;
                let told = (&data["dynamodb"]["Keys"]["name"]["S"], &data["eventName"]);
                assert_eq!(told, (&json!(dog), &json!(kind)), "{view}");
            }
        }
    }
}

#[test]
fn what_follows_the_positions_of_a_scan_is_what_it_has_not_seen() {
    let running = with_stream(&["--initial-shards", "2"]);
    write(&running, 2, 60);
    let (copies, _) = meanwhile(&running, |_| {
        let mut copies = Vec::new();
        for _ in 0..8 {
            let answer = running.call("Scan", &json!({ "TableName": "dogs" }));
            let from = answer.header(POSITIONS).unwrap().to_owned();
            let mut copy = Copy::default();
            copy.add(&answer.json()["Items"]);
            copies.push((Subscriber::connect(&running, &format!("table=dogs&from={from}"), ""), copy));
        }
        copies
    });
    let table = scanned(&running);
    for (mut subscriber, mut copy) in copies {
        while copy.0 != table {
            copy.apply(&subscriber.next().unwrap());
        }
    }
}

fn arn(running: &Running) -> String {
    let table = running.ok("DescribeTable", &json!({ "TableName": "dogs" }));
    table["Table"]["LatestStreamArn"].as_str().unwrap().to_owned()
}

#[test]
fn latest_begins_with_the_next_write_and_the_stream_is_named_in_any_way() {
    let running = with_stream(&[]);
    put(&running, "Rex", 1);
    let arn = arn(&running);
    let encoded = arn.replace(':', "%3A").replace('/', "%2F");
    let paths = [
        format!("/_tailwater/streams/{arn}/subscribe"),
        format!("/_tailwater/streams/{encoded}/subscribe"),
        format!("/_tailwater/streams/subscribe?stream_arn={encoded}"),
        "/_tailwater/streams/subscribe?table=dogs&region=us-east-1&account=000000000000".to_owned(),
    ];
    let mut subscribers: Vec<Subscriber> = paths
        .iter()
        .map(|path| Subscriber::at(&running, path, "origin: http://localhost:3000\r\n"))
        .collect();
    let answer = put(&running, "Bo", 2);
    let record = json!({ "Keys": { "name": { "S": "Bo" } }, "NewImage": { "name": { "S": "Bo" }, "age": { "N": "2" } } });
    for subscriber in &mut subscribers {
        for header in [
            "content-type: text/event-stream\r\n",
            "cache-control: no-store\r\n",
            "access-control-allow-origin: http://localhost:3000\r\n",
        ] {
            assert!(subscriber.head.contains(header), "{}", subscriber.head);
        }
        subscriber.expect("heartbeat");
        let event = subscriber.expect("insert");
        assert_eq!(event.id.as_deref(), answer.header(POSITIONS));
        assert_eq!(Some(place(&event).as_str()), answer.header(POSITIONS));
        assert_eq!(event.data["eventName"], "INSERT");
        assert_eq!(event.data["dynamodb"]["Keys"], record["Keys"]);
        assert_eq!(event.data["dynamodb"]["NewImage"], record["NewImage"]);
    }
}

#[test]
fn filters_let_through_what_they_match() {
    let running = with_stream(&[]);
    let filter =
        "%7B%22dynamodb%22%3A%7B%22NewImage%22%3A%7B%22age%22%3A%7B%22N%22%3A%5B%222%22%5D%7D%7D%7D%7D";
    let removed = "%7B%22eventName%22%3A%5B%22REMOVE%22%5D%7D";
    let query = format!("table=dogs&filter={filter}&filter={removed}");
    let mut subscriber = Subscriber::connect(&running, &query, "");
    subscriber.expect("heartbeat");
    for age in 0..5 {
        put(&running, "Rex", age);
    }
    running.ok("DeleteItem", &json!({ "TableName": "dogs", "Key": { "name": { "S": "Rex" } } }));
    assert_eq!(subscriber.expect("modify").data["dynamodb"]["NewImage"]["age"]["N"], "2");
    subscriber.expect("remove");
}

#[test]
fn a_stream_that_is_disabled_or_whose_table_is_deleted_ends() {
    let running = with_stream(&["--initial-shards", "3"]);
    let mut subscriber = Subscriber::connect(&running, "table=dogs", "");
    subscriber.expect("heartbeat");
    put(&running, "Rex", 1);
    let off = json!({ "TableName": "dogs", "StreamSpecification": { "StreamEnabled": false } });
    running.ok("UpdateTable", &off);
    let last = subscriber.expect("insert");
    let end = subscriber.expect("end");
    assert_eq!((end.id.as_deref(), subscriber.next()), (Some("end"), None));
    // Behind the last record there is the end, and behind that nothing.
    let mut again = Subscriber::resume(&running, "table=dogs", last.id.as_deref().unwrap());
    again.expect("heartbeat");
    again.expect("end");
    assert_eq!(Subscriber::resume(&running, "table=dogs", "end").status, 204);
    let on = json!({ "TableName": "dogs",
        "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "KEYS_ONLY" } });
    running.ok("UpdateTable", &on);
    let mut renewed = Subscriber::connect(&running, "table=dogs", "");
    renewed.expect("heartbeat");
    running.ok("DeleteTable", &json!({ "TableName": "dogs" }));
    renewed.expect("end");
    assert_eq!(renewed.next(), None);
}

#[test]
fn what_is_trimmed_meanwhile_is_told_and_a_copy_is_made_anew() {
    let running = with_stream(&[]);
    let mut subscriber = Subscriber::connect(&running, "table=dogs&snapshot=1", "");
    subscriber.expect("reset");
    let synced = subscriber.expect("synced").id.unwrap();
    put(&running, "Rex", 1);
    let clock = running.client().post("/_tailwater/clock", &json!({ "advance_ms": 25 * 3_600_000 }));
    assert_eq!(clock.status, 200);
    put(&running, "Bo", 2);
    let mut again = Subscriber::resume(&running, "table=dogs", &synced);
    again.expect("heartbeat");
    let gap = again.expect("gap");
    assert!(synced.starts_with(gap.data["shardId"].as_str().unwrap()), "{gap:?}");
    assert!(synced.ends_with(gap.data["after"].as_str().unwrap()), "{gap:?}");
    assert_eq!(again.expect("insert").data["dynamodb"]["Keys"]["name"]["S"], "Bo");
    // Behind the gap there is none.
    let mut behind = Subscriber::resume(&running, "table=dogs", &gap.id.unwrap());
    behind.expect("heartbeat");
    behind.expect("insert");
    let mut copy = Subscriber::resume(&running, "table=dogs&snapshot=1", &synced);
    copy.expect("heartbeat");
    assert_eq!(copy.expect("gap").id, None);
    copy.expect("reset");
    let items = [copy.expect("item"), copy.expect("item")];
    assert_eq!(items.map(|item| item.id), [None, None]);
    copy.expect("synced");
    put(&running, "Al", 3);
    copy.expect("insert");
}

#[test]
fn a_server_that_stops_ends_its_subscriptions() {
    let running = with_stream(&[]);
    let mut idle = Subscriber::connect(&running, "table=dogs", "");
    idle.expect("heartbeat");
    running.signal("-TERM");
    assert_eq!(idle.next(), None);
    running.wait();
}

#[test]
fn what_cannot_be_subscribed_to_is_refused_in_words() {
    let running = with_stream(&[]);
    let unknown = "shardId-00009999999999999999-00000000:100000000000000000001";
    for (query, words) in [
        ("", "name a stream"),
        ("table=cats", "Table: cats not found"),
        ("table=dogs&table=dogs", "named twice"),
        ("table=dogs&from=yesterday", "from is start, latest or positions"),
        (&format!("table=dogs&from={unknown}"), "the stream has no shard"),
        ("table=dogs&lastEventId=x", "the last event's id"),
        ("table=dogs&filter=%7B", "a filter is no pattern"),
        ("table=dogs&snapshot=2", "snapshot is 1 or 0"),
        (
            "table=dogs&snapshot=1&filter=%7B%22eventName%22%3A%5B%22REMOVE%22%5D%7D",
            "a filter of a snapshot is about items",
        ),
        ("table=dogs&snapshot=1&from=start", "from cannot be chosen"),
        ("table=dogs&fron=start", "there is no parameter"),
        ("table=%ff", "percent-encoded"),
    ] {
        let (status, text) = Subscriber::connect(&running, query, "").refusal();
        assert_eq!(status, 400, "{query}: {text}");
        assert!(text.contains(words), "{query}: {text}");
    }
    let posted = running.client().post("/_tailwater/streams/subscribe?table=dogs", &json!({}));
    assert_eq!(
        (posted.status, posted.json()),
        (405, json!({ "error": "a subscription is asked for by GET" }))
    );
    let foreign = Subscriber::connect(&running, "table=dogs", "origin: https://evil.example\r\n");
    assert_eq!(foreign.status, 403);
}
