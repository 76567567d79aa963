//! `AWS::Lambda::LayerVersionPermission`. It is known by the version's ARN and the statement's id, with a `#` between.

use super::Made;
use super::ask::Rest;
use super::function_version::split;
use super::handler::{Done, Handler, Place, made, picked, text};
use super::layer_version::LAYERS;
use super::shape::{Member, Shape, may, must};
use serde_json::{Value as Json, json};

/// The type.
pub(super) struct LayerVersionPermission;

impl Handler for LayerVersionPermission {
    const TYPE: &'static str = "AWS::Lambda::LayerVersionPermission";

    const PROPERTIES: &'static [Member] = &[
        must("Action", Shape::Text),
        must("LayerVersionArn", Shape::Text),
        may("OrganizationId", Shape::Text),
        must("Principal", Shape::Text),
    ];

    async fn make(&self, place: Place<'_>, _: &str, properties: &Json) -> Done<String> {
        let [date, layers] = LAYERS;
        let (arn, statement) = (text(properties, "LayerVersionArn"), place.generated_id());
        let mut body = picked(properties, &["Action", "OrganizationId", "Principal"]);
        body.insert("StatementId".to_owned(), json!(statement));
        let (layer, version) = split(arn);
        let (path, body) = ([date, layers, layer, "versions", version, "policy"], Json::Object(body));
        place.functions(Rest { method: "POST", path: &path, query: &[], body: &body }).await?;
        Ok(format!("{arn}#{statement}"))
    }

    async fn change(&self, _: Place<'_>, _: &str, _: &Json, _: &Json) -> Done<()> {
        // Each of its properties makes another statement.
        Ok(())
    }

    async fn remove(&self, place: Place<'_>, id: &str, _: &Json) -> Done<()> {
        let [date, layers] = LAYERS;
        let (arn, statement) = id.rsplit_once('#').unwrap_or((id, ""));
        let (layer, version) = split(arn);
        let path = [date, layers, layer, "versions", version, "policy", statement];
        let rest = Rest { method: "DELETE", path: &path, query: &[], body: &Json::Null };
        place.functions(rest).await.map(drop)
    }

    async fn show(&self, _: Place<'_>, id: &str, _: &Json) -> Done<Made> {
        Ok(made(id, [("Id", id.to_owned())]))
    }
}
