//! Whole requests to the server's own endpoints, as [`crate::http`] says them, with targets that go on behind `/_tailwater/`:
//! to a whole server, with a table, a function that is run by a stand-in, a mapping, and a batch that was given up. Whatever
//! a request is, it is answered in JSON, or in the text of metrics and archives, with no error that is the server's; in the
//! same way when it is asked again and nothing has changed; and all of it is the same when it is opened again.

use crate::engine::StandIn;
use crate::front::{Front, rest};
use crate::ground::{Ground, World, Worlds, opened};
use crate::http::{Answer, Asked};
use memchr::memmem;
use serde_json::{Value, json};
use std::sync::Arc;
use tailwater::simulated::{self, Server};

/// Any signature is believed by a server without keys.
const SIGNATURE: &str =
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/a/aws4_request, SignedHeaders=host, Signature=0";

/// A directory of code, which `{code}` stands for. What is run in place is watched, with all that is below it: nothing else is
/// to be.
const CODE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz_targets");

/// What is there before the request, beside two tables with streams.
const BEFORE: [&str; 9] = [
    r#"POST /_tailwater/functions/add

{"FunctionName":"f","Runtime":"nodejs22.x","Handler":"index.handler","Directory":"{code}"}"#,
    r#"POST /_tailwater/functions/add

{"FunctionName":"g","Runtime":"nodejs22.x","Handler":"index.handler","Directory":"{code}"}"#,
    r#"POST /_tailwater/functions/map

{"FunctionName":"f","Table":"tab"}"#,
    r#"POST /2015-03-31/event-source-mappings

{"FunctionName":"g","EventSourceArn":"arn:aws:dynamodb:us-east-1:000000000000:table/bad/stream/2026-01-01T00:00:00.000",
 "StartingPosition":"TRIM_HORIZON","MaximumRetryAttempts":0}"#,
    r#"POST /
x-amz-target: DynamoDB_20120810.PutItem

{"TableName":"tab","Item":{"pk":{"S":"a"}}}"#,
    r#"POST /
x-amz-target: DynamoDB_20120810.PutItem

{"TableName":"bad","Item":{"pk":{"S":"fail!"}}}"#,
    r#"POST /
x-amz-target: Logs_20140328.CreateLogGroup

{"logGroupName":"/aws/lambda/f"}"#,
    r#"POST /_tailwater/wait

{"mapping":"f"}"#,
    r#"POST /_tailwater/wait

{"mapping":"g"}"#,
];

/// What shows what is kept. Checkpoints of a store in memory are not, so that batches are given up anew by each that opens it.
const LISTS: [&str; 4] = ["clock", "streams/list?table=tab", "functions/list", "mappings/list"];

/// What is kept of a mapping, beside how far it has come.
const KEPT: [&str; 4] = ["uuid", "function_arn", "source", "enabled"];

/// The last parts of paths at which nothing is changed.
const SHOWN: [&str; 11] =
    ["batch", "discarded", "explain", "follow", "list", "now", "runs", "show", "streams", "tail", "wait"];

/// A whole server by its front door.
struct Whole {
    front: Front,
}

thread_local! {
    static WORLDS: Worlds<Whole> = const { Worlds::new() };
}

/// See the module.
pub fn target(data: &[u8]) {
    WORLDS.with(|worlds| worlds.serve(data));
}

impl World for Whole {
    type Seen = Vec<(u16, Value)>;

    fn open(ground: &Ground) -> Self {
        let server = opened(Server::open(simulated::World {
            store: Arc::clone(&ground.store),
            engine: Arc::new(StandIn),
            directory: ground.directory(),
            environment: ground.environment.clone(),
        }));
        let serve = |door| async move {
            opened(server.serve(door).await);
        };
        Self { front: Front::serve(ground, serve) }
    }

    async fn furnish(&self, ground: &Ground) {
        let tables = ["tab", "bad"].map(|name| {
            let question = json!({
                "TableName": name, "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
                "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
                "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" },
            });
            format!("POST /\nx-amz-target: DynamoDB_20120810.CreateTable\n\n{question}")
        });
        for text in tables.iter().map(String::as_str).chain(BEFORE) {
            let answer = self.answer(ground, text).await;
            assert!(answer.status < 300, "{text}: {answer:?}");
        }
        rest().await;
    }

    async fn settle(&self) {
        rest().await;
    }

    async fn ask(&self, ground: &Ground, data: &[u8]) -> bool {
        let Some(space) = memchr::memchr(b' ', data) else { return false };
        let text = [&data[..space], b" /_tailwater/", &data[space + 1..]].concat();
        let Some(text) = with_code(&text) else { return false };
        let Some(asked) = Asked::of(&text) else { return false };
        // The events of a subscription do not end.
        if memmem::find(asked.target.as_bytes(), b"subscribe").is_some() {
            return false;
        }
        let asked = signed(asked);
        let answer = self.front.ask(ground, &asked).await;
        assert!(answer.status < 500, "{asked:?}: {answer:?}");
        let is_json = serde_json::from_slice::<Value>(&answer.body).is_ok();
        assert!(
            is_json || answer.header("content-type") != Some("application/json"),
            "{asked:?}: {answer:?}"
        );
        let path = asked.target.split('?').next().unwrap_or_default();
        let is_shown = asked.method == "GET" || SHOWN.iter().any(|verb| path.ends_with(verb));
        // Whoever waits is told how long it took.
        if (is_shown || answer.status >= 400) && !path.contains("/wait") {
            let again = self.front.ask(ground, &asked).await;
            assert_eq!((again.status, &again.body), (answer.status, &answer.body), "{asked:?}");
        }
        // What is not stored is as in the beginning with the next world.
        answer.status < 300 && !is_shown
    }

    async fn look(&self, ground: &Ground) -> Self::Seen {
        rest().await;
        let mut seen = Vec::new();
        for list in LISTS {
            let answer = self.answer(ground, &format!("GET /_tailwater/{list}")).await;
            let mut shown: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            for mapping in shown.get_mut("mappings").and_then(Value::as_array_mut).into_iter().flatten() {
                *mapping = KEPT.iter().map(|name| mapping[*name].clone()).collect();
            }
            seen.push((answer.status, shown));
        }
        seen
    }
}

impl Whole {
    async fn answer(&self, ground: &Ground, text: &str) -> Answer {
        let text = with_code(text.as_bytes()).unwrap_or_default();
        let asked = Asked::of(&text).unwrap_or_else(|| panic!("{}", text.escape_ascii()));
        self.front.ask(ground, &signed(asked)).await
    }
}

/// With the directory of code for what stands for it; none where another is named.
fn with_code(text: &[u8]) -> Option<Vec<u8>> {
    const MARK: &[u8] = b"\"{code}\"";
    let Some(at) = memmem::find(text, MARK) else {
        return memmem::find(text, b"Directory").is_none().then(|| text.to_vec());
    };
    let rest = &text[at + MARK.len()..];
    let is_named_once = memmem::find(rest, b"Directory").is_none();
    is_named_once.then(|| [&text[..at], format!("{CODE:?}").as_bytes(), rest].concat())
}

fn signed(asked: Asked<'_>) -> Asked<'_> {
    asked.or("host", "localhost").or("authorization", SIGNATURE)
}
