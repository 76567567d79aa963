//! ListEventSourceMappings.

use super::serve::scope;
use super::{function_name, shape};
use crate::api::{Answer, Failure, Request};
use crate::pollers::{Mappings, Shown};
use serde_json::{Value, json};

/// The most mappings in one answer, whatever is asked for.
const PAGE: usize = 100;

pub(super) fn list(mappings: &Mappings, request: &Request) -> Result<Answer, Failure> {
    let parameter = |name: &str| {
        let found = request.query.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    };
    let limit = limit(parameter("MaxItems"))?;
    let function = match parameter("FunctionName") {
        None => None,
        name => Some(function_name::arn(name, &request.caller)?),
    };
    let (source, marker) = (parameter("EventSourceArn"), parameter("Marker").unwrap_or_default());
    let wanted = |shown: &Shown| {
        shown.mapping.uuid.as_str() > marker
            && source.is_none_or(|arn| shown.mapping.source_arn == arn)
            && function.as_ref().is_none_or(|arn| is_of(&shown.mapping.function_arn, arn))
    };
    let mut found: Vec<Shown> = mappings.list(scope(request)).into_iter().filter(wanted).collect();
    let more = found.len() > limit;
    found.truncate(limit);
    let shown: Vec<Value> =
        found.iter().map(|shown| shape::describe(shown, shape::settled(shown), true)).collect();
    let mut body = json!({ "EventSourceMappings": shown });
    if let Some(last) = found.last().filter(|_| more) {
        body["NextMarker"] = last.mapping.uuid.as_str().into();
    }
    Ok(Answer::json(200, &body))
}

/// Whether a mapping's function is the one that is asked for. A name without a qualifier is that of all its versions.
fn is_of(function_arn: &str, asked: &str) -> bool {
    function_arn.strip_prefix(asked).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

fn limit(text: Option<&str>) -> Result<usize, Failure> {
    let Some(text) = text else { return Ok(PAGE) };
    let refused = |rule: &str| {
        Failure::validation(format!(
            "1 validation error detected: Value '{text}' at 'maxItems' failed to satisfy constraint: Member must have \
             value {rule}"
        ))
    };
    match text.parse::<i64>() {
        Err(_) => Err(Failure::new(400, "SerializationException", "MaxItems is not an integer.")),
        Ok(number) if number < 1 => Err(refused("greater than or equal to 1")),
        Ok(number) if number > 10_000 => Err(refused("less than or equal to 10000")),
        Ok(number) => Ok(usize::try_from(number).unwrap_or(PAGE).min(PAGE)),
    }
}
