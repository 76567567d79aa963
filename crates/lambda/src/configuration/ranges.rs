//! The ranges of single members, as the service's model has them. All that is wrong is told at once.

use super::{Fault, Request};

/// The longest pattern of a filter.
const PATTERN_LIMIT: usize = 4_096;
/// The most filters, with the quota raised.
const FILTERS_LIMIT: usize = 10;
/// The longest ARN of a destination.
const DESTINATION_LIMIT: usize = 350;
const POSITIONS: [&str; 3] = ["LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"];

pub(super) fn check(request: &Request) -> Result<(), Fault> {
    let mut problems = Vec::new();
    let pollers = request.provisioned_pollers.as_ref();
    let numbers = [
        ("batchSize", request.batch_size, 1, 10_000),
        ("maximumBatchingWindowInSeconds", request.batching_window_s, 0, 300),
        ("parallelizationFactor", request.parallelization_factor, 1, 10),
        ("maximumRetryAttempts", request.maximum_retry_attempts, -1, 10_000),
        ("maximumRecordAgeInSeconds", request.maximum_record_age_s, -1, 604_800),
        ("tumblingWindowInSeconds", request.tumbling_window_s, 0, 900),
        ("scalingConfig.maximumConcurrency", request.maximum_concurrency, 2, 1_000),
        ("provisionedPollerConfig.minimumPollers", pollers.and_then(|pollers| pollers.minimum), 1, 200),
        ("provisionedPollerConfig.maximumPollers", pollers.and_then(|pollers| pollers.maximum), 1, 10_000),
    ];
    for (name, value, low, high) in numbers {
        let Some(value) = value else { continue };
        if value < low {
            let rule = format!("Member must have value greater than or equal to {low}");
            problems.push(problem(&format!("'{value}'"), name, &rule));
        } else if value > high {
            let rule = format!("Member must have value less than or equal to {high}");
            problems.push(problem(&format!("'{value}'"), name, &rule));
        }
    }
    texts(request, &mut problems);
    if !problems.is_empty() {
        let (count, plural) = (problems.len(), if problems.len() == 1 { "" } else { "s" });
        let list = problems.join("; ");
        return Err(Fault::Validation(format!("{count} validation error{plural} detected: {list}")));
    }
    // What the model does not say.
    if request.maximum_record_age_s.is_some_and(|age_s| (0..60).contains(&age_s)) {
        return Err(Fault::invalid("MaximumRecordAgeInSeconds must be -1, or between 60 and 604800."));
    }
    if request.filters.as_ref().is_some_and(|filters| filters.len() > FILTERS_LIMIT) {
        return Err(Fault::invalid("FilterCriteria may have at most 10 filters."));
    }
    Ok(())
}

fn texts(request: &Request, problems: &mut Vec<String>) {
    if let Some(position) = request.starting_position.as_deref().filter(|it| !POSITIONS.contains(it)) {
        let rule = format!("Member must satisfy enum value set: [{}]", POSITIONS.join(", "));
        problems.push(problem(&format!("'{position}'"), "startingPosition", &rule));
    }
    let types = request.function_response_types.as_deref().unwrap_or_default();
    let list = format!("'[{}]'", types.join(", "));
    if types.iter().any(|name| name != "ReportBatchItemFailures") {
        let rule =
            "Member must satisfy constraint: [Member must satisfy enum value set: [ReportBatchItemFailures]]";
        problems.push(problem(&list, "functionResponseTypes", rule));
    } else if types.len() > 1 {
        let rule = "Member must have length less than or equal to 1";
        problems.push(problem(&list, "functionResponseTypes", rule));
    }
    for (place, pattern) in request.filters.iter().flatten().enumerate() {
        if pattern.chars().count() > PATTERN_LIMIT {
            let name = format!("filterCriteria.filters.{}.member.pattern", place + 1);
            let rule = format!("Member must have length less than or equal to {PATTERN_LIMIT}");
            problems.push(problem(&format!("'{pattern}'"), &name, &rule));
        }
    }
    let destination =
        request.destinations.as_ref().and_then(|it| it.on_failure.as_deref()).unwrap_or_default();
    if destination.chars().count() > DESTINATION_LIMIT {
        let rule = format!("Member must have length less than or equal to {DESTINATION_LIMIT}");
        let name = "destinationConfig.onFailure.destination";
        problems.push(problem(&format!("'{destination}'"), name, &rule));
    }
}

fn problem(value: &str, member: &str, rule: &str) -> String {
    format!("Value {value} at '{member}' failed to satisfy constraint: {rule}")
}
