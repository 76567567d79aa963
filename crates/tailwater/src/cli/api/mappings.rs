//! Event source mappings as Lambda lists them, on AWS too.

use crate::cli::place::Place;
use crate::cli::remote::Remote;
use crate::cli::signing::Question;
use anyhow::{Context, bail};
use bytes::Bytes;
use environment::Clock;
use serde_json::{Value, json};

/// All of them, in the form in which this server tells of its own. What only it knows is not there.
pub(crate) async fn list(place: &Place, clock: &Clock) -> anyhow::Result<Vec<Value>> {
    let mut remote = Remote::new(place.at("lambda")?, clock.clone());
    let (mut mappings, mut query) = (Vec::new(), "MaxItems=100".to_owned());
    loop {
        let question = Question {
            service: "lambda",
            method: "GET",
            path: "/2015-03-31/event-source-mappings/",
            query: &query,
            headers: &[],
            body: Bytes::new(),
        };
        let page: Value = serde_json::from_slice(&remote.ask(&question).await?)
            .context("the answer to ListEventSourceMappings is not JSON")?;
        mappings.extend(page["EventSourceMappings"].as_array().into_iter().flatten().map(told));
        match page["NextMarker"].as_str().filter(|marker| !marker.is_empty()) {
            None => return Ok(mappings),
            Some(marker) => query = format!("Marker={}&MaxItems=100", encoded(marker)),
        }
    }
}

/// The one that is named by its UUID, by the beginning of it, or by its function.
pub(crate) fn named(mappings: Vec<Value>, name: &str) -> anyhow::Result<Value> {
    let is_meant = |mapping: &Value| {
        let starts = mapping["uuid"].as_str().is_some_and(|uuid| uuid.starts_with(name));
        starts || mapping["function"] == name || mapping["function_arn"] == name
    };
    let mut found = mappings.into_iter().filter(is_meant);
    match (found.next(), found.next()) {
        (Some(mapping), None) => Ok(mapping),
        (None, _) => bail!("there is no mapping {name}"),
        (Some(_), Some(_)) => bail!("{name} has more than one mapping: name one by its UUID"),
    }
}

fn told(mapping: &Value) -> Value {
    let state = mapping["State"].as_str().unwrap_or_default();
    let result = mapping["LastProcessingResult"].as_str().filter(|result| !result.is_empty());
    let arn = mapping["FunctionArn"].as_str().unwrap_or_default();
    let patterns = mapping["FilterCriteria"]["Filters"].as_array().into_iter().flatten();
    let filters: Vec<&Value> = patterns.map(|filter| &filter["Pattern"]).collect();
    json!({
        "uuid": mapping["UUID"],
        "source": mapping["EventSourceArn"],
        "function": arn.splitn(7, ':').nth(6).unwrap_or(arn),
        "function_arn": arn,
        "enabled": !matches!(state, "Disabled" | "Disabling"),
        "batch_size": mapping["BatchSize"],
        "batching_window_s": mapping["MaximumBatchingWindowInSeconds"],
        "filters": filters,
        "last_result": result,
        "says": match result {
            Some(result) if state == "Enabled" => format!("Last result: {result}"),
            _ => state.to_owned(),
        },
    })
}

/// Encoded for a query, as signatures have it.
fn encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lambda_says_of_a_mapping_is_told_in_our_words() {
        let mapping = told(&json!({
            "UUID": "53fc", "State": "Enabled", "LastProcessingResult": "No records processed",
            "EventSourceArn": "arn:aws:dynamodb:eu-west-1:1:table/dogs/stream/x", "BatchSize": 100,
            "FunctionArn": "arn:aws:lambda:eu-west-1:1:function:walk:live",
            "FilterCriteria": { "Filters": [{ "Pattern": "{}" }] },
        }));
        assert_eq!(mapping["function"], "walk:live");
        assert_eq!(mapping["says"], "Last result: No records processed");
        assert_eq!((&mapping["enabled"], &mapping["filters"]), (&json!(true), &json!(["{}"])));
        let of_queue = told(&json!({ "State": "Disabling", "LastProcessingResult": "OK" }));
        assert_eq!((&of_queue["enabled"], &of_queue["says"]), (&json!(false), &json!("Disabling")));
    }

    #[test]
    fn a_mapping_is_named_in_several_ways_but_is_one() {
        let all = || vec![json!({ "uuid": "ab", "function": "f" }), json!({ "uuid": "ac", "function": "g" })];
        for (name, expected) in
            [("ab", Ok("ab")), ("g", Ok("ac")), ("a", Err("more than one")), ("x", Err("no mapping"))]
        {
            match (named(all(), name), expected) {
                (Ok(mapping), Ok(uuid)) => assert_eq!(mapping["uuid"], uuid),
                (Err(error), Err(words)) => assert!(error.to_string().contains(words), "{error}"),
                (found, _) => panic!("{name}: {found:?}"),
            }
        }
    }

    #[test]
    fn markers_are_encoded() {
        assert_eq!(encoded("a+b/c=~"), "a%2Bb%2Fc%3D~");
    }
}
