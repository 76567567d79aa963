//! Messages as a function is given them, and as filters see them. Pure.

use crate::filtering::data::decoded;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use services::queues::{AttributeValue, Received};
use wire::json::ObjectWriter;

/// The record of a message of this queue, JSON.
pub(super) fn record(message: &Received, arn: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.body.len() + 1_024);
    let mut record = ObjectWriter::new(&mut out);
    record.string("messageId", &message.id);
    record.string("receiptHandle", &message.receipt);
    record.string("body", &message.body);
    record.member("attributes").extend_from_slice(attributes(message).to_string().as_bytes());
    record.member("messageAttributes").extend_from_slice(message_attributes(message).to_string().as_bytes());
    if let Some(digest) = message.attributes_md5() {
        record.string("md5OfMessageAttributes", &digest);
    }
    record.string("md5OfBody", &message.body_md5());
    record.string("eventSource", "aws:sqs");
    record.string("eventSourceARN", arn);
    record.string("awsRegion", region(arn));
    record.end();
    out
}

/// A message as filters see it: the record, with a body that is a JSON object or array decoded.
pub(super) fn filtered(message: &Received, arn: &str) -> Value {
    let texts = [
        ("messageId", &*message.id),
        ("receiptHandle", &*message.receipt),
        ("eventSource", "aws:sqs"),
        ("eventSourceARN", arn),
        ("awsRegion", region(arn)),
    ];
    let mut record: Map<_, _> =
        texts.into_iter().map(|(name, text)| (name.to_owned(), Value::from(text))).collect();
    record.insert("md5OfBody".to_owned(), Value::from(message.body_md5()));
    record.insert("body".to_owned(), decoded(message.body.as_bytes()));
    record.insert("attributes".to_owned(), attributes(message));
    record.insert("messageAttributes".to_owned(), message_attributes(message));
    Value::Object(record)
}

fn region(arn: &str) -> &str {
    arn.split(':').nth(3).unwrap_or_default()
}

fn attributes(message: &Received) -> Value {
    let system = message.system_attributes.iter().map(|(name, attribute)| {
        let text = match &attribute.value {
            AttributeValue::Text(text) => text.clone(),
            AttributeValue::Binary(bytes) => STANDARD.encode(bytes),
        };
        (name.clone(), Value::from(text))
    });
    let mut attributes: Map<_, _> = system.collect();
    let texts = [
        ("ApproximateReceiveCount", Some(message.receives.to_string())),
        ("SentTimestamp", Some(message.sent_ms.to_string())),
        ("SequenceNumber", message.sequence_number.clone()),
        ("MessageGroupId", message.group.clone()),
        ("SenderId", Some(message.sender.clone())),
        ("MessageDeduplicationId", message.deduplication.clone()),
        ("ApproximateFirstReceiveTimestamp", Some(message.first_received_ms.to_string())),
        ("DeadLetterQueueSourceArn", message.source.clone()),
    ];
    let known = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::from(text?))));
    attributes.extend(known);
    Value::Object(attributes)
}

fn message_attributes(message: &Received) -> Value {
    let one = |(name, attribute): (&String, &services::queues::Attribute)| {
        let (member, value) = match &attribute.value {
            AttributeValue::Text(text) => ("stringValue", text.clone()),
            AttributeValue::Binary(bytes) => ("binaryValue", STANDARD.encode(bytes)),
        };
        let mut told = Map::new();
        told.insert(member.to_owned(), Value::from(value));
        told.insert("stringListValues".to_owned(), Value::Array(Vec::new()));
        told.insert("binaryListValues".to_owned(), Value::Array(Vec::new()));
        told.insert("dataType".to_owned(), Value::from(&*attribute.data_type));
        (name.clone(), Value::Object(told))
    };
    Value::Object(message.attributes.iter().map(one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use filter::Filters;
    use serde_json::json;
    use services::queues::Attribute;
    use std::collections::BTreeMap;

    const ARN: &str = "arn:aws:sqs:eu-west-1:000000000000:q.fifo";

    fn message(body: &str) -> Received {
        let attribute = |data_type: &str, value| Attribute { data_type: data_type.to_owned(), value };
        Received {
            id: "id".into(),
            receipt: "r".into(),
            body: body.into(),
            attributes: BTreeMap::from([
                ("n".to_owned(), attribute("Number", AttributeValue::Text("7".into()))),
                ("b".to_owned(), attribute("Binary", AttributeValue::Binary(vec![0, 1]))),
            ]),
            system_attributes: BTreeMap::from([(
                "AWSTraceHeader".to_owned(),
                attribute("String", AttributeValue::Text("Root=1".into())),
            )]),
            group: Some("g".into()),
            deduplication: Some("d".into()),
            sequence_number: Some("10000000000000000001".into()),
            sender: "000000000000".into(),
            sent_ms: 1_000,
            first_received_ms: 2_000,
            receives: 2,
            source: None,
        }
    }

    #[test]
    fn a_message_as_aws_gives_it() {
        let message = message("a \"b\"");
        let mut record: Value = serde_json::from_slice(&record(&message, ARN)).unwrap();
        assert!(record["md5OfMessageAttributes"].take().is_string());
        assert_eq!(
            record,
            json!({
                "messageId": "id", "receiptHandle": "r", "body": "a \"b\"",
                "attributes": {
                    "ApproximateReceiveCount": "2", "SentTimestamp": "1000", "SenderId": "000000000000",
                    "ApproximateFirstReceiveTimestamp": "2000", "SequenceNumber": "10000000000000000001",
                    "MessageGroupId": "g", "MessageDeduplicationId": "d", "AWSTraceHeader": "Root=1",
                },
                "messageAttributes": {
                    "n": {"stringValue": "7", "stringListValues": [], "binaryListValues": [], "dataType": "Number"},
                    "b": {"binaryValue": "AAE=", "stringListValues": [], "binaryListValues": [], "dataType": "Binary"},
                },
                "md5OfMessageAttributes": null, "md5OfBody": message.body_md5(),
                "eventSource": "aws:sqs", "eventSourceARN": ARN, "awsRegion": "eu-west-1",
            })
        );
    }

    #[test]
    fn filters_see_the_body_as_what_it_is() {
        let rows = [
            (r#"{"body":{"a":["x"]}}"#, r#"{"a":"x"}"#, true),
            (r#"{"body":{"a":["x"]}}"#, r#"{"a":"y"}"#, false),
            (r#"{"body":{"a":["x"]}}"#, "plain", false),
            (r#"{"body":["plain"]}"#, "plain", true),
            (r#"{"body":["plain"]}"#, r#"{"a":"x"}"#, false),
            (r#"{"attributes":{"MessageGroupId":["g"]}}"#, "plain", true),
            (r#"{"messageAttributes":{"n":{"stringValue":["7"]}}}"#, r#"{"a":"x"}"#, true),
            (r#"{"messageAttributes":{"n":{"stringValue":["8"]}}}"#, "plain", false),
            (r#"{"eventSource":["aws:sqs"],"awsRegion":["eu-west-1"]}"#, "plain", true),
        ];
        for (pattern, body, matches) in rows {
            let filters = Filters::parse([pattern]).unwrap();
            assert_eq!(filters.matches(&filtered(&message(body), ARN)), matches, "{pattern} {body}");
        }
    }
}
