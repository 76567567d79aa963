//! Functions over a store in memory, or in a directory, run by a stand-in.

mod asynchronous;
mod hot_reload;
mod streaming;
mod texts;

use super::*;
use crate::api::{Answer, Api, Request};
use crate::invoke::{Call, InvokeError};
use bytes::Bytes;
use runtime::{Finished, Invocation, Piece, PoolError, Revision};
use serde_json::{Value, json};
use services::objects;
use std::collections::VecDeque;
use std::io::Write;
use std::path::Path;
use std::time::Duration;
use store::{AnyStore, Memory, Store};

/// Runs nothing: answers with what a test says, or with the event and the code.
#[derive(Default)]
struct StandIn {
    answers: Mutex<VecDeque<Finished>>,
    calls: Mutex<Vec<Invocation>>,
    revisions: Mutex<Vec<Revision>>,
    /// While it is set, calls wait.
    gate: tokio::sync::RwLock<()>,
}

struct Pool {
    engine: Arc<StandIn>,
    /// What the code was when the first process started.
    code: String,
}

struct OfStandIn(Arc<StandIn>);

impl Engine for OfStandIn {
    fn pool(&self, revision: Revision) -> Arc<dyn Processes> {
        let code = std::fs::read_to_string(revision.code.join("index.js")).unwrap();
        self.0.revisions.lock().unwrap().push(revision);
        Arc::new(Pool { engine: Arc::clone(&self.0), code })
    }
}

impl Processes for Pool {
    fn invoke(&self, invocation: Invocation) -> Running<'_> {
        Box::pin(async move {
            self.engine.calls.lock().unwrap().push(invocation.clone());
            drop(self.engine.gate.read().await);
            let event: Value = serde_json::from_slice(&invocation.payload).unwrap();
            if let (Some(pieces), Some(texts)) = (&invocation.pieces, event["pieces"].as_array()) {
                pieces.send(Piece::Began { content_type: None }).await.unwrap();
                for text in texts {
                    let bytes = text.as_str().unwrap().to_owned().into();
                    pieces.send(Piece::Bytes(bytes)).await.unwrap();
                }
            }
            let next = self.engine.answers.lock().unwrap().pop_front();
            Ok::<_, PoolError>(
                next.unwrap_or_else(|| finished(&json!({ "event": event, "code": self.code }), false)),
            )
        })
    }

    fn prewarm(&self) {}

    fn retire(&self) {}
}

fn finished(payload: &Value, failed: bool) -> Finished {
    Finished {
        payload: payload.to_string().into(),
        failed,
        log_tail: Some(Bytes::from_static(b"END")),
        log_stream: "s".into(),
        duration_us: 1,
    }
}

struct Rig {
    functions: Functions,
    api: Api,
    engine: Arc<StandIn>,
    environment: Environment,
    objects: Objects,
    runner: Runner,
    space: SpaceId,
    directory: tempfile::TempDir,
}

fn rig() -> Rig {
    rig_with(Environment::simulated(7, 1_700_000_000_000))
}

fn rig_with(environment: Environment) -> Rig {
    let store = Arc::new(AnyStore::Memory(Memory::new(1 << 20)));
    let runner = Runner::new(Arc::clone(&store), &environment).unwrap();
    let place = objects::Options { place: objects::Place::Temporary, shared: false };
    let objects =
        Objects::open(runner.clone(), store.create_space().unwrap(), place, environment.clone()).unwrap();
    let space = store.create_space().unwrap();
    let directory = tempfile::tempdir().unwrap();
    open((runner, space), objects, environment, directory)
}

fn open(
    (runner, space): (Runner, SpaceId),
    objects: Objects,
    environment: Environment,
    directory: tempfile::TempDir,
) -> Rig {
    let engine = Arc::new(StandIn::default());
    let options = Options {
        place: Place::Directory { path: directory.path().join("functions"), sync: false },
        shared: false,
        local_code: true,
        served: true,
        retry_delays_ms: [1_000, 2_000],
    };
    let of_engine = Arc::new(OfStandIn(Arc::clone(&engine)));
    let functions =
        Functions::open((runner.clone(), space), options, objects.clone(), of_engine, environment.clone())
            .unwrap();
    functions.set_destinations(Destinations::new().with_objects(objects.clone()));
    functions.start();
    let api = Api::new(functions.clone());
    Rig { functions, api, engine, environment, objects, runner, space, directory }
}

impl Rig {
    /// The same after a restart.
    fn restarted(self) -> Self {
        let Self { objects, runner, space, environment, directory, .. } = self;
        open((runner, space), objects, environment, directory)
    }

    async fn answer(&self, method: &str, path: &str, body: Bytes, headers: &[(&str, &str)]) -> Answer {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let request = Request {
            method: method.into(),
            path: path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
            query: pairs.map(|(name, value)| (name.into(), value.into())).collect(),
            headers: headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            body,
            host: "localhost:4566".into(),
            caller: owner(),
            request_id: String::new(),
        };
        self.api.call(request).await
    }

    /// Status and body.
    async fn ask(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let answer = self.answer(method, path, body, &[]).await;
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    /// A body, of an answer that is none of an error.
    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask("GET", path, Value::Null).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    async fn create(&self, name: &str) -> Value {
        let (status, body) = self.ask("POST", FUNCTIONS, request(name)).await;
        assert_eq!(status, 201, "{body}");
        body
    }

    async fn invoke(&self, path: &str, event: Value) -> (u16, Value) {
        self.ask("POST", &format!("{FUNCTIONS}/{path}"), event).await
    }
}

const FUNCTIONS: &str = "/2015-03-31/functions";

const ROLE: &str = "arn:aws:iam::000000000000:role/r";

fn owner() -> Caller {
    Caller { account: "000000000000".into(), region: "us-east-1".into() }
}

fn arn(name: &str) -> String {
    format!("arn:aws:lambda:us-east-1:000000000000:function:{name}")
}

fn packed(code: &str) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("index.js", zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(code.as_bytes()).unwrap();
    writer.finish().unwrap().into_inner()
}

fn archive(code: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(packed(code))
}

fn request(name: &str) -> Value {
    json!({
        "FunctionName": name,
        "Runtime": "nodejs22.x",
        "Role": ROLE,
        "Handler": "index.handler",
        "Code": { "ZipFile": archive("one") },
    })
}

/// Waits for a condition, in real time.
async fn eventually(what: &str, condition: impl AsyncFn() -> bool) {
    let clock = environment::Clock::system();
    let deadline = clock.machine() + Duration::from_secs(10);
    while !condition().await {
        assert!(clock.machine() < deadline, "not in time: {what}");
        clock.sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn a_function_is_made_called_changed_and_deleted() {
    let rig = rig();
    let made = rig.create("f").await;
    assert_eq!((&made["State"], &made["Version"]), (&json!("Pending"), &json!("$LATEST")));
    assert_eq!(made["FunctionArn"], arn("f"));
    let found = rig.get(&format!("{FUNCTIONS}/f")).await;
    let configuration = &found["Configuration"];
    assert_eq!(
        (&configuration["State"], &configuration["LastUpdateStatus"]),
        (&json!("Active"), &json!("Successful"))
    );
    assert_ne!(configuration["RevisionId"], made["RevisionId"]);
    let location = found["Code"]["Location"].as_str().unwrap();
    let sha256 = location.strip_prefix("http://localhost:4566/_tailwater/code/").unwrap();
    let kept = rig.functions.archive(sha256.strip_suffix(".zip").unwrap()).await.unwrap();
    assert_eq!(kept, packed("one"));

    let called = rig.invoke("f/invocations", json!({ "x": 1 })).await;
    assert_eq!(called, (200, json!({ "event": { "x": 1 }, "code": "one" })));
    let update = json!({ "ZipFile": archive("two") });
    let (status, changed) = rig.ask("PUT", &format!("{FUNCTIONS}/f/code"), update).await;
    assert_eq!((status, &changed["LastUpdateStatus"]), (200, &json!("InProgress")));
    assert_eq!(rig.invoke("f/invocations", Value::Null).await.1, json!({ "event": {}, "code": "two" }));
    eventually("the old archive is deleted", async || rig.archives() == 1).await;

    let (status, _) = rig.ask("DELETE", &format!("{FUNCTIONS}/f"), Value::Null).await;
    assert_eq!(status, 204);
    let gone = json!({ "Type": "User", "Message": format!("Function not found: {}", arn("f")) });
    assert_eq!(rig.ask("GET", &format!("{FUNCTIONS}/f"), Value::Null).await, (404, gone));
    let gone = json!({ "Type": "User", "Message": format!("Function not found: {}:$LATEST", arn("f")) });
    assert_eq!(rig.invoke("f/invocations", json!({})).await, (404, gone));
    eventually("no archive is left", async || rig.archives() == 0).await;
}

#[tokio::test]
async fn a_function_that_is_deleted_while_it_is_called_was_not_found() {
    let rig = rig();
    rig.create("f").await;
    let resolved = rig.functions.resolve(&arn("f")).unwrap();
    assert_eq!(rig.ask("DELETE", &format!("{FUNCTIONS}/f"), Value::Null).await.0, 204);
    let call = Call {
        function_arn: arn("f"),
        payload: Bytes::from_static(b"{}"),
        request_id: None,
        client_context: None,
        tail: false,
        mapping: None,
    };
    let called = rig.functions.run_version(resolved, call, None).await;
    assert_eq!(called, Err(InvokeError::NotFound(arn("f"))));
}

impl Rig {
    fn archives(&self) -> usize {
        std::fs::read_dir(self.directory.path().join("functions/archives")).unwrap().count()
    }
}

#[tokio::test]
async fn the_id_of_a_request_is_that_of_its_invocation() {
    let rig = rig();
    rig.create("f").await;
    let path = format!("{FUNCTIONS}/f/invocations");
    let answer = rig.answer("POST", &path, Bytes::from_static(b"{}"), &[("x-amz-log-type", "Tail")]).await;
    let header =
        |name| answer.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    assert_eq!(header("x-amzn-requestid"), Some(rig.engine.calls.lock().unwrap()[0].request_id.clone()));
    assert_eq!(header("x-amz-executed-version").as_deref(), Some("$LATEST"));
    assert_eq!(header("x-amz-log-result").as_deref(), Some("RU5E"));
    assert_eq!(header("x-amz-function-error"), None);
    rig.engine.answers.lock().unwrap().push_back(finished(&json!({ "errorMessage": "no" }), true));
    let answer = rig.answer("POST", &path, Bytes::from_static(b"{}"), &[]).await;
    let error =
        answer.headers.iter().any(|(name, value)| *name == "x-amz-function-error" && value == "Unhandled");
    assert!(error && answer.status == 200, "{answer:?}");
    let answer = rig.answer("POST", &path, Bytes::new(), &[("x-amz-invocation-type", "DryRun")]).await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    assert_eq!(rig.engine.calls.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn everything_survives_a_restart() {
    let rig = rig();
    rig.create("f").await;
    let (status, version) = rig.ask("POST", &format!("{FUNCTIONS}/f/versions"), json!({})).await;
    assert_eq!((status, &version["Version"]), (201, &json!("1")));
    let alias = json!({ "Name": "live", "FunctionVersion": "1", "Description": "d" });
    assert_eq!(rig.ask("POST", &format!("{FUNCTIONS}/f/aliases"), alias).await.0, 201);
    let layer = json!({ "Content": { "ZipFile": archive("layer") }, "CompatibleRuntimes": ["nodejs22.x"] });
    let (status, layer) = rig.ask("POST", "/2018-10-31/layers/l/versions", layer).await;
    assert_eq!((status, &layer["Version"]), (201, &json!(1)));
    let change =
        json!({ "Layers": [layer["LayerVersionArn"]], "Environment": { "Variables": { "AB": "c" } } });
    assert_eq!(rig.ask("PUT", &format!("{FUNCTIONS}/f/configuration"), change).await.0, 200);
    let before = rig.get(&format!("{FUNCTIONS}/f")).await;

    let rig = rig.restarted();
    assert_eq!(rig.get(&format!("{FUNCTIONS}/f")).await, before);
    assert_eq!(rig.get(&format!("{FUNCTIONS}/f/aliases/live")).await["FunctionVersion"], "1");
    let called = rig.invoke("f:live/invocations", json!(1)).await;
    assert_eq!(called, (200, json!({ "event": 1, "code": "one" })));
    rig.invoke("f/invocations", json!(1)).await;
    {
        let revisions = rig.engine.revisions.lock().unwrap();
        assert_eq!((revisions[0].version.as_str(), revisions[0].layers.len()), ("1", 0));
        assert_eq!((revisions[1].version.as_str(), revisions[1].layers.len()), ("$LATEST", 1));
        assert_eq!(revisions[1].variables, [("AB".to_owned(), "c".to_owned())]);
    }
    // A number is not used again, even where the layer is gone.
    assert_eq!(rig.ask("DELETE", "/2018-10-31/layers/l/versions/1", Value::Null).await.0, 204);
    let layer = json!({ "Content": { "ZipFile": archive("layer") } });
    assert_eq!(rig.ask("POST", "/2018-10-31/layers/l/versions", layer).await.1["Version"], 2);
    // Nothing changed since, so it is the same version.
    let publish = format!("{FUNCTIONS}/f/versions");
    assert_eq!(rig.ask("POST", &publish, json!({})).await.1["Version"], "2");
    assert_eq!(rig.ask("POST", &publish, json!({})).await.1["Version"], "2");
}

#[tokio::test]
async fn reserved_concurrency_is_enforced() {
    let rig = rig();
    rig.create("f").await;
    let path = "/2017-10-31/functions/f/concurrency";
    let (status, _) = rig.ask("PUT", path, json!({ "ReservedConcurrentExecutions": 1 })).await;
    assert_eq!(status, 200);
    let closed = rig.engine.gate.write().await;
    let (functions, call) = (rig.functions.clone(), call("f"));
    let first = environment::spawn(async move { crate::invoke::Invoke::invoke(&functions, call).await });
    eventually("it runs", async || rig.engine.calls.lock().unwrap().len() == 1).await;
    let throttled = json!({
        "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded",
        "Type": "User",
        "message": "Rate Exceeded.",
    });
    assert_eq!(rig.invoke("f/invocations", json!({})).await, (429, throttled));
    drop(closed);
    assert!(first.await.unwrap().is_ok());
    assert_eq!(rig.invoke("f/invocations", json!({})).await.0, 200);
    let reserved = rig.get("/2019-09-30/functions/f/concurrency").await;
    assert_eq!(reserved, json!({ "ReservedConcurrentExecutions": 1 }));
    assert_eq!(rig.ask("DELETE", path, Value::Null).await.0, 204);
    assert_eq!(rig.get("/2019-09-30/functions/f/concurrency").await, json!({}));
}

fn call(name: &str) -> crate::invoke::Call {
    crate::invoke::Call {
        function_arn: arn(name),
        payload: Bytes::from_static(b"{}"),
        request_id: None,
        client_context: None,
        tail: false,
        mapping: None,
    }
}

#[tokio::test]
async fn an_alias_divides_calls_by_its_weights() {
    let rig = rig();
    rig.create("f").await;
    let publish = format!("{FUNCTIONS}/f/versions");
    rig.ask("POST", &publish, json!({})).await;
    rig.ask("PUT", &format!("{FUNCTIONS}/f/code"), json!({ "ZipFile": archive("two") })).await;
    rig.ask("POST", &publish, json!({})).await;
    let weights = json!({ "AdditionalVersionWeights": { "2": 0.25 } });
    let alias = json!({ "Name": "live", "FunctionVersion": "1", "RoutingConfig": weights });
    assert_eq!(rig.ask("POST", &format!("{FUNCTIONS}/f/aliases"), alias).await.0, 201);
    let mut twos = 0;
    for _ in 0..400 {
        let (_, answer) = rig.invoke("f/invocations?Qualifier=live", json!({})).await;
        twos += usize::from(answer["code"] == "two");
    }
    assert!((60..140).contains(&twos), "{twos} of 400");
}

#[tokio::test]
async fn code_comes_out_of_a_bucket() {
    let rig = rig();
    let name = objects::BucketName::new("code").unwrap();
    rig.objects.create_bucket(&name, "000000000000", "us-east-1").await.unwrap();
    let key = objects::ObjectKey::new("f.zip").unwrap();
    let address = objects::Address { account: "000000000000", bucket: &name, key: &key };
    let mut writer = rig.objects.create(None);
    writer.write(packed("stored").into()).await.unwrap();
    let written = writer.finish().await.unwrap();
    let attributes = objects::Attributes::default();
    rig.objects.put(address, written, attributes, objects::Condition::default()).await.unwrap();
    let mut wanted = request("f");
    wanted["Code"] = json!({ "S3Bucket": "code", "S3Key": "f.zip" });
    assert_eq!(rig.ask("POST", FUNCTIONS, wanted).await.0, 201);
    assert_eq!(rig.invoke("f/invocations", json!({})).await.1["code"], "stored");
}

#[tokio::test]
async fn whoever_waits_for_a_change_is_told() {
    use crate::invoke::Invoke;
    let rig = rig();
    let created = rig.functions.changed(&arn("f"));
    rig.create("f").await;
    created.await;
    assert!(rig.functions.exists(&arn("f")) && !rig.functions.exists(&format!("{}:1", arn("f"))));
    for (method, path, body) in [
        ("PUT", format!("{FUNCTIONS}/f/code"), json!({ "ZipFile": archive("two") })),
        (
            "PUT",
            "/2017-10-31/functions/f/concurrency".to_owned(),
            json!({ "ReservedConcurrentExecutions": 3 }),
        ),
        ("DELETE", format!("{FUNCTIONS}/f"), Value::Null),
    ] {
        let changed = rig.functions.changed(&arn("f"));
        rig.ask(method, &path, body).await;
        changed.await;
    }
}
