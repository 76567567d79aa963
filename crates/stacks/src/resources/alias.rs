//! `AWS::Lambda::Alias`.

use super::Made;
use super::ask::Rest;
use super::function::FUNCTIONS;
use super::function_version::{PROVISIONED, split};
use super::handler::{Done, Handler, Place, made, picked, text};
use super::provisioned::Provision;
use super::shape::{Member, Shape, may, must};
use serde_json::{Map, Value as Json, json};

/// The type.
pub(super) struct Alias;

impl Handler for Alias {
    const TYPE: &'static str = "AWS::Lambda::Alias";

    const PROPERTIES: &'static [Member] = &[
        may("Description", Shape::Text),
        must("FunctionName", Shape::Text),
        must("FunctionVersion", Shape::Text),
        must("Name", Shape::Text),
        may("ProvisionedConcurrencyConfig", PROVISIONED),
        may(
            "RoutingConfig",
            Shape::Structure(&[may(
                "AdditionalVersionWeights",
                Shape::List(&Shape::Structure(&[
                    must("FunctionVersion", Shape::Text),
                    must("FunctionWeight", Shape::Number),
                ])),
            )]),
        ),
    ];

    async fn make(&self, place: Place<'_>, _: &str, properties: &Json) -> Done<String> {
        let [date, functions] = FUNCTIONS;
        let mut body = body(properties);
        body["Name"] = properties["Name"].clone();
        let path = [date, functions, text(properties, "FunctionName"), "aliases"];
        let made = place.functions(Rest { method: "POST", path: &path, query: &[], body: &body }).await?;
        Ok(text(&made, "AliasArn").to_owned())
    }

    async fn finish(&self, place: Place<'_>, id: &str, properties: &Json) -> Done<()> {
        let (function, qualifier) = split(id);
        Provision { function, qualifier }.set(place, &json!({}), properties).await
    }

    async fn change(&self, place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
        let ([date, functions], (function, name)) = (FUNCTIONS, split(id));
        let path = [date, functions, function, "aliases", name];
        let body = body(after);
        place.functions(Rest { method: "PUT", path: &path, query: &[], body: &body }).await?;
        Provision { function, qualifier: name }.set(place, before, after).await
    }

    async fn remove(&self, place: Place<'_>, id: &str, _: &Json) -> Done<()> {
        let ([date, functions], (function, name)) = (FUNCTIONS, split(id));
        let path = [date, functions, function, "aliases", name];
        let rest = Rest { method: "DELETE", path: &path, query: &[], body: &Json::Null };
        place.functions(rest).await.map(drop)
    }

    async fn show(&self, _: Place<'_>, id: &str, _: &Json) -> Done<Made> {
        Ok(made(id, [("AliasArn", id.to_owned())]))
    }
}

/// What is said of it; what is not said is as nothing.
fn body(properties: &Json) -> Json {
    let mut body = picked(properties, &["FunctionVersion"]);
    body.insert("Description".to_owned(), json!(text(properties, "Description")));
    let weights = properties["RoutingConfig"]["AdditionalVersionWeights"].as_array();
    let weights: Map<String, Json> = weights
        .into_iter()
        .flatten()
        .map(|weight| (text(weight, "FunctionVersion").to_owned(), weight["FunctionWeight"].clone()))
        .collect();
    body.insert("RoutingConfig".to_owned(), json!({ "AdditionalVersionWeights": weights }));
    Json::Object(body)
}
