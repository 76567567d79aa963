//! Filter policies on attributes and bodies.

use super::*;
use crate::topics::message::Attribute;
use crate::topics::structure::Texts;
use std::collections::BTreeMap;

fn message(text: &str, attributes: &[(&str, &str, &str)]) -> Notification {
    let attribute = |(name, kind, value): &(&str, &str, &str)| {
        ((*name).to_owned(), Attribute { kind: (*kind).into(), value: (*value).into() })
    };
    Notification {
        message_id: "id".into(),
        sequence_number: None,
        topic_arn: "arn:aws:sns:us-east-1:000000000000:t".into(),
        subject: None,
        texts: Texts::of(text, false).unwrap(),
        attributes: attributes.iter().map(attribute).collect::<BTreeMap<_, _>>(),
        published_ms: 0,
        group: None,
        deduplication: None,
        host: String::new(),
    }
}

fn matches(policy: &str, scope: Scope, message: &Notification) -> bool {
    FilterPolicy::parse(policy, scope).unwrap().unwrap().matches(&Seen::new(message), "sqs")
}

#[test]
fn attributes_are_matched_by_their_types() {
    let sent = message(
        "x",
        &[
            ("store", "String", "shop"),
            ("price", "Number", "100.50"),
            ("interests", "String.Array", "[\"rugby\",\"tennis\",true,1]"),
            ("picture", "Binary", "AA=="),
        ],
    );
    let table = [
        (r#"{"store":["shop"]}"#, true),
        (r#"{"store":[{"anything-but":["other"]}]}"#, true),
        (r#"{"store":[{"prefix":"sh"}],"price":[{"numeric":[">=",100]}]}"#, true),
        (r#"{"store":["shop"],"price":[{"numeric":["<",100]}]}"#, false),
        (r#"{"price":[100.5]}"#, true),
        (r#"{"price":["100.50"]}"#, false),
        (r#"{"interests":["tennis"]}"#, true),
        (r#"{"interests":[true]}"#, true),
        (r#"{"interests":[{"numeric":["=",1]}]}"#, true),
        (r#"{"interests":["football"]}"#, false),
        (r#"{"colour":[{"exists":false}]}"#, true),
        (r#"{"colour":[{"anything-but":["red"]}]}"#, false),
        (r#"{"store":[{"exists":true}]}"#, true),
        (r#"{"picture":[{"exists":true}]}"#, false),
        (r#"{"$or":[{"store":["other"]},{"price":[100.5]}]}"#, true),
    ];
    for (policy, expected) in table {
        assert_eq!(matches(policy, Scope::MessageAttributes, &sent), expected, "{policy}");
    }
}

#[test]
fn bodies_are_matched_as_json_objects() {
    let policy = r#"{"order":{"city":["Rome"],"lines":{"sku":[{"prefix":"A"}]}}}"#;
    let yes = r#"{"order":{"city":"Rome","lines":[{"sku":"B1"},{"sku":"A1"}]}}"#;
    for (text, expected) in
        [(yes, true), (r#"{"order":{"city":"Rome"}}"#, false), ("plain", false), ("[1]", false)]
    {
        assert_eq!(matches(policy, Scope::MessageBody, &message(text, &[])), expected, "{text}");
    }
}

#[test]
fn a_body_is_the_one_of_the_protocol() {
    let policy = FilterPolicy::parse(r#"{"a":[1]}"#, Scope::MessageBody).unwrap().unwrap();
    let texts = Texts::of(r#"{"default":"{\"a\":2}","sqs":"{\"a\":1}"}"#, true).unwrap();
    let sent = Notification { texts, ..message("x", &[]) };
    let seen = Seen::new(&sent);
    for _ in 0..2 {
        assert!(policy.matches(&seen, "sqs"));
        assert!(!policy.matches(&seen, "lambda"));
    }
}

#[test]
fn what_is_no_policy_is_refused() {
    let attributes = Scope::MessageAttributes;
    let many: Vec<String> = (0..6).map(|number| format!("\"k{number}\":[1]")).collect();
    let many = format!("{{{}}}", many.join(","));
    let list = |count: usize| vec!["1"; count].join(",");
    let complex = format!("{{\"a\":[{}],\"b\":[{}]}}", list(10), list(16));
    let nested = format!("{{\"a\":{{\"b\":[{}]}}}}", list(76));
    let table = [
        ("{", attributes, "failed to parse JSON."),
        ("[1]", attributes, "Filter policy must be a JSON object"),
        (many.as_str(), attributes, "Filter policy can not have more than 5 keys"),
        (r#"{"a":1}"#, attributes, "\"a\" must be an object or an array"),
        (r#"{"a":[]}"#, attributes, "\"a\" must not be an empty array"),
        (
            r#"{"a":{"b":[1]}}"#,
            attributes,
            "Filter policy scope MessageAttributes does not support nested filter policy",
        ),
        (complex.as_str(), attributes, "Filter policy is too complex"),
        (nested.as_str(), Scope::MessageBody, "Filter policy is too complex"),
        (r#"{"a":[{"sounds-like":"b"}]}"#, attributes, "Match value or operator is not valid"),
    ];
    for (policy, scope, why) in table {
        let failure = FilterPolicy::parse(policy, scope).unwrap_err();
        assert_eq!(failure.message(), format!("Invalid parameter: FilterPolicy: {why}"), "{policy}");
    }
    assert!(FilterPolicy::parse("{}", attributes).unwrap().is_none());
}
