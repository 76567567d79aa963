//! Writing records of mappings.

use super::OperationError;
use crate::pollers::{MappingsError, Shared, StoredMapping};
use bytes::Bytes;
use store::{Effect, Key, RunError, Transaction, Versioned};

/// Writes that were decided under the lock of all changes.
struct Decided(Vec<(Key, Option<Bytes>)>);

impl Transaction for Decided {
    fn keys(&self) -> &[Key] {
        &[]
    }

    fn plan(&mut self, _old: &[Option<Versioned>], _now_ms: u64) -> Effect {
        Effect { writes: self.0.clone(), ..Effect::default() }
    }
}

/// Commits writes.
pub(super) async fn commit(shared: &Shared, writes: Vec<(Key, Option<Bytes>)>) -> Result<(), OperationError> {
    match shared.parts.database.runner().run(Decided(writes)).await {
        Ok(_) => Ok(()),
        Err(RunError::Store(error)) => Err(error.into()),
        Err(RunError::Stale(..)) => {
            Err(MappingsError::Damaged("a change was planned under a fence".to_owned()).into())
        }
    }
}

/// The write of a mapping.
pub(super) fn write(
    shared: &Shared,
    mapping: &StoredMapping,
) -> Result<(Key, Option<Bytes>), OperationError> {
    let bytes = serde_json::to_vec(mapping).map_err(|error| MappingsError::Damaged(error.to_string()))?;
    Ok((shared.keys.mapping(&mapping.uuid), Some(bytes.into())))
}
