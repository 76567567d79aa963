//! InvokeWithResponseStream, and the settings of function URLs.

use super::*;
use crate::api::StreamedAnswer;
use std::future::poll_fn;

const STREAMS: &str = "2021-11-15/functions/f/response-streaming-invocations";

impl Rig {
    async fn stream(&self, event: &Value, headers: &[(&str, &str)]) -> Result<StreamedAnswer, Answer> {
        let request = Request {
            method: "POST".into(),
            path: STREAMS.split('/').map(str::to_owned).collect(),
            query: Vec::new(),
            headers: headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            body: event.to_string().into(),
            host: "localhost:4566".into(),
            caller: owner(),
            request_id: String::new(),
        };
        self.api.call_streamed(request).await
    }
}

/// The events of an answer: what stands between their headers and their checksums.
async fn events(mut answer: StreamedAnswer) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    while let Some(event) = poll_fn(|context| answer.events.poll_next(context)).await {
        let number = |at: usize| u32::from_be_bytes(event[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!(number(0), event.len(), "one event at a time");
        let payload = &event[12 + number(4)..event.len() - 4];
        let text = String::from_utf8_lossy(&event);
        let kind = ["PayloadChunk", "InvokeComplete"].into_iter().find(|kind| text.contains(kind));
        found.push((kind.unwrap(), String::from_utf8(payload.to_vec()).unwrap()));
    }
    found
}

#[tokio::test]
async fn an_answer_as_a_stream_of_events() {
    let rig = rig();
    rig.create("f").await;
    let text = |text: &str| text.to_owned();
    let fails = || finished(&json!({ "errorType": "E" }), true);
    let error = json!({ "ErrorCode": "Unhandled", "ErrorDetails": "{\"errorType\":\"E\"}" }).to_string();
    let streams = Finished { payload: Bytes::new(), ..finished(&Value::Null, false) };
    let table = [
        (
            json!(["a", "b"]),
            streams,
            vec![("PayloadChunk", text("a")), ("PayloadChunk", text("b")), ("InvokeComplete", text("{}"))],
        ),
        (
            Value::Null,
            finished(&json!(7), false),
            vec![("PayloadChunk", text("7")), ("InvokeComplete", text("{}"))],
        ),
        (Value::Null, fails(), vec![("InvokeComplete", error.clone())]),
        (json!(["a"]), fails(), vec![("PayloadChunk", text("a")), ("InvokeComplete", error)]),
    ];
    for (pieces, finished, expected) in table {
        rig.engine.answers.lock().unwrap().push_back(finished);
        let answer = rig.stream(&json!({ "pieces": pieces }), &[]).await.unwrap();
        let version = answer.headers.iter().find(|(name, _)| *name == "x-amz-executed-version");
        assert_eq!(version.map(|(_, value)| value.as_str()), Some("$LATEST"));
        assert_eq!(events(answer).await, expected);
    }
    let many: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    let streams = Finished { payload: Bytes::new(), ..finished(&Value::Null, false) };
    rig.engine.answers.lock().unwrap().push_back(streams);
    let answer = rig.stream(&json!({ "pieces": many }), &[("x-amz-log-type", "Tail")]).await.unwrap();
    let events = events(answer).await;
    assert_eq!(events.len(), 101, "more than are kept for one who reads slowly");
    assert_eq!(events[100].1, json!({ "LogResult": "RU5E" }).to_string());
}

#[tokio::test]
async fn what_is_no_stream_is_an_answer() {
    let rig = rig();
    let status = |answer: Result<StreamedAnswer, Answer>| answer.err().map(|answer| answer.status);
    assert_eq!(status(rig.stream(&json!({}), &[]).await), Some(404));
    rig.create("f").await;
    for (kind, expected) in [("DryRun", 204), ("Event", 400), ("x", 400)] {
        assert_eq!(status(rig.stream(&json!({}), &[("x-amz-invocation-type", kind)]).await), Some(expected));
    }
    let reserved = json!({ "ReservedConcurrentExecutions": 0 });
    rig.ask("PUT", "/2017-10-31/functions/f/concurrency", reserved).await;
    let answer = rig.stream(&json!({}), &[]).await.err().unwrap();
    assert_eq!(answer.status, 429);
    assert!(answer.headers.iter().any(|(name, _)| *name == "x-amzn-requestid"));
}

#[tokio::test]
async fn a_function_url_is_found_by_its_id_as_long_as_it_is_there() {
    let rig = rig();
    rig.create("f").await;
    let path = "/2021-10-31/functions/f/url";
    let (status, made) = rig.ask("POST", path, json!({ "AuthType": "NONE" })).await;
    assert_eq!(status, 201, "{made}");
    let url = made["FunctionUrl"].as_str().unwrap();
    let id = url.strip_prefix("http://").unwrap().split('.').next().unwrap();
    assert_eq!(url, format!("http://{id}.lambda-url.us-east-1.localhost:4566/"));
    let (function, qualifier, found) = rig.functions.by_url(id).unwrap();
    assert_eq!((function.name.as_str(), qualifier.as_str(), found.auth_type.as_str()), ("f", "", "NONE"));
    let rig = rig.restarted();
    assert!(rig.functions.by_url(id).is_some());
    assert_eq!(rig.ask("DELETE", path, Value::Null).await.0, 204);
    assert!(rig.functions.by_url(id).is_none());
}
