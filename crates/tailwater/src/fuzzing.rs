//! A way in for the fuzz targets: what this crate reads is nobody else's business, but may be anything. Each panics where what
//! was taken does not come back when it is written again. Only with the feature `fuzzing`.

use crate::cli::consumers::lease::{Checkpoint, Lease};
use crate::cli::recording::{Header, Line, Recorded, Recording, record_line, remark_line};
use crate::config::parse_keys;
use crate::faults::{MEMBERS, add, fault};
use crate::subscriptions::asked::{Asked, From};
use crate::{lambda, units};
use environment::{Clock, Faults};
use serde_json::Value;
use std::fmt::Write as _;
use std::io::Cursor;
use streams::{Positions, label};

/// The first millisecond that cannot be written.
const TIME_END_MS: u64 = 253_402_300_800_000;

/// The segments of a path and the pairs of a query, as a request to Lambda has them; `None` where they are not encoded as
/// they must be.
#[must_use]
pub fn path_and_query(target: &str) -> Option<(Vec<String>, Vec<(String, String)>)> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Some((lambda::segments(path).ok()?, lambda::pairs(query).ok()?))
}

/// Reads the text of a file of keys.
pub fn keys(text: &str) {
    let keys = match parse_keys(text) {
        Ok(keys) => keys,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let mut written = String::new();
    for (id, secret) in &keys {
        assert!(!id.is_empty() && !secret.is_empty(), "{text}");
        // Writing to a String does not fail.
        let _ = write!(written, "[p]\naws_access_key_id = {id}\naws_secret_access_key={secret}\n");
    }
    assert_eq!(parse_keys(&written).ok(), Some(keys), "{written}");
}

/// Reads a recording: all of it, or up to a line that there is.
pub fn recording(data: &[u8]) {
    match lines_of(data) {
        Ok((header, lines)) => {
            let written: String = lines.iter().map(written).collect();
            let again = lines_of((header.line() + &written).as_bytes());
            assert!(again.is_ok_and(|again| again == (header, lines)), "{written}");
        }
        Err(error) => {
            let told = format!("{error:#}");
            let line = told.strip_prefix("r:").and_then(|rest| rest.split(':').next()?.parse().ok());
            let count = data.split(|byte| *byte == b'\n').count();
            assert!(line.is_some_and(|line: usize| (1..=count).contains(&line)), "{told}");
        }
    }
}

/// What is in a recording, but for what JSON and times may lose when they are written: fractions, and years of five digits.
fn lines_of(data: &[u8]) -> anyhow::Result<(Header, Vec<Line>)> {
    let (mut recording, mut header) = Recording::of("r", Box::new(Cursor::new(data.to_vec())))?;
    drop_fractions(&mut header.key_schema);
    let mut lines = Vec::new();
    while let Some(mut line) = recording.read()? {
        if let Line::Record(recorded) = &mut line {
            recorded.time_ms = recorded.time_ms.filter(|ms| *ms < TIME_END_MS);
            drop_fractions(&mut recorded.record);
        }
        lines.push(line);
    }
    Ok((header, lines))
}

fn drop_fractions(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => *value = Value::Null,
        Value::Array(all) => all.iter_mut().for_each(drop_fractions),
        Value::Object(members) => members.values_mut().for_each(drop_fractions),
        _ => {}
    }
}

fn written(line: &Line) -> String {
    match line {
        Line::Remark(text) => remark_line(text),
        Line::Record(Recorded { shard, time_ms, record }) => {
            let time = time_ms.map_or("-".to_owned(), |ms| label::format(ms) + "Z");
            record_line(shard, &time, record)
        }
    }
}

/// Reads a moment or a duration, as times in recordings and flags are written.
pub fn time(text: &str) {
    if let Ok(ms) = units::time(text)
        && ms < TIME_END_MS
    {
        assert_eq!(units::time(&(label::format(ms) + "Z")), Ok(ms), "{text}");
    }
    if let Ok(duration) = units::duration(text) {
        assert_eq!(units::duration(&format!("{}ms", duration.as_millis())), Ok(duration), "{text}");
    }
}

/// Reads what a subscriber asks for: path and query on the first line, and the last event's id on the second.
pub fn subscription(text: &str) {
    let (target, last_id) = text.split_once('\n').map_or((text, None), |(target, id)| (target, Some(id)));
    let asked = match Asked::of(target.split_once('?').unwrap_or((target, "")), last_id) {
        Ok(asked) => asked,
        Err(error) => return assert!(!error.is_empty()),
    };
    assert!(asked.patterns.len() <= 10 && asked.stream.is_object(), "{text}");
    match &asked.from {
        From::Resumed(positions) => {
            assert_eq!(positions.to_string().parse::<Positions>().as_ref(), Ok(positions), "{text}");
        }
        From::New(_) | From::Ended => {}
    }
}

/// Reads what fault is asked for: what is taken is shown so that it can be asked for again.
pub fn asked_fault(data: &[u8]) {
    let Ok(question) = serde_json::from_slice::<Value>(data) else { return };
    let Ok(asked) = fault(&question) else { return };
    let Ok(mut shown) = add(&Faults::new(Clock::simulated(5)), &question) else { return };
    if let Some(members) = shown.as_object_mut() {
        members.retain(|name, _| MEMBERS.contains(&name.as_str()));
    }
    assert_eq!(fault(&shown), Ok(asked), "{question}");
}

/// Reads a lease, an item in DynamoDB's JSON, as the command line does: where the consumer reads one too, it is the same.
pub fn lease(data: &[u8]) {
    let Ok(item) = serde_json::from_slice::<Value>(data) else { return };
    let found = Lease::of(&item);
    if let Some(lease) = &found {
        assert_eq!(Checkpoint::of(&lease.checkpoint.to_string()), lease.checkpoint, "{item}");
        assert!(lease.worker().is_some() || lease.owner.is_none(), "{item}");
    }
    let of_consumer = serde_json::from_value(item.clone()).ok();
    let Some(of_consumer) = of_consumer.and_then(|item| consumer::lease::Lease::from_item(&item)) else {
        return;
    };
    let Some(lease) = found else { panic!("{item} is a lease for the consumer only") };
    let number =
        |number: &Option<consumer::SequenceNumber>| number.as_ref().map(|number| number.as_str().to_owned());
    assert_eq!(lease.shard_id, of_consumer.shard_id, "{item}");
    assert_eq!(lease.owner, of_consumer.owner, "{item}");
    assert_eq!(lease.counter.parse(), Ok(of_consumer.counter), "{item}");
    assert_eq!(lease.checkpoint.to_string(), of_consumer.checkpoint.as_str(), "{item}");
    assert_eq!(lease.checkpoint_owner, of_consumer.checkpoint_owner, "{item}");
    assert_eq!(lease.shard_start, number(&of_consumer.shard_start), "{item}");
    assert_eq!(lease.bookmark, of_consumer.bookmark, "{item}");
    assert!(lease.ours || !(of_consumer.initial || of_consumer.orphan), "{item}");
}
