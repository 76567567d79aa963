//! Deleting a mapping.

use super::change::commit;
use super::{OperationError, Scope, Shown};
use crate::pollers::{Mappings, Uuid, record};
use bytes::Bytes;
use store::{Key, Store};

impl Mappings {
    /// Deletes a mapping with its checkpoints. An invocation under way goes on, and nobody waits for it.
    ///
    /// # Errors
    /// When it is not there, or the store fails.
    pub async fn delete(&self, scope: Scope<'_>, uuid: &str) -> Result<Shown, OperationError> {
        let _control = self.registry.control.lock().await;
        let entry = self.entry(scope, uuid)?;
        let (keys, uuid) = (self.shared.keys, &entry.mapping.uuid);
        let mut writes = self.checkpoints(uuid)?;
        writes.extend([(keys.mapping(uuid), None), (keys.result(uuid), None)]);
        commit(&self.shared, writes).await?;
        self.registry.remove(uuid);
        self.shared.parts.history.forget(uuid.as_str());
        // From here on none is written, but one may have been between the look and the commit.
        commit(&self.shared, self.checkpoints(uuid)?).await?;
        Ok(entry.into())
    }

    /// The deletion of what is stored of a mapping's progress.
    fn checkpoints(&self, uuid: &Uuid) -> Result<Vec<(Key, Option<Bytes>)>, OperationError> {
        let keys = self.shared.keys;
        let stored = record::checkpoints(&self.shared.parts.database.store().snapshot(), keys, uuid)?;
        Ok(stored.into_iter().map(|(log, _)| (keys.checkpoint(uuid, log), None)).collect())
    }
}
