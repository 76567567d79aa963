//! `AWS::Lambda::Url`.

use super::Made;
use super::ask::Rest;
use super::handler::{Done, Handler, Place, made, picked, text};
use super::shape::{Member, Shape, TEXTS, may, must};
use serde_json::{Value as Json, json};

/// The type.
pub(super) struct Url;

impl Handler for Url {
    const TYPE: &'static str = "AWS::Lambda::Url";

    const PROPERTIES: &'static [Member] = &[
        must("AuthType", Shape::Text),
        may(
            "Cors",
            Shape::Structure(&[
                may("AllowCredentials", Shape::Boolean),
                may("AllowHeaders", TEXTS),
                may("AllowMethods", TEXTS),
                may("AllowOrigins", TEXTS),
                may("ExposeHeaders", TEXTS),
                may("MaxAge", Shape::Integer),
            ]),
        ),
        may("InvokeMode", Shape::Text),
        may("Qualifier", Shape::Text),
        must("TargetFunctionArn", Shape::Text),
    ];

    async fn make(&self, place: Place<'_>, _: &str, properties: &Json) -> Done<String> {
        let body = Json::Object(picked(properties, &["AuthType", "Cors", "InvokeMode"]));
        let made = ask(place, "POST", properties, &body).await?;
        Ok(text(&made, "FunctionArn").to_owned())
    }

    async fn change(&self, place: Place<'_>, _: &str, _: &Json, after: &Json) -> Done<()> {
        let mut body = picked(after, &["AuthType"]);
        let or = |name: &str, default: Json| after.get(name).cloned().unwrap_or(default);
        body.insert("Cors".to_owned(), or("Cors", json!({})));
        body.insert("InvokeMode".to_owned(), or("InvokeMode", json!("BUFFERED")));
        ask(place, "PUT", after, &Json::Object(body)).await.map(drop)
    }

    async fn remove(&self, place: Place<'_>, _: &str, properties: &Json) -> Done<()> {
        ask(place, "DELETE", properties, &Json::Null).await.map(drop)
    }

    async fn show(&self, place: Place<'_>, id: &str, properties: &Json) -> Done<Made> {
        let shown = ask(place, "GET", properties, &Json::Null).await?;
        let url = text(&shown, "FunctionUrl").to_owned();
        Ok(made(id, [("FunctionArn", id.to_owned()), ("FunctionUrl", url)]))
    }
}

async fn ask(place: Place<'_>, method: &str, properties: &Json, body: &Json) -> Done<Json> {
    let path = ["2021-10-31", "functions", text(properties, "TargetFunctionArn"), "url"];
    let qualifier = properties["Qualifier"].as_str().map(|qualifier| ("Qualifier", qualifier));
    place.functions(Rest { method, path: &path, query: qualifier.as_slice(), body }).await
}
