//! What nobody else is to read: secrets are not in the log, however much it says, and what is in the data directory is for
//! its owner alone.

use crate::client::{Answer, LOCAL};
use crate::running::{Running, tailwater_command};
use serde_json::json;
use std::fs::{self, DirBuilder, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// A server that logs all it can to a file; the same file may be given again.
fn start(directory: &Path, log: &Path, arguments: &[&str]) -> Running {
    let mut command = tailwater_command();
    command.args(["serve", "--port", "0", "--log", "trace", "--log-format", "json"]).args(arguments);
    command.current_dir(directory).stdout(Stdio::piped());
    command.stderr(File::options().append(true).create(true).open(log).unwrap());
    Running::wait_for(command.spawn().unwrap())
}

/// One request on a connection of its own; its whole answer.
fn ask(running: &Running, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(&running.addresses[0]).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let length = body.len();
    let request =
        format!("{head}host: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

fn signed_for(service: &str) -> String {
    LOCAL.replace("/dynamodb/", &format!("/{service}/"))
}

fn ok(answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// Keys that the server was given, and what clients prove that they have them with.
fn speak_of_keys(running: &Running) {
    let mut client = running.client();
    let lines =
        LOCAL.replace("Signature=00", "Signature=5ec4e75169") + "x-amz-security-token: secret-token\r\n";
    assert_eq!(client.exchange("ListTables", &lines, "{}").status, 400);
    let presigned = "GET /bucket/key?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=local%2F20261121%2Fus-east-1%2Fs3%2Faws4_request\
                     &X-Amz-Date=20261121T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=5ec4e7516a \
                     HTTP/1.1\r\n";
    assert!(ask(running, presigned, "").contains(" 403 "));
    let basic = "POST /_tailwater/clock HTTP/1.1\r\nauthorization: Basic c2VjcmV0LWJhc2lj\r\n";
    assert!(!ask(running, basic, "{}").contains(" 500 "));
}

/// Values that are stored for others, and what a function is started with.
fn speak_of_values(running: &Running, code: &Path) -> String {
    let mut client = running.client();
    let parameter = json!({ "Name": "/p", "Type": "SecureString", "Value": "secret-parameter" }).to_string();
    ok(&client.exchange("AmazonSSM.PutParameter", &signed_for("ssm"), parameter));
    let get = json!({ "Name": "/p", "WithDecryption": true }).to_string();
    ok(&client.exchange("AmazonSSM.GetParameter", &signed_for("ssm"), get));
    let schema = json!([{ "AttributeName": "k", "KeyType": "HASH" }]);
    let attributes = json!([{ "AttributeName": "k", "AttributeType": "S" }]);
    let table = json!({ "TableName": "kept", "KeySchema": schema, "AttributeDefinitions": attributes,
        "BillingMode": "PAY_PER_REQUEST" });
    ok(&client.call("CreateTable", table.to_string()));
    let put = json!({ "TableName": "kept", "Item": { "k": { "S": "secret-item" } } }).to_string();
    ok(&client.call("PutItem", &put));
    let refused = json!({ "TableName": "kept", "Item": { "k": { "S": "secret-item" } },
        "ConditionExpression": "attribute_not_exists(k)" });
    assert_eq!(client.call("PutItem", refused.to_string()).status, 400);
    let function = json!({ "FunctionName": "f", "Directory": code, "Handler": "x", "Runtime": "provided.al2023",
        "Timeout": 5, "Environment": { "Variables": { "PASSWORD": "secret-variable" } } });
    ok(&client.post("/_tailwater/functions/add", &function));
    let call = json!({ "FunctionName": "f", "Payload": { "card": "secret-event" } });
    let answer = client.post("/_tailwater/functions/invoke", &call);
    assert!(answer.text().contains("FunctionError"), "{}", answer.text());
    let form = "Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::000000000000:role/r&RoleSessionName=session";
    let head = format!(
        "POST / HTTP/1.1\r\n{}content-type: application/x-www-form-urlencoded\r\n",
        signed_for("sts")
    );
    let answer = ask(running, &head, form);
    let after = answer.split_once("<SecretAccessKey>").unwrap_or_else(|| panic!("{answer}")).1;
    after.split_once('<').unwrap().0.to_owned()
}

#[test]
fn the_log_holds_no_secret_at_its_most_talkative() {
    let directory = tempfile::tempdir().unwrap();
    let (log, keys, code) =
        (directory.path().join("log"), directory.path().join("keys"), directory.path().join("code"));
    let text = "[default]\naws_access_key_id = local\naws_secret_access_key = secret-key-of-the-server\n";
    fs::write(&keys, text).unwrap();
    fs::create_dir(&code).unwrap();
    fs::write(code.join("bootstrap"), "#!/bin/sh\nexit 1\n").unwrap();
    fs::set_permissions(code.join("bootstrap"), fs::Permissions::from_mode(0o755)).unwrap();

    let running = start(directory.path(), &log, &["--in-memory", "--auth", keys.to_str().unwrap()]);
    speak_of_keys(&running);
    running.stop("-TERM");
    let running = start(directory.path(), &log, &["--in-memory"]);
    let assumed = speak_of_values(&running, &code);
    running.stop("-TERM");

    let said = fs::read_to_string(&log).unwrap();
    assert!(said.matches("\"answered\"").count() > 8, "it says too little to prove anything: {said}");
    assert!(assumed.len() > 10, "{assumed}");
    let secrets = ["secret-", "5ec4e7516", "c2VjcmV0LWJhc2lj", "AWS4-HMAC", "PASSWORD", assumed.as_str()];
    for line in said.lines() {
        for secret in secrets {
            assert!(!line.contains(secret), "{secret} is in the log: {line}");
        }
    }
}

/// An archive with an executable in it.
const ARCHIVE: &str = "UEsDBBQAAAAAAAAAIQCjt17aEQAAABEAAAAJAAAAYm9vdHN0cmFwIyEvYmluL3NoCmV4aXQgMQpQSwECFAMUAAAAAAAAACEAo7de2hEAAAAR\
                       AAAACQAAAAAAAAAAAAAA7QEAAAAAYm9vdHN0cmFwUEsFBgAAAAABAAEANwAAADgAAAAAAA==";

/// Has the server keep something of every kind that goes to files.
fn fill(running: &Running) {
    let function = json!({ "FunctionName": "f", "Role": "arn:aws:iam::000000000000:role/r", "Handler": "x",
        "Runtime": "provided.al2023", "Timeout": 5, "Code": { "ZipFile": ARCHIVE } });
    let head = format!("POST /2015-03-31/functions HTTP/1.1\r\n{}", signed_for("lambda"));
    let answer = ask(running, &head, &function.to_string());
    assert!(answer.contains(" 201 "), "{answer}");
    let call = json!({ "FunctionName": "f", "Payload": {} });
    ok(&running.client().post("/_tailwater/functions/invoke", &call));
    let unsigned = signed_for("s3") + "x-amz-content-sha256: UNSIGNED-PAYLOAD\r\n";
    for (path, body) in [("/bucket", ""), ("/bucket/key", "bytes")] {
        let answer = ask(running, &format!("PUT {path} HTTP/1.1\r\n{unsigned}"), body);
        assert!(answer.contains(" 200 "), "{answer}");
    }
}

/// What below a directory others may read: neither it nor a directory that it is in keeps them out.
fn readable(directory: &Path, files: &mut usize) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let (path, metadata) = entry.map(|entry| (entry.path(), entry.metadata().unwrap())).unwrap();
        *files += usize::from(metadata.is_file());
        if metadata.permissions().mode() & 0o077 == 0 {
            if metadata.is_dir() {
                readable(&path, files);
            }
            continue;
        }
        match metadata.is_dir() {
            true => found.extend(readable(&path, files)),
            false => found.push(path),
        }
    }
    found
}

#[test]
fn what_is_in_the_data_directory_is_for_its_owner() {
    let directory = tempfile::tempdir().unwrap();
    // One that is made is closed to others; one that is there stays as it is, and what is in it is closed.
    let (made, found) = (directory.path().join("made"), directory.path().join("found"));
    DirBuilder::new().mode(0o755).create(&found).unwrap();
    for data in [&made, &found] {
        let arguments = ["--data-dir", data.to_str().unwrap(), "--log", "error"];
        let running = Running::start_in(directory.path(), &arguments);
        fill(&running);
        let mut files = 0;
        assert_eq!(readable(data, &mut files), Vec::<PathBuf>::new());
        assert!(files > 8, "only {files} files");
        running.stop("-TERM");
        assert_eq!(readable(data, &mut files), Vec::<PathBuf>::new());
    }
    assert_eq!(fs::metadata(&made).unwrap().permissions().mode() & 0o777, 0o700);
}
