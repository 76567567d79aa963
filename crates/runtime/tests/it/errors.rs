//! What is answered when a function fails by itself: the bodies of AWS's clients.

use crate::harness::{World, answer, failure, invoke, tail};
use serde_json::{Value, json};

/// Code, and the type and the message of what it throws.
const NODE: &[(&str, &str, &str)] = &[
    ("exports.handler = async () => { throw new Error('boom') }", "Error", "boom"),
    ("exports.handler = () => { throw new TypeError('boom') }", "TypeError", "boom"),
    ("exports.handler = (e, c, callback) => callback(new RangeError('boom'))", "RangeError", "boom"),
    ("exports.handler = (e, c, callback) => callback('boom')", "string", "boom"),
    ("exports.handler = (e, c) => c.fail(new Error('boom'))", "Error", "boom"),
    ("exports.handler = (e, c) => c.fail()", "string", "handled"),
    ("exports.handler = (e, c) => c.done(new Error('boom'))", "Error", "boom"),
    ("exports.handler = () => Promise.reject({ a: 1 })", "object", "[object Object]"),
    ("exports.handler = () => Promise.reject(7)", "number", "7"),
    (
        "class Own extends Error { name = 'Own' } exports.handler = async () => { throw new Own('boom') }",
        "Own",
        "boom",
    ),
    (
        "exports.handler = async () => { const a = {}; a.a = a; return a }",
        "Error",
        "Unable to stringify response body",
    ),
    (
        "exports.handler = awslambda.streamifyResponse(async () => { throw new Error('boom') })",
        "Error",
        "boom",
    ),
    ("exports.handler = () => { setTimeout(() => { throw new Error('boom') }, 1) }", "Error", "boom"),
    (
        "exports.handler = () => { Promise.reject(new Error('boom')); return new Promise(() => setTimeout(() => {}, 5000)) }",
        "Runtime.UnhandledPromiseRejection",
        "Error: boom",
    ),
    ("exports.handler = 7", "Runtime.HandlerNotFound", "index.handler is not a function"),
    ("exports.other = 7", "Runtime.HandlerNotFound", "index.handler is undefined or not exported"),
];

#[tokio::test]
async fn errors_of_node() {
    let world = World::new();
    for (code, kind, message) in NODE {
        let error = failure(&world.node(code), "{}").await;
        assert_eq!(
            (error["errorType"].as_str(), error["errorMessage"].as_str()),
            (Some(*kind), Some(*message)),
            "{code}"
        );
        assert!(error["trace"].is_array(), "{error}");
    }
    let error = failure(&world.node("exports.handler = async () => { throw new Error('boom') }"), "{}").await;
    assert_eq!(error["trace"][0], "Error: boom");
    assert!(error["trace"][1].as_str().unwrap().contains("index.js:1"), "{error}");
    assert!(world.logged.has("\tERROR\tInvoke Error \t{\"errorType\":\"Error\",\"errorMessage\":\"boom\""));
}

#[tokio::test]
async fn a_module_of_node_that_does_not_load() {
    let world = World::new();
    for (handler, code, kind, message) in [
        (
            "index.handler",
            "require('nowhere')",
            "Runtime.ImportModuleError",
            "Error: Cannot find module 'nowhere'",
        ),
        ("index.handler", "const = 1", "Runtime.UserCodeSyntaxError", "SyntaxError: "),
        ("index.handler", "throw new TypeError('at start')", "TypeError", "at start"),
        ("other.handler", "", "Runtime.ImportModuleError", "Error: Cannot find module 'other'"),
        (
            "../index.handler",
            "",
            "Runtime.MalformedHandlerName",
            "'../index.handler' is not a valid handler name.",
        ),
        ("index", "", "Runtime.MalformedHandlerName", "Bad handler"),
    ] {
        let pool = world.pool("nodejs20.x", handler, &[("index.js", code)]);
        // The second time it does not start twice.
        for _ in 0..2 {
            let error = failure(&pool, "{}").await;
            assert_eq!(error["errorType"], kind, "{error}");
            assert!(error["errorMessage"].as_str().unwrap().starts_with(message), "{error}");
        }
    }
    let module = world.pool("nodejs20.x", "index.handler", &[("index.mjs", "import x from 'nowhere'")]);
    assert_eq!(failure(&module, "{}").await["errorType"], "Runtime.ImportModuleError");
    assert!(world.logged.has("INIT_REPORT Init Duration: "));
}

#[tokio::test]
async fn errors_of_python() {
    let world = World::new();
    let pool =
        world.python("def inner():\n    raise ValueError('boom')\ndef handler(event, context):\n    inner()");
    let finished = invoke(&pool, "{}").await.unwrap();
    let error: Value = serde_json::from_slice(&finished.payload).unwrap();
    let path = pool.revision().code.join("app.py");
    let line = |number: u32, name: &str, code: &str| {
        format!("  File \"{}\", line {number}, in {name}\n    {code}\n", path.display())
    };
    assert_eq!(error["errorMessage"], "boom");
    assert_eq!(error["errorType"], "ValueError");
    assert!(error["requestId"].as_str().unwrap().starts_with("request-"));
    assert_eq!(
        error["stackTrace"],
        json!([line(4, "handler", "inner()"), line(2, "inner", "raise ValueError('boom')")])
    );
    assert!(
        tail(&finished).contains("[ERROR] ValueError: boom\nTraceback (most recent call last):\n  File \"")
    );
    let pool = world.python("def handler(event, context): return {1, 2}");
    let error = failure(&pool, "{}").await;
    assert_eq!(error["errorType"], "Runtime.MarshalError");
    assert_eq!(
        error["errorMessage"],
        "Unable to marshal response: Object of type set is not JSON serializable"
    );
    assert_eq!(failure(&pool, "{").await["errorType"], "Runtime.UnmarshalError");
}

#[tokio::test]
async fn a_module_of_python_that_does_not_load() {
    let world = World::new();
    for (handler, code, kind, message) in [
        (
            "app.handler",
            "import nowhere",
            "Runtime.ImportModuleError",
            "Unable to import module 'app': No module named 'nowhere'",
        ),
        ("app.handler", "def", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app': "),
        ("app.handler", "raise KeyError('at start')", "KeyError", "'at start'"),
        ("app.other", "", "Runtime.HandlerNotFound", "Handler 'other' missing on module 'app'"),
        (
            "other.handler",
            "",
            "Runtime.ImportModuleError",
            "Unable to import module 'other': No module named 'other'",
        ),
        ("app", "", "Runtime.MalformedHandlerName", "Bad handler 'app': "),
        (
            "sys.exit",
            "",
            "Runtime.BuiltInModuleConflict",
            "Cannot use built-in module sys as a handler module",
        ),
    ] {
        let error = failure(&world.pool("python3.11", handler, &[("app.py", code)]), "{}").await;
        assert_eq!(
            (error["errorType"].as_str(), error["requestId"].as_str()),
            (Some(kind), Some("")),
            "{error}"
        );
        assert!(error["errorMessage"].as_str().unwrap().starts_with(message), "{error}");
    }
}

#[tokio::test]
async fn a_start_that_fails_is_tried_again_by_the_first_call_and_by_each_after_it() {
    let world = World::new();
    let flag = world.folder(&[]);
    let code = format!(
        "const fs = require('fs'); const at = '{}/n'; const n = fs.existsSync(at) ? Number(fs.readFileSync(at)) : 0; fs.writeFileSync(at, String(n + 1)); \
         if (n === 0) throw new Error('only once'); exports.handler = async () => n",
        flag.display()
    );
    let pool = world.node(&code);
    let finished = invoke(&pool, "{}").await.unwrap();
    assert_eq!((finished.failed, &finished.payload[..]), (false, &b"1"[..]));
    assert!(!tail(&finished).contains("Init Duration"), "its start was a part of it");
    assert_eq!(answer(&pool, "{}").await, json!(1));
}
