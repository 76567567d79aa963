//! What of each item is answered, and whether an index has to fetch it from the table.

use super::Source;
use crate::table::IndexKind;
use expression::{Condition, Projection};
use wire::ApiError;
use wire::dynamodb::enumeration::Select;

/// What is answered of each item of a page.
#[derive(Debug)]
pub(crate) struct Selection {
    /// Only their number.
    pub(crate) count_only: bool,
    /// These parts; everything without it.
    pub(crate) projection: Option<Projection>,
    /// The items that count.
    pub(crate) filter: Option<Condition>,
    /// The items are fetched from the table, by the entries of a local index.
    pub(crate) fetch: bool,
}

impl Selection {
    /// What a request on this source answers.
    ///
    /// # Errors
    /// When a global index does not hold what is asked for.
    pub(crate) fn new(
        source: &Source,
        select: Option<Select>,
        projection: Option<Projection>,
        filter: Option<Condition>,
    ) -> Result<Selection, ApiError> {
        let all = select == Some(Select::AllAttributes);
        let lacking = projection.as_ref().map_or(Vec::new(), |projection| {
            let names = projection.names().iter().map(item::Name::as_str);
            names.filter(|name| !source.holds(name)).collect::<Vec<&str>>()
        });
        let wants_more = (all && !source.holds_all()) || !lacking.is_empty();
        if wants_more && !source.can_fetch() {
            return Err(not_projected(source, all, &lacking));
        }
        let count_only = select == Some(Select::Count);
        Ok(Selection { count_only, projection, filter, fetch: wants_more })
    }

    /// Refuses a filter on what the index that is queried does not hold.
    ///
    /// # Errors
    /// When it looks at such an attribute.
    pub(crate) fn require_filter_held(&self, source: &Source) -> Result<(), ApiError> {
        let (Some(filter), Some(index), false) = (&self.filter, source.index(), self.fetch) else {
            return Ok(());
        };
        let mut lacking: Vec<&str> = Vec::new();
        for name in filter.attributes() {
            if !source.holds(name) && !lacking.contains(&name.as_str()) {
                lacking.push(name);
            }
        }
        if lacking.is_empty() {
            return Ok(());
        }
        Err(ApiError::validation(format!(
            "One or more parameter values were invalid: Secondary index {} does not project one or more filter \
             attributes: [{}]",
            index.name,
            lacking.join(", ")
        )))
    }
}

fn not_projected(source: &Source, all: bool, lacking: &[&str]) -> ApiError {
    let index = source.index().map_or("", |index| &index.name);
    debug_assert!(source.index().is_none_or(|index| index.kind == IndexKind::Global));
    ApiError::validation(if all {
        format!(
            "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global \
             secondary index {index} because its projection type is not ALL"
        )
    } else {
        format!(
            "One or more parameter values were invalid: Global secondary index {index} does not project [{}]",
            lacking.join(", ")
        )
    })
}
