//! The record on the wire: every view with every kind, and who deleted the item.

use crate::world::{CALLER, REGION, START_MS, World, stored};
use serde_json::{Value, json};
use std::collections::HashSet;
use streams::record::{self, Form, Kind, NewRecord, RecordWriter};
use streams::{StreamDescriptor, ViewType};

fn keys() -> Value {
    json!({"pk": {"S": "k\"1"}, "sk": {"N": "-10"}})
}

fn old() -> Value {
    json!({"pk": {"S": "k\"1"}, "sk": {"N": "-10"}, "a": {"L": [{"BOOL": true}, {"M": {"b": {"B": "AAE="}}}]}})
}

fn new() -> Value {
    json!({"pk": {"S": "k\"1"}, "sk": {"N": "-10"}, "ns": {"NS": ["1", "2"]}, "\n": {"NULL": true}})
}

/// Sizes by the spec: names and values, 1 + digits + sign for a number, 3 + 1 an element for lists and maps.
const KEYS_SIZE: u64 = (2 + 3) + (2 + 3);
const OLD_SIZE: u64 = KEYS_SIZE + 1 + (3 + (1 + 1) + (1 + 3 + (1 + 1 + 2)));
const NEW_SIZE: u64 = KEYS_SIZE + (2 + 2 + 2) + (1 + 1);

fn append(world: &World, stream: &StreamDescriptor, kind: Kind, service: bool) {
    let (keys, old, new) = (stored(&keys()), stored(&old()), stored(&new()));
    let record = NewRecord {
        kind,
        keys: &keys,
        old: (kind != Kind::Insert).then_some(&old),
        new: (kind != Kind::Remove).then_some(&new),
        view: stream.view,
        service,
    };
    world.append(stream, record::encode(&record));
}

fn records(world: &World, stream: &StreamDescriptor) -> Vec<Value> {
    let iterator = world.iterator(stream, stream.shards[0].id, "TRIM_HORIZON");
    let mut page = world.get_records(&json!({"ShardIterator": iterator})).unwrap();
    page["Records"].as_array_mut().unwrap().drain(..).collect()
}

#[test]
fn each_view_shows_its_images_and_no_other_key() {
    let views = [
        (ViewType::KeysOnly, "KEYS_ONLY", false, false),
        (ViewType::NewImage, "NEW_IMAGE", true, false),
        (ViewType::OldImage, "OLD_IMAGE", false, true),
        (ViewType::NewAndOldImages, "NEW_AND_OLD_IMAGES", true, true),
    ];
    let kinds = [
        (Kind::Insert, "INSERT", true, false),
        (Kind::Modify, "MODIFY", true, true),
        (Kind::Remove, "REMOVE", false, true),
    ];
    for (view, view_text, shows_new, shows_old) in views {
        for (kind, kind_text, has_new, has_old) in kinds {
            let world = World::new();
            let stream = world.open("Music", view);
            append(&world, &stream, kind, false);
            let found = records(&world, &stream).remove(0);
            let mut size = KEYS_SIZE;
            let mut data = json!({
                "ApproximateCreationDateTime": START_MS / 1_000,
                "Keys": keys(),
                "SequenceNumber": found["dynamodb"]["SequenceNumber"],
                "StreamViewType": view_text,
            });
            if shows_new && has_new {
                data["NewImage"] = new();
                size += NEW_SIZE;
            }
            if shows_old && has_old {
                data["OldImage"] = old();
                size += OLD_SIZE;
            }
            data["SizeBytes"] = json!(size);
            let expected = json!({
                "awsRegion": REGION,
                "dynamodb": data,
                "eventID": found["eventID"],
                "eventName": kind_text,
                "eventSource": "aws:dynamodb",
                "eventVersion": "1.1",
            });
            assert_eq!(found, expected);
        }
    }
}

#[test]
fn the_service_says_who_it_is() {
    for world in World::of_every_kind() {
        let stream = world.open("Music", ViewType::OldImage);
        append(&world, &stream, Kind::Remove, true);
        let identity = json!({"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"});
        assert_eq!(records(&world, &stream)[0]["userIdentity"], identity);
    }
}

#[test]
fn the_region_is_the_readers() {
    let world = World::with(streams::Options { shared: true, ..streams::Options::default() });
    let stream = world.open("Music", ViewType::KeysOnly);
    append(&world, &stream, Kind::Insert, false);
    let iterator = world.iterator(&stream, stream.shards[0].id, "TRIM_HORIZON");
    let reader = streams::Caller { region: "ap-\"south\"-1", ..CALLER };
    let page = world.get_records_as(reader, &json!({"ShardIterator": iterator})).unwrap();
    assert_eq!(page["Records"][0]["awsRegion"], "ap-\"south\"-1");
    assert!(page["Records"][0].get("eventSourceARN").is_none());
}

#[test]
fn event_ids_and_numbers_are_unique_and_last() {
    for world in World::of_every_kind() {
        let streams = [world.open("Music", ViewType::KeysOnly), world.open("Films", ViewType::KeysOnly)];
        let (mut ids, mut last) = (HashSet::new(), String::new());
        for _ in 0..50 {
            for stream in &streams {
                append(&world, stream, Kind::Insert, false);
            }
        }
        for stream in &streams {
            let found = records(&world, stream);
            assert_eq!(found, records(&world, stream), "read again, it is the same");
            last.clear();
            for record in found {
                let id = record["eventID"].as_str().unwrap();
                assert!(
                    id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
                    "{id}"
                );
                assert!(ids.insert(id.to_owned()), "{id} twice");
                let number = record["dynamodb"]["SequenceNumber"].as_str().unwrap();
                assert!(number.len() == 21 && *number > *last, "{number} after {last}");
                last = number.to_owned();
            }
        }
    }
}

#[test]
fn a_function_gets_the_arn_and_a_lower_case_identity() {
    for world in World::of_every_kind() {
        let stream = world.open("Music", ViewType::KeysOnly);
        append(&world, &stream, Kind::Remove, true);
        let page = world
            .streams
            .page(
                &world.store,
                &stream,
                stream.shards[0].id,
                (store::Position(0).max(start(&world, &stream)), 10),
            )
            .unwrap();
        let mut out = Vec::new();
        RecordWriter::new(&stream, REGION, Form::Event).write(&mut out, &page.records[0]).unwrap();
        let event: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(event["eventSourceARN"], json!(stream.arn));
        assert_eq!(
            event["userIdentity"],
            json!({"principalId": "dynamodb.amazonaws.com", "type": "Service"})
        );
        let mut same = records(&world, &stream).remove(0);
        same["userIdentity"] = event["userIdentity"].clone();
        same["eventSourceARN"] = event["eventSourceARN"].clone();
        let time = &mut same["dynamodb"]["ApproximateCreationDateTime"];
        *time = json!(time.as_u64().unwrap() as f64);
        assert_eq!(event, same);
        let text = String::from_utf8(out).unwrap();
        let places =
            ["eventID", "eventName", "eventVersion", "eventSource\"", "awsRegion", "dynamodb\"", "Keys"]
                .map(|name| text.find(&format!("\"{name}")).unwrap());
        assert!(places.is_sorted(), "{text}");

        let decoded: Vec<_> = page.decoded().collect::<Result<_, _>>().unwrap();
        let (_, record) = decoded[0];
        assert_eq!((record.kind, record.service, record.size_bytes), (Kind::Remove, true, KEYS_SIZE as u32));
        assert_eq!((record.old, record.new), (None, None));
    }
}

fn start(world: &World, stream: &StreamDescriptor) -> store::Position {
    let start = streams::reading::Start::TrimHorizon;
    world.streams.start(&world.store, stream, stream.shards[0].id, start).unwrap()
}
