//! The four iterator types, on open and closed shards.

use crate::world::{HOUR_MS, World, sequence, text};
use serde_json::json;
use store::{Position, Store};
use streams::ViewType;

#[test]
fn each_type_starts_where_it_says() {
    for world in World::of_every_kind() {
        let stream = world.open("Music", ViewType::KeysOnly);
        let shard = stream.shards[0].id;
        let numbers = world.insert(&stream, 0..5);
        let read = |kind: &str, number: Option<&str>| {
            let iterator = world.try_iterator(&stream, shard, kind, number).unwrap();
            let (numbers, next) = world.page(&iterator);
            assert!(next.is_some(), "an open shard always has a next iterator");
            numbers
        };
        assert_eq!(read("TRIM_HORIZON", None), numbers);
        assert_eq!(read("LATEST", None), [""; 0]);
        assert_eq!(read("AT_SEQUENCE_NUMBER", Some(&numbers[2])), numbers[2..]);
        assert_eq!(read("AFTER_SEQUENCE_NUMBER", Some(&numbers[2])), numbers[3..]);
        assert_eq!(read("AFTER_SEQUENCE_NUMBER", Some(&numbers[4])), [""; 0]);
        assert_eq!(read("AT_SEQUENCE_NUMBER", Some(&format!("+{}", numbers[4]))), numbers[4..]);
    }
}

#[test]
fn a_time_is_that_of_the_first_record_at_or_after_it() {
    for world in World::of_every_kind() {
        let stream = world.open("Music", ViewType::KeysOnly);
        world.advance(1_000 - world.now_ms() % 1_000);
        let second = world.now_ms() / 1_000;
        let numbers: Vec<_> = (0..3)
            .flat_map(|number| {
                let numbers = world.insert(&stream, number..number + 1);
                world.advance(1_000);
                numbers
            })
            .collect();
        let asked = |timestamp: serde_json::Value| {
            world.get_shard_iterator(&json!({
                "StreamArn": stream.arn,
                "ShardId": stream.shards[0].id.to_string(),
                "ShardIteratorType": "AT_TIMESTAMP",
                "Timestamp": timestamp,
            }))
        };
        let read = |timestamp| {
            let iterator = asked(timestamp).unwrap()["ShardIterator"].as_str().unwrap().to_owned();
            world.page(&iterator).0
        };
        assert_eq!(read(json!(second)), numbers);
        assert_eq!(read(json!(second as f64 + 0.001)), numbers[1..], "a record shows its second");
        assert_eq!(read(json!(second + 2)), numbers[2..]);
        assert_eq!(read(json!(second as f64 + 2.5)), [""; 0]);
        for older in [json!(second - 60), json!(0), json!(-1), json!(-1e300)] {
            assert_eq!(read(older), numbers);
        }
        for future in [json!(second + 4), json!(1e300)] {
            assert_eq!(
                text(asked(future)),
                "ValidationException: One or more parameter values were invalid: Timestamp cannot be in the future"
            );
        }
    }
}

#[test]
fn latest_is_exact() {
    for world in World::of_every_kind() {
        let stream = world.open("Music", ViewType::KeysOnly);
        world.insert(&stream, 0..3);
        let latest = world.iterator(&stream, stream.shards[0].id, "LATEST");
        let later = world.insert(&stream, 3..5);
        assert_eq!(world.page(&latest).0, later);
        assert_eq!(world.page(&latest).0, later, "an iterator is not consumed");
    }
}

#[test]
fn the_starting_number_reads_from_the_beginning() {
    for world in World::of_every_kind() {
        world.insert(&world.open("Other", ViewType::KeysOnly), 0..3);
        let stream = world.open("Music", ViewType::KeysOnly);
        let shard = stream.shards[0].id;
        let starting = |world: &World| {
            let range = &world.describe(&stream)["Shards"][0]["SequenceNumberRange"];
            assert!(range.get("EndingSequenceNumber").is_none());
            range["StartingSequenceNumber"].as_str().unwrap().to_owned()
        };
        let start = starting(&world);
        for kind in ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"] {
            assert!(
                world.try_iterator(&stream, shard, kind, Some(&start)).is_ok(),
                "{kind} on the empty shard"
            );
        }
        let numbers = world.insert(&stream, 0..3);
        assert_eq!(starting(&world), start);
        assert!(start < numbers[0] && start.len() == 21);
        for kind in ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"] {
            let iterator = world.try_iterator(&stream, shard, kind, Some(&start)).unwrap();
            assert_eq!(world.page(&iterator).0, numbers, "{kind}");
        }
    }
}

#[test]
fn a_number_without_a_record_stands_for_the_next_one() {
    for world in World::of_every_kind() {
        let stream = world.open("Music", ViewType::KeysOnly);
        let shard = stream.shards[0].id;
        let numbers = world.insert(&stream, 0..2);
        let between = sequence(Position(world.store.log_state(stream.shards[0].log).unwrap().tail.0 - 1));
        assert!(numbers[0] < between && between < numbers[1]);
        for kind in ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"] {
            let iterator = world.try_iterator(&stream, shard, kind, Some(&between)).unwrap();
            assert_eq!(world.page(&iterator).0, numbers[1..], "{kind}");
        }
    }
}

#[test]
fn a_closed_shard_ends_on_the_page_with_its_last_record() {
    for world in World::of_every_kind() {
        let open = world.open("Music", ViewType::KeysOnly);
        let parent = open.shards[0].id;
        let before_end = world.iterator(&open, parent, "LATEST");
        let numbers = world.insert(&open, 0..3);
        let rolled = world.roll(&open, parent);
        let child = rolled.shards[1].id;

        let range = &world.describe(&rolled)["Shards"][0]["SequenceNumberRange"];
        assert_eq!(range["EndingSequenceNumber"], json!(numbers[2]));
        for (kind, number, expected) in [
            ("TRIM_HORIZON", None, &numbers[..]),
            ("LATEST", None, &[]),
            ("AT_SEQUENCE_NUMBER", Some(&numbers[2]), &numbers[2..]),
            ("AFTER_SEQUENCE_NUMBER", Some(&numbers[2]), &[]),
            ("AFTER_SEQUENCE_NUMBER", Some(&numbers[0]), &numbers[1..]),
        ] {
            let iterator = world.try_iterator(&rolled, parent, kind, number.map(String::as_str)).unwrap();
            assert_eq!(world.page(&iterator), (expected.to_vec(), None), "{kind}");
        }
        assert_eq!(world.page(&before_end), (numbers.clone(), None));

        let first = world.iterator(&rolled, parent, "TRIM_HORIZON");
        let page = world.get_records(&json!({"ShardIterator": first, "Limit": 2})).unwrap();
        assert!(page.get("NextShardIterator").is_some(), "one record is left");

        let in_child = world.insert(&rolled, 3..5);
        assert!(in_child[0] > numbers[2]);
        let iterator = world.iterator(&rolled, child, "TRIM_HORIZON");
        assert_eq!(world.page(&iterator).0, in_child);
    }
}

#[test]
fn an_idle_shard_closes_with_its_end_at_its_start() {
    for world in World::of_every_kind() {
        let open = world.open("Music", ViewType::KeysOnly);
        let rolled = world.roll(&open, open.shards[0].id);
        let shards = world.describe(&rolled)["Shards"].clone();
        let range = &shards[0]["SequenceNumberRange"];
        assert_eq!(range["StartingSequenceNumber"], range["EndingSequenceNumber"]);
        assert!(
            range["EndingSequenceNumber"].as_str()
                < shards[1]["SequenceNumberRange"]["StartingSequenceNumber"].as_str()
        );
        assert_eq!(shards[1]["ParentShardId"], shards[0]["ShardId"]);
        let (records, next) = world.page(&world.iterator(&rolled, open.shards[0].id, "TRIM_HORIZON"));
        assert_eq!((records.len(), next), (0, None));
    }
}

#[test]
fn an_iterator_expires_fifteen_minutes_after_it_was_handed_out() {
    for world in World::of_every_kind() {
        let stream = world.open("Music", ViewType::KeysOnly);
        let first = world.iterator(&stream, stream.shards[0].id, "TRIM_HORIZON");
        world.advance(HOUR_MS / 4);
        let (_, next) = world.page(&first);
        world.advance(1);
        let expired = world.get_records(&json!({"ShardIterator": first})).unwrap_err();
        assert_eq!(expired.code().name(), "ExpiredIteratorException");
        assert_eq!(expired.status(), 400);
        assert_eq!(world.page(&next.unwrap()).0, [""; 0], "a next iterator has a life of its own");
    }
}

#[test]
fn iterators_outlive_the_server() {
    for mut world in World::of_every_kind() {
        let stream = world.open("Music", ViewType::KeysOnly);
        let iterator = world.iterator(&stream, stream.shards[0].id, "TRIM_HORIZON");
        let numbers = world.insert(&stream, 0..2);
        world.streams = streams::Streams::new(world.environment.clock.clone(), *world.streams.options());
        assert!(world.get_records(&json!({"ShardIterator": iterator})).is_err());
        world.streams.load([stream]);
        assert_eq!(world.page(&iterator).0, numbers);
    }
}
