//! The tables that exist, by account, region and name, as every request finds them.
//!
//! A control operation commits first and installs here afterwards, so what is found may be one commit old; a
//! write planned under it is then refused by the table's fence and asks [`Catalog::newer_than`] for the next.

use crate::caller::Caller;
use crate::descriptor::TableDescriptor;
use crate::table::Table;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use tokio::sync::watch;
use wire::{ApiError, TableRef};

/// One table: what is stored of it and what the read and write paths see.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) descriptor: TableDescriptor,
    pub(crate) table: Arc<Table>,
}

/// After so many it is enough: whoever makes up regions fills neither the log nor the memory.
const TOLD_MAX: usize = 1_000;

type Names = HashMap<String, Vec<Arc<Entry>>>;

/// All tables.
#[derive(Debug)]
pub struct Catalog {
    /// Whether all accounts and regions see the same tables.
    shared: bool,
    /// By name; the few tables of one name are told apart by account and region. So a look-up allocates
    /// nothing, and a name that exists elsewhere is noticed.
    tables: RwLock<Names>,
    /// Counts installs and removals.
    changes: watch::Sender<u64>,
    /// Who was told in the log that the table they look for is elsewhere, and which: name, account, region.
    told: Mutex<HashSet<[String; 3]>>,
}

impl Catalog {
    pub(crate) fn new(shared: bool) -> Self {
        let changes = watch::Sender::new(0);
        Self { shared, tables: RwLock::default(), changes, told: Mutex::default() }
    }

    /// The table of a data-plane request.
    ///
    /// # Errors
    /// `Requested resource not found`.
    pub fn get(&self, caller: &Caller, name_or_arn: &str) -> Result<Arc<Table>, ApiError> {
        match self.find(caller, name_or_arn) {
            Some(entry) => Ok(Arc::clone(&entry.table)),
            None => Err(self.not_found(caller, name_or_arn, "Requested resource not found".into())),
        }
    }

    /// The table of a control-plane request, whose error names it.
    pub(crate) fn entry(&self, caller: &Caller, name_or_arn: &str) -> Result<Arc<Entry>, ApiError> {
        self.find(caller, name_or_arn).ok_or_else(|| {
            let name = TableRef::parse(name_or_arn).name;
            let text = format!("Requested resource not found: Table: {name} not found");
            self.not_found(caller, name_or_arn, text)
        })
    }

    /// The table, unless a restore or an import is still filling it.
    pub(crate) fn find(&self, caller: &Caller, name_or_arn: &str) -> Option<Arc<Entry>> {
        self.find_any(caller, name_or_arn).filter(|entry| !entry.descriptor.is_being_filled())
    }

    /// The table, in whatever state it is.
    pub(crate) fn find_any(&self, caller: &Caller, name_or_arn: &str) -> Option<Arc<Entry>> {
        let asked = TableRef::parse(name_or_arn);
        let foreign = asked.account.is_some_and(|account| account != caller.account)
            || asked.region.is_some_and(|region| region != caller.region);
        if foreign && !self.shared {
            return None;
        }
        let tables = self.read();
        let mut named = tables.get(asked.name)?.iter();
        named.find(|entry| self.sees(caller, &entry.descriptor)).cloned()
    }

    fn sees(&self, caller: &Caller, descriptor: &TableDescriptor) -> bool {
        self.shared || (caller.account == descriptor.account && caller.region == descriptor.region)
    }

    /// Waits until the catalog holds another epoch of the table than this one.
    ///
    /// # Errors
    /// `Requested resource not found` when it is gone.
    pub async fn newer_than(&self, table: &Table) -> Result<Arc<Table>, ApiError> {
        // Subscribed before the look, so that an install between look and wait is not missed.
        let mut changes = self.changes.subscribe();
        loop {
            let Some(entry) = self.same_name(table) else {
                return Err(ApiError::resource_not_found("Requested resource not found"));
            };
            if entry.table.id != table.id || entry.table.epoch > table.epoch {
                return Ok(Arc::clone(&entry.table));
            }
            if changes.changed().await.is_err() {
                return Err(ApiError::internal_server_error("the server is stopping"));
            }
        }
    }

    fn same_name(&self, table: &Table) -> Option<Arc<Entry>> {
        let tables = self.read();
        let mut named = tables.get(table.name.as_str())?.iter();
        named
            .find(|entry| entry.table.account == table.account && entry.table.region == table.region)
            .cloned()
    }

    /// Puts a table in, in the place of its earlier epoch.
    pub(crate) fn install(&self, entry: Entry) -> Arc<Entry> {
        let (id, entry) = (entry.table.id, Arc::new(entry));
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        let named = tables.entry(entry.descriptor.name.clone()).or_default();
        named.retain(|other| other.table.id != id);
        named.push(Arc::clone(&entry));
        drop(tables);
        self.changes.send_modify(|count| *count += 1);
        entry
    }

    /// Takes a table out.
    pub(crate) fn remove(&self, descriptor: &TableDescriptor) {
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(named) = tables.get_mut(&descriptor.name) {
            named.retain(|other| other.descriptor.id != descriptor.id);
            if named.is_empty() {
                tables.remove(&descriptor.name);
            }
        }
        drop(tables);
        self.changes.send_modify(|count| *count += 1);
    }

    /// The names of the caller's tables, in order.
    pub(crate) fn names(&self, caller: &Caller) -> Vec<String> {
        let tables = self.read();
        let seen =
            tables.iter().filter(|(_, named)| named.iter().any(|entry| self.sees(caller, &entry.descriptor)));
        let mut names: Vec<String> = seen.map(|(name, _)| name.clone()).collect();
        names.sort_unstable();
        names
    }

    /// Every table, in order of id.
    pub(crate) fn all(&self) -> Vec<Arc<Entry>> {
        let mut all: Vec<Arc<Entry>> = self.read().values().flatten().cloned().collect();
        all.sort_unstable_by_key(|entry| entry.table.id);
        all
    }

    /// The table of this id.
    pub(crate) fn by_id(&self, id: crate::table::TableId) -> Option<Arc<Entry>> {
        self.read().values().flatten().find(|entry| entry.table.id == id).cloned()
    }

    fn read(&self) -> RwLockReadGuard<'_, Names> {
        self.tables.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers `text`, and says in the log where else the name exists: a client with another region or access
    /// key than the one that made the table is the classic trap of a local DynamoDB.
    fn not_found(&self, caller: &Caller, name_or_arn: &str, text: String) -> ApiError {
        let name = TableRef::parse(name_or_arn).name;
        let elsewhere: Vec<String> = match self.read().get(name) {
            Some(named) => named
                .iter()
                .filter(|entry| !self.sees(caller, &entry.descriptor))
                .map(|entry| entry.table.arn.clone())
                .collect(),
            None => Vec::new(),
        };
        if elsewhere.is_empty() {
            return ApiError::resource_not_found(text);
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let this = [name.to_owned(), caller.account.to_string(), caller.region.to_string()];
        if told.len() < TOLD_MAX && told.insert(this) {
            tracing::warn!(
                table = name,
                account = %caller.account,
                region = %caller.region,
                exists = elsewhere.join(", "),
                "table not found for this account and region, but one of its name exists elsewhere; tables are \
                 separate by access key and region unless the server is started with --shared-tables"
            );
        }
        ApiError::resource_not_found(text)
    }
}

#[cfg(test)]
mod tests;
