//! What becomes of a batch of messages after its call. Pure.

use serde_json::Value;
use std::collections::BTreeSet;

/// How much longer than batching window and call messages are invisible, where the queue's own timeout is too short.
const SLACK_MS: u64 = 30_000;

/// What becomes of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All of it is done.
    Done,
    /// The messages at these places are received again, the others are done.
    Failed(BTreeSet<usize>),
}

/// Reads the answer to messages with these ids, where the function reports which of them failed.
///
/// AWS documents what is a success: nothing, an empty list of failures, or none. A list with anything that names no message
/// of the batch fails the whole batch. Undocumented are texts, numbers and lists as the answer itself: but for empty ones,
/// they fail the batch too, and lose nothing.
pub(super) fn judge(reports: bool, body: &[u8], ids: &[&str]) -> Verdict {
    if !reports || body.iter().all(u8::is_ascii_whitespace) {
        return Verdict::Done;
    }
    let all = || Verdict::Failed((0..ids.len()).collect());
    let failures = match serde_json::from_slice(body) {
        Ok(Value::Null) => return Verdict::Done,
        Ok(Value::String(text)) if text.is_empty() => return Verdict::Done,
        Ok(Value::Array(elements)) if elements.is_empty() => return Verdict::Done,
        Ok(Value::Object(mut members)) => match members.remove("batchItemFailures") {
            None | Some(Value::Null) => return Verdict::Done,
            Some(Value::Array(failures)) => failures,
            Some(_) => return all(),
        },
        _ => return all(),
    };
    let place = |failure: &Value| {
        let id = failure.get("itemIdentifier")?.as_str()?;
        ids.iter().position(|known| *known == id)
    };
    let places: Option<BTreeSet<_>> = failures.iter().map(place).collect();
    match places {
        None => all(),
        Some(places) if places.is_empty() => Verdict::Done,
        Some(places) => Verdict::Failed(places),
    }
}

/// For how long messages are to be invisible: as the queue says, but where a batch is waited for, long enough for that and
/// the call.
pub(super) fn visibility_ms(queue_ms: u64, window_ms: u64, timeout_ms: u64) -> u64 {
    let needed_ms = window_ms.saturating_add(timeout_ms);
    if window_ms > 0 && needed_ms > queue_ms { needed_ms.saturating_add(SLACK_MS) } else { queue_ms }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(places: &[usize]) -> Verdict {
        Verdict::Failed(places.iter().copied().collect())
    }

    #[test]
    fn partial_batch_responses_in_every_shape() {
        let rows = [
            ("", Verdict::Done),
            ("null", Verdict::Done),
            (r#""""#, Verdict::Done),
            ("[]", Verdict::Done),
            ("{}", Verdict::Done),
            (r#"{"statusCode":200}"#, Verdict::Done),
            (r#"{"batchItemFailures":[]}"#, Verdict::Done),
            (r#"{"batchItemFailures":null}"#, Verdict::Done),
            (r#"{"batchItemFailures":[{"itemIdentifier":"b"}]}"#, failed(&[1])),
            (r#"{"batchItemFailures":[{"itemIdentifier":"c"},{"itemIdentifier":"a"}]}"#, failed(&[0, 2])),
            (r#"{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"b"}]}"#, failed(&[1])),
            (r#"{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"x"}]}"#, failed(&[0, 1, 2])),
            (r#"{"batchItemFailures":[{"itemIdentifier":""}]}"#, failed(&[0, 1, 2])),
            (r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#, failed(&[0, 1, 2])),
            (r#"{"batchItemFailures":[{"itemIdentifier":1}]}"#, failed(&[0, 1, 2])),
            (r#"{"batchItemFailures":[{"foo":"a"}]}"#, failed(&[0, 1, 2])),
            (r#"{"batchItemFailures":["a"]}"#, failed(&[0, 1, 2])),
            (r#"{"batchItemFailures":"a"}"#, failed(&[0, 1, 2])),
            ("{", failed(&[0, 1, 2])),
            ("123", failed(&[0, 1, 2])),
            (r#""a""#, failed(&[0, 1, 2])),
        ];
        for (body, verdict) in rows {
            assert_eq!(judge(true, body.as_bytes(), &["a", "b", "c"]), verdict, "{body}");
        }
        // Without the setting nothing of it is looked at.
        for body in ["{", r#"{"batchItemFailures":[{"itemIdentifier":"a"}]}"#] {
            assert_eq!(judge(false, body.as_bytes(), &["a"]), Verdict::Done);
        }
    }

    #[test]
    fn messages_stay_invisible_as_long_as_a_batch_takes() {
        let rows = [
            ((30_000, 0, 3_000), 30_000),
            ((1_000, 0, 3_000), 1_000),
            ((30_000, 5_000, 3_000), 30_000),
            ((30_000, 27_000, 3_000), 30_000),
            ((30_000, 27_001, 3_000), 60_001),
            ((30_000, 300_000, 900_000), 1_230_000),
        ];
        for ((queue_ms, window_ms, timeout_ms), expected_ms) in rows {
            assert_eq!(visibility_ms(queue_ms, window_ms, timeout_ms), expected_ms);
        }
    }
}
