//! What the tests of the consumer against the real server need: the server, its tables, and AWS's SDK without TLS.

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    StreamSpecification, StreamViewType,
};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tailwater_consumer::aws::Sdk;

/// How long a test waits for anything.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// A server that runs, in memory, until it is dropped.
pub struct Server {
    process: Child,
    /// Where it listens.
    pub port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn binary() -> String {
    std::env::var("TAILWATER_BIN")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/debug/tailwater").to_owned())
}

impl Server {
    /// Starts one with these flags, and waits until it answers.
    pub fn start(flags: &[&str]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new(binary())
            .args(["serve", "--in-memory", "--port", &port.to_string()])
            .args(flags)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("TAILWATER_BIN names the server");
        let server = Self { process, port };
        eventually("the server answers", || server.ask("GET", "/_tailwater/health", "").is_some());
        server
    }

    /// The SDK's clients of it.
    pub fn sdk(&self) -> Sdk {
        sdk(self.port)
    }

    /// One request to an endpoint of its own; the answer, if it is a good one.
    pub fn ask(&self, method: &str, path: &str, body: &str) -> Option<String> {
        let mut socket = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        let length = body.len();
        write!(
            socket,
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .ok()?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).ok()?;
        answer.starts_with("HTTP/1.1 200").then_some(answer)
    }

    /// Moves its service time forward.
    pub fn advance(&self, span: Duration) {
        let body = format!("{{\"advance_ms\":{}}}", span.as_millis());
        self.ask("POST", "/_tailwater/clock", &body).expect("the clock moves");
    }

    /// Has something go wrong on purpose: the members of a fault.
    pub fn fault(&self, fault: &serde_json::Value) {
        self.ask("POST", "/_tailwater/faults/add", &fault.to_string()).expect("the fault is added");
    }

    /// The kinds of faults that were added and never struck.
    pub fn faults_that_never_struck(&self) -> Vec<String> {
        let answer = self.ask("GET", "/_tailwater/faults/list", "").unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let answer: serde_json::Value = serde_json::from_str(body).unwrap();
        let faults = answer["faults"].as_array().unwrap().iter();
        let never = faults.filter(|fault| fault["fired"] == 0).map(|fault| fault.to_string());
        never.collect()
    }

    /// `tailwater` with these arguments; the lines of its answer, as JSON, or what it says of why there is none.
    pub fn command(&self, arguments: &[&str]) -> Result<Vec<serde_json::Value>, String> {
        let endpoint = format!("http://127.0.0.1:{}", self.port);
        let done = Command::new(binary())
            .args(arguments)
            .args(["--json", "--region", "us-east-1", "--endpoint", &endpoint])
            .output()
            .unwrap();
        if !done.status.success() {
            return Err(String::from_utf8(done.stderr).unwrap());
        }
        let lines = String::from_utf8(done.stdout).unwrap();
        Ok(lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }

    /// Does what a step of [`silent_losses`] says to table and server; the key that was written.
    pub async fn step(
        &self,
        client: &aws_sdk_dynamodb::Client,
        table: &str,
        step: &serde_json::Value,
    ) -> Option<String> {
        if let Some(verb) = step["shards"].as_str() {
            self.shards(verb, table);
        }
        if let Some(ms) = step["advance_ms"].as_u64() {
            self.advance(Duration::from_millis(ms));
        }
        let key = step["put"].as_str()?;
        put(client, table, key, 1).await;
        Some(key.to_owned())
    }

    /// `tailwater shards`: `roll` or `split`.
    pub fn shards(&self, verb: &str, table: &str) {
        let endpoint = format!("http://127.0.0.1:{}", self.port);
        let done = Command::new(binary())
            .args(["shards", verb, table, "--region", "us-east-1", "--endpoint", &endpoint])
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(done.success());
    }
}

/// The steps of the schedule on which the npm package dynamodb-stream loses changes.
pub fn silent_losses() -> Vec<serde_json::Value> {
    let schedule: serde_json::Value =
        serde_json::from_str(include_str!("../../clients/node/silent_losses.json")).unwrap();
    assert_eq!(schedule["lost_by_the_package"].as_array().unwrap().len(), 6);
    schedule["steps"].as_array().unwrap().clone()
}

/// Waits for a condition.
pub fn eventually(what: &str, condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < DEADLINE, "not within {DEADLINE:?}: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// AWS's client of the server at this port.
pub fn tables(port: u16) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(format!("http://127.0.0.1:{port}"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region(Region::new("us-east-1"))
        .build();
    aws_sdk_dynamodb::Client::from_conf(config)
}

/// AWS's client of the streams of the server at this port.
pub fn streams(port: u16) -> aws_sdk_dynamodbstreams::Client {
    let config = aws_sdk_dynamodbstreams::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(format!("http://127.0.0.1:{port}"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region(Region::new("us-east-1"))
        .build();
    aws_sdk_dynamodbstreams::Client::from_conf(config)
}

/// The transport to the server at this port.
pub fn sdk(port: u16) -> Sdk {
    Sdk::new(tables(port), streams(port))
}

/// Makes a table with the key `pk` and a stream with both images; the ARN of the stream.
pub async fn create_table(client: &aws_sdk_dynamodb::Client, name: &str) -> String {
    let answer = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(
            AttributeDefinition::builder()
                .attribute_name("pk")
                .attribute_type(ScalarAttributeType::S)
                .build()
                .unwrap(),
        )
        .key_schema(KeySchemaElement::builder().attribute_name("pk").key_type(KeyType::Hash).build().unwrap())
        .stream_specification(
            StreamSpecification::builder()
                .stream_enabled(true)
                .stream_view_type(StreamViewType::NewAndOldImages)
                .build()
                .unwrap(),
        )
        .send()
        .await
        .unwrap();
    answer.table_description.unwrap().latest_stream_arn.unwrap()
}

/// Ends a table's stream.
pub async fn disable_stream(client: &aws_sdk_dynamodb::Client, name: &str) {
    let off = StreamSpecification::builder().stream_enabled(false).build().unwrap();
    client.update_table().table_name(name).stream_specification(off).send().await.unwrap();
}

/// Writes an item.
pub async fn put(client: &aws_sdk_dynamodb::Client, table: &str, key: &str, value: u64) {
    client
        .put_item()
        .table_name(table)
        .item("pk", AttributeValue::S(key.to_owned()))
        .item("value", AttributeValue::N(value.to_string()))
        .send()
        .await
        .unwrap();
}

/// Deletes an item.
pub async fn delete(client: &aws_sdk_dynamodb::Client, table: &str, key: &str) {
    client.delete_item().table_name(table).key("pk", AttributeValue::S(key.to_owned())).send().await.unwrap();
}
