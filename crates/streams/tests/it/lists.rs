//! ListStreams and DescribeStream, page by page.

use crate::world::{ACCOUNT, CALLER, HOUR_MS, REGION, START_MS, World};
use serde_json::{Value, json};
use streams::{Caller, Options, StreamDescriptor, ViewType};

/// All pages of ListStreams: the ARNs.
fn list(world: &World, limit: usize, mut between: impl FnMut()) -> Vec<String> {
    let (mut arns, mut start) = (Vec::new(), None::<String>);
    loop {
        let mut request = json!({"Limit": limit});
        if let Some(start) = &start {
            request["ExclusiveStartStreamArn"] = json!(start);
        }
        let page = world.list_streams(CALLER, &request).unwrap();
        let streams = page["Streams"].as_array().unwrap();
        arns.extend(streams.iter().map(|stream| stream["StreamArn"].as_str().unwrap().to_owned()));
        let Some(last) = page.get("LastEvaluatedStreamArn") else { return arns };
        assert_eq!(last, &streams.last().unwrap()["StreamArn"]);
        assert_eq!(streams.len(), limit);
        start = Some(last.as_str().unwrap().into());
        between();
    }
}

#[test]
fn streams_are_listed_by_table_and_label() {
    for world in World::of_every_kind() {
        let old = world.open("Bbb", ViewType::KeysOnly);
        world.disable(&old);
        let streams = [
            world.open("Ccc", ViewType::KeysOnly),
            world.open("Bbb", ViewType::NewImage),
            world.open("Aaa", ViewType::KeysOnly),
        ];
        assert_ne!(old.arn, streams[1].arn, "opened in one millisecond, yet two labels");
        let expected = [&streams[2].arn, &old.arn, &streams[1].arn, &streams[0].arn];
        for limit in 1..=4 {
            assert_eq!(list(&world, limit, || ()).iter().collect::<Vec<_>>(), expected, "limit {limit}");
        }
        let entry = json!({"StreamArn": streams[2].arn, "TableName": "Aaa", "StreamLabel": streams[2].label});
        assert_eq!(world.list_streams(CALLER, &json!({})).unwrap()["Streams"][0], entry);

        let named = |table: &str| world.list_streams(CALLER, &json!({"TableName": table})).unwrap();
        assert_eq!(named("Zzz"), json!({"Streams": []}));
        let arns: Vec<Value> = named("Bbb")["Streams"]
            .as_array()
            .unwrap()
            .iter()
            .map(|stream| stream["StreamArn"].clone())
            .collect();
        assert_eq!(arns, [json!(old.arn), json!(streams[1].arn)], "the disabled one too");
    }
}

#[test]
fn a_cursor_outlives_its_stream_and_others_come_and_go() {
    for world in World::of_every_kind() {
        let tables = ["Aaa", "Bbb", "Ccc", "Ddd", "Eee", "Fff"];
        let streams: Vec<StreamDescriptor> =
            tables.iter().map(|table| world.open(table, ViewType::KeysOnly)).collect();
        let mut page = 0;
        let arns = list(&world, 2, || {
            page += 1;
            if page == 1 {
                world.streams.remove(&streams[1].arn);
                world.open("Abc", ViewType::KeysOnly);
                world.open("Dde", ViewType::KeysOnly);
            }
        });
        let tables: Vec<&str> = arns.iter().map(|arn| arn.split('/').nth(1).unwrap()).collect();
        assert_eq!(tables, ["Aaa", "Bbb", "Ccc", "Ddd", "Dde", "Eee", "Fff"]);
    }
}

#[test]
fn accounts_and_regions_are_apart_unless_tables_are_shared() {
    let here = Caller { account: ACCOUNT, region: REGION };
    let there = Caller { account: ACCOUNT, region: "us-east-1" };
    for shared in [false, true] {
        let world = World::with(Options { shared, ..Options::default() });
        let stream = world.open_as(here, "Music", ViewType::KeysOnly, 1);
        world.open_as(there, "Music", ViewType::KeysOnly, 1);
        let count =
            |caller| world.list_streams(caller, &json!({})).unwrap()["Streams"].as_array().unwrap().len();
        let expected = if shared { 2 } else { 1 };
        assert_eq!((count(here), count(there)), (expected, expected));
        let iterator = world.iterator(&stream, stream.shards[0].id, "LATEST");
        let read = world.get_records_as(there, &json!({"ShardIterator": iterator}));
        assert_eq!(read.is_ok(), shared);
    }
}

#[test]
fn a_description_is_complete() {
    for world in World::of_every_kind() {
        let stream = world.open("Music", ViewType::NewAndOldImages);
        let shard = &stream.shards[0];
        let description = world.describe(&stream);
        let starting = description["Shards"][0]["SequenceNumberRange"]["StartingSequenceNumber"].clone();
        assert_eq!(
            description,
            json!({
                "StreamArn": stream.arn,
                "StreamLabel": stream.label,
                "StreamStatus": "ENABLED",
                "StreamViewType": "NEW_AND_OLD_IMAGES",
                "CreationRequestDateTime": START_MS as f64 / 1_000.0,
                "TableName": "Music",
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sort \"key\"", "KeyType": "RANGE"},
                ],
                "Shards": [{
                    "ShardId": shard.id.to_string(),
                    "SequenceNumberRange": {"StartingSequenceNumber": starting},
                }],
            })
        );
        assert_eq!(stream.label, "2027-01-15T08:00:00.123");
    }
}

fn shard_ids(description: &Value) -> Vec<String> {
    let shards = description["Shards"].as_array().unwrap();
    shards.iter().map(|shard| shard["ShardId"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn shards_come_in_order_page_by_page() {
    for world in World::of_every_kind() {
        let mut stream = world.open_as(CALLER, "Music", ViewType::KeysOnly, 4);
        for _ in 0..6 {
            world.advance(1);
            let open = stream.open_shards()[0].id;
            stream = world.split(&stream, open);
        }
        let all: Vec<String> = stream.shards.iter().map(|shard| shard.id.to_string()).collect();
        assert!(all.is_sorted());
        assert_eq!(shard_ids(&world.describe(&stream)), all);
        for limit in [1, 3, 4, 16, 100] {
            let (mut found, mut start) = (Vec::new(), None::<String>);
            loop {
                let mut request = json!({"StreamArn": stream.arn, "Limit": limit});
                if let Some(start) = &start {
                    request["ExclusiveStartShardId"] = json!(start);
                }
                let description = world.describe_stream(&request).unwrap()["StreamDescription"].take();
                found.extend(shard_ids(&description));
                match description.get("LastEvaluatedShardId") {
                    Some(last) => {
                        assert_eq!(last.as_str(), found.last().map(String::as_str));
                        start = Some(last.as_str().unwrap().into());
                    }
                    None => break,
                }
            }
            assert_eq!(found, all, "limit {limit}");
        }
        for start in [all.last().unwrap().as_str(), "shardId-00000001571767321804-697ce3d2"] {
            let request = json!({"StreamArn": stream.arn, "ExclusiveStartShardId": start});
            let description = world.describe_stream(&request).unwrap()["StreamDescription"].take();
            assert_eq!(description["Shards"], json!([]), "{start}");
            assert!(description.get("LastEvaluatedShardId").is_none());
        }
    }
}

#[test]
fn children_of_a_shard() {
    for world in World::of_every_kind() {
        let open = world.open("Music", ViewType::KeysOnly);
        let split = world.split(&open, open.shards[0].id);
        let rolled = world.roll(&split, split.shards[2].id);
        let children = |parent: &str| {
            let filter = json!({"Type": "CHILD_SHARDS", "ShardId": parent});
            let request = json!({"StreamArn": rolled.arn, "ShardFilter": filter});
            let description = world.describe_stream(&request).unwrap()["StreamDescription"].take();
            assert_eq!(description["StreamStatus"], "ENABLED");
            shard_ids(&description)
        };
        let id = |at: usize| rolled.shards[at].id.to_string();
        assert_eq!(children(&id(0)), [id(1), id(2)]);
        assert_eq!(children(&id(2)), [id(3)]);
        assert_eq!(children(&id(3)), [""; 0]);
        assert_eq!(children("shardId-00000001571767321804-697ce3d2"), [""; 0]);
        for filter in [
            json!({"Type": "CHILD_SHARDS"}),
            json!({"ShardId": id(0)}),
            json!({"Type": "X", "ShardId": id(0)}),
        ] {
            let error =
                world.describe_stream(&json!({"StreamArn": rolled.arn, "ShardFilter": filter})).unwrap_err();
            assert_eq!(error.code().name(), "ValidationException");
        }
    }
}

#[test]
fn a_page_goes_on_behind_a_shard_that_expired_meanwhile() {
    for world in World::of_every_kind() {
        let open = world.open("Music", ViewType::KeysOnly);
        let rolled = world.roll(&open, open.shards[0].id);
        world.advance(25 * HOUR_MS);
        let request =
            json!({"StreamArn": rolled.arn, "ExclusiveStartShardId": rolled.shards[0].id.to_string()});
        let description = world.describe_stream(&request).unwrap()["StreamDescription"].take();
        assert_eq!(shard_ids(&description), [rolled.shards[1].id.to_string()]);
    }
}
