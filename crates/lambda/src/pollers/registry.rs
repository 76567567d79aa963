//! The mappings there are, each with its driver.

use super::record::Loaded;
use super::status::Status;
use super::{Shared, StoredMapping, Uuid, queue, stream};
use crate::configuration::Source;
use environment::JoinHandle;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};
use tokio::sync::mpsc;

/// What a driver is told.
#[derive(Debug)]
pub(crate) enum Directive {
    /// The mapping is another one now: other settings, another function, enabled or disabled.
    Settings(Arc<StoredMapping>),
    /// End when what is under way has ended, or after a while.
    Stop,
    /// End at once: the mapping is deleted.
    Delete,
}

/// What a driver is given.
pub(crate) struct Context {
    pub(crate) shared: Arc<Shared>,
    pub(crate) mapping: Arc<StoredMapping>,
    pub(crate) status: Arc<Status>,
    pub(crate) directives: mpsc::UnboundedReceiver<Directive>,
}

/// A mapping.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) mapping: Arc<StoredMapping>,
    pub(super) status: Arc<Status>,
}

#[derive(Debug)]
struct Driven {
    entry: Entry,
    /// What tells its driver; `None` where there is to be none.
    directives: Option<mpsc::UnboundedSender<Directive>>,
    task: Option<JoinHandle<()>>,
}

type All = RwLock<BTreeMap<Uuid, Driven>>;

/// All mappings.
#[derive(Debug)]
pub(super) struct Registry {
    all: Arc<All>,
    running: AtomicBool,
    /// Held while mappings are made, changed and deleted.
    pub(super) control: tokio::sync::Mutex<()>,
}

impl Registry {
    pub(super) fn new(stored: Vec<Loaded>) -> Self {
        let driven = |(mapping, result): Loaded| {
            let entry = Entry { mapping: Arc::new(mapping), status: Arc::new(Status::new(result)) };
            (entry.mapping.uuid.clone(), Driven { entry, directives: None, task: None })
        };
        let all = Arc::new(RwLock::new(stored.into_iter().map(driven).collect()));
        Self { all, running: AtomicBool::new(false), control: tokio::sync::Mutex::default() }
    }

    pub(super) fn start(&self, shared: &Arc<Shared>) {
        let mut all = self.write();
        self.running.store(true, Ordering::Release);
        all.values_mut().for_each(|driven| driven.start(self.place(shared)));
    }

    pub(super) async fn stop(&self) {
        let _control = self.control.lock().await;
        let mut tasks = Vec::new();
        {
            let mut all = self.write();
            self.running.store(false, Ordering::Release);
            tasks.extend(all.values_mut().filter_map(Driven::stop));
        }
        for task in tasks {
            // It was waiting to be begun anew, where it ends by being cancelled.
            let _ = task.await;
        }
    }

    fn place(&self, shared: &Arc<Shared>) -> Place {
        Place { all: Arc::downgrade(&self.all), shared: Arc::clone(shared) }
    }

    pub(super) fn get(&self, uuid: &str) -> Option<Entry> {
        let all = self.read();
        all.values()
            .find(|driven| driven.entry.mapping.uuid.as_str() == uuid)
            .map(|driven| driven.entry.clone())
    }

    pub(super) fn all(&self) -> Vec<Entry> {
        self.read().values().map(|driven| driven.entry.clone()).collect()
    }

    /// Shows a new mapping, and begins with it.
    pub(super) fn insert(&self, mapping: StoredMapping, shared: &Arc<Shared>) -> Entry {
        let entry = Entry { mapping: Arc::new(mapping), status: Arc::new(Status::new(None)) };
        let mut driven = Driven { entry: entry.clone(), directives: None, task: None };
        let mut all = self.write();
        if self.running.load(Ordering::Acquire) {
            driven.start(self.place(shared));
        }
        all.insert(entry.mapping.uuid.clone(), driven);
        entry
    }

    /// Shows what a mapping has become.
    pub(super) fn change(&self, mapping: StoredMapping) -> Option<Entry> {
        let mut all = self.write();
        let driven = all.get_mut(&mapping.uuid)?;
        driven.entry.mapping = Arc::new(mapping);
        driven.tell(Directive::Settings(Arc::clone(&driven.entry.mapping)));
        Some(driven.entry.clone())
    }

    /// Tells the driver of a mapping something, which changes nothing of the mapping itself.
    pub(super) fn tell(&self, uuid: &Uuid, directive: Directive) {
        if let Some(driven) = self.read().get(uuid) {
            driven.tell(directive);
        }
    }

    /// Ends the driver of a mapping, once what is under way has ended. The caller holds the lock of all changes, and begins
    /// it anew ([`Registry::begin`]).
    pub(super) async fn halt(&self, uuid: &Uuid) {
        let task = self.write().get_mut(uuid).and_then(Driven::stop);
        if let Some(task) = task {
            let _ = task.await;
        }
    }

    /// Begins with a mapping whose driver was ended.
    pub(super) fn begin(&self, uuid: &Uuid, shared: &Arc<Shared>) {
        let mut all = self.write();
        let running = self.running.load(Ordering::Acquire);
        if let Some(driven) = all.get_mut(uuid).filter(|driven| running && driven.task.is_none()) {
            driven.start(self.place(shared));
        }
    }

    /// Forgets a mapping that is deleted.
    pub(super) fn remove(&self, uuid: &Uuid) {
        if let Some(driven) = self.write().remove(uuid) {
            driven.tell(Directive::Delete);
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<Uuid, Driven>> {
        self.all.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<Uuid, Driven>> {
        self.all.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the driver of a mapping that has panicked finds its mapping again.
struct Place {
    all: Weak<All>,
    shared: Arc<Shared>,
}

impl Place {
    /// What the driver is given when it is begun anew; `None` where it is to be no longer.
    fn again(&self, uuid: &Uuid) -> Option<Context> {
        let all = self.all.upgrade()?;
        let mut all = all.write().unwrap_or_else(PoisonError::into_inner);
        let driven = all.get_mut(uuid).filter(|driven| driven.directives.is_some())?;
        tracing::warn!(mapping = %uuid, "an event source mapping goes on from its checkpoints");
        Some(driven.context(&self.shared))
    }
}

impl Driven {
    fn start(&mut self, place: Place) {
        let uuid = self.entry.mapping.uuid.clone();
        let background = place.shared.parts.database.environment().background.clone();
        let mut first = Some(self.context(&place.shared));
        self.task = Some(background.keep("event source mapping", move || {
            let context = first.take().or_else(|| place.again(&uuid));
            async move {
                if let Some(context) = context {
                    drive(context).await;
                }
            }
        }));
    }

    /// What a driver is given, and a way to tell it something.
    fn context(&mut self, shared: &Arc<Shared>) -> Context {
        let (sender, directives) = mpsc::unbounded_channel();
        self.directives = Some(sender);
        Context {
            shared: Arc::clone(shared),
            mapping: Arc::clone(&self.entry.mapping),
            status: Arc::clone(&self.entry.status),
            directives,
        }
    }

    /// Tells the driver to end, and answers its task.
    fn stop(&mut self) -> Option<JoinHandle<()>> {
        let heard = self.directives.take().is_some_and(|to| to.send(Directive::Stop).is_ok());
        let task = self.task.take()?;
        if !heard {
            // It has ended, or panicked, and is not to be waited for until it is begun anew.
            task.abort();
        }
        Some(task)
    }

    fn tell(&self, directive: Directive) {
        if let Some(directives) = &self.directives {
            // A driver that has ended needs to be told nothing.
            let _ = directives.send(directive);
        }
    }
}

async fn drive(context: Context) {
    match context.mapping.configuration.source {
        Source::Queue { .. } => queue::drive(context).await,
        Source::TableStream | Source::DataStream => stream::drive(context).await,
    }
}
