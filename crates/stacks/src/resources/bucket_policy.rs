//! `AWS::S3::BucketPolicy`.

use super::Made;
use super::handler::{Done, Handler, Place, document, made, text};
use super::refusal::Refusal;
use super::shape::{Member, Shape, must};
use serde_json::Value as Json;

/// The type.
pub(super) struct BucketPolicy;

const POLICY: &str = "policy";

impl Handler for BucketPolicy {
    const TYPE: &'static str = "AWS::S3::BucketPolicy";

    const PROPERTIES: &'static [Member] = &[must("Bucket", Shape::Text), must("PolicyDocument", Shape::Json)];

    async fn make(&self, place: Place<'_>, _: &str, properties: &Json) -> Done<String> {
        let bucket = text(properties, "Bucket");
        if place.bucket_setting(bucket, POLICY)?.is_some() {
            return Err(Refusal::exists(Self::TYPE, bucket));
        }
        self.change(place, bucket, properties, properties).await?;
        Ok(bucket.to_owned())
    }

    async fn change(&self, place: Place<'_>, id: &str, _: &Json, after: &Json) -> Done<()> {
        let policy = document(&after["PolicyDocument"]);
        let read: Result<Json, _> = serde_json::from_str(&policy);
        if !read.is_ok_and(|policy| policy.is_object()) {
            let message = "Policies must be valid JSON and the first byte must be '{'";
            return Err(Refusal::of("S3", 400, "MalformedPolicy", message));
        }
        place.set_bucket(id, POLICY, Some(policy)).await
    }

    async fn remove(&self, place: Place<'_>, id: &str, _: &Json) -> Done<()> {
        place.set_bucket(id, POLICY, None).await
    }

    async fn show(&self, _: Place<'_>, id: &str, _: &Json) -> Done<Made> {
        Ok(made(id, []))
    }
}
