//! Tags of functions.

use crate::api::call::Call;
use crate::api::{Answer, Failure};
use crate::functions::name::Reference;
use crate::functions::record::Function;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many tags a function may have.
const TAGS_MAX: usize = 50;

/// Refuses tags that a function may not have.
pub(super) fn check(tags: &BTreeMap<String, String>) -> Result<(), Failure> {
    if tags.len() > TAGS_MAX {
        return Err(Failure::invalid("Number of tags exceeds resource tag limit."));
    }
    for (name, value) in tags {
        let long = name.is_empty() || name.chars().count() > 128 || value.chars().count() > 256;
        if long || name.to_ascii_lowercase().starts_with("aws:") {
            return Err(Failure::invalid(format!(
                "The tag {name} is not one that can be set: names have 1 to 128 characters and do not begin with aws:, \
                 values have up to 256."
            )));
        }
    }
    Ok(())
}

impl Call {
    /// The function whose ARN the path has.
    fn tagged(&self) -> Result<Arc<Function>, Failure> {
        let arn = self.parameter(0);
        let reference = Reference::parse(arn)
            .filter(|reference| arn.starts_with("arn:") && reference.qualifier.is_none());
        let reference = reference.ok_or_else(|| {
            Failure::invalid(format!(
                "{arn} is not the ARN of a function without a qualifier, or of an event source mapping."
            ))
        })?;
        self.functions.find(&self.request.caller, &reference)
    }

    pub(super) fn list_tags(&self) -> Result<Answer, Failure> {
        Ok(Answer::json(200, &json!({ "Tags": self.tagged()?.tags })))
    }

    pub(super) async fn tag_resource(self) -> Result<Answer, Failure> {
        let mut members = self.members()?;
        let tags = members.map("Tags")?;
        let tags = members.required("Tags", tags).unwrap_or_default();
        members.finish()?;
        if tags.is_empty() {
            return Err(Failure::invalid("An error occurred and the request cannot be processed."));
        }
        let function = self.tagged()?;
        let edit = self.functions.edit(&function, move |function, _| {
            function.tags.extend(tags);
            check(&function.tags)
        });
        edit.await?;
        Ok(Answer::empty(204))
    }

    pub(super) async fn untag_resource(self) -> Result<Answer, Failure> {
        let names: Vec<String> = self
            .request
            .query
            .iter()
            .filter(|(name, _)| name == "tagKeys")
            .map(|(_, value)| value.clone())
            .collect();
        if names.is_empty() {
            return Err(Failure::validation(
                "1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: Member must not be \
                 null",
            ));
        }
        let function = self.tagged()?;
        let edit = self.functions.edit(&function, move |function, _| {
            function.tags.retain(|name, _| !names.contains(name));
            Ok(())
        });
        edit.await?;
        Ok(Answer::empty(204))
    }
}
