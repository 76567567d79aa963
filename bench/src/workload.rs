//! What is measured: the requests of each workload, and the tables that they need.

use crate::client::Connection;
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
        promise: [Some(3.0), Some(6.0)],
    },
    Workload {
        name: "GetItem",
        target: "DynamoDB_20120810.GetItem",
        body: |n, keys| {
            format!(r#"{{"TableName":"items","Key":{{"pk":{{"S":"item-{:08}"}}}}}}"#, scatter(n) % keys)
        },
        promise: [Some(1.7), None],
    },
    Workload {
        name: "UpdateItem",
        target: "DynamoDB_20120810.UpdateItem",
        body: |n, keys| update(&format!("item-{:08}", scatter(n) % keys), n),
        promise: [Some(3.5), None],
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
        body: |n, _| {
            format!(
                r#"{{"TableName":"ranges","KeyConditionExpression":"pk = :pk","ExpressionAttributeValues":{{":pk":{{"S":"range-{:04}"}}}}}}"#,
                scatter(n) % RANGES
            )
        },
        promise: [Some(6.0), None],
    },
    Workload {
        name: "TransactWrite of 4",
        target: "DynamoDB_20120810.TransactWriteItems",
        body: |n, keys| {
            let puts =
                (0..4).map(|i| format!(r#"{{"Put":{}}}"#, put("items", &item((scatter(n) + i) % keys, n))));
            format!(r#"{{"TransactItems":[{}]}}"#, puts.collect::<Vec<_>>().join(","))
        },
        promise: [Some(8.0), None],
    },
    Workload {
        name: "BatchWrite of 25",
        target: "DynamoDB_20120810.BatchWriteItem",
        body: |n, keys| batch("items", (0..25).map(|i| item((scatter(n) + i) % keys, n))),
        promise: [Some(25.0), None],
    },
    Workload {
        name: "Scan of 1 MB",
        target: "DynamoDB_20120810.Scan",
        body: |_, _| r#"{"TableName":"items"}"#.into(),
        promise: [None, None],
    },
];

/// Partitions of the table that Query reads, 20 items each.
const RANGES: u64 = 500;

/// Creates the tables and fills them with `keys` items.
pub(crate) async fn prepare(connection: &mut Connection, keys: u64) -> Result<()> {
    let create = "DynamoDB_20120810.CreateTable";
    connection
        .expect(create, br#"{"TableName":"items","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}}"#)
        .await?;
    connection
        .expect(create, br#"{"TableName":"ranges","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"N"}],"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}]}"#)
        .await?;
    fill(connection, 0, keys).await?;
    for range in 0..RANGES {
        let items = (0..20).map(|i| {
            let item = item(range * 20 + i, 0);
            format!(
                r#"{{"pk":{{"S":"range-{range:04}"}},"sk":{{"N":"{i}"}},{}"#,
                &item[item.find(r#""customer""#).unwrap_or(1)..]
            )
        });
        connection.expect("DynamoDB_20120810.BatchWriteItem", batch("ranges", items).as_bytes()).await?;
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

/// An order of about 600 bytes, nested as people's items are.
pub(crate) fn item(number: u64, revision: u64) -> String {
    format!(
        r#"{{"pk":{{"S":"item-{number:08}"}},"customer":{{"M":{{"name":{{"S":"Ada Lovelace"}},"email":{{"S":"ada{number}@example.com"}},"address":{{"M":{{"street":{{"S":"12 St James's Square"}},"city":{{"S":"London"}},"postcode":{{"S":"SW1Y 4JH"}}}}}},"vip":{{"BOOL":true}}}}}},"lines":{{"L":[{{"M":{{"sku":{{"S":"A-1001"}},"quantity":{{"N":"2"}},"price":{{"N":"19.99"}}}}}},{{"M":{{"sku":{{"S":"B-2002"}},"quantity":{{"N":"1"}},"price":{{"N":"249.5"}}}}}},{{"M":{{"sku":{{"S":"C-3003"}},"quantity":{{"N":"12"}},"price":{{"N":"0.75"}}}}}}]}},"tags":{{"SS":["gift","priority","retail"]}},"status":{{"S":"PLACED"}},"revision":{{"N":"{revision}"}},"placedAt":{{"S":"2026-11-21T09:30:00.000Z"}},"note":{{"S":"{}"}}}}"#,
        "Leave with the neighbour if nobody is at home; ring twice. ".repeat(4)
    )
}

pub(crate) fn put(table: &str, item: &str) -> String {
    format!(r#"{{"TableName":"{table}","Item":{item}}}"#)
}

fn update(key: &str, n: u64) -> String {
    format!(
        r##"{{"TableName":"items","Key":{{"pk":{{"S":"{key}"}}}},"UpdateExpression":"SET #s = :s, customer.vip = :v ADD revision :one","ConditionExpression":"attribute_exists(pk) AND #s <> :never","ExpressionAttributeNames":{{"#s":"status"}},"ExpressionAttributeValues":{{":s":{{"S":"SHIPPED-{n}"}},":v":{{"BOOL":false}},":one":{{"N":"1"}},":never":{{"S":"CANCELLED"}}}}}}"##
    )
}

fn batch(table: &str, items: impl Iterator<Item = String>) -> String {
    let puts: Vec<String> = items.map(|item| format!(r#"{{"PutRequest":{{"Item":{item}}}}}"#)).collect();
    format!(r#"{{"RequestItems":{{"{table}":[{}]}}}}"#, puts.join(","))
}

/// Spreads consecutive numbers over the keys, the same way in each run.
pub(crate) fn scatter(n: u64) -> u64 {
    let n = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (n ^ (n >> 29)) >> 8
}
