//! A table or one of its indexes, as something that can be walked.

use crate::table::{Index, IndexKind, IndexStatus, KeySchema, Projection, Table};
use item::Name;
use std::sync::Arc;
use store::SpaceId;
use wire::ApiError;

/// What is read.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// The table.
    pub(crate) table: Arc<Table>,
    /// The place of the index in the table, where an index is read.
    pub(crate) index: Option<usize>,
}

impl Source {
    /// The table, or its index of this name, for this operation.
    ///
    /// # Errors
    /// When there is no such index, or it cannot be read this way.
    pub(crate) fn new(
        table: Arc<Table>,
        index: Option<&str>,
        consistent: bool,
        operation: &'static str,
    ) -> Result<Source, ApiError> {
        let Some(name) = index else { return Ok(Source { table, index: None }) };
        let Some(at) = table.indexes.iter().position(|index| index.name == name) else {
            return Err(ApiError::validation(format!("The table does not have the specified index: {name}")));
        };
        let index = &table.indexes[at];
        if index.kind == IndexKind::Vector {
            let text = format!("{operation} operation not supported on this index type.");
            return Err(ApiError::validation(text));
        }
        match index.status {
            IndexStatus::Active => {}
            IndexStatus::Creating => {
                return Err(ApiError::validation(format!(
                    "Cannot read from backfilling global secondary index: {name}"
                )));
            }
            IndexStatus::Deleting => {
                return Err(ApiError::validation(format!(
                    "The table does not have the specified index: {name}"
                )));
            }
        }
        if consistent && index.kind == IndexKind::Global {
            return Err(ApiError::validation(
                "Consistent reads are not supported on global secondary indexes",
            ));
        }
        Ok(Source { table, index: Some(at) })
    }

    /// The index, where one is read.
    pub(crate) fn index(&self) -> Option<&Index> {
        self.table.indexes.get(self.index?)
    }

    /// The key by which it is ordered.
    pub(crate) fn schema(&self) -> &KeySchema {
        self.index().map_or(&self.table.keys, |index| &index.keys)
    }

    /// The space in which it lies.
    pub(crate) fn space(&self) -> SpaceId {
        self.index().map_or(self.table.space, |index| index.space)
    }

    /// The attributes of a key that says where a page ended: those of the table and of the index, sorted.
    pub(crate) fn position_names(&self) -> Vec<Name> {
        let table = crate::keys::attributes(&self.table.keys);
        let index = self.index().into_iter().flat_map(|index| crate::keys::attributes(&index.keys));
        crate::keys::sorted_names(table.chain(index))
    }

    /// Whether it holds this attribute of every item.
    pub(crate) fn holds(&self, name: &str) -> bool {
        match self.index().and_then(|index| index.projected.as_ref()) {
            None => true,
            Some(names) => names.binary_search_by(|held| held.as_str().cmp(name)).is_ok(),
        }
    }

    /// Whether it holds whole items.
    pub(crate) fn holds_all(&self) -> bool {
        self.index().is_none_or(|index| index.projection == Projection::All)
    }

    /// Whether what it does not hold is fetched from the table.
    pub(crate) fn can_fetch(&self) -> bool {
        self.index().is_some_and(|index| index.kind == IndexKind::Local)
    }
}
