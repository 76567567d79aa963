//! `AWS::Lambda::LayerVersion`.

use super::Made;
use super::ask::Rest;
use super::function_version::split;
use super::handler::{Done, Handler, Place, made, picked, text};
use super::shape::{Member, Shape, TEXTS, may, must};
use serde_json::Value as Json;

/// The type.
pub(super) struct LayerVersion;

/// The paths of operations on layers begin so.
pub(super) const LAYERS: [&str; 2] = ["2018-10-31", "layers"];

impl Handler for LayerVersion {
    const TYPE: &'static str = "AWS::Lambda::LayerVersion";

    const PROPERTIES: &'static [Member] = &[
        may("CompatibleArchitectures", TEXTS),
        may("CompatibleRuntimes", TEXTS),
        must(
            "Content",
            Shape::Structure(&[
                must("S3Bucket", Shape::Text),
                must("S3Key", Shape::Text),
                may("S3ObjectStorageMode", Shape::Text),
                may("S3ObjectVersion", Shape::Text),
            ]),
        ),
        may("Description", Shape::Text),
        may("LayerName", Shape::Text),
        may("LicenseInfo", Shape::Text),
    ];

    async fn make(&self, place: Place<'_>, name: &str, properties: &Json) -> Done<String> {
        let [date, layers] = LAYERS;
        let names = ["CompatibleArchitectures", "CompatibleRuntimes", "Description", "LicenseInfo"];
        let mut body = picked(properties, &names);
        let content = picked(&properties["Content"], &["S3Bucket", "S3Key", "S3ObjectVersion"]);
        body.insert("Content".to_owned(), Json::Object(content));
        let (path, body) = ([date, layers, name, "versions"], Json::Object(body));
        let made = place.functions(Rest { method: "POST", path: &path, query: &[], body: &body }).await?;
        Ok(text(&made, "LayerVersionArn").to_owned())
    }

    async fn change(&self, _: Place<'_>, _: &str, _: &Json, _: &Json) -> Done<()> {
        // Each of its properties makes another version.
        Ok(())
    }

    async fn remove(&self, place: Place<'_>, id: &str, _: &Json) -> Done<()> {
        let ([date, layers], (layer, version)) = (LAYERS, split(id));
        let path = [date, layers, layer, "versions", version];
        let rest = Rest { method: "DELETE", path: &path, query: &[], body: &Json::Null };
        place.functions(rest).await.map(drop)
    }

    async fn show(&self, _: Place<'_>, id: &str, _: &Json) -> Done<Made> {
        Ok(made(id, [("LayerVersionArn", id.to_owned())]))
    }
}
