//! The refusals that AWS is known to give, and those whose texts were chosen here: for each a request, the error's type and its text, in `rows/`, one
//! file a subject and one row a line. They are asked of one server, one after the other, and change nothing.
//!
//! In a request `{"$repeat": [BEGINNING, TEXT, TIMES]}` stands for a long text and `{"$nested": LEVELS}` for a
//! value in so many lists; `$ARN` and `$SHARD` are those of the stream of the table `streamed`.

use crate::running::Running;
use serde_json::{Value, json};

const SUBJECTS: [(&str, &str); 13] = [
    ("table names", include_str!("rows/table_names.json")),
    ("order of members", include_str!("rows/member_order.json")),
    ("values", include_str!("rows/values.json")),
    ("expressions", include_str!("rows/expressions.json")),
    ("updates", include_str!("rows/updates.json")),
    ("keys", include_str!("rows/keys.json")),
    ("queries and scans", include_str!("rows/queries.json")),
    ("batches", include_str!("rows/batches.json")),
    ("parameters from before expressions", include_str!("rows/legacy.json")),
    ("transactions", include_str!("rows/transactions.json")),
    ("tables", include_str!("rows/tables.json")),
    ("streams", include_str!("rows/streams.json")),
    ("what AWS says is not known; DIFFERENCES.md tells", include_str!("rows/chosen_here.json")),
];

/// What a request stands for, as text: some are nested deeper than a test's stack would bear.
fn expanded(request: &Value) -> String {
    let text = repeated(request).to_string();
    let mut parts = text.split(r#"{"$nested":"#);
    let mut whole = parts.next().unwrap().to_owned();
    for part in parts {
        let (levels, rest) = part.split_once('}').unwrap();
        let levels = levels.parse().unwrap();
        whole += &(r#"{"L":["#.repeat(levels) + r#"{"S":"x"}"# + &"]}".repeat(levels) + rest);
    }
    whole
}

fn repeated(value: &Value) -> Value {
    match value {
        Value::Object(members) => match members.get("$repeat") {
            Some(parts) => {
                let times = usize::try_from(parts[2].as_u64().unwrap()).unwrap();
                json!(parts[0].as_str().unwrap().to_owned() + &parts[1].as_str().unwrap().repeat(times))
            }
            None => members.iter().map(|(name, value)| (name.clone(), repeated(value))).collect(),
        },
        Value::Array(elements) => elements.iter().map(repeated).collect(),
        other => other.clone(),
    }
}

/// The namespace that AWS writes before an error's name.
fn namespace(error: &str) -> &'static str {
    match error {
        "ValidationException" => "com.amazon.coral.validate#",
        "SerializationException" => "com.amazon.coral.service#",
        _ => "com.amazonaws.dynamodb.v20120810#",
    }
}

#[test]
fn every_row_is_answered_with_its_type_and_text() {
    let running = Running::start(&["--in-memory", "--log", "error"]);
    let tables: Vec<(String, Value)> =
        serde_json::from_str(include_str!("rows/tables_to_begin_with.json")).unwrap();
    for (operation, request) in tables {
        running.ok(&operation, &request);
    }
    let before = running.ok("Scan", &json!({ "TableName": "tab" }));
    let streamed = running.ok("DescribeTable", &json!({ "TableName": "streamed" }));
    let arn = streamed["Table"]["LatestStreamArn"].as_str().unwrap();
    let stream = running.ok("DescribeStream", &json!({ "StreamArn": arn }));
    let shard = stream["StreamDescription"]["Shards"][0]["ShardId"].as_str().unwrap();
    let mut client = running.client();
    let mut wrong = Vec::new();
    for (subject, rows) in SUBJECTS {
        let rows: Vec<(String, Value, String, String)> = serde_json::from_str(rows).unwrap();
        for (operation, request, error, text) in rows {
            let answer =
                client.call(&operation, expanded(&request).replace("$ARN", arn).replace("$SHARD", shard));
            let expected = (format!("{}{error}", namespace(&error)), text);
            if (answer.status, answer.error()) != (400, expected.clone()) {
                wrong.push(format!(
                    "{subject}: {operation} of {request}\n  expected {expected:?}\n  but got  {:?}",
                    answer.error()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(running.ok("Scan", &json!({ "TableName": "tab" })), before);
}

#[test]
fn a_start_key_belongs_to_one_segment() {
    let running = Running::start(&["--in-memory", "--log", "error"]);
    let tables: Vec<(String, Value)> =
        serde_json::from_str(include_str!("rows/tables_to_begin_with.json")).unwrap();
    for (operation, request) in tables {
        running.ok(&operation, &request);
    }
    let text = "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with \
                correct Segment. TotalSegments";
    let answers = [0, 1].map(|segment| {
        let start = json!({ "pk": { "S": "a" }, "sk": { "S": "b" } });
        let request =
            json!({ "TableName": "tab", "Segment": segment, "TotalSegments": 2, "ExclusiveStartKey": start });
        running.call("Scan", &request)
    });
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 400).collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].error().1, text);
}
