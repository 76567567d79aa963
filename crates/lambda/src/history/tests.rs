//! What is remembered of batches, and what is told of a record.

use super::*;
use crate::status::{ShardState, ShardStatus, Status};
use filter::Refusal;

fn history(bytes: usize) -> (History, Clock) {
    let clock = Clock::simulated(1_000_000);
    (History::new(clock.clone(), Limits { age_ms: 10_000, bytes }), clock)
}

fn attempt(first: u128, last: u128) -> Attempt {
    let input = Input::Range { first, last };
    Attempt { shard: "shard".into(), lane: 0, input, count: 3 }
}

fn ended(result: Result) -> Ended {
    Ended { result, request_id: Some("r".into()), log_stream: None, duration_us: 7 }
}

#[test]
fn a_batch_that_is_tried_again_counts_its_attempts() {
    let (history, _) = history(1 << 20);
    let track = history.track("m");
    for (attempted, number) in [((1, 9), 1), ((1, 9), 2), ((1, 5), 1), ((6, 9), 1), ((6, 9), 2)] {
        let id = track.begin(attempt(attempted.0, attempted.1));
        track.end(id, ended(Result::Failed("E: x".into())));
        assert_eq!(track.newest(1)[0].number, number, "{attempted:?}");
    }
    let of_five = history.find("m").unwrap().attempts(|known| known.attempt.input.has(5));
    assert_eq!(of_five.len(), 3);
    assert_eq!(of_five[2].ended.as_ref().unwrap().result, Result::Failed("E: x".into()));
}

#[test]
fn with_lanes_a_range_is_not_enough() {
    let sequences = [1u128, 4, 9];
    let one = Input::records(sequences.iter().copied(), 1);
    let more = Input::records(sequences.iter().copied(), 2);
    assert!(one.has(5) && !more.has(5) && more.has(4));
    assert_eq!((one.ends(), more.ends()), (Some((1, 9)), Some((1, 9))));
    assert_eq!(Input::records(std::iter::empty::<u128>(), 1), Input::Nothing);
}

#[test]
fn refused_records_know_their_clauses() {
    let (history, _) = history(1 << 20);
    let track = history.track("m");
    track.refused(7, &[Refusal::Field("dynamodb.Keys.pk.S"), Refusal::NotInOneElement]);
    track.refused(8, &[Refusal::Field("eventName"), Refusal::NotInOneElement]);
    track.refused(9, &[Refusal::Field("dynamodb.Keys.pk.S"), Refusal::NotInOneElement]);
    let clauses = |sequence| track.refusal(sequence).map(|refused| refused.clauses.to_vec());
    assert_eq!(clauses(9), Some(vec!["dynamodb.Keys.pk.S".to_owned(), String::new()]));
    assert_eq!(clauses(8), Some(vec!["eventName".to_owned(), String::new()]));
    assert_eq!(clauses(6), None);
}

#[test]
fn what_is_remembered_is_bounded_by_size_and_by_time() {
    let (history, clock) = history(20_000);
    let track = history.track("m");
    for number in 0..10_000u128 {
        let id = track.begin(attempt(number, number));
        track.end(id, ended(Result::Done));
        track.refused(number, &[Refusal::Field("a")]);
    }
    let bytes = {
        let state = track.attempts(|_| true);
        assert_eq!(state.last().unwrap().attempt.input.ends(), Some((9_999, 9_999)));
        state.len() * size_of::<Known>() + track.refused_count() * 32
    };
    assert!((10_000..=20_000).contains(&bytes) && track.has_forgotten(), "{bytes}");
    // Another mapping halves what this one may take.
    let _other = history.track("n");
    let id = track.begin(attempt(0, 0));
    track.end(id, ended(Result::Done));
    assert!(track.attempts(|_| true).len() * size_of::<Known>() + track.refused_count() * 32 <= 10_000);
    clock.advance(10_001);
    assert_eq!(track.attempts(|_| true), Vec::new());
}

#[tokio::test]
async fn whoever_runs_the_mapping_is_asked_where_it_stands() {
    let (history, _) = history(1 << 20);
    let track = history.track("m");
    assert_eq!(track.status().await, None);
    let mut questions = track.questions();
    let status = Status {
        discarding: Vec::new(),
        enabled: true,
        shards: vec![ShardStatus { shard: "s".into(), state: ShardState::Finished }],
    };
    let told = status.clone();
    let driver = environment::spawn(async move { questions.next().await.answer(told) });
    assert_eq!(track.status().await, Some(status));
    driver.await.unwrap();
    assert_eq!(track.status().await, None);
}

#[test]
fn the_error_of_a_function_is_one_text() {
    let text = |payload: &str| error_text(payload.as_bytes());
    assert_eq!(
        text(r#"{"errorType":"TypeError","errorMessage":"x is not","trace":[]}"#),
        "TypeError: x is not"
    );
    assert_eq!(text(r#"{"errorMessage":"timed out"}"#), "timed out");
    assert_eq!(text("killed"), "killed");
    let long = text(&format!(r#"{{"errorMessage":"{}"}}"#, "ä".repeat(2_000)));
    assert!(long.len() < 1_100 && long.ends_with('…'));
}
