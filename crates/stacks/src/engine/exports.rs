//! Exports of stacks, and who imports them.

use crate::Inner;
use crate::failure::Failure;
use crate::keys::StackKey;
use crate::records::{Export, Stack};
use std::collections::BTreeMap;

impl Inner {
    /// The exports that a stack may import: those of its account and region.
    pub(crate) fn exports_for(&self, stack: &Stack) -> Result<BTreeMap<String, String>, Failure> {
        let exports = self.exports(&stack.account, &stack.region)?;
        Ok(exports.into_iter().map(|(name, export)| (name, export.value)).collect())
    }

    /// The exports of an account and region, by name.
    pub(crate) fn exports(&self, account: &str, region: &str) -> Result<BTreeMap<String, Export>, Failure> {
        let place = self.place(account, region);
        let skip = self.ledger.keys.export(&place, "").bytes.len();
        let mut exports = BTreeMap::new();
        self.ledger.each(&self.ledger.keys.exports(&place), |key, export: Export| {
            let name = String::from_utf8_lossy(key.get(skip..).unwrap_or_default()).into_owned();
            exports.insert(name, export);
            true
        })?;
        Ok(exports)
    }

    /// The names of the stacks that import an export, in order.
    pub(crate) fn importers(
        &self,
        account: &str,
        region: &str,
        export: &str,
    ) -> Result<Vec<String>, Failure> {
        let place = self.place(account, region);
        let mut keys = Vec::new();
        self.ledger.each(&self.ledger.keys.names(&place), |_, key: StackKey| {
            keys.push(key);
            true
        })?;
        let mut names = Vec::new();
        for key in keys {
            let Some(stack) = self.ledger.stack(key)? else { continue };
            if stack.imports.contains(export) {
                names.push(stack.name);
            }
        }
        names.sort();
        Ok(names)
    }
}

/// The first export of a stack that others use and that is not kept as it is, with those who use it.
pub(crate) fn users_of_exports(
    inner: &Inner,
    stack: &Stack,
    kept: &BTreeMap<String, String>,
) -> Result<Option<(String, Vec<String>)>, Failure> {
    for output in &stack.outputs {
        let Some(export) = &output.export else { continue };
        if kept.get(export) == Some(&output.value) {
            continue;
        }
        let users = inner.importers(&stack.account, &stack.region, export)?;
        if !users.is_empty() {
            return Ok(Some((export.clone(), users)));
        }
    }
    Ok(None)
}
