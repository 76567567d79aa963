//! The provisioned concurrency of a version or an alias.

use super::ask::Rest;
use super::handler::{Done, Place, differs};
use serde_json::Value as Json;

/// What it is of.
pub(super) struct Provision<'a> {
    /// The function.
    pub(super) function: &'a str,
    /// The version or the alias.
    pub(super) qualifier: &'a str,
}

impl Provision<'_> {
    /// Sets it, or takes it away.
    pub(super) async fn set(&self, place: Place<'_>, before: &Json, after: &Json) -> Done<()> {
        const NAME: &str = "ProvisionedConcurrencyConfig";
        if !differs(before, after, NAME) {
            return Ok(());
        }
        let path = ["2019-09-30", "functions", self.function, "provisioned-concurrency"];
        let (method, body) = match after.get(NAME) {
            Some(body) => ("PUT", body),
            None => ("DELETE", &Json::Null),
        };
        let rest = Rest { method, path: &path, query: &[("Qualifier", self.qualifier)], body };
        match place.functions(rest).await {
            // There is none to take away.
            Err(refusal) if refusal.is_missing() && method == "DELETE" => Ok(()),
            done => done.map(drop),
        }
    }
}
