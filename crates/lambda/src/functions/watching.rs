//! Hot reload: the directories whose code is run in place are watched, and what runs old code is replaced when one changes.
//!
//! Each directory below is watched for itself, but for those that hold what is installed or made ([`IGNORED`]); many
//! changes within 25 ms are one. What is told by the operating system costs nothing while nothing changes.

use super::name::FunctionKey;
use super::{Functions, WeakFunctions};
use environment::Clock;
use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Directories of which neither the contents nor changes count: what package managers, version control and compilers
/// write, and what running the code itself does.
const IGNORED: [&str; 5] = ["node_modules", ".git", "target", "__pycache__", ".tailwater"];

/// How long nothing may change before a change counts as done. An editor's truncation and its writing are a millisecond
/// apart; a compiler that takes longer has its result replaced again.
const QUIET: Duration = Duration::from_millis(25);

/// How often it is waited for that at most: who writes without end has his code replaced all the same.
const QUIETS_MAX: usize = 20;

/// How many directories are watched at most.
const DIRECTORIES_MAX: usize = 20_000;

/// What is to be looked at.
#[derive(Default)]
pub(super) struct Watching {
    told: Arc<Told>,
}

#[derive(Default)]
struct Told {
    changes: Mutex<Changes>,
    wake: Notify,
}

/// What the operating system has told.
#[derive(Debug, Default)]
struct Changes {
    /// Paths that changed. A few of many are enough to know which functions are meant.
    paths: HashSet<PathBuf>,
    /// Whether there were more changes than it could tell: any code may be another now.
    is_incomplete: bool,
}

impl Changes {
    fn is_empty(&self) -> bool {
        self.paths.is_empty() && !self.is_incomplete
    }

    fn add(&mut self, more: Self) {
        self.paths.extend(more.paths);
        self.is_incomplete |= more.is_incomplete;
    }

    /// Whether the code below a root may have changed.
    fn concern(&self, root: &Path) -> bool {
        self.is_incomplete || self.paths.iter().any(|path| counts(root, path))
    }
}

impl Told {
    fn changes(&self) -> MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Changes {
        std::mem::take(&mut *self.changes())
    }

    /// Told by the operating system.
    fn event(&self, event: notify::Result<Event>) {
        let is_incomplete = event.as_ref().map_or(true, Event::need_rescan);
        let paths = event.ok().filter(|event| is_change(event.kind)).map(|event| event.paths);
        if !is_incomplete && paths.is_none() {
            return;
        }
        let mut changes = self.changes();
        let room = DIRECTORIES_MAX.saturating_sub(changes.paths.len());
        changes.paths.extend(paths.into_iter().flatten().take(room));
        changes.is_incomplete |= is_incomplete;
        drop(changes);
        self.wake.notify_one();
    }
}

/// Whether something is written, made, moved or deleted; reading is none of that.
fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        EventKind::Modify(ModifyKind::Metadata(_)) => false,
        _ => true,
    }
}

impl Watching {
    /// Functions were made or changed: other directories may have to be watched.
    pub(super) fn look_again(&self) {
        self.told.wake.notify_one();
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        // The task sees that there is nothing more to watch for.
        self.told.wake.notify_one();
    }
}

impl Functions {
    /// Starts the task that replaces what runs old code.
    pub(super) fn start_watching(&self) {
        let (functions, told) = (self.downgrade(), Arc::clone(&self.inner.watching.told));
        let clock = self.inner.environment.clock.clone();
        let watch = move || {
            // Watched from now on are those that were there before.
            told.wake.notify_one();
            replace_changed(functions.clone(), Arc::clone(&told), clock.clone())
        };
        self.inner.environment.background.keep("watch over code", watch);
    }

    /// Replaces what runs code that changed, and watches what is to be watched now.
    async fn look(&self, watched: Option<Watched>, changes: &Changes, told: &Arc<Told>) -> Option<Watched> {
        let local = self.local_directories();
        if changes.is_incomplete {
            tracing::warn!(
                "changes of directories were missed; all code that is run in place is taken to be changed"
            );
        }
        for (key, root) in &local {
            if changes.concern(root) {
                tracing::info!(function = key.name, "the code changed; the next call runs it");
                self.reload(key);
            }
        }
        if local.is_empty() && watched.is_none() {
            return None;
        }
        let told = Arc::clone(told);
        // Walking directories waits for a disk.
        let walked = environment::offload(move || watch(watched, &local, &told));
        let (watched, fresh) = walked.await.unwrap_or_default();
        for key in fresh {
            // What changed before it was watched is not known, so what was started then is not trusted.
            self.reload(&key);
        }
        watched
    }
}

/// Replaces what runs old code, again and again, while there are functions.
async fn replace_changed(functions: WeakFunctions, told: Arc<Told>, clock: Clock) {
    let mut watched = None;
    loop {
        told.wake.notified().await;
        let mut changes = told.take();
        for _ in 0..QUIETS_MAX {
            if changes.is_empty() {
                break;
            }
            clock.sleep(QUIET).await;
            let more = told.take();
            if more.is_empty() {
                break;
            }
            changes.add(more);
        }
        let Some(functions) = functions.upgrade() else { return };
        watched = functions.look(watched, &changes, &told).await;
    }
}

/// Whether a change at a path is one of the code below a root. A log is none: what the server prints of a reload may
/// itself go into a file beside the code, and would be the next change.
fn counts(root: &Path, path: &Path) -> bool {
    let ignored = |rest: &Path| {
        rest.extension().is_some_and(|extension| extension == "log")
            || rest.components().any(|part| IGNORED.iter().any(|name| part.as_os_str() == *name))
    };
    path.strip_prefix(root).is_ok_and(|rest| !ignored(rest))
}

/// What is watched.
struct Watched {
    watcher: RecommendedWatcher,
    /// The directories, each with the root below which it is.
    directories: HashMap<PathBuf, PathBuf>,
    roots: HashSet<PathBuf>,
}

/// Watches what is below the roots and is not watched, and no longer what is not. Tells for whom a root is new.
fn watch(
    watched: Option<Watched>,
    local: &[(FunctionKey, PathBuf)],
    told: &Arc<Told>,
) -> (Option<Watched>, Vec<FunctionKey>) {
    let mut watched = match watched.map_or_else(|| begin(told), Ok) {
        Ok(watched) => watched,
        Err(error) => {
            tracing::warn!(%error, "directories cannot be watched: changed code is not noticed");
            return (None, Vec::new());
        }
    };
    let roots: HashSet<PathBuf> = local.iter().map(|(_, root)| root.clone()).collect();
    let Watched { watcher, directories, .. } = &mut watched;
    directories.retain(|directory, root| {
        let stays = roots.contains(root) && directory.is_dir();
        if !stays {
            // One that is deleted is not watched any more.
            drop(watcher.unwatch(directory));
        }
        stays
    });
    for root in &roots {
        add(watcher, directories, root);
    }
    let fresh = local.iter().filter(|(_, root)| !watched.roots.contains(root));
    let fresh = fresh.map(|(key, _)| key.clone()).collect();
    watched.roots = roots;
    (Some(watched), fresh)
}

fn begin(told: &Arc<Told>) -> notify::Result<Watched> {
    let told = Arc::clone(told);
    let watcher = notify::recommended_watcher(move |event| told.event(event))?;
    Ok(Watched { watcher, directories: HashMap::new(), roots: HashSet::new() })
}

/// Watches a directory and those below it, but for symbolic links.
fn add(watcher: &mut RecommendedWatcher, directories: &mut HashMap<PathBuf, PathBuf>, root: &Path) {
    let mut left = vec![root.to_owned()];
    while let Some(directory) = left.pop() {
        if directories.len() >= DIRECTORIES_MAX {
            tracing::warn!(root = %root.display(), "there are too many directories to watch them all");
            return;
        }
        if !directories.contains_key(&directory) {
            if let Err(error) = watcher.watch(&directory, RecursiveMode::NonRecursive) {
                tracing::warn!(%error, directory = %directory.display(), "a directory cannot be watched");
                continue;
            }
            directories.insert(directory.clone(), root.to_owned());
        }
        let Ok(entries) = std::fs::read_dir(&directory) else { continue };
        for entry in entries.flatten() {
            let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_directory && !IGNORED.iter().any(|name| entry.file_name() == *name) {
                left.push(entry.path());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::Flag;

    #[test]
    fn where_changes_were_missed_any_code_may_have_changed() {
        let (told, root) = (Told::default(), Path::new("/code"));
        assert!(told.take().is_empty());
        told.event(Ok(Event::new(EventKind::Any).add_path("/code/index.js".into())));
        let changes = told.take();
        assert!(changes.concern(root) && !changes.concern(Path::new("/other")));
        told.event(Ok(Event::new(EventKind::Access(AccessKind::Read)).add_path("/code/index.js".into())));
        assert!(told.take().is_empty());
        let overflow = Event::new(EventKind::Other).set_flag(Flag::Rescan);
        for event in [Ok(overflow), Err(notify::Error::generic("lost"))] {
            told.event(event);
            assert!(told.take().concern(root));
            assert!(!told.take().concern(root));
        }
    }

    #[test]
    fn what_is_installed_or_made_does_not_count() {
        let root = Path::new("/code");
        for path in ["/code", "/code/index.js", "/code/lib/deep/a.py"] {
            assert!(counts(root, Path::new(path)), "{path}");
        }
        for path in [
            "/other/index.js",
            "/code/node_modules/a/index.js",
            "/code/lib/__pycache__",
            "/code/.git/HEAD",
            "/code/.tailwater/FORMAT",
            "/code/server.log",
        ] {
            assert!(!counts(root, Path::new(path)), "{path}");
        }
    }
}
