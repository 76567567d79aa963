//! Contributor insights: stored and shown. Nothing is watched.

use crate::descriptor::{Insights, TableDescriptor};
use crate::table::IndexKind;
use serde_json::{Value, json};
use wire::ApiError;

/// The id of the global index of this name; none where the table itself is meant.
pub(crate) fn index_id(table: &TableDescriptor, index: Option<&str>) -> Result<Option<u32>, ApiError> {
    let Some(name) = index else { return Ok(None) };
    match table.index(name).filter(|index| index.kind() == IndexKind::Global) {
        Some(index) => Ok(Some(index.id)),
        None => Err(ApiError::resource_not_found(format!(
            "Requested resource not found: Index: {name} not found for table: {}",
            table.name
        ))),
    }
}

/// What is stored of the table, or of the index of this id.
pub(crate) fn of(table: &TableDescriptor, index: Option<u32>) -> Option<&Insights> {
    table.insights.iter().find(|insights| insights.index == index)
}

/// The members that all answers have.
pub(crate) fn answer(
    table: &TableDescriptor,
    index: Option<&str>,
    status: &str,
    mode: Option<&str>,
) -> Value {
    let mut answer = json!({ "TableName": table.name, "ContributorInsightsStatus": status });
    if let Some(index) = index {
        answer["IndexName"] = json!(index);
    }
    if let Some(mode) = mode {
        answer["ContributorInsightsMode"] = json!(mode);
    }
    answer
}
