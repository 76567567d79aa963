//! Functions: what is kept of them, their code, and calling them.
//!
//! A change is one transaction, made by one at a time, and happens whether or not whoever asked still waits. It is done
//! when it is answered: the next call runs the new code, while those under way end on the old. What is asked often is
//! answered from memory ([`Functions::find`]); the store is read at the start only.

pub mod archive;
mod change;
pub mod code;
mod engine;
mod invocation;
mod keys;
mod layers;
mod loading;
pub mod name;
mod pools;
mod queue;
pub mod record;
pub mod source;
mod streaming;
#[cfg(test)]
mod tests;
mod watching;

pub use engine::{Engine, Processes, Running};
pub use invocation::{ASYNCHRONOUS_EVENT_BYTES_MAX, EVENT_BYTES_MAX};
pub use streaming::{AnswerStream, Part};

use crate::api::{Caller, Failure};
use crate::destinations::Destinations;
use archive::ArchiveError;
use code::{Archives, Place};
use environment::Environment;
use keys::Keys;
use name::{Arn, FunctionKey, LATEST, Reference};
use pools::Pools;
use queue::Queue;
use record::{Function, Layer, Version};
use services::objects::Objects;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, Weak};
use store::{Runner, SpaceId};
use tokio::sync::Notify;
use watching::Watching;

/// How functions behave.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where their code is.
    pub place: Place,
    /// Whether every account and region has the same functions.
    pub shared: bool,
    /// Whether the service lets code be run from directories of this machine.
    pub local_code: bool,
    /// Whether functions are served to whoever reaches the server; else only what this machine asks for itself is done.
    pub served: bool,
    /// How long after a failure an asynchronous call is tried again: after the first, and after the second.
    pub retry_delays_ms: [u64; 2],
}

/// Functions. Clones are the same.
#[derive(Clone)]
pub struct Functions {
    inner: Arc<Inner>,
}

/// Functions, for whoever they themselves have, directly or not: it does not keep them.
#[derive(Clone)]
pub struct WeakFunctions {
    inner: Weak<Inner>,
}

impl WeakFunctions {
    /// The functions, while there are any.
    #[must_use]
    pub fn upgrade(&self) -> Option<Functions> {
        Some(Functions { inner: self.inner.upgrade()? })
    }
}

struct Inner {
    runner: Runner,
    keys: Keys,
    archives: Arc<Archives>,
    objects: Objects,
    engine: Arc<dyn Engine>,
    environment: Environment,
    options: Options,
    registry: RwLock<Registry>,
    /// Held by whoever changes something.
    control: tokio::sync::Mutex<()>,
    pools: Mutex<Pools>,
    /// How many calls of each function are under way, where there are any.
    running: Mutex<HashMap<FunctionKey, u32>>,
    /// Told when a function changes, while somebody listens.
    changes: Mutex<HashMap<FunctionKey, Arc<Notify>>>,
    queue: Queue,
    watching: Watching,
    destinations: OnceLock<Destinations>,
}

/// What there is.
#[derive(Debug, Default)]
struct Registry {
    functions: BTreeMap<FunctionKey, Arc<Function>>,
    layers: BTreeMap<FunctionKey, BTreeMap<u64, Arc<Layer>>>,
}

impl Functions {
    /// Opens the functions whose records are in this space. Blocks.
    ///
    /// # Errors
    /// When the records cannot be read, or the directory of the code cannot be used.
    pub fn open(
        (runner, space): (Runner, SpaceId),
        options: Options,
        objects: Objects,
        engine: Arc<dyn Engine>,
        environment: Environment,
    ) -> Result<Self, OpenError> {
        let keys = Keys::new(space);
        let (registry, calls) = loading::load(&runner, keys, options.shared)?;
        let archives = Archives::open(options.place.clone(), environment.random.clone())?;
        archives.clear_unfinished()?;
        let inner = Inner {
            runner,
            keys,
            archives: Arc::new(archives),
            objects,
            engine,
            queue: Queue::new(calls),
            watching: Watching::default(),
            environment,
            options,
            registry: RwLock::new(registry),
            control: tokio::sync::Mutex::default(),
            pools: Mutex::default(),
            running: Mutex::default(),
            changes: Mutex::default(),
            destinations: OnceLock::new(),
        };
        let functions = Self { inner: Arc::new(inner) };
        functions.inner.archives.collect(|| functions.archives_in_use())?;
        Ok(functions)
    }

    /// Begins to run asynchronous calls, those that were left among them, and to watch the directories whose code is run
    /// in place. Needs a runtime. Until then calls are only kept.
    pub fn start(&self) {
        self.start_queue();
        self.start_watching();
    }

    /// Leaves nothing behind that is not to be kept. To be called at the end, when no function runs any more.
    pub fn close(&self) {
        self.inner.archives.close();
    }

    /// For whoever the functions themselves have, as destinations do: each would keep the other for ever.
    #[must_use]
    pub fn downgrade(&self) -> WeakFunctions {
        WeakFunctions { inner: Arc::downgrade(&self.inner) }
    }

    /// Says where what becomes of asynchronous calls is sent. Only the first call has an effect.
    pub fn set_destinations(&self, destinations: Destinations) {
        let _ = self.inner.destinations.set(destinations);
    }

    /// The function of this key.
    #[must_use]
    pub fn get(&self, key: &FunctionKey) -> Option<Arc<Function>> {
        self.registry().functions.get(key).cloned()
    }

    /// All functions of a caller, by name.
    #[must_use]
    pub fn list(&self, caller: &Caller) -> Vec<Arc<Function>> {
        let registry = self.registry();
        let is_own = |function: &&Arc<Function>| {
            self.inner.options.shared
                || (function.account == caller.account && function.region == caller.region)
        };
        registry.functions.values().filter(is_own).cloned().collect()
    }

    /// The function, the qualifier (empty for none) and the settings of the function URL with this id.
    #[must_use]
    pub fn by_url(&self, id: &str) -> Option<(Arc<Function>, String, record::Url)> {
        let registry = self.registry();
        registry.functions.values().find_map(|function| {
            let (qualifier, url) = function.urls.iter().find(|(_, url)| url.id == id)?;
            Some((Arc::clone(function), qualifier.clone(), url.clone()))
        })
    }

    /// The key of a function of a caller.
    #[must_use]
    pub fn key(&self, caller: &Caller, name: &str) -> FunctionKey {
        self.key_of(&caller.account, &caller.region, name)
    }

    fn key_of(&self, account: &str, region: &str, name: &str) -> FunctionKey {
        let (account, region) = if self.inner.options.shared { ("", "") } else { (account, region) };
        FunctionKey { account: account.into(), region: region.into(), name: name.into() }
    }

    /// The function that a caller names, and what the qualifier in its name is.
    ///
    /// # Errors
    /// When there is none, or it is in another region.
    pub fn find(&self, caller: &Caller, reference: &Reference) -> Result<Arc<Function>, Failure> {
        let (region, account) = (reference.region.as_ref(), reference.account.as_ref());
        if let Some(region) = region.filter(|region| **region != caller.region && !self.inner.options.shared)
        {
            let here = &caller.region;
            return Err(Failure::not_found(format!(
                "Functions from '{region}' are not reachable in this region ('{here}')"
            )));
        }
        let account = account.unwrap_or(&caller.account);
        self.get(&self.key_of(account, &caller.region, &reference.name)).ok_or_else(|| {
            let arn = Arn {
                region: &caller.region,
                account,
                name: &reference.name,
                qualifier: reference.qualifier.as_deref(),
            };
            Failure::not_found(format!("Function not found: {arn}"))
        })
    }

    /// The function, and the version of it, that an ARN names; of an alias with weights, one of its versions by chance.
    fn resolve(&self, arn: &str) -> Option<(Arc<Function>, Arc<Version>)> {
        let reference = Reference::parse(arn)?;
        let (account, region) = (reference.account.as_deref()?, reference.region.as_deref()?);
        let function = self.get(&self.key_of(account, region, &reference.name))?;
        let qualifier = reference.qualifier.as_deref().unwrap_or(LATEST);
        let version = match function.aliases.get(qualifier) {
            Some(alias) => function.version(self.route(alias))?,
            None => function.version(qualifier)?,
        };
        let version = Arc::clone(version);
        Some((function, version))
    }

    /// The version that an alias leads to, this time.
    fn route<'a>(&self, alias: &'a record::Alias) -> &'a str {
        // 53 bits are what a float holds.
        let mut chance = (self.inner.environment.random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        for (version, weight) in &alias.weights {
            chance -= weight;
            if chance < 0.0 {
                return version;
            }
        }
        &alias.version
    }

    /// A new UUID, for revisions and requests.
    #[must_use]
    pub fn uuid(&self) -> String {
        self.inner.environment.random.uuid()
    }

    /// A new id of a function.
    #[must_use]
    pub fn new_id(&self) -> u64 {
        self.inner.environment.random.next_u64()
    }

    /// The service time.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.inner.environment.clock.now_ms()
    }

    /// The options.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.inner.options
    }

    /// The store of objects, from which code may come.
    #[must_use]
    pub fn objects(&self) -> &Objects {
        &self.inner.objects
    }

    fn registry(&self) -> RwLockReadGuard<'_, Registry> {
        self.inner.registry.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn pools(&self) -> MutexGuard<'_, Pools> {
        self.inner.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why functions could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// A record is not what was written.
    #[error("a record of a function is damaged: {0}")]
    Damaged(String),
    /// The directory cannot be used.
    #[error("the directory of the code of functions cannot be used: {0}")]
    Directory(#[from] std::io::Error),
}

impl From<ArchiveError> for Failure {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Malformed(why) => {
                tracing::debug!(%why, "an archive was refused");
                Self::invalid(
                    "Could not unzip uploaded file. Please check your file, then try to upload again.",
                )
            }
            ArchiveError::TooLarge => Self::invalid("Unzipped size must be smaller than 262144000 bytes"),
            ArchiveError::Failed(error) => Self::internal(error),
        }
    }
}
