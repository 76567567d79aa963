//! The event of a stream that a function is given: records as [`streams::record::RecordWriter`] writes them in
//! [`streams::record::Form::Event`], in an envelope, with the tumbling window where the mapping has such.

use crate::mapping::WindowCall;
use streams::label;
use wire::json::write_string;

/// The tumbling window of an event, and whose it is.
#[derive(Clone, Copy, Debug)]
pub struct WindowOf<'a> {
    /// The window.
    pub call: &'a WindowCall,
    /// The shard.
    pub shard: &'a str,
    /// The stream's ARN.
    pub stream_arn: &'a str,
}

/// Writes the event of these records, each of which is JSON.
#[must_use]
pub fn write<'a>(
    records: impl IntoIterator<Item = &'a [u8], IntoIter: Clone>,
    window: Option<WindowOf<'_>>,
) -> Vec<u8> {
    let records = records.into_iter();
    let records_bytes: usize = records.clone().map(|record| record.len() + 1).sum();
    let window_bytes = window.map_or(0, |window| window.call.state.len() + 512);
    let mut out = Vec::with_capacity(records_bytes + window_bytes + 16);
    out.extend_from_slice(b"{\"Records\":[");
    for (place, record) in records.enumerate() {
        if place > 0 {
            out.push(b',');
        }
        out.extend_from_slice(record);
    }
    out.push(b']');
    if let Some(WindowOf { call, shard, stream_arn }) = window {
        out.extend_from_slice(b",\"window\":{\"start\":");
        write_string(&mut out, &seconds(call.start_ms));
        out.extend_from_slice(b",\"end\":");
        write_string(&mut out, &seconds(call.end_ms));
        out.extend_from_slice(b"},\"state\":");
        out.extend_from_slice(&call.state);
        out.extend_from_slice(b",\"shardId\":");
        write_string(&mut out, shard);
        out.extend_from_slice(b",\"eventSourceARN\":");
        write_string(&mut out, stream_arn);
        out.extend_from_slice(b",\"isFinalInvokeForWindow\":");
        out.extend_from_slice(boolean(call.is_final));
        out.extend_from_slice(b",\"isWindowTerminatedEarly\":");
        out.extend_from_slice(boolean(call.is_terminated_early));
    }
    out.push(b'}');
    out
}

fn boolean(value: bool) -> &'static [u8] {
    if value { b"true" } else { b"false" }
}

/// `2020-07-30T17:00:00Z`
pub(crate) fn seconds(ms: u64) -> String {
    let mut text = label::format(ms);
    text.truncate("2020-07-30T17:00:00".len());
    text.push('Z');
    text
}

/// `2020-07-30T17:00:00.000Z`
pub(crate) fn milliseconds(ms: u64) -> String {
    label::format(ms) + "Z"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_in_their_envelope() {
        assert_eq!(write([], None), br#"{"Records":[]}"#);
        assert_eq!(write([&b"{\"a\":1}"[..], b"{}"], None), br#"{"Records":[{"a":1},{}]}"#);
    }

    #[test]
    fn a_window_as_the_guide_shows_it() {
        let call = WindowCall {
            start_ms: 1_596_128_400_000,
            end_ms: 1_596_128_520_000,
            state: br#"{"1":282}"#.to_vec(),
            is_final: false,
            is_terminated_early: true,
        };
        let event =
            write([&b"{}"[..]], Some(WindowOf { call: &call, shard: "shardId-1", stream_arn: "arn:x" }));
        assert_eq!(
            String::from_utf8(event).unwrap(),
            concat!(
                r#"{"Records":[{}],"window":{"start":"2020-07-30T17:00:00Z","end":"2020-07-30T17:02:00Z"},"#,
                r#""state":{"1":282},"shardId":"shardId-1","eventSourceARN":"arn:x","isFinalInvokeForWindow":false,"#,
                r#""isWindowTerminatedEarly":true}"#
            )
        );
    }
}
