//! Requests to CloudWatch: the first byte chooses the protocol, the rest is the body. Whatever it is, it is answered in its
//! protocol; and what is taken in JSON says the same with other spaces.

use services::metrics::{Answer, Call, Protocol, call};

/// See the module.
pub fn target(data: &[u8]) {
    let Some((choice, body)) = data.split_first() else { return };
    let protocol = [Protocol::Query, Protocol::Json, Protocol::Cbor][usize::from(*choice) % 3];
    let answer = put(protocol, body);
    assert!(answer.status < 500, "{}", answer.body.escape_ascii());
    if protocol == Protocol::Json {
        let told: Result<serde_json::Value, _> = serde_json::from_slice(&answer.body);
        assert!(told.is_ok(), "{}", answer.body.escape_ascii());
        if let Ok(value) = serde_json::from_slice::<serde_json::Value>(body) {
            // Of members that are there twice the last counts, here and there.
            let again = put(protocol, format!(" {value:#}").as_bytes());
            assert_eq!(again.status, answer.status);
        }
    }
}

fn put(protocol: Protocol, body: &[u8]) -> Answer {
    call(&Call { protocol, operation: "PutMetricData", query: b"", body, request_id: "r" })
}
