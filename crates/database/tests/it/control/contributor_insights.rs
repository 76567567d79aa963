//! Contributor insights: stored, shown and listed.

use crate::data::indexed_table;
use crate::world::{START_MS, World, table, with};
use database::Caller;
use serde_json::{Value, json};
use wire::Operation::{
    CreateTable, DescribeContributorInsights, ListContributorInsights, UpdateContributorInsights, UpdateTable,
};

fn update(table: &str, members: Value) -> Value {
    with(json!({ "TableName": table, "ContributorInsightsAction": "ENABLE" }), members)
}

#[tokio::test]
async fn they_are_enabled_and_disabled() {
    let world = World::in_memory();
    world.ok(CreateTable, table("tab")).await;
    let describe = json!({ "TableName": "tab" });
    let fresh = json!({ "TableName": "tab", "ContributorInsightsStatus": "DISABLED" });
    assert_eq!(world.ok(DescribeContributorInsights, describe.clone()).await, fresh);
    let usual = "ACCESSED_AND_THROTTLED_KEYS";
    for (asked, status, mode) in [
        (json!({ "ContributorInsightsAction": "DISABLE" }), "DISABLED", None),
        (json!({}), "ENABLING", Some(usual)),
        (json!({}), "ENABLED", Some(usual)),
        (json!({ "ContributorInsightsMode": "THROTTLED_KEYS" }), "ENABLING", Some("THROTTLED_KEYS")),
        (json!({}), "ENABLING", Some(usual)),
        (json!({ "ContributorInsightsAction": "DISABLE" }), "DISABLING", Some(usual)),
        (json!({ "ContributorInsightsAction": "DISABLE" }), "DISABLED", Some(usual)),
    ] {
        let answer = world.ok(UpdateContributorInsights, update("tab", asked.clone())).await;
        let mut expected = json!({ "TableName": "tab", "ContributorInsightsStatus": status });
        if let Some(mode) = mode {
            expected["ContributorInsightsMode"] = json!(mode);
        }
        assert_eq!(answer, expected, "{asked}");
    }
    let world = world.reopened();
    let expected = with(
        fresh,
        json!({ "ContributorInsightsMode": usual, "LastUpdateDateTime": START_MS as f64 / 1000.0 }),
    );
    assert_eq!(world.ok(DescribeContributorInsights, describe).await, expected);
}

#[tokio::test]
async fn only_what_is_enabled_is_listed() {
    let world = World::in_memory();
    world.ok(CreateTable, indexed_table()).await;
    world.ok(CreateTable, table("other")).await;
    world.ok(CreateTable, table("third")).await;
    assert_eq!(
        world.ok(ListContributorInsights, json!({})).await,
        json!({ "ContributorInsightsSummaries": [] })
    );
    for (name, index) in [("tab", Some("gsi")), ("tab", None), ("other", None), ("third", None)] {
        let index = json!({ "IndexName": index });
        world.ok(UpdateContributorInsights, update(name, index)).await;
    }
    world
        .ok(UpdateContributorInsights, update("third", json!({ "ContributorInsightsAction": "DISABLE" })))
        .await;
    let summary = |name: &str, index: Option<&str>| {
        let mut summary = json!({
            "TableName": name, "ContributorInsightsStatus": "ENABLED",
            "ContributorInsightsMode": "ACCESSED_AND_THROTTLED_KEYS",
        });
        if let Some(index) = index {
            summary["IndexName"] = json!(index);
        }
        summary
    };
    let all = [summary("other", None), summary("tab", None), summary("tab", Some("gsi"))];
    let listed = world.ok(ListContributorInsights, json!({})).await;
    assert_eq!(listed, json!({ "ContributorInsightsSummaries": all }));
    let mut pages = Vec::new();
    let mut request = json!({ "MaxResults": 1 });
    loop {
        let page = world.ok(ListContributorInsights, request.clone()).await;
        pages.extend(page["ContributorInsightsSummaries"].as_array().unwrap().iter().cloned());
        match page.get("NextToken") {
            Some(token) => request["NextToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!(pages, all);
    let of_table = world.ok(ListContributorInsights, json!({ "TableName": "tab" })).await;
    assert_eq!(of_table, json!({ "ContributorInsightsSummaries": all[1..] }));
    let elsewhere = Caller::new("000000000000", "eu-west-1");
    let theirs = world.call_as(&elsewhere, ListContributorInsights, json!({})).await.unwrap();
    assert_eq!(theirs, json!({ "ContributorInsightsSummaries": [] }));
    // An index that goes takes its insights with it, also if another gets its name.
    let delete = json!([{ "Delete": { "IndexName": "gsi" } }]);
    world.ok(UpdateTable, json!({ "TableName": "tab", "GlobalSecondaryIndexUpdates": delete })).await;
    let create = json!({
        "TableName": "tab",
        "AttributeDefinitions": [{ "AttributeName": "g", "AttributeType": "S" }],
        "GlobalSecondaryIndexUpdates": [{ "Create": crate::world::index("gsi", "g:HASH") }],
    });
    world.ok(UpdateTable, create).await;
    let of_table = world.ok(ListContributorInsights, json!({ "TableName": "tab" })).await;
    assert_eq!(of_table, json!({ "ContributorInsightsSummaries": [all[1]] }));
}

#[tokio::test]
async fn errors() {
    let world = World::in_memory();
    world.ok(CreateTable, indexed_table()).await;
    let no_index =
        |name: &str| format!("Requested resource not found: Index: {name} not found for table: tab");
    let no_table = "Requested resource not found: Table: nope not found";
    for operation in [DescribeContributorInsights, UpdateContributorInsights] {
        for (members, text) in [
            (json!({ "TableName": "nope" }), no_table.to_owned()),
            (json!({ "IndexName": "nope" }), no_index("nope")),
            // A local index has none.
            (json!({ "IndexName": "lsi" }), no_index("lsi")),
        ] {
            let answer = world.call(operation, update("tab", members.clone())).await;
            assert_eq!(answer, Err(("ResourceNotFoundException".into(), text)), "{operation:?} {members}");
        }
    }
    let missing = world.call(ListContributorInsights, json!({ "TableName": "nope" })).await;
    assert_eq!(missing, Err(("ResourceNotFoundException".into(), no_table.into())));
    let bogus = world
        .call(UpdateContributorInsights, update("tab", json!({ "ContributorInsightsAction": "ON" })))
        .await;
    let text = "1 validation error detected: Value 'ON' at 'contributorInsightsAction' failed to satisfy constraint: Member \
                must satisfy enum value set: [DISABLE, ENABLE]";
    assert_eq!(bogus, Err(("ValidationException".into(), text.into())));
}
