//! BatchExecuteStatement.

use super::enumeration::ReturnConsumedCapacity;
use super::statement::{Raw, RawList, Statement};
use crate::error::ApiError;
use crate::layer::{Constraints, Layer};
use crate::member::{list, request, string};
use crate::operation::Operation;

/// The most statements of a batch.
const STATEMENTS_MAX: usize = 25;

/// Runs up to 25 PartiQL statements, each by itself.
#[derive(Clone, Debug)]
pub struct BatchExecuteStatement {
    /// The statements, in the order sent.
    pub statements: Vec<Statement>,
    /// Whether capacity is told.
    pub return_consumed_capacity: ReturnConsumedCapacity,
    /// How errors of this request are worded.
    pub layer: Layer,
}

impl BatchExecuteStatement {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<BatchExecuteStatement, ApiError> {
        let (mut statements, mut capacity) = (None, None);
        request(body, |reader, name| {
            match name {
                "Statements" => statements = list(reader, Raw::read)?,
                "ReturnConsumedCapacity" => capacity = string(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let layer = Layer::of(Operation::BatchExecuteStatement);
        let mut failures = Constraints::new(layer);
        let (member, class) = ("statements", "BatchStatementRequest");
        RawList { member, class, statements: statements.as_deref(), max: STATEMENTS_MAX }
            .check(&mut failures);
        let return_consumed_capacity =
            failures.enumeration("returnConsumedCapacity", capacity.as_deref()).unwrap_or_default();
        failures.finish()?;
        let statements: Vec<Raw> = statements.unwrap_or_default();
        statements.iter().try_for_each(|statement| statement.check_values(layer))?;
        let statements = statements.into_iter().map(Raw::finish).collect();
        Ok(BatchExecuteStatement { statements, return_consumed_capacity, layer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_has_one_to_25_statements() {
        let refusal = |count: usize| {
            let all = vec![r#"{"Statement":"s","Parameters":[{"S":"x"}]}"#; count].join(",");
            let body = format!(r#"{{"Statements":[{all}]}}"#);
            BatchExecuteStatement::decode(body.as_bytes()).map(|_| ()).map_err(|error| error.to_string())
        };
        assert_eq!(refusal(25), Ok(()));
        let text = refusal(26).unwrap_err();
        let start = "ValidationException: 1 validation error detected: Value '[BatchStatementRequest(statement=s, \
                     parameters=[AttributeValue(s=x, n=null,";
        assert!(text.starts_with(start), "{text}");
        assert!(text.ends_with("constraint: Member must have length less than or equal to 25"), "{text}");
        assert!(refusal(0).unwrap_err().contains("Value '[]' at 'statements'"));
    }
}
