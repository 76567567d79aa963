//! Why mappings cannot be opened or changed.

use database::OpenError;
use store::StoreError;

/// A failure of what is stored.
#[derive(Debug, thiserror::Error)]
pub enum MappingsError {
    /// The space of the records is not to be had.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record is none of ours.
    #[error("the records of event source mappings are damaged: {0}")]
    Damaged(String),
}
