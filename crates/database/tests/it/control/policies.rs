//! Resource policies of tables and streams.

use crate::data::sorted_table;
use crate::world::{START_MS, World, table, with};
use serde_json::{Value, json};
use wire::Operation::{CreateTable, DeleteResourcePolicy, DeleteTable, GetResourcePolicy, PutResourcePolicy};

const ARN: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/tab";

fn policy(sid: &str) -> String {
    let statement =
        json!({ "Sid": sid, "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

fn put(arn: &str, policy: &str) -> Value {
    json!({ "ResourceArn": arn, "Policy": policy })
}

fn not_found(detail: &str) -> Result<Value, (String, String)> {
    let text = format!("Resource-based policy not found for the provided ResourceArn: {detail}");
    Err(("PolicyNotFoundException".into(), text))
}

#[tokio::test]
async fn a_policy_is_put_shown_and_deleted() {
    for world in World::of_every_kind() {
        world.ok(CreateTable, table("tab")).await;
        let get = json!({ "ResourceArn": ARN });
        assert_eq!(world.call(GetResourcePolicy, get.clone()).await, not_found(ARN));
        assert_eq!(world.ok(DeleteResourcePolicy, get.clone()).await, json!({}), "there is none to delete");
        let spaced = policy("one").replace(',', " ,\n ");
        let first = START_MS.to_string();
        assert_eq!(world.ok(PutResourcePolicy, put(ARN, &spaced)).await, json!({ "RevisionId": first }));
        let expected = json!({ "Policy": policy("one"), "RevisionId": first });
        assert_eq!(world.ok(GetResourcePolicy, get.clone()).await, expected);
        // The same in other words is the same; another one is a new revision, even within a millisecond.
        assert_eq!(world.ok(PutResourcePolicy, put(ARN, &policy("one"))).await["RevisionId"], first.as_str());
        let second = (START_MS + 1).to_string();
        assert_eq!(
            world.ok(PutResourcePolicy, put(ARN, &policy("two"))).await["RevisionId"],
            second.as_str()
        );
        let world = world.reopened();
        let expected = json!({ "Policy": policy("two"), "RevisionId": second });
        assert_eq!(world.ok(GetResourcePolicy, get.clone()).await, expected);
        assert_eq!(world.ok(DeleteResourcePolicy, get.clone()).await, json!({ "RevisionId": second }));
        assert_eq!(world.call(GetResourcePolicy, get).await, not_found(ARN));
    }
}

#[tokio::test]
async fn a_stream_has_a_policy_of_its_own() {
    let world = World::in_memory();
    world.ok(CreateTable, with(sorted_table(), json!({ "ResourcePolicy": policy("table") }))).await;
    let stream = world.describe("tab").await["LatestStreamArn"].as_str().unwrap().to_owned();
    assert_eq!(world.call(GetResourcePolicy, json!({ "ResourceArn": stream })).await, not_found(&stream));
    world.ok(PutResourcePolicy, put(&stream, &policy("stream"))).await;
    for (arn, sid) in [(ARN, "table"), (&stream, "stream")] {
        let answer = world.ok(GetResourcePolicy, json!({ "ResourceArn": arn })).await;
        assert_eq!(answer["Policy"], policy(sid));
    }
    world.ok(DeleteResourcePolicy, json!({ "ResourceArn": ARN })).await;
    assert_eq!(
        world.ok(GetResourcePolicy, json!({ "ResourceArn": stream })).await["Policy"],
        policy("stream")
    );
    world.ok(DeleteTable, json!({ "TableName": "tab" })).await;
    world.ok(CreateTable, table("tab")).await;
    assert_eq!(world.call(GetResourcePolicy, json!({ "ResourceArn": ARN })).await, not_found(ARN));
}

#[tokio::test]
async fn revisions_that_are_expected() {
    let world = World::in_memory();
    world.ok(CreateTable, table("tab")).await;
    let expecting = |request: Value, revision: &str| with(request, json!({ "ExpectedRevisionId": revision }));
    let stale = |revision: &str| {
        not_found(&format!(
            "Requested update for policy with revision id 1, but the policy associated to target table tab has revision id \
             {revision}."
        ))
    };
    let delete = json!({ "ResourceArn": ARN });
    let none = "Requested update for policy with revision id 1, but there is no policy associated to target table tab.";
    assert_eq!(world.call(DeleteResourcePolicy, expecting(delete.clone(), "1")).await, not_found(none));
    assert_eq!(
        world.call(PutResourcePolicy, expecting(put(ARN, &policy("one")), "1")).await,
        not_found(none)
    );
    let first =
        world.ok(PutResourcePolicy, expecting(put(ARN, &policy("one")), "NO_POLICY")).await["RevisionId"]
            .clone();
    let first = first.as_str().unwrap();
    let again = world.call(PutResourcePolicy, expecting(put(ARN, &policy("two")), "NO_POLICY")).await;
    let text = format!(
        "Requested policy update expecting none to be present for table tab, but a policy exists with revision id {first}."
    );
    assert_eq!(again, not_found(&text));
    assert_eq!(world.call(PutResourcePolicy, expecting(put(ARN, &policy("two")), "1")).await, stale(first));
    assert_eq!(world.call(DeleteResourcePolicy, expecting(delete.clone(), "1")).await, stale(first));
    world.ok(PutResourcePolicy, expecting(put(ARN, &policy("two")), first)).await;
    let get = world.ok(GetResourcePolicy, delete.clone()).await;
    world.ok(DeleteResourcePolicy, expecting(delete, get["RevisionId"].as_str().unwrap())).await;
}

#[tokio::test]
async fn errors() {
    let world = World::in_memory();
    world.ok(CreateTable, table("tab")).await;
    let invalid =
        |text: &str| ("ValidationException", format!("One or more parameter values were invalid: {text}"));
    let changed = |from: &str, to: &str| ARN.replace(from, to);
    let rows = [
        ("tab".to_owned(), invalid("ARNs must start with 'arn:': tab")),
        (
            changed("/tab", "/nope"),
            ("ResourceNotFoundException", "Requested resource not found: Table: nope not found".to_owned()),
        ),
        (
            changed("000000000000", "111111111111"),
            (
                "ValidationException",
                "This action is only supported by accounts that match the resource owner\u{2019}s account."
                    .to_owned(),
            ),
        ),
        (
            changed("us-east-1", "eu-west-1"),
            invalid(&format!("Invalid resource Arn: {}", changed("us-east-1", "eu-west-1"))),
        ),
        (
            format!("{ARN}/index/gsi"),
            invalid(&format!(
                "Invalid resource arn provided, only table or stream is accepted. Provided resource arn: {ARN}/index/gsi"
            )),
        ),
        (
            format!("{ARN}/stream/2000-01-01T00:00:00.000"),
            (
                "ResourceNotFoundException",
                "Requested resource not found: Stream: 2000-01-01T00:00:00.000 not found for Table: tab"
                    .to_owned(),
            ),
        ),
        (
            format!("{ARN}/backup/0170"),
            invalid(&format!("Provided Arn is not a DynamoDB resource arn: {ARN}/backup/0170")),
        ),
        (
            "arn:aws:sqs:us-east-1:000000000000:tab".to_owned(),
            invalid("Provided Arn is not a DynamoDB resource arn: arn:aws:sqs:us-east-1:000000000000:tab"),
        ),
    ];
    for (arn, (code, text)) in rows {
        for operation in [GetResourcePolicy, PutResourcePolicy, DeleteResourcePolicy] {
            let answer = world.call(operation, put(&arn, &policy("one"))).await;
            assert_eq!(answer, Err((code.into(), text.clone())), "{operation:?} {arn}");
        }
    }
    let long = json!({ "Statement": [], "x": "x".repeat(20_480) }).to_string();
    for (document, text) in [
        ("{", "Invalid policy document: This policy contains invalid Json"),
        ("[]", "Invalid policy document: This policy contains invalid Json"),
        (r#"{"Statement":[]}"#, "Invalid policy document: Could not parse the policy: Statement is empty!"),
        (r#"{"Statement":{"Effect":"Allow"}}"#, "Invalid policy document: Missing required field Resource"),
        ("{}", "Invalid policy document: Missing required field Statement"),
        (long.as_str(), "Maximum policy size of 20480 bytes exceeded"),
    ] {
        let (code, text) = invalid(text);
        let error = Err((code.to_owned(), text));
        assert_eq!(world.call(PutResourcePolicy, put(ARN, document)).await, error);
        let create = with(table("new"), json!({ "ResourcePolicy": document }));
        assert_eq!(world.call(CreateTable, create).await, error);
    }
}
