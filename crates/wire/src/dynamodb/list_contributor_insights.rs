//! ListContributorInsights.

use crate::error::ApiError;
use crate::layer::{Constraint, Constraints, Layer};
use crate::member::{integer, owned_string, request};
use crate::operation::Operation;

/// Lists where contributor insights are enabled.
#[derive(Clone, Debug)]
pub struct ListContributorInsights {
    /// Only this table and its indexes: a name or an ARN.
    pub table_name: Option<String>,
    /// Where the page before ended.
    pub next_token: Option<String>,
    /// The most entries answered, at most 100.
    pub max_results: Option<i32>,
}

impl ListContributorInsights {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<ListContributorInsights, ApiError> {
        let (mut table_name, mut next_token, mut max_results) = (None, None, None);
        request(body, |reader, name| {
            match name {
                "TableName" => table_name = owned_string(reader)?,
                "NextToken" => next_token = owned_string(reader)?,
                "MaxResults" => max_results = integer(reader)?.map(|limit| limit.value),
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let mut constraints = Constraints::new(Layer::of(Operation::ListContributorInsights));
        if table_name.is_some() {
            constraints.table_name(table_name.as_deref());
        }
        if let Some(limit) = max_results.filter(|limit| *limit > 100) {
            constraints.fail("maxResults", limit.to_string(), Constraint::MaxValue(100));
        }
        constraints.finish()?;
        Ok(ListContributorInsights { table_name, next_token, max_results })
    }
}
