//! Writing records of mappings.

use super::OperationError;
use crate::pollers::{MappingsError, Shared, StoredMapping};
use bytes::Bytes;
use store::{Effect, Key};

/// Commits writes that were decided under the lock of all changes.
pub(super) async fn commit(shared: &Shared, writes: Vec<(Key, Option<Bytes>)>) -> Result<(), OperationError> {
    shared.parts.database.runner().write(Effect { writes, ..Effect::default() }).await?;
    Ok(())
}

/// The write of a mapping.
pub(super) fn write(
    shared: &Shared,
    mapping: &StoredMapping,
) -> Result<(Key, Option<Bytes>), OperationError> {
    let bytes = serde_json::to_vec(mapping).map_err(|error| MappingsError::Damaged(error.to_string()))?;
    Ok((shared.keys.mapping(&mapping.uuid), Some(bytes.into())))
}
