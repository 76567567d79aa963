//! A record of a data stream as filters see it: the JSON that a function would be given, with the data decoded, and with
//! `data` and `partitionKey` also at its top, where AWS's documentation has patterns look for them.
//!
//! Data that are a JSON object or array are seen as such, all others as the text that they are.

use serde_json::{Value, json};

/// Whose record it is, and when it came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) stream_arn: &'a str,
    pub(crate) region: &'a str,
    pub(crate) shard: &'a str,
    pub(crate) sequence: &'a str,
    pub(crate) time_ms: u64,
}

/// What is filtered.
pub(crate) fn value(place: Place<'_>, partition_key: &str, data: &[u8]) -> Value {
    let data = decoded(data);
    let time_s = place.time_ms as f64 / 1_000.0;
    json!({
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": partition_key,
            "sequenceNumber": place.sequence,
            "data": data,
            "approximateArrivalTimestamp": time_s,
        },
        "data": data,
        "partitionKey": partition_key,
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": format!("{}:{}", place.shard, place.sequence),
        "eventName": "aws:kinesis:record",
        "awsRegion": place.region,
        "eventSourceARN": place.stream_arn,
    })
}

/// Data as filters see them.
pub(crate) fn decoded(data: &[u8]) -> Value {
    match serde_json::from_slice::<Value>(data) {
        Ok(value) if value.is_object() || value.is_array() => value,
        _ => Value::String(String::from_utf8_lossy(data).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use filter::Filters;

    #[test]
    fn data_are_seen_as_what_they_are() {
        let rows = [
            (r#"{"data":{"a":["x"]}}"#, &br#"{"a":"x"}"#[..], true),
            (r#"{"kinesis":{"data":{"a":["x"]}}}"#, br#"{"a":"x"}"#, true),
            (r#"{"data":{"a":["x"]}}"#, br#"{"a":"y"}"#, false),
            (r#"{"data":["plain"]}"#, b"plain", true),
            (r#"{"data":["plain"]}"#, br#"{"a":"x"}"#, false),
            (r#"{"data":{"a":["x"]}}"#, b"plain", false),
            (r#"{"data":{"a":["x"]}}"#, b"\xff\xfe", false),
            (r#"{"data":["12"]}"#, b"12", true),
            (r#"{"partitionKey":["k"]}"#, b"plain", true),
            (r#"{"kinesis":{"partitionKey":["j"]}}"#, b"plain", false),
            (r#"{"kinesis":{"sequenceNumber":["7"]},"eventID":["shardId-1:7"]}"#, b"", true),
            (r#"{"kinesis":{"approximateArrivalTimestamp":[{"numeric":["=",1.5]}]}}"#, b"", true),
        ];
        let place =
            Place { stream_arn: "arn:s", region: "r", shard: "shardId-1", sequence: "7", time_ms: 1_500 };
        for (pattern, data, matches) in rows {
            let filters = Filters::parse([pattern]).unwrap();
            assert_eq!(filters.matches(&value(place, "k", data)), matches, "{pattern}");
        }
    }
}
