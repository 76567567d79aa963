//! Handlers in Node, of every style.

use crate::harness::{World, answer, failure, invoke, tail};
use serde_json::json;

/// Each body of a handler answers `{"a":1}` for the event `{"a":1}`.
const STYLES: &[(&str, &str)] = &[
    ("a promise", "exports.handler = async (event) => event"),
    (
        "a promise that is made by hand",
        "exports.handler = (event) => new Promise((done) => setTimeout(done, 5, event))",
    ),
    ("a thenable", "exports.handler = (event) => ({ then(done) { done(event) } })"),
    ("a callback", "exports.handler = (event, context, callback) => callback(null, event)"),
    (
        "a callback that is late",
        "exports.handler = (event, context, callback) => { setTimeout(() => callback(null, event), 5) }",
    ),
    ("context.succeed", "exports.handler = (event, context) => { context.succeed(event) }"),
    ("context.done", "exports.handler = (event, context) => { context.done(null, event) }"),
    (
        "the first answer counts",
        "exports.handler = (e, context) => { context.succeed(e); context.fail('x') }",
    ),
    (
        "an event loop that does not empty",
        "exports.handler = (e, context, callback) => { context.callbackWaitsForEmptyEventLoop = false; setInterval(() => {}, 1000); callback(null, e) }",
    ),
    (
        "a stream",
        "exports.handler = awslambda.streamifyResponse(async (e, out) => { out.write('{\"a\":'); out.write(String(e.a)); out.end('}') })",
    ),
    (
        "a stream that the handler does not end",
        "exports.handler = awslambda.streamifyResponse(async (e, out) => { out.write(JSON.stringify(e)) })",
    ),
];

#[tokio::test]
async fn every_style_of_answering() {
    let world = World::new();
    for (style, code) in STYLES {
        let pool = world.node(code);
        for _ in 0..2 {
            assert_eq!(answer(&pool, r#"{"a":1}"#).await, json!({"a": 1}), "{style}");
        }
    }
    world.runtime.shutdown().await;
}

#[tokio::test]
async fn nothing_is_null() {
    let world = World::new();
    for code in [
        "exports.handler = () => {}",
        "exports.handler = async () => {}",
        "exports.handler = () => new Promise(() => {})",
        "exports.handler = async () => () => 1",
    ] {
        assert_eq!(answer(&world.node(code), "{}").await, json!(null), "{code}");
    }
}

#[tokio::test]
async fn a_callback_waits_for_the_event_loop_unless_told_otherwise() {
    let world = World::new();
    let code = "let late = 0; exports.handler = (e, c, callback) => { c.callbackWaitsForEmptyEventLoop = e.wait; const before = late; setTimeout(() => { late += 1 }, 50); callback(null, { get late() { return late } , before }) }";
    let pool = world.node(code);
    assert_eq!(answer(&pool, r#"{"wait":true}"#).await, json!({"late": 1, "before": 0}));
    assert_eq!(answer(&pool, r#"{"wait":false}"#).await, json!({"late": 1, "before": 1}));
}

/// Where the handler is, and in which files.
const PLACES: &[(&str, &[(&str, &str)])] = &[
    ("index.handler", &[("index.js", "exports.handler = async () => 'found'")]),
    ("src/a/index.handler", &[("src/a/index.js", "exports.handler = async () => 'found'")]),
    ("index.a.b.c", &[("index.js", "exports.a = { b: { c: async () => 'found' } }")]),
    ("index.handler", &[("index.mjs", "export const handler = async () => 'found'")]),
    ("index.handler", &[("index.mjs", "await 1; export const handler = async () => 'found'")]),
    ("index.handler", &[("index.mjs", "export default { handler: async () => 'found' }")]),
    (
        "index.handler",
        &[
            ("index.js", "export const handler = async () => 'found'"),
            ("package.json", r#"{"type":"module"}"#),
        ],
    ),
    (
        "src/index.handler",
        &[
            ("src/index.js", "export const handler = async () => 'found'"),
            ("package.json", r#"{"type":"module"}"#),
        ],
    ),
    (
        "src/index.handler",
        &[
            ("src/index.js", "exports.handler = async () => 'found'"),
            ("src/package.json", "{}"),
            ("package.json", r#"{"type":"module"}"#),
        ],
    ),
    (
        "index.handler",
        &[("index.cjs", "exports.handler = async () => 'found'"), ("package.json", r#"{"type":"module"}"#)],
    ),
    ("index.handler", &[("index", "exports.handler = async () => 'found'")]),
    ("thing.handler", &[("node_modules/thing/index.js", "exports.handler = async () => 'found'")]),
];

#[tokio::test]
async fn the_handler_is_found_where_aws_finds_it() {
    let world = World::new();
    for (handler, files) in PLACES {
        let pool = world.pool("nodejs20.x", handler, files);
        assert_eq!(answer(&pool, "{}").await, json!("found"), "{handler} in {files:?}");
    }
}

#[tokio::test]
async fn typescript_runs_where_node_knows_it_and_is_told_of_where_not() {
    let world = World::new();
    let pool = world.pool(
        "nodejs22.x",
        "index.handler",
        &[("index.ts", "export const handler = async (e: any): Promise<number> => e.a")],
    );
    let finished = invoke(&pool, r#"{"a":7}"#).await.unwrap();
    let text = String::from_utf8(finished.payload.to_vec()).unwrap();
    if finished.failed {
        assert!(text.contains("does not run TypeScript") && text.contains("tsx"), "{text}");
    } else {
        assert_eq!(text, "7");
    }
}

#[tokio::test]
async fn the_context_and_the_environment() {
    let world = World::new();
    let code = "exports.handler = async (e, c) => ({ name: c.functionName, version: c.functionVersion, memory: c.memoryLimitInMB, \
        group: c.logGroupName, stream: c.logStreamName === process.env.AWS_LAMBDA_LOG_STREAM_NAME, arn: c.invokedFunctionArn, \
        id: c.awsRequestId, left: c.getRemainingTimeInMillis(), region: process.env.AWS_REGION, own: process.env.OWN, \
        context: c.clientContext, cwd: process.cwd() === process.env.LAMBDA_TASK_ROOT, handler: process.env._HANDLER, \
        trace: process.env._X_AMZN_TRACE_ID, leak: process.env.CARGO_MANIFEST_DIR, fd: process.env._LAMBDA_TELEMETRY_LOG_FD, \
        tmp: require('os').tmpdir() === process.env.HOME + '/tmp' && require('fs').existsSync(require('os').tmpdir()) })";
    let mut revision = world.revision("nodejs20.x", "index.handler", &[("index.js", code)]);
    revision.variables =
        vec![("OWN".to_owned(), "ä b".to_owned()), ("AWS_REGION".to_owned(), "mars".to_owned())];
    let mut call = crate::harness::invocation("{}");
    call.client_context = Some(r#"{"custom":{"a":"ü"}}"#.to_owned());
    let finished = world.runtime.pool(revision).invoke(call.clone()).await.unwrap();
    let said: serde_json::Value = serde_json::from_slice(&finished.payload).unwrap();
    let (left, trace) = (said["left"].as_u64().unwrap(), said["trace"].as_str().unwrap());
    assert!((15_000..=20_000).contains(&left), "{left}");
    assert!(trace.starts_with("Root=1-"), "{trace}");
    let expected = json!({ "name": "barks", "version": "$LATEST", "memory": "128", "group": "/aws/lambda/barks", "stream": true,
        "arn": call.invoked_arn, "id": call.request_id, "left": left, "region": "eu-west-1", "own": "ä b", "cwd": true,
        "context": {"custom": {"a": "ü"}}, "handler": "index.handler", "trace": trace, "tmp": true });
    assert_eq!(said, expected);
    assert!(!finished.failed);
}

#[tokio::test]
async fn modules_keep_their_state_also_after_an_error() {
    let world = World::new();
    let pool = world.node(
        "let n = 0; exports.handler = async (e) => { n += 1; if (e.fail) throw new Error('x'); return n }",
    );
    assert_eq!(answer(&pool, "{}").await, json!(1));
    failure(&pool, r#"{"fail":true}"#).await;
    assert_eq!(answer(&pool, "{}").await, json!(3));
}

#[tokio::test]
async fn what_comes_late_belongs_to_no_call() {
    let world = World::new();
    let code = "exports.handler = (e, c, callback) => { c.callbackWaitsForEmptyEventLoop = false; if (e.first) { callback(null, 'first'); \
        setTimeout(() => { callback(null, 'late'); c.fail('late') }, 20) } else { setTimeout(() => callback(null, 'second'), 100) } }";
    let pool = world.node(code);
    assert_eq!(answer(&pool, r#"{"first":true}"#).await, json!("first"));
    assert_eq!(answer(&pool, "{}").await, json!("second"));
}

#[tokio::test]
async fn one_message_however_many_lines_it_has() {
    let world = World::new();
    let code = "exports.handler = async () => { console.log('one\\ntwo', { a: 1 }); process.stdout.write('raw\\n'); console.error('bad'); process.stdout.write('unfinished') }";
    let pool = world.node(code);
    let finished = invoke(&pool, "{}").await.unwrap();
    let messages = world.logged.messages();
    assert!(messages[1].ends_with("\tINFO\tone\ntwo { a: 1 }"), "{messages:?}");
    assert_eq!(messages[2], "raw");
    assert!(messages[3].ends_with("\tERROR\tbad"));
    assert_eq!(messages[4], "unfinished");
    assert_eq!(tail(&finished), messages.join("\n") + "\n");
}

#[tokio::test]
async fn the_sdk_is_found_in_the_code_the_search_path_and_the_configured_folder() {
    let world = World::new();
    let sdk = world.folder(&[
        ("node_modules/@aws-sdk/client-x/index.js", "exports.from = 'configured'"),
        ("node_modules/@aws-sdk/client-y/index.js", "exports.from = 'configured'"),
    ]);
    let world = World::with(|settings| settings.sdk_dir = Some(sdk.clone()));
    let own = ("node_modules/@aws-sdk/client-y/index.js", "exports.from = 'own'");
    let code = "exports.handler = async () => [require('@aws-sdk/client-x').from, require('@aws-sdk/client-y').from]";
    let pool = world.pool("nodejs20.x", "index.handler", &[("index.js", code), own]);
    assert_eq!(answer(&pool, "{}").await, json!(["configured", "own"]));
    let code = "import x from '@aws-sdk/client-x'; import y from '@aws-sdk/client-y'; export const handler = async () => [x.from, y.from]";
    let pool = world.pool("nodejs20.x", "index.handler", &[("index.mjs", code), own]);
    assert_eq!(answer(&pool, "{}").await, json!(["configured", "own"]));
    let layer = world.folder(&[("nodejs/node_modules/@aws-sdk/client-x/index.js", "exports.from = 'layer'")]);
    let code = "exports.handler = async () => require('@aws-sdk/client-x').from";
    let mut revision = world.revision("nodejs20.x", "index.handler", &[("index.js", code)]);
    revision.layers = vec![layer];
    assert_eq!(answer(&world.runtime.pool(revision), "{}").await, json!("layer"));
}

#[tokio::test]
async fn an_sdk_that_is_nowhere_is_told_of() {
    let world = World::new();
    // Where a machine has it in a global folder it is found there.
    let pool = world
        .node("const { X } = require('@aws-sdk/client-that-nobody-has'); exports.handler = async () => 1");
    let error = failure(&pool, "{}").await;
    assert_eq!(error["errorType"], "Runtime.ImportModuleError");
    let message = error["errorMessage"].as_str().unwrap();
    assert!(message.contains("npm install @aws-sdk/client-that-nobody-has"), "{message}");
    let code = "import { X } from '@aws-sdk/client-that-nobody-has'; export const handler = async () => 1";
    let error = failure(&world.pool("nodejs20.x", "index.handler", &[("index.mjs", code)]), "{}").await;
    assert_eq!(error["errorType"], "Runtime.ImportModuleError");
    assert!(error["errorMessage"].as_str().unwrap().contains("npm install"), "{error}");
}

#[tokio::test]
async fn an_sdk_of_version_2_may_be_named_and_made_but_not_used() {
    let world = World::new();
    let code = "const AWS = require('aws-sdk'); AWS.config.update({ region: 'x' }); const db = new AWS.DynamoDB.DocumentClient(); \
        exports.handler = async (e) => e.use ? db.get({}).promise() : 'unused'";
    let pool = world.node(code);
    assert_eq!(answer(&pool, "{}").await, json!("unused"));
    let error = failure(&pool, r#"{"use":true}"#).await;
    assert!(error["errorMessage"].as_str().unwrap().contains("npm install aws-sdk"), "{error}");
}
