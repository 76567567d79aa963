//! Streams: what reading a record costs, and how soon after a put's answer its record is seen.

use crate::client::Connection;
use crate::process::Server;
use crate::requests::{item, put};
use anyhow::{Context as _, Result};
use environment::Environment;
use serde_json::{Value, json};

const GET_RECORDS: &str = "DynamoDBStreams_20120810.GetRecords";

/// What it cost to read a stream.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reading {
    pub(crate) records: u64,
    pub(crate) pages: u64,
    pub(crate) answer_bytes: u64,
    cpu_s: f64,
}

impl Reading {
    pub(crate) fn cpu_us_a_record(&self) -> f64 {
        self.cpu_s * 1e6 / self.records.max(1) as f64
    }
}

/// Reads every shard from TRIM_HORIZON in pages of 1,000.
pub(crate) async fn read(server: &Server) -> Result<Reading> {
    let mut connection = Connection::open(server.port).await?;
    let mut reading = Reading::default();
    let cpu_s = server.cpu_s()?;
    for mut iterator in iterators(&mut connection, "TRIM_HORIZON").await? {
        loop {
            let request = json!({"ShardIterator": iterator}).to_string();
            let answer = connection.expect(GET_RECORDS, request.as_bytes()).await?;
            // Counted without parsing: the load generator shares the machine with the server.
            let count = count(answer.body, b"\"eventID\"");
            reading.records += count;
            reading.pages += 1;
            reading.answer_bytes += answer.body.len() as u64;
            match next_iterator(answer.body) {
                Some(next) if count > 0 => iterator = next,
                _ => break,
            }
        }
    }
    reading.cpu_s = server.cpu_s()? - cpu_s;
    Ok(reading)
}

/// Microseconds from the answer of a put to the answer that holds its record: median and 99th percentile.
pub(crate) async fn seen_after_us(environment: &Environment, server: &Server) -> Result<(f64, f64)> {
    let (mut writer, mut reader) =
        (Connection::open(server.port).await?, Connection::open(server.port).await?);
    let mut iterators = iterators(&mut reader, "LATEST").await?;
    let mut samples = Vec::new();
    for n in 0..2_000 {
        writer.expect("DynamoDB_20120810.PutItem", put("items", &item(7, 1_000_000 + n)).as_bytes()).await?;
        let answered = environment.clock.machine();
        'seen: loop {
            for iterator in &mut iterators {
                let request = json!({"ShardIterator": iterator}).to_string();
                let answer = reader.expect(GET_RECORDS, request.as_bytes()).await?;
                let seen = count(answer.body, b"\"eventID\"") > 0;
                *iterator = next_iterator(answer.body).context("an open shard's NextShardIterator")?;
                if seen {
                    break 'seen;
                }
            }
        }
        samples.push((environment.clock.machine() - answered).as_secs_f64() * 1e6);
    }
    samples.sort_by(f64::total_cmp);
    Ok((samples[samples.len() / 2], samples[samples.len() * 99 / 100]))
}

async fn iterators(connection: &mut Connection, from: &str) -> Result<Vec<String>> {
    let table = ask(connection, "DynamoDB_20120810.DescribeTable", &json!({"TableName": "items"})).await?;
    let arn = &table["Table"]["LatestStreamArn"];
    let stream =
        ask(connection, "DynamoDBStreams_20120810.DescribeStream", &json!({"StreamArn": arn})).await?;
    let mut iterators = Vec::new();
    for shard in stream["StreamDescription"]["Shards"].as_array().context("Shards")? {
        let request = json!({"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": from});
        let answer = ask(connection, "DynamoDBStreams_20120810.GetShardIterator", &request).await?;
        iterators.push(answer["ShardIterator"].as_str().context("ShardIterator")?.to_owned());
    }
    Ok(iterators)
}

async fn ask(connection: &mut Connection, target: &str, request: &Value) -> Result<Value> {
    let answer = connection.expect(target, request.to_string().as_bytes()).await?;
    Ok(serde_json::from_slice(answer.body)?)
}

fn count(body: &[u8], needle: &[u8]) -> u64 {
    let mut found = 0;
    let mut rest = body;
    while let Some(at) = rest.windows(needle.len()).position(|window| window == needle) {
        found += 1;
        rest = &rest[at + needle.len()..];
    }
    found
}

fn next_iterator(body: &[u8]) -> Option<String> {
    let name = b"\"NextShardIterator\":\"";
    let at = body.windows(name.len()).rposition(|window| window == name)? + name.len();
    let end = at + body[at..].iter().position(|&byte| byte == b'"')?;
    String::from_utf8(body[at..end].to_vec()).ok()
}
