//! What nobody waits for is supervised: a task that panics is logged, told of by `health`, and goes on.

use crate::client::LOCAL;
use crate::running::{Running, tailwater_command};
use environment::Clock;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

/// A server in which a task panics the first time that it is begun; it logs to a file.
fn start(task: &str, log: &Path) -> Running {
    let mut command = tailwater_command();
    command.args(["serve", "--port", "0", "--in-memory"]).env("TAILWATER_MUTANT", format!("panic in {task}"));
    command.current_dir(log.parent().unwrap()).stdout(Stdio::piped()).stderr(File::create(log).unwrap());
    Running::wait_for(command.spawn().unwrap())
}

fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let clock = Clock::system();
    let deadline = clock.machine() + PATIENCE;
    while !condition() {
        assert!(clock.machine() < deadline, "waited in vain: {what}");
        std::thread::yield_now();
    }
}

fn health(running: &Running) -> Value {
    running.client().get("/_tailwater/health").json()
}

/// A request of CloudFormation; its answer.
fn of_stacks(running: &Running, body: &str) -> String {
    let mut client = running.client();
    let (lines, length) = (LOCAL.replace("/dynamodb/", "/cloudformation/"), body.len());
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    client.send(format!(
        "POST / HTTP/1.1\r\nhost: localhost\r\n{lines}{form}content-length: {length}\r\n\r\n{body}"
    ));
    let answer = client.answer();
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text().to_owned()
}

fn create_stack(running: &Running) -> impl FnMut() -> String {
    let template = "%7B%22Resources%22%3A%7B%22Q%22%3A%7B%22Type%22%3A%22AWS%3A%3ASQS%3A%3AQueue%22%7D%7D%7D";
    of_stacks(running, &format!("Action=CreateStack&Version=2010-05-15&StackName=s&TemplateBody={template}"));
    || of_stacks(running, "Action=DescribeStackEvents&Version=2010-05-15&StackName=s")
}

/// Sees that the server has told of a panic in the task.
fn told(running: &Running, task: &str, log: &Path, condition: &str) {
    let health = health(running);
    let panicked = json!([{ "task": task, "panics": 1, "condition": condition }]);
    assert_eq!((&health["status"], &health["panicked"]), (&json!("degraded"), &panicked));
    let log = fs::read_to_string(log).unwrap();
    assert!(log.contains("a task in the background has panicked") && log.contains(task), "{log}");
}

#[test]
fn maintenance_goes_on_after_a_panic() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let running = start("maintenance", &log);
    running.ok(
        "CreateTable",
        &json!({
            "TableName": "dogs", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "name", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "name", "KeyType": "HASH" }],
        }),
    );
    let specification = json!({ "AttributeName": "until", "Enabled": true });
    running.ok("UpdateTimeToLive", &json!({ "TableName": "dogs", "TimeToLiveSpecification": specification }));
    let past_s = Clock::system().now_ms() / 1_000 - 60;
    let item = json!({ "name": { "S": "Rex" }, "until": { "N": past_s.to_string() } });
    running.ok("PutItem", &json!({ "TableName": "dogs", "Item": item }));
    let get = json!({ "TableName": "dogs", "Key": { "name": { "S": "Rex" } } });
    until("the item expires", || running.ok("GetItem", &get).get("Item").is_none());
    told(&running, "maintenance", &log, "restarted");
}

#[test]
fn a_stack_is_made_although_its_engine_panics() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let running = start("engine of a stack", &log);
    let mut events = create_stack(&running);
    until("the stack is made", || events().matches("<ResourceStatus>CREATE_COMPLETE<").count() == 2);
    told(&running, "engine of a stack", &log, "restarted");
}

#[test]
fn a_stack_fails_whose_resource_panics() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let running = start("resource of a stack", &log);
    let mut events = create_stack(&running);
    until("the stack is rolled back", || events().contains("ROLLBACK_COMPLETE"));
    assert!(events().contains("Internal Failure"));
    told(&running, "resource of a stack", &log, "restarted");
}
