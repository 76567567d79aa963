//! What is measured: the requests of each workload, and the tables that they need.

use crate::client::Connection;
use crate::requests::{ITEMS, RANGES, batch, get, item, partition, put, query, transaction, update};
use anyhow::Result;

/// One kind of request, sent in a closed loop.
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) target: &'static str,
    /// The body of the n-th request over `keys` keys.
    pub(crate) body: fn(n: u64, keys: u64) -> String,
    /// The most CPU per operation over the floor's that the project promises: in memory, durable.
    pub(crate) promise: [Option<f64>; 2],
}

pub(crate) const WORKLOADS: &[Workload] = &[
    Workload {
        name: "PutItem",
        target: "DynamoDB_20120810.PutItem",
        body: |n, keys| put("items", &item(scatter(n) % keys, n)),
        promise: [Some(2.2), Some(6.0)],
    },
    Workload {
        name: "GetItem",
        target: "DynamoDB_20120810.GetItem",
        body: |n, keys| get(scatter(n) % keys),
        promise: [Some(1.5), None],
    },
    Workload {
        name: "UpdateItem",
        target: "DynamoDB_20120810.UpdateItem",
        body: |n, keys| update(&format!("item-{:08}", scatter(n) % keys), n),
        promise: [Some(2.6), None],
    },
    Workload {
        name: "hot counter",
        target: "DynamoDB_20120810.UpdateItem",
        body: |_, _| {
            r##"{"TableName":"items","Key":{"pk":{"S":"counter"}},"UpdateExpression":"ADD #n :one","ExpressionAttributeNames":{"#n":"count"},"ExpressionAttributeValues":{":one":{"N":"1"}}}"##.into()
        },
        promise: [Some(3.0), None],
    },
    Workload {
        name: "Query of 20",
        target: "DynamoDB_20120810.Query",
        body: |n, _| query(scatter(n) % PARTITIONS),
        promise: [Some(4.0), None],
    },
    Workload {
        name: "TransactWrite of 4",
        target: "DynamoDB_20120810.TransactWriteItems",
        body: |n, keys| transaction((0..4).map(|i| item((scatter(n) + i) % keys, n))),
        promise: [Some(5.0), None],
    },
    Workload {
        name: "BatchWrite of 25",
        target: "DynamoDB_20120810.BatchWriteItem",
        body: |n, keys| batch("items", (0..25).map(|i| item((scatter(n) + i) % keys, n))),
        promise: [Some(15.0), None],
    },
    Workload {
        name: "Scan of 1 MB",
        target: "DynamoDB_20120810.Scan",
        body: |_, _| r#"{"TableName":"items"}"#.into(),
        promise: [None, None],
    },
];

/// Partitions of the table that Query reads.
const PARTITIONS: u64 = 500;

/// Creates the tables and fills them with `keys` items.
pub(crate) async fn prepare(connection: &mut Connection, keys: u64) -> Result<()> {
    let create = "DynamoDB_20120810.CreateTable";
    connection.expect(create, ITEMS.as_bytes()).await?;
    connection.expect(create, RANGES.as_bytes()).await?;
    fill(connection, 0, keys).await?;
    for range in 0..PARTITIONS {
        connection.expect("DynamoDB_20120810.BatchWriteItem", partition(range).as_bytes()).await?;
    }
    Ok(())
}

/// Puts the items of these numbers.
pub(crate) async fn fill(connection: &mut Connection, from: u64, to: u64) -> Result<()> {
    let mut next = from;
    while next < to {
        let end = (next + 25).min(to);
        let body = batch("items", (next..end).map(|n| item(n, 0)));
        connection.expect("DynamoDB_20120810.BatchWriteItem", body.as_bytes()).await?;
        next = end;
    }
    Ok(())
}

/// Spreads consecutive numbers over the keys, the same way in each run.
pub(crate) fn scatter(n: u64) -> u64 {
    let n = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (n ^ (n >> 29)) >> 8
}
