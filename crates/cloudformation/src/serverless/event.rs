//! The events of a function: mappings of event sources, and subscriptions.

use super::{Output, Source, attribute, invalid, reference};
use crate::{Map, TemplateError, Value};

/// What an event passes to its mapping, beside the source.
const MAPPING: &[&str] = &[
    "BatchSize",
    "BisectBatchOnFunctionError",
    "Enabled",
    "FilterCriteria",
    "FunctionResponseTypes",
    "KmsKeyArn",
    "MaximumBatchingWindowInSeconds",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "MetricsConfig",
    "ParallelizationFactor",
    "ProvisionedPollerConfig",
    "ScalingConfig",
    "StartingPosition",
    "StartingPositionTimestamp",
    "TumblingWindowInSeconds",
];

/// The managed policy that the role of a function with such an event needs.
pub(super) fn managed_policy(event_type: &str) -> Option<&'static str> {
    match event_type {
        "DynamoDB" => Some("service-role/AWSLambdaDynamoDBExecutionRole"),
        "Kinesis" => Some("service-role/AWSLambdaKinesisExecutionRole"),
        "SQS" => Some("service-role/AWSLambdaSQSQueueExecutionRole"),
        _ => None,
    }
}

/// Writes one event. `target` is what it calls: the function, or its alias.
pub(super) fn write(
    source: &Source<'_>,
    (name, event): (&str, &Value),
    target: &str,
    output: &mut Output,
) -> Result<(), TemplateError> {
    let failed = |text: &str| invalid(source.name, &format!("Event with id [{name}] is invalid. {text}"));
    let event_type = event.get("Type").and_then(Value::as_str).ok_or_else(|| failed("It has no 'Type'."))?;
    let empty = Map::new();
    let properties = event.get("Properties").map_or(Some(&empty), Value::as_map);
    let properties = properties.ok_or_else(|| failed("'Properties' should be a map."))?;
    let logical_id = format!("{}{name}", source.name);
    let from = match event_type {
        "DynamoDB" | "Kinesis" => "Stream",
        "SQS" => "Queue",
        "SNS" => "Topic",
        _ => return Err(failed(&format!("Type {event_type} is not supported by Tailwater."))),
    };
    let from_value =
        properties.get(from).ok_or_else(|| failed(&format!("Missing required property '{from}'.")))?;
    let parts = Parts { logical_id, from: from_value, properties, target };
    if event_type == "SNS" {
        return parts.subscription(source, output).map_err(|text| failed(&text));
    }
    parts.mapping(source, from, output).map_err(|text| failed(&text))
}

struct Parts<'a> {
    logical_id: String,
    from: &'a Value,
    properties: &'a Map,
    target: &'a str,
}

impl Parts<'_> {
    fn refuse_others(&self, known: &[&[&str]]) -> Result<(), String> {
        let is_known = |name: &&String| known.iter().any(|known| known.contains(&name.as_str()));
        match self.properties.keys().find(|name| !is_known(name)) {
            None => Ok(()),
            Some(name) => Err(format!("property {name} not defined for resource.")),
        }
    }

    fn mapping(&self, source: &Source<'_>, from: &str, output: &mut Output) -> Result<(), String> {
        self.refuse_others(&[MAPPING, &[from, "DestinationConfig"]])?;
        let mut properties: Map = MAPPING
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), self.properties.get(*name)?.clone())))
            .collect();
        properties.insert("EventSourceArn".to_owned(), self.from.clone());
        properties.insert("FunctionName".to_owned(), reference(self.target));
        if let Some(config) = self.properties.get("DestinationConfig") {
            properties.insert("DestinationConfig".to_owned(), destinations(config)?);
        }
        let resource = source.resource("AWS::Lambda::EventSourceMapping", properties);
        output.add(self.logical_id.clone(), Value::Map(resource)).map_err(|error| error.to_string())
    }

    fn subscription(&self, source: &Source<'_>, output: &mut Output) -> Result<(), String> {
        const PASSED: &[&str] = &["FilterPolicy", "FilterPolicyScope", "RedrivePolicy", "Region"];
        self.refuse_others(&[PASSED, &["Topic"]])?;
        let mut properties: Map = PASSED
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), self.properties.get(*name)?.clone())))
            .collect();
        // An alias is known by its ARN, a function by its name.
        let endpoint =
            if self.target == source.name { attribute(source.name, "Arn") } else { reference(self.target) };
        properties.insert("Endpoint".to_owned(), endpoint);
        properties.insert("Protocol".to_owned(), Value::string("lambda"));
        properties.insert("TopicArn".to_owned(), self.from.clone());
        let permission = Value::map([
            ("Action", Value::string("lambda:InvokeFunction")),
            ("FunctionName", reference(self.target)),
            ("Principal", Value::string("sns.amazonaws.com")),
            ("SourceArn", self.from.clone()),
        ]);
        let permission = permission.as_map().cloned().unwrap_or_default();
        let resources = [
            (self.logical_id.clone(), source.resource("AWS::SNS::Subscription", properties)),
            (
                format!("{}Permission", self.logical_id),
                source.resource("AWS::Lambda::Permission", permission),
            ),
        ];
        for (name, resource) in resources {
            output.add(name, Value::Map(resource)).map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

/// Destinations, without the `Type` that the transform takes beside each. One that names none would be a queue or topic of
/// the transform's own making, which is not made here.
pub(super) fn destinations(config: &Value) -> Result<Value, String> {
    let members = config.as_map().ok_or("'DestinationConfig' should be a map.")?;
    let mut destinations = Map::new();
    for (name, destination) in members {
        let target = destination.get("Destination").ok_or_else(|| {
            format!("'DestinationConfig' has no 'Destination' in '{name}', and Tailwater makes none.")
        })?;
        destinations.insert(name.clone(), Value::map([("Destination", target.clone())]));
    }
    Ok(Value::Map(destinations))
}
