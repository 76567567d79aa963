//! Which writes make a stream record, and what it holds: every row of the specification's table (§3.3), for every
//! view, with and without a sort key, on every store.
//!
//! The rows of ImportTable and restore are not there: those make no records of items.

mod rows;

use crate::world::{World, definitions, index, keys, table, with};
use rows::{Call, Row};
use serde_json::{Value, json};
use std::sync::Arc;
use wire::Operation::{
    BatchWriteItem, CreateTable, DeleteTable, DescribeStream, GetRecords, GetShardIterator, PutItem,
    UpdateTable, UpdateTimeToLive,
};

const VIEWS: [&str; 4] = ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"];

/// A table with a stream that nobody else writes to.
struct Case {
    world: Arc<World>,
    table: String,
    view: &'static str,
    sorted: bool,
    /// Where the next records will be.
    iterator: Value,
}

/// A row in a table: it has keys of its own.
struct Place<'a> {
    case: &'a Case,
    row: usize,
}

impl Place<'_> {
    /// The row's key of this number.
    fn key(&self, number: usize) -> Value {
        match self.case.sorted {
            true => json!({ "pk": { "S": format!("row {}", self.row) }, "sk": { "S": number.to_string() } }),
            false => json!({ "pk": { "S": format!("row {} {number}", self.row) } }),
        }
    }

    fn item(&self, number: usize, more: &Value) -> Value {
        with(self.key(number), more.clone())
    }

    fn put(&self, number: usize, more: &Value) -> Value {
        json!({ "TableName": self.case.table, "Item": self.item(number, more) })
    }

    fn delete(&self, number: usize) -> Value {
        json!({ "TableName": self.case.table, "Key": self.key(number) })
    }

    fn update(&self, number: usize, expression: &str, values: Value) -> Value {
        let mut request = json!({ "TableName": self.case.table, "Key": self.key(number) });
        if !expression.is_empty() {
            request["UpdateExpression"] = json!(expression);
        }
        if !values.is_null() {
            request["ExpressionAttributeValues"] = values;
        }
        request
    }
}

/// A record that a row makes: of which key, its name, and the item without its key before and after.
type Expected = (usize, &'static str, Option<Value>, Option<Value>);

impl Case {
    async fn new(world: &Arc<World>, view: &'static str, sorted: bool) -> Case {
        let name = format!("{view}-{}", if sorted { "sorted" } else { "plain" });
        let stream = json!({ "StreamEnabled": true, "StreamViewType": view });
        let mut request = with(
            table(&name),
            json!({
                "AttributeDefinitions": definitions("pk:S g:S"),
                "StreamSpecification": stream,
                "GlobalSecondaryIndexes": [index("gsi", "g:HASH")],
            }),
        );
        if sorted {
            request["AttributeDefinitions"] = definitions("pk:S sk:S g:S l:S");
            request["KeySchema"] = keys("pk:HASH sk:RANGE");
            request["LocalSecondaryIndexes"] = json!([index("lsi", "pk:HASH l:RANGE")]);
        }
        let arn = world.ok(CreateTable, request).await["TableDescription"]["LatestStreamArn"].clone();
        let described = world.ok(DescribeStream, json!({ "StreamArn": arn })).await;
        let shard = described["StreamDescription"]["Shards"][0]["ShardId"].clone();
        let request = json!({ "StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
        let iterator = world.ok(GetShardIterator, request).await["ShardIterator"].clone();
        Case { world: Arc::clone(world), table: name, view, sorted, iterator }
    }

    /// The records since the last look.
    async fn records(&mut self) -> Vec<Value> {
        let mut records = Vec::new();
        while !self.iterator.is_null() {
            let page = self.world.ok(GetRecords, json!({ "ShardIterator": self.iterator })).await;
            self.iterator = page.get("NextShardIterator").cloned().unwrap_or_default();
            let page = page["Records"].as_array().unwrap();
            if page.is_empty() {
                break;
            }
            records.extend(page.iter().cloned());
        }
        records
    }

    /// Makes a row's items, runs its calls, and compares the records that these made.
    async fn run(&mut self, number: usize, row: &Row) {
        let place = Place { case: self, row: number };
        for (key, more) in &row.given {
            self.world.ok(PutItem, place.put(*key, more)).await;
        }
        let calls: Vec<Call> = (row.calls)(&place);
        self.records().await;
        for (operation, request, error) in calls {
            let answer = self.world.call(operation, request.clone()).await;
            let code = answer.err().map_or(String::new(), |(code, _)| code);
            assert_eq!(code, error, "{}: {request}", row.what);
        }
        self.expect(row.what, number, &row.expected, None).await;
    }

    /// The records since the last look are these.
    async fn expect(&mut self, what: &str, row: usize, expected: &[Expected], identity: Option<&Value>) {
        let what = format!("{what}, in {}", self.table);
        let records = self.records().await;
        let place = Place { case: self, row };
        assert_eq!(records.len(), expected.len(), "{what}: {records:?}");
        for (record, (key, name, old, new)) in records.iter().zip(expected) {
            let data = &record["dynamodb"];
            assert_eq!(record["eventName"], json!(name), "{what}");
            assert_eq!(record.get("userIdentity"), identity, "{what}");
            assert_eq!(data["Keys"], place.key(*key), "{what}");
            assert_eq!(data["StreamViewType"], json!(self.view), "{what}");
            let shows = |image: &str, of: &Option<Value>| match of {
                Some(more) if self.view.contains(image) || self.view == "NEW_AND_OLD_IMAGES" => {
                    Some(place.item(*key, more))
                }
                _ => None,
            };
            assert_eq!(data.get("OldImage").cloned(), shows("OLD_IMAGE", old), "{what}");
            assert_eq!(data.get("NewImage").cloned(), shows("NEW_IMAGE", new), "{what}");
            let parts = ["Keys", "OldImage", "NewImage"].map(|part| data.get(part).map_or(0, size_of_item));
            assert_eq!(data["SizeBytes"], json!(parts.iter().sum::<usize>()), "{what}");
        }
    }
}

/// The size of an item by the formula of the specification.
fn size_of_item(item: &Value) -> usize {
    item.as_object().unwrap().iter().map(|(name, value)| name.len() + size_of(value)).sum()
}

fn size_of(value: &Value) -> usize {
    let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
    let list = |each: fn(&Value) -> usize| value.as_array().unwrap().iter().map(each).sum::<usize>();
    let number = |text: &Value| item::Number::parse(text.as_str().unwrap()).unwrap().size();
    match kind.as_str() {
        "S" => value.as_str().unwrap().len(),
        "N" => number(value),
        "BOOL" => 1,
        "SS" => list(|text| text.as_str().unwrap().len()),
        "NS" => value.as_array().unwrap().iter().map(number).sum(),
        "L" => 3 + list(|element| 1 + size_of(element)),
        "M" => {
            let members = value.as_object().unwrap().iter();
            3 + members.map(|(name, value)| 1 + name.len() + size_of(value)).sum::<usize>()
        }
        other => panic!("{other}"),
    }
}

/// A case for each view, with and without a sort key, all in one database.
async fn cases(world: World) -> Vec<Case> {
    let world = Arc::new(world);
    let mut cases = Vec::new();
    for view in VIEWS {
        for sorted in [false, true] {
            cases.push(Case::new(&world, view, sorted).await);
        }
    }
    cases
}

async fn all_rows_hold(world: World) {
    let rows = rows::all();
    for mut case in cases(world).await {
        for (number, row) in rows.iter().enumerate() {
            case.run(number, row).await;
        }
    }
}

#[tokio::test]
async fn of_every_row_in_memory() {
    all_rows_hold(World::in_memory()).await;
}

#[tokio::test]
async fn of_every_row_on_a_faulty_store() {
    all_rows_hold(World::on_a_faulty_store()).await;
}

#[tokio::test]
async fn of_every_row_on_disk() {
    all_rows_hold(World::on_disk()).await;
}

#[tokio::test]
async fn of_expired_items_name_the_service() {
    for world in World::of_every_kind() {
        let mut cases = cases(world).await;
        let expiry = json!({ "t": { "N": (crate::world::START_MS / 1000 + 5).to_string() } });
        for case in &mut cases {
            let specification = json!({ "Enabled": true, "AttributeName": "t" });
            let request = json!({ "TableName": case.table, "TimeToLiveSpecification": specification });
            case.world.ok(UpdateTimeToLive, request).await;
            let place = Place { case, row: 0 };
            case.world.ok(PutItem, place.put(0, &expiry)).await;
            case.records().await;
        }
        cases[0].world.advance(10_000).await;
        let service = json!({ "PrincipalId": "dynamodb.amazonaws.com", "Type": "Service" });
        for case in &mut cases {
            let removed = [(0, "REMOVE", Some(expiry.clone()), None)];
            case.expect("expiry", 0, &removed, Some(&service)).await;
        }
    }
}

/// Making an index, filling it, and deleting the table with all its items.
#[tokio::test]
async fn are_not_made_by_changes_of_the_table() {
    for world in World::of_every_kind() {
        for mut case in cases(world).await {
            let more = json!({ "h": { "S": "h" } });
            case.world.ok(PutItem, Place { case: &case, row: 0 }.put(0, &more)).await;
            case.records().await;
            let create = json!({
                "TableName": case.table,
                "AttributeDefinitions": definitions("h:S"),
                "GlobalSecondaryIndexUpdates": [{ "Create": index("late", "h:HASH") }],
            });
            case.world.ok(UpdateTable, create).await;
            case.expect("a new index", 0, &[], None).await;
            case.world.ok(DeleteTable, json!({ "TableName": case.table })).await;
            case.expect("DeleteTable", 0, &[], None).await;
            assert!(case.iterator.is_null(), "the shard is closed, and was read to its end");
        }
    }
}

#[tokio::test]
async fn of_one_batch_come_in_its_order() {
    let stream = json!({ "StreamEnabled": true, "StreamViewType": "KEYS_ONLY" });
    for world in World::of_every_kind() {
        world.ok(CreateTable, with(table("tab"), json!({ "StreamSpecification": stream }))).await;
        let put = |key: usize| json!({ "PutRequest": { "Item": { "pk": { "S": format!("k{key}") } } } });
        let puts: Vec<Value> = [9, 3, 7, 1, 8].map(put).into();
        world.ok(BatchWriteItem, json!({ "RequestItems": { "tab": puts } })).await;
        let mixed = json!([
            { "DeleteRequest": { "Key": { "pk": { "S": "k9" } } } },
            put(5),
            { "DeleteRequest": { "Key": { "pk": { "S": "k1" } } } },
        ]);
        world.ok(BatchWriteItem, json!({ "RequestItems": { "tab": mixed } })).await;
        let seen: Vec<String> = super::records(&world)
            .await
            .iter()
            .map(|record| record["dynamodb"]["Keys"]["pk"]["S"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(seen, ["k9", "k3", "k7", "k1", "k8", "k9", "k5", "k1"]);
    }
}
