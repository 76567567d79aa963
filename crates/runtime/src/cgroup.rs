//! Control groups (cgroups) that bound the memory of a process and of all that it starts, as far as the server may make them.
//!
//! Version 2: below the server's own group, or below the nearest one above it that gives its children the memory controller,
//! as those of a user's session do. Version 1: below the server's own. Whoever needs more than its group has is killed by the
//! kernel. What a dead server has left behind is removed by the next.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What the names of our groups begin with; the rest is the server's process id.
const PREFIX: &str = "tailwater-";

/// How far above the server's own group one is looked for.
const LEVELS_MAX: usize = 8;

/// What a group may have beyond what is asked for: its watcher is in it too.
const WATCHER_BYTES: u64 = 8 << 20;

/// Where groups are made.
#[derive(Debug)]
pub(crate) struct Cgroups {
    /// The parent of all of ours.
    base: PathBuf,
    version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// A group; it is removed when this is dropped, if nothing runs in it.
#[derive(Debug)]
pub(crate) struct Cgroup {
    path: PathBuf,
}

/// What the kernel tells of this process.
struct Facts<'a> {
    /// `/proc/self/cgroup`
    membership: &'a str,
    /// `/proc/self/mounts`
    mounts: &'a str,
    pid: u32,
}

impl Cgroups {
    /// Finds where groups can be made; tells why not, where that is so.
    pub(crate) fn find() -> Result<Self, String> {
        let read = |path: &str| fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
        let (membership, mounts) = (read("/proc/self/cgroup")?, read("/proc/self/mounts")?);
        Self::find_by(&Facts { membership: &membership, mounts: &mounts, pid: std::process::id() })
    }

    fn find_by(facts: &Facts<'_>) -> Result<Self, String> {
        let mut why = String::from("there are none");
        for (version, own, top) in facts.own() {
            let made = match version {
                Version::Two => make_two(&own, &top, facts.pid),
                Version::One => make_base(&own, facts.pid),
            };
            match made {
                Ok(base) => return Ok(Self { base, version }),
                Err(error) => why = error,
            }
        }
        Err(why)
    }

    /// Removes the parent of our groups, where none is left. None can be made any more.
    pub(crate) fn remove(&self) {
        // Otherwise the next server does.
        let _ = fs::remove_dir(&self.base);
    }

    /// Makes a group with so much memory.
    pub(crate) fn make(&self, number: u64, bytes: u64) -> io::Result<Cgroup> {
        let group = Cgroup { path: self.base.join(number.to_string()) };
        fs::create_dir(&group.path)?;
        let bytes = (bytes + WATCHER_BYTES).to_string();
        let (limit, swap, swap_limit) = match self.version {
            Version::One => ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes", bytes.as_str()),
            Version::Two => ("memory.max", "memory.swap.max", "0"),
        };
        fs::write(group.path.join(limit), &bytes)?;
        // Where swap is not counted, there is nothing to be said of it.
        let _ = fs::write(group.path.join(swap), swap_limit);
        Ok(group)
    }
}

impl Drop for Cgroups {
    fn drop(&mut self) {
        self.remove();
    }
}

impl Cgroup {
    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Moves the calling process into the group at a path, and so all that it starts from now on.
    pub(crate) fn join(path: &Path) -> io::Result<()> {
        fs::write(path.join("cgroup.procs"), "0")
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // One that cannot be removed is by the next server.
        let _ = fs::remove_dir(&self.path);
    }
}

impl Facts<'_> {
    /// The groups of this process that may have a memory controller, with the top of what is to be seen of each hierarchy.
    fn own(&self) -> Vec<(Version, PathBuf, PathBuf)> {
        let mut found = Vec::new();
        for mount in self.mounts.lines() {
            let mut fields = mount.split(' ').skip(1);
            let (Some(top), Some(kind), Some(options)) = (fields.next(), fields.next(), fields.next()) else {
                continue;
            };
            let version = match kind {
                "cgroup2" => Version::Two,
                "cgroup" if options.split(',').any(|option| option == "memory") => Version::One,
                _ => continue,
            };
            let path = self.membership.lines().find_map(|line| {
                let (_, rest) = line.split_once(':')?;
                let (controllers, path) = rest.split_once(':')?;
                let is_it = match version {
                    Version::Two => controllers.is_empty(),
                    Version::One => controllers.split(',').any(|controller| controller == "memory"),
                };
                is_it.then_some(path)
            });
            let Some(path) = path.filter(|path| !path.contains("..")) else { continue };
            let (top, own) = (PathBuf::from(top), Path::new(top).join(path.trim_start_matches('/')));
            // In a container the path may be that of the machine, of which only the end is to be seen.
            let own = if own.is_dir() { own } else { top.clone() };
            found.push((version, own, top));
        }
        found
    }
}

fn has_memory(group: &Path, file: &str) -> bool {
    let text = fs::read_to_string(group.join(file)).unwrap_or_default();
    text.split_ascii_whitespace().any(|controller| controller == "memory")
}

/// Makes the parent of our groups, in version 2: in the server's own group, where that may have children with a memory
/// controller, else in the nearest above it that has.
fn make_two(own: &Path, top: &Path, pid: u32) -> Result<PathBuf, String> {
    let mut why = format!("{} has no memory controller", own.display());
    for group in own.ancestors().take(LEVELS_MAX).take_while(|group| group.starts_with(top)) {
        if !has_memory(group, "cgroup.controllers") {
            continue;
        }
        if !(has_memory(group, "cgroup.subtree_control") || group == own && enable(group, pid)) {
            continue;
        }
        let made = make_base(group, pid).and_then(|base| {
            let enabled = fs::write(base.join("cgroup.subtree_control"), "+memory");
            enabled.map(|()| base).map_err(|error| format!("{}: {error}", group.display()))
        });
        match made {
            Ok(base) => return Ok(base),
            Err(error) => why = error,
        }
    }
    Err(why)
}

/// Has a group give its children the memory controller. It must have no processes then: where this server is the only one, as
/// in a container, it moves into a child of it.
fn enable(group: &Path, pid: u32) -> bool {
    let control = group.join("cgroup.subtree_control");
    if fs::write(&control, "+memory").is_ok() {
        return true;
    }
    let processes = fs::read_to_string(group.join("cgroup.procs")).unwrap_or_default();
    let is_alone = processes.split_ascii_whitespace().all(|process| process == pid.to_string());
    let child = group.join("tailwater");
    if !is_alone || (fs::create_dir(&child).is_err() && !child.is_dir()) {
        return false;
    }
    Cgroup::join(&child).is_ok() && fs::write(&control, "+memory").is_ok()
}

/// Makes the parent of our groups in a group into which, and out of which, this server may move processes.
fn make_base(group: &Path, pid: u32) -> Result<PathBuf, String> {
    let told = |error: io::Error| format!("{}: {error}", group.display());
    fs::File::options().write(true).open(group.join("cgroup.procs")).map_err(told)?;
    remove_old(group);
    let base = group.join(format!("{PREFIX}{pid}"));
    match fs::create_dir(&base) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(told(error)),
        _ => Ok(base),
    }
}

/// Removes what servers have left that are no more.
fn remove_old(group: &Path) {
    let Ok(entries) = fs::read_dir(group) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.parse::<u32>().ok());
        if pid.is_none_or(|pid| Path::new(&format!("/proc/{pid}")).exists()) {
            continue;
        }
        for child in fs::read_dir(entry.path()).into_iter().flatten().flatten() {
            let _ = fs::remove_dir(child.path());
        }
        let _ = fs::remove_dir(entry.path());
    }
}

#[cfg(test)]
mod tests;
