//! Handlers in Python.

use crate::harness::{World, answer, failure, invoke, tail};
use serde_json::json;

#[tokio::test]
async fn answers_and_state() {
    let world = World::new();
    let pool = world.python("import decimal\nn = 0\ndef handler(event, context):\n    global n\n    n += 1\n    if event.get('fail'):\n        raise ValueError('no')\n    return {'n': n, 'd': decimal.Decimal('1.5'), 'u': 'ü'}");
    assert_eq!(answer(&pool, "{}").await, json!({"n": 1, "d": 1.5, "u": "ü"}));
    failure(&pool, r#"{"fail":1}"#).await;
    assert_eq!(answer(&pool, "{}").await["n"], 3);
    let pool = world.python("def handler(event, context): pass");
    assert_eq!(answer(&pool, "{}").await, json!(null));
}

#[tokio::test]
async fn the_handler_is_found_where_aws_finds_it() {
    let world = World::new();
    let code = "from helper import found\ndef handler(event, context): return found";
    let helper = ("helper.py", "found = 'found'");
    for (handler, files) in [
        ("app.handler", vec![("app.py", code), helper]),
        ("src/app.handler", vec![("src/app.py", code), helper]),
        ("src.app.handler", vec![("src/__init__.py", ""), ("src/app.py", code), helper]),
    ] {
        let pool = world.pool("python3.11", handler, &files);
        assert_eq!(answer(&pool, "{}").await, json!("found"), "{handler}");
    }
}

#[tokio::test]
async fn the_context_and_the_environment() {
    let world = World::new();
    let code = "import os, sys, tempfile\ndef handler(event, c):\n    return {'name': c.function_name, 'version': c.function_version, 'memory': c.memory_limit_in_mb, 'group': c.log_group_name, 'stream': c.log_stream_name == os.environ['AWS_LAMBDA_LOG_STREAM_NAME'], 'arn': c.invoked_function_arn, 'left': 15000 < c.get_remaining_time_in_millis() <= 20000, 'custom': c.client_context.custom, 'app': c.client_context.client.app_title, 'identity': c.identity.cognito_identity_id, 'cwd': os.getcwd() == os.environ['LAMBDA_TASK_ROOT'], 'tmp': tempfile.gettempdir() == os.environ['HOME'] + '/tmp', 'leak': 'CARGO_MANIFEST_DIR' in os.environ, 'endpoint': os.environ['AWS_ENDPOINT_URL']}";
    let pool = world.python(code);
    let mut call = crate::harness::invocation("{}");
    call.client_context = Some(r#"{"custom":{"a":"ü"},"client":{"app_title":"t"}}"#.to_owned());
    let finished = pool.invoke(call.clone()).await.unwrap();
    let said: serde_json::Value = serde_json::from_slice(&finished.payload).unwrap();
    let expected = json!({ "name": "barks", "version": "$LATEST", "memory": "128", "group": "/aws/lambda/barks", "stream": true,
        "arn": call.invoked_arn, "left": true, "custom": {"a": "ü"}, "app": "t", "identity": null, "cwd": true, "tmp": true,
        "leak": false, "endpoint": "http://127.0.0.1:4566" });
    assert_eq!(said, expected);
    let leftovers: Vec<_> =
        std::fs::read_dir(&pool.revision().code).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(leftovers, ["app.py"], "compiled code does not go into the function's folder");
}

#[tokio::test]
async fn prints_and_logs_in_order_and_whole() {
    let world = World::new();
    let code = "import logging, sys, os, subprocess\nlog = logging.getLogger()\nlog.setLevel('INFO')\ndef handler(event, context):\n    print('printed')\n    log.info('one\\ntwo')\n    print('to stderr', file=sys.stderr)\n    os.write(1, b'written\\n')\n    subprocess.run(['echo', 'child'])\n    log.warning('grün')\n    print('unfinished', end='')";
    let finished = invoke(&world.python(code), "{}").await.unwrap();
    let messages = world.logged.messages();
    let id = messages[0].split(' ').nth(2).unwrap();
    assert_eq!(messages[1], "printed");
    assert!(
        messages[2].starts_with("[INFO]\t20") && messages[2].ends_with(&format!("Z\t{id}\tone\ntwo")),
        "{messages:?}"
    );
    assert_eq!(messages[3..6], ["to stderr", "written", "child"]);
    assert!(messages[6].starts_with("[WARNING]\t") && messages[6].ends_with("\tgrün"));
    assert_eq!(messages[7], "unfinished");
    assert_eq!(tail(&finished), messages.join("\n") + "\n");
}

#[tokio::test]
async fn layers_are_in_the_search_paths_a_later_one_first() {
    let world = World::new();
    let code = "import os, thing, other\ndef handler(event, context): return [thing.of, other.of, os.popen('tool').read()]";
    let mut revision = world.revision("python3.11", "app.handler", &[("app.py", code)]);
    let one = world.folder(&[
        ("python/thing.py", "of = 1"),
        ("python/other.py", "of = 1"),
        ("bin/tool", "#!/bin/sh\nprintf one"),
    ]);
    let two = world.folder(&[("python/thing.py", "of = 2")]);
    crate::harness::executable(&one.join("bin/tool"));
    revision.layers = vec![one, two];
    assert_eq!(answer(&world.runtime.pool(revision), "{}").await, json!([2, 1, "one"]));
}
