//! PublishVersion and ListVersionsByFunction.

use super::list_functions::PAGE_MAX;
use crate::api::call::{Call, check_revision};
use crate::api::describe::{Phase, code_of, configuration};
use crate::api::{Answer, Failure};
use crate::functions::record::{Configuration, Function, Version};
use serde_json::json;
use std::sync::Arc;

/// Publishes what is not published; where nothing changed since the last version, that is the one.
pub(super) fn publish(
    function: &mut Function,
    revision_id: String,
    description: Option<String>,
    now_ms: u64,
) -> Arc<Version> {
    let last = function.published.last_key_value().map(|(_, version)| Arc::clone(version));
    if let Some(last) = last.filter(|last| is_same(last, &function.latest)) {
        return last;
    }
    let number = function.next_version;
    let mut version = Version {
        version: number.to_string(),
        revision_id,
        modified_ms: now_ms,
        ..(*function.latest).clone()
    };
    if let Some(description) = description {
        version.configuration.description = description;
    }
    let version = Arc::new(version);
    function.published.insert(number, Arc::clone(&version));
    function.next_version = number + 1;
    version
}

/// Whether a version was published from this state. Its description may be its own.
fn is_same(published: &Version, latest: &Version) -> bool {
    let description = &latest.configuration.description;
    let configuration = Configuration { description: description.clone(), ..published.configuration.clone() };
    published.code == latest.code && configuration == latest.configuration
}

impl Call {
    pub(super) async fn publish_version(self) -> Result<Answer, Failure> {
        let mut members = self.members()?;
        members.unsupported(&["PublishTo"])?;
        let description = members.text_of("Description", (0, 256))?;
        let (sha256, revision) = (members.text("CodeSha256")?, members.text("RevisionId")?);
        members.finish()?;
        let function = self.unqualified()?;
        let revision_id = self.functions.uuid();
        let edit = self.functions.edit(&function, move |function, now_ms| {
            check_revision(revision.as_deref(), &function.latest.revision_id)?;
            let (present, _) = code_of(&function.latest.code);
            if let Some(given) = sha256.filter(|given| !given.is_empty() && *given != present) {
                return Err(Failure::invalid(format!(
                    "CodeSHA256 ({given}) is different from current CodeSHA256 in $LATEST ({present}). Please try again \
                     with the CodeSHA256 in $LATEST."
                )));
            }
            Ok(publish(function, revision_id, description, now_ms))
        });
        let (version, function) = edit.await?;
        let answer = configuration(&function, &version, Some(&version.version), Phase::Settled);
        Ok(Answer::json(201, &answer))
    }

    pub(super) fn list_versions_by_function(&self) -> Result<Answer, Failure> {
        let function = self.unqualified()?;
        let all: Vec<_> = function.versions().cloned().collect();
        let (page, next) = self.page(all, PAGE_MAX, |version| {
            let number: u64 = version.version.parse().unwrap_or_default();
            format!("{number:020}")
        })?;
        let entry =
            |version: &Arc<Version>| configuration(&function, version, Some(&version.version), Phase::Listed);
        let mut answer = json!({ "Versions": page.iter().map(entry).collect::<Vec<_>>() });
        if let Some(next) = next {
            answer["NextMarker"] = json!(next);
        }
        Ok(Answer::json(200, &answer))
    }
}
