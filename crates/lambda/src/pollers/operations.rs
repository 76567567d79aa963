//! What is done to mappings: each change is stored before it is shown.

mod change;
mod create;
mod delete;
mod seek;
mod starting;
mod update;

pub use create::NewMapping;
pub use seek::{Moved, SeekTo};
pub use update::Update;

use super::registry::Entry;
use super::{Figures, Mappings, MappingsError, StoredMapping};
use crate::configuration::Fault;
use std::sync::Arc;

/// Why an operation is not done.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// What was asked is refused.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The store failed.
    #[error(transparent)]
    Failed(#[from] MappingsError),
}

impl From<store::StoreError> for OperationError {
    fn from(error: store::StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The account.
    pub account: &'a str,
    /// The region.
    pub region: &'a str,
}

/// A mapping, and what it tells of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// What is stored.
    pub mapping: Arc<StoredMapping>,
    /// `LastProcessingResult`
    pub result: Arc<str>,
    /// What it counted.
    pub figures: Figures,
}

impl From<Entry> for Shown {
    fn from(entry: Entry) -> Self {
        let (result, figures) = (entry.status.result(), entry.status.counters.figures());
        Self { mapping: entry.mapping, result, figures }
    }
}

impl Mappings {
    /// One of the caller's mappings.
    ///
    /// # Errors
    /// When there is no such one.
    pub fn get(&self, scope: Scope<'_>, uuid: &str) -> Result<Shown, Fault> {
        self.entry(scope, uuid).map(Shown::from)
    }

    /// The caller's mappings, by UUID.
    #[must_use]
    pub fn list(&self, scope: Scope<'_>) -> Vec<Shown> {
        let all = self.registry.all().into_iter();
        all.filter(|entry| self.is_visible(scope, &entry.mapping)).map(Shown::from).collect()
    }

    /// All mappings, whoever has them.
    #[must_use]
    pub fn all(&self) -> Vec<Shown> {
        self.registry.all().into_iter().map(Shown::from).collect()
    }

    fn entry(&self, scope: Scope<'_>, uuid: &str) -> Result<Entry, Fault> {
        let entry = self.registry.get(uuid).filter(|entry| self.is_visible(scope, &entry.mapping));
        entry.ok_or(Fault::NotFound)
    }

    fn is_visible(&self, scope: Scope<'_>, mapping: &StoredMapping) -> bool {
        self.shared.options.shared || mapping.account == scope.account && mapping.region == scope.region
    }
}
