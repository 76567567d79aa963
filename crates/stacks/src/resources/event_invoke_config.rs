//! `AWS::Lambda::EventInvokeConfig`. It is known by the function and the qualifier, with a `|` between.

use super::Made;
use super::ask::Rest;
use super::handler::{Done, Handler, Place, made, picked, text};
use super::refusal::Refusal;
use super::shape::{Member, Shape, may, must};
use serde_json::Value as Json;

/// The type.
pub(super) struct EventInvokeConfig;

const DESTINATION: Shape = Shape::Structure(&[must("Destination", Shape::Text)]);

impl Handler for EventInvokeConfig {
    const TYPE: &'static str = "AWS::Lambda::EventInvokeConfig";

    const PROPERTIES: &'static [Member] = &[
        may(
            "DestinationConfig",
            Shape::Structure(&[may("OnFailure", DESTINATION), may("OnSuccess", DESTINATION)]),
        ),
        must("FunctionName", Shape::Text),
        may("MaximumEventAgeInSeconds", Shape::Integer),
        may("MaximumRetryAttempts", Shape::Integer),
        must("Qualifier", Shape::Text),
    ];

    async fn make(&self, place: Place<'_>, _: &str, properties: &Json) -> Done<String> {
        let id = format!("{}|{}", text(properties, "FunctionName"), text(properties, "Qualifier"));
        match ask(place, "GET", &id, &Json::Null).await {
            Ok(_) => return Err(Refusal::exists(Self::TYPE, &id)),
            Err(refusal) if refusal.is_missing() => {}
            Err(refusal) => return Err(refusal),
        }
        put(place, &id, properties).await?;
        Ok(id)
    }

    async fn change(&self, place: Place<'_>, id: &str, _: &Json, after: &Json) -> Done<()> {
        put(place, id, after).await
    }

    async fn remove(&self, place: Place<'_>, id: &str, _: &Json) -> Done<()> {
        ask(place, "DELETE", id, &Json::Null).await.map(drop)
    }

    async fn show(&self, _: Place<'_>, id: &str, _: &Json) -> Done<Made> {
        Ok(made(id, []))
    }
}

async fn ask(place: Place<'_>, method: &str, id: &str, body: &Json) -> Done<Json> {
    let (function, qualifier) = id.rsplit_once('|').unwrap_or((id, "$LATEST"));
    let path = ["2019-09-25", "functions", function, "event-invoke-config"];
    place.functions(Rest { method, path: &path, query: &[("Qualifier", qualifier)], body }).await
}

async fn put(place: Place<'_>, id: &str, properties: &Json) -> Done<()> {
    let names = ["DestinationConfig", "MaximumEventAgeInSeconds", "MaximumRetryAttempts"];
    ask(place, "PUT", id, &Json::Object(picked(properties, &names))).await.map(drop)
}
