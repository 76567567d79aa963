//! ListTables.

use crate::world::{World, table};
use serde_json::json;
use wire::Operation::{CreateTable, DeleteTable, ListTables};

#[tokio::test]
async fn pages_go_on_though_tables_come_and_go() {
    let world = World::in_memory();
    for n in [4, 1, 3, 0, 2] {
        world.ok(CreateTable, table(&format!("tab{n}"))).await;
    }
    let page = world.ok(ListTables, json!({ "Limit": 2 })).await;
    assert_eq!(page, json!({ "TableNames": ["tab0", "tab1"], "LastEvaluatedTableName": "tab1" }));
    world.ok(DeleteTable, json!({ "TableName": "tab1" })).await;
    world.ok(CreateTable, table("tab1x")).await;
    let next = json!({ "Limit": 3, "ExclusiveStartTableName": "tab1" });
    let page = world.ok(ListTables, next).await;
    assert_eq!(page, json!({ "TableNames": ["tab1x", "tab2", "tab3"], "LastEvaluatedTableName": "tab3" }));
    let page = world.ok(ListTables, json!({ "Limit": 1, "ExclusiveStartTableName": "tab3" })).await;
    assert_eq!(page, json!({ "TableNames": ["tab4"] }), "the last page has no cursor, though it is full");
    assert_eq!(
        world.ok(ListTables, json!({ "ExclusiveStartTableName": "tab4" })).await,
        json!({ "TableNames": [] })
    );
}

#[tokio::test]
async fn a_page_holds_a_hundred() {
    let world = World::in_memory();
    for n in 0..101 {
        world.ok(CreateTable, table(&format!("tab{n:03}"))).await;
    }
    let page = world.ok(ListTables, json!({})).await;
    assert_eq!(page["TableNames"].as_array().unwrap().len(), 100);
    assert_eq!(page["LastEvaluatedTableName"], "tab099");
}
