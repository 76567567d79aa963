//! Backups: what a table held at one moment, in a space of its own, beside the table's descriptor as it was.
//!
//! A backup is known to everybody from the moment that it shows, but stored only when the last of its items is:
//! one that a crash interrupts is gone, and its space with it, as that of any unfinished table. Backups outlive
//! their tables.

mod arn;
mod copy;
mod describe;

pub(crate) use arn::BackupArn;
pub(crate) use copy::Source;
pub(crate) use describe::{described, details, summary};

use crate::caller::Caller;
use crate::descriptor::TableDescriptor;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use store::SpaceId;
use wire::ApiError;

/// A backup.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Backup {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) created_ms: u64,
    pub(crate) items: i64,
    pub(crate) bytes: i64,
    /// The table as it was.
    pub(crate) table: TableDescriptor,
    /// The space of its items, by the keys that they had in the table.
    pub(crate) space: u32,
    /// Whether its items are still being copied.
    #[serde(skip)]
    pub(crate) creating: bool,
}

/// All backups, by ARN.
#[derive(Debug)]
pub(crate) struct Backups {
    /// Whether all accounts and regions see the same ones.
    shared: bool,
    all: RwLock<BTreeMap<String, Arc<Backup>>>,
}

impl Backups {
    pub(crate) fn new(shared: bool) -> Self {
        Self { shared, all: RwLock::default() }
    }

    /// Puts a backup in, in the place of what was known of it.
    pub(crate) fn install(&self, backup: Backup) -> Arc<Backup> {
        let backup = Arc::new(backup);
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(backup.arn.clone(), Arc::clone(&backup));
        backup
    }

    /// Takes a backup out.
    pub(crate) fn remove(&self, arn: &str) {
        self.all.write().unwrap_or_else(PoisonError::into_inner).remove(arn);
    }

    /// The backup that a request names.
    ///
    /// # Errors
    /// When the text is no ARN of a backup, it is somebody else's, or there is no such backup.
    pub(crate) fn get(&self, caller: &Caller, arn: &str) -> Result<Arc<Backup>, ApiError> {
        let asked = BackupArn::parse(arn)?;
        if !self.shared && asked.account != caller.account {
            return Err(ApiError::access_denied("Access is denied"));
        }
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        let found = all.get(arn).filter(|backup| self.sees(caller, backup)).cloned();
        found.ok_or_else(|| ApiError::backup_not_found(format!("Backup not found: {arn}")))
    }

    /// The caller's backups, the oldest first.
    pub(crate) fn of(&self, caller: &Caller) -> Vec<Arc<Backup>> {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        let mut seen: Vec<_> = all.values().filter(|backup| self.sees(caller, backup)).cloned().collect();
        seen.sort_by(|one, other| one.place().cmp(&other.place()));
        seen
    }

    fn sees(&self, caller: &Caller, backup: &Backup) -> bool {
        self.shared || (caller.account == backup.table.account && caller.region == backup.table.region)
    }
}

impl Backup {
    pub(crate) fn space_id(&self) -> SpaceId {
        SpaceId(self.space)
    }

    /// Its place among the others: by time, then by what tells those of one millisecond apart.
    pub(crate) fn place(&self) -> (&str, &str) {
        BackupArn::parse(&self.arn).map_or((&self.arn, ""), |arn| (arn.id, arn.table))
    }
}
