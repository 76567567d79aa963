//! `AWS::Lambda::Version`.

use super::Made;
use super::ask::Rest;
use super::function::FUNCTIONS;
use super::handler::{Done, Handler, Place, made, picked, text};
use super::provisioned::Provision;
use super::refusal::Refusal;
use super::shape::{Member, Shape, may, must, never};
use serde_json::{Value as Json, json};

/// The type.
pub(super) struct Version;

pub(super) const PROVISIONED: Shape =
    Shape::Structure(&[must("ProvisionedConcurrentExecutions", Shape::Integer)]);

impl Handler for Version {
    const TYPE: &'static str = "AWS::Lambda::Version";

    const PROPERTIES: &'static [Member] = &[
        may("CodeSha256", Shape::Text),
        may("Description", Shape::Text),
        must("FunctionName", Shape::Text),
        never("FunctionScalingConfig"),
        may("ProvisionedConcurrencyConfig", PROVISIONED),
        may(
            "RuntimePolicy",
            Shape::Structure(&[may("RuntimeVersionArn", Shape::Text), must("UpdateRuntimeOn", Shape::Text)]),
        ),
    ];

    async fn make(&self, place: Place<'_>, _: &str, properties: &Json) -> Done<String> {
        let ([date, functions], function) = (FUNCTIONS, text(properties, "FunctionName"));
        let known = versions(place, function).await?;
        let body = Json::Object(picked(properties, &["CodeSha256", "Description"]));
        let path = [date, functions, function, "versions"];
        let published =
            place.functions(Rest { method: "POST", path: &path, query: &[], body: &body }).await?;
        let version = text(&published, "Version");
        if known.iter().any(|known| known == version) {
            return Err(Refusal::of(
                "Lambda",
                409,
                "AlreadyExists",
                format!(
                    "A version for this Lambda function exists ( {version} ). Modify the function to create a new version."
                ),
            ));
        }
        Ok(text(&published, "FunctionArn").to_owned())
    }

    async fn finish(&self, place: Place<'_>, id: &str, properties: &Json) -> Done<()> {
        let (function, version) = split(id);
        Provision { function, qualifier: version }.set(place, &json!({}), properties).await?;
        if let Some(body) = properties.get("RuntimePolicy") {
            let path = ["2021-07-20", "functions", function, "runtime-management-config"];
            let rest = Rest { method: "PUT", path: &path, query: &[("Qualifier", version)], body };
            place.functions(rest).await?;
        }
        Ok(())
    }

    async fn change(&self, _: Place<'_>, _: &str, _: &Json, _: &Json) -> Done<()> {
        // Each of its properties makes another version.
        Ok(())
    }

    async fn remove(&self, place: Place<'_>, id: &str, _: &Json) -> Done<()> {
        let ([date, functions], (function, version)) = (FUNCTIONS, split(id));
        let path = [date, functions, function];
        let rest =
            Rest { method: "DELETE", path: &path, query: &[("Qualifier", version)], body: &Json::Null };
        place.functions(rest).await.map(drop)
    }

    async fn show(&self, _: Place<'_>, id: &str, _: &Json) -> Done<Made> {
        Ok(made(id, [("Version", split(id).1.to_owned()), ("FunctionArn", id.to_owned())]))
    }
}

/// An ARN, and what qualifies it.
pub(super) fn split(arn: &str) -> (&str, &str) {
    arn.rsplit_once(':').unwrap_or((arn, ""))
}

/// The versions of a function.
async fn versions(place: Place<'_>, function: &str) -> Done<Vec<String>> {
    let ([date, functions], mut found, mut marker) = (FUNCTIONS, Vec::new(), None::<String>);
    loop {
        let path = [date, functions, function, "versions"];
        let query = marker.as_deref().map(|marker| ("Marker", marker));
        let rest = Rest { method: "GET", path: &path, query: query.as_slice(), body: &Json::Null };
        let page = place.functions(rest).await?;
        let versions = page["Versions"].as_array().into_iter().flatten();
        found.extend(versions.map(|version| text(version, "Version").to_owned()));
        match page["NextMarker"].as_str() {
            Some(next) => marker = Some(next.to_owned()),
            None => return Ok(found),
        }
    }
}
