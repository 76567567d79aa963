//! PutLogEvents.

use crate::logs::failure::Failure;
use crate::logs::resource::{existing, stream_name};
use crate::logs::{Event, Logs};
use crate::request::Request;
use crate::value::Value;
use database::Caller;

/// The most bytes of a request's events, each of which counts 26 besides its message.
const BATCH_BYTES_MAX: usize = 1_048_576;
const EVENT_BYTES: usize = 26;

const EVENTS_MAX: usize = 10_000;
const HOUR_MS: u64 = 60 * 60 * 1_000;

/// Events of times beyond these are not taken.
const FUTURE_MS: u64 = 2 * HOUR_MS;
const PAST_MS: u64 = 14 * 24 * HOUR_MS;

impl Logs {
    pub(super) fn put_log_events(&self, caller: &Caller, mut request: Request) -> Result<Value, Failure> {
        let key = self.required_group(caller, &mut request)?;
        let name = stream_name(&mut request, "logStreamName")?;
        let name = request.required("logStreamName", name).unwrap_or_default();
        request.text("sequenceToken")?;
        request.take("entity");
        let events = request.list("logEvents", (1, EVENTS_MAX))?;
        let events = request.required("logEvents", events).unwrap_or_default();
        let events = read(&mut request, events)?;
        request.finish()?;
        check(&events)?;
        let now_ms = self.now_ms();
        let mut state = self.state();
        let group = existing(&state, &key)?;
        if !group.streams.contains_key(name.as_str()) {
            return Err(Failure::no_stream());
        }
        let expired_ms = group.record.expired_below_ms(now_ms);
        let below = |ms: u64| events.partition_point(|event| event.time_ms < ms);
        let (expired, old) = (below(expired_ms), below(now_ms.saturating_sub(PAST_MS)));
        let new = below(now_ms + FUTURE_MS + 1);
        let taken = events.get(expired.max(old)..new).unwrap_or_default();
        state.append(&key, &name, taken, now_ms);
        let mut rejected = Vec::new();
        for (member, place, is_any) in [
            ("tooNewLogEventStartIndex", new, new < events.len()),
            ("tooOldLogEventEndIndex", old, old > 0),
            ("expiredLogEventEndIndex", expired, expired > 0),
        ] {
            if is_any {
                rejected.push((member, Value::count(place)));
            }
        }
        let token = format!("{:056}", state.next);
        let mut answer = vec![("nextSequenceToken", Value::from(token))];
        if !rejected.is_empty() {
            answer.push(("rejectedLogEventsInfo", Value::structure(rejected)));
        }
        Ok(Value::structure(answer))
    }
}

fn read(request: &mut Request, values: Vec<Value>) -> Result<Vec<Event>, Failure> {
    let mut events = Vec::with_capacity(values.len());
    for (place, value) in values.into_iter().enumerate() {
        let prefix = format!("logEvents.{}.member", place + 1);
        events.push(request.within(prefix, value, |request| -> Result<Event, Failure> {
            let time = request.integer("timestamp", (0, i64::MAX))?;
            let time = request.required("timestamp", time).unwrap_or_default();
            let message = request.text_of("message", (1, usize::MAX))?;
            let message = request.required("message", message).unwrap_or_default();
            Ok(Event { time_ms: u64::try_from(time).unwrap_or_default(), message })
        })?);
    }
    Ok(events)
}

/// The rules for all events of a request.
fn check(events: &[Event]) -> Result<(), Failure> {
    let sizes = || events.iter().map(|event| event.message.len() + EVENT_BYTES);
    if let Some(size) = sizes().find(|size| *size > BATCH_BYTES_MAX) {
        let message = format!("Log event too large: {size} bytes exceeds limit of {BATCH_BYTES_MAX}");
        return Err(Failure::parameter(message));
    }
    let all: usize = sizes().sum();
    if all > BATCH_BYTES_MAX {
        let message = format!("Upload too large: {all} bytes exceeds limit of {BATCH_BYTES_MAX}");
        return Err(Failure::parameter(message));
    }
    if !events.is_sorted_by_key(|event| event.time_ms) {
        return Err(Failure::parameter(
            "Log events in a single PutLogEvents request must be in chronological order.",
        ));
    }
    let span_ms = events.first().zip(events.last()).map_or(0, |(first, last)| last.time_ms - first.time_ms);
    if span_ms > 24 * HOUR_MS {
        return Err(Failure::parameter(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        ));
    }
    Ok(())
}
