//! DescribeLogStreams.

use crate::logs::Logs;
use crate::logs::failure::Failure;
use crate::logs::groups::Stream;
use crate::logs::resource::{existing, group_arn, stream_name};
use crate::request::Request;
use crate::value::Value;
use database::Caller;
use std::sync::Arc;

impl Logs {
    pub(super) fn describe_log_streams(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let prefix = stream_name(&mut request, "logStreamNamePrefix")?;
        const ORDERS: (&[&str], &str) =
            (&["LogStreamName", "LastEventTime"], "[LogStreamName, LastEventTime]");
        let by_time = request.one_of("orderBy", ORDERS)? == Some("LastEventTime");
        let descending = request.boolean("descending")?.unwrap_or(false);
        let after = request.text_of("nextToken", (1, 2048))?;
        let limit = request.integer("limit", (1, 50))?.unwrap_or(50);
        let key = self.identified_group(caller, &mut request)?;
        request.finish()?;
        if by_time && prefix.is_some() {
            return Err(Failure::parameter("Cannot order by LastEventTime with a logStreamNamePrefix."));
        }
        let state = self.state();
        let group = existing(&state, &key)?;
        let wanted = |(name, _): &(&Arc<str>, &Stream)| {
            prefix.as_deref().is_none_or(|prefix| name.starts_with(prefix))
        };
        let mut streams: Vec<(u64, &Arc<str>, &Stream)> = group
            .streams
            .iter()
            .filter(wanted)
            .map(|(name, stream)| {
                let last_ms = stream.times_ms().map_or(0, |(_, last_ms, _)| last_ms);
                (if by_time { last_ms } else { 0 }, name, stream)
            })
            .collect();
        streams.sort_by(|one, other| (one.0, one.1).cmp(&(other.0, other.1)));
        if descending {
            streams.reverse();
        }
        // A token is the last time and name that was told.
        if let Some((time, name)) = after.as_deref().and_then(|after| after.split_once('/')) {
            let time: u64 = time.parse().map_err(|_| invalid_token())?;
            let told = |(other, stream, _): &(u64, &Arc<str>, &Stream)| {
                let order = (*other, &***stream).cmp(&(time, name));
                if descending { order.is_ge() } else { order.is_le() }
            };
            streams.retain(|stream| !told(stream));
        } else if after.is_some() {
            return Err(invalid_token());
        }
        let limit = usize::try_from(limit).unwrap_or(1);
        let next = streams.get(limit.wrapping_sub(1)).filter(|_| streams.len() > limit);
        let next = next.map(|(time, name, _)| ("nextToken", Value::from(format!("{time}/{name}"))));
        let listed =
            streams.iter().take(limit).map(|(_, name, stream)| described(caller, &key.name, name, stream));
        let mut answer = vec![("logStreams", Value::List(listed.collect()))];
        answer.extend(next);
        Ok(Value::structure(answer))
    }
}

fn invalid_token() -> Failure {
    Failure::parameter("The specified nextToken is invalid.")
}

fn described(caller: &Caller, group: &str, name: &str, stream: &Stream) -> Value {
    let integer = |number: u64| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
    let mut members =
        vec![("logStreamName", Value::from(name)), ("creationTime", integer(stream.record.created_ms))];
    if let Some((first_ms, last_ms, ingested_ms)) = stream.times_ms() {
        members.extend([
            ("firstEventTimestamp", integer(first_ms)),
            ("lastEventTimestamp", integer(last_ms)),
            ("lastIngestionTime", integer(ingested_ms)),
        ]);
    }
    members.extend([
        // It is of no use any more, but old clients wait for one.
        ("uploadSequenceToken", Value::from(format!("{:056}", stream.record.id))),
        ("arn", Value::from(format!("{}:log-stream:{name}", group_arn(caller, group)))),
        ("storedBytes", Value::Integer(0)),
    ]);
    Value::structure(members)
}
