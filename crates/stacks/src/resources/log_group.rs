//! `AWS::Logs::LogGroup`.

use super::handler::{Done, Handler, Place, differs, made};
use super::shape::{Member, Shape, TAGS, may, never};
use super::{Made, tags};
use serde_json::{Value as Json, json};

/// The type.
pub(super) struct LogGroup;

impl Handler for LogGroup {
    const TYPE: &'static str = "AWS::Logs::LogGroup";

    const PROPERTIES: &'static [Member] = &[
        never("BearerTokenAuthenticationEnabled"),
        never("DataProtectionPolicy"),
        may("DeletionProtectionEnabled", Shape::Boolean),
        never("FieldIndexPolicies"),
        may("KmsKeyId", Shape::Text),
        may("LogGroupClass", Shape::Text),
        may("LogGroupName", Shape::Text),
        never("ResourcePolicyDocument"),
        may("RetentionInDays", Shape::Integer),
        may("Tags", TAGS),
    ];

    async fn make(&self, place: Place<'_>, name: &str, properties: &Json) -> Done<String> {
        let mut request = json!({ "logGroupName": name });
        for (member, property) in [("kmsKeyId", "KmsKeyId"), ("logGroupClass", "LogGroupClass")] {
            if let Some(value) = properties.get(property) {
                request[member] = value.clone();
            }
        }
        let tags = tags::wanted(place.scope, properties);
        if !tags.is_empty() {
            request["tags"] = tags::object(&tags);
        }
        place.logs("CreateLogGroup", &request).await?;
        Ok(name.to_owned())
    }

    async fn finish(&self, place: Place<'_>, id: &str, properties: &Json) -> Done<()> {
        retain(place, id, &json!({}), properties).await?;
        // Last, so that a group that fails can be taken back.
        if properties["DeletionProtectionEnabled"] == true { protect(place, id, true).await } else { Ok(()) }
    }

    async fn change(&self, place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
        if differs(before, after, "KmsKeyId") {
            let (operation, request) = match after.get("KmsKeyId") {
                Some(key) => ("AssociateKmsKey", json!({ "logGroupName": id, "kmsKeyId": key })),
                None => ("DisassociateKmsKey", json!({ "logGroupName": id })),
            };
            place.logs(operation, &request).await?;
        }
        if differs(before, after, "DeletionProtectionEnabled") {
            protect(place, id, after["DeletionProtectionEnabled"] == true).await?;
        }
        retain(place, id, before, after).await?;
        let arn = place.arn("logs", &format!("log-group:{id}"));
        let change = tags::Change::new(place, before, after);
        if !change.removed.is_empty() {
            let request = json!({ "resourceArn": arn, "tagKeys": change.removed });
            place.logs("UntagResource", &request).await?;
        }
        if !change.set.is_empty() {
            let request = json!({ "resourceArn": arn, "tags": tags::object(&change.set) });
            place.logs("TagResource", &request).await?;
        }
        Ok(())
    }

    async fn remove(&self, place: Place<'_>, id: &str, _: &Json) -> Done<()> {
        place.logs("DeleteLogGroup", &json!({ "logGroupName": id })).await.map(drop)
    }

    async fn show(&self, place: Place<'_>, id: &str, _: &Json) -> Done<Made> {
        Ok(made(id, [("Arn", place.arn("logs", &format!("log-group:{id}:*")))]))
    }
}

async fn protect(place: Place<'_>, id: &str, enabled: bool) -> Done<()> {
    let request = json!({ "logGroupIdentifier": id, "deletionProtectionEnabled": enabled });
    place.logs("PutLogGroupDeletionProtection", &request).await.map(drop)
}

async fn retain(place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
    if !differs(before, after, "RetentionInDays") {
        return Ok(());
    }
    let (operation, request) = match after.get("RetentionInDays") {
        Some(days) => ("PutRetentionPolicy", json!({ "logGroupName": id, "retentionInDays": days })),
        None => ("DeleteRetentionPolicy", json!({ "logGroupName": id })),
    };
    place.logs(operation, &request).await.map(drop)
}
