//! What the command line makes of servers that are no Tailwater and know AWS's operations only: all that is read of streams,
//! groups and mappings works there, signed; what only a Tailwater can tell is refused in words.

use crate::relay;
use crate::running::Running;
use crate::tables::streaming;
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::Output;

/// What DynamoDB's own front door says to a path that it does not know.
const UNKNOWN: &str = "HTTP/1.1 404 Not Found\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 55\r\n\r\n\
                       {\"__type\":\"com.amazon.coral#UnknownOperationException\"}";

/// A table, a group on its stream that has passed what was written, and a mapping; answers where that is.
fn fill(running: &Running, code: &Path) -> String {
    running.make_streaming("dogs", "NEW_IMAGE");
    let put = running.call("PutItem", &json!({ "TableName": "dogs", "Item": { "name": { "S": "rex" } } }));
    let position = put.header("x-tailwater-sequence-number").unwrap().to_owned();
    let (shard, number) = position.split_once(':').unwrap();
    running.ok("CreateTable", &streaming("walkers", "leaseKey", "KEYS_ONLY"));
    let lease = json!({
        "leaseKey": { "S": shard }, "leaseOwner": { "S": "worker-1" },
        "leaseCounter": { "N": "1" }, "checkpoint": { "S": number },
    });
    running.ok("PutItem", &json!({ "TableName": "walkers", "Item": lease }));
    fs::write(code.join("index.py"), "def handler(event, context):\n    return 1\n").unwrap();
    let directory = code.to_str().unwrap();
    let add =
        ["function", "add", "barks", "--dir", directory, "--runtime", "python3.12", "--on-table", "dogs"];
    let added = running.tailwater(&add).output().unwrap();
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    position
}

/// Runs the command line at another endpoint than the server's own, with the keys that the server knows or others.
fn run(running: &Running, endpoint: &str, secret: &str, arguments: &[&str]) -> Output {
    let mut command = running.tailwater(&[arguments, &["--endpoint", endpoint]].concat());
    command.envs([("AWS_ACCESS_KEY_ID", "mine"), ("AWS_SECRET_ACCESS_KEY", secret)]).output().unwrap()
}

#[test]
fn all_that_is_read_is_read_of_other_servers_too_and_signed() {
    let (home, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let keys = files.path().join("keys");
    fs::write(&keys, "[default]\naws_access_key_id = mine\naws_secret_access_key = secret\n").unwrap();
    let running = Running::start_in(home.path(), &[]);
    let position = fill(&running, files.path());
    running.stop("-TERM");
    // From here on only what is signed is answered.
    let running = Running::start_in(home.path(), &["--auth", keys.to_str().unwrap()]);
    let endpoint = relay::before(&running, |head, pass| match head.contains(" /_tailwater/") {
        true => UNKNOWN.into(),
        false => pass(),
    });
    for (arguments, expected) in [
        (&["tail", "dogs"][..], "INSERT  name=\"rex\""),
        (&["tail", "dogs", "--ago", "1h"], "INSERT  name=\"rex\""),
        (&["record", "dogs"], "{\"key_schema\":"),
        (&["shards", "list", "dogs"], "open"),
        (&["shards", "list", "dogs", "--json"], "\"state\":\"open\""),
        (&["consumers", "list"], "walkers  dogs"),
        (&["consumers", "lag", "walkers"], "worker-1"),
        (&["consumers", "lag", "dogs"], "worker-1"),
        (&["wait", "--group", "walkers", "--after", &position], "passed"),
        (&["mapping", "list"], "table dogs  barks     enabled"),
        (&["mapping", "list", "--json"], "\"function\":\"barks\""),
        (&["mapping", "show", "barks"], "function     arn:aws:lambda:"),
    ] {
        let output = run(&running, &endpoint, "secret", arguments);
        let (said, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{arguments:?}: {told}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
        let stranger = run(&running, &endpoint, "guess", arguments);
        let told = String::from_utf8_lossy(&stranger.stderr);
        assert_eq!(stranger.status.code(), Some(1), "{arguments:?}: {told}");
        assert!(told.contains("InvalidSignatureException"), "{arguments:?}: {told}");
    }
    for arguments in [
        &["mapping", "runs", "barks"][..],
        &["mapping", "explain", "barks"],
        &["mapping", "pause", "barks"],
        &["wait", "--mapping", "barks"],
        &["explain", "dogs"],
        &["shards", "roll", "dogs"],
        &["clock", "now"],
        &["fault", "list"],
        &["function", "list"],
        &["logs", "barks"],
    ] {
        let output = run(&running, &endpoint, "secret", arguments);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {told}");
        assert!(told.contains(&format!("{endpoint}/ is no Tailwater server")), "{arguments:?}: {told}");
    }
    for (arguments, words) in [
        (&["shards", "list", "dogs", "--shard", "shardId-1"][..], "the stream has no shard shardId-1"),
        (&["shards", "list", "walks"], "Table: walks not found"),
        (&["mapping", "show", "meows"], "there is no mapping meows"),
    ] {
        let output = run(&running, &endpoint, "secret", arguments);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && told.contains(words), "{arguments:?}: {told}");
    }
}
