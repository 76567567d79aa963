//! `AWS::Lambda::EventSourceMapping`. A mapping is what it is to be when its service has answered.

use super::ask::Rest;
use super::function::retag;
use super::handler::{Done, Handler, Place, made, picked, text};
use super::shape::{Member, Shape, TAGS, TEXTS, may, must, never};
use super::{Made, tags};
use serde_json::{Map, Value as Json, json};

/// The type.
pub(super) struct EventSourceMapping;

const MAPPINGS: [&str; 2] = ["2015-03-31", "event-source-mappings"];

const DESTINATION: Shape = Shape::Structure(&[may("Destination", Shape::Text)]);

impl Handler for EventSourceMapping {
    const TYPE: &'static str = "AWS::Lambda::EventSourceMapping";

    const PROPERTIES: &'static [Member] = &[
        never("AmazonManagedKafkaEventSourceConfig"),
        may("BatchSize", Shape::Integer),
        may("BisectBatchOnFunctionError", Shape::Boolean),
        may(
            "DestinationConfig",
            Shape::Structure(&[may("OnFailure", DESTINATION), may("OnSuccess", DESTINATION)]),
        ),
        never("DocumentDBEventSourceConfig"),
        may("Enabled", Shape::Boolean),
        may("EventSourceArn", Shape::Text),
        may(
            "FilterCriteria",
            Shape::Structure(&[may(
                "Filters",
                Shape::List(&Shape::Structure(&[may("Pattern", Shape::Text)])),
            )]),
        ),
        must("FunctionName", Shape::Text),
        may("FunctionResponseTypes", TEXTS),
        may("KmsKeyArn", Shape::Text),
        never("LoggingConfig"),
        may("MaximumBatchingWindowInSeconds", Shape::Integer),
        may("MaximumRecordAgeInSeconds", Shape::Integer),
        may("MaximumRetryAttempts", Shape::Integer),
        may("MetricsConfig", Shape::Structure(&[may("Metrics", TEXTS)])),
        may("ParallelizationFactor", Shape::Integer),
        never("ProvisionedPollerConfig"),
        never("Queues"),
        may("ScalingConfig", Shape::Structure(&[may("MaximumConcurrency", Shape::Integer)])),
        never("SelfManagedEventSource"),
        never("SelfManagedKafkaEventSourceConfig"),
        never("SourceAccessConfigurations"),
        may("StartingPosition", Shape::Text),
        may("StartingPositionTimestamp", Shape::Number),
        may("Tags", TAGS),
        never("Topics"),
        may("TumblingWindowInSeconds", Shape::Integer),
    ];

    async fn make(&self, place: Place<'_>, _: &str, properties: &Json) -> Done<String> {
        let names = ["EventSourceArn", "StartingPosition", "StartingPositionTimestamp"];
        let mut body = picked(properties, &names);
        body.extend(settings(properties));
        let tags = tags::wanted(place.scope, properties);
        if !tags.is_empty() {
            body.insert("Tags".to_owned(), tags::object(&tags));
        }
        let body = Json::Object(body);
        let rest = Rest { method: "POST", path: &MAPPINGS, query: &[], body: &body };
        Ok(text(&place.functions(rest).await?, "UUID").to_owned())
    }

    async fn change(&self, place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
        let ([date, mappings], was) = (MAPPINGS, settings(before));
        let mut body = settings(after);
        for (name, default) in defaults(text(after, "EventSourceArn")) {
            if was.contains_key(name) && !body.contains_key(name) {
                body.insert(name.to_owned(), default);
            }
        }
        if was != body {
            let (path, body) = ([date, mappings, id], Json::Object(body));
            place.functions(Rest { method: "PUT", path: &path, query: &[], body: &body }).await?;
        }
        let arn = place.arn("lambda", &format!("event-source-mapping:{id}"));
        retag(place, &arn, &tags::Change::new(place, before, after)).await
    }

    async fn remove(&self, place: Place<'_>, id: &str, _: &Json) -> Done<()> {
        let [date, mappings] = MAPPINGS;
        let path = [date, mappings, id];
        let rest = Rest { method: "DELETE", path: &path, query: &[], body: &Json::Null };
        place.functions(rest).await.map(drop)
    }

    async fn show(&self, place: Place<'_>, id: &str, _: &Json) -> Done<Made> {
        let arn = place.arn("lambda", &format!("event-source-mapping:{id}"));
        Ok(made(id, [("Id", id.to_owned()), ("EventSourceMappingArn", arn)]))
    }
}

/// What an update may change, as requests have it.
fn settings(properties: &Json) -> Map<String, Json> {
    let names = [
        "BatchSize",
        "BisectBatchOnFunctionError",
        "DestinationConfig",
        "Enabled",
        "FilterCriteria",
        "FunctionName",
        "FunctionResponseTypes",
        "MaximumBatchingWindowInSeconds",
        "MaximumRecordAgeInSeconds",
        "MaximumRetryAttempts",
        "MetricsConfig",
        "ParallelizationFactor",
        "ScalingConfig",
        "TumblingWindowInSeconds",
    ];
    let mut settings = picked(properties, &names);
    if let Some(key) = properties.get("KmsKeyArn") {
        settings.insert("KMSKeyArn".to_owned(), key.clone());
    }
    settings
}

/// What is no longer said goes back to these.
fn defaults(source: &str) -> [(&'static str, Json); 14] {
    [
        ("BatchSize", json!(if source.contains(":sqs:") { 10 } else { 100 })),
        ("BisectBatchOnFunctionError", json!(false)),
        ("DestinationConfig", json!({ "OnFailure": { "Destination": "" } })),
        ("Enabled", json!(true)),
        ("FilterCriteria", json!({ "Filters": [] })),
        ("FunctionResponseTypes", json!([])),
        ("KMSKeyArn", json!("")),
        ("MaximumBatchingWindowInSeconds", json!(0)),
        ("MaximumRecordAgeInSeconds", json!(-1)),
        ("MaximumRetryAttempts", json!(-1)),
        ("MetricsConfig", json!({ "Metrics": [] })),
        ("ParallelizationFactor", json!(1)),
        ("ScalingConfig", json!({})),
        ("TumblingWindowInSeconds", json!(0)),
    ]
}
