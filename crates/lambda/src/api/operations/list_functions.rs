//! ListFunctions.

use crate::api::call::{Call, refused};
use crate::api::describe::{Phase, configuration};
use crate::api::{Answer, Failure};
use crate::functions::name::LATEST;
use crate::functions::record::{Function, Version};
use serde_json::json;
use std::sync::Arc;
use wire::layer::Constraint;

/// How many are answered at once.
pub(super) const PAGE_MAX: usize = 50;

impl Call {
    pub(super) fn list_functions(&self) -> Result<Answer, Failure> {
        let all = match self.query("FunctionVersion") {
            None => false,
            Some("ALL") => true,
            Some(other) => return Err(refused("functionVersion", other, Constraint::Enum("[ALL]"))),
        };
        let mut found: Vec<(Arc<Function>, Arc<Version>)> = Vec::new();
        for function in self.functions.list(&self.request.caller) {
            let versions: Vec<_> =
                function.versions().take(if all { usize::MAX } else { 1 }).cloned().collect();
            found.extend(versions.into_iter().map(|version| (Arc::clone(&function), version)));
        }
        let (page, next) = self.page(found, PAGE_MAX, |(function, version)| {
            let number: u64 = version.version.parse().unwrap_or_default();
            format!("{} {number:020}", function.name)
        })?;
        let entry = |(function, version): &(Arc<Function>, Arc<Version>)| {
            let qualifier = Some(version.version.as_str()).filter(|name| all || *name != LATEST);
            configuration(function, version, qualifier, Phase::Listed)
        };
        let mut answer = json!({ "Functions": page.iter().map(entry).collect::<Vec<_>>() });
        if let Some(next) = next {
            answer["NextMarker"] = json!(next);
        }
        Ok(Answer::json(200, &answer))
    }
}
