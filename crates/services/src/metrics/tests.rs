//! Metrics in each protocol that clients speak.

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn put(protocol: Protocol, body: &[u8]) -> Answer {
    call(&Call { protocol, operation: PUT, query: b"", body, request_id: "r" })
}

/// A value as JSON has it, for bodies in CBOR.
fn value(json: &serde_json::Value) -> Value {
    Value::from_json(json.to_string().as_bytes()).unwrap()
}

/// The code and the message, which are the same in JSON and in CBOR.
fn refused(body: &serde_json::Value) -> (String, String) {
    let json = put(Protocol::Json, body.to_string().as_bytes());
    let cbor = put(Protocol::Cbor, &cbor::encode(&value(body)));
    assert_eq!((json.status, cbor.status), (400, 400), "{body}");
    assert_eq!(json.query_error, cbor.query_error);
    let told = cbor::decode(&cbor.body).unwrap();
    assert_eq!(told.to_json(), json.body);
    let told: serde_json::Value = serde_json::from_slice(&json.body).unwrap();
    let code = json.query_error.unwrap().strip_suffix(";Sender").unwrap().to_owned();
    (code, told["message"].as_str().unwrap().to_owned())
}

/// A request of one metric with these members.
fn one(datum: serde_json::Value) -> serde_json::Value {
    json!({ "Namespace": "App", "MetricData": [datum] })
}

#[test]
fn metrics_are_taken_in_each_protocol() {
    let body = json!({
        "Namespace": "KCL",
        "MetricData": [
            { "MetricName": "a", "Value": 1, "Unit": "Count", "Timestamp": 1.5e9, "StorageResolution": 1 },
            { "MetricName": "b", "Dimensions": [{ "Name": "n", "Value": "v" }], "Values": [1, 2.5], "Counts": [1, 2] },
            { "MetricName": "c", "StatisticValues": { "SampleCount": 1, "Sum": 2, "Minimum": 0.5, "Maximum": 1.5 } },
        ],
        "EntityMetricData": [{ "Entity": {}, "MetricData": [{ "MetricName": "d", "Value": 0 }] }],
    });
    let json = put(Protocol::Json, body.to_string().as_bytes());
    assert_eq!((json.status, json.body.as_slice()), (200, &b"{}"[..]));
    let cbor = put(Protocol::Cbor, &cbor::encode(&value(&body)));
    assert_eq!((cbor.status, cbor.content_type, cbor.body.len()), (200, "application/cbor", 0));
    let form = "Action=PutMetricData&Version=2010-08-01&Namespace=KCL&MetricData.member.1.MetricName=a\
        &MetricData.member.1.Value=1.5&MetricData.member.1.Unit=Count&MetricData.member.1.Timestamp=2026-01-01T00:00:00Z\
        &MetricData.member.1.Dimensions.member.1.Name=n&MetricData.member.1.Dimensions.member.1.Value=v\
        &MetricData.member.2.MetricName=b&MetricData.member.2.Values.member.1=1&MetricData.member.2.Counts.member.1=2\
        &MetricData.member.3.MetricName=c&MetricData.member.3.StatisticValues.SampleCount=1\
        &MetricData.member.3.StatisticValues.Sum=1&MetricData.member.3.StatisticValues.Minimum=1\
        &MetricData.member.3.StatisticValues.Maximum=1";
    let xml = put(Protocol::Query, form.as_bytes());
    assert_eq!((xml.status, xml.content_type), (200, "text/xml"));
    assert!(String::from_utf8(xml.body).unwrap().contains("<PutMetricDataResponse xmlns="));
}

#[test]
fn what_aws_refuses_is_refused() {
    let mut many = vec![json!({ "MetricName": "a", "Value": 1 }); 1_001];
    let table = [
        (json!({}), "MissingParameter", "The parameter Namespace is required."),
        (json!({ "Namespace": "App" }), "MissingParameter", "The parameter MetricData is required."),
        (
            json!({ "Namespace": "AWS/Lambda", "MetricData": [] }),
            "InvalidParameterValue",
            "The value AWS/Lambda for parameter Namespace is invalid.",
        ),
        (
            json!({ "Namespace": "App", "MetricData": many }),
            "InvalidParameterValue",
            "The collection MetricData must not have a size greater than 1000.",
        ),
        (
            one(json!({ "Value": 1 })),
            "MissingParameter",
            "The parameter MetricData.member.1.MetricName is required.",
        ),
        (
            one(json!({ "MetricName": "a" })),
            "MissingParameter",
            "At least one of the parameters MetricData.member.1.Values, MetricData.member.1.StatisticValues, \
             MetricData.member.1.Value must be specified.",
        ),
        (
            one(json!({ "MetricName": "a", "Value": 1, "Values": [1] })),
            "InvalidParameterCombination",
            "The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually exclusive and you have \
             specified both.",
        ),
        (
            one(json!({ "MetricName": "a", "Values": [1, 2], "Counts": [1] })),
            "InvalidParameterCombination",
            "The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of the same size.",
        ),
        (
            one(json!({ "MetricName": "a", "Value": 1, "Unit": "Parsec" })),
            "InvalidParameterValue",
            "The value Parsec for parameter MetricData.member.1.Unit is invalid.",
        ),
        (
            one(json!({ "MetricName": "a", "Value": 1, "StorageResolution": 5 })),
            "InvalidParameterValue",
            "The value 5 for parameter MetricData.member.1.StorageResolution is invalid.",
        ),
        (
            one(json!({ "MetricName": "a", "Value": 1, "Dimensions": [{ "Name": "n" }] })),
            "MissingParameter",
            "The parameter MetricData.member.1.Dimensions.member.1.Value is required.",
        ),
        (
            one(json!({ "MetricName": "a", "StatisticValues": { "Sum": 1 } })),
            "MissingParameter",
            "The parameter MetricData.member.1.StatisticValues.SampleCount is required.",
        ),
        (one(json!({ "MetricName": 1 })), "MalformedInput", "MetricData.member.1.MetricName is not a string"),
        (one(json!([])), "MalformedInput", "MetricData.member.1 is not a structure"),
    ];
    for (body, code, message) in table {
        assert_eq!(refused(&body), (code.into(), message.into()));
    }
    many.truncate(1_000);
    let body = json!({ "Namespace": "App", "MetricData": many });
    assert_eq!(put(Protocol::Json, body.to_string().as_bytes()).status, 200);
}

#[test]
fn numbers_that_are_none_or_too_large_are_refused() {
    for number in ["NaN", "inf", "1e109", "x"] {
        let form = format!(
            "Action=PutMetricData&Namespace=App&MetricData.member.1.MetricName=a&MetricData.member.1.Value={number}"
        );
        let answer = put(Protocol::Query, form.as_bytes());
        let body = String::from_utf8(answer.body).unwrap();
        assert!(
            answer.status == 400 && body.contains("<Code>InvalidParameterValue</Code>"),
            "{number}: {body}"
        );
    }
}

#[test]
fn everything_else_is_refused_by_name() {
    let asked =
        Call { protocol: Protocol::Json, operation: "ListMetrics", query: b"", body: b"{}", request_id: "r" };
    let answer = call(&asked);
    assert_eq!(answer.query_error.as_deref(), Some("InvalidAction;Sender"));
    assert!(String::from_utf8(answer.body).unwrap().contains("ListMetrics is not supported by this server"));
}

proptest! {
    #[test]
    fn any_bytes_are_answered(body in prop::collection::vec(any::<u8>(), 0..300)) {
        for protocol in [Protocol::Query, Protocol::Json, Protocol::Cbor] {
            prop_assert!(put(protocol, &body).status < 500);
        }
    }
}
