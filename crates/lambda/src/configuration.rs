//! What a mapping is told to do: the members of CreateEventSourceMapping and UpdateEventSourceMapping, their
//! defaults, ranges and refusals, as a pure function over a decoded request.
//!
//! Checks come in AWS's order: ranges of single members (all of them told at once), the destination, the source,
//! what belongs to the kind of source, the filters. The function, the source's existence and duplicates are looked
//! up behind that, by whoever has them; their refusals are here too ([`Fault`]).

mod fault;
mod ranges;
mod source;
#[cfg(test)]
mod tests;

pub use fault::Fault;
pub use source::Source;

use crate::destinations::Kind;
use crate::mapping::Rules;
use filter::Filters;
use serde::{Deserialize, Serialize};

/// The members of a request, as they came; `None` for what is not there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// `EventSourceArn`
    pub event_source_arn: Option<String>,
    /// `Enabled`
    pub enabled: Option<bool>,
    /// `BatchSize`
    pub batch_size: Option<i64>,
    /// `MaximumBatchingWindowInSeconds`
    pub batching_window_s: Option<i64>,
    /// `ParallelizationFactor`
    pub parallelization_factor: Option<i64>,
    /// `StartingPosition`
    pub starting_position: Option<String>,
    /// `StartingPositionTimestamp`
    pub starting_timestamp_ms: Option<u64>,
    /// `MaximumRetryAttempts`
    pub maximum_retry_attempts: Option<i64>,
    /// `MaximumRecordAgeInSeconds`
    pub maximum_record_age_s: Option<i64>,
    /// `BisectBatchOnFunctionError`
    pub bisect: Option<bool>,
    /// `TumblingWindowInSeconds`
    pub tumbling_window_s: Option<i64>,
    /// `FunctionResponseTypes`
    pub function_response_types: Option<Vec<String>>,
    /// `DestinationConfig`
    pub destinations: Option<Destinations>,
    /// `FilterCriteria`: the patterns of its filters.
    pub filters: Option<Vec<String>>,
    /// `ScalingConfig.MaximumConcurrency`
    pub maximum_concurrency: Option<i64>,
    /// `ScalingConfig` is there, and names no concurrency: there is to be no limit any more.
    pub unlimited_concurrency: bool,
    /// `ProvisionedPollerConfig`
    pub provisioned_pollers: Option<PollersRequest>,
}

/// `ProvisionedPollerConfig` as it came; with neither number it ends the provisioned mode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PollersRequest {
    /// `MinimumPollers`
    pub minimum: Option<i64>,
    /// `MaximumPollers`
    pub maximum: Option<i64>,
    /// `PollerGroupName`, which only mappings of Kafka may have.
    pub group: Option<String>,
}

/// `DestinationConfig`: ARNs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destinations {
    /// `OnFailure.Destination`; empty for none.
    pub on_failure: Option<String>,
    /// `OnSuccess.Destination`, which no mapping may have.
    pub on_success: Option<String>,
}

/// Where the shards that are there at the creation are begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StartingPosition {
    /// At their oldest records.
    TrimHorizon,
    /// Behind their newest records, at the moment of the creation.
    Latest,
    /// At a time; for data streams only.
    AtTimestamp(u64),
}

/// The settings of a mapping, all of them known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Configuration {
    /// What it reads.
    pub source: Source,
    /// Whether it is to run.
    pub enabled: bool,
    /// `BatchSize`
    pub batch_size: u32,
    /// `MaximumBatchingWindowInSeconds`
    pub batching_window_s: u32,
    /// `FunctionResponseTypes` has `ReportBatchItemFailures`.
    pub reports_item_failures: bool,
    /// The patterns of the filters, as they were given; each is one.
    pub filters: Vec<String>,
    /// What only streams have.
    pub stream: Option<StreamConfiguration>,
    /// `ScalingConfig.MaximumConcurrency`, which only queues have.
    pub maximum_concurrency: Option<u32>,
    /// `ProvisionedPollerConfig`, which only queues have. It is stored and shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisioned_pollers: Option<Pollers>,
}

/// `ProvisionedPollerConfig`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pollers {
    /// `MinimumPollers`
    pub minimum: u32,
    /// `MaximumPollers`
    pub maximum: u32,
}

impl Default for Pollers {
    fn default() -> Self {
        Self { minimum: 2, maximum: 200 }
    }
}

/// The settings of a mapping of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamConfiguration {
    /// `StartingPosition`
    pub starting_position: StartingPosition,
    /// `ParallelizationFactor`
    pub parallelization_factor: u32,
    /// `MaximumRetryAttempts`; `None` is -1.
    pub maximum_retry_attempts: Option<u32>,
    /// `MaximumRecordAgeInSeconds`; `None` is -1.
    pub maximum_record_age_s: Option<u32>,
    /// `BisectBatchOnFunctionError`
    pub bisect: bool,
    /// `TumblingWindowInSeconds`; 0 for none.
    pub tumbling_window_s: u32,
    /// `DestinationConfig.OnFailure.Destination`
    pub on_failure: Option<String>,
}

impl Configuration {
    /// The settings of a new mapping.
    ///
    /// # Errors
    /// When the request is not one that AWS takes.
    pub fn create(request: &Request) -> Result<Self, Fault> {
        ranges::check(request)?;
        check_destinations(request)?;
        let arn = request.event_source_arn.as_deref().unwrap_or_default();
        let source = Source::parse(arn).ok_or_else(|| Fault::invalid("Unrecognized event source."))?;
        let stream = if source.is_stream() {
            Some(StreamConfiguration {
                starting_position: starting_position(request, source, arn)?,
                parallelization_factor: 1,
                maximum_retry_attempts: None,
                maximum_record_age_s: None,
                bisect: false,
                tumbling_window_s: 0,
                on_failure: None,
            })
        } else {
            None
        };
        let blank = Self {
            source,
            enabled: true,
            batch_size: if source.is_stream() { 100 } else { 10 },
            batching_window_s: 0,
            reports_item_failures: false,
            filters: Vec::new(),
            stream,
            maximum_concurrency: None,
            provisioned_pollers: None,
        };
        blank.with(request)
    }

    /// The settings after an update: what the request does not name stays. Source and starting position are not
    /// looked at, since they cannot change.
    ///
    /// # Errors
    /// When the request is not one that AWS takes.
    pub fn update(&self, request: &Request) -> Result<Self, Fault> {
        ranges::check(request)?;
        check_destinations(request)?;
        self.clone().with(request)
    }

    fn with(mut self, request: &Request) -> Result<Self, Fault> {
        let number = |value: Option<i64>| value.and_then(|value| u32::try_from(value).ok());
        self.enabled = request.enabled.unwrap_or(self.enabled);
        self.batch_size = number(request.batch_size).unwrap_or(self.batch_size);
        self.batching_window_s = number(request.batching_window_s).unwrap_or(self.batching_window_s);
        if let Some(types) = &request.function_response_types {
            self.reports_item_failures = !types.is_empty();
        }
        if let Some(stream) = &mut self.stream {
            refuse(&[
                ("ScalingConfig", request.maximum_concurrency.is_some()),
                (
                    "ProvisionedPollerConfig",
                    request
                        .provisioned_pollers
                        .as_ref()
                        .is_some_and(|pollers| *pollers != PollersRequest::default()),
                ),
            ])?;
            stream.take(request);
        } else {
            refuse(&[
                ("ParallelizationFactor", request.parallelization_factor.is_some()),
                ("MaximumRetryAttempts", request.maximum_retry_attempts.is_some()),
                ("MaximumRecordAgeInSeconds", request.maximum_record_age_s.is_some()),
                ("BisectBatchOnFunctionError", request.bisect.is_some()),
                ("TumblingWindowInSeconds", request.tumbling_window_s.is_some()),
                ("DestinationConfig", request.destinations.is_some()),
            ])?;
            self.maximum_concurrency = match request.unlimited_concurrency {
                true => None,
                false => number(request.maximum_concurrency).or(self.maximum_concurrency),
            };
            if let Some(pollers) = &request.provisioned_pollers {
                self.provisioned_pollers = self.pollers(pollers)?;
            }
            self.check_queue()?;
        }
        if let Some(filters) = &request.filters {
            Filters::parse(filters.iter().map(String::as_str))
                .map_err(|error| Fault::invalid(error.to_string()))?;
            self.filters.clone_from(filters);
        }
        Ok(self)
    }

    /// The pollers that a request asks for; those that it does not name stay.
    fn pollers(&self, request: &PollersRequest) -> Result<Option<Pollers>, Fault> {
        refuse(&[("PollerGroupName", request.group.is_some())])?;
        if *request == PollersRequest::default() {
            return Ok(None);
        }
        let before = self.provisioned_pollers.unwrap_or_default();
        let number = |value: Option<i64>| value.and_then(|value| u32::try_from(value).ok());
        let minimum = number(request.minimum).unwrap_or(before.minimum);
        let maximum = number(request.maximum).unwrap_or(before.maximum);
        let pollers = Pollers { minimum, maximum };
        if minimum < 2 || !(2..=2_000).contains(&maximum) || minimum > maximum {
            return Err(Fault::invalid(
                "MinimumPollers must be between 2 and 200, MaximumPollers between 2 and 2000, and not below MinimumPollers.",
            ));
        }
        Ok(Some(pollers))
    }

    fn check_queue(&self) -> Result<(), Fault> {
        if self.source == (Source::Queue { fifo: true }) && self.batch_size > 10 {
            return Err(Fault::invalid("Batch size must be at most 10 for a FIFO queue."));
        }
        if self.batch_size > 10 && self.batching_window_s == 0 {
            return Err(Fault::invalid(
                "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
            ));
        }
        if self.provisioned_pollers.is_some() && self.maximum_concurrency.is_some() {
            return Err(Fault::invalid(
                "ProvisionedPollerConfig and the MaximumConcurrency of ScalingConfig exclude each other.",
            ));
        }
        Ok(())
    }

    /// The rules for the readers of a stream whose records expire after this time.
    #[must_use]
    pub fn rules(&self, retention_ms: u64) -> Rules {
        let mut rules = Rules {
            batch_size: self.batch_size as usize,
            batching_window_ms: u64::from(self.batching_window_s) * 1_000,
            reports_item_failures: self.reports_item_failures,
            age_limit_ms: retention_ms,
            ..Rules::default()
        };
        if let Some(stream) = &self.stream {
            let age_ms = stream.maximum_record_age_s.map(|age_s| u64::from(age_s) * 1_000);
            rules.age_limit_ms = age_ms.unwrap_or(retention_ms).min(retention_ms);
            rules.lanes = stream.parallelization_factor as usize;
            rules.maximum_retries = stream.maximum_retry_attempts;
            rules.bisects = stream.bisect;
            let window_s = Some(stream.tumbling_window_s).filter(|window_s| *window_s > 0);
            rules.tumbling_window_ms = window_s.map(|window_s| u64::from(window_s) * 1_000);
        }
        rules
    }
}

impl StreamConfiguration {
    fn take(&mut self, request: &Request) {
        // -1 is none, and all else is in range by now.
        let number = |value: i64| u32::try_from(value).ok();
        if let Some(factor) = request.parallelization_factor.and_then(number) {
            self.parallelization_factor = factor;
        }
        if let Some(attempts) = request.maximum_retry_attempts {
            self.maximum_retry_attempts = number(attempts);
        }
        if let Some(age_s) = request.maximum_record_age_s {
            self.maximum_record_age_s = number(age_s);
        }
        if let Some(window_s) = request.tumbling_window_s.and_then(number) {
            self.tumbling_window_s = window_s;
        }
        self.bisect = request.bisect.unwrap_or(self.bisect);
        if let Some(destinations) = &request.destinations {
            self.on_failure = destinations.on_failure.clone().filter(|arn| !arn.is_empty());
        }
    }
}

fn refuse(members: &[(&str, bool)]) -> Result<(), Fault> {
    match members.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((name, _)) => Err(Fault::unsupported(name)),
    }
}

fn check_destinations(request: &Request) -> Result<(), Fault> {
    let on_success = request.destinations.as_ref().and_then(|destinations| destinations.on_success.as_ref());
    refuse(&[("DestinationConfig", on_success.is_some())])?;
    let on_failure =
        request.destinations.as_ref().and_then(|destinations| destinations.on_failure.as_deref());
    match on_failure.filter(|arn| !arn.is_empty()) {
        Some(arn) if matches!(Kind::of(arn), None | Some(Kind::Function)) => Err(Fault::invalid(format!(
            "The destination ARN {arn} is not that of a standard queue, a standard topic or a bucket."
        ))),
        _ => Ok(()),
    }
}

fn starting_position(request: &Request, source: Source, arn: &str) -> Result<StartingPosition, Fault> {
    let unsupported = || Fault::invalid(format!("Unsupported starting position for arn type: {arn}"));
    match request.starting_position.as_deref() {
        None => Err(Fault::invalid(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member \
             must not be null.",
        )),
        Some("TRIM_HORIZON") => Ok(StartingPosition::TrimHorizon),
        Some("LATEST") => Ok(StartingPosition::Latest),
        _ if source != Source::DataStream => Err(unsupported()),
        _ => request.starting_timestamp_ms.map(StartingPosition::AtTimestamp).ok_or_else(unsupported),
    }
}
