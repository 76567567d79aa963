//! What is typed and what comes of it: the files of `tests/cases`, in the way of the crate trycmd, run and compared.
//!
//! Each file has a server of its own, in memory, whose clock stands still at the beginning of 2030, and a directory of its
//! own. In blocks of code that are marked `console`, `$ ` is before what the shell runs, and `> ` before the lines that go
//! on with it. What follows is what it wrote to standard output; then, behind `! `, what it wrote to standard error; then
//! `? ` and its status, unless that is 0. `dynamodb OPERATION JSON` is a request to the server, for what is to be there first.
//!
//! What is another in each run gets a name where it first appears (`SHARD-1`, `NUMBER-2`, `EVENT-1`, `UUID-1`), which later
//! commands may use. That, and the servers, are what trycmd has not, and the rest of it is twenty crates for a few lines; so
//! the reader is our own.
//!
//! `UPDATE_CASES=1 cargo test -p tailwater --test it transcripts` writes the files anew, to be read over.

use crate::running::{Running, tailwater_command};
use names::Names;
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

mod names;

const UPDATE: &str = "UPDATE_CASES";

/// The beginning of 2030.
const NOW_MS: u64 = 1_893_456_000_000;

/// Where the server is said to be: at the port that it has without being told.
const ENDPOINT: &str = "http://localhost:4566";

const REQUEST: &str = r#"#!/bin/sh
exec curl --silent --show-error --fail-with-body --output /dev/null "$AWS_ENDPOINT_URL" --data-binary "$2" \
    --header "x-amz-target: DynamoDB_20120810.$1" --header "content-type: application/x-amz-json-1.0" --header \
    "authorization: AWS4-HMAC-SHA256 Credential=local/20300101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00"
"#;

/// What a file is run against.
struct Stage {
    running: Running,
    directory: tempfile::TempDir,
    programs: PathBuf,
    names: Names,
}

impl Stage {
    fn new() -> Self {
        let running = Running::start(&["--in-memory"]);
        for question in [json!({ "freeze": true }), json!({ "now_ms": NOW_MS })] {
            assert_eq!(running.client().post("/_tailwater/clock", &question).status, 200);
        }
        let directory = tempfile::tempdir().unwrap();
        let programs = directory.path().join(".programs");
        fs::create_dir(&programs).unwrap();
        let tailwater = tailwater_command().get_program().to_owned();
        std::os::unix::fs::symlink(tailwater, programs.join("tailwater")).unwrap();
        let request = programs.join("dynamodb");
        fs::write(&request, REQUEST).unwrap();
        fs::set_permissions(&request, fs::Permissions::from_mode(0o755)).unwrap();
        Self { running, directory, programs, names: Names::default() }
    }

    /// Runs a command; what came of it, as files show it.
    fn run(&mut self, command: &str) -> String {
        let path = std::env::var("PATH").unwrap_or_default();
        let endpoint = format!("http://localhost:{}", self.running.port());
        let mut shell = Command::new("sh");
        shell.env_clear().args(["-c", &self.names.meant(command)]).current_dir(self.directory.path());
        shell.env("PATH", format!("{}:{path}", self.programs.display())).env("AWS_ENDPOINT_URL", &endpoint);
        let Output { status, stdout, stderr } = shell.output().unwrap();
        let mut shown = String::from_utf8(stdout).unwrap();
        for line in String::from_utf8(stderr).unwrap().lines() {
            shown += format!("! {line}").trim_end();
            shown.push('\n');
        }
        if !status.success() {
            shown += &format!("? {}\n", status.code().unwrap());
        }
        let home = self.directory.path().canonicalize().unwrap();
        let shown = shown.replace(&endpoint, ENDPOINT).replace(&*home.to_string_lossy(), "/home");
        self.names.given(&shown)
    }
}

/// A file as it is when all of its commands are run.
fn played(text: &str) -> String {
    let mut stage = Stage::new();
    let mut out = String::new();
    let (mut within, mut command) = (false, String::new());
    for line in text.lines() {
        let goes_on = line.strip_prefix("> ").filter(|_| !command.is_empty());
        if goes_on.is_none() && !command.is_empty() {
            out += &stage.run(&std::mem::take(&mut command));
        }
        match (goes_on, line.strip_prefix("$ ").filter(|_| within)) {
            (Some(rest), _) => command += &format!("\n{rest}"),
            (None, Some(first)) => first.clone_into(&mut command),
            // What it said when the file was written.
            (None, None) if within && line != "```" => continue,
            (None, None) => within = line == "```console",
        }
        out += &format!("{line}\n");
    }
    out
}

fn cases() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

#[test]
fn what_is_typed_gives_what_the_cases_show() {
    let cases = cases();
    assert!(cases.len() >= 3, "{cases:?}");
    for path in cases {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("\n$ tailwater "), "{} runs nothing", path.display());
        let played = played(&text);
        if std::env::var_os(UPDATE).is_some() {
            fs::write(&path, &played).unwrap();
        }
        assert!(
            played == text || std::env::var_os(UPDATE).is_some(),
            "{} shows something else ({UPDATE}=1 writes it anew):\n{played}",
            path.display()
        );
    }
}

#[test]
fn a_case_that_shows_something_else_is_found() {
    let case = "Words.\n\n```console\n$ echo a >&2; echo b; exit 3\nb\n! a\n? 3\n$ printf '%s\\n' \\\n> c\nc\n```\n\n$ no command\n";
    assert_eq!(played(case), case);
    assert_ne!(played(&case.replace("\nc\n", "\nd\n")), case.replace("\nc\n", "\nd\n"));
    assert_ne!(played(&case.replace("? 3\n", "")), case.replace("? 3\n", ""));
}
