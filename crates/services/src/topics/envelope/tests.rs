//! What subscribers of each protocol are sent.

use super::*;
use crate::topics::structure::Texts;
use proptest::prelude::*;
use serde_json::{Value, json};

const SUBSCRIPTION: &str = "arn:aws:sns:us-east-1:000000000000:t:0a";

fn message(subject: Option<&str>) -> Notification {
    let attribute = Attribute { kind: "String".into(), value: "world".into() };
    Notification {
        message_id: "id".into(),
        sequence_number: None,
        topic_arn: "arn:aws:sns:us-east-1:000000000000:t".into(),
        subject: subject.map(str::to_owned),
        texts: Texts::of("hi \"you\"", false).unwrap(),
        attributes: BTreeMap::from([("hello".to_owned(), attribute)]),
        published_ms: 1_767_225_600_007,
        group: None,
        deduplication: None,
        host: "localhost:4566".into(),
    }
}

#[test]
fn a_notification_is_written_as_sns_writes_it() {
    let expected = r#"{
  "Type" : "Notification",
  "MessageId" : "id",
  "TopicArn" : "arn:aws:sns:us-east-1:000000000000:t",
  "Subject" : "s",
  "Message" : "hi \"you\"",
  "Timestamp" : "2026-01-01T00:00:00.007Z",
  "SignatureVersion" : "1",
  "Signature" : "TailwaterDoesNotSignItsNotifications",
  "SigningCertURL" : "http://localhost:4566/SimpleNotificationService-unsigned.pem",
  "UnsubscribeURL" : "http://localhost:4566/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:us-east-1:000000000000:t:0a",
  "MessageAttributes" : {
    "hello" : {"Type":"String","Value":"world"}
  }
}"#;
    assert_eq!(notification(&message(Some("s")), "sqs", SUBSCRIPTION), expected);
}

#[test]
fn a_notification_of_a_fifo_topic_has_its_number_and_no_signature() {
    let fifo = Notification { sequence_number: Some(10_000_000_000_000_000_001), ..message(None) };
    let written = notification(&fifo, "sqs", SUBSCRIPTION);
    let value: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(value["SequenceNumber"], "10000000000000000001");
    assert_eq!(value.get("Signature"), None);
    assert_eq!(value.get("Subject"), None);
}

#[test]
fn a_function_gets_one_record() {
    let expected = concat!(
        r#"{"Records":[{"EventSource":"aws:sns","EventVersion":"1.0","#,
        r#""EventSubscriptionArn":"arn:aws:sns:us-east-1:000000000000:t:0a","Sns":{"Type":"Notification","#,
        r#""MessageId":"id","TopicArn":"arn:aws:sns:us-east-1:000000000000:t","Subject":null,"#,
        r#""Message":"hi \"you\"","Timestamp":"2026-01-01T00:00:00.007Z","SignatureVersion":"1","#,
        r#""Signature":"TailwaterDoesNotSignItsNotifications","#,
        r#""SigningCertUrl":"http://localhost:4566/SimpleNotificationService-unsigned.pem","#,
        r#""UnsubscribeUrl":"http://localhost:4566/?Action=Unsubscribe&SubscriptionArn="#,
        r#"arn:aws:sns:us-east-1:000000000000:t:0a","#,
        r#""MessageAttributes":{"hello":{"Type":"String","Value":"world"}}}}]}"#,
    );
    assert_eq!(event(&message(None), SUBSCRIPTION), expected);
}

#[test]
fn a_request_for_confirmation_carries_its_link() {
    let request = Confirmation {
        message_id: "id",
        token: "abc",
        topic_arn: "arn:aws:sns:us-east-1:000000000000:t",
        host: "127.0.0.1:1",
        now_ms: 0,
    };
    let value: Value = serde_json::from_str(&confirmation(&request)).unwrap();
    assert_eq!(value["Type"], "SubscriptionConfirmation");
    assert_eq!(
        value["SubscribeURL"],
        "http://127.0.0.1:1/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-east-1:000000000000:t&Token=abc"
    );
}

#[test]
fn filters_see_texts_numbers_and_lists() {
    let attribute = |kind: &str, value: &str| Attribute { kind: kind.into(), value: value.into() };
    let attributes = BTreeMap::from([
        ("s".to_owned(), attribute("String", "1")),
        ("n".to_owned(), attribute("Number", "1.50")),
        ("l".to_owned(), attribute("String.Array", "[\"a\",1,null]")),
        ("broken".to_owned(), attribute("String.Array", "[")),
        ("b".to_owned(), attribute("Binary", "AA==")),
    ]);
    assert_eq!(filterable(&attributes), json!({ "s": "1", "n": 1.5, "l": ["a", 1, null] }));
}

proptest! {
    #[test]
    fn whatever_a_message_says_its_envelopes_are_json(text: String, subject: String, name: String, value: String) {
        let attribute = Attribute { kind: "String".into(), value: value.clone() };
        let sent = Notification {
            texts: Texts::of(&text, false).unwrap(),
            subject: Some(subject.clone()),
            attributes: BTreeMap::from([(name.clone(), attribute)]),
            ..message(None)
        };
        let body: Value = serde_json::from_str(&notification(&sent, "sqs", SUBSCRIPTION)).unwrap();
        let event: Value = serde_json::from_str(&event(&sent, SUBSCRIPTION)).unwrap();
        for notification in [&body, &event["Records"][0]["Sns"]] {
            prop_assert_eq!(&notification["Message"], &text);
            prop_assert_eq!(&notification["Subject"], &subject);
            prop_assert_eq!(&notification["MessageAttributes"][&name]["Value"], &value);
        }
    }
}
