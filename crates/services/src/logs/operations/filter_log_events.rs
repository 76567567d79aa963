//! FilterLogEvents.

use crate::logs::Logs;
use crate::logs::failure::Failure;
use crate::logs::pattern::Pattern;
use crate::logs::reading::{Found, Walk};
use crate::logs::resource::{existing, stream_name, stream_names};
use crate::logs::tokens::{Place, Token};
use crate::request::Request;
use crate::value::Value;
use database::Caller;

/// The most events, and about the most bytes, of an answer.
const EVENTS_MAX: i64 = 10_000;
const PAGE_BYTES: usize = 1 << 20;

/// So many bytes are searched for one answer, which may then be empty though there is more.
const SEARCHED_BYTES: usize = 16 << 20;

impl Logs {
    pub(super) async fn filter_log_events(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let names = stream_names(&mut request, "logStreamNames")?;
        let prefix = stream_name(&mut request, "logStreamNamePrefix")?;
        let from = request.integer("startTime", (0, i64::MAX))?;
        let to = request.integer("endTime", (0, i64::MAX))?;
        let pattern = request.text_of("filterPattern", (0, 1_024))?.unwrap_or_default();
        let token = request.text_of("nextToken", (1, 2048))?;
        let limit = request.integer("limit", (1, EVENTS_MAX))?.unwrap_or(EVENTS_MAX);
        let forward = request.boolean("startFromHead")?.unwrap_or(true);
        request.boolean("interleaved")?;
        request.unsupported(&["unmask"])?;
        let key = self.identified_group(caller, &mut request)?;
        request.finish()?;
        if names.is_some() && prefix.is_some() {
            return Err(Failure::parameter(
                "logStreamNames and logStreamNamePrefix are mutually exclusive parameters.",
            ));
        }
        let pattern = Pattern::parse(&pattern)?;
        let invalid = || Failure::parameter("The specified nextToken is invalid.");
        let token = token.map(|token| Token::parse(&token).ok_or_else(invalid)).transpose()?;
        let (forward, beyond) = match token {
            Some(Token::Forward(place)) => (true, Some(place)),
            Some(Token::Backward(place)) => (false, Some(place)),
            None => (forward, None),
        };
        let from_ms = from.and_then(|from| u64::try_from(from).ok()).unwrap_or(0);
        let to_ms = to.and_then(|to| u64::try_from(to).ok()).unwrap_or(u64::MAX);
        let (blocks, times) = {
            let state = self.state();
            let group = existing(&state, &key)?;
            let missing = |name: &String| !group.streams.contains_key(name.as_str());
            if names.iter().flatten().any(missing) {
                return Err(Failure::no_stream());
            }
            let wanted = |stream: &str| {
                names.as_ref().is_none_or(|names| names.iter().any(|name| name == stream))
                    && prefix.as_deref().is_none_or(|prefix| stream.starts_with(prefix))
            };
            let from_ms = from_ms.max(group.record.expired_below_ms(self.now_ms()));
            // What was searched already is not read again.
            let times = match beyond {
                Some(place) if forward => from_ms.max(place.time_ms)..to_ms,
                Some(place) => from_ms..to_ms.min(place.time_ms.saturating_add(1)),
                None => from_ms..to_ms,
            };
            (state.blocks(&key, wanted, times.clone()), times)
        };
        let mut walk = self.walk(blocks, times, forward, beyond);
        let limit = usize::try_from(limit).unwrap_or(1);
        // Megabytes are searched beside the tasks.
        let searched = environment::offload(move || search(&mut walk, &pattern, limit)).await;
        let (found, last) = searched.map_err(Failure::internal)??;
        let mut answer = vec![
            ("events", Value::List(found.into_iter().map(event).collect())),
            ("searchedLogStreams", Value::List(Vec::new())),
        ];
        let token = |place| if forward { Token::Forward(place) } else { Token::Backward(place) };
        answer.extend(last.map(|place| ("nextToken", Value::from(token(place).text()))));
        Ok(Value::structure(answer))
    }
}

/// The next events that are meant, and the last one looked at where there may be more.
fn search(walk: &mut Walk, pattern: &Pattern, limit: usize) -> Result<(Vec<Found>, Option<Place>), Failure> {
    let (mut found, mut bytes) = (Vec::new(), 0);
    loop {
        let Some(event) = walk.next()? else { return Ok((found, None)) };
        let place = event.place;
        if pattern.matches(&event.message) {
            bytes += event.message.len();
            found.push(event);
        }
        if found.len() >= limit || bytes >= PAGE_BYTES || walk.read_bytes() > SEARCHED_BYTES {
            return Ok((found, Some(place)));
        }
    }
}

fn event(found: Found) -> Value {
    let integer = |ms: u64| Value::Integer(i64::try_from(ms).unwrap_or(i64::MAX));
    let place = found.place;
    Value::structure([
        ("logStreamName", Value::from(&*found.stream)),
        ("timestamp", integer(place.time_ms)),
        ("message", Value::from(found.message)),
        ("ingestionTime", integer(found.ingested_ms)),
        ("eventId", Value::from(place.digits())),
    ])
}
