//! What faults do to the readers of streams.

use crate::world::{World, text};
use environment::faults::{Fault, Kind, Scope, When};
use serde_json::{Value, json};
use streams::ViewType;

fn once(kind: Kind) -> Fault {
    Fault { when: When { times: Some(1), ..When::default() }, ..Fault::new(kind) }
}

fn error(world: &World, iterator: &str) -> String {
    text(world.get_records(&json!({ "ShardIterator": iterator })))
}

/// The shards that DescribeStream shows, as (id, whether it shows an end).
fn shown(world: &World, arn: &str) -> Vec<(String, bool)> {
    let answer = world.describe_stream(&json!({ "StreamArn": arn })).unwrap();
    let shards = answer["StreamDescription"]["Shards"].as_array().unwrap().clone();
    let shown = |shard: &Value| {
        let range = &shard["SequenceNumberRange"];
        (shard["ShardId"].as_str().unwrap().to_owned(), range["EndingSequenceNumber"].is_string())
    };
    shards.iter().map(shown).collect()
}

#[test]
fn an_empty_page_and_a_duplicate_lose_nothing() {
    for world in World::of_every_kind() {
        let stream = world.open("Music", ViewType::KeysOnly);
        let shard = stream.shards[0].id;
        let iterator = world.try_iterator(&stream, shard, "TRIM_HORIZON", None).unwrap();
        for kind in [Kind::EmptyPage, Kind::DuplicateBatch] {
            world.environment.faults.add(once(kind)).unwrap();
        }
        // A page that is empty anyway is no fault's work.
        let (none, next) = world.page(&iterator);
        assert_eq!((none.len(), world.environment.faults.all()[0].matched), (0, 0));
        let numbers = world.insert(&stream, 0..5);
        world.roll(&stream, shard);
        let (none, next) = world.page(&next.unwrap());
        assert_eq!(none.len(), 0);
        let (first, next) = world.page(&next.unwrap());
        let (again, next) = world.page(&next.unwrap());
        assert_eq!((first, again, next), (numbers.clone(), numbers, None));
    }
}

#[test]
fn an_iterator_that_has_expired_stays_so_and_a_new_one_goes_on() {
    for world in World::of_every_kind() {
        let stream = world.open("Music", ViewType::KeysOnly);
        let shard = stream.shards[0].id;
        let numbers = world.insert(&stream, 0..3);
        let iterator = |kind, number| world.try_iterator(&stream, shard, kind, number).unwrap();
        let fault = world.environment.faults.add(once(Kind::ExpireIterators)).unwrap();
        let old = iterator("TRIM_HORIZON", None);
        for _ in 0..2 {
            assert!(error(&world, &old).starts_with("ExpiredIteratorException"));
        }
        // The clock stands still, so these look as the old one does.
        let new = iterator("TRIM_HORIZON", None);
        assert_eq!(new, old);
        assert_eq!(world.page(&new).0, numbers);
        assert_eq!(world.page(&iterator("AFTER_SEQUENCE_NUMBER", Some(&numbers[0]))).0, numbers[1..]);
        world.environment.faults.clear(Some(fault.id));
        assert_eq!(world.page(&old).0, numbers);
    }
}

#[test]
fn what_is_trimmed_is_gone_for_all_until_the_fault_is_cleared() {
    for world in World::of_every_kind() {
        let stream = world.open("Music", ViewType::KeysOnly);
        let shard = stream.shards[0].id;
        let numbers = world.insert(&stream, 0..5);
        let start = |kind, number| world.try_iterator(&stream, shard, kind, number);
        let scope = Scope { shard: Some(shard.to_string()), ..Scope::default() };
        let fault = world.environment.faults.add(Fault { scope, ..once(Kind::Trim) }).unwrap();
        let old = start("TRIM_HORIZON", None).unwrap();
        for _ in 0..2 {
            assert!(error(&world, &old).starts_with("TrimmedDataAccessException"));
        }
        let later = world.insert(&stream, 5..7);
        assert_eq!(world.page(&start("TRIM_HORIZON", None).unwrap()).0, later);
        assert!(start("AFTER_SEQUENCE_NUMBER", Some(&numbers[3])).is_err());
        assert_eq!(world.page(&start("AFTER_SEQUENCE_NUMBER", Some(&numbers[4])).unwrap()).0, later);
        world.environment.faults.clear(Some(fault.id));
        assert_eq!(world.page(&old).0.len(), 7);
    }
}

#[test]
fn a_stale_page_is_what_was_so_before() {
    for world in World::of_every_kind() {
        let stream = world.open("Music", ViewType::KeysOnly);
        let before = shown(&world, &stream.arn);
        let scope = Scope { table: Some("Music".to_owned()), ..Scope::default() };
        world.environment.faults.add(Fault { scope, ..once(Kind::StaleShards) }).unwrap();
        // Nothing has changed yet, so there is nothing to be late with.
        assert_eq!(shown(&world, &stream.arn), before);
        world.advance(1_000);
        let rolled = world.roll(&stream, stream.shards[0].id);
        assert_eq!(shown(&world, &stream.arn), before);
        let after = shown(&world, &stream.arn);
        assert_eq!((after.len(), after[0].1, after[1].1), (2, true, false));
        world.advance(1_000);
        world.split(&rolled, rolled.shards[1].id);
        world.environment.faults.add(once(Kind::StaleShards)).unwrap();
        assert_eq!(shown(&world, &stream.arn), after);
        assert_eq!(shown(&world, &stream.arn).len(), 4);
    }
}

#[test]
fn other_tables_are_left_alone() {
    let world = World::new();
    let stream = world.open("Music", ViewType::KeysOnly);
    let numbers = world.insert(&stream, 0..2);
    for kind in [Kind::EmptyPage, Kind::Trim, Kind::ExpireIterators, Kind::DuplicateBatch] {
        let scope = Scope { table: Some("Films".to_owned()), ..Scope::default() };
        world.environment.faults.add(Fault { scope, ..Fault::new(kind) }).unwrap();
    }
    let iterator = world.try_iterator(&stream, stream.shards[0].id, "TRIM_HORIZON", None).unwrap();
    assert_eq!(world.page(&iterator).0, numbers);
    assert!(world.environment.faults.all().iter().all(|fault| fault.matched == 0));
}
