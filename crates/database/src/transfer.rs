//! Exports and imports: what is known of each, whether it is under way or long done.
//!
//! Each is stored when it begins and when it ends. One that a crash interrupts has failed: an export is of one
//! moment, which is over, and the table of an import goes.

mod arn;
mod changes;
mod describe;
mod export;
mod import;
mod items;
mod job;
mod manifests;
mod source;

pub(crate) use changes::{Changes, Told};
pub(crate) use describe::{describe_export, describe_import, summarize_export, summarize_import};
pub(crate) use export::{Export, Extent};
pub(crate) use import::{Figures, Import};
pub(crate) use items::{Chosen, Pages};
pub(crate) use job::{Asked, Job, Jobs, page};

use crate::Database;
use crate::catalog::Entry;
use crate::control::json_bytes;
use crate::meta::MetaKey;
use crate::objects::{ObjectError, Objects};
use job::Failure;
use std::sync::Arc;
use store::Effect;
use wire::ApiError;

/// How long one is known.
const REMEMBERED_MS: u64 = 90 * 24 * 60 * 60 * 1000;

impl Database {
    /// Where exports go and imports come from.
    fn objects(&self) -> Result<Arc<dyn Objects>, Failure> {
        self.objects.get().cloned().ok_or_else(|| ObjectError::NoSuchBucket.into())
    }

    /// Stores what became of an export, and shows it.
    pub(crate) async fn store_export(&self, export: Export) -> Result<Arc<Export>, ApiError> {
        let key = MetaKey::Export(&export.job.arn).key(self.meta);
        let writes = vec![(key, Some(json_bytes(&export)?))];
        self.commit(Effect { writes, ..Effect::default() }).await?;
        Ok(self.exports.install(export))
    }

    /// Stores what became of an import, and shows it.
    pub(crate) async fn store_import(&self, import: Import) -> Result<Arc<Import>, ApiError> {
        let key = MetaKey::Import(&import.job.arn).key(self.meta);
        let writes = vec![(key, Some(json_bytes(&import)?))];
        self.commit(Effect { writes, ..Effect::default() }).await?;
        Ok(self.imports.install(import))
    }

    /// Ends what a restart interrupted, and takes the tables away that imports have left.
    pub(crate) fn end_interrupted(self: &Arc<Self>) {
        let exports: Vec<_> =
            self.exports.all().into_iter().filter(|export| export.job.is_running()).collect();
        let imports: Vec<_> =
            self.imports.all().into_iter().filter(|import| import.job.is_running()).collect();
        // As they are now: the table of an import that begins later is not one that was left.
        let mut tables = self.catalog.all();
        tables.retain(|entry| entry.descriptor.import.is_some());
        if exports.is_empty() && imports.is_empty() && tables.is_empty() {
            return;
        }
        let database = Arc::clone(self);
        self.environment.background.once("interrupted transfers", async move {
            if let Err(error) = database.end_all(&exports, &imports, &tables).await {
                tracing::error!(%error, "interrupted exports and imports could not be ended; the next start tries again");
            }
        });
    }

    async fn end_all(
        &self,
        exports: &[Arc<Export>],
        imports: &[Arc<Import>],
        tables: &[Arc<Entry>],
    ) -> Result<(), ApiError> {
        let now_ms = self.environment.clock.now_ms();
        let interrupted = |job: &Job| job.failed(&Failure::interrupted(), now_ms);
        for entry in tables {
            let _control = self.control.lock().await;
            self.drop_table(entry).await?;
        }
        for export in exports {
            self.store_export(Export { job: interrupted(&export.job), ..(**export).clone() }).await?;
        }
        for import in imports {
            self.store_import(Import { job: interrupted(&import.job), ..(**import).clone() }).await?;
        }
        Ok(())
    }

    /// Forgets those that ended long ago.
    pub(crate) async fn forget_transfers(&self, now_ms: u64) -> Result<(), ApiError> {
        let is_old = |job: &Job| !job.is_running() && now_ms >= job.started_ms.saturating_add(REMEMBERED_MS);
        for export in self.exports.all().iter().filter(|export| is_old(&export.job)) {
            self.forget(MetaKey::Export(&export.job.arn)).await?;
            self.exports.remove(&export.job.arn);
        }
        for import in self.imports.all().iter().filter(|import| is_old(&import.job)) {
            self.forget(MetaKey::Import(&import.job.arn)).await?;
            self.imports.remove(&import.job.arn);
        }
        Ok(())
    }

    async fn forget(&self, key: MetaKey<'_>) -> Result<(), ApiError> {
        let writes = vec![(key.key(self.meta), None)];
        self.commit(Effect { writes, ..Effect::default() }).await
    }
}
