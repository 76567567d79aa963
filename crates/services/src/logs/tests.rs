//! Log groups and events: pages, searches, expiry, and more output than the disk takes.

use super::pattern::Pattern;
use super::*;
use serde_json::{Value as Json, json};
use std::time::Duration;
use store::{AnyStore, Memory, SpaceId, Store};

const NOW_MS: u64 = 1_700_000_000_000;

struct World {
    runner: Runner,
    space: SpaceId,
    environment: Environment,
    logs: Logs,
    caller: Caller,
}

impl World {
    fn new() -> Self {
        Self::with(Options::default())
    }

    fn with(options: Options) -> Self {
        let environment = Environment::simulated(1, NOW_MS);
        let store = Arc::new(AnyStore::Memory(Memory::new(1 << 20)));
        let runner = Runner::inline(Arc::clone(&store), &environment);
        let space = store.create_space().unwrap();
        let logs = Logs::open(runner.clone(), space, options, environment.clone()).unwrap();
        Self { runner, space, environment, logs, caller: Caller::new("111111111111", "eu-west-1") }
    }

    fn restart(&mut self) {
        let (runner, environment) = (self.runner.clone(), self.environment.clone());
        self.logs = Logs::open(runner, self.space, self.logs.inner.options, environment).unwrap();
    }

    async fn call(&self, operation: &str, body: Json) -> Result<Json, String> {
        let answer = self.logs.call(operation, &self.caller, body.to_string().as_bytes()).await;
        let body: Json = serde_json::from_slice(&answer.body).unwrap_or_default();
        if answer.status == 200 {
            return Ok(body);
        }
        Err(format!("{}: {}", body["__type"].as_str().unwrap(), body["message"].as_str().unwrap_or_default()))
    }

    async fn done(&self, operation: &str, body: Json) -> Json {
        self.call(operation, body).await.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    async fn stream(&self, group: &str, stream: &str) {
        let _ = self.call("CreateLogGroup", json!({ "logGroupName": group })).await;
        self.done("CreateLogStream", json!({ "logGroupName": group, "logStreamName": stream })).await;
    }

    async fn put(&self, group: &str, stream: &str, events: &[(u64, &str)]) -> Json {
        let event =
            |(after_ms, message): &(u64, &str)| json!({ "timestamp": NOW_MS + after_ms, "message": message });
        let events: Vec<Json> = events.iter().map(event).collect();
        self.done(
            "PutLogEvents",
            json!({ "logGroupName": group, "logStreamName": stream, "logEvents": events }),
        )
        .await
    }

    fn write(&self, group: &str, stream: &str, message: &str) {
        let place = Place { account: "111111111111", region: "eu-west-1", group, stream };
        self.logs
            .write(&place, &[Event { time_ms: self.environment.clock.now_ms(), message: message.into() }]);
    }

    fn values(&self) -> usize {
        let mut values = 0;
        let all = store::Range {
            space: self.space,
            from: std::ops::Bound::Unbounded,
            to: std::ops::Bound::Unbounded,
            direction: store::Direction::Forward,
        };
        let count = &mut |_: &[u8], _: &store::Versioned| {
            values += 1;
            true
        };
        store::Snapshot::range(&self.runner.store().snapshot(), &all, count).unwrap();
        values
    }
}

fn messages(answer: &Json) -> Vec<&str> {
    answer["events"].as_array().unwrap().iter().map(|event| event["message"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn events_are_paged_forward_and_backward_by_time() {
    let mut world = World::new();
    world.stream("g", "s").await;
    world.put("g", "s", &[(0, "a"), (10, "c"), (20, "e")]).await;
    // What comes later may be of an earlier time.
    world.put("g", "s", &[(5, "b"), (15, "d")]).await;
    for round in 0..2 {
        let get = |more: Json| {
            let mut body = json!({ "logGroupName": "g", "logStreamName": "s", "limit": 2 });
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            world.done("GetLogEvents", body)
        };
        let newest = get(json!({})).await;
        assert_eq!(messages(&newest), ["d", "e"], "{round}");
        let before = get(json!({ "nextToken": newest["nextBackwardToken"] })).await;
        assert_eq!(messages(&before), ["b", "c"]);
        let oldest = get(json!({ "startFromHead": true })).await;
        assert_eq!(messages(&oldest), ["a", "b"]);
        let after = get(json!({ "nextToken": oldest["nextForwardToken"] })).await;
        assert_eq!(messages(&after), ["c", "d"]);
        let none = get(json!({ "nextToken": newest["nextForwardToken"] })).await;
        assert_eq!(messages(&none), Vec::<&str>::new());
        assert_eq!(none["nextForwardToken"], newest["nextForwardToken"]);
        let between = get(json!({ "startTime": NOW_MS + 5, "endTime": NOW_MS + 15 })).await;
        assert_eq!(messages(&between), ["b", "c"]);
        world.restart();
    }
    let wrong = world
        .call("GetLogEvents", json!({ "logGroupName": "g", "logStreamName": "s", "nextToken": "f/1" }))
        .await;
    assert_eq!(wrong.unwrap_err(), "InvalidParameterException: The specified nextToken is invalid.");
}

#[tokio::test]
async fn streams_of_a_group_are_searched_together() {
    let world = World::new();
    for stream in ["a", "ab", "c"] {
        world.stream("g", stream).await;
    }
    world.put("g", "a", &[(0, "one"), (30, "ERROR four")]).await;
    world.put("g", "ab", &[(10, "ERROR two")]).await;
    world.put("g", "c", &[(20, "ERROR three")]).await;
    let filter = |more: Json| {
        let mut body = json!({ "logGroupName": "g" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        world.done("FilterLogEvents", body)
    };
    assert_eq!(messages(&filter(json!({})).await), ["one", "ERROR two", "ERROR three", "ERROR four"]);
    let first = filter(json!({ "filterPattern": "ERROR", "limit": 2 })).await;
    assert_eq!(messages(&first), ["ERROR two", "ERROR three"]);
    let rest = filter(json!({ "filterPattern": "ERROR", "nextToken": first["nextToken"] })).await;
    assert_eq!(messages(&rest), ["ERROR four"]);
    assert_eq!(rest.get("nextToken"), None);
    assert_eq!(
        messages(&filter(json!({ "logStreamNamePrefix": "a" })).await),
        ["one", "ERROR two", "ERROR four"]
    );
    let of_two = filter(json!({ "logStreamNames": ["c", "ab"] })).await;
    assert_eq!(messages(&of_two), ["ERROR two", "ERROR three"]);
    assert_eq!(of_two["events"][0]["logStreamName"], "ab");
    let newest_first = filter(json!({ "startFromHead": false, "limit": 2 })).await;
    assert_eq!(messages(&newest_first), ["ERROR four", "ERROR three"]);
    for (body, error) in [
        (
            json!({ "logGroupName": "h" }),
            "ResourceNotFoundException: The specified log group does not exist.",
        ),
        (
            json!({ "logGroupName": "g", "logStreamNames": ["x"] }),
            "ResourceNotFoundException: The specified log stream does not exist.",
        ),
        (
            json!({ "logGroupName": "g", "filterPattern": "a:b" }),
            "InvalidParameterException: Invalid filter pattern: Invalid character(s) in term 'a:b'",
        ),
    ] {
        assert_eq!(world.call("FilterLogEvents", body).await.unwrap_err(), error);
    }
}

#[tokio::test]
async fn events_that_are_not_as_they_must_be_are_refused() {
    const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
    let world = World::new();
    world.stream("g", "s").await;
    let large = "x".repeat(1_048_576 - 26);
    let table = [
        (
            vec![(1, "b".to_owned()), (0, "a".to_owned())],
            "Log events in a single PutLogEvents request must be in chronological order.",
        ),
        (
            vec![(0, "a".to_owned()), (DAY_MS + 1, "b".to_owned())],
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        ),
        (vec![(0, format!("{large}x"))], "Log event too large: 1048577 bytes exceeds limit of 1048576"),
        (
            vec![(0, large.clone()), (0, "x".to_owned())],
            "Upload too large: 1048603 bytes exceeds limit of 1048576",
        ),
        (
            vec![],
            "1 validation error detected: Value '[...]' at 'logEvents' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ),
    ];
    for (events, error) in table {
        let event = |(after_ms, message): &(u64, String)| json!({ "timestamp": NOW_MS + after_ms, "message": message });
        let events: Vec<Json> = events.iter().map(event).collect();
        let body = json!({ "logGroupName": "g", "logStreamName": "s", "logEvents": events });
        let refused = world.call("PutLogEvents", body).await.unwrap_err();
        assert_eq!(refused, format!("InvalidParameterException: {error}"));
    }
    world.put("g", "s", &[(0, &large)]).await;
    // Of those that are too old or too new, the others are taken.
    world.environment.clock.advance(14 * DAY_MS);
    let hour_ms = 60 * 60 * 1_000;
    let now_ms = 14 * DAY_MS;
    let old = world.put("g", "s", &[(0, "at the limit")]).await;
    assert_eq!(old.get("rejectedLogEventsInfo"), None);
    world.environment.clock.advance(1);
    let old = world.put("g", "s", &[(0, "too old"), (1, "old")]).await;
    assert_eq!(old["rejectedLogEventsInfo"], json!({ "tooOldLogEventEndIndex": 1 }));
    let new = world.put("g", "s", &[(now_ms, "now"), (now_ms + 2 * hour_ms + 2, "too new")]).await;
    assert_eq!(new["rejectedLogEventsInfo"], json!({ "tooNewLogEventStartIndex": 1 }));
    world.done("PutRetentionPolicy", json!({ "logGroupName": "g", "retentionInDays": 1 })).await;
    let expired = world.put("g", "s", &[(now_ms - DAY_MS, "expired"), (now_ms, "now")]).await;
    assert_eq!(expired["rejectedLogEventsInfo"], json!({ "expiredLogEventEndIndex": 1 }));
}

#[tokio::test]
async fn what_is_expired_is_gone() {
    let mut world = World::new();
    world.stream("g", "s").await;
    world.put("g", "s", &[(0, "old")]).await;
    world.done("PutRetentionPolicy", json!({ "logGroupName": "g", "retentionInDays": 3 })).await;
    world.environment.clock.advance(3 * 24 * 60 * 60 * 1_000 + 1);
    assert_eq!(
        messages(&world.done("FilterLogEvents", json!({ "logGroupName": "g" })).await),
        Vec::<&str>::new()
    );
    assert_eq!(world.values(), 4);
    world.logs.inner.drop_expired(world.environment.clock.now_ms());
    world.logs.flush().await.unwrap();
    assert_eq!(world.values(), 2);
    world.restart();
    world.done("DeleteRetentionPolicy", json!({ "logGroupName": "g" })).await;
    let wrong = world.call("PutRetentionPolicy", json!({ "logGroupName": "g", "retentionInDays": 2 })).await;
    assert!(wrong.unwrap_err().starts_with(
        "InvalidParameterException: 1 validation error detected: Value '2' at 'retentionInDays' failed to satisfy \
         constraint: Member must satisfy enum value set: [1, 3, 5,"
    ));
}

#[tokio::test]
async fn the_oldest_go_when_there_is_too_much() {
    let mut world = World::with(Options { bytes_max: 300_000, shared: false });
    let line = "x".repeat(1_000);
    for number in 0..1_000 {
        world.write(
            "/aws/lambda/f",
            if number % 2 == 0 { "even" } else { "odd" },
            &format!("{number} {line}"),
        );
        if number % 100 == 99 {
            world.logs.flush().await.unwrap();
        }
    }
    for _ in 0..2 {
        assert!(world.logs.state().bytes <= 300_000);
        let newest = world
            .done("FilterLogEvents", json!({ "logGroupName": "/aws/lambda/f", "startFromHead": false }))
            .await;
        let count = newest["events"].as_array().unwrap().len();
        assert!((150..=300).contains(&count), "{count}");
        assert!(messages(&newest)[0].starts_with("999 "));
        world.restart();
    }
    world.done("DeleteLogGroup", json!({ "logGroupName": "/aws/lambda/f" })).await;
    assert_eq!((world.values(), world.logs.state().bytes), (0, 0));
}

#[tokio::test]
async fn where_the_disk_does_not_keep_up_the_log_says_how_much_is_missing() {
    let world = World::new();
    let line = "x".repeat(1_000_000);
    for _ in 0..20 {
        world.write("g", "s", &line);
    }
    assert!(world.logs.is_behind());
    let ready = world.logs.ready();
    let (_, flushed) = tokio::join!(ready, world.logs.flush());
    flushed.unwrap();
    world.write("g", "s", "and on");
    let newest =
        world.done("GetLogEvents", json!({ "logGroupName": "g", "logStreamName": "s", "limit": 2 })).await;
    assert_eq!(
        messages(&newest),
        ["[tailwater: 3 log events are missing here: the disk did not keep up]", "and on"]
    );
}

#[tokio::test]
async fn what_functions_print_is_readable_at_once_and_stored_soon() {
    let mut world = World::new();
    world.write("g", "s", "one");
    let read = world.done("FilterLogEvents", json!({ "logGroupName": "g" })).await;
    assert_eq!((messages(&read), world.values()), (vec!["one"], 0));
    world.logs.start();
    let flushed = async {
        while world.values() == 0 {
            environment::yield_now().await;
            world.environment.clock.pass(Duration::from_millis(10));
        }
    };
    tokio::time::timeout(Duration::from_secs(10), flushed).await.unwrap();
    world.restart();
    let read = world.done("FilterLogEvents", json!({ "logGroupName": "g" })).await;
    assert_eq!(messages(&read), ["one"]);
}

#[tokio::test]
async fn followers_are_woken() {
    let world = World::new();
    let all = Pattern::parse("").unwrap();
    let errors = Pattern::parse("ERROR").unwrap();
    let of = ("111111111111", "eu-west-1", "g");
    let (lines, cursor) = world.logs.tail(of, 0, 10, &all).unwrap();
    assert_eq!(lines, None);
    world.write("g", "s", "one");
    world.write("other", "s", "ERROR elsewhere");
    let wait = Duration::from_secs(10);
    let followed = world.logs.follow(of, cursor, &all, wait).await;
    assert_eq!(
        (followed.lines.len(), followed.lines[0].message.as_str(), followed.missed),
        (1, "one", false)
    );
    let (lines, cursor) = world.logs.tail(of, 0, 10, &all).unwrap();
    assert_eq!(lines.unwrap().len(), 1);
    let (followed, ()) = tokio::join!(world.logs.follow(of, cursor, &errors, wait), async {
        world.write("g", "s", "two");
        environment::yield_now().await;
        world.write("g", "s", "ERROR three");
    });
    assert_eq!((followed.lines.len(), followed.lines[0].message.as_str()), (1, "ERROR three"));
    assert_eq!(Cursor::parse(&followed.cursor.to_string()), Some(followed.cursor));
    let none = world.logs.follow(of, followed.cursor, &errors, Duration::ZERO).await;
    assert_eq!((none.lines, none.missed), (Vec::new(), false));
    // A server that stops waits for nobody; the clock stands still here.
    let (ended, ()) = tokio::join!(world.logs.follow(of, followed.cursor, &errors, wait), async {
        environment::yield_now().await;
        world.logs.end_waits();
    });
    assert_eq!((ended.lines, ended.missed), (Vec::new(), false));
    // Another run of the server knows nothing of the cursor.
    let stale = Cursor::parse("1-7").unwrap();
    assert!(world.logs.follow(of, stale, &errors, Duration::ZERO).await.missed);
}

#[tokio::test]
async fn groups_as_tools_see_them() {
    let mut world = World::new();
    let group = json!({ "logGroupName": "/a/b", "tags": { "k": "v" }, "kmsKeyId": "arn:aws:kms:x", "logGroupClass": "INFREQUENT_ACCESS" });
    world.done("CreateLogGroup", group.clone()).await;
    assert_eq!(
        world.call("CreateLogGroup", group).await.unwrap_err(),
        "ResourceAlreadyExistsException: The specified log group already exists"
    );
    world.done("CreateLogGroup", json!({ "logGroupName": "/a/c", "deletionProtectionEnabled": true })).await;
    let arn = "arn:aws:logs:eu-west-1:111111111111:log-group:/a/b";
    world.done("TagResource", json!({ "resourceArn": arn, "tags": { "l": "w" } })).await;
    world.done("UntagResource", json!({ "resourceArn": arn, "tagKeys": ["k"] })).await;
    world.restart();
    let tags = world.done("ListTagsForResource", json!({ "resourceArn": format!("{arn}:*") })).await;
    assert_eq!(tags, json!({ "tags": { "l": "w" } }));
    assert_eq!(world.done("ListTagsLogGroup", json!({ "logGroupName": "/a/b" })).await, tags);
    let page = world.done("DescribeLogGroups", json!({ "logGroupNamePrefix": "/a", "limit": 1 })).await;
    assert_eq!(
        page["logGroups"],
        json!([{
            "logGroupName": "/a/b", "creationTime": NOW_MS, "metricFilterCount": 0, "arn": format!("{arn}:*"),
            "storedBytes": 0, "kmsKeyId": "arn:aws:kms:x", "logGroupClass": "INFREQUENT_ACCESS",
            "logGroupArn": arn, "deletionProtectionEnabled": false,
        }])
    );
    let page = world.done("DescribeLogGroups", json!({ "nextToken": page["nextToken"] })).await;
    assert_eq!((page["logGroups"][0]["logGroupName"].as_str(), page.get("nextToken")), (Some("/a/c"), None));
    let found = world.done("DescribeLogGroups", json!({ "logGroupNamePattern": "/b" })).await;
    assert_eq!(found["logGroups"].as_array().unwrap().len(), 1);
    assert_eq!(
        world.call("DeleteLogGroup", json!({ "logGroupName": "/a/c" })).await.unwrap_err(),
        "ValidationException: The log group /a/c has deletion protection enabled."
    );
    let mut other = world.caller.clone();
    other.region = "us-east-1".into();
    let unseen = world.logs.call("DescribeLogGroups", &other, b"{}").await;
    assert_eq!(unseen.body, br#"{"logGroups":[]}"#);
    assert_eq!(
        world.call("PutMetricFilter", json!({})).await.unwrap_err(),
        "InvalidOperationException: PutMetricFilter is not supported by this server"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tags_that_are_added_at_once_are_no_more_than_may_be() {
    let world = Arc::new(World::new());
    for round in 0..500 {
        let group = format!("g{round}");
        world.done("CreateLogGroup", json!({ "logGroupName": group })).await;
        let together = Arc::new(tokio::sync::Barrier::new(4));
        let tagging: Vec<_> = (0..4)
            .map(|nth| {
                let (world, group, together) = (Arc::clone(&world), group.clone(), Arc::clone(&together));
                let tags: Json = (0..40).map(|tag| (format!("{nth}-{tag}"), json!("v"))).collect();
                environment::spawn(async move {
                    together.wait().await;
                    world.call("TagLogGroup", json!({ "logGroupName": group, "tags": tags })).await
                })
            })
            .collect();
        let mut taken = 0;
        for tagged in tagging {
            match tagged.await.unwrap() {
                Ok(_) => taken += 1,
                Err(error) => assert!(error.starts_with("TooManyTagsException"), "{error}"),
            }
        }
        assert_eq!(taken, 1, "of four times 40 tags, in round {round}");
    }
}

#[tokio::test]
async fn streams_are_listed_by_name_or_by_their_last_event() {
    let world = World::new();
    for (stream, after_ms) in [("a", 30), ("b", 10), ("c", 20)] {
        world.stream("g", stream).await;
        world.put("g", stream, &[(0, "first"), (after_ms, "last")]).await;
    }
    let list = |more: Json| {
        let mut body = json!({ "logGroupName": "g" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        world.done("DescribeLogStreams", body)
    };
    let names = |answer: &Json| -> String {
        let all = answer["logStreams"].as_array().unwrap().iter();
        all.map(|stream| stream["logStreamName"].as_str().unwrap()).collect()
    };
    assert_eq!(names(&list(json!({})).await), "abc");
    let by_time = json!({ "orderBy": "LastEventTime", "descending": true, "limit": 2 });
    let page = list(by_time.clone()).await;
    assert_eq!(names(&page), "ac");
    assert_eq!(page["logStreams"][0]["lastEventTimestamp"], NOW_MS + 30);
    let mut next = by_time;
    next["nextToken"] = page["nextToken"].clone();
    let page = list(next).await;
    assert_eq!((names(&page).as_str(), page.get("nextToken")), ("b", None));
    world.done("DeleteLogStream", json!({ "logGroupName": "g", "logStreamName": "b" })).await;
    assert_eq!(names(&list(json!({ "descending": true })).await), "ca");
    assert_eq!(
        world
            .call("DeleteLogStream", json!({ "logGroupName": "g", "logStreamName": "b" }))
            .await
            .unwrap_err(),
        "ResourceNotFoundException: The specified log stream does not exist."
    );
}
