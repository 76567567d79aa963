//! Changing functions: one at a time, one transaction each, and what follows from a change.

use super::name::FunctionKey;
use super::record::{Code, Function};
use super::source::Received;
use super::{Functions, Registry};
use crate::api::Failure;
use bytes::Bytes;
use serde::Serialize;
use std::collections::HashSet;
use std::future::Future;
use std::sync::{Arc, PoisonError, RwLockWriteGuard};
use store::{Effect, Key};

impl Functions {
    /// Makes a function, where there is none of its name.
    ///
    /// # Errors
    /// `ResourceConflictException`, where there is one; when it cannot be stored.
    pub async fn create(&self, function: Function, code: Received) -> Result<Arc<Function>, Failure> {
        self.alone(move |this| async move {
            // Its archive must be there until a record names it.
            let _code = code;
            let key = function.key(this.inner.options.shared);
            if this.get(&key).is_some() {
                return Err(Failure::conflict(format!("Function already exist: {}", function.name)));
            }
            this.replace(key, None, Some(function)).await
        })
        .await?
        .ok_or_else(|| Failure::internal("a function that was made is not there"))
    }

    /// Changes a function, and answers what the change says and the function as it is then.
    ///
    /// # Errors
    /// When it is not there any more, the change refuses, or it cannot be stored.
    pub async fn edit<T, F>(&self, function: &Function, edit: F) -> Result<(T, Arc<Function>), Failure>
    where
        T: Send + 'static,
        F: FnOnce(&mut Function, u64) -> Result<T, Failure> + Send + 'static,
    {
        let (key, id) = (function.key(self.inner.options.shared), function.id);
        let arn = function.arn(None);
        self.alone(move |this| async move {
            let gone = || Failure::not_found(format!("Function not found: {arn}"));
            let old = this.get(&key).filter(|old| old.id == id).ok_or_else(gone)?;
            let mut new = (*old).clone();
            // What the change brings with it, an archive, must be there until a record names it.
            let answer = edit(&mut new, this.now_ms())?;
            let new = this.replace(key, Some(old), Some(new)).await?.ok_or_else(gone)?;
            Ok((answer, new))
        })
        .await
    }

    /// Deletes a function with all that belongs to it.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub async fn delete(&self, function: &Function) -> Result<(), Failure> {
        let (key, id) = (function.key(self.inner.options.shared), function.id);
        self.alone(move |this| async move {
            if let Some(old) = this.get(&key).filter(|old| old.id == id) {
                this.replace(key, Some(old), None).await?;
            }
            Ok(())
        })
        .await
    }

    /// Does something while nobody else changes anything, whether or not the caller goes on waiting.
    pub(super) async fn alone<T, F, W>(&self, work: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: FnOnce(Self) -> W + Send + 'static,
        W: Future<Output = Result<T, Failure>> + Send,
    {
        let this = self.clone();
        let done = environment::spawn(async move {
            let inner = Arc::clone(&this.inner);
            let _alone = inner.control.lock().await;
            work(this).await
        });
        done.await.map_err(Failure::internal)?
    }

    async fn replace(
        &self,
        key: FunctionKey,
        old: Option<Arc<Function>>,
        new: Option<Function>,
    ) -> Result<Option<Arc<Function>>, Failure> {
        let writes = self.writes(old.as_deref(), new.as_ref())?;
        self.commit(writes).await?;
        let new = new.map(Arc::new);
        {
            let functions = &mut self.registry_mut().functions;
            match &new {
                Some(new) => functions.insert(key.clone(), Arc::clone(new)),
                None => functions.remove(&key),
            };
        }
        self.after_change(&key, old.as_deref(), new.as_deref());
        Ok(new)
    }

    /// The records that differ.
    fn writes(&self, old: Option<&Function>, new: Option<&Function>) -> Result<Writes, Failure> {
        let keys = self.inner.keys;
        let present = new.or(old).ok_or_else(|| Failure::internal("a change of nothing"))?;
        let mut writes = vec![(keys.function(present), new.map(stored).transpose()?)];
        let published =
            |function: Option<&Function>| function.map(|f| f.published.clone()).unwrap_or_default();
        let (before, after) = (published(old), published(new));
        for (number, version) in &after {
            if !before.get(number).is_some_and(|before| Arc::ptr_eq(before, version)) {
                writes.push((keys.version(present, *number), Some(stored(version)?)));
            }
        }
        for number in before.keys().filter(|number| !after.contains_key(number)) {
            writes.push((keys.version(present, *number), None));
        }
        Ok(writes)
    }

    /// Commits writes that were decided while nobody else decided anything of these keys.
    pub(super) async fn commit(&self, writes: Writes) -> Result<(), Failure> {
        let written = self.inner.runner.write(Effect { writes, ..Effect::default() }).await;
        written.map(drop).map_err(Failure::internal)
    }

    /// What follows from a change: new processes, calls that may go better now, archives that nobody needs.
    fn after_change(&self, key: &FunctionKey, old: Option<&Function>, new: Option<&Function>) {
        self.retire_outdated(key);
        let needs = |function: Option<&Function>| -> HashSet<String> {
            let versions = function.into_iter().flat_map(Function::versions);
            versions.flat_map(|version| version.archives().map(str::to_owned)).collect()
        };
        let is_local = |function: Option<&Function>| {
            function.is_some_and(|function| matches!(function.latest.code, Code::Directory(_)))
        };
        if is_local(old) || is_local(new) {
            self.inner.watching.look_again();
        }
        if !needs(old).is_subset(&needs(new)) {
            let this = self.clone();
            let collect = async move { this.collect_archives().await };
            self.inner.environment.background.aside("archives that nobody needs", collect);
        }
        self.tell_changed(key);
    }

    /// Wakes whoever waits for a function to be another.
    pub(super) fn tell_changed(&self, key: &FunctionKey) {
        let mut changes = self.inner.changes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(notify) = changes.get(key) {
            notify.notify_waiters();
            // Nobody else holds it: nobody waits for the next.
            if Arc::strong_count(notify) == 1 {
                changes.remove(key);
            }
        }
        drop(changes);
        self.inner.queue.function_changed(key);
    }

    /// Deletes the archives that nothing needs any more.
    pub(super) async fn collect_archives(&self) {
        let this = self.clone();
        let collected = environment::offload(move || this.inner.archives.collect(|| this.archives_in_use()));
        if let Err(error) = collected.await.unwrap_or_else(|error| Err(std::io::Error::other(error))) {
            tracing::warn!(%error, "code that nobody needs could not be deleted");
        }
    }

    /// The archives that records name, or that are run.
    pub(super) fn archives_in_use(&self) -> HashSet<String> {
        let mut used: HashSet<String> = self.pools().archives().collect();
        let registry = self.registry();
        for function in registry.functions.values() {
            used.extend(function.versions().flat_map(|version| version.archives().map(str::to_owned)));
        }
        for layer in registry.layers.values().flat_map(|versions| versions.values()) {
            used.insert(layer.sha256.clone());
        }
        used
    }

    pub(super) fn registry_mut(&self) -> RwLockWriteGuard<'_, Registry> {
        self.inner.registry.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The functions whose code is run in place, and where it is.
    pub(super) fn local_directories(&self) -> Vec<(FunctionKey, std::path::PathBuf)> {
        let registry = self.registry();
        let local = registry.functions.iter().filter_map(|(key, function)| match &function.latest.code {
            Code::Directory(path) => Some((key.clone(), path.clone())),
            Code::Archive { .. } => None,
        });
        local.collect()
    }
}

type Writes = Vec<(Key, Option<Bytes>)>;

/// A record's bytes.
pub(super) fn stored<T: Serialize>(record: &T) -> Result<Bytes, Failure> {
    serde_json::to_vec(record).map(Bytes::from).map_err(Failure::internal)
}
