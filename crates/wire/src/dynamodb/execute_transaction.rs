//! ExecuteTransaction.

use super::enumeration::ReturnConsumedCapacity;
use super::statement::{Raw, RawList, Statement};
use crate::error::ApiError;
use crate::layer::{Constraints, Layer};
use crate::member::{list, owned_string, request, string};
use crate::operation::Operation;

/// The most statements of a transaction.
const STATEMENTS_MAX: usize = 100;

/// The longest token.
const TOKEN_LENGTH_MAX: usize = 36;

/// Runs up to 100 PartiQL statements, all or none.
#[derive(Clone, Debug)]
pub struct ExecuteTransaction {
    /// The statements, in the order sent.
    pub transact_statements: Vec<Statement>,
    /// The token that makes a repetition harmless; at most 36 characters.
    pub client_request_token: Option<String>,
    /// Whether capacity is told.
    pub return_consumed_capacity: ReturnConsumedCapacity,
    /// How errors of this request are worded.
    pub layer: Layer,
}

impl ExecuteTransaction {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<ExecuteTransaction, ApiError> {
        let (mut statements, mut token, mut capacity) = (None, None, None);
        request(body, |reader, name| {
            match name {
                "TransactStatements" => statements = list(reader, Raw::read)?,
                "ClientRequestToken" => token = owned_string(reader)?,
                "ReturnConsumedCapacity" => capacity = string(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let layer = Layer::of(Operation::ExecuteTransaction);
        let mut failures = Constraints::new(layer);
        let (member, class) = ("transactStatements", "ParameterizedStatement");
        RawList { member, class, statements: statements.as_deref(), max: STATEMENTS_MAX }
            .check(&mut failures);
        failures.length("clientRequestToken", token.as_deref(), 1, TOKEN_LENGTH_MAX);
        let return_consumed_capacity =
            failures.enumeration("returnConsumedCapacity", capacity.as_deref()).unwrap_or_default();
        failures.finish()?;
        let statements: Vec<Raw> = statements.unwrap_or_default();
        statements.iter().try_for_each(|statement| statement.check_values(layer))?;
        let transact_statements = statements.into_iter().map(Raw::finish).collect();
        Ok(ExecuteTransaction {
            transact_statements,
            client_request_token: token,
            return_consumed_capacity,
            layer,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_statements_are_named_by_their_place() {
        let body = r#"{"TransactStatements":[{"Statement":"s"},{"Parameters":[]}],"ClientRequestToken":""}"#;
        assert_eq!(
            ExecuteTransaction::decode(body.as_bytes()).unwrap_err().message(),
            Some(
                "3 validation errors detected: Value null at 'transactStatements.2.member.statement' failed to satisfy \
                 constraint: Member must not be null; Value '[]' at 'transactStatements.2.member.parameters' failed \
                 to satisfy constraint: Member must have length greater than or equal to 1; Value '' at \
                 'clientRequestToken' failed to satisfy constraint: Member must have length greater than or equal to 1"
            )
        );
    }
}
