//! Codes and texts of what is refused, one a row of `refusals.rows`.

use super::world::{World, base64};
use serde_json::json;

const ROWS: &str = include_str!("refusals.rows");

/// What a row says of a failure, as it is told: `constraint` stands for what the model's constraints have in common.
fn failure(told: &str) -> (String, String) {
    let (code, text) = told.trim().split_once(':').unwrap();
    let text = text.trim();
    if code != "constraint" {
        return (code.to_owned(), text.to_owned());
    }
    let (value, what) = text.split_once("': ").unwrap();
    let constraint = "failed to satisfy constraint: Member must";
    let text = format!("1 validation error detected: {value}' {constraint} {what}");
    ("ValidationException".to_owned(), text)
}

/// The request of a row, with what is too large to stand in it.
fn request(text: &str) -> String {
    let list =
        |data: &str, count| vec![json!({ "PartitionKey": "k", "Data": data }).to_string(); count].join(",");
    let of = |bytes| base64(&"x".repeat(bytes));
    let (from, to) = match () {
        () if text.contains("{megabyte}") => ("{megabyte}", of(1 << 20)),
        () if text.contains("{501 records}") => ("{501 records}", list("", 501)),
        () if text.contains("{11 megabytes}") => ("{11 megabytes}", list(&of((1 << 20) - 1), 11)),
        () => return text.to_owned(),
    };
    text.replace(from, &to)
}

#[tokio::test]
async fn each_is_refused_with_its_code_and_its_text() {
    let world = World::in_memory();
    world.create(2).await;
    let mut rows = ROWS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut count = 0;
    while let Some(row) = rows.next() {
        if let Some(step) = row.strip_prefix("= ") {
            let (operation, text) = step.split_once(' ').unwrap();
            world.call_text(&world.caller, operation, &request(text)).await.unwrap();
            continue;
        }
        let (operation, text) = row.split_once(' ').unwrap();
        let answer = world.call_text(&world.caller, operation, &request(text)).await;
        assert_eq!(answer, Err(failure(rows.next().unwrap())), "{row}");
        count += 1;
    }
    assert!(count > 70, "{count} rows were found");
    for shard in [0, 1] {
        assert_eq!(world.read(shard).await["Records"], json!([]), "something refused was put");
    }
}
