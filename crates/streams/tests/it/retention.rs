//! Records, shards and what is left of them when their time is over.

use crate::world::{HOUR_MS, World, text};
use serde_json::json;
use store::{LogChange, Store};
use streams::ViewType;
use streams::descriptor::Expiry;

const TRIMMED: &str = "TrimmedDataAccessException: The data you are trying to access has been trimmed";

#[test]
fn expired_records_are_trimmed_before_the_disk_is() {
    for world in World::of_every_kind() {
        let stream = world.open("Music", ViewType::KeysOnly);
        let shard = stream.shards[0].id;
        let old = world.insert(&stream, 0..2);
        world.advance(HOUR_MS);
        let young = world.insert(&stream, 2..4);
        world.advance(23 * HOUR_MS - 1);
        assert_eq!(
            world.drain(&world.iterator(&stream, shard, "TRIM_HORIZON")).0,
            [old.clone(), young.clone()].concat()
        );
        let stale = world.iterator(&stream, shard, "TRIM_HORIZON");
        let at_young = world.try_iterator(&stream, shard, "AT_SEQUENCE_NUMBER", Some(&young[0])).unwrap();

        world.advance(1);
        for trim in [false, true] {
            if trim {
                let state = world.store.log_state(stream.shards[0].log).unwrap();
                assert_eq!(state.trimmed, state.start, "the disk is not trimmed by reading");
                let Expiry::Trim(logs) = world.expire(&stream) else { panic!("nothing to trim") };
                assert!(matches!(logs[..], [LogChange::Trim(..)]));
                assert_eq!(world.expire(&stream), Expiry::Nothing);
            }
            assert_eq!(text(world.get_records(&json!({"ShardIterator": stale}))), TRIMMED);
            assert_eq!(world.drain(&at_young).0, young);
            assert_eq!(world.drain(&world.iterator(&stream, shard, "TRIM_HORIZON")).0, young);
            let get = |kind, number: &str| world.try_iterator(&stream, shard, kind, Some(number));
            assert_eq!(text(get("AT_SEQUENCE_NUMBER", &old[0])), TRIMMED);
            assert_eq!(text(get("AT_SEQUENCE_NUMBER", &old[1])), TRIMMED);
            assert_eq!(text(get("AFTER_SEQUENCE_NUMBER", &old[0])), TRIMMED);
            let resumed = get("AFTER_SEQUENCE_NUMBER", &old[1]).unwrap();
            assert_eq!(world.drain(&resumed).0, young, "nothing was lost after the last expired record");
            let description = world.describe(&stream);
            let start =
                description["Shards"][0]["SequenceNumberRange"]["StartingSequenceNumber"].as_str().unwrap();
            assert!(start < old[0].as_str());
            assert_eq!(text(get("AT_SEQUENCE_NUMBER", start)), TRIMMED);
        }
    }
}

#[test]
fn an_idle_open_shard_with_everything_expired_can_be_read_on() {
    for world in World::of_every_kind() {
        let stream = world.open("Music", ViewType::KeysOnly);
        let shard = stream.shards[0].id;
        let numbers = world.insert(&stream, 0..2);
        world.advance(25 * HOUR_MS);
        assert!(matches!(world.expire(&stream), Expiry::Trim(_)));
        let (records, next) = world.page(&world.iterator(&stream, shard, "TRIM_HORIZON"));
        assert!(records.is_empty());
        let after = world.try_iterator(&stream, shard, "AFTER_SEQUENCE_NUMBER", Some(&numbers[1])).unwrap();
        let latest = world.iterator(&stream, shard, "LATEST");
        let later = world.insert(&stream, 2..3);
        for iterator in [next.unwrap(), after, latest] {
            assert_eq!(world.page(&iterator).0, later);
        }
    }
}

#[test]
fn a_closed_shard_vanishes_when_all_its_records_have_expired() {
    for world in World::of_every_kind() {
        let open = world.open("Music", ViewType::KeysOnly);
        let parent = open.shards[0].id;
        world.insert(&open, 0..2);
        world.advance(4 * HOUR_MS);
        let rolled = world.roll(&open, parent);
        let young = world.insert(&rolled, 2..4);
        world.advance(24 * HOUR_MS - 1);
        assert_eq!(world.describe(&rolled)["Shards"].as_array().unwrap().len(), 2);
        let stale = world.iterator(&rolled, parent, "TRIM_HORIZON");
        world.advance(1);

        let none = "ResourceNotFoundException: Requested resource not found: Shard does not exist";
        let mut stream = rolled.clone();
        for expired in [false, true] {
            if expired {
                let Expiry::Change(change) = world.expire(&rolled) else { panic!("nothing expired") };
                let trimmed = world.store.log_state(rolled.shards[1].log).unwrap().trimmed;
                assert_eq!(
                    change.logs,
                    [LogChange::Drop(rolled.shards[0].log), LogChange::Trim(rolled.shards[1].log, trimmed)]
                );
                stream = change.descriptor;
                assert!(world.store.log_state(rolled.shards[0].log).is_none());
            }
            let shards = world.describe(&stream)["Shards"].clone();
            assert_eq!(shards.as_array().unwrap().len(), 1);
            assert_eq!(shards[0]["ParentShardId"], json!(parent.to_string()), "a parent may be gone");
            assert_eq!(text(world.try_iterator(&stream, parent, "TRIM_HORIZON", None)), none);
            assert_eq!(text(world.get_records(&json!({"ShardIterator": stale}))), none);
            let child = stream.shards.last().unwrap().id;
            assert!(world.drain(&world.iterator(&stream, child, "TRIM_HORIZON")).0.is_empty());
            assert_eq!(
                text(world.try_iterator(&stream, child, "AT_SEQUENCE_NUMBER", Some(&young[1]))),
                TRIMMED
            );
        }
    }
}

#[test]
fn nothing_expires_before_its_time() {
    for world in World::of_every_kind() {
        let stream = world.open("Music", ViewType::KeysOnly);
        world.insert(&stream, 0..2);
        assert_eq!(world.expire(&stream), Expiry::Nothing);
        world.advance(24 * HOUR_MS - 1);
        assert_eq!(world.expire(&stream), Expiry::Nothing);
    }
}
