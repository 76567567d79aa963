//! What CreateTable refuses, and how it says so.

use crate::world::{World, definitions, index, keys, table, with};
use serde_json::{Value, json};
use wire::Operation::CreateTable;

const INVALID: &str = "One or more parameter values were invalid: ";

/// A request and the text of its refusal.
type Case = (Value, String);

fn invalid(request: Value, detail: &str) -> Case {
    (request, format!("{INVALID}{detail}"))
}

async fn refuses(cases: Vec<Case>) {
    let world = World::in_memory();
    for (request, text) in cases {
        let expected = Err(("ValidationException".to_owned(), text));
        assert_eq!(world.call(CreateTable, request.clone()).await, expected, "{request}");
    }
    let names = world.ok(wire::Operation::ListTables, json!({})).await;
    assert_eq!(names["TableNames"], json!([]), "a refused request made a table");
}

fn sorted(members: Value) -> Value {
    let base =
        json!({ "AttributeDefinitions": definitions("pk:S sk:S"), "KeySchema": keys("pk:HASH sk:RANGE") });
    with(with(table("tab"), base), members)
}

#[tokio::test]
async fn keys_and_definitions() {
    let defined = |attributes: &str, schema: &str| {
        with(
            table("tab"),
            json!({ "AttributeDefinitions": definitions(attributes), "KeySchema": keys(schema) }),
        )
    };
    let text = |request: Value, text: &str| (request, text.to_owned());
    refuses(vec![
        text(
            defined("pk:S", "pk:RANGE"),
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
        ),
        text(
            defined("pk:S sk:S", "pk:HASH sk:HASH"),
            "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type",
        ),
        text(
            defined("pk:S", "pk:HASH pk:RANGE"),
            "Both the Hash Key and the Range Key element in the KeySchema have the same name",
        ),
        text(defined("pk:S pk:N", "pk:HASH"), "Cannot have two attributes with the same name"),
        text(
            defined("pk:S", "pk:HASH sk:RANGE"),
            "Invalid KeySchema: Some index key attribute have no definition",
        ),
        invalid(
            defined("other:S", "pk:HASH"),
            "Some index key attributes are not defined in AttributeDefinitions. Keys: [pk], AttributeDefinitions: \
             [other]",
        ),
        invalid(
            defined("pk:S x:S", "pk:HASH"),
            "Number of attributes in KeySchema does not exactly match number of attributes defined in \
             AttributeDefinitions",
        ),
        invalid(
            with(
                defined("PK:S h:S a:S unused:S", "PK:HASH"),
                json!({ "GlobalSecondaryIndexes": [index("gsi", "h:HASH a:RANGE")] }),
            ),
            "Some AttributeDefinitions are not used. AttributeDefinitions: [h, a, unused, PK], keys used: [a, h, PK]",
        ),
        invalid(
            with(
                defined("PK:S a:S c:S", "PK:HASH"),
                json!({ "GlobalSecondaryIndexes": [index("gsi", "a:HASH b:RANGE")] }),
            ),
            "Some index key attributes are not defined in AttributeDefinitions. Keys: [a, b], AttributeDefinitions: \
             [a, PK, c]",
        ),
    ])
    .await;
}

#[tokio::test]
async fn local_indexes() {
    let local = |indexes: Value| sorted(json!({ "LocalSecondaryIndexes": indexes }));
    let six: Vec<Value> = (0..6).map(|n| index(&format!("lsi{n}"), "pk:HASH sk:RANGE")).collect();
    refuses(vec![
        invalid(local(json!([])), "List of LocalSecondaryIndexes is empty"),
        invalid(
            with(table("tab"), json!({ "LocalSecondaryIndexes": [index("lsi", "pk:HASH")] })),
            "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
        ),
        invalid(
            local(json!([index("lsi", "pk:HASH")])),
            "Index KeySchema does not have a range key for index: lsi",
        ),
        invalid(
            local(json!([index("lsi", "sk:HASH pk:RANGE")])),
            "Index KeySchema does not have the same leading hash key as table KeySchema for index: lsi. index hash \
             key: sk, table hash key: pk",
        ),
        invalid(
            local(json!([index("same", "pk:HASH sk:RANGE"), index("same", "pk:HASH sk:RANGE")])),
            "Duplicate index name: same",
        ),
        invalid(local(json!(six)), "Number of LocalSecondaryIndexes exceeds per-table limit of 5"),
    ])
    .await;
}

#[tokio::test]
async fn global_indexes() {
    let global = |indexes: Value| sorted(json!({ "GlobalSecondaryIndexes": indexes }));
    let many: Vec<Value> = (0..21).map(|n| index(&format!("gsi{n:02}"), "sk:HASH")).collect();
    let both = with(
        global(json!([index("same", "sk:HASH")])),
        json!({ "LocalSecondaryIndexes": [index("same", "pk:HASH sk:RANGE")] }),
    );
    refuses(vec![
        invalid(global(json!([])), "List of GlobalSecondaryIndexes is empty"),
        invalid(global(json!(many)), "GlobalSecondaryIndex count exceeds the per-table limit of 20"),
        invalid(both, "Duplicate index name: same"),
    ])
    .await;
}

#[tokio::test]
async fn keys_of_several_attributes() {
    let wide = |schema: &str| {
        let members = json!({
            "AttributeDefinitions": definitions("pk:S a:S b:S c:S d:S e:S"),
            "GlobalSecondaryIndexes": [index("gsi", schema)],
        });
        with(table("tab"), members)
    };
    let hash = "a:HASH b:HASH c:HASH d:HASH e:HASH";
    let range = "pk:HASH a:RANGE b:RANGE c:RANGE d:RANGE e:RANGE";
    refuses(vec![
        invalid(wide(hash), "The KeySchema exceeds the maximum allowed number of HASH key attributes"),
        invalid(wide(range), "The KeySchema exceeds the maximum allowed number of RANGE key attributes"),
        invalid(
            wide("a:HASH b:RANGE c:HASH d:RANGE e:RANGE"),
            "All HASH key attributes must precede RANGE key attributes in the KeySchema",
        ),
        (
            wide("a:HASH b:HASH a:RANGE"),
            "The KeySchema contains multiple key attributes with the same name".to_owned(),
        ),
        (
            wide("a:HASH a:RANGE"),
            "Both the Hash Key and the Range Key element in the KeySchema have the same name".to_owned(),
        ),
    ])
    .await;
    let world = World::in_memory();
    let accepted = with(
        table("tab"),
        json!({
            "AttributeDefinitions": definitions("pk:S a:S b:N c:B d:S"),
            "GlobalSecondaryIndexes": [index("gsi", "a:HASH b:HASH c:RANGE d:RANGE")],
        }),
    );
    world.ok(CreateTable, accepted).await;
}

#[tokio::test]
async fn projections() {
    let projecting = |projection: Value| {
        let mut index = index("gsi", "sk:HASH");
        index["Projection"] = projection;
        sorted(json!({ "GlobalSecondaryIndexes": [index] }))
    };
    let include = |from: usize| (from..from + 20).map(|n| json!(format!("a{n}"))).collect::<Vec<_>>();
    let crowded: Vec<Value> = (0..6)
        .map(|n| {
            let mut index = index(&format!("gsi{n}"), "sk:HASH");
            index["Projection"] = json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": include(n * 20) });
            index
        })
        .collect();
    refuses(vec![
        invalid(projecting(json!({})), "Unknown ProjectionType: null"),
        invalid(
            projecting(json!({ "ProjectionType": "ALL", "NonKeyAttributes": ["x"] })),
            "ProjectionType is ALL, but NonKeyAttributes is specified",
        ),
        invalid(
            projecting(json!({ "ProjectionType": "KEYS_ONLY", "NonKeyAttributes": ["x"] })),
            "ProjectionType is KEYS_ONLY, but NonKeyAttributes is specified",
        ),
        invalid(
            projecting(json!({ "ProjectionType": "INCLUDE" })),
            "ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
        ),
        invalid(
            sorted(json!({ "GlobalSecondaryIndexes": crowded })),
            "Number of projected attributes exceeds the per-table limit of 100: 120",
        ),
    ])
    .await;
}

#[tokio::test]
async fn billing() {
    let units = json!({ "ReadCapacityUnits": 5, "WriteCapacityUnits": 5 });
    let mut provisioned_index = index("gsi", "pk:HASH");
    provisioned_index["ProvisionedThroughput"] = units.clone();
    refuses(vec![
        invalid(
            with(table("tab"), json!({ "BillingMode": null })),
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
        ),
        invalid(
            with(table("tab"), json!({ "ProvisionedThroughput": units })),
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
        ),
        invalid(
            with(
                table("tab"),
                json!({
                    "BillingMode": "PROVISIONED",
                    "ProvisionedThroughput": units,
                    "GlobalSecondaryIndexes": [index("gsi", "pk:HASH")],
                }),
            ),
            "ProvisionedThroughput is not specified for index: gsi",
        ),
        invalid(
            with(table("tab"), json!({ "GlobalSecondaryIndexes": [provisioned_index] })),
            "ProvisionedThroughput should not be specified for index: gsi when BillingMode is PAY_PER_REQUEST",
        ),
        (
            with(
                table("tab"),
                json!({
                    "BillingMode": null,
                    "ProvisionedThroughput": { "ReadCapacityUnits": 1_000_000_000_001_u64, "WriteCapacityUnits": 1 },
                }),
            ),
            "Given value 1000000000001 for ReadCapacityUnits is out of bounds".to_owned(),
        ),
    ])
    .await;
}

#[tokio::test]
async fn streams() {
    let stream = |specification: Value| with(table("tab"), json!({ "StreamSpecification": specification }));
    let null = "1 validation error detected: Value null at 'streamSpecification.streamEnabled' failed to satisfy \
                constraint: Member must not be null";
    refuses(vec![
        invalid(
            stream(json!({ "StreamEnabled": true })),
            "Table is being created with a stream enabled, UpdateViewType is required",
        ),
        invalid(
            stream(json!({ "StreamEnabled": false, "StreamViewType": "NEW_IMAGE" })),
            "Table is being created with a stream disabled, UpdateViewType should not be specified",
        ),
        (stream(json!({})), null.to_owned()),
        (stream(json!({ "StreamViewType": "NEW_IMAGE" })), null.to_owned()),
    ])
    .await;
}

#[tokio::test]
async fn tags() {
    let tagged = |keys: &[String]| {
        let tags: Vec<Value> = keys.iter().map(|key| json!({ "Key": key, "Value": "" })).collect();
        with(table("tab"), json!({ "Tags": tags }))
    };
    let fifty_one: Vec<String> = (0..51).map(|n| format!("k{n}")).collect();
    let world = World::in_memory();
    for request in [tagged(&["a".into(), "a".into()]), tagged(&fifty_one)] {
        let (code, _) = world.call(CreateTable, request).await.unwrap_err();
        assert_eq!(code, "ValidationException");
    }
    world.ok(CreateTable, tagged(&fifty_one[..50])).await;
}

#[tokio::test]
async fn a_name_in_use() {
    let world = World::in_memory();
    world.ok(CreateTable, table("tab")).await;
    let again = world.call(CreateTable, table("tab")).await;
    assert_eq!(again, Err(("ResourceInUseException".into(), "Table already exists: tab".into())));
}

/// A table is made where the caller is, so that is where its name must be free, whatever an ARN says.
#[tokio::test]
async fn a_name_in_use_by_an_arn_of_elsewhere() {
    let world = World::in_memory();
    world.ok(CreateTable, table("tab")).await;
    for arn in [
        "arn:aws:dynamodb:us-east-1:000000000000:table/tab",
        "arn:aws:dynamodb:eu-west-1:000000000000:table/tab",
        "arn:aws:dynamodb:us-east-1:111111111111:table/tab",
    ] {
        let (code, _) = world.call(CreateTable, table(arn)).await.unwrap_err();
        assert_eq!(code, "ResourceInUseException", "{arn}");
    }
}
