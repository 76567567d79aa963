//! ExecuteStatement.

use super::enumeration::ReturnConsumedCapacity;
use super::statement::{Raw, Statement};
use crate::error::ApiError;
use crate::layer::{Constraints, Layer};
use crate::member::{integer, owned_string, request, string};
use crate::operation::Operation;

/// Runs one PartiQL statement.
#[derive(Clone, Debug)]
pub struct ExecuteStatement {
    /// The statement.
    pub statement: Statement,
    /// Where the page before ended.
    pub next_token: Option<String>,
    /// The most items read; at least 1.
    pub limit: Option<i32>,
    /// Whether capacity is told.
    pub return_consumed_capacity: ReturnConsumedCapacity,
    /// How errors of this request are worded.
    pub layer: Layer,
}

impl ExecuteStatement {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<ExecuteStatement, ApiError> {
        let (mut raw, mut next_token, mut limit, mut capacity) = (Raw::new(), None, None, None);
        request(body, |reader, name| {
            match name {
                "NextToken" => next_token = owned_string(reader)?,
                "Limit" => limit = integer(reader)?.map(|limit| limit.value),
                "ReturnConsumedCapacity" => capacity = string(reader)?,
                _ => raw.member(reader, name)?,
            }
            Ok(())
        })?;
        let layer = Layer::of(Operation::ExecuteStatement);
        let mut failures = Constraints::new(layer);
        raw.check_values_on_failure("", &mut failures);
        failures.range("limit", limit, 1, i32::MAX);
        raw.check_text("", &mut failures);
        let return_consumed_capacity =
            failures.enumeration("returnConsumedCapacity", capacity.as_deref()).unwrap_or_default();
        raw.check_parameters("", &mut failures);
        failures.finish()?;
        raw.check_values(layer)?;
        Ok(ExecuteStatement { statement: raw.finish(), next_token, limit, return_consumed_capacity, layer })
    }
}

#[cfg(test)]
mod tests;
