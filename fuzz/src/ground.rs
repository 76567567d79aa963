//! What whole requests are made to: small worlds, each of a service over a store in memory, with clocks that stand still.
//!
//! A world is made before its first request only. Most requests are refused, and then everything must be as before them, so
//! that the world serves the next one as if it were new. One in which something has changed is looked at, opened again, must
//! look the same then, and is thrown away; the next is a copy of what was there in the beginning. One that has served
//! [`REQUESTS_MAX`] requests goes the same way, and must look as it did in the beginning: a refused request has changed
//! nothing. So a request comes to the same, whatever others came before it.

use database::Caller;
use environment::{Environment, OffloadAtOnce};
use std::cell::{Cell, OnceCell};
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};
use store::{AnyStore, Memory, Runner, Snapshot, SpaceId, Store, Version};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// 2026-01-01T00:00:00Z.
const START_MS: u64 = 1_767_225_600_000;

/// How many requests that change nothing a world serves.
const REQUESTS_MAX: u32 = 1_000;

/// A service over a store.
pub(crate) trait World: Sized {
    /// What can be seen of it from outside.
    type Seen: PartialEq + Debug;

    /// Opens the service on what is in the store.
    fn open(ground: &Ground) -> Self;

    /// Makes what is there before any request.
    async fn furnish(&self, ground: &Ground);

    /// Waits until nothing goes on by itself any more. No request is made before.
    async fn settle(&self) {}

    /// Makes a request and looks at the answer. Says whether it may have changed what is not stored yet.
    async fn ask(&self, ground: &Ground, data: &[u8]) -> bool;

    /// Looks at all that is there, once what goes on by itself has ended.
    async fn look(&self, ground: &Ground) -> Self::Seen;
}

/// What a service stands on.
pub(crate) struct Ground {
    pub(crate) store: Arc<AnyStore>,
    pub(crate) environment: Environment,
    /// The first space of the store.
    pub(crate) space: SpaceId,
    pub(crate) caller: Caller,
    files: OnceCell<TempDir>,
}

/// What is another after every change.
#[derive(PartialEq)]
struct Mark {
    version: Version,
    spaces: Vec<SpaceId>,
    now_ms: u64,
}

impl Ground {
    fn new() -> Self {
        let store = Memory::new(1 << 20);
        let Ok(space) = store.create_space() else { panic!("there is no space") };
        Self::on(store, space, Environment::simulated(1, START_MS))
    }

    fn on(store: Memory, space: SpaceId, environment: Environment) -> Self {
        let caller = Caller::new("000000000000", "us-east-1");
        Self { store: Arc::new(AnyStore::Memory(store)), environment, space, caller, files: OnceCell::new() }
    }

    /// The same once more, at the same time, with chance of its own.
    fn fork(&self) -> Self {
        let AnyStore::Memory(store) = &*self.store else { panic!("the store is not in memory") };
        let environment = Environment::simulated(2, self.environment.clock.now_ms());
        let fork = Self::on(store.fork(), self.space, environment);
        if let Some(files) = self.files.get() {
            opened(link_all(files.path(), fork.directory()));
        }
        fork
    }

    /// Where files are: a directory of its own. Files there are never written a second time.
    pub(crate) fn directory(&self) -> &Path {
        let make = || TempDir::with_prefix_in("tailwater-fuzz-", files_root());
        self.files.get_or_init(|| opened(make())).path()
    }

    pub(crate) fn runner(&self) -> Runner {
        Runner::inline(Arc::clone(&self.store), &self.environment)
    }

    fn mark(&self) -> Mark {
        let version = self.store.snapshot().version();
        Mark { version, spaces: self.store.spaces(), now_ms: self.environment.clock.now_ms() }
    }
}

/// The worlds of one kind on one thread: how all of them begin, and the one that is to serve the next request.
pub(crate) struct Worlds<W: World> {
    beginning: OnceCell<(Ground, W::Seen)>,
    next: Cell<Option<Kept<W>>>,
}

/// A world, with the runtime of its tasks, which end with it.
struct Kept<W> {
    world: W,
    ground: Ground,
    mark: Mark,
    requests: u32,
    runtime: Runtime,
}

impl<W: World> Worlds<W> {
    /// None yet.
    pub(crate) const fn new() -> Self {
        Self { beginning: OnceCell::new(), next: Cell::new(None) }
    }

    /// Makes a request to a world that is as in the beginning.
    pub(crate) fn serve(&self, data: &[u8]) {
        let _at_once = OffloadAtOnce::begin();
        let (ground, seen) = self.beginning.get_or_init(begin::<W>);
        // Where this panics, the world is gone.
        let mut kept = self.next.take().unwrap_or_else(|| Kept::on(ground.fork()));
        let unstored = kept.runtime.block_on(kept.world.ask(&kept.ground, data));
        kept.requests += 1;
        let changed = unstored || kept.ground.mark() != kept.mark;
        if !changed && kept.requests < REQUESTS_MAX {
            return self.next.set(Some(kept));
        }
        let left = kept.leave();
        assert!(changed || left == *seen, "one of {REQUESTS_MAX} requests changed {seen:?} to {left:?}");
    }
}

/// Makes what is there before any request.
fn begin<W: World>() -> (Ground, W::Seen) {
    let first = Kept::<W>::on(Ground::new());
    first.runtime.block_on(first.world.furnish(&first.ground));
    let ground = first.ground.fork();
    first.leave();
    let seen = Kept::<W>::on(ground.fork()).leave();
    (ground, seen)
}

impl<W: World> Kept<W> {
    fn on(ground: Ground) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.unwrap_or_else(|error| panic!("there is no runtime: {error}"));
        let world = {
            let _inside = runtime.enter();
            W::open(&ground)
        };
        runtime.block_on(world.settle());
        let mark = ground.mark();
        Self { world, ground, mark, requests: 0, runtime }
    }

    /// The last look at it, which another sees who opens it again.
    fn leave(self) -> W::Seen {
        let (ground, seen) = self.look();
        let (ground, again) = Self::on(ground).look();
        assert_eq!(again, seen, "it is not what it was when it is opened again");
        let panicked = ground.environment.background.panicked();
        assert!(panicked.is_empty(), "{panicked:?}");
        seen
    }

    /// A look, and the end of all its tasks.
    fn look(self) -> (Ground, W::Seen) {
        let Self { world, ground, runtime, .. } = self;
        let seen = runtime.block_on(async {
            let seen = world.look(&ground).await;
            drop(world);
            seen
        });
        (ground, seen)
    }
}

/// In memory, where the system has a place there: most of the time would go to the disk.
fn files_root() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { std::env::temp_dir() }
}

/// Gives the files of a directory, and of those in it, a second name in another one.
fn link_all(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let (entry, to) = entry.map(|entry| (entry.path(), to.join(entry.file_name())))?;
        if entry.is_dir() {
            fs::create_dir(&to)?;
            link_all(&entry, &to)?;
        } else {
            fs::hard_link(&entry, &to)?;
        }
    }
    Ok(())
}

/// What was opened, which cannot fail on what was written here.
pub(crate) fn opened<T, E: std::fmt::Display>(opened: Result<T, E>) -> T {
    opened.unwrap_or_else(|error| panic!("{error}"))
}
