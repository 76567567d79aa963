//! What a mapping reads: its checkpoints from the store, and the answers of functions to a batch.
//!
//! A checkpoint that is read is written again as it was. Whatever a function answers, the batch is done from the
//! front: what is not done is delivered again, all of it, and an answer that is no JSON does nothing.

use lambda::mapping::{Action, Checkpoint, Event, Mapping, Outcome, Page, Record, Rules, ShardInfo};
use std::sync::Arc;

const SEQUENCES: [u128; 3] = [1, 2, 10];

/// See the module.
pub fn target(data: &[u8]) {
    let Some((form, rest)) = data.split_first() else { return };
    if form & 1 == 0 {
        if let Ok(checkpoint) = Checkpoint::decode(rest) {
            assert_eq!(checkpoint.encode(), rest);
        }
        return;
    }
    answer(rest, form & 2 != 0);
}

fn answer(body: &[u8], windows: bool) {
    let rules = Rules {
        reports_item_failures: true,
        tumbling_window_ms: windows.then_some(1_000),
        ..Rules::default()
    };
    let mut mapping = Mapping::new(rules, true, []);
    let name: Arc<str> = Arc::from("s");
    let shards = vec![ShardInfo { name: Arc::clone(&name), parents: Vec::new() }];
    let actions = mapping.step(Event::Shards(shards), 0);
    let [Action::Read { read, .. }] = actions.as_slice() else { panic!("{actions:?}") };
    let record =
        |sequence| Record { sequence, key_hash: 0, size_bytes: 9, time_ms: 0, passes: true, payload: () };
    let page = Page { records: SEQUENCES.map(record).to_vec(), next: 11, is_end: false };
    let actions = mapping.step(Event::Read { read: *read, shard: Arc::clone(&name), page }, 0);
    let Some(Action::Invoke { invocation, .. }) = actions.first() else { panic!("{actions:?}") };
    let outcome = Outcome::Answered { request_id: String::new(), body: body.to_vec() };
    let mut after = mapping.step(Event::Invoked { invocation: *invocation, shard: name, outcome }, 0);
    after.append(&mut mapping.step(Event::Tick, 500));
    let mut again: Vec<u128> = Vec::new();
    let mut stored = None;
    for action in &after {
        match action {
            Action::Invoke { records, .. } => again.extend(records.iter().map(|record| record.sequence)),
            Action::Store { checkpoint, .. } => stored = Some(checkpoint.watermark()),
            Action::Discard { .. } => panic!("nothing is given up"),
            _ => {}
        }
    }
    assert!(SEQUENCES.ends_with(&again), "{again:?}");
    match again.len() {
        3 => assert_eq!(stored, None),
        _ => assert_eq!(stored, Some(again.first().copied().unwrap_or(11))),
    }
    let blank = body.iter().all(u8::is_ascii_whitespace);
    if !blank && serde_json::from_slice::<serde_json::Value>(body).is_err() || blank && windows {
        assert_eq!(again, SEQUENCES);
    }
}
