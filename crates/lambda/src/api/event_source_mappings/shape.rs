//! A mapping as the API answers it: AWS's members for its kind of source, and no others.

use crate::configuration::{Configuration, StartingPosition, StreamConfiguration};
use crate::pollers::Shown;
use serde_json::{Map, Value, json};

/// A mapping in this state. In lists, filters that are encrypted are not shown.
pub(super) fn describe(shown: &Shown, state: &str, in_list: bool) -> Value {
    let mapping = &shown.mapping;
    let configuration = &mapping.configuration;
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| drop(out.insert(name.to_owned(), value));
    put("UUID", mapping.uuid.as_str().into());
    put("EventSourceMappingArn", mapping.arn().into());
    put("EventSourceArn", mapping.source_arn.as_str().into());
    put("FunctionArn", mapping.function_arn.as_str().into());
    put("State", state.into());
    put("LastModified", seconds(mapping.modified_ms));
    put("BatchSize", configuration.batch_size.into());
    put("MaximumBatchingWindowInSeconds", configuration.batching_window_s.into());
    let types: &[&str] = if configuration.reports_item_failures { &["ReportBatchItemFailures"] } else { &[] };
    put("FunctionResponseTypes", json!(types));
    let is_hidden = in_list && mapping.kms_key_arn.is_some();
    if !configuration.filters.is_empty() && !is_hidden {
        put("FilterCriteria", filters(configuration));
    }
    if let Some(key) = &mapping.kms_key_arn {
        put("KMSKeyArn", key.as_str().into());
    }
    if let Some(metrics) = &mapping.metrics {
        put("MetricsConfig", json!({ "Metrics": metrics }));
    }
    if let Some(concurrency) = configuration.maximum_concurrency {
        put("ScalingConfig", json!({ "MaximumConcurrency": concurrency }));
    }
    if let Some(pollers) = configuration.provisioned_pollers {
        let told = json!({ "MinimumPollers": pollers.minimum, "MaximumPollers": pollers.maximum });
        put("ProvisionedPollerConfig", told);
    }
    let Some(stream) = &configuration.stream else {
        put("StateTransitionReason", "USER_INITIATED".into());
        return Value::Object(out);
    };
    put("StateTransitionReason", "User action".into());
    put("LastProcessingResult", (*shown.result).into());
    describe_stream(stream, &mut out);
    Value::Object(out)
}

fn describe_stream(stream: &StreamConfiguration, out: &mut Map<String, Value>) {
    let mut put = |name: &str, value: Value| drop(out.insert(name.to_owned(), value));
    let position = match stream.starting_position {
        StartingPosition::TrimHorizon => "TRIM_HORIZON",
        StartingPosition::Latest => "LATEST",
        StartingPosition::AtTimestamp(time_ms) => {
            put("StartingPositionTimestamp", seconds(time_ms));
            "AT_TIMESTAMP"
        }
    };
    let or_none = |number: Option<u32>| number.map_or(json!(-1), Value::from);
    put("StartingPosition", position.into());
    put("ParallelizationFactor", stream.parallelization_factor.into());
    put("MaximumRetryAttempts", or_none(stream.maximum_retry_attempts));
    put("MaximumRecordAgeInSeconds", or_none(stream.maximum_record_age_s));
    put("BisectBatchOnFunctionError", stream.bisect.into());
    put("TumblingWindowInSeconds", stream.tumbling_window_s.into());
    let on_failure = match &stream.on_failure {
        Some(arn) => json!({ "Destination": arn }),
        None => json!({}),
    };
    put("DestinationConfig", json!({ "OnFailure": on_failure }));
}

fn filters(configuration: &Configuration) -> Value {
    let filters: Vec<Value> =
        configuration.filters.iter().map(|pattern| json!({ "Pattern": pattern })).collect();
    json!({ "Filters": filters })
}

/// Seconds with a fraction.
fn seconds(ms: u64) -> Value {
    json!(ms as f64 / 1_000.0)
}

/// The state that a mapping is in when nothing changes.
pub(super) fn settled(shown: &Shown) -> &'static str {
    if shown.mapping.configuration.enabled { "Enabled" } else { "Disabled" }
}
