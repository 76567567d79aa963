//! A stream switched off, on again, its table deleted and created anew.

use crate::world::{CALLER, HOUR_MS, World, text};
use serde_json::json;
use store::Store;
use streams::descriptor::Expiry;
use streams::{StreamStatus, ViewType};

#[test]
fn a_disabled_stream_is_closed_and_readable() {
    for world in World::of_every_kind() {
        let open = world.open_as(CALLER, "Music", ViewType::KeysOnly, 2);
        let numbers = world.insert(&open, 0..3);
        let disabled = world.disable(&open);
        let description = world.describe(&disabled);
        assert_eq!(description["StreamStatus"], "DISABLED");
        for shard in description["Shards"].as_array().unwrap() {
            assert!(shard["SequenceNumberRange"].get("EndingSequenceNumber").is_some());
        }
        let read = world.drain(&world.iterator(&disabled, disabled.shards[1].id, "TRIM_HORIZON"));
        assert_eq!(read, (numbers, None));
        let read = world.drain(&world.iterator(&disabled, disabled.shards[0].id, "TRIM_HORIZON"));
        assert_eq!(read, (vec![], None));
    }
}

#[test]
fn enabling_again_makes_another_stream() {
    for world in World::of_every_kind() {
        let first = world.open("Music", ViewType::KeysOnly);
        let old = world.insert(&first, 0..2);
        let first = world.disable(&first);
        let second = world.open("Music", ViewType::NewImage);
        assert!(second.label > first.label && second.arn != first.arn);
        let new = world.insert(&second, 2..3);
        assert!(new[0] > old[1]);
        assert_eq!(world.drain(&world.iterator(&first, first.shards[0].id, "TRIM_HORIZON")).0, old);
        assert_eq!(world.drain(&world.iterator(&second, second.shards[0].id, "TRIM_HORIZON")).0, new);
        assert_eq!(world.streams.enabled(CALLER, "Music").unwrap().arn, second.arn);
        let listed = world.list_streams(CALLER, &json!({"TableName": "Music"})).unwrap();
        assert_eq!(listed["Streams"].as_array().unwrap().len(), 2);
    }
}

#[test]
fn a_disabled_stream_is_gone_when_its_retention_is_over() {
    for world in World::of_every_kind() {
        let stream = world.open("Music", ViewType::KeysOnly);
        world.insert(&stream, 0..2);
        world.advance(HOUR_MS);
        let disabled = world.disable(&stream);
        let iterator = |world: &World| world.iterator(&disabled, disabled.shards[0].id, "TRIM_HORIZON");
        world.advance(24 * HOUR_MS - 1);
        assert_eq!(world.drain(&iterator(&world)), (vec![], None), "its records have expired before");
        let last = iterator(&world);
        world.advance(1);
        let gone = format!(
            "ResourceNotFoundException: Requested resource not found: Stream: {} not found",
            disabled.arn
        );
        assert_eq!(text(world.describe_stream(&json!({"StreamArn": disabled.arn}))), gone);
        assert_eq!(text(world.get_records(&json!({"ShardIterator": last}))), gone);
        assert_eq!(world.list_streams(CALLER, &json!({})).unwrap(), json!({"Streams": []}));

        assert!(matches!(world.expire(&disabled), Expiry::Gone(_)));
        assert!(world.streams.get(&disabled.arn).is_none());
        assert!(world.store.log_state(disabled.shards[0].log).is_none());
    }
}

#[test]
fn stored_and_loaded_it_is_the_same() {
    for world in World::of_every_kind() {
        let stream = world.open_as(CALLER, "Music", ViewType::OldImage, 3);
        let stream = world.split(&stream, stream.shards[1].id);
        let loaded = streams::StreamDescriptor::from_bytes(&stream.to_bytes()).unwrap();
        assert_eq!(loaded, stream);
        assert_eq!(loaded.status, StreamStatus::Enabled);
    }
}
