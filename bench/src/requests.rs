//! The bodies of requests: what is put, changed, read and asked for.

/// CreateTable of the table with a stream.
pub(crate) const ITEMS: &str = r#"{"TableName":"items","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}}"#;

/// CreateTable of the table that Query reads.
pub(crate) const RANGES: &str = r#"{"TableName":"ranges","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"N"}],"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}]}"#;

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

pub(crate) fn update(key: &str, n: u64) -> String {
    format!(
        r##"{{"TableName":"items","Key":{{"pk":{{"S":"{key}"}}}},"UpdateExpression":"SET #s = :s, customer.vip = :v ADD revision :one","ConditionExpression":"attribute_exists(pk) AND #s <> :never","ExpressionAttributeNames":{{"#s":"status"}},"ExpressionAttributeValues":{{":s":{{"S":"SHIPPED-{n}"}},":v":{{"BOOL":false}},":one":{{"N":"1"}},":never":{{"S":"CANCELLED"}}}}}}"##
    )
}

pub(crate) fn batch(table: &str, items: impl Iterator<Item = String>) -> String {
    let puts: Vec<String> = items.map(|item| format!(r#"{{"PutRequest":{{"Item":{item}}}}}"#)).collect();
    format!(r#"{{"RequestItems":{{"{table}":[{}]}}}}"#, puts.join(","))
}

pub(crate) fn get(number: u64) -> String {
    format!(r#"{{"TableName":"items","Key":{{"pk":{{"S":"item-{number:08}"}}}}}}"#)
}

pub(crate) fn query(partition: u64) -> String {
    format!(
        r#"{{"TableName":"ranges","KeyConditionExpression":"pk = :pk","ExpressionAttributeValues":{{":pk":{{"S":"range-{partition:04}"}}}}}}"#
    )
}

pub(crate) fn transaction(items: impl Iterator<Item = String>) -> String {
    let puts: Vec<String> = items.map(|item| format!(r#"{{"Put":{}}}"#, put("items", &item))).collect();
    format!(r#"{{"TransactItems":[{}]}}"#, puts.join(","))
}

/// The 20 items of a partition, in one batch.
pub(crate) fn partition(partition: u64) -> String {
    let items = (0..20).map(|i| {
        let item = item(partition * 20 + i, 0);
        let rest = &item[item.find(r#""customer""#).unwrap_or(1)..];
        format!(r#"{{"pk":{{"S":"range-{partition:04}"}},"sk":{{"N":"{i}"}},{rest}"#)
    });
    batch("ranges", items)
}
