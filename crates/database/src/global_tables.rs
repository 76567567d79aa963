//! Global tables of version 2017.11.29, of which AWS makes none any more, and replicas, of which this server has
//! none: what AWS answers of a table that is of one region.

use wire::ApiError;

/// The answer to whoever would make one.
pub(crate) fn unsupported_version() -> ApiError {
    ApiError::validation(
        "DynamoDB global tables version 2017.11.29 is not supported. We recommend using DynamoDB global tables \
         version 2019.11.21, instead of version 2017.11.29 (Legacy).",
    )
}

/// The answer where the error has a heading.
pub(crate) fn not_found(name: &str) -> ApiError {
    let text = format!("Global table not found: Global table with name: '{name}' does not exist.");
    ApiError::global_table_not_found(text)
}

/// The answer where it has none.
pub(crate) fn settings_not_found(name: &str) -> ApiError {
    ApiError::global_table_not_found(format!("Global table with name: '{name}' does not exist."))
}

/// The answer about the replicas of a table that has none.
pub(crate) fn no_replicas(name: &str) -> ApiError {
    ApiError::resource_not_found(format!("Global table with name: {name} does not exist."))
}
