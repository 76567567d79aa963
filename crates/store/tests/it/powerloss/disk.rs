//! A directory as a disk has it: what was synced, and what was only written and may be lost.
//!
//! The strictest reading of POSIX: the bytes of a file are safe once that file was synced, a name once its
//! directory was. All else is lost, or survives in part: any pages of any unsynced write, and any number of
//! the oldest changes of each directory.

use environment::Random;
use std::collections::HashMap;
use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;

const PAGE: u64 = 4096;

/// What the preload library has seen, in order.
#[derive(Debug)]
pub(crate) enum Event {
    /// A file was opened; perhaps it is a new one, perhaps it was cut to nothing.
    Opened {
        inode: u64,
        made: bool,
        cut: bool,
        path: PathBuf,
    },
    Written {
        inode: u64,
        offset: u64,
        bytes: Rc<[u8]>,
    },
    Resized {
        inode: u64,
        length: u64,
    },
    FileSynced {
        inode: u64,
    },
    DirectorySynced {
        path: PathBuf,
    },
    Renamed {
        from: PathBuf,
        to: PathBuf,
    },
    Removed {
        path: PathBuf,
    },
    DirectoryMade {
        path: PathBuf,
    },
    /// The process said something on its standard output.
    Said {
        bytes: Rc<[u8]>,
    },
}

/// Reads the file of events.
pub(crate) fn events(path: &Path) -> Vec<Event> {
    let log = fs::read(path).unwrap();
    let mut rest = &log[..];
    let mut events = Vec::new();
    while !rest.is_empty() {
        let number = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().unwrap());
        let (kind, a, b) = (rest[0], number(&rest[1..9]), number(&rest[9..17]));
        rest = &rest[17..];
        let mut text = || {
            let (length, after) = rest.split_first_chunk().unwrap();
            let (text, after) = after.split_at(u32::from_le_bytes(*length) as usize);
            rest = after;
            text
        };
        let (bytes, other) = (text(), text());
        let path = |text| PathBuf::from(std::str::from_utf8(text).unwrap());
        events.push(match kind {
            b'O' => Event::Opened { inode: a, made: b & 1 != 0, cut: b & 2 != 0, path: path(bytes) },
            b'W' => Event::Written { inode: a, offset: b, bytes: bytes.into() },
            b'T' => Event::Resized { inode: a, length: b },
            b'F' if b == 0 => Event::FileSynced { inode: a },
            b'F' => Event::DirectorySynced { path: path(bytes) },
            b'R' => Event::Renamed { from: path(bytes), to: path(other) },
            b'U' => Event::Removed { path: path(bytes) },
            b'D' => Event::DirectoryMade { path: path(bytes) },
            b'A' => Event::Said { bytes: bytes.into() },
            other => panic!("an event of kind {other}"),
        });
    }
    events
}

#[derive(Clone, Debug)]
enum Change {
    Bytes(u64, Rc<[u8]>),
    Length(u64),
}

/// A file or directory: an index into one of the disk's tables.
#[derive(Clone, Copy, Debug)]
enum Node {
    File(usize),
    Directory(usize),
}

#[derive(Clone, Debug)]
enum Entry {
    Made(String, Node),
    Removed(String),
    Renamed(String, String),
}

/// Changes, of which so many are safe.
#[derive(Clone, Debug)]
struct Journal<T> {
    changes: Vec<T>,
    synced: usize,
}

impl<T> Default for Journal<T> {
    fn default() -> Self {
        Self { changes: Vec::new(), synced: 0 }
    }
}

/// What of the unsynced survives.
pub(crate) enum Survival<'a> {
    /// Nothing.
    Nothing,
    /// Some of it.
    Some(&'a Random),
    /// All, as if the power had not failed.
    Everything,
}

/// A directory.
#[derive(Clone)]
pub(crate) struct Disk {
    files: Vec<Journal<Change>>,
    directories: Vec<Journal<Entry>>,
    by_inode: HashMap<u64, usize>,
    /// The directories as the process sees them.
    by_path: HashMap<PathBuf, usize>,
}

impl Disk {
    /// A directory as it is: all of it is safe.
    pub(crate) fn new(root: &Path) -> Self {
        let by_path = HashMap::from([(root.to_owned(), 0)]);
        let (files, by_inode) = Default::default();
        let mut disk = Self { files, directories: vec![Journal::default()], by_inode, by_path };
        disk.take_over(root);
        disk.files.iter_mut().for_each(|file| file.synced = file.changes.len());
        disk.directories.iter_mut().for_each(|directory| directory.synced = directory.changes.len());
        disk
    }

    fn take_over(&mut self, directory: &Path) {
        for entry in fs::read_dir(directory).unwrap() {
            let entry = entry.unwrap();
            let (path, metadata) = (entry.path(), entry.metadata().unwrap());
            if metadata.is_dir() {
                self.apply(&Event::DirectoryMade { path: path.clone() });
                self.take_over(&path);
                continue;
            }
            let inode = metadata.ino();
            self.apply(&Event::Opened { inode, made: true, cut: false, path: path.clone() });
            let bytes = fs::read(&path).unwrap();
            // Journals are made larger than they are.
            let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            self.apply(&Event::Written { inode, offset: 0, bytes: bytes[..used].into() });
            self.apply(&Event::Resized { inode, length: metadata.len() });
        }
    }

    pub(crate) fn apply(&mut self, event: &Event) {
        match event {
            Event::Said { .. } => {}
            Event::Opened { inode, made, cut, path } => {
                if *made {
                    self.files.push(Journal::default());
                    let file = self.files.len() - 1;
                    self.by_inode.insert(*inode, file);
                    self.enter(path, |name| Entry::Made(name, Node::File(file)));
                } else if *cut {
                    self.change(*inode, Change::Length(0));
                }
            }
            Event::Written { inode, offset, bytes } => {
                self.change(*inode, Change::Bytes(*offset, Rc::clone(bytes)));
            }
            Event::Resized { inode, length } => self.change(*inode, Change::Length(*length)),
            Event::FileSynced { inode } => {
                let file = &mut self.files[self.by_inode[inode]];
                file.synced = file.changes.len();
            }
            Event::DirectorySynced { path } => {
                let directory = &mut self.directories[self.by_path[path]];
                directory.synced = directory.changes.len();
            }
            Event::Renamed { from, to } => {
                assert_eq!(from.parent(), to.parent(), "a file went to another directory");
                assert!(!self.by_path.contains_key(from), "a directory was renamed");
                let to = name(to);
                self.enter(from, |from| Entry::Renamed(from, to));
            }
            Event::Removed { path } => {
                self.by_path.remove(path);
                self.enter(path, Entry::Removed);
            }
            Event::DirectoryMade { path } => {
                self.directories.push(Journal::default());
                let directory = self.directories.len() - 1;
                self.by_path.insert(path.clone(), directory);
                self.enter(path, |name| Entry::Made(name, Node::Directory(directory)));
            }
        }
    }

    fn change(&mut self, inode: u64, change: Change) {
        let file = self.by_inode[&inode];
        self.files[file].changes.push(change);
    }

    fn enter(&mut self, path: &Path, entry: impl FnOnce(String) -> Entry) {
        let directory = self.by_path[path.parent().unwrap()];
        let entry = entry(name(path));
        self.directories[directory].changes.push(entry);
    }

    /// Writes down what is left after the power failed now.
    pub(crate) fn rebuild(&self, into: &Path, survival: &Survival<'_>) {
        self.rebuild_directory(0, into, survival);
    }

    fn rebuild_directory(&self, directory: usize, into: &Path, survival: &Survival<'_>) {
        let Journal { changes, synced } = &self.directories[directory];
        let count = match survival {
            Survival::Nothing => *synced,
            Survival::Everything => changes.len(),
            Survival::Some(random) => synced + (random.next_u64() as usize) % (changes.len() - synced + 1),
        };
        let mut present: HashMap<&str, Node> = HashMap::new();
        for entry in &changes[..count] {
            match entry {
                Entry::Made(name, node) => drop(present.insert(name, *node)),
                Entry::Removed(name) => drop(present.remove(&**name)),
                Entry::Renamed(from, to) => {
                    let node = present.remove(&**from).expect("a file that is not there was renamed");
                    present.insert(to, node);
                }
            }
        }
        fs::create_dir_all(into).unwrap();
        for (name, node) in present {
            match node {
                Node::Directory(directory) => self.rebuild_directory(directory, &into.join(name), survival),
                Node::File(file) => self.rebuild_file(file, &into.join(name), survival),
            }
        }
    }

    fn rebuild_file(&self, file: usize, into: &Path, survival: &Survival<'_>) {
        let Journal { changes, synced } = &self.files[file];
        let out = File::create(into).unwrap();
        let (safe, unsafe_changes) = changes.split_at(*synced);
        safe.iter().for_each(|change| apply(&out, change));
        match survival {
            Survival::Nothing => {}
            Survival::Everything => unsafe_changes.iter().for_each(|change| apply(&out, change)),
            Survival::Some(random) => {
                // Of some files hardly anything is lost, of others nearly all.
                let odds = random.next_u64() % 101;
                let survives = || random.next_u64() % 100 < odds;
                unsafe_changes.iter().for_each(|change| apply_in_part(&out, change, &survives));
            }
        }
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

fn apply(out: &File, change: &Change) {
    match change {
        Change::Bytes(offset, bytes) => out.write_all_at(bytes, *offset).unwrap(),
        Change::Length(length) => out.set_len(*length).unwrap(),
    }
}

fn apply_in_part(out: &File, change: &Change, survives: &impl Fn() -> bool) {
    match change {
        Change::Length(_) => {
            if survives() {
                apply(out, change);
            }
        }
        Change::Bytes(offset, bytes) => {
            let mut at = 0;
            while at < bytes.len() {
                let page_end = ((offset + at as u64) / PAGE + 1) * PAGE - offset;
                let end = (page_end as usize).min(bytes.len());
                if survives() {
                    out.write_all_at(&bytes[at..end], offset + at as u64).unwrap();
                }
                at = end;
            }
        }
    }
}
