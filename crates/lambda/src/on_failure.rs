//! What is sent to the OnFailure destination of a mapping for a batch that is given up: to queues and topics as the
//! message, to buckets as an object that has the records too.

use crate::event::{milliseconds, seconds};
use crate::mapping::Condition;
use streams::label;
use wire::json::ObjectWriter;

/// A batch that is given up.
#[derive(Clone, Copy, Debug)]
pub struct Discarded<'a> {
    /// The request id of its last invocation; where there was none, any.
    pub request_id: &'a str,
    /// The mapping's function.
    pub function_arn: &'a str,
    /// Why.
    pub condition: Condition,
    /// How often it was delivered; at least 1.
    pub invokes: u32,
    /// What the function said last; told only where retries were exhausted.
    pub response: Option<LastResponse<'a>>,
    /// When it was given up.
    pub time_ms: u64,
    /// Its records.
    pub batch: Batch<'a>,
}

/// The last answer of the function.
#[derive(Clone, Copy, Debug)]
pub struct LastResponse<'a> {
    /// The version that ran.
    pub executed_version: &'a str,
    /// Whether it failed; else it answered that records did.
    pub function_error: bool,
}

/// The records of a batch, from outside. For a window that could not be closed it has none: the numbers are 0.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// Whose they are.
    pub stream: Stream<'a>,
    /// Their shard.
    pub shard: &'a str,
    /// The first sequence number.
    pub first: u128,
    /// The last sequence number.
    pub last: u128,
    /// When the first was made.
    pub first_ms: u64,
    /// When the last was made.
    pub last_ms: u64,
    /// How many they are.
    pub size: u64,
}

/// The stream of a batch, by its ARN.
#[derive(Clone, Copy, Debug)]
pub enum Stream<'a> {
    /// Of a table.
    Table(&'a str),
    /// Of Kinesis Data Streams.
    Data(&'a str),
}

/// The message to a queue or a topic.
#[must_use]
pub fn message(discarded: &Discarded<'_>) -> Vec<u8> {
    write(discarded, None)
}

/// The object in a bucket: the message, and the event that the function was given.
#[must_use]
pub fn object(discarded: &Discarded<'_>, event: &[u8]) -> Vec<u8> {
    write(discarded, Some(event))
}

/// The key of the object. `id` is a random UUID.
#[must_use]
pub fn object_key(mapping: &str, shard: &str, time_ms: u64, id: &str) -> String {
    let time = label::format(time_ms).replace(':', ".");
    let (date, _) = time.split_once('T').unwrap_or_default();
    let second = time.get(.."2020-07-30T17.00.00".len()).unwrap_or(&time);
    format!("aws/lambda/{mapping}/{shard}/{}/{second}-{id}", date.replace('-', "/"))
}

fn write(discarded: &Discarded<'_>, payload: Option<&[u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut message = ObjectWriter::new(&mut out);
    let mut context = message.object("requestContext");
    context.string("requestId", discarded.request_id);
    context.string("functionArn", discarded.function_arn);
    context.string("condition", discarded.condition.as_str());
    context.unsigned("approximateInvokeCount", u64::from(discarded.invokes));
    context.end();
    let told = discarded.condition == Condition::RetryAttemptsExhausted;
    if let Some(response) = discarded.response.filter(|_| told) {
        let mut context = message.object("responseContext");
        context.unsigned("statusCode", 200);
        context.string("executedVersion", response.executed_version);
        if response.function_error {
            context.string("functionError", "Unhandled");
        } else {
            context.member("functionError").extend_from_slice(b"null");
        }
        context.end();
    }
    message.string("version", "1.0");
    message.string("timestamp", &milliseconds(discarded.time_ms));
    batch(&mut message, &discarded.batch);
    if let Some(payload) = payload {
        message.member("payload").extend_from_slice(payload);
    }
    message.end();
    out
}

fn batch(message: &mut ObjectWriter<'_>, batch: &Batch<'_>) {
    // Times are as exact as the records' own.
    let (name, arn, time): (_, _, fn(u64) -> String) = match batch.stream {
        Stream::Table(arn) => ("DDBStreamBatchInfo", arn, seconds),
        Stream::Data(arn) => ("KinesisBatchInfo", arn, milliseconds),
    };
    let mut info = message.object(name);
    info.string("shardId", batch.shard);
    info.string("startSequenceNumber", &batch.first.to_string());
    info.string("endSequenceNumber", &batch.last.to_string());
    info.string("approximateArrivalOfFirstRecord", &time(batch.first_ms));
    info.string("approximateArrivalOfLastRecord", &time(batch.last_ms));
    info.unsigned("batchSize", batch.size);
    info.string("streamArn", arn);
    info.end();
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME_MS: u64 = 1_573_690_429_717;

    fn discarded(condition: Condition, function_error: bool) -> Discarded<'static> {
        Discarded {
            request_id: "r",
            function_arn: "arn:aws:lambda:us-east-1:000000000000:function:f",
            condition,
            invokes: 2,
            response: Some(LastResponse { executed_version: "$LATEST", function_error }),
            time_ms: TIME_MS,
            batch: Batch {
                stream: Stream::Table("arn:s"),
                shard: "shardId-1",
                first: 8,
                last: 9,
                first_ms: TIME_MS - 30_000,
                last_ms: TIME_MS - 20_000,
                size: 2,
            },
        }
    }

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    const REQUEST: &str = r#"{"requestContext":{"requestId":"r","functionArn":"arn:aws:lambda:us-east-1:000000000000:function:f","condition":"#;
    const BATCH: &str = concat!(
        r#""version":"1.0","timestamp":"2019-11-14T00:13:49.717Z","DDBStreamBatchInfo":{"shardId":"shardId-1","#,
        r#""startSequenceNumber":"8","endSequenceNumber":"9","#,
        r#""approximateArrivalOfFirstRecord":"2019-11-14T00:13:19Z","#,
        r#""approximateArrivalOfLastRecord":"2019-11-14T00:13:29Z","batchSize":2,"streamArn":"arn:s"}"#
    );

    #[test]
    fn exhausted_retries_say_what_the_function_said() {
        for (error, said) in [(true, r#""Unhandled""#), (false, "null")] {
            assert_eq!(
                text(message(&discarded(Condition::RetryAttemptsExhausted, error))),
                format!(
                    r#"{REQUEST}"RetryAttemptsExhausted","approximateInvokeCount":2}},"responseContext":{{"statusCode":200,"executedVersion":"$LATEST","functionError":{said}}},{BATCH}}}"#
                )
            );
        }
    }

    #[test]
    fn records_that_are_too_old_have_no_response() {
        assert_eq!(
            text(message(&discarded(Condition::RecordAgeExceeded, true))),
            format!(r#"{REQUEST}"RecordAgeExceeded","approximateInvokeCount":2}},{BATCH}}}"#)
        );
    }

    #[test]
    fn buckets_get_the_records_too() {
        let object = text(object(&discarded(Condition::RecordAgeExceeded, true), br#"{"Records":[{}]}"#));
        assert!(object.ends_with(r#""streamArn":"arn:s"},"payload":{"Records":[{}]}}"#), "{object}");
        assert_eq!(
            object_key("uuid", "shardId-1", TIME_MS, "id"),
            "aws/lambda/uuid/shardId-1/2019/11/14/2019-11-14T00.13.49-id"
        );
    }

    #[test]
    fn data_streams_have_milliseconds() {
        let mut discarded = discarded(Condition::RecordAgeExceeded, true);
        discarded.batch.stream = Stream::Data("arn:k");
        let message = text(message(&discarded));
        assert!(message.contains(r#""KinesisBatchInfo":{"shardId":"shardId-1""#), "{message}");
        assert!(
            message.contains(r#""approximateArrivalOfFirstRecord":"2019-11-14T00:13:19.717Z""#),
            "{message}"
        );
    }
}
