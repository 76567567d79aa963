//! The grouped driver (to come).
use super::Shared;
use super::running::Running;
use crate::{StoreError, Transaction};
use std::sync::Arc;

pub(super) struct Grouped;

impl Grouped {
    pub(super) fn start(_shared: Arc<Shared>) -> Result<Self, StoreError> {
        Err(StoreError::Unusable("no groups yet".into()))
    }

    pub(super) fn run<T: Transaction>(&self, _shared: &Arc<Shared>, transaction: T) -> Running<T> {
        drop(transaction);
        Running::ready(Err(crate::RunError::Store(StoreError::Unusable("no groups yet".into()))))
    }
}
