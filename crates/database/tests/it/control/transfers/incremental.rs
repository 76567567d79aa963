//! Incremental exports.

use super::{Buckets, arn, lines};
use crate::world::{START_MS, World, with};
use serde_json::{Value, json};
use wire::Operation::*;

const MINUTE_MS: u64 = 60_000;

async fn streamed(buckets: &Buckets, view: &str) {
    buckets.recoverable("dogs").await;
    let stream = json!({ "StreamEnabled": true, "StreamViewType": view });
    buckets.world.ok(UpdateTable, json!({ "TableName": "dogs", "StreamSpecification": stream })).await;
}

fn specification(from_ms: u64, to_ms: u64, view: &str) -> Value {
    #[allow(clippy::cast_precision_loss)]
    let seconds = |ms: u64| ms as f64 / 1000.0;
    json!({
        "ExportType": "INCREMENTAL_EXPORT",
        "IncrementalExportSpecification": {
            "ExportFromTime": seconds(from_ms), "ExportToTime": seconds(to_ms), "ExportViewType": view,
        },
    })
}

async fn put(buckets: &Buckets, key: &str, value: &str) {
    buckets.put_item("dogs", json!({ "pk": { "S": key }, "v": { "S": value } })).await;
}

async fn delete(buckets: &Buckets, key: &str) {
    buckets.world.ok(DeleteItem, json!({ "TableName": "dogs", "Key": { "pk": { "S": key } } })).await;
}

/// The lines of the newest file, in order.
fn newest(buckets: &Buckets, export: &Value) -> Vec<String> {
    let id = export["ExportArn"].as_str().unwrap().rsplit_once('/').unwrap().1;
    let manifest = buckets.text(&format!("AWSDynamoDB/{id}/manifest-files.json"));
    let file: Value = serde_json::from_str(manifest.trim_end()).unwrap();
    let key = file["dataFileS3Key"].as_str().unwrap();
    assert!(key.starts_with("AWSDynamoDB/data/"), "{key}");
    let mut lines = lines(&buckets.path(key));
    lines.sort();
    lines
}

#[tokio::test]
async fn each_changed_item_is_told_once() {
    for world in World::of_every_kind() {
        let buckets = Buckets::with(world);
        streamed(&buckets, "NEW_AND_OLD_IMAGES").await;
        let world = &buckets.world;
        for key in ["changed", "deleted", "rewritten", "untouched"] {
            put(&buckets, key, "0").await;
        }
        world.advance(MINUTE_MS).await;
        let from_ms = START_MS + MINUTE_MS;
        put(&buckets, "changed", "1").await;
        put(&buckets, "inserted", "1").await;
        put(&buckets, "gone", "1").await;
        world.database.roll_shards(&world.caller, &json!({ "table": "dogs" })).await.unwrap();
        put(&buckets, "changed", "2").await;
        delete(&buckets, "gone").await;
        delete(&buckets, "deleted").await;
        delete(&buckets, "rewritten").await;
        put(&buckets, "rewritten", "2").await;
        world.advance(20 * MINUTE_MS).await;
        let to_ms = from_ms + 20 * MINUTE_MS;
        put(&buckets, "changed", "too late").await;
        put(&buckets, "late", "too late").await;
        let line = |key: &str, new: Option<&str>, old: Option<&str>| {
            let image = |value: &str| format!("{{\"pk\":{{\"S\":\"{key}\"}},\"v\":{{\"S\":\"{value}\"}}}}");
            let new = new.map_or(String::new(), |new| format!(",\"NewImage\":{}", image(new)));
            let old = old.map_or(String::new(), |old| format!(",\"OldImage\":{}", image(old)));
            let micros = from_ms * 1000;
            format!(
                "{{\"Metadata\":{{\"WriteTimestampMicros\":{{\"N\":\"{micros}\"}}}},\"Keys\":{{\"pk\":{{\"S\":\"{key}\"}}}}{new}{old}}}"
            )
        };
        let export = buckets.export("dogs", specification(from_ms, to_ms, "NEW_AND_OLD_IMAGES")).await;
        assert_eq!(
            (&export["ExportStatus"], &export["ItemCount"]),
            (&json!("COMPLETED"), &json!(4)),
            "{export}"
        );
        assert_eq!(export["ExportType"], "INCREMENTAL_EXPORT");
        let expected = [
            line("changed", Some("2"), Some("0")),
            line("deleted", None, Some("0")),
            line("inserted", Some("1"), None),
            line("rewritten", Some("2"), Some("0")),
        ];
        assert_eq!(newest(&buckets, &export), expected);
        let export = buckets.export("dogs", specification(from_ms, to_ms, "NEW_IMAGE")).await;
        let expected = [
            line("changed", Some("2"), None),
            line("deleted", None, None),
            line("inserted", Some("1"), None),
            line("rewritten", Some("2"), None),
        ];
        assert_eq!(newest(&buckets, &export), expected);
        let ion = with(specification(from_ms, to_ms, "NEW_IMAGE"), json!({ "ExportFormat": "ION" }));
        let export = buckets.export("dogs", ion).await;
        assert!(
            newest(&buckets, &export)[0].starts_with("$ion_1_0 {Record:{Keys:{pk:\"changed\"},Metadata:")
        );
    }
}

#[tokio::test]
async fn what_the_change_log_does_not_hold_is_refused() {
    let buckets = Buckets::in_memory();
    buckets.recoverable("dogs").await;
    let world = &buckets.world;
    world.advance(MINUTE_MS).await;
    let request = |members| with(json!({ "TableArn": arn("dogs"), "S3Bucket": "bucket" }), members);
    let (from_ms, now_ms) = (START_MS + 2 * MINUTE_MS, START_MS + 32 * MINUTE_MS);
    let both = "NEW_AND_OLD_IMAGES";
    let ask =
        async |members: Value| world.call(ExportTableToPointInTime, request(members)).await.unwrap_err();
    world.advance(31 * MINUTE_MS).await;
    let (code, text) = ask(specification(from_ms, now_ms, both)).await;
    assert_eq!(code, "InvalidExportTimeException");
    assert!(text.contains("stream, which is not enabled"), "{text}");
    let stream = json!({ "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" });
    world.ok(UpdateTable, json!({ "TableName": "dogs", "StreamSpecification": stream })).await;
    world.advance(40 * MINUTE_MS).await;
    let now_ms = now_ms + 40 * MINUTE_MS;
    for (members, text) in [
        (specification(from_ms, now_ms, "NEW_IMAGE"), "before the first change"),
        (specification(now_ms - 30 * MINUTE_MS, now_ms, both), "cannot be made of a stream of NEW_IMAGE"),
        (specification(now_ms - MINUTE_MS, now_ms, "NEW_IMAGE"), "at least 15 minutes"),
        (specification(now_ms, now_ms, "NEW_IMAGE"), "must be before"),
        (specification(now_ms, now_ms + 60 * MINUTE_MS, "NEW_IMAGE"), "future"),
    ] {
        let (code, found) = ask(members.clone()).await;
        assert_eq!(code, "InvalidExportTimeException", "{members}");
        assert!(found.contains(text), "{members}: {found}");
    }
    for members in [
        json!({ "ExportType": "INCREMENTAL_EXPORT" }),
        json!({ "ExportType": "INCREMENTAL_EXPORT", "IncrementalExportSpecification": {} }),
        with(
            specification(now_ms - 30 * MINUTE_MS, now_ms, "NEW_IMAGE"),
            json!({ "ExportTime": now_ms / 1000 }),
        ),
    ] {
        assert_eq!(ask(members.clone()).await.0, "ValidationException", "{members}");
    }
    let export = buckets.export("dogs", specification(now_ms - 30 * MINUTE_MS, now_ms, "NEW_IMAGE")).await;
    assert_eq!(export["ItemCount"], 0);
}
