//! The bodies of CreateEventSourceMapping and UpdateEventSourceMapping.

use crate::api::Failure;
use crate::configuration::{Destinations, Fault, PollersRequest, Request};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The members of both; an update has no source, no starting position and no tags.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Body {
    event_source_arn: Option<String>,
    pub(super) function_name: Option<String>,
    enabled: Option<bool>,
    batch_size: Option<i64>,
    filter_criteria: Option<FilterCriteria>,
    #[serde(rename = "KMSKeyArn")]
    pub(super) kms_key_arn: Option<String>,
    metrics_config: Option<MetricsConfig>,
    scaling_config: Option<ScalingConfig>,
    maximum_batching_window_in_seconds: Option<i64>,
    parallelization_factor: Option<i64>,
    starting_position: Option<String>,
    starting_position_timestamp: Option<f64>,
    destination_config: Option<DestinationConfig>,
    maximum_record_age_in_seconds: Option<i64>,
    bisect_batch_on_function_error: Option<bool>,
    maximum_retry_attempts: Option<i64>,
    tumbling_window_in_seconds: Option<i64>,
    function_response_types: Option<Vec<String>>,
    pub(super) tags: Option<BTreeMap<String, String>>,
    // What belongs to sources that there are not here.
    logging_config: Option<Value>,
    topics: Option<Value>,
    queues: Option<Value>,
    source_access_configurations: Option<Value>,
    self_managed_event_source: Option<Value>,
    amazon_managed_kafka_event_source_config: Option<Value>,
    self_managed_kafka_event_source_config: Option<Value>,
    #[serde(rename = "DocumentDBEventSourceConfig")]
    document_db_event_source_config: Option<Value>,
    provisioned_poller_config: Option<ProvisionedPollerConfig>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct FilterCriteria {
    filters: Option<Vec<Filter>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Filter {
    pattern: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct MetricsConfig {
    metrics: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ProvisionedPollerConfig {
    minimum_pollers: Option<i64>,
    maximum_pollers: Option<i64>,
    poller_group_name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ScalingConfig {
    maximum_concurrency: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct DestinationConfig {
    on_success: Option<Destination>,
    on_failure: Option<Destination>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Destination {
    destination: Option<String>,
}

impl Body {
    /// Reads a body, and refuses by name what there is not here.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Failure> {
        let serialization = |error: serde_json::Error| {
            Failure::new(400, "SerializationException", format!("The body cannot be read: {error}"))
        };
        let body: Self = if bytes.iter().all(u8::is_ascii_whitespace) {
            Self::default()
        } else {
            serde_json::from_slice(bytes).map_err(serialization)?
        };
        body.refuse()?;
        body.check_key()?;
        Ok(body)
    }

    fn refuse(&self) -> Result<(), Failure> {
        let members = [
            ("LoggingConfig", &self.logging_config),
            ("Topics", &self.topics),
            ("Queues", &self.queues),
            ("SourceAccessConfigurations", &self.source_access_configurations),
            ("SelfManagedEventSource", &self.self_managed_event_source),
            ("AmazonManagedKafkaEventSourceConfig", &self.amazon_managed_kafka_event_source_config),
            ("SelfManagedKafkaEventSourceConfig", &self.self_managed_kafka_event_source_config),
            ("DocumentDBEventSourceConfig", &self.document_db_event_source_config),
        ];
        let is_empty = |value: &Value| match value {
            Value::Object(members) => members.is_empty(),
            Value::Array(elements) => elements.is_empty(),
            Value::Null => true,
            _ => false,
        };
        match members.iter().find(|(_, value)| value.as_ref().is_some_and(|value| !is_empty(value))) {
            None => Ok(()),
            Some((name, _)) => Err(Fault::unsupported(name).into()),
        }
    }

    /// Refuses what is not the ARN of a key.
    fn check_key(&self) -> Result<(), Failure> {
        let is_right = |key: &str| {
            key.is_empty()
                || key.starts_with("arn:aws") && key.splitn(4, ':').count() == 4 && key.len() <= 10_000
        };
        match self.kms_key_arn.as_deref().filter(|key| !is_right(key)) {
            None => Ok(()),
            Some(key) => Err(Failure::validation(format!(
                "1 validation error detected: Value '{key}' at 'kMSKeyArn' failed to satisfy constraint: Member must satisfy \
                 regular expression pattern: (arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()"
            ))),
        }
    }

    /// The metrics that are asked for.
    pub(super) fn metrics(&self) -> Result<Option<Vec<String>>, Failure> {
        let Some(metrics) =
            self.metrics_config.as_ref().map(|config| config.metrics.clone().unwrap_or_default())
        else {
            return Ok(None);
        };
        match metrics.iter().find(|metric| *metric != "EventCount") {
            None => Ok(Some(metrics)),
            Some(metric) => Err(Failure::invalid(format!(
                "The metric {metric} is not there for an event source mapping of this type."
            ))),
        }
    }

    /// The members that make the settings.
    pub(super) fn request(&self) -> Request {
        let patterns = |criteria: &FilterCriteria| {
            let filters = criteria.filters.iter().flatten();
            filters.map(|filter| filter.pattern.clone().unwrap_or_default()).collect()
        };
        let arn = |destination: &Option<Destination>| {
            destination.as_ref().and_then(|destination| destination.destination.clone())
        };
        Request {
            event_source_arn: self.event_source_arn.clone(),
            enabled: self.enabled,
            batch_size: self.batch_size,
            batching_window_s: self.maximum_batching_window_in_seconds,
            parallelization_factor: self.parallelization_factor,
            starting_position: self.starting_position.clone(),
            starting_timestamp_ms: self.starting_position_timestamp.map(milliseconds),
            maximum_retry_attempts: self.maximum_retry_attempts,
            maximum_record_age_s: self.maximum_record_age_in_seconds,
            bisect: self.bisect_batch_on_function_error,
            tumbling_window_s: self.tumbling_window_in_seconds,
            function_response_types: self.function_response_types.clone(),
            destinations: self.destination_config.as_ref().map(|config| Destinations {
                on_failure: arn(&config.on_failure),
                on_success: arn(&config.on_success),
            }),
            filters: self.filter_criteria.as_ref().map(patterns),
            maximum_concurrency: self.scaling_config.as_ref().and_then(|config| config.maximum_concurrency),
            unlimited_concurrency: self
                .scaling_config
                .as_ref()
                .is_some_and(|config| config.maximum_concurrency.is_none()),
            provisioned_pollers: self.provisioned_poller_config.as_ref().map(|config| PollersRequest {
                minimum: config.minimum_pollers,
                maximum: config.maximum_pollers,
                group: config.poller_group_name.clone().filter(|name| !name.is_empty()),
            }),
        }
    }
}

/// A time of the API, seconds with a fraction; what is before the epoch is the epoch.
fn milliseconds(seconds: f64) -> u64 {
    (seconds * 1_000.0).max(0.0) as u64
}
