//! SELECT: what it finds, in which order, page by page, and what it is refused for.

use super::{items, refusal};
use crate::data::{indexed_table, n, put, s, texts, worlds_with};
use crate::world::{World, with};
use serde_json::{Value, json};
use wire::Operation::ExecuteStatement;

/// Partitions `p0` and `p1` with five items each.
async fn filled() -> Vec<World> {
    let worlds = worlds_with(indexed_table()).await;
    for world in &worlds {
        for partition in 0..2 {
            for number in 0..5 {
                let item = json!({
                    "pk": s(&format!("p{partition}")), "sk": s(&format!("s{number}")), "l": s(&format!("l{}", 4 - number)),
                    "g": s("g"), "n": n(number), "a": s(&format!("a{number}")), "m": { "M": { "x": { "L": [n(number)] } } },
                    "b.c": n(number),
                });
                put(world, item).await;
            }
        }
    }
    worlds
}

async fn sort_keys(world: &World, statement: &str) -> String {
    let items = items(world, statement).await;
    let items = items.as_array().unwrap();
    let (partitions, sorts) = (texts(items, "pk"), texts(items, "sk"));
    let one = |(pk, sk): (&String, &String)| format!("{}{}", &pk[1..], &sk[1..]);
    partitions.iter().zip(&sorts).map(one).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn partitions_and_parts_of_them() {
    for world in filled().await {
        for (clause, expected) in [
            ("pk = 'p0'", "00 01 02 03 04"),
            ("'p1' = pk AND sk >= 's3'", "13 14"),
            ("pk = 'p0' AND sk BETWEEN 's1' AND 's2'", "01 02"),
            ("pk = 'p0' AND begins_with(sk, 's4')", "04"),
            ("pk = 'p0' AND 's1' > sk", "00"),
            ("pk = 'p0' AND n > 1 AND n NOT IN [3]", "02 04"),
            ("pk = 'p0' AND sk > 's1' AND sk < 's3'", "02"),
            ("pk IN ['p1', 'p0', 'p1'] AND sk = 's0'", "10 00"),
            ("pk IN ['p0', 'p1'] AND sk IN ['s1', 's3'] ORDER BY pk DESC, sk DESC", "13 11 03 01"),
            ("pk = 'p0' AND (sk = 's4' OR sk = 's1')", "01 04"),
            ("pk = 'p0' AND sk = 's4' OR pk = 'p1' AND sk < 's1'", "04 10"),
            ("pk = 'p0' AND n < 2 OR pk = 'p0' AND n > 3", "00 01 04"),
            ("pk = 'p0' ORDER BY sk DESC", "04 03 02 01 00"),
            ("pk = 'p0' ORDER BY pk ASC, sk", "00 01 02 03 04"),
            ("pk = 'p0' AND sk = 's9'", ""),
            ("pk = 'p0' AND \"b.c\" = 3 AND m.x[0] = 3 AND m['x'][0] IS NUMERIC", "03"),
        ] {
            assert_eq!(
                sort_keys(&world, &format!("SELECT * FROM tab WHERE {clause}")).await,
                expected,
                "{clause}"
            );
        }
        for (clause, expected) in
            [("n = 2", "02 12"), ("pk = 'p0' AND sk = 's0' OR n = 4", "00 04 14"), ("NOT n < 4", "04 14")]
        {
            let found = sort_keys(&world, &format!("SELECT * FROM tab WHERE {clause}")).await;
            let mut found: Vec<&str> = found.split(' ').collect();
            found.sort_unstable();
            assert_eq!(found.join(" "), expected, "{clause}");
        }
    }
}

#[tokio::test]
async fn columns_and_indexes() {
    for world in filled().await {
        for (statement, expected) in [
            (
                "SELECT a, m.x, m.x[0], \"b.c\", zz FROM tab WHERE pk = 'p0' AND sk = 's1'",
                json!([{ "a": s("a1"), "x": { "L": [n(1)] }, "x[0]": n(1), "b.c": n(1) }]),
            ),
            ("SELECT zz FROM tab WHERE pk = 'p0' AND sk = 's1'", json!([{}])),
            ("SELECT sk FROM tab.lsi WHERE pk = 'p0' ORDER BY l LIMITLESS", json!(null)),
            (
                "SELECT sk, a FROM \"tab\".\"lsi\" WHERE pk = 'p0' AND l < 'l1'",
                json!([{ "sk": s("s4"), "a": s("a4") }]),
            ),
            (
                "SELECT * FROM tab.lsi WHERE pk = 'p0' AND l < 'l1'",
                json!([{ "pk": s("p0"), "sk": s("s4"), "l": s("l0") }]),
            ),
            ("SELECT pk FROM tab.gsi WHERE g = 'g' AND n = 3 AND pk = 'p1'", json!([{ "pk": s("p1") }])),
            ("SELECT sk FROM tab.inc WHERE g = 'g' AND a = 'a2' AND pk = 'p0'", json!([{ "sk": s("s2") }])),
        ] {
            let answer = world.call(ExecuteStatement, json!({ "Statement": statement })).await;
            match expected {
                Value::Null => assert!(answer.is_err(), "{statement}"),
                expected => assert_eq!(answer.unwrap()["Items"], expected, "{statement}"),
            }
        }
        let all = items(&world, "SELECT sk FROM tab.lsi WHERE a = 'a2'").await;
        assert_eq!(
            all,
            json!([{ "sk": s("s2") }, { "sk": s("s2") }]),
            "a scan of a local index sees whole items"
        );
    }
}

#[tokio::test]
async fn pages_by_token() {
    for world in filled().await {
        for statement in [
            "SELECT * FROM tab",
            "SELECT * FROM tab WHERE pk IN ['p0', 'p1'] AND n <> 2 ORDER BY pk, sk DESC",
            "SELECT sk, pk FROM tab.gsi WHERE g = 'g'",
            "SELECT * FROM tab WHERE pk = ? OR pk = ?",
        ] {
            let mut request = json!({ "Statement": statement });
            if statement.contains('?') {
                request["Parameters"] = json!([s("p1"), s("p0")]);
            }
            let whole = world.ok(ExecuteStatement, request.clone()).await;
            assert_eq!(whole.get("NextToken"), None);
            for limit in [1, 3, 5, 10] {
                let (mut found, mut page) = (Vec::new(), with(request.clone(), json!({ "Limit": limit })));
                for _ in 0..20 {
                    let answer = world.ok(ExecuteStatement, page.clone()).await;
                    let more = answer["Items"].as_array().unwrap();
                    assert!(more.len() <= limit);
                    found.extend(more.iter().cloned());
                    assert_eq!(answer.get("NextToken").is_some(), answer.get("LastEvaluatedKey").is_some());
                    let Some(token) = answer.get("NextToken") else { break };
                    page["NextToken"] = token.clone();
                }
                assert_eq!(json!(found), whole["Items"], "{statement}, {limit} a page");
            }
        }
    }
}

#[tokio::test]
async fn tokens_belong_to_their_statement() {
    for world in filled().await {
        let request = |parameter: Value| json!({ "Statement": "SELECT * FROM tab WHERE pk = 'p0' AND n <> ?", "Parameters": [parameter], "Limit": 1 });
        let token = world.ok(ExecuteStatement, request(n(7))).await["NextToken"].clone();
        let resumed = |request: Value| with(request, json!({ "NextToken": token, "Limit": 2 }));
        let answer = world.ok(ExecuteStatement, resumed(request(json!({ "N": "7.0" })))).await;
        assert_eq!(texts(answer["Items"].as_array().unwrap(), "sk"), ["s1", "s2"]);
        let mismatch = ("ValidationException".to_owned(), "NextToken does not match request".to_owned());
        assert_eq!(refusal(&world, resumed(request(n(8)))).await, mismatch);
        let other =
            json!({ "Statement": "SELECT * FROM tab WHERE pk = 'p0' AND n <> ? ", "Parameters": [n(7)] });
        assert_eq!(refusal(&world, resumed(other)).await, mismatch);
        let listed = request(json!({ "L": [] }));
        let token = world.ok(ExecuteStatement, listed.clone()).await["NextToken"].clone();
        assert_eq!(refusal(&world, with(listed, json!({ "NextToken": token }))).await, mismatch);
        for bad in ["", "x", "AAAA", "////"] {
            let bad = with(request(n(7)), json!({ "NextToken": bad }));
            assert_eq!(refusal(&world, bad).await.1, "Invalid NextToken");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_read() {
    let world = filled().await.remove(0);
    let long = "x".repeat(2049);
    for (statement, expected) in [
        ("SELECT * FROM tab.none WHERE g = 'g'", "The table does not have the specified index"),
        (
            "SELECT c, g, b FROM tab.inc WHERE g = 'g'",
            "One or more parameter values were invalid: Global secondary index inc does not project [c, b]",
        ),
        (
            "SELECT * FROM tab.inc WHERE g = 'g' AND x = 1 AND y = 1",
            "One or more parameter values were invalid: Secondary index inc does not project one or more filter \
             attributes: [x, y]",
        ),
        (
            "SELECT * FROM tab.lsi WHERE pk = 'p0' AND x = 1",
            "One or more parameter values were invalid: Secondary index lsi does not project one or more filter \
             attributes: [x]",
        ),
        (
            "SELECT * FROM tab WHERE pk = 'p0' AND sk < 's3' OR pk = 'p0' AND sk > 's1'",
            "Overlapping conditions with range keys are not supported in where clause",
        ),
        (
            "SELECT * FROM tab ORDER BY pk",
            "Must have WHERE clause in the statement when using ORDER BY clause.",
        ),
        (
            "SELECT * FROM tab WHERE pk = 'p0' ORDER BY n",
            "Attribute n in ORDER BY clause must be part of the primary key",
        ),
        (
            "SELECT * FROM tab WHERE n = 1 ORDER BY sk",
            "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.",
        ),
        (
            "SELECT * FROM tab WHERE pk IN ['p0', 'p1'] ORDER BY sk",
            "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause.",
        ),
        (
            "SELECT * FROM tab WHERE pk = 5",
            "Key attribute's data type should match its data type in table's schema: Key pk",
        ),
        (
            "SELECT * FROM tab WHERE pk = TRUE",
            "Key value must be of type S, N, or B. Key name: pk, Key type: BOOL",
        ),
        (
            "SELECT * FROM tab WHERE pk = ''",
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty \
             string value. Key: pk",
        ),
        (
            &format!("SELECT * FROM tab WHERE pk = '{long}'"),
            "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes",
        ),
        (
            "EXISTS(SELECT * FROM tab WHERE pk = 'p0')",
            "EXISTS can only be used in ExecuteTransaction write requests.",
        ),
    ] {
        assert_eq!(refusal(&world, json!({ "Statement": statement })).await.1, expected, "{statement}");
    }
    let consistent =
        |index: &str| json!({ "Statement": format!("SELECT * FROM tab.{index}"), "ConsistentRead": true });
    assert_eq!(
        refusal(&world, consistent("gsi")).await.1,
        "Strongly consistent read is not supported on Global Secondary Indexes"
    );
    assert_eq!(refusal(&world, consistent("none")).await.1, "The table does not have the specified index");
    assert!(world.call(ExecuteStatement, consistent("lsi")).await.is_ok());
}

#[tokio::test]
async fn capacity_is_told() {
    let world = filled().await.remove(0);
    let request = json!({
        "Statement": "SELECT * FROM tab WHERE pk IN ['p0', 'p1'] AND sk = 's0'", "ReturnConsumedCapacity": "TOTAL",
        "ConsistentRead": true,
    });
    let answer = world.ok(ExecuteStatement, request).await;
    assert_eq!(answer["ConsumedCapacity"], json!({ "TableName": "tab", "CapacityUnits": 2.0 }));
}
