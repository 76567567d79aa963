//! Reading all records at the start.

use super::keys::{Keys, call_id, owner};
use super::queue::Waiting;
use super::record::{Function, Layer, Version};
use super::{OpenError, Registry, queue};
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::sync::Arc;
use store::{Range, Runner, Snapshot, Store};

/// A function's account, region and name.
type Owner = (String, String, String);

/// What there is, and the calls that are left.
pub(super) fn load(runner: &Runner, keys: Keys, shared: bool) -> Result<(Registry, Vec<Waiting>), OpenError> {
    let mut registry = Registry::default();
    let mut published: HashMap<Owner, Vec<(u64, Arc<Version>)>> = HashMap::new();
    for (key, value) in rows(runner, &keys.versions())? {
        let version: Version = parsed(&value)?;
        let number = version.version.parse().map_err(|_| OpenError::Damaged(version.version.clone()))?;
        let (account, region, name) = owner(&key).ok_or_else(|| damaged("the key of a version"))?;
        let owner = (account.to_owned(), region.to_owned(), name.to_owned());
        published.entry(owner).or_default().push((number, Arc::new(version)));
    }
    for (_, value) in rows(runner, &keys.functions())? {
        let mut function: Function = parsed(&value)?;
        let owner = (function.account.clone(), function.region.clone(), function.name.clone());
        function.published = published.remove(&owner).unwrap_or_default().into_iter().collect();
        // Where functions were made apart and are shared now, the first of a name is the one.
        registry.functions.entry(function.key(shared)).or_insert(Arc::new(function));
    }
    for (_, value) in rows(runner, &keys.layers())? {
        let layer: Layer = parsed(&value)?;
        let versions = registry.layers.entry(layer.key(shared)).or_default();
        versions.entry(layer.version).or_insert(Arc::new(layer));
    }
    let mut calls = Vec::new();
    for (key, value) in rows(runner, &keys.calls())? {
        let id = call_id(&key).ok_or_else(|| damaged("the key of a call"))?;
        let (head, _) = queue::decode(&value).ok_or_else(|| damaged("a call"))?;
        calls.push(Waiting::new(id, &head, shared));
    }
    Ok((registry, calls))
}

fn damaged(what: &str) -> OpenError {
    OpenError::Damaged(what.to_owned())
}

fn parsed<T: DeserializeOwned>(value: &[u8]) -> Result<T, OpenError> {
    serde_json::from_slice(value).map_err(|error| OpenError::Damaged(error.to_string()))
}

fn rows(runner: &Runner, range: &Range) -> Result<Vec<(Vec<u8>, bytes::Bytes)>, OpenError> {
    let mut rows = Vec::new();
    runner.store().snapshot().range(range, &mut |key, stored| {
        rows.push((key.to_vec(), stored.value.clone()));
        true
    })?;
    Ok(rows)
}
