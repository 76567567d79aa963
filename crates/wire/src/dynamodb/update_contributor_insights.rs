//! UpdateContributorInsights.

use super::enumeration::{ContributorInsightsAction, ContributorInsightsMode};
use crate::error::ApiError;
use crate::layer::{Constraints, Layer};
use crate::member::{owned_string, request};
use crate::operation::Operation;

/// Enables or disables contributor insights.
#[derive(Clone, Debug)]
pub struct UpdateContributorInsights {
    /// The table: a name or an ARN.
    pub table_name: String,
    /// A global index of it, where not the table itself is meant.
    pub index_name: Option<String>,
    /// On or off.
    pub action: ContributorInsightsAction,
    /// What is watched.
    pub mode: Option<ContributorInsightsMode>,
}

impl UpdateContributorInsights {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<UpdateContributorInsights, ApiError> {
        let (mut table_name, mut index_name, mut action, mut mode) = (None, None, None, None);
        request(body, |reader, name| {
            match name {
                "TableName" => table_name = owned_string(reader)?,
                "IndexName" => index_name = owned_string(reader)?,
                "ContributorInsightsAction" => action = owned_string(reader)?,
                "ContributorInsightsMode" => mode = owned_string(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let mut constraints = Constraints::new(Layer::of(Operation::UpdateContributorInsights));
        constraints.table_name(table_name.as_deref());
        constraints.plain_table_name("indexName", index_name.as_deref());
        constraints.required("contributorInsightsAction", action.as_ref());
        let action = constraints.enumeration("contributorInsightsAction", action.as_deref());
        let mode = constraints.enumeration("contributorInsightsMode", mode.as_deref());
        constraints.finish()?;
        Ok(UpdateContributorInsights {
            table_name: table_name.unwrap_or_default(),
            index_name,
            action: action.unwrap_or(ContributorInsightsAction::Disable),
            mode,
        })
    }
}
