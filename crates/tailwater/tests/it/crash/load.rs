//! Writes from one connection, each of which puts a number into an item that was never there before.

use crate::client::{LOCAL, head};
use environment::Random;
use serde_json::{Value, json};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The table of the load.
pub(crate) struct Table;

impl Table {
    pub(crate) const NAME: &str = "orders";

    /// CreateTable of a table with a stream and an index.
    pub(crate) fn request() -> Value {
        json!({
            "TableName": Self::NAME,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [
                { "AttributeName": "pk", "AttributeType": "S" }, { "AttributeName": "g", "AttributeType": "S" }
            ],
            "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
            "GlobalSecondaryIndexes": [{
                "IndexName": "by-group",
                "KeySchema": [
                    { "AttributeName": "g", "KeyType": "HASH" }, { "AttributeName": "pk", "KeyType": "RANGE" }
                ],
                "Projection": { "ProjectionType": "ALL" },
            }],
            "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" },
        })
    }
}

/// A write, or one of those of a transaction.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) key: String,
    /// What the item holds now; `None` where it was deleted.
    pub(crate) number: Option<u64>,
}

/// The writes of an operation that was answered, and the positions in the answer.
#[derive(Debug)]
pub(crate) struct Acknowledged {
    pub(crate) writes: Vec<Written>,
    pub(crate) positions: Vec<(String, u128)>,
}

/// What one connection knows when the server is gone.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) acknowledged: Vec<Acknowledged>,
    /// Those that were under way.
    pub(crate) unanswered: Vec<Written>,
    /// How often the answers said that the item that all write was counted up.
    pub(crate) counted: u64,
    pub(crate) end: String,
}

/// One connection.
pub(crate) struct Worker {
    pub(crate) number: u64,
    pub(crate) round: u64,
    pub(crate) random: Random,
}

/// An operation, and what it writes where it succeeds.
struct Step {
    operation: &'static str,
    request: Value,
    writes: Vec<Written>,
}

impl Worker {
    /// Writes until the connection breaks.
    pub(crate) fn run(&self, address: &str, acknowledged: &AtomicUsize) -> Known {
        let mut known = Known::default();
        let mut connection = match TcpStream::connect(address) {
            Ok(connection) => connection,
            Err(error) => return Known { end: error.to_string(), ..known },
        };
        connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        for count in 0.. {
            let step = self.step(count);
            match exchange(&mut connection, step.operation, &step.request) {
                Ok(positions) => {
                    known.counted += u64::from(step.writes.is_empty());
                    known.acknowledged.push(Acknowledged { writes: step.writes, positions });
                    acknowledged.fetch_add(1, Ordering::SeqCst);
                }
                Err(error) => {
                    known.unanswered = step.writes;
                    known.end = error.to_string();
                    break;
                }
            }
        }
        known
    }

    fn step(&self, count: u64) -> Step {
        // Rises from write to write and from round to round, also over the workers.
        let number = (self.round << 32) + (count << 8) + self.number;
        let dice = self.random.next_u64();
        let key = format!("{}-{}", self.number, dice % 4);
        let group = format!("g{}", dice / 4 % 3);
        let key_of = |key: &str| json!({ "pk": { "S": key } });
        let item =
            |key: &str| json!({ "pk": { "S": key }, "n": { "N": number.to_string() }, "g": { "S": group } });
        let written = |key: &str, number| Written { key: key.to_owned(), number };
        let one = |operation, mut request: Value, number| {
            request["TableName"] = Table::NAME.into();
            Step { operation, request, writes: vec![written(&key, number)] }
        };
        match dice / 12 % 6 {
            0 | 1 => one("PutItem", json!({ "Item": item(&key) }), Some(number)),
            2 => {
                let values = json!({ ":n": { "N": number.to_string() }, ":g": { "S": group } });
                let request = json!({
                    "Key": key_of(&key), "UpdateExpression": "SET n = :n, g = :g", "ExpressionAttributeValues": values
                });
                one("UpdateItem", request, Some(number))
            }
            3 => one("DeleteItem", json!({ "Key": key_of(&key) }), None),
            4 => {
                let keys = ["left", "right"].map(|side| format!("{}-{side}", self.number));
                let put = |key: &String| json!({ "Put": { "TableName": Table::NAME, "Item": item(key) } });
                let request = json!({ "TransactItems": keys.iter().map(put).collect::<Vec<_>>() });
                let writes = keys.iter().map(|key| written(key, Some(number))).collect();
                Step { operation: "TransactWriteItems", request, writes }
            }
            _ => {
                let mut step = one(
                    "UpdateItem",
                    json!({
                        "Key": key_of("all"),
                        "UpdateExpression": "ADD n :one",
                        "ExpressionAttributeValues": { ":one": { "N": "1" } },
                    }),
                    None,
                );
                step.writes.clear();
                step
            }
        }
    }
}

/// One operation; the positions in its answer. An error where no answer came, whole.
fn exchange(connection: &mut TcpStream, operation: &str, request: &Value) -> io::Result<Vec<(String, u128)>> {
    let body = request.to_string();
    let head = head(operation, &format!("{LOCAL}content-length: {}\r\n", body.len()));
    connection.write_all((head + &body).as_bytes())?;
    let mut received = Vec::new();
    let mut part = [0; 4096];
    loop {
        let length = connection.read(&mut part)?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        received.extend_from_slice(&part[..length]);
        let text = String::from_utf8_lossy(&received);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        if body.len() < header("content-length").map_or(0, |length| length.parse().unwrap()) {
            continue;
        }
        assert!(head.starts_with("HTTP/1.1 200"), "{operation} of {request}: {text}");
        let positions = header("x-tailwater-sequence-number").unwrap_or_default();
        let position = |text: &str| {
            let (shard, number) = text.split_once(':').unwrap();
            (shard.to_owned(), number.parse().unwrap())
        };
        return Ok(positions.split(',').filter(|text| !text.is_empty()).map(position).collect());
    }
}
