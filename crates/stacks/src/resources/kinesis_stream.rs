//! `AWS::Kinesis::Stream`.

use super::handler::{Done, Handler, Place, differs, made, picked, text, texts};
use super::shape::{Member, Shape, TAGS, TEXTS, may, must, never};
use super::{Made, tags};
use serde_json::{Value as Json, json};

/// How long records are kept where nothing is said.
const RETENTION_HOURS: i64 = 24;

/// The type.
pub(super) struct Stream;

impl Handler for Stream {
    const TYPE: &'static str = "AWS::Kinesis::Stream";

    const PROPERTIES: &'static [Member] = &[
        may("DesiredShardLevelMetrics", TEXTS),
        may("MaxRecordSizeInKiB", Shape::Integer),
        may("Name", Shape::Text),
        never("RecordDistributionStrategy"),
        may("RetentionPeriodHours", Shape::Integer),
        may("ShardCount", Shape::Integer),
        may(
            "StreamEncryption",
            Shape::Structure(&[must("EncryptionType", Shape::Text), must("KeyId", Shape::Text)]),
        ),
        may("StreamModeDetails", Shape::Structure(&[must("StreamMode", Shape::Text)])),
        may("Tags", TAGS),
        never("WarmThroughputMiBps"),
    ];

    async fn make(&self, place: Place<'_>, name: &str, properties: &Json) -> Done<String> {
        let mut request = picked(properties, &["MaxRecordSizeInKiB", "ShardCount", "StreamModeDetails"]);
        if !is_on_demand(properties) {
            request.entry("ShardCount").or_insert(json!(1));
        }
        request.insert("StreamName".to_owned(), json!(name));
        let tags = tags::wanted(place.scope, properties);
        if !tags.is_empty() {
            request.insert("Tags".to_owned(), tags::object(&tags));
        }
        place.kinesis("CreateStream", &Json::Object(request)).await?;
        Ok(name.to_owned())
    }

    async fn finish(&self, place: Place<'_>, id: &str, properties: &Json) -> Done<()> {
        beside(place, id, &json!({}), properties).await
    }

    async fn change(&self, place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
        if is_on_demand(before) != is_on_demand(after) {
            let arn = place.arn("kinesis", &format!("stream/{id}"));
            let mode = if is_on_demand(after) { "ON_DEMAND" } else { "PROVISIONED" };
            let request = json!({ "StreamARN": arn, "StreamModeDetails": { "StreamMode": mode } });
            place.kinesis("UpdateStreamMode", &request).await?;
        }
        if !is_on_demand(after) && (is_on_demand(before) || differs(before, after, "ShardCount")) {
            let wanted = after.get("ShardCount").cloned().unwrap_or_else(|| json!(1));
            let present = place.kinesis("DescribeStreamSummary", &json!({ "StreamName": id })).await?;
            if present["StreamDescriptionSummary"]["OpenShardCount"] != wanted {
                let request = json!({
                    "StreamName": id,
                    "TargetShardCount": wanted,
                    "ScalingType": "UNIFORM_SCALING",
                });
                place.kinesis("UpdateShardCount", &request).await?;
            }
        }
        if differs(before, after, "MaxRecordSizeInKiB") {
            let size = after.get("MaxRecordSizeInKiB").cloned().unwrap_or_else(|| json!(1_024));
            let arn = place.arn("kinesis", &format!("stream/{id}"));
            let request = json!({ "StreamARN": arn, "MaxRecordSizeInKiB": size });
            place.kinesis("UpdateMaxRecordSize", &request).await?;
        }
        retag(place, id, before, after).await?;
        beside(place, id, before, after).await
    }

    async fn remove(&self, place: Place<'_>, id: &str, _: &Json) -> Done<()> {
        let request = json!({ "StreamName": id, "EnforceConsumerDeletion": true });
        place.kinesis("DeleteStream", &request).await.map(drop)
    }

    async fn show(&self, place: Place<'_>, id: &str, _: &Json) -> Done<Made> {
        let shown = place.kinesis("DescribeStreamSummary", &json!({ "StreamName": id })).await?;
        Ok(made(id, [("Arn", text(&shown["StreamDescriptionSummary"], "StreamARN").to_owned())]))
    }
}

fn is_on_demand(properties: &Json) -> bool {
    properties["StreamModeDetails"]["StreamMode"] == "ON_DEMAND"
}

/// Sets what is not said when a stream is made.
async fn beside(place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
    let hours = |properties: &Json| properties["RetentionPeriodHours"].as_i64().unwrap_or(RETENTION_HOURS);
    if hours(before) != hours(after) {
        // Which way it goes is the stream's matter: an earlier change may have failed half-way.
        let present = place.kinesis("DescribeStreamSummary", &json!({ "StreamName": id })).await?;
        let longer = hours(after) > hours(&present["StreamDescriptionSummary"]);
        let way = if longer { "IncreaseStreamRetentionPeriod" } else { "DecreaseStreamRetentionPeriod" };
        let request = json!({ "StreamName": id, "RetentionPeriodHours": hours(after) });
        place.kinesis(way, &request).await?;
    }
    if differs(before, after, "StreamEncryption") {
        let (given, way) = match after.get("StreamEncryption") {
            Some(given) => (given, "StartStreamEncryption"),
            None => (&before["StreamEncryption"], "StopStreamEncryption"),
        };
        let mut request = given.clone();
        request["StreamName"] = json!(id);
        place.kinesis(way, &request).await?;
    }
    let metrics = |properties| texts(properties, "DesiredShardLevelMetrics");
    let (was, now) = (metrics(before), metrics(after));
    let gone: Vec<&str> = was.iter().copied().filter(|name| !now.contains(name)).collect();
    let come: Vec<&str> = now.iter().copied().filter(|name| !was.contains(name)).collect();
    for (names, way) in [(gone, "DisableEnhancedMonitoring"), (come, "EnableEnhancedMonitoring")] {
        if !names.is_empty() {
            place.kinesis(way, &json!({ "StreamName": id, "ShardLevelMetrics": names })).await?;
        }
    }
    Ok(())
}

async fn retag(place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
    let change = tags::Change::new(place, before, after);
    if !change.removed.is_empty() {
        let request = json!({ "StreamName": id, "TagKeys": change.removed });
        place.kinesis("RemoveTagsFromStream", &request).await?;
    }
    if !change.set.is_empty() {
        let request = json!({ "StreamName": id, "Tags": tags::object(&change.set) });
        place.kinesis("AddTagsToStream", &request).await?;
    }
    Ok(())
}
