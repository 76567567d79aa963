//! Code on disk: over restarts, while it is pinned, and when nobody needs it.

use super::*;
use std::cell::{Cell, RefCell};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn packed(text: &str) -> Vec<u8> {
    let mut writer = ZipWriter::new(io::Cursor::new(Vec::new()));
    writer.start_file("index.js", SimpleFileOptions::default()).unwrap();
    writer.write_all(text.as_bytes()).unwrap();
    writer.finish().unwrap().into_inner()
}

fn open(path: &Path) -> Arc<Archives> {
    let place = Place::Directory { path: path.to_owned(), sync: true };
    Arc::new(Archives::open(place, Random::seeded(1)).unwrap())
}

#[test]
fn archives_survive_a_restart_and_are_unpacked_again() {
    let directory = tempfile::tempdir().unwrap();
    let archives = open(directory.path());
    let pinned = archives.add(&packed("one")).unwrap();
    let path = archives.unpacked(&pinned.sha256).unwrap();
    assert_eq!(fs::read(path.join("index.js")).unwrap(), b"one");
    // The same once more is the same.
    assert_eq!(archives.add(&packed("one")).unwrap().sha256, pinned.sha256);
    drop(archives.receive().unwrap().write(b"half"));
    let again = open(directory.path());
    again.clear_unfinished().unwrap();
    assert!(!path.exists());
    let path = again.unpacked(&pinned.sha256).unwrap();
    assert_eq!(fs::read(path.join("index.js")).unwrap(), b"one");
    assert_eq!(fs::read_dir(directory.path().join(ARCHIVES)).unwrap().count(), 1);
    assert_eq!(again.read(&pinned.sha256).unwrap(), packed("one"));
}

#[test]
fn what_nobody_needs_is_deleted_but_not_what_is_pinned() {
    let directory = tempfile::tempdir().unwrap();
    let archives = open(directory.path());
    let (one, two, three) = (
        archives.add(&packed("1")).unwrap(),
        archives.add(&packed("2")).unwrap(),
        archives.add(&packed("3")).unwrap(),
    );
    let paths = [&one, &two, &three].map(|pinned| archives.unpacked(&pinned.sha256).unwrap());
    let used = HashSet::from([one.sha256.clone()]);
    drop((one, three));
    archives.collect(|| used.clone()).unwrap();
    assert_eq!(paths.map(|path| path.exists()), [true, true, false]);
    drop(two);
    archives.collect(HashSet::new).unwrap();
    for name in [ARCHIVES, UNPACKED] {
        assert_eq!(fs::read_dir(directory.path().join(name)).unwrap().count(), 0, "{name}");
    }
}

#[test]
fn what_a_record_names_while_it_is_looked_is_kept() {
    for at in 1..=4 {
        let directory = tempfile::tempdir().unwrap();
        let archives = open(directory.path());
        let mut pinned = Some(archives.add(&packed("one")).unwrap());
        let sha256 = pinned.as_ref().unwrap().sha256.clone();
        if at > 1 {
            pinned = None;
        }
        let (looks, named, pinned) = (Cell::new(0), Cell::new(false), RefCell::new(pinned));
        archives
            .collect(|| {
                let seen = named.get().then(|| sha256.clone());
                looks.set(looks.get() + 1);
                // Right behind this look it is added, a record names it, and it is let go of.
                if looks.get() == at {
                    let added = pinned.take().unwrap_or_else(|| archives.add(&packed("one")).unwrap());
                    named.set(true);
                    drop(added);
                }
                seen.into_iter().collect()
            })
            .unwrap();
        assert_eq!(archives.read(&sha256).is_ok(), named.get(), "named behind look {at}");
    }
}

#[test]
fn what_cannot_be_unpacked_is_not_kept() {
    let directory = tempfile::tempdir().unwrap();
    let archives = open(directory.path());
    assert!(matches!(archives.add(b"no archive"), Err(ArchiveError::Malformed(_))));
    for name in [ARCHIVES, UNPACKED] {
        assert_eq!(fs::read_dir(directory.path().join(name)).unwrap().count(), 0, "{name}");
    }
}

#[test]
fn hex_and_back() {
    assert_eq!(unhex(&hex(&[0, 1, 0xab, 0xff])), [0, 1, 0xab, 0xff]);
}
