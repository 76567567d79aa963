//! A command whose reader has had enough (`| head`) ends as if all of it had been read.

use crate::running::Running;
use serde_json::json;
use std::fs;
use std::process::{Output, Stdio};

/// Runs a command that writes to a pipe which nobody reads any more.
fn unread(running: &Running, arguments: &[&str]) -> Output {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = running.tailwater(arguments);
    command.stdout(writer).stderr(Stdio::piped()).output().unwrap()
}

#[test]
fn who_reads_no_further_makes_no_command_fail() {
    let running = Running::with_dogs("NEW_IMAGE");
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("index.py"), "def handler(event, context):\n    return 1\n").unwrap();
    let code = directory.path().to_str().unwrap();
    let add = ["function", "add", "walk", "--dir", code, "--runtime", "python3.12", "--on-table", "dogs"];
    for arguments in [
        &add[..],
        &["function", "list"],
        &["function", "show", "walk"],
        &["function", "invoke", "walk", "{}"],
        &["logs", "walk"],
        &["clock", "now"],
        &["shards", "list", "dogs"],
        &["shards", "list", "dogs", "--json"],
        &["tail", "dogs"],
        &["wait", "--mapping", "walk"],
        &["explain", "dogs"],
        &["mapping", "list"],
        &["mapping", "show", "walk"],
        &["fault", "list"],
        &["consumers", "list"],
        &["service", "install", "--print"],
    ] {
        let output = unread(&running, arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !said.contains("standard output"), "{arguments:?}: {said}");
        if arguments[..] == add[..] {
            running.ok("PutItem", &json!({ "TableName": "dogs", "Item": { "name": { "S": "rex" } } }));
        }
    }
}
