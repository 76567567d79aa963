//! DescribeContributorInsights.

use crate::error::ApiError;
use crate::layer::{Constraints, Layer};
use crate::member::{owned_string, request};
use crate::operation::Operation;

/// Tells whether contributor insights are enabled.
#[derive(Clone, Debug)]
pub struct DescribeContributorInsights {
    /// The table: a name or an ARN.
    pub table_name: String,
    /// A global index of it, where not the table itself is meant.
    pub index_name: Option<String>,
}

impl DescribeContributorInsights {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<DescribeContributorInsights, ApiError> {
        let (mut table_name, mut index_name) = (None, None);
        request(body, |reader, name| {
            match name {
                "TableName" => table_name = owned_string(reader)?,
                "IndexName" => index_name = owned_string(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let mut constraints = Constraints::new(Layer::of(Operation::DescribeContributorInsights));
        constraints.table_name(table_name.as_deref());
        constraints.plain_table_name("indexName", index_name.as_deref());
        constraints.finish()?;
        Ok(DescribeContributorInsights { table_name: table_name.unwrap_or_default(), index_name })
    }
}
