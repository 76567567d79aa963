//! GetLogEvents.

use crate::logs::Logs;
use crate::logs::failure::Failure;
use crate::logs::reading::Found;
use crate::logs::resource::{existing, stream_name};
use crate::logs::tokens::{Place, Token};
use crate::request::Request;
use crate::value::Value;
use database::Caller;

/// The most events, and about the most bytes, of an answer.
const EVENTS_MAX: i64 = 10_000;
const PAGE_BYTES: usize = 1 << 20;

impl Logs {
    pub(super) fn get_log_events(&self, caller: &Caller, mut request: Request) -> Result<Value, Failure> {
        let name = stream_name(&mut request, "logStreamName")?;
        let name = request.required("logStreamName", name).unwrap_or_default();
        let from = request.integer("startTime", (0, i64::MAX))?;
        let to = request.integer("endTime", (0, i64::MAX))?;
        let token = request.text_of("nextToken", (1, 2048))?;
        let limit = request.integer("limit", (1, EVENTS_MAX))?.unwrap_or(EVENTS_MAX);
        let from_head = request.boolean("startFromHead")?.unwrap_or(false);
        request.unsupported(&["unmask"])?;
        let key = self.identified_group(caller, &mut request)?;
        request.finish()?;
        let invalid = || Failure::parameter("The specified nextToken is invalid.");
        let token = token.map(|token| Token::parse(&token).ok_or_else(invalid)).transpose()?;
        let (forward, beyond) = match token {
            Some(Token::Forward(place)) => (true, Some(place)),
            Some(Token::Backward(place)) => (false, Some(place)),
            None => (from_head, None),
        };
        let from_ms = from.and_then(|from| u64::try_from(from).ok()).unwrap_or(0);
        let to_ms = to.and_then(|to| u64::try_from(to).ok()).unwrap_or(u64::MAX);
        let (blocks, from_ms) = {
            let state = self.state();
            let group = existing(&state, &key)?;
            if !group.streams.contains_key(name.as_str()) {
                return Err(Failure::no_stream());
            }
            let from_ms = from_ms.max(group.record.expired_below_ms(self.now_ms()));
            (state.blocks(&key, |stream| stream == name, from_ms..to_ms), from_ms)
        };
        let mut walk = self.walk(blocks, from_ms..to_ms, forward, beyond);
        let (mut found, mut bytes) = (Vec::new(), 0);
        while found.len() < usize::try_from(limit).unwrap_or(1) && bytes < PAGE_BYTES {
            let Some(event) = walk.next()? else { break };
            bytes += event.message.len();
            found.push(event);
        }
        if !forward {
            found.reverse();
        }
        // Where nothing was found, both go on from where this began.
        let here = beyond.unwrap_or(Place { time_ms: from_ms, ..Place::FIRST });
        let last = found.last().map_or(here, |event| event.place);
        let first = found.first().map_or(here, |event| event.place);
        Ok(Value::structure([
            ("events", Value::List(found.into_iter().map(event).collect())),
            ("nextForwardToken", Value::from(Token::Forward(last).text())),
            ("nextBackwardToken", Value::from(Token::Backward(first).text())),
        ]))
    }
}

fn event(found: Found) -> Value {
    let integer = |ms: u64| Value::Integer(i64::try_from(ms).unwrap_or(i64::MAX));
    Value::structure([
        ("timestamp", integer(found.place.time_ms)),
        ("message", Value::from(found.message)),
        ("ingestionTime", integer(found.ingested_ms)),
    ])
}
