//! ListContributorInsights: where they are enabled, by table, each table before its indexes.

use crate::caller::{Caller, Reply};
use crate::descriptor::TableDescriptor;
use crate::table::IndexKind;
use crate::{Database, insights};
use serde_json::{Value, json};
use wire::ApiError;
use wire::dynamodb::ListContributorInsights;

const PAGE: usize = 100;

impl Database {
    /// ListContributorInsights.
    ///
    /// # Errors
    /// When the request breaks a rule, or there is no such table.
    pub fn list_contributor_insights(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = ListContributorInsights::decode(body)?;
        let mut summaries = Vec::new();
        match &request.table_name {
            Some(name) => summaries.extend(enabled(&self.catalog.entry(caller, name)?.descriptor)),
            None => {
                for name in self.catalog.names(caller) {
                    let entry = self.catalog.find(caller, &name);
                    summaries.extend(entry.iter().flat_map(|entry| enabled(&entry.descriptor)));
                }
            }
        }
        if let Some(token) = &request.next_token {
            // What the token names may be gone: go on with what is greater.
            summaries.retain(|(place, _)| place > token);
        }
        let limit = request.max_results.and_then(|limit| usize::try_from(limit).ok());
        let limit = limit.filter(|limit| *limit > 0).unwrap_or(PAGE);
        let more = summaries.len() > limit;
        summaries.truncate(limit);
        let token = more.then(|| summaries.last().map(|(place, _)| place.clone())).flatten();
        let page: Vec<Value> = summaries.into_iter().map(|(_, summary)| summary).collect();
        let mut answer = json!({ "ContributorInsightsSummaries": page });
        if let Some(token) = token {
            answer["NextToken"] = json!(token);
        }
        Ok(Reply::json(&answer))
    }
}

/// What of a table is enabled, each with its place in the list: the names, divided by what is in none of them and
/// before all that is.
fn enabled(table: &TableDescriptor) -> Vec<(String, Value)> {
    let mut names: Vec<(Option<&str>, Option<u32>)> = vec![(None, None)];
    let global = table.indexes.iter().filter(|index| index.kind() == IndexKind::Global);
    names.extend(global.map(|index| (Some(index.name.as_str()), Some(index.id))));
    names.sort_unstable();
    let listed = names.into_iter().filter_map(|(name, id)| {
        let stored = insights::of(table, id).filter(|stored| stored.enabled)?;
        let place = format!("{} {}", table.name, name.unwrap_or_default());
        Some((place, insights::answer(table, name, "ENABLED", Some(&stored.mode))))
    });
    listed.collect()
}
