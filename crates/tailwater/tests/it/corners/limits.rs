//! Corners of what an item and an expression may be, and of what they cost.

use super::{Corner, table};
use serde_json::{Value, json};

const ENVELOPE: &str = "1 validation error detected: ";

fn put(attribute: &str, value: &Value) -> Value {
    json!({ "TableName": "tab", "Item": { "pk": { "S": "k" }, attribute: value } })
}

#[test]
fn names_of_attributes_have_at_most_65535_bytes() {
    let corner = Corner::new();
    let (longest, long) = ("é".repeat(32_767) + "x", "x".repeat(65_536));
    let text = "Attribute name is too large, must be less than 65536 bytes";
    let one = json!({ "N": "1" });
    corner.ok("PutItem", put(&longest, &one));
    assert_eq!(corner.get("k")[longest.as_str()], one);
    corner.ok("PutItem", put("m", &json!({ "M": { longest: one } })));
    let key = json!({ "pk": { "S": "k" } });
    let update = |members: Value| {
        let mut request = json!({ "TableName": "tab", "Key": key });
        request.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        request
    };
    let enveloped = format!("{ENVELOPE}{text}");
    for (operation, request) in [
        ("PutItem", put(&long, &one)),
        ("PutItem", put("m", &json!({ "L": [{ "M": { &long: one } }] }))),
        (
            "UpdateItem",
            update(
                json!({ "UpdateExpression": "SET a = :v", "ExpressionAttributeValues": { ":v": { "M": { &long: one } } } }),
            ),
        ),
        (
            "UpdateItem",
            update(json!({ "UpdateExpression": "REMOVE #n", "ExpressionAttributeNames": { "#n": long } })),
        ),
        ("UpdateItem", update(json!({ "AttributeUpdates": { &long: { "Action": "DELETE" } } }))),
    ] {
        corner.refused(operation, &request, &enveloped);
    }
    for (operation, request) in [
        (
            "GetItem",
            update(json!({ "ProjectionExpression": "#n", "ExpressionAttributeNames": { "#n": long } })),
        ),
        ("GetItem", update(json!({ "AttributesToGet": [long] }))),
        (
            "BatchWriteItem",
            json!({ "RequestItems": { "tab": [{ "PutRequest": { "Item": { "pk": { "S": "k" }, &long: one } } }] } }),
        ),
        ("TransactWriteItems", json!({ "TransactItems": [{ "Put": put(&long, &one) }] })),
    ] {
        corner.refused(operation, &request, text);
    }
}

#[test]
fn numbers_have_38_digits_and_a_range() {
    let corner = Corner::new();
    for (sent, kept) in [
        (
            "9.9999999999999999999999999999999999999E+125",
            "99999999999999999999999999999999999999".to_owned() + &"0".repeat(88),
        ),
        (
            "-9.9999999999999999999999999999999999999E+125",
            "-99999999999999999999999999999999999999".to_owned() + &"0".repeat(88),
        ),
        ("1E-130", format!("0.{}1", "0".repeat(129))),
        ("-1E-130", format!("-0.{}1", "0".repeat(129))),
        ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678".to_owned()),
        (
            "0.00000000012345678901234567890123456789012345678",
            "0.00000000012345678901234567890123456789012345678".to_owned(),
        ),
        ("100000000000000000000000000000000000000000", format!("1{}", "0".repeat(41))),
        ("+007.50", "7.5".to_owned()),
        ("-0", "0".to_owned()),
        ("0e10", "0".to_owned()),
    ] {
        corner.ok("PutItem", put("n", &json!({ "N": sent })));
        assert_eq!(corner.get("k")["n"], json!({ "N": kept }), "{sent}");
    }
    let overflow = "Number overflow. Attempting to store a number with magnitude larger than supported range";
    let underflow =
        "Number underflow. Attempting to store a number with magnitude smaller than supported range";
    let digits = "Attempting to store more than 38 significant digits in a Number";
    for (sent, text) in [
        ("1E126", overflow.to_owned()),
        ("-1E126", overflow.to_owned()),
        ("1E-131", underflow.to_owned()),
        ("-9.9E-131", underflow.to_owned()),
        ("123456789012345678901234567890123456789", digits.to_owned()),
        ("1.00000000000000000000000000000000000001", digits.to_owned()),
        ("0x10", "The parameter cannot be converted to a numeric value: 0x10".to_owned()),
        ("", "The parameter cannot be converted to a numeric value: ".to_owned()),
    ] {
        for value in [json!({ "N": sent }), json!({ "NS": [sent] }), json!({ "L": [{ "N": sent }] })] {
            corner.refused("PutItem", &put("n", &value), &format!("{ENVELOPE}{text}"));
        }
        // Of what is only looked for, too.
        let start = json!({ "TableName": "tab", "FilterExpression": "n = :n", "ExpressionAttributeValues": { ":n": { "N": sent } } });
        corner.refused("Scan", &start, &text);
    }
    // A sum out of range is refused when it is known.
    corner.ok("PutItem", put("n", &json!({ "N": "9E125" })));
    let add = json!({ "TableName": "tab", "Key": { "pk": { "S": "k" } }, "UpdateExpression": "ADD n :n",
        "ExpressionAttributeValues": { ":n": { "N": "9E125" } } });
    corner.refused("UpdateItem", &add, overflow);
}

#[test]
fn expressions_have_limits_of_their_own() {
    let corner = Corner::new();
    let condition = |text: String, values: usize| {
        let values: serde_json::Map<String, Value> =
            (0..values).map(|number| (format!(":v{number}"), json!({ "N": number.to_string() }))).collect();
        let mut request = put("a", &json!({ "N": "1" }));
        request["ConditionExpression"] = json!(text);
        if !values.is_empty() {
            request["ExpressionAttributeValues"] = json!(values);
        }
        request
    };
    let either = |count: usize| vec!["a=:v0"; count].join(" OR ");
    let among = |count: usize| {
        let values: Vec<_> = (0..count).map(|number| format!(":v{number}")).collect();
        condition(format!("a IN ({})", values.join(",")), count)
    };
    let nested = |depth: usize| condition(format!("attribute_exists(a{})", ".a".repeat(depth - 1)), 0);
    let failed = ("ConditionalCheckFailedException".to_owned(), "The conditional request failed".to_owned());
    for accepted in [condition(either(150), 1), among(100), nested(32)] {
        assert_eq!(corner.error("PutItem", &accepted), failed, "{accepted}");
    }
    let invalid = |text: &str| format!("{ENVELOPE}Invalid ConditionExpression: {text}");
    for (request, text) in [
        (condition(either(151), 1), "The expression contains too many operators; operator count: 301"),
        (among(101), "The IN operator is provided with too many operands; number of operands: 101"),
        (nested(33), "The document path has too many nesting elements; nesting levels: 33"),
        (condition("((a = :v0))".to_owned(), 1), "The expression has redundant parentheses;"),
        (
            condition(format!("{}a = :v0", " ".repeat(4_091)), 1),
            "Expression size has exceeded the maximum allowed size;",
        ),
    ] {
        corner.refused("PutItem", &request, &invalid(text));
    }
}

/// A table with a local index `lsi` (keys only) on `l` and a global one `gsi` (with `p`) on `g`.
fn indexed() -> Value {
    let mut request = table("indexed");
    let key = |hash: &str, range: &str| json!([{ "AttributeName": hash, "KeyType": "HASH" }, { "AttributeName": range, "KeyType": "RANGE" }]);
    let names = ["pk", "sk", "l", "g"].map(|name| json!({ "AttributeName": name, "AttributeType": "S" }));
    request["AttributeDefinitions"] = json!(names);
    request["KeySchema"] = key("pk", "sk");
    request["LocalSecondaryIndexes"] = json!([{ "IndexName": "lsi", "KeySchema": key("pk", "l"), "Projection": { "ProjectionType": "KEYS_ONLY" } }]);
    request["GlobalSecondaryIndexes"] = json!([{
        "IndexName": "gsi", "KeySchema": [{ "AttributeName": "g", "KeyType": "HASH" }],
        "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": ["p"] },
    }]);
    request
}

/// What a write cost: the whole, the table, the local index and the global one.
fn costs(capacity: &Value) -> [f64; 4] {
    let units = |arm: &Value| arm["CapacityUnits"].as_f64().unwrap_or(0.0);
    let arms = [
        &capacity["Table"],
        &capacity["LocalSecondaryIndexes"]["lsi"],
        &capacity["GlobalSecondaryIndexes"]["gsi"],
    ];
    let [table, local, global] = arms.map(units);
    [units(capacity), table, local, global]
}

#[test]
fn writes_are_charged_to_an_index_by_what_changes_of_it() {
    let corner = Corner::new();
    corner.ok("CreateTable", indexed());
    let key = json!({ "pk": { "S": "a" }, "sk": { "S": "b" } });
    let update = |expression: &str| {
        let mut request = json!({ "TableName": "indexed", "Key": key, "UpdateExpression": expression, "ReturnConsumedCapacity": "INDEXES" });
        if expression.contains(":v") {
            request["ExpressionAttributeValues"] = json!({ ":v": { "S": "v" } });
        }
        costs(&corner.ok("UpdateItem", request)["ConsumedCapacity"])
    };
    // An update, one after the other, and what it costs: in all, the table, the local index, the global one.
    for (expression, expected) in [
        ("SET o = :v", [1.0, 1.0, 0.0, 0.0]),
        ("SET g = :v", [2.0, 1.0, 0.0, 1.0]),
        ("SET o = :v", [1.0, 1.0, 0.0, 0.0]),
        ("SET p = :v", [2.0, 1.0, 0.0, 1.0]),
        ("SET p = :v", [1.0, 1.0, 0.0, 0.0]),
        ("SET l = :v", [2.0, 1.0, 1.0, 0.0]),
        ("SET g = sk, l = sk", [5.0, 1.0, 2.0, 2.0]),
        ("REMOVE p", [2.0, 1.0, 0.0, 1.0]),
        ("REMOVE g", [2.0, 1.0, 0.0, 1.0]),
        ("REMOVE l, g", [2.0, 1.0, 1.0, 0.0]),
        ("REMOVE nothing", [1.0, 1.0, 0.0, 0.0]),
    ] {
        assert_eq!(update(expression), expected, "{expression}");
    }
    let total = json!({ "TableName": "indexed", "Key": key, "UpdateExpression": "SET g = sk", "ReturnConsumedCapacity": "TOTAL" });
    let answer = corner.ok("UpdateItem", total);
    assert_eq!(answer["ConsumedCapacity"], json!({ "TableName": "indexed", "CapacityUnits": 2.0 }));
    // The table's arm is by the larger image, an index's by its own entries.
    let large =
        json!({ "pk": { "S": "a" }, "sk": { "S": "b" }, "g": { "S": "v" }, "x": { "S": "x".repeat(3_000) } });
    let put = |item: &Value| {
        let request = json!({ "TableName": "indexed", "Item": item, "ReturnConsumedCapacity": "INDEXES" });
        costs(&corner.ok("PutItem", request)["ConsumedCapacity"])
    };
    assert_eq!(put(&large), [5.0, 3.0, 0.0, 2.0]);
    assert_eq!(put(&key), [4.0, 3.0, 0.0, 1.0]);
    let delete = json!({ "TableName": "indexed", "Key": key, "ReturnConsumedCapacity": "INDEXES" });
    assert_eq!(costs(&corner.ok("DeleteItem", delete)["ConsumedCapacity"]), [1.0, 1.0, 0.0, 0.0]);
}

#[test]
fn transactions_are_charged_twice_for_the_table_and_once_for_its_indexes() {
    let corner = Corner::new();
    corner.ok("CreateTable", indexed());
    let item = json!({ "pk": { "S": "a" }, "sk": { "S": "b" }, "g": { "S": "g" } });
    let key = json!({ "pk": { "S": "a" }, "sk": { "S": "b" } });
    let missing = json!({ "pk": { "S": "a" }, "sk": { "S": "c" } });
    let check =
        json!({ "TableName": "indexed", "Key": missing, "ConditionExpression": "attribute_not_exists(pk)" });
    let request = json!({
        "TransactItems": [{ "Put": { "TableName": "indexed", "Item": item } }, { "ConditionCheck": check }],
        "ClientRequestToken": "once", "ReturnConsumedCapacity": "INDEXES",
    });
    let spent = corner.ok("TransactWriteItems", request.clone())["ConsumedCapacity"][0].clone();
    assert_eq!(costs(&spent), [5.0, 4.0, 0.0, 1.0]);
    assert_eq!(spent["WriteCapacityUnits"], 5.0);
    // Again with its token it reads: two units for each item.
    let replayed = corner.ok("TransactWriteItems", request)["ConsumedCapacity"][0].clone();
    assert_eq!((&replayed["CapacityUnits"], &replayed["ReadCapacityUnits"]), (&json!(4.0), &json!(4.0)));
    let get = json!({ "TransactItems": [{ "Get": { "TableName": "indexed", "Key": key } }], "ReturnConsumedCapacity": "TOTAL" });
    let spent = corner.ok("TransactGetItems", get)["ConsumedCapacity"].clone();
    assert_eq!(spent, json!([{ "TableName": "indexed", "CapacityUnits": 2.0, "ReadCapacityUnits": 2.0 }]));
}
