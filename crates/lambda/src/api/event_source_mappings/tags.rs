//! The tags of mappings: ListTags, TagResource, UntagResource.

use super::serve::scope;
use crate::api::{Answer, Failure, Request};
use crate::configuration::Fault;
use crate::pollers::Mappings;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// The most tags that a resource may have.
const TAGS_MAX: usize = 50;
const KEY_LENGTH_MAX: usize = 128;
const VALUE_LENGTH_MAX: usize = 256;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    tags: BTreeMap<String, String>,
}

/// Whether a resource may have these tags.
pub(super) fn check(tags: &BTreeMap<String, String>) -> Result<(), Failure> {
    fault(tags).map_err(Failure::from)
}

fn fault(tags: &BTreeMap<String, String>) -> Result<(), Fault> {
    let refused = |text: &str| Err(Fault::InvalidParameterValue(text.to_owned()));
    if tags.len() > TAGS_MAX {
        return refused("Number of tags exceeds resource tag limit.");
    }
    if tags.keys().any(|key| key.is_empty() || key.chars().count() > KEY_LENGTH_MAX) {
        return refused("The key of a tag has 1 to 128 characters.");
    }
    if tags.values().any(|value| value.chars().count() > VALUE_LENGTH_MAX) {
        return refused("The value of a tag has at most 256 characters.");
    }
    Ok(())
}

fn uuid(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or_default()
}

pub(super) fn list(mappings: &Mappings, request: &Request, arn: &str) -> Result<Answer, Failure> {
    let shown = mappings.get(scope(request), uuid(arn))?;
    Ok(Answer::json(200, &json!({ "Tags": shown.mapping.tags })))
}

pub(super) async fn tag(mappings: &Mappings, request: &Request, arn: &str) -> Result<Answer, Failure> {
    let body: Body = serde_json::from_slice(&request.body)
        .map_err(|error| Failure::new(400, "SerializationException", error.to_string()))?;
    let add = |tags: &mut BTreeMap<String, String>| {
        tags.extend(body.tags);
        fault(tags)
    };
    mappings.set_tags(scope(request), uuid(arn), add).await?;
    Ok(Answer::empty(204))
}

pub(super) async fn untag(mappings: &Mappings, request: &Request, arn: &str) -> Result<Answer, Failure> {
    let keys: Vec<&String> =
        request.query.iter().filter(|(name, _)| name == "tagKeys").map(|(_, key)| key).collect();
    let remove = |tags: &mut BTreeMap<String, String>| {
        tags.retain(|key, _| !keys.contains(&key));
        Ok(())
    };
    mappings.set_tags(scope(request), uuid(arn), remove).await?;
    Ok(Answer::empty(204))
}
