//! What a function's answer says of its batch: partial batch responses, and the state of tumbling windows.
//!
//! AWS documents what is a success: nothing, an empty answer, an empty list of failures. A list with anything that
//! names no record of the batch fails the whole batch. Undocumented are texts, numbers and lists as the answer
//! itself: they cannot say which records failed, so they fail the batch too, and lose nothing.

use super::Rules;
use serde_json::{Map, Value};

/// What became of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All of it is done.
    Done,
    /// The records before this index are done.
    From(usize),
    /// None of it is.
    Failed,
}

/// Reads an answer to a batch with these sequence numbers, in rising order; with the window's state, where there
/// are windows.
pub(super) fn judge(rules: &Rules, body: &[u8], sequences: &[u128]) -> (Verdict, Option<Vec<u8>>) {
    let windows = rules.tumbling_window_ms.is_some();
    if !rules.reports_item_failures && !windows {
        return (Verdict::Done, None);
    }
    let answer = match body.iter().all(u8::is_ascii_whitespace) {
        true => Value::Null,
        false => match serde_json::from_slice(body) {
            Ok(answer) => answer,
            Err(_) => return (Verdict::Failed, None),
        },
    };
    let state =
        answer.get("state").filter(|state| state.is_object()).map(|state| state.to_string().into_bytes());
    if windows && state.is_none() {
        return (Verdict::Failed, None);
    }
    (if rules.reports_item_failures { reported(&answer, sequences) } else { Verdict::Done }, state)
}

/// Of an answer that fails records: the first of them, where it names some, and how many are to be delivered again.
pub(crate) fn failed(rules: &Rules, body: &[u8], sequences: &[u128]) -> Option<(Option<u128>, usize)> {
    match judge(rules, body, sequences).0 {
        Verdict::Done => None,
        Verdict::From(index) => Some((sequences.get(index).copied(), sequences.len() - index)),
        Verdict::Failed => Some((None, sequences.len())),
    }
}

fn reported(answer: &Value, sequences: &[u128]) -> Verdict {
    match answer {
        Value::Null => Verdict::Done,
        Value::String(text) if text.is_empty() => Verdict::Done,
        Value::Array(elements) if elements.is_empty() => Verdict::Done,
        Value::Object(members) => failures(members, sequences),
        _ => Verdict::Failed,
    }
}

fn failures(members: &Map<String, Value>, sequences: &[u128]) -> Verdict {
    let failures = match members.get("batchItemFailures") {
        None | Some(Value::Null) => return Verdict::Done,
        Some(Value::Array(failures)) => failures,
        Some(_) => return Verdict::Failed,
    };
    let index = |failure: &Value| {
        let number = failure.get("itemIdentifier")?.as_str()?.parse().ok()?;
        sequences.binary_search(&number).ok()
    };
    let mut lowest = sequences.len();
    for failure in failures {
        let Some(index) = index(failure) else { return Verdict::Failed };
        lowest = lowest.min(index);
    }
    match lowest {
        0 => Verdict::Failed,
        lowest if lowest == sequences.len() => Verdict::Done,
        lowest => Verdict::From(lowest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_batch_responses_in_every_shape() {
        let rules = Rules { reports_item_failures: true, ..Rules::default() };
        let rows = [
            ("", Verdict::Done),
            ("null", Verdict::Done),
            (r#""""#, Verdict::Done),
            ("[]", Verdict::Done),
            ("{}", Verdict::Done),
            (r#"{"statusCode":200}"#, Verdict::Done),
            (r#"{"batchItemFailures":[]}"#, Verdict::Done),
            (r#"{"batchItemFailures":null}"#, Verdict::Done),
            (r#"{"batchItemFailures":[{"itemIdentifier":"9"}]}"#, Verdict::Failed),
            (r#"{"batchItemFailures":[{"itemIdentifier":"10"}]}"#, Verdict::From(1)),
            (r#"{"batchItemFailures":[{"itemIdentifier":"100"},{"itemIdentifier":"10"}]}"#, Verdict::From(1)),
            (r#"{"batchItemFailures":[{"itemIdentifier":"100"}]}"#, Verdict::From(2)),
            (r#"{"batchItemFailures":[{"itemIdentifier":"100"},{"itemIdentifier":"11"}]}"#, Verdict::Failed),
            (r#"{"batchItemFailures":[{"itemIdentifier":""}]}"#, Verdict::Failed),
            (r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#, Verdict::Failed),
            (r#"{"batchItemFailures":[{"itemIdentifier":10}]}"#, Verdict::Failed),
            (r#"{"batchItemFailures":[{"foo":"10"}]}"#, Verdict::Failed),
            (r#"{"batchItemFailures":["10"]}"#, Verdict::Failed),
            (r#"{"batchItemFailures":"10"}"#, Verdict::Failed),
            ("{", Verdict::Failed),
            ("123", Verdict::Failed),
        ];
        for (body, verdict) in rows {
            assert_eq!(judge(&rules, body.as_bytes(), &[9, 10, 100]), (verdict, None), "{body}");
        }
        // Without the setting nothing of it is looked at.
        for body in ["{", r#"{"batchItemFailures":[{"itemIdentifier":"9"}]}"#] {
            assert_eq!(judge(&Rules::default(), body.as_bytes(), &[9]), (Verdict::Done, None));
        }
    }

    #[test]
    fn windows_need_a_state() {
        let rules = Rules { tumbling_window_ms: Some(1_000), ..Rules::default() };
        for body in ["", "{}", r#"{"state":null}"#, r#"{"state":"x"}"#, "["] {
            assert_eq!(judge(&rules, body.as_bytes(), &[1]), (Verdict::Failed, None), "{body}");
        }
        let state = Some(br#"{"n":1}"#.to_vec());
        assert_eq!(judge(&rules, br#"{"state":{"n":1}}"#, &[1]), (Verdict::Done, state));
    }
}
