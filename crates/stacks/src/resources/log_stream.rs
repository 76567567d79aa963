//! `AWS::Logs::LogStream`.

use super::Made;
use super::handler::{Done, Handler, Place, made, text};
use super::shape::{Member, Shape, may, must};
use serde_json::{Value as Json, json};

/// The type.
pub(super) struct LogStream;

impl Handler for LogStream {
    const TYPE: &'static str = "AWS::Logs::LogStream";

    const PROPERTIES: &'static [Member] =
        &[must("LogGroupName", Shape::Text), may("LogStreamName", Shape::Text)];

    async fn make(&self, place: Place<'_>, name: &str, properties: &Json) -> Done<String> {
        place.logs("CreateLogStream", &request(name, properties)).await?;
        Ok(name.to_owned())
    }

    async fn change(&self, _: Place<'_>, _: &str, _: &Json, _: &Json) -> Done<()> {
        // Each of its properties makes another stream.
        Ok(())
    }

    async fn remove(&self, place: Place<'_>, id: &str, properties: &Json) -> Done<()> {
        place.logs("DeleteLogStream", &request(id, properties)).await.map(drop)
    }

    async fn show(&self, _: Place<'_>, id: &str, _: &Json) -> Done<Made> {
        Ok(made(id, []))
    }
}

fn request(name: &str, properties: &Json) -> Json {
    json!({ "logGroupName": text(properties, "LogGroupName"), "logStreamName": name })
}
