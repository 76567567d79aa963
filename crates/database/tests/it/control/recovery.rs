//! Point-in-time recovery: of the present state, where it is enabled, and of earlier ones by the stream.

use crate::data::{n, s};
use crate::world::{START_MS, World, table, with};
use serde_json::{Value, json};
use store::Store;
use wire::Operation::{
    CreateTable, DeleteItem, DescribeContinuousBackups, GetItem, PutItem, RestoreTableToPointInTime, Scan,
    UpdateContinuousBackups,
};

const OUT_OF_REACH: &str = "RestoreDateTime is not between EarliestRestorableDateTime and LatestRestorableDateTime. The \
    table can be taken back as far as its stream shows what items were before";

fn recovery(specification: Value) -> Value {
    json!({ "TableName": "tab", "PointInTimeRecoverySpecification": specification })
}

fn point_in_time(answer: &Value) -> Value {
    let description = &answer["ContinuousBackupsDescription"];
    assert_eq!(description["ContinuousBackupsStatus"], "ENABLED");
    description["PointInTimeRecoveryDescription"].clone()
}

#[tokio::test]
async fn the_flag_and_the_period_are_kept() {
    for world in World::of_every_kind() {
        world.ok(CreateTable, table("tab")).await;
        let seconds = START_MS as f64 / 1000.0;
        let enabled = |days: u32| {
            json!({
                "PointInTimeRecoveryStatus": "ENABLED", "RecoveryPeriodInDays": days,
                "EarliestRestorableDateTime": seconds, "LatestRestorableDateTime": seconds,
            })
        };
        let disabled = json!({ "PointInTimeRecoveryStatus": "DISABLED" });
        for (asked, expected) in [
            (json!({ "PointInTimeRecoveryEnabled": false }), &disabled),
            (json!({ "PointInTimeRecoveryEnabled": true }), &enabled(35)),
            (json!({ "PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": 7 }), &enabled(7)),
            (json!({ "PointInTimeRecoveryEnabled": true }), &enabled(7)),
            (json!({ "PointInTimeRecoveryEnabled": false }), &disabled),
            (json!({ "PointInTimeRecoveryEnabled": true }), &enabled(35)),
        ] {
            let answer = world.ok(UpdateContinuousBackups, recovery(asked.clone())).await;
            assert_eq!(point_in_time(&answer), *expected, "{asked}");
            let described = world.ok(DescribeContinuousBackups, json!({ "TableName": "tab" })).await;
            assert_eq!(described, answer);
        }
        let world = world.reopened();
        let described = world.ok(DescribeContinuousBackups, json!({ "TableName": "tab" })).await;
        assert_eq!(point_in_time(&described)["RecoveryPeriodInDays"], 35);
    }
}

#[tokio::test]
async fn the_present_state_is_restored() {
    for world in World::of_every_kind() {
        world.ok(CreateTable, table("tab")).await;
        world.ok(UpdateContinuousBackups, recovery(json!({ "PointInTimeRecoveryEnabled": true }))).await;
        for place in 0..120 {
            let item = json!({ "pk": s(&place.to_string()), "n": n(place) });
            world.ok(PutItem, json!({ "TableName": "tab", "Item": item })).await;
        }
        let spaces = world.database.store().spaces().len();
        let request =
            json!({ "SourceTableName": "tab", "TargetTableName": "new", "UseLatestRestorableTime": true });
        let description = world.ok(RestoreTableToPointInTime, request).await["TableDescription"].clone();
        assert_eq!(description["TableStatus"], "CREATING");
        let summary = &description["RestoreSummary"];
        assert_eq!(summary["SourceTableArn"], world.describe("tab").await["TableArn"]);
        assert!(summary.get("SourceBackupArn").is_none());
        // Only the new table's space is left, not that of the copy.
        assert_eq!(world.database.store().spaces().len(), spaces + 1);
        world.ok(PutItem, json!({ "TableName": "tab", "Item": { "pk": s("0"), "n": n(-1) } })).await;
        let world = world.reopened();
        assert_eq!(world.ok(Scan, json!({ "TableName": "new" })).await["Count"], 120);
        let item = world.ok(GetItem, json!({ "TableName": "new", "Key": { "pk": s("0") } })).await;
        assert_eq!(item["Item"]["n"], n(0));
        assert_eq!(world.describe("new").await["ItemCount"], 120);
    }
}

/// A table with a stream of this view, and recovery.
async fn streaming(world: &World, view: &str) {
    let stream = json!({ "StreamSpecification": { "StreamEnabled": true, "StreamViewType": view } });
    world.ok(CreateTable, with(table("tab"), stream)).await;
    world.ok(UpdateContinuousBackups, recovery(json!({ "PointInTimeRecoveryEnabled": true }))).await;
}

/// What a table holds: the number of each name.
async fn held(world: &World, table: &str) -> Vec<(String, i64)> {
    let answer = world.ok(Scan, json!({ "TableName": table })).await;
    let of = |item: &Value| {
        let number = item["n"]["N"].as_str().unwrap().parse().unwrap();
        (item["pk"]["S"].as_str().unwrap().to_owned(), number)
    };
    let mut items: Vec<_> = answer["Items"].as_array().unwrap().iter().map(of).collect();
    items.sort();
    items
}

async fn put(world: &World, name: &str, number: i64) {
    world.ok(PutItem, json!({ "TableName": "tab", "Item": { "pk": s(name), "n": n(number) } })).await;
}

async fn delete(world: &World, name: &str) {
    world.ok(DeleteItem, json!({ "TableName": "tab", "Key": { "pk": s(name) } })).await;
}

/// Forty states, a second apart; those that are asked for come back, each as it was.
#[tokio::test]
async fn earlier_states_are_restored_by_the_stream() {
    for world in World::of_every_kind() {
        streaming(&world, "NEW_AND_OLD_IMAGES").await;
        let mut states = Vec::new();
        for round in 0..40 {
            world.advance(1_000).await;
            put(&world, &format!("kept-{}", round % 7), round).await;
            put(&world, "gone", round).await;
            if round % 3 == 0 {
                delete(&world, &format!("kept-{}", (round + 2) % 7)).await;
            }
            if round % 2 == 0 {
                delete(&world, "gone").await;
            }
            states.push(held(&world, "tab").await);
        }
        world.advance(1_000).await;
        let world = world.reopened();
        for (place, state) in states.iter().enumerate().step_by(13) {
            // In the middle of the second in which it was.
            let time = (START_MS + 1_000 * (place as u64 + 1) + 500) as f64 / 1000.0;
            let name = format!("back-{place}");
            let request =
                json!({ "SourceTableName": "tab", "TargetTableName": name, "RestoreDateTime": time });
            let spaces = world.database.store().spaces().len();
            let description = &world.ok(RestoreTableToPointInTime, request).await["TableDescription"];
            assert_eq!(description["RestoreSummary"]["RestoreDateTime"], json!(time));
            assert_eq!(held(&world, &name).await, *state, "{place}");
            assert_eq!(world.describe(&name).await["ItemCount"], state.len());
            assert_eq!(world.database.store().spaces().len(), spaces + 1);
        }
    }
}

#[tokio::test]
async fn a_table_goes_back_no_further_than_its_stream_shows() {
    for (view, reaches) in
        [("NEW_AND_OLD_IMAGES", true), ("OLD_IMAGE", true), ("NEW_IMAGE", false), ("KEYS_ONLY", false)]
    {
        let world = World::in_memory();
        streaming(&world, view).await;
        put(&world, "a", 1).await;
        world.advance(60_000).await;
        put(&world, "a", 2).await;
        let described = world.ok(DescribeContinuousBackups, json!({ "TableName": "tab" })).await;
        let earliest = point_in_time(&described)["EarliestRestorableDateTime"].as_f64().unwrap();
        let latest = point_in_time(&described)["LatestRestorableDateTime"].as_f64().unwrap();
        assert_eq!(latest, (START_MS + 60_000) as f64 / 1000.0);
        assert_eq!(earliest < latest, reaches, "{view}");
        let restore = async |name: &str, time: f64| {
            let request =
                json!({ "SourceTableName": "tab", "TargetTableName": name, "RestoreDateTime": time });
            world.call(RestoreTableToPointInTime, request).await
        };
        let refused = Err(("InvalidRestoreTimeException".into(), OUT_OF_REACH.into()));
        assert_eq!(restore("before", earliest - 1.0).await, refused, "{view}");
        assert_eq!(restore("after", latest + 1.0).await, refused, "{view}");
        assert_eq!(restore("within", latest - 1.0).await.is_ok(), reaches, "{view}");
        if reaches {
            assert_eq!(held(&world, "within").await, [("a".to_owned(), 1)]);
            // A day later, the records are gone, and the second is all there is.
            world.advance(25 * 3_600_000).await;
            assert_eq!(restore("gone", latest - 1.0).await, refused, "{view}");
        }
    }
}

#[tokio::test]
async fn errors() {
    let world = World::in_memory();
    for name in ["tab", "off"] {
        world.ok(CreateTable, table(name)).await;
    }
    world.ok(UpdateContinuousBackups, recovery(json!({ "PointInTimeRecoveryEnabled": true }))).await;
    let latest =
        json!({ "SourceTableName": "tab", "TargetTableName": "new", "UseLatestRestorableTime": true });
    let but = |members: Value| with(latest.clone(), members);
    let arn = "arn:aws:dynamodb:us-east-1:000000000000:table/tab";
    let rows = [
        (
            but(json!({ "SourceTableName": "off" })),
            "PointInTimeRecoveryUnavailableException",
            "Point in time recovery is not enabled for table 'off'",
        ),
        // Which is said before anything of the time or the target.
        (
            but(json!({
                "SourceTableName": "off", "TargetTableName": "tab", "UseLatestRestorableTime": null, "RestoreDateTime": 1,
            })),
            "PointInTimeRecoveryUnavailableException",
            "Point in time recovery is not enabled for table 'off'",
        ),
        (but(json!({ "SourceTableName": "nope" })), "TableNotFoundException", "Table not found: nope"),
        (
            but(json!({ "TargetTableName": "tab" })),
            "TableAlreadyExistsException",
            "Table already exists: tab",
        ),
        (
            but(json!({ "UseLatestRestorableTime": null, "RestoreDateTime": 1_767_225_600 })),
            "InvalidRestoreTimeException",
            OUT_OF_REACH,
        ),
        (
            but(json!({ "UseLatestRestorableTime": false })),
            "ValidationException",
            "Invalid Request: Either one of RestoreDateTime or UseLatestRestorableTime must be specified, but not both",
        ),
        (
            but(json!({ "RestoreDateTime": 1.5 })),
            "ValidationException",
            "Invalid Request: Both RestoreDateTime and UseLatestRestorableTime cannot be set for point-in-time restore \
             request. Please specify only one of them.",
        ),
        (
            but(json!({ "SourceTableArn": arn })),
            "ValidationException",
            "Must provide exactly one of: sourceTableArn, sourceTableName",
        ),
        (
            but(json!({ "TargetTableName": "bad name!" })),
            "ValidationException",
            "1 validation error detected: Value 'bad name!' at 'targetTableName' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
        ),
    ];
    for (request, code, text) in rows {
        let answer = world.call(RestoreTableToPointInTime, request.clone()).await;
        assert_eq!(answer, Err((code.into(), text.into())), "{request}");
    }
    let by_arn = but(json!({ "SourceTableName": null, "SourceTableArn": arn }));
    world.ok(RestoreTableToPointInTime, by_arn).await;
}

#[tokio::test]
async fn errors_of_the_flag() {
    let world = World::in_memory();
    world.ok(CreateTable, table("tab")).await;
    let wrong = [
        (
            recovery(json!({ "PointInTimeRecoveryEnabled": false, "RecoveryPeriodInDays": 7 })),
            "ValidationException",
            "Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.",
        ),
        (
            recovery(json!({ "PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": 36 })),
            "ValidationException",
            "1 validation error detected: Value '36' at 'pointInTimeRecoverySpecification.recoveryPeriodInDays' failed to \
             satisfy constraint: Member must have value less than or equal to 35",
        ),
        (
            recovery(json!({})),
            "ValidationException",
            "1 validation error detected: Value null at 'pointInTimeRecoverySpecification.pointInTimeRecoveryEnabled' failed \
             to satisfy constraint: Member must not be null",
        ),
        (
            with(recovery(json!({ "PointInTimeRecoveryEnabled": true })), json!({ "TableName": "nope" })),
            "TableNotFoundException",
            "Table not found: nope",
        ),
    ];
    for (request, code, text) in wrong {
        let answer = world.call(UpdateContinuousBackups, request.clone()).await;
        assert_eq!(answer, Err((code.into(), text.into())), "{request}");
    }
}
