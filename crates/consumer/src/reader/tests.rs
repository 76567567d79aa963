//! One shard read to its end: expired iterators, gaps, throttling, closed shards.

use super::*;
use crate::ChangeKind;

const SHARD: &str = "shardId-00000000000000000001-0000000a";

fn number(value: u64) -> SequenceNumber {
    SequenceNumber::new(&value.to_string())
}

fn page(numbers: &[u64], next: Option<&str>) -> RecordPage {
    let change = |value: &u64| Change {
        kind: ChangeKind::Insert,
        keys: crate::Item::new(),
        new: None,
        old: None,
        sequence_number: number(*value),
        event_id: None,
        created_ms: None,
        size_bytes: None,
        principal: None,
    };
    RecordPage { changes: numbers.iter().map(change).collect(), next: next.map(str::to_owned) }
}

/// A reader that was told an iterator for its first place, and has asked for records.
fn reading(position: Position) -> (Reader, Dice) {
    let (mut reader, mut dice) = (Reader::new(SHARD, position, 250), Dice::new(1));
    if let Some(ReaderCall::Iterator(_)) = reader.poll(0) {
        assert_eq!(reader.iterator(Ok("first".to_owned()), 0, &mut dice), Reading::Goes);
        assert_eq!(reader.poll(0), Some(ReaderCall::Records("first".to_owned())));
    }
    (reader, dice)
}

#[test]
fn an_expired_iterator_is_asked_for_again_after_the_last_change() {
    let (mut reader, mut dice) = reading(Position::TrimHorizon);
    let Reading::Changes(changes) = reader.records(Ok(page(&[5, 6], Some("second"))), "first", 0, &mut dice)
    else {
        panic!("no changes")
    };
    assert_eq!(*reader.position(), Position::At(number(5)), "what was read is not what was delivered");
    changes.iter().for_each(|change| reader.passed(&change.sequence_number));
    assert!(!reader.delivered());
    assert_eq!(reader.poll(0), Some(ReaderCall::Records("second".to_owned())));
    let expired = Err(CallError::ExpiredIterator(String::new()));
    assert_eq!(reader.records(expired, "second", 0, &mut dice), Reading::Goes);
    assert_eq!(reader.poll(0), Some(ReaderCall::Iterator(StartingPosition::After(number(6)))));
}

#[test]
fn a_bookmark_is_renewed_by_every_empty_page_and_replays_once_it_has_expired() {
    let bookmark =
        |iterator: &str| Position::Bookmark { iterator: iterator.to_owned(), shard_start: Some(number(4)) };
    let (mut reader, mut dice) = (Reader::new(SHARD, bookmark("kept"), 250), Dice::new(1));
    assert_eq!(reader.poll(0), Some(ReaderCall::Records("kept".to_owned())));
    assert_eq!(reader.records(Ok(page(&[], Some("newer"))), "kept", 10, &mut dice), Reading::Goes);
    assert_eq!(*reader.position(), bookmark("newer"));
    assert_eq!((reader.poll(259), reader.wake_ms()), (None, Some(260)), "an idle shard is left alone");
    assert_eq!(reader.poll(260), Some(ReaderCall::Records("newer".to_owned())));
    let expired = Err(CallError::ExpiredIterator(String::new()));
    assert_eq!(reader.records(expired, "newer", 0, &mut dice), Reading::Replays);
    reader.not_before_ms = 0;
    assert_eq!(reader.poll(0), Some(ReaderCall::Iterator(StartingPosition::At(number(4)))));
}

#[test]
fn what_was_trimmed_is_a_gap_before_what_is_left() {
    let (mut reader, mut dice) = (Reader::new(SHARD, Position::After(number(7)), 250), Dice::new(1));
    assert_eq!(reader.poll(0), Some(ReaderCall::Iterator(StartingPosition::After(number(7)))));
    let trimmed = Err(CallError::Trimmed(String::new()));
    let gap = Gap { shard_id: SHARD.to_owned(), after: Some(number(7)), reason: GapReason::Trimmed };
    assert_eq!(reader.iterator(trimmed, 0, &mut dice), Reading::Gap(gap));
    assert_eq!(reader.poll(0), None, "nothing is read before the gap was delivered");
    assert!(!reader.delivered());
    assert_eq!(reader.poll(0), Some(ReaderCall::Iterator(StartingPosition::TrimHorizon)));
}

#[test]
fn a_shard_that_is_gone_is_a_gap_and_an_end() {
    let (mut reader, mut dice) = (Reader::new(SHARD, Position::At(number(7)), 250), Dice::new(1));
    reader.poll(0).unwrap();
    let gone = Err(CallError::NotFound(String::new()));
    let gap = Gap { shard_id: SHARD.to_owned(), after: None, reason: GapReason::ShardGone };
    assert_eq!(reader.iterator(gone, 0, &mut dice), Reading::Gap(gap));
    assert!(!reader.has_ended() && reader.delivered());
}

#[test]
fn a_shard_ends_when_its_last_page_was_delivered_or_is_empty() {
    let (mut reader, mut dice) = reading(Position::TrimHorizon);
    assert!(matches!(reader.records(Ok(page(&[1], None)), "first", 0, &mut dice), Reading::Changes(_)));
    assert!(!reader.has_ended());
    assert!(reader.delivered());
    let (mut reader, mut dice) = reading(Position::TrimHorizon);
    assert_eq!(reader.records(Ok(page(&[], None)), "first", 0, &mut dice), Reading::End);
    assert!(reader.has_ended());
}

#[test]
fn throttling_is_waited_out_with_the_same_iterator() {
    let (mut reader, mut dice) = reading(Position::TrimHorizon);
    let throttled = CallError::Throttled("slowly".to_owned());
    assert_eq!(reader.records(Err(throttled.clone()), "first", 1_000, &mut dice), Reading::Failed(throttled));
    assert_eq!(reader.poll(1_000), None);
    let wake_ms = reader.wake_ms().unwrap();
    assert!((1_050..=1_100).contains(&wake_ms), "{wake_ms}");
    assert_eq!(reader.poll(wake_ms), Some(ReaderCall::Records("first".to_owned())));
}
