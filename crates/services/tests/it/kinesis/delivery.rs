//! What a table delivers, as a reader of the stream sees it.

use super::world::{START_MS, World, texts};
use serde_json::{Value, json};
use wire::Operation;

async fn table(world: &World, operation: Operation, request: Value) -> Value {
    let answer = world.database.call(operation, &world.caller, request.to_string().into()).await;
    let answer = answer.unwrap_or_else(|error| panic!("{operation:?} of {request}: {error}"));
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

#[tokio::test]
async fn changes_of_a_table_are_read_beside_other_records() {
    for world in World::of_every_kind() {
        world.create(1).await;
        let create = json!({
            "TableName": "dogs", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "name", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "name", "KeyType": "HASH" }],
        });
        table(&world, Operation::CreateTable, create).await;
        let arn = "arn:aws:kinesis:us-east-1:000000000000:stream/changes";
        let enable = json!({
            "TableName": "dogs", "StreamArn": arn,
            "EnableKinesisStreamingConfiguration": { "ApproximateCreationDateTimePrecision": "MICROSECOND" },
        });
        table(&world, Operation::EnableKinesisStreamingDestination, enable).await;
        world.put("own", "mine").await;
        let item = json!({ "name": { "S": "Rex" }, "age": { "N": "3" } });
        table(&world, Operation::PutItem, json!({ "TableName": "dogs", "Item": item })).await;
        let world = world.reopened();
        let page = world.read(0).await;
        let read = texts(&page);
        assert_eq!(read[0], "mine");
        let mut change: Value = serde_json::from_str(&read[1]).unwrap();
        assert_eq!(change["eventID"].take().as_str().unwrap().len(), 32);
        assert_eq!(
            change,
            json!({
                "awsRegion": "us-east-1", "eventID": null, "eventName": "INSERT", "userIdentity": null,
                "recordFormat": "application/json", "tableName": "dogs", "eventSource": "aws:dynamodb",
                "dynamodb": {
                    "ApproximateCreationDateTime": START_MS * 1000,
                    "ApproximateCreationDateTimePrecision": "MICROSECOND",
                    "Keys": { "name": { "S": "Rex" } }, "NewImage": item, "SizeBytes": 19,
                },
            })
        );
        let record = &page["Records"][1];
        assert_eq!(record["PartitionKey"].as_str().unwrap().len(), 32);
        assert_eq!(record["ApproximateArrivalTimestamp"], START_MS / 1000);
        // Read again, it is the same, its event id too.
        assert_eq!(world.read(0).await["Records"], page["Records"]);
    }
}
