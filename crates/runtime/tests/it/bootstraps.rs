//! Executables that a function brings, and the Runtime API as they see it.

use crate::harness::{World, answer, executable, failure, python};
use serde_json::json;

/// A client of the Runtime API in Python, for tests of what clients may do: `ask(method, path, body, headers)`.
const CLIENT: &str = r#"#!PYTHON
import http.client, json, os, sys
api = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])
def ask(method, path, body=None, headers={}, chunked=False):
    api.request(method, '/2018-06-01/runtime/' + path, body, headers, encode_chunked=chunked)
    answer = api.getresponse()
    return answer.status, answer.headers, answer.read()
def next():
    status, headers, body = ask('GET', 'invocation/next')
    return headers['Lambda-Runtime-Aws-Request-Id'], headers, json.loads(body)
"#;

fn script(rest: &str) -> String {
    CLIENT.replace("PYTHON", &python().to_string_lossy()) + rest
}

#[tokio::test]
async fn the_runtime_api_as_a_client_sees_it() {
    let world = World::new();
    let rest = r#"
early = ask('POST', 'invocation/x/response', b'1')
id, headers, event = next()
seen = {'early': [early[0], json.loads(early[2])], 'type': headers['Content-Type'], 'event': event}
seen['again'] = [ask('GET', 'invocation/next')[0], ask('POST', 'init/error', b'{}')[0]]
seen['other'] = ask('POST', 'invocation/other/response', b'1')[0]
seen['mode'] = ask('POST', f'invocation/{id}/response', b'1', {'Lambda-Runtime-Function-Response-Mode': 'x'})[0]
seen['paths'] = [ask('GET', 'nothing')[0], ask('PUT', 'invocation/next')[0]]
api.request('GET', '/ping'); seen['ping'] = api.getresponse().read().decode()
api.request('POST', '/2020-01-01/extension/register', b'{}'); a = api.getresponse(); a.read(); seen['extension'] = a.status
seen['page'] = [ask('GET', 'invocation/next', headers=h)[0] for h in [{'Origin': 'http://x'}, {'Sec-Fetch-Site': 'cross-site'}, {'Host': 'x.example:80'}]]
page = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])
page.request('POST', f'/2018-06-01/runtime/invocation/{id}/response', b'1', {'Origin': 'null'}); seen['other page'] = page.getresponse().status
seen['headers'] = sorted(name.lower() for name in headers if name.lower().startswith('lambda'))
status, _, body = ask('POST', f'invocation/{id}/response', json.dumps(seen).encode())
id, headers, event = next()
ask('POST', f'invocation/{id}/error', json.dumps([status, json.loads(body)]).encode(), {'Lambda-Runtime-Function-Error-Type': 'Own'})
id, headers, event = next()
parts = (part for part in [b'{"str', b'eamed":', b'1}'])
ask('POST', f'invocation/{id}/response', parts, {'Lambda-Runtime-Function-Response-Mode': 'streaming', 'Transfer-Encoding': 'chunked'}, True)
next()
"#;
    let pool = world.runtime.pool(world.bootstrap(&script(rest)));
    let invalid = json!({"errorMessage": "Invalid request ID", "errorType": "InvalidRequestID"});
    let expected = json!({
        "early": [400, invalid], "type": "application/json", "event": {"a": 1}, "again": [403, 403], "other": 400, "mode": 400,
        "paths": [404, 404], "ping": "pong", "extension": 404, "page": [403, 403, 403],
        "other page": 403,
        "headers": ["lambda-runtime-aws-request-id", "lambda-runtime-deadline-ms", "lambda-runtime-invoked-function-arn",
            "lambda-runtime-trace-id"],
    });
    assert_eq!(answer(&pool, r#"{"a":1}"#).await, expected);
    assert_eq!(failure(&pool, "{}").await, json!([202, {"status": "OK"}]));
    assert_eq!(answer(&pool, "{}").await, json!({"streamed": 1}));
}

#[tokio::test]
async fn an_error_at_the_start_that_a_bootstrap_reports() {
    let world = World::new();
    let rest = "assert ask('POST', 'init/error', b'{\"errorType\":\"Own\"}')[0] == 202\nsys.exit(1)";
    let pool = world.runtime.pool(world.bootstrap(&script(rest)));
    assert_eq!(failure(&pool, "{}").await, json!({"errorType": "Own"}));
}

#[tokio::test]
async fn a_process_that_tidies_up_after_its_answer_is_used_once_it_is_done() {
    let world = World::with(|settings| settings.processes_max = 1);
    let rest = "
import time
n = 0
while True:
    id, headers, event = next()
    n += 1
    ask('POST', f'invocation/{id}/response', str(n).encode())
    time.sleep(0.1)
    if event.get('exit'): sys.exit(0)
";
    let pool = world.runtime.pool(world.bootstrap(&script(rest)));
    assert_eq!(answer(&pool, "{}").await, json!(1));
    assert_eq!(answer(&pool, r#"{"exit":1}"#).await, json!(2));
    assert_eq!(answer(&pool, "{}").await, json!(1), "its answer counts though it ended after it");
}

#[tokio::test]
async fn a_shell_script_with_nothing_but_curl() {
    let world = World::new();
    if std::process::Command::new("curl").arg("--version").output().is_err() {
        eprintln!("there is no curl on this machine, so it is not tested as a client");
        return;
    }
    let script = r#"#!/bin/sh
set -eu
while true; do
  head=$(mktemp)
  event=$(curl -sS -D "$head" "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next")
  id=$(grep -i lambda-runtime-aws-request-id "$head" | tr -d '[:space:]' | cut -d: -f2)
  curl -sS "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/$id/response" -d "{\"echo\":$event}" >/dev/null
done
"#;
    let pool = world.runtime.pool(world.bootstrap(script));
    for _ in 0..2 {
        assert_eq!(answer(&pool, "[1]").await, json!({"echo": [1]}));
    }
}

#[tokio::test]
async fn a_bootstrap_that_is_missing_cannot_be_executed_or_is_a_layers() {
    let world = World::new();
    let pool = world.pool("provided.al2023", "x", &[]);
    let error = failure(&pool, "{}").await;
    assert_eq!(error["errorType"], "Runtime.InvalidEntrypoint");
    let message = error["errorMessage"].as_str().unwrap();
    assert!(
        message.ends_with("Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"),
        "{message}"
    );
    let message = failure(&world.pool("java21", "x", &[]), "{}").await["errorMessage"].to_string();
    assert!(message.contains("the runtime java21 is run only with a bootstrap of its own"), "{message}");
    let pool = world.pool("provided.al2023", "x", &[("bootstrap", "#!/bin/sh\n")]);
    let error = failure(&pool, "{}").await;
    assert_eq!(error["errorType"], "Runtime.InvalidEntrypoint");
    assert!(error["errorMessage"].as_str().unwrap().contains("Permission denied"), "{error}");
    let layer = world.folder(&[(
        "bootstrap",
        &script("id, h, e = next()\nask('POST', f'invocation/{id}/response', b'7')\nnext()"),
    )]);
    executable(&layer.join("bootstrap"));
    let mut revision = world.revision("provided.al2023", "x", &[]);
    revision.layers = vec![layer];
    assert_eq!(answer(&world.runtime.pool(revision), "{}").await, json!(7));
}

#[tokio::test]
async fn a_wrapper_of_the_interpreter() {
    let world = World::new();
    let wrapper = "#!/bin/sh\nexport WRAPPED=yes\nexec \"$@\"\n";
    let files = [("index.js", "exports.handler = async () => process.env.WRAPPED"), ("wrap", wrapper)];
    let mut revision = world.revision("nodejs20.x", "index.handler", &files);
    executable(&revision.code.join("wrap"));
    revision.variables = vec![("AWS_LAMBDA_EXEC_WRAPPER".to_owned(), "/var/task/wrap".to_owned())];
    assert_eq!(answer(&world.runtime.pool(revision), "{}").await, json!("yes"));
}
