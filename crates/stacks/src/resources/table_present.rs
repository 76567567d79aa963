//! What a table is already, in the words of its properties.
//!
//! A change that failed half-way has left nobody knows what, and is taken back, or followed by another one, from there. DynamoDB
//! refuses requests that would change nothing, so what a change is about is held against the table itself, and not only against
//! what it was to be before.

use super::handler::{Done, Place, differs, picked};
use super::table::described;
use super::table_changes::named;
use serde_json::{Value as Json, json};
use wire::Operation;

/// The members of an index that an answer has as a property has them.
const OF_INDEXES: [&str; 6] =
    ["Dimensions", "DistanceFunction", "KeySchema", "Projection", "SearchSchema", "VectorAttribute"];

/// What a table has before a change: of what the change is about, what the table has; of all else, what it was to have.
pub(super) async fn as_it_is(place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<Json> {
    let (mut was, table) = (before.clone(), described(place, id).await?);
    if differs(before, after, "BillingMode") || differs(before, after, "ProvisionedThroughput") {
        let mode = table["BillingModeSummary"]["BillingMode"].as_str().unwrap_or("PROVISIONED");
        set(&mut was, "BillingMode", Some(json!(mode)));
        set(&mut was, "ProvisionedThroughput", throughput(&table));
    }
    for list in ["GlobalSecondaryIndexes", "VectorIndexes"] {
        if differs(before, after, list) {
            set(&mut was, list, Some(indexes(list, &table, (before, after))));
        }
    }
    stream(&mut was, &table, after);
    if differs(before, after, "TimeToLiveSpecification") {
        set(&mut was, "TimeToLiveSpecification", Some(time_to_live(place, id).await?));
    }
    if differs(before, after, "KinesisStreamSpecification") {
        set(&mut was, "KinesisStreamSpecification", destination(place, id).await?);
    }
    Ok(was)
}

/// Sets a property, or takes it away.
fn set(properties: &mut Json, name: &str, value: Option<Json>) {
    match value {
        Some(value) => properties[name] = value,
        None => drop(properties.as_object_mut().and_then(|members| members.remove(name))),
    }
}

/// The provisioned throughput of a table or an index.
fn throughput(described: &Json) -> Option<Json> {
    let units = picked(described.get("ProvisionedThroughput")?, &["ReadCapacityUnits", "WriteCapacityUnits"]);
    Some(Json::Object(units))
}

/// The indexes that are there, of those that the one or the other has.
fn indexes(list: &str, table: &Json, (before, after): (&Json, &Json)) -> Json {
    let (old, new) = (named(before, list), named(after, list));
    let find = |list: &[(&str, &Json)], name: &str| {
        list.iter().find(|(other, _)| *other == name).map(|(_, index)| (*index).clone())
    };
    let present = named(table, list).into_iter().filter_map(|(name, present)| {
        let (was, now) = (find(&old, name), find(&new, name));
        (was.is_some() || now.is_some()).then(|| index(present, was, now.unwrap_or_default()))
    });
    present.collect()
}

/// An index that is there. What is the same before and after need not be compared with how the table tells it.
fn index(present: &Json, was: Option<Json>, now: Json) -> Json {
    let mut index = was.clone().unwrap_or_else(|| json!({ "IndexName": present["IndexName"] }));
    let was = was.unwrap_or_default();
    for member in OF_INDEXES {
        if differs(&was, &now, member) {
            set(&mut index, member, present.get(member).cloned());
        }
    }
    if differs(&was, &now, "ProvisionedThroughput") {
        set(&mut index, "ProvisionedThroughput", throughput(present));
    }
    index
}

/// The view of the stream that is on.
fn stream(was: &mut Json, table: &Json, after: &Json) {
    let view = |properties: &Json| properties["StreamSpecification"].get("StreamViewType").cloned();
    if view(was) == view(after) {
        return;
    }
    let present = &table["StreamSpecification"];
    let view = (present["StreamEnabled"] == true).then(|| present["StreamViewType"].clone());
    let mut specification = was.get("StreamSpecification").cloned().unwrap_or_else(|| json!({}));
    set(&mut specification, "StreamViewType", view);
    set(was, "StreamSpecification", Some(specification));
}

async fn time_to_live(place: Place<'_>, id: &str) -> Done<Json> {
    let answer = place.dynamodb(Operation::DescribeTimeToLive, &json!({ "TableName": id })).await?;
    let description = &answer["TimeToLiveDescription"];
    let enabled = matches!(description["TimeToLiveStatus"].as_str(), Some("ENABLED" | "ENABLING"));
    let mut specification = picked(description, &["AttributeName"]);
    specification.insert("Enabled".to_owned(), json!(enabled));
    Ok(Json::Object(specification))
}

/// The data stream that the table delivers to.
async fn destination(place: Place<'_>, id: &str) -> Done<Option<Json>> {
    let operation = Operation::DescribeKinesisStreamingDestination;
    let answer = place.dynamodb(operation, &json!({ "TableName": id })).await?;
    let all = answer["KinesisDataStreamDestinations"].as_array();
    let active = all.into_iter().flatten().find(|one| one["DestinationStatus"] == "ACTIVE");
    let members = ["ApproximateCreationDateTimePrecision", "StreamArn"];
    Ok(active.map(|one| Json::Object(picked(one, &members))))
}
