//! How much one GetRecords answers.

use crate::world::{World, next_of, numbers, stored};
use serde_json::{Value, json};
use streams::record::{self, Kind, NewRecord};
use streams::{StreamDescriptor, ViewType};

const MIB: u64 = 1 << 20;

/// Appends a modify of an item with that many bytes of text; with both images it is twice as large.
fn modify(world: &World, stream: &StreamDescriptor, text_bytes: usize) {
    let item = |letter: &str| stored(&json!({"pk": {"S": "k"}, "t": {"S": letter.repeat(text_bytes)}}));
    let (keys, old, new) = (stored(&json!({"pk": {"S": "k"}})), item("a"), item("b"));
    let (old, new, view) = (Some(&old), Some(&new), stream.view);
    world.append(
        stream,
        record::encode(&NewRecord { kind: Kind::Modify, keys: &keys, old, new, view, service: false }),
    );
}

fn pages(world: &World, stream: &StreamDescriptor, limit: Option<u32>) -> Vec<Value> {
    let mut next = Some(world.iterator(stream, stream.shards[0].id, "TRIM_HORIZON"));
    let mut pages = Vec::new();
    while let Some(iterator) = next {
        let mut request = json!({"ShardIterator": iterator});
        if let Some(limit) = limit {
            request["Limit"] = json!(limit);
        }
        let page = world.get_records(&request).unwrap();
        if page["Records"] == json!([]) {
            break;
        }
        next = next_of(&page);
        pages.push(page);
    }
    pages
}

fn sizes(page: &Value) -> Vec<u64> {
    let records = page["Records"].as_array().unwrap();
    records.iter().map(|record| record["dynamodb"]["SizeBytes"].as_u64().unwrap()).collect()
}

#[test]
fn a_thousand_records_at_most() {
    for world in World::of_every_kind() {
        let stream = world.open("Music", ViewType::KeysOnly);
        let all = world.insert(&stream, 0..2_345);
        let whole = pages(&world, &stream, None);
        assert_eq!(whole.iter().map(|page| numbers(page).len()).collect::<Vec<_>>(), [1_000, 1_000, 345]);
        assert_eq!(whole.iter().flat_map(numbers).collect::<Vec<_>>(), all);
    }
}

#[test]
fn a_limit_is_kept_and_nothing_repeats() {
    for world in World::of_every_kind() {
        let stream = world.open("Music", ViewType::KeysOnly);
        let all = world.insert(&stream, 0..7);
        for limit in [1, 2, 3, 7, 8, 1_000] {
            let found = pages(&world, &stream, Some(limit));
            assert!(found.iter().all(|page| numbers(page).len() <= limit as usize));
            assert_eq!(found.len(), 7_usize.div_ceil(limit as usize));
            assert_eq!(found.iter().flat_map(numbers).collect::<Vec<_>>(), all);
        }
    }
}

#[test]
fn a_page_holds_one_mebibyte_of_data() {
    for world in World::of_every_kind() {
        let stream = world.open("Music", ViewType::NewAndOldImages);
        for _ in 0..10 {
            modify(&world, &stream, 150_000);
        }
        let found = pages(&world, &stream, None);
        assert_eq!(found.iter().map(|page| sizes(page).len()).collect::<Vec<_>>(), [3, 3, 3, 1]);
        assert!(found.iter().all(|page| sizes(page).iter().sum::<u64>() <= MIB));
    }
}

#[test]
fn exactly_one_mebibyte_still_fits() {
    for world in World::of_every_kind() {
        let stream = world.open("Music", ViewType::NewImage);
        // The key counts 3 bytes, and so does it in the image; the name of the text counts 1.
        for _ in 0..4 {
            modify(&world, &stream, 262_144 - 7);
        }
        modify(&world, &stream, 1);
        let found = pages(&world, &stream, None);
        assert_eq!(sizes(&found[0]), [262_144; 4]);
        assert_eq!(sizes(&found[1]), [8]);
    }
}

#[test]
fn a_large_record_comes_alone() {
    for world in World::of_every_kind() {
        let stream = world.open("Music", ViewType::NewAndOldImages);
        for text_bytes in [10, 409_000, 409_000, 10] {
            modify(&world, &stream, text_bytes);
        }
        let counts: Vec<usize> = pages(&world, &stream, None).iter().map(|page| sizes(page).len()).collect();
        assert_eq!(counts, [2, 2]);

        // Nothing that large can be written; it would still be read.
        let huge = world.open("Huge", ViewType::NewAndOldImages);
        for text_bytes in [600_000, 600_000] {
            modify(&world, &huge, text_bytes);
        }
        let counts: Vec<usize> = pages(&world, &huge, None).iter().map(|page| sizes(page).len()).collect();
        assert_eq!(counts, [1, 1]);
    }
}
