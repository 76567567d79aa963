//! The embedded store against power loss, which `kill -9` does not show: what was written stays in the
//! operating system's memory then, synced or not.
//!
//! A child writes, with a library before the C library that records what becomes of its files
//! (`tests/powerloss/preload.c`). From the record the directory is rebuilt as the disk had it at several
//! moments, at which answers had left: with only what was synced, and with some of the rest.

mod disk;

use crate::crash::{CHILD, SEED, Said, open, random, verify, write_one};
use disk::{Disk, Event, Survival};
use environment::Random;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use store::Durability;

/// Set for the child: how durable, and how many writes.
const DURABILITY: &str = "STORE_TEST_DURABILITY";
const WRITES: u64 = 8_000;
const MOMENTS: usize = 15;

/// A child's run, and what the disk saw of it.
struct Recording {
    root: tempfile::TempDir,
    /// The disk before it.
    before: Disk,
    events: Vec<Event>,
}

impl Recording {
    fn of(durability: &str, random: &Random) -> Self {
        Self::on(tempfile::tempdir().unwrap(), durability, random)
    }

    /// The same on a directory that is there already.
    fn on(root: tempfile::TempDir, durability: &str, random: &Random) -> Self {
        let workshop = tempfile::tempdir().unwrap();
        let library = compile(workshop.path());
        let before = Disk::new(root.path());
        let log = workshop.path().join("events");
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "powerloss::child_writer", "--nocapture", "--ignored"])
            .env("LD_PRELOAD", &library)
            .env("POWERLOSS_ROOT", root.path())
            .env("POWERLOSS_LOG", &log)
            .env(CHILD, root.path())
            .env(DURABILITY, durability)
            .env(SEED, random.next_u64().to_string())
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
        Self { events: disk::events(&log), before, root }
    }

    /// Moments at which the process had just acknowledged a write or a rejection, moments in the middle of things,
    /// and some while the store was being made.
    fn moments(&self, random: &Random) -> BTreeSet<usize> {
        let any = |count: usize| (random.next_u64() % count as u64) as usize;
        let saying = |what: &str| -> Vec<usize> {
            let says = |(at, event)| says(event, what).then_some(at);
            self.events.iter().enumerate().filter_map(says).collect()
        };
        let (written, beaten) = (saying("written "), saying("beaten "));
        let each = |_| {
            let answers = [written[any(written.len())], beaten[any(beaten.len())], beaten[any(beaten.len())]];
            answers.into_iter().chain([any(self.events.len()), any(written[0])])
        };
        (0..MOMENTS / 5).flat_map(each).collect()
    }

    /// Calls with the disk and all that was said, at each moment; answers the disk as it was in the end.
    fn at_each(&self, moments: &BTreeSet<usize>, each: impl FnMut(&Disk, &Said)) -> Disk {
        self.at_each_after(Said::default(), moments, each)
    }

    /// The same, where something was said before.
    fn at_each_after(
        &self,
        mut said: Said,
        moments: &BTreeSet<usize>,
        mut each: impl FnMut(&Disk, &Said),
    ) -> Disk {
        let mut disk = self.before.clone();
        for (at, event) in self.events.iter().enumerate() {
            disk.apply(event);
            if let Event::Said { bytes } = event {
                String::from_utf8_lossy(bytes).lines().for_each(|line| said.hear(line));
            }
            if moments.contains(&at) {
                each(&disk, &said);
            }
        }
        disk
    }
}

fn says(event: &Event, what: &str) -> bool {
    matches!(event, Event::Said { bytes } if bytes.starts_with(what.as_bytes()))
}

fn compile(into: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/powerloss/preload.c");
    let library = into.join("preload.so");
    let status = Command::new("cc")
        .args(["-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .status()
        .expect("a C compiler is needed");
    assert!(status.success());
    library
}

/// All files below a directory.
fn tree(path: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut left = vec![path.to_owned()];
    while let Some(directory) = left.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                left.push(entry.path());
            } else {
                let name = entry.path().strip_prefix(path).unwrap().to_owned();
                found.insert(name, std::fs::read(entry.path()).unwrap());
            }
        }
    }
    found
}

/// Opens a store and looks that all is there, writes on, and looks once more after another opening.
fn verify_twice(path: &Path, said: &Said) {
    let store = open(path, Durability::Sync);
    verify(&store, said);
    assert!(write_one(&store) > said.highest());
    drop(store);
    verify(&open(path, Durability::Sync), said);
}

/// Not a test: what the others start as their child.
#[test]
#[ignore = "the child process of the power-loss tests"]
fn child_writer() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let durability = match std::env::var(DURABILITY).unwrap().as_str() {
        "sync" => Durability::Sync,
        _ => Durability::Buffer,
    };
    crate::crash::child(Path::new(&path), durability, WRITES);
}

#[test]
fn what_was_acknowledged_survives_power_loss() {
    let random = random();
    let recording = Recording::of("sync", &random);
    let mut stages = BTreeSet::new();
    let disk = recording.at_each(&recording.moments(&random), |disk, said| {
        for survival in [Survival::Nothing, Survival::Some(&random)] {
            let left = tempfile::tempdir().unwrap();
            disk.rebuild(left.path(), &survival);
            verify_twice(left.path(), said);
        }
        stages.insert(said.written.len());
    });
    assert!(stages.len() > MOMENTS / 2, "hardly anything happened");
    verify_record(&recording, &disk);
}

/// What is left after a failure and a recovery is as safe as what was there before: the power fails once more, while
/// the store is opened again or soon after.
#[test]
fn power_fails_again_while_or_after_the_store_recovers() {
    let random = random();
    let first = Recording::of("sync", &random);
    let at = *first.moments(&random).last().unwrap();
    let (torn, mut before) = (tempfile::tempdir().unwrap(), Said::default());
    first.at_each(&BTreeSet::from([at]), |disk, said| {
        disk.rebuild(torn.path(), &Survival::Some(&random));
        before = said.clone();
    });
    let second = Recording::on(torn, "sync", &random);
    let opened = second.events.iter().position(|event| says(event, "written ")).unwrap();
    let any = |count: usize| (random.next_u64() % count as u64) as usize;
    let moments = (0..4).flat_map(|_| [any(opened), opened + any(second.events.len() - opened)]).collect();
    second.at_each_after(before, &moments, |disk, said| {
        let left = tempfile::tempdir().unwrap();
        disk.rebuild(left.path(), &Survival::Some(&random));
        verify_twice(left.path(), said);
    });
}

/// Without a sync for each answer the last of them may be lost, but as a whole, and no position is given
/// twice: consumers have seen the lost records.
#[test]
fn unsynced_writes_are_lost_whole_and_positions_never_come_again() {
    let random = random();
    let recording = Recording::of("buffer", &random);
    recording.at_each(&recording.moments(&random), |disk, said| {
        for survival in [Survival::Nothing, Survival::Some(&random)] {
            let left = tempfile::tempdir().unwrap();
            disk.rebuild(left.path(), &survival);
            let store = open(left.path(), Durability::Buffer);
            verify(&store, &Said::default());
            assert!(write_one(&store) > said.highest(), "a position was given twice");
        }
    });
}

/// The rig itself: with everything the record says, the directory is what the child left.
fn verify_record(recording: &Recording, disk: &Disk) {
    let rebuilt = tempfile::tempdir().unwrap();
    disk.rebuild(rebuilt.path(), &Survival::Everything);
    let (left, rebuilt) = (tree(recording.root.path()), tree(rebuilt.path()));
    assert_eq!(left.keys().collect::<Vec<_>>(), rebuilt.keys().collect::<Vec<_>>());
    for (path, bytes) in &left {
        assert!(rebuilt[path] == *bytes, "{} is not as it was left", path.display());
    }
    let names: Vec<String> = left.keys().map(|path| path.display().to_string()).collect();
    assert!(names.iter().any(|name| name.contains("tables/")), "no memtable was flushed: {names:?}");
}
