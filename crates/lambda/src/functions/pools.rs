//! What runs each version: made at the first call or before it, and retired when the version runs otherwise.

use super::code::Archives;
use super::engine::Processes;
use super::name::FunctionKey;
use super::record::{Code, Configuration, Function, Version};
use super::{ArchiveError, Functions, WeakFunctions};
use crate::invoke::InvokeError;
use runtime::Revision;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

/// All pools.
#[derive(Default)]
pub(super) struct Pools {
    started: HashMap<(FunctionKey, String), Arc<Started>>,
    /// Those that may have calls under way still.
    retired: Vec<Weak<Started>>,
}

/// What runs a version. Whoever calls it holds it.
pub(super) struct Started {
    pub(super) processes: Arc<dyn Processes>,
    version: Arc<Version>,
    /// The function's id.
    function: u64,
    retired: AtomicBool,
    functions: WeakFunctions,
}

impl Drop for Started {
    fn drop(&mut self) {
        // The last call of old code has ended: its archive may go.
        if self.retired.load(Ordering::Acquire)
            && let Some(functions) = self.functions.upgrade()
            && tokio::runtime::Handle::try_current().is_ok()
        {
            let background = functions.inner.environment.background.clone();
            let collect = async move { functions.collect_archives().await };
            background.aside("archives that nobody needs", collect);
        }
    }
}

impl Pools {
    /// The archives that are run.
    pub(super) fn archives(&self) -> impl Iterator<Item = String> {
        let retired = self.retired.iter().filter_map(Weak::upgrade);
        let all = self.started.values().cloned().chain(retired);
        all.flat_map(|started| started.version.archives().map(str::to_owned).collect::<Vec<_>>())
    }

    fn find(&self, key: &FunctionKey, version: &str) -> Option<Arc<Started>> {
        self.started.get(&(key.clone(), version.to_owned())).cloned()
    }
}

impl Functions {
    /// What runs a version of a function, as it is now. Where it is gone, the failure calls it by the name it was called by.
    pub(super) async fn pool(
        &self,
        key: &FunctionKey,
        version: &str,
        called: &str,
    ) -> Result<Arc<Started>, InvokeError> {
        if let Some(pool) = self.pools().find(key, version) {
            return Ok(pool);
        }
        loop {
            // It may have been deleted since it was found.
            let gone = || InvokeError::NotFound(called.to_owned());
            let function = self.get(key).ok_or_else(gone)?;
            let wanted = function.version(version).cloned().ok_or_else(gone)?;
            let revision = self.revision(&function, Arc::clone(&wanted)).await?;
            let mut pools = self.pools();
            // While it was unpacked, another may have made the pool, or the function may have changed.
            if let Some(pool) = pools.find(key, version) {
                return Ok(pool);
            }
            let is_present = self.get(key).is_some_and(|present| {
                present.id == function.id
                    && present.version(version).is_some_and(|now| runs_alike(now, &wanted))
            });
            if is_present {
                let started = Arc::new(Started {
                    processes: self.inner.engine.pool(revision),
                    version: wanted,
                    function: function.id,
                    retired: AtomicBool::new(false),
                    functions: self.downgrade(),
                });
                pools.started.insert((key.clone(), version.to_owned()), Arc::clone(&started));
                return Ok(started);
            }
        }
    }

    async fn revision(
        &self,
        function: &Arc<Function>,
        version: Arc<Version>,
    ) -> Result<Revision, InvokeError> {
        let archives = Arc::clone(&self.inner.archives);
        let function = Arc::clone(function);
        let made = environment::offload(move || revision(&archives, &function, &version));
        let made = made.await.map_err(|error| InvokeError::Failed(error.to_string()))?;
        made.map_err(|error| InvokeError::Failed(format!("the code cannot be unpacked: {error}")))
    }

    /// Takes those pools of a function away that run otherwise than its versions do now. Where there is a new way to run
    /// them, a process is started, for they are in use.
    pub(super) fn retire_outdated(&self, key: &FunctionKey) {
        let retired = self.retire_if(key, |started, function| {
            let present = function.filter(|function| function.id == started.function);
            let version = present.and_then(|function| function.version(&started.version.version));
            !version.is_some_and(|version| runs_alike(version, &started.version))
        });
        if self.get(key).is_some() {
            for version in retired {
                self.prewarm_version(key.clone(), version);
            }
        }
    }

    /// A function whose code is run in place has other code: the next call runs a new process, which is started now.
    pub fn reload(&self, key: &FunctionKey) {
        self.retire_if(key, |started, _| matches!(started.version.code, Code::Directory(_)));
        if let Some(function) = self.get(key) {
            self.prewarm_version(key.clone(), function.latest.version.clone());
        }
        self.tell_changed(key);
    }

    fn retire_if(
        &self,
        key: &FunctionKey,
        outdated: impl Fn(&Started, Option<&Function>) -> bool,
    ) -> Vec<String> {
        let mut pools = self.pools();
        let function = self.get(key);
        let is_out = |(owner, _): &(FunctionKey, String), started: &mut Arc<Started>| {
            owner == key && outdated(started, function.as_deref())
        };
        let out: Vec<_> = pools.started.extract_if(is_out).map(|(_, started)| started).collect();
        pools.retired.retain(|started| started.strong_count() > 0);
        for started in &out {
            started.retired.store(true, Ordering::Release);
            started.processes.retire();
            pools.retired.push(Arc::downgrade(started));
        }
        // Dropped last, they look for archives to delete, which needs the lock.
        drop(pools);
        out.iter().map(|started| started.version.version.clone()).collect()
    }

    /// Starts a process of a version, where none is idle.
    pub(super) fn prewarm_version(&self, key: FunctionKey, version: String) {
        let this = self.clone();
        self.inner.environment.background.aside("process started beforehand", async move {
            match this.pool(&key, &version, &key.name).await {
                Ok(pool) => pool.processes.prewarm(),
                Err(error) => {
                    tracing::debug!(%error, function = key.name, "no process was started beforehand");
                }
            }
        });
    }
}

/// Whether two versions run in the same way.
fn runs_alike(one: &Version, other: &Version) -> bool {
    let told = |version: &Version| Configuration {
        description: String::new(),
        role: String::new(),
        dead_letter_arn: None,
        kms_key_arn: None,
        vpc: None,
        ..version.configuration.clone()
    };
    one.code == other.code && told(one) == told(other)
}

fn revision(archives: &Archives, function: &Function, version: &Version) -> Result<Revision, ArchiveError> {
    let code = match &version.code {
        Code::Archive { sha256, .. } => archives.unpacked(sha256)?,
        Code::Directory(path) => path.clone(),
    };
    let configuration = &version.configuration;
    let layers: Result<Vec<PathBuf>, ArchiveError> =
        configuration.layers.iter().map(|layer| archives.unpacked(&layer.sha256)).collect();
    let variables = configuration.variables.clone().unwrap_or_default();
    Ok(Revision {
        function_name: function.name.clone(),
        version: version.version.clone(),
        runtime: configuration.runtime.clone(),
        handler: configuration.handler.clone(),
        code,
        layers: layers?,
        variables: variables.into_iter().collect(),
        timeout_ms: u64::from(configuration.timeout_s) * 1_000,
        memory_mib: configuration.memory_mib,
        region: function.region.clone(),
        account: function.account.clone(),
        log_group: configuration.logging.group.clone(),
        logs_json: configuration.logging.format == "JSON",
        log_level: configuration.logging.application_level.clone(),
    })
}
