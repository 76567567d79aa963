//! An import: where it comes from, and filling its table.
//!
//! The table is there from the beginning on, but shows to nobody except as CREATING until all is in it. Items go in
//! through the one write path. What is no item, or none that the table can hold, is counted and passed over.

use super::job::{Failure, Job, Transfer};
use super::source::{self, BATCH_ITEMS, Batch};
use crate::Database;
use crate::catalog::Entry;
use crate::control::{TableChange, json_bytes};
use crate::descriptor::{Scalar, TableDescriptor};
use crate::index;
use crate::keys::ItemKey;
use crate::meta::MetaKey;
use crate::objects::{Bucket, Listed, Objects};
use crate::write::{Action, Change, Guard, ITEM_BYTES_MAX, PUT_TOO_LARGE, WriteSet};
use bytes::Bytes;
use item::{KeyKind, Name, Stored};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use transfer::csv::CsvOptions;
use transfer::{Compression, Format, Source};

/// The most objects of an import.
const OBJECTS_MAX: usize = 50_000;

/// How many bad records of an import are told in the log.
const TOLD_MAX: u64 = 20;

/// An import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Import {
    pub(crate) job: Job,
    pub(crate) bucket: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) bucket_owner: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) prefix: Option<String>,
    /// As on the wire.
    pub(crate) format: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) csv_delimiter: Option<char>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) csv_header: Option<Vec<String>>,
    /// As on the wire.
    pub(crate) compression: String,
    /// The JSON of its InputFormatOptions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) options: Option<String>,
    /// The JSON of its TableCreationParameters.
    pub(crate) table: String,
    pub(crate) figures: Figures,
}

/// How far an import has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Figures {
    /// The bytes of all records, without compression.
    pub(crate) bytes: u64,
    /// Records, good and bad.
    pub(crate) processed: u64,
    /// Items that went in.
    pub(crate) imported: u64,
    /// What was wrong.
    pub(crate) errors: u64,
}

impl Transfer for Import {
    fn job(&self) -> &Job {
        &self.job
    }
}

impl Import {
    fn account(&self) -> String {
        self.bucket_owner.clone().unwrap_or_else(|| self.job.account.clone())
    }

    /// How its objects are to be read.
    fn source(&self, table: &TableDescriptor) -> Source {
        let kind = |kind| match kind {
            Scalar::S => KeyKind::S,
            Scalar::N => KeyKind::N,
            Scalar::B => KeyKind::B,
        };
        let attributes = table.attributes.iter();
        let kinds = attributes.map(|attribute| (Name::from(attribute.name.as_str()), kind(attribute.kind)));
        Source {
            format: match self.format.as_str() {
                "CSV" => Format::Csv,
                "ION" => Format::Ion,
                _ => Format::Json,
            },
            compression: match self.compression.as_str() {
                "GZIP" => Compression::Gzip,
                "ZSTD" => Compression::Zstd,
                _ => Compression::None,
            },
            csv: CsvOptions {
                delimiter: self.csv_delimiter.and_then(|found| u8::try_from(found).ok()).unwrap_or(b','),
                header: self.csv_header.clone(),
                kinds: kinds.collect(),
            },
        }
    }
}

/// What is written at once: one action for each key, the last one sent.
#[derive(Default)]
struct Actions {
    actions: Vec<Action>,
    /// Which object and line each comes from.
    lines: Vec<u64>,
    places: HashMap<Bytes, usize>,
}

impl Actions {
    fn push(&mut self, line: u64, action: Action) {
        let place = *self.places.entry(action.key.key.bytes.clone()).or_insert(self.actions.len());
        if place == self.actions.len() {
            self.actions.push(action);
            self.lines.push(line);
        } else {
            self.actions[place] = action;
            self.lines[place] = line;
        }
    }
}

/// Tells in the log what is wrong with records, but not without end.
struct Complaints<'a> {
    arn: &'a str,
    object: &'a str,
    figures: &'a mut Figures,
}

impl Complaints<'_> {
    fn push(&mut self, line: u64, reason: &str) {
        self.figures.errors += 1;
        match self.figures.errors {
            ..=TOLD_MAX => tracing::warn!(arn = self.arn, object = self.object, line, reason, "a bad record"),
            count if count == TOLD_MAX + 1 => {
                tracing::warn!(arn = self.arn, "more bad records are counted and not told");
            }
            _ => {}
        }
    }
}

impl Database {
    /// Fills the table of an import, and stores what became of it.
    pub(crate) async fn run_import(&self, import: &Arc<Import>, entry: &Arc<Entry>) {
        let now = || self.environment.clock.now_ms();
        let ended = match self.fill_from_objects(import, entry).await {
            Ok(figures) => self.finish_import(import, entry, figures).await,
            Err((failure, figures)) => {
                tracing::warn!(
                    arn = import.job.arn,
                    code = failure.code,
                    failure.message,
                    "an import failed"
                );
                let control = self.control.lock().await;
                if let Err(error) = self.drop_table(entry).await {
                    tracing::error!(%error, arn = import.job.arn, "the table of a failed import could not be removed");
                }
                drop(control);
                let job = import.job.failed(&failure, now());
                self.store_import(Import { job, figures, ..(**import).clone() }).await.map(drop)
            }
        };
        if let Err(error) = ended {
            tracing::error!(%error, arn = import.job.arn, "the end of an import could not be stored");
        }
    }

    /// Gives the table to everybody.
    async fn finish_import(
        &self,
        import: &Import,
        entry: &Entry,
        figures: Figures,
    ) -> Result<(), wire::ApiError> {
        let control = self.control.lock().await;
        let mut job = import.job.completed(self.environment.clock.now_ms());
        if figures.errors > 0 {
            job.failure = Some(Failure::new(
                "ItemValidationError",
                "Some of the items failed validation checks. Please check CloudWatch error logs for more details.",
            ));
        }
        let ended = Import { job, figures, ..import.clone() };
        let mut table = entry.descriptor.clone();
        table.import = None;
        let mut change = TableChange::quiet(table);
        let key = MetaKey::Import(&ended.job.arn).key(self.meta);
        change.effect.writes.push((key, Some(json_bytes(&ended)?)));
        self.change(&control, change).await?;
        self.imports.install(ended);
        Ok(())
    }

    async fn fill_from_objects(
        &self,
        import: &Arc<Import>,
        entry: &Arc<Entry>,
    ) -> Result<Figures, (Failure, Figures)> {
        let mut figures = Figures::default();
        let none = |failure: Failure| (failure, Figures::default());
        let objects = self.objects().map_err(none)?;
        let listed = listed(&*objects, import).await.map_err(none)?;
        for Listed { key, .. } in listed {
            let filled = self.fill_from_object((import, entry), &objects, key, &mut figures).await;
            filled.map_err(|failure| (failure, figures))?;
        }
        Ok(figures)
    }

    async fn fill_from_object(
        &self,
        (import, entry): (&Arc<Import>, &Arc<Entry>),
        objects: &Arc<dyn Objects>,
        key: String,
        figures: &mut Figures,
    ) -> Result<(), Failure> {
        let place = (import.bucket.clone(), import.account());
        let (source, background) = (import.source(&entry.descriptor), self.environment.background.clone());
        let (mut batches, pump) = source::read(Arc::clone(objects), place, key.clone(), source, background);
        while let Some(batch) = batches.recv().await {
            let complaints = Complaints { arn: &import.job.arn, object: &key, figures };
            self.write_imported(entry, batch, complaints).await?;
            self.imports.install(Import { figures: *figures, ..(**import).clone() });
        }
        let read = pump.await.map_err(|error| Failure::new("InternalServerError", error.to_string()))?;
        Ok(read?)
    }

    async fn write_imported(
        &self,
        entry: &Entry,
        batch: Batch,
        mut complaints: Complaints<'_>,
    ) -> Result<(), Failure> {
        complaints.figures.bytes += batch.bytes;
        complaints.figures.processed += (batch.items.len() + batch.bad.len()) as u64;
        for bad in &batch.bad {
            complaints.push(bad.line, &bad.reason);
        }
        if let Some(reason) = &batch.end {
            complaints.push(0, reason);
        }
        let mut actions = Actions::default();
        for (line, item) in batch.items {
            match self.imported(entry, item) {
                Ok(action) => {
                    actions.push(line, action);
                    complaints.figures.imported += 1;
                }
                Err(reason) => complaints.push(line, &reason),
            }
        }
        debug_assert!(actions.actions.len() <= BATCH_ITEMS, "a set has its bound");
        if actions.actions.is_empty() {
            return Ok(());
        }
        let (set, _) = self.write(WriteSet::new(actions.actions, self.hasher)).await?;
        if set.outcomes().iter().all(Result::is_ok) {
            return Ok(());
        }
        // One that cannot go in keeps all out: one by one, then.
        for (action, line) in set.actions().iter().zip(actions.lines) {
            let (set, _) = self.write(WriteSet::one(action.clone(), self.hasher)).await?;
            for failure in set.outcomes().iter().filter_map(|outcome| outcome.as_ref().err()) {
                complaints.figures.imported -= 1;
                complaints
                    .push(line, failure.clone().into_error(false).message().unwrap_or("it was refused"));
            }
        }
        Ok(())
    }

    /// The action that puts an item in, or why the table cannot hold it.
    fn imported(&self, entry: &Entry, item: Stored) -> Result<Action, Cow<'static, str>> {
        if item.size() > ITEM_BYTES_MAX {
            return Err(PUT_TOO_LARGE.into());
        }
        let table = &entry.table;
        let key = ItemKey::of_put(table, self.hasher, &item).map_err(|error| error.of_put())?;
        for of_table in &table.indexes {
            index::entry(of_table, self.hasher, &key.key, &item)?;
        }
        Ok(Action { table: Arc::clone(table), key, change: Change::Put(item), guard: Guard::None })
    }
}

/// The objects of an import: those that are there for directories alone hold nothing.
async fn listed(objects: &dyn Objects, import: &Import) -> Result<Vec<Listed>, Failure> {
    let (account, prefix) = (import.account(), import.prefix.as_deref().unwrap_or_default());
    let bucket = Bucket { name: &import.bucket, account: &account };
    let mut listed = objects.list(bucket, prefix, OBJECTS_MAX + 1).await?;
    if listed.len() > OBJECTS_MAX {
        let text = format!("There are more than {OBJECTS_MAX} objects whose keys begin with {prefix}");
        return Err(Failure::new("LimitExceededException", text));
    }
    listed.retain(|object| !object.key.ends_with('/'));
    if listed.is_empty() {
        let text = format!("There is no object whose key begins with {prefix}");
        return Err(Failure::new("S3NoSuchKey", text));
    }
    Ok(listed)
}
