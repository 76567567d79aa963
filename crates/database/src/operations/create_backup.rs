//! CreateBackup: the table as it is now, copied into a space of its own.
//!
//! What is copied is the table at the moment of the call, whatever is written meanwhile. The copy of a small table
//! is done when this answers.

use crate::Database;
use crate::backfill::SMALL_ITEMS;
use crate::backup::{Backup, BackupArn, Source, details};
use crate::caller::{Caller, Reply};
use crate::control::{interrupted, json_bytes};
use crate::description::Counts;
use crate::meta::MetaKey;
use serde_json::json;
use std::sync::Arc;
use store::Effect;
use tokio::sync::oneshot;
use wire::dynamodb::CreateBackup;
use wire::{ApiError, TableRef};

/// Where the answer goes, which may be wanted before the copy is done.
type Answer = oneshot::Sender<Result<Reply, ApiError>>;

impl Database {
    /// CreateBackup.
    ///
    /// # Errors
    /// When the request breaks a rule, or there is no such table.
    pub async fn create_backup(self: &Arc<Self>, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = CreateBackup::decode(body)?;
        let (database, caller) = (Arc::clone(self), caller.clone());
        let (answer, answered) = oneshot::channel();
        let copy = async move { database.back_up(&caller, &request, answer).await };
        self.environment.background.once("backup", copy);
        answered.await.unwrap_or_else(|_| Err(interrupted()))
    }

    async fn back_up(&self, caller: &Caller, request: &CreateBackup, answer: Answer) {
        let control = self.control.lock().await;
        let begun = self.begin_backup(caller, request);
        drop(control);
        let (backup, source) = match begun {
            Ok(begun) => begun,
            Err(error) => return drop(answer.send(Err(error))),
        };
        // CREATING, as AWS says, though a small one is finished by then.
        let reply = |backup: &Backup| Reply::json(&json!({ "BackupDetails": details(backup, "CREATING") }));
        if backup.items > SMALL_ITEMS {
            drop(answer.send(Ok(reply(&backup))));
            drop(self.finish_backup(&backup, source).await);
        } else {
            let finished = self.finish_backup(&backup, source).await;
            drop(answer.send(finished.map(|backup| reply(&backup))));
        }
    }

    /// Fixes what the backup will hold. The caller holds the control lock, so the table and its definition are
    /// of one moment.
    fn begin_backup(
        &self,
        caller: &Caller,
        request: &CreateBackup,
    ) -> Result<(Arc<Backup>, Source<'_>), ApiError> {
        let entry = self.catalog.find(caller, &request.table_name).ok_or_else(|| {
            let name = TableRef::parse(&request.table_name).name;
            ApiError::table_not_found(format!("Table not found: {name}"))
        })?;
        let counts = self.sizes(&entry.descriptor)?.table;
        let source = Source::now(&self.store, entry.table.space)?;
        let now_ms = self.environment.clock.now_ms();
        let backup = Backup {
            arn: BackupArn::make(&entry.descriptor, now_ms, &self.environment.random),
            name: request.backup_name.clone(),
            created_ms: now_ms,
            items: counts.items,
            bytes: counts.bytes,
            table: entry.descriptor.clone(),
            space: self.create_space()?.0,
            creating: true,
        };
        Ok((self.backups.install(backup), source))
    }

    async fn finish_backup(&self, backup: &Backup, source: Source<'_>) -> Result<Arc<Backup>, ApiError> {
        let finished = match self.copy_all(source, backup.space_id()).await {
            Ok(Counts { items, bytes }) => {
                self.store_backup(Backup { items, bytes, creating: false, ..backup.clone() }).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = &finished {
            tracing::error!(%error, arn = backup.arn, "a backup could not be finished");
            self.backups.remove(&backup.arn);
            self.drop_spaces(&[backup.space_id()]);
        }
        finished
    }

    async fn store_backup(&self, backup: Backup) -> Result<Arc<Backup>, ApiError> {
        let key = MetaKey::Backup(&backup.arn).key(self.meta);
        let writes = vec![(key, Some(json_bytes(&backup)?))];
        self.commit(Effect { writes, ..Effect::default() }).await?;
        Ok(self.backups.install(backup))
    }
}
