//! What is refused about vector indexes, and how.

use super::{index, plain, schema, search, with_indexes};
use crate::world::{World, definitions, table, with};
use serde_json::{Value, json};
use wire::Operation::{
    self, CreateTable, ExecuteStatement, PutItem, Query, Scan, SearchVectors, UpdateTable,
};

const INVALID: &str = "One or more parameter values were invalid: ";

async fn refuses(world: &World, operation: Operation, cases: Vec<(Value, &str)>) {
    for (request, text) in cases {
        let expected = Err(("ValidationException".to_owned(), text.replace("IPV:", INVALID)));
        assert_eq!(world.call(operation, request.clone()).await, expected, "{request}");
    }
}

fn two(first: Value, second: Value) -> Value {
    with_indexes("pk:S", json!([first, second]))
}

fn one(members: Value) -> Value {
    with_indexes("pk:S", json!([with(index("vec", 3, "COSINE"), members)]))
}

fn searched(attributes: &str, words: &str) -> Value {
    with_indexes(
        attributes,
        json!([with(index("vec", 3, "COSINE"), json!({ "SearchSchema": schema(words) }))]),
    )
}

#[tokio::test]
async fn indexes_of_a_new_table() {
    let provisioned = json!({
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": { "ReadCapacityUnits": 1, "WriteCapacityUnits": 1 },
    });
    let six: Vec<Value> = (0..6).map(|at| index(&format!("vec{at}"), 3, "COSINE")).collect();
    let cases = vec![
        (with_indexes("pk:S", json!([])), "IPV:List of VectorIndexes is empty"),
        (
            with(one(json!({})), provisioned),
            "IPV:Vector indexes are only supported for PAY_PER_REQUEST tables",
        ),
        (with_indexes("pk:S", json!(six)), "IPV:VectorIndex count exceeds the per-table limit of 5"),
        (
            two(index("vec1", 3, "COSINE"), index("vec2", 4, "COSINE")),
            "IPV:Conflicting attribute definition for 'embedding'. All VectorIndexes on the same vector attribute \
             must use the same dimensions.",
        ),
        (
            with_indexes("pk:S embedding:S", json!([index("vec", 3, "COSINE")])),
            "IPV:Conflicting attribute definition for 'embedding'. An attribute cannot be defined in \
             AttributeDefinitions when used as a VectorAttribute.",
        ),
        (two(index("vec", 3, "COSINE"), index("vec", 3, "EUCLIDEAN")), "IPV:Duplicate index name: vec"),
        (
            searched("pk:S a:S b:S", "a:HASH"),
            "IPV:Some AttributeDefinitions are not used. AttributeDefinitions: [a, b, pk], keys used: [a, pk]",
        ),
    ];
    refuses(&World::in_memory(), CreateTable, cases).await;
}

#[tokio::test]
async fn members_of_an_index() {
    let dimensions = "IPV:Number of dimensions must be between 1 and 4096 inclusive.";
    let cases = vec![
        (one(json!({ "Dimensions": 0 })), dimensions),
        (one(json!({ "Dimensions": 4097 })), dimensions),
        (
            searched("pk:S", "tenant:HASH"),
            "IPV:One element in SearchSchema is not defined in attribute definitions",
        ),
        (
            searched("pk:S a:S", "a:HASH a:INLINE_FILTER"),
            "IPV:SearchSchema contains a duplicate AttributeName",
        ),
        (
            searched("pk:S a:S b:S", "a:HASH b:HASH"),
            "IPV:Value '2' at 'SearchSchema' failed to satisfy constraint: Member must have HASH count less than or \
             equal to 1",
        ),
        (
            one(json!({ "DistanceFunction": "HAMMING" })),
            "1 validation error detected: Value 'HAMMING' at 'vectorIndexes.1.member.distanceFunction' failed to \
             satisfy constraint: Member must satisfy enum value set: [COSINE, DOT_PRODUCT, EUCLIDEAN]",
        ),
        (
            one(json!({ "VectorAttribute": null })),
            "1 validation error detected: Value null at 'vectorIndexes.1.member.vectorAttribute' failed to satisfy \
             constraint: Member must not be null",
        ),
        (
            one(json!({ "Projection": { "ProjectionType": "INCLUDE" } })),
            "IPV:ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
        ),
    ];
    refuses(&World::in_memory(), CreateTable, cases).await;
}

#[tokio::test]
async fn update_table() {
    let world = plain("COSINE").await;
    let update = |updates: Value| json!({ "TableName": "tab", "VectorIndexUpdates": updates });
    let create = |index: Value| update(json!([{ "Create": index }]));
    refuses(
        &world,
        UpdateTable,
        vec![
            (update(json!([{}])), "IPV:One of VectorIndexUpdate.Create, VectorIndexUpdate.Delete must not be null"),
            (
                update(json!([{ "Create": index("new", 2, "COSINE"), "Delete": { "IndexName": "vec" } }])),
                "IPV:Only one vector index action is allowed per VectorIndexUpdate object",
            ),
            (create(index("vec", 2, "COSINE")), "Attempting to create an index which already exists"),
            (
                create(index("new", 3, "COSINE")),
                "IPV:Conflicting attribute definition for 'embedding'. All VectorIndexes on the same vector attribute \
                 must use the same dimensions.",
            ),
            (
                json!({
                    "TableName": "tab",
                    "BillingMode": "PROVISIONED",
                    "ProvisionedThroughput": { "ReadCapacityUnits": 1, "WriteCapacityUnits": 1 },
                }),
                "IPV:Tables with vector indexes must be in PAY_PER_REQUEST mode",
            ),
        ],
    )
    .await;
    let both = update(json!([
        { "Create": index("new1", 2, "COSINE") },
        { "Create": index("new2", 2, "COSINE") },
    ]));
    let text =
        "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table";
    let expected = Err(("LimitExceededException".to_owned(), text.to_owned()));
    assert_eq!(world.call(UpdateTable, both).await, expected);
    let missing = world.call(UpdateTable, update(json!([{ "Delete": { "IndexName": "none" } }]))).await;
    assert_eq!(missing.unwrap_err().0, "ResourceNotFoundException");
    for at in 0..4 {
        world.ok(UpdateTable, create(index(&format!("more{at}"), 2, "COSINE"))).await;
    }
    let sixth = create(index("more5", 2, "COSINE"));
    refuses(&world, UpdateTable, vec![(sixth, "IPV:VectorIndex count exceeds the per-table limit of 5")])
        .await;
}

#[tokio::test]
async fn writes() {
    let world = World::in_memory();
    let searched =
        with(index("vec", 3, "COSINE"), json!({ "SearchSchema": schema("tenant:HASH n:INLINE_FILTER") }));
    world.ok(CreateTable, with_indexes("pk:S tenant:S n:N", json!([searched]))).await;
    let put = |members: Value| {
        let item = with(json!({ "pk": { "S": "a" }, "tenant": { "S": "t" } }), members);
        json!({ "TableName": "tab", "Item": item })
    };
    let vector = |elements: Value| put(json!({ "embedding": { "L": elements } }));
    let number = |text: &str| json!({ "N": text });
    let start = "One or more parameter values were invalid. ";
    let rows = [
        (
            vector(json!([number("1"), number("2")])),
            "Invalid size for parameter embedding, Expected: 3, Actual: 2 IndexName: vec",
        ),
        (
            put(json!({ "embedding": { "S": "x" } })),
            "Invalid type for parameter embedding, Expected: 32-bit floating point number list IndexName: vec",
        ),
        (
            put(json!({ "embedding": { "NS": ["1", "2", "3"] } })),
            "Invalid type for parameter embedding, Expected: 32-bit floating point number list IndexName: vec",
        ),
        (
            vector(json!([number("1"), { "S": "2" }, number("3")])),
            "Invalid type for parameter embedding[1], Expected: 32-bit floating point number, Actual: S. IndexName: vec",
        ),
        (
            vector(json!([number("1"), number("2"), { "NULL": true }])),
            "Invalid type for parameter embedding[2], Expected: 32-bit floating point number, Actual: NULL. IndexName: \
             vec",
        ),
        (
            put(json!({ "tenant": { "N": "1" } })),
            "Attribute 'tenant' type mismatch. Expected: S, Actual: N. IndexName: vec",
        ),
        (
            put(json!({ "n": { "S": "1" } })),
            "Attribute 'n' type mismatch. Expected: N, Actual: S. IndexName: vec",
        ),
    ];
    let mut cases = Vec::new();
    for (request, text) in rows {
        cases.push((request, format!("{start}{text}")));
    }
    let cases = cases.iter().map(|(request, text)| (request.clone(), text.as_str())).collect();
    refuses(&world, PutItem, cases).await;
    let far =
        world.call(PutItem, vector(json!([number("3.5E38"), number("2"), number("3")]))).await.unwrap_err();
    assert!(
        far.1.starts_with(&format!("{start}Invalid value for parameter embedding[0], Value: ")),
        "{far:?}"
    );
    let range = " is outside valid range [-3.4028235E38, 3.4028235E38]. IndexName: vec";
    assert!(far.1.ends_with(range), "{far:?}");
    world
        .ok(PutItem, vector(json!([number("3.4028235E38"), number("-3.4028235E38"), number("1E-130")])))
        .await;
}

#[tokio::test]
async fn every_kind_of_write_is_refused() {
    let world = plain("COSINE").await;
    let item = json!({ "pk": { "S": "a" }, "embedding": { "L": [{ "N": "1" }] } });
    let text = "One or more parameter values were invalid. Invalid size for parameter embedding, Expected: 2, Actual: 1 \
                IndexName: vec";
    let update = json!({
        "TableName": "tab",
        "Key": { "pk": { "S": "a" } },
        "UpdateExpression": "SET embedding = :e",
        "ExpressionAttributeValues": { ":e": item["embedding"] },
    });
    let statement = json!({
        "Statement": "INSERT INTO tab VALUE {'pk': 'a', 'embedding': ?}",
        "Parameters": [item["embedding"]],
    });
    let batch = json!({ "RequestItems": { "tab": [{ "PutRequest": { "Item": item } }] } });
    for (operation, request) in
        [(Operation::UpdateItem, update), (Operation::BatchWriteItem, batch), (ExecuteStatement, statement)]
    {
        let expected = Err(("ValidationException".to_owned(), text.to_owned()));
        assert_eq!(world.call(operation, request).await, expected, "{operation:?}");
    }
    let set = json!({ "TransactItems": [{ "Put": { "TableName": "tab", "Item": item } }] });
    let error = world.call(Operation::TransactWriteItems, set).await.unwrap_err();
    assert_eq!(error.0, "TransactionCanceledException");
    assert!(error.1.contains("ValidationError"), "{error:?}");
}

#[tokio::test]
async fn searches() {
    let world = World::in_memory();
    let searched =
        with(index("vec", 3, "COSINE"), json!({ "SearchSchema": schema("tenant:HASH n:INLINE_FILTER") }));
    let global = json!([{
        "IndexName": "gsi",
        "KeySchema": [{ "AttributeName": "tenant", "KeyType": "HASH" }],
        "Projection": { "ProjectionType": "ALL" },
    }]);
    let made = with(
        with_indexes("pk:S tenant:S n:N", json!([searched])),
        json!({ "GlobalSecondaryIndexes": global }),
    );
    world.ok(CreateTable, made).await;
    let ask = |members: Value| with(search("vec", &[1.0, 2.0, 3.0], 5), members);
    let where_ = |condition: &str, values: Value| {
        ask(json!({ "SearchConditionExpression": condition, "ExpressionAttributeValues": values }))
    };
    let t = json!({ ":t": { "S": "t" } });
    let invalid = "Search vector contains invalid values. All values in the search vector must be a 32-bit \
                   floating-point number attribute";
    let missing = "SearchConditionExpression must be provided when SearchSchema has a HASH key";
    refuses(
        &world,
        SearchVectors,
        vec![
            (
                with(search("vec", &[1.0, 2.0], 5), json!({})),
                "Input search vector dimension 2 does not match vector index dimension 3",
            ),
            (ask(json!({ "SearchVector": [{ "N": "1" }, { "S": "2" }, { "N": "3" }] })), invalid),
            (ask(json!({ "SearchVector": [{ "N": "1" }, { "N": "1E39" }, { "N": "3" }] })), invalid),
            (ask(json!({})), missing),
            (where_("n = :t", json!({ ":t": { "N": "1" } })), missing),
            (
                where_("shade = :t", t.clone()),
                "SearchConditionExpression must not contain any attributes that is not in SearchSchema. Invalid \
                 attribute: shade",
            ),
            (
                where_("tenant < :t", t.clone()),
                "Invalid SearchConditionExpression: Invalid comparator used in SearchConditionExpression",
            ),
            (
                where_("tenant = :t AND tenant = :t", t.clone()),
                "Invalid SearchConditionExpression: SearchConditionExpression must only contain one condition per \
                 attribute",
            ),
            (
                where_("tenant.x = :t", t.clone()),
                "Invalid SearchConditionExpression: SearchConditionExpression cannot have conditions on nested \
                 attributes",
            ),
            (
                where_("tenant = :t", json!({ ":t": { "N": "1" } })),
                "Type of 'tenant' attribute in SearchConditionExpression (N) does not match type in search schema (S)",
            ),
            (ask(json!({ "IndexName": "none" })), "The table does not have the specified index: none"),
            (ask(json!({ "IndexName": "gsi" })), "SearchVectors operation not supported on this index type."),
        ],
    )
    .await;
    let absent = world.call(SearchVectors, ask(json!({ "TableName": "none" }))).await.unwrap_err();
    assert_eq!(absent.0, "ResourceNotFoundException");
}

#[tokio::test]
async fn other_reads_of_a_vector_index() {
    let world = plain("COSINE").await;
    let query = json!({
        "TableName": "tab",
        "IndexName": "vec",
        "KeyConditionExpression": "pk = :v",
        "ExpressionAttributeValues": { ":v": { "S": "a" } },
    });
    let text = "Query operation not supported on this index type.";
    refuses(&world, Query, vec![(query, text)]).await;
    let scan = json!({ "TableName": "tab", "IndexName": "vec" });
    refuses(&world, Scan, vec![(scan, "Scan operation not supported on this index type.")]).await;
    let statement = json!({ "Statement": "SELECT * FROM \"tab\".\"vec\"" });
    refuses(&world, ExecuteStatement, vec![(statement, text)]).await;
}

#[tokio::test]
async fn a_definition_that_only_a_vector_index_uses_goes_with_it() {
    let world = World::in_memory();
    world.ok(CreateTable, table("tab")).await;
    let searched = with(index("vec", 2, "COSINE"), json!({ "SearchSchema": schema("tenant:HASH") }));
    let create = json!({
        "TableName": "tab",
        "AttributeDefinitions": definitions("tenant:S unused:S"),
        "VectorIndexUpdates": [{ "Create": searched }],
    });
    world.ok(UpdateTable, create).await;
    assert_eq!(world.describe("tab").await["AttributeDefinitions"], definitions("pk:S tenant:S"));
    let delete = json!({ "TableName": "tab", "VectorIndexUpdates": [{ "Delete": { "IndexName": "vec" } }] });
    let answer = world.ok(UpdateTable, delete).await;
    assert_eq!(answer["TableDescription"]["VectorIndexes"][0]["IndexStatus"], "DELETING");
    let described = world.describe("tab").await;
    assert_eq!(described["AttributeDefinitions"], definitions("pk:S"));
    assert_eq!(described.get("VectorIndexes"), None);
}
