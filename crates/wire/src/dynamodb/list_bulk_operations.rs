//! ListBulkOperations.

use crate::error::ApiError;
use crate::layer::{Constraint, Constraints, Layer};
use crate::member::{integer, owned_string, request};
use crate::operation::Operation;

/// Lists bulk operations. There are none.
#[derive(Clone, Debug)]
pub struct ListBulkOperations;

impl ListBulkOperations {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<ListBulkOperations, ApiError> {
        let (mut limit, mut next_token) = (None, None);
        request(body, |reader, name| {
            match name {
                "MaxResults" => limit = integer(reader)?.map(|limit| limit.value),
                "NextToken" => next_token = owned_string(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let mut constraints = Constraints::new(Layer::of(Operation::ListBulkOperations));
        constraints.range("maxResults", limit, 1, 25);
        constraints.length("nextToken", next_token.as_deref(), 1, 1024);
        if let Some(token) = next_token.filter(|token| !is_token(token)) {
            constraints.fail("nextToken", token, Constraint::Pattern("([0-9a-f]{16})+"));
        }
        constraints.finish()?;
        Ok(ListBulkOperations)
    }
}

/// Whether a text, if it has the right length, is made of groups of sixteen digits.
fn is_token(text: &str) -> bool {
    text.is_empty()
        || text.chars().count() > 1024
        || (text.len().is_multiple_of(16)
            && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
}
