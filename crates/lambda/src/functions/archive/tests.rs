//! Archives that are unpacked, and those that must not be: bombs, links and names that lead out.

use super::*;
use std::io::Cursor;
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

type Writer = ZipWriter<Cursor<Vec<u8>>>;

fn packed(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    write(&mut writer);
    writer.finish().unwrap().into_inner()
}

fn put(writer: &mut Writer, name: &str, bytes: &[u8], mode: u32) {
    writer.start_file(name, SimpleFileOptions::default().unix_permissions(mode)).unwrap();
    writer.write_all(bytes).unwrap();
}

fn link(writer: &mut Writer, name: &str, target: &str) {
    writer.add_symlink(name, target, SimpleFileOptions::default()).unwrap();
}

/// Unpacks into `inside` of a directory; what is beside that must not be there after.
fn unpacked(bytes: &[u8]) -> (TempDir, Result<(), ArchiveError>) {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("inside");
    fs::create_dir(&root).unwrap();
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    let result = unpack(file, &root);
    let beside: Vec<_> =
        fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(beside, ["inside"], "something was written outside");
    (directory, result)
}

fn is_malformed(result: &Result<(), ArchiveError>) -> bool {
    matches!(result, Err(ArchiveError::Malformed(_)))
}

#[test]
fn files_directories_rights_and_links() {
    let bytes = packed(|zip| {
        put(zip, "index.js", b"exports.handler = 1", 0o644);
        put(zip, "./bin/deep/bootstrap", b"#!/bin/sh\n", 0o755);
        zip.add_directory("empty/", SimpleFileOptions::default()).unwrap();
        link(zip, "bin/link", "deep/bootstrap");
        link(zip, "up", "bin/../index.js");
    });
    let (directory, result) = unpacked(&bytes);
    result.unwrap();
    let root = directory.path().join("inside");
    assert_eq!(fs::read(root.join("index.js")).unwrap(), b"exports.handler = 1");
    assert_eq!(fs::read(root.join("bin/link")).unwrap(), b"#!/bin/sh\n");
    assert_eq!(fs::read(root.join("up")).unwrap(), b"exports.handler = 1");
    assert!(root.join("empty").is_dir());
    let mode = |name: &str| root.join(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("index.js"), mode("bin/deep/bootstrap")), (0o444, 0o555));
}

#[test]
fn names_that_lead_out_are_refused() {
    for name in ["../evil", "a/../../evil", "/tmp/evil", "a/..", "..", "a\\..\\..\\evil", ""] {
        let bytes = packed(|zip| put(zip, name, b"x", 0o644));
        let (_, result) = unpacked(&bytes);
        assert!(is_malformed(&result), "{name:?}: {result:?}");
    }
    let deep = "d/".repeat(200) + "f";
    assert!(is_malformed(&unpacked(&packed(|zip| put(zip, &deep, b"x", 0o644))).1));
    let long = "f".repeat(300);
    assert!(is_malformed(&unpacked(&packed(|zip| put(zip, &long, b"x", 0o644))).1));
}

#[test]
fn links_that_lead_out_are_refused() {
    let cases: [&[(&str, &str)]; 6] = [
        &[("out", "../outside")],
        &[("out", "/etc/passwd")],
        &[("out", "..")],
        // Each is inside by its text, but not where it leads.
        &[("here", "."), ("out", "here/..")],
        &[("nowhere", "missing")],
        &[("a", "b"), ("b", "a")],
    ];
    for links in cases {
        let bytes = packed(|zip| links.iter().for_each(|(name, target)| link(zip, name, target)));
        let (_, result) = unpacked(&bytes);
        assert!(is_malformed(&result), "{links:?}: {result:?}");
    }
}

#[test]
fn nothing_is_written_through_a_link() {
    let bytes = packed(|zip| {
        link(zip, "out", "..");
        put(zip, "out/evil", b"x", 0o644);
    });
    assert!(is_malformed(&unpacked(&bytes).1));
    let bytes = packed(|zip| {
        put(zip, "a", b"x", 0o644);
        put(zip, "a/b", b"x", 0o644);
    });
    assert!(is_malformed(&unpacked(&bytes).1));
}

#[test]
fn bombs_are_refused() {
    // Zeros pack a thousandfold.
    let zeros = vec![0; 1 << 20];
    let bytes = packed(|zip| {
        zip.start_file("zeros", SimpleFileOptions::default().compression_method(CompressionMethod::Deflated))
            .unwrap();
        for _ in 0..UNPACKED_BYTES_MAX / zeros.len() as u64 + 1 {
            zip.write_all(&zeros).unwrap();
        }
    });
    assert!(bytes.len() < 1 << 20);
    assert!(matches!(unpacked(&bytes).1, Err(ArchiveError::TooLarge)));
}

#[test]
fn too_many_entries_are_refused_before_they_are_read() {
    let mut bytes = packed(|zip| put(zip, "f", b"x", 0o644));
    let end = bytes.len() - 22;
    let mut record = b"PK\x06\x06".to_vec();
    record.extend_from_slice(&[0; 28]);
    record.extend_from_slice(&(ENTRIES_MAX + 1).to_le_bytes());
    record.extend_from_slice(&[0; 16]);
    bytes.splice(end..end, record);
    assert!(matches!(unpacked(&bytes).1, Err(ArchiveError::TooLarge)));
}

#[test]
fn what_is_no_archive_is_refused() {
    let whole = packed(|zip| put(zip, "f", &[7; 1000], 0o644));
    let mut damaged = whole.clone();
    damaged[45] ^= 0xff;
    for bytes in [&b""[..], b"PK", b"hello", &whole[..whole.len() - 5], &damaged] {
        let (_, result) = unpacked(bytes);
        assert!(is_malformed(&result), "{result:?}");
    }
}
