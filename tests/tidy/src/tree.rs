//! The files of the repository: those that git knows or would take.

use crate::rust::code;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs};

/// Files by their path from the root.
#[derive(Debug)]
pub(crate) struct Tree {
    files: BTreeMap<String, Vec<u8>>,
    /// What of the files of Rust is code.
    code: BTreeMap<String, String>,
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

impl Tree {
    /// The repository as it is.
    pub(crate) fn here() -> &'static Self {
        static TREE: OnceLock<Tree> = OnceLock::new();
        TREE.get_or_init(|| {
            let root = root();
            let listed = Command::new("git")
                // Whoever owns the checkout: it is only listed.
                .args(["-c", "safe.directory=*", "ls-files", "-z"])
                .args(["--cached", "--others", "--exclude-standard"])
                .current_dir(&root)
                .output()
                .expect("git lists the files");
            assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
            let paths = String::from_utf8(listed.stdout).unwrap();
            let mut files = BTreeMap::new();
            for path in paths.split('\0').filter(|path| !path.is_empty()) {
                // What was deleted, and not yet committed, is still listed.
                if let Ok(bytes) = fs::read(root.join(path)) {
                    files.insert(path.to_owned(), bytes);
                }
            }
            assert!(files.len() > 1_000, "the tree has {} files", files.len());
            Self::new(files)
        })
    }

    fn new(files: BTreeMap<String, Vec<u8>>) -> Self {
        let of_file = |(path, bytes): (&String, &Vec<u8>)| {
            let text = std::str::from_utf8(bytes).ok().filter(|_| path.ends_with(".rs"))?;
            Some((path.clone(), code(text)))
        };
        let code = files.iter().filter_map(of_file).collect();
        Self { files, code }
    }

    /// A tree to plant faults in.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), text.as_bytes().to_vec());
        Self::new(files.iter().map(owned).collect())
    }

    /// All files.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// The files that are text.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files().filter_map(|(path, bytes)| Some((path, std::str::from_utf8(bytes).ok()?)))
    }

    /// The texts whose names end so.
    pub(crate) fn ending(&self, end: &str) -> impl Iterator<Item = (&str, &str)> {
        self.texts().filter(move |(path, _)| path.ends_with(end))
    }

    /// What of the files of Rust is code: comments and literals are blanks.
    pub(crate) fn code(&self) -> impl Iterator<Item = (&str, &str)> {
        self.code.iter().map(|(path, code)| (path.as_str(), code.as_str()))
    }

    /// One text.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        std::str::from_utf8(self.files.get(path)?).ok()
    }

    /// Whether there is such a file, or a directory that has files.
    pub(crate) fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let below = format!("{path}/");
        path.is_empty()
            || self.files.contains_key(path)
            || self.files.range(below.clone()..).next().is_some_and(|(found, _)| found.starts_with(&below))
    }
}

/// Fails with all complaints there are.
#[track_caller]
pub(crate) fn none(complaints: &[String]) {
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

/// Fails unless there is exactly one complaint, which says this.
#[track_caller]
pub(crate) fn one(complaints: &[String], says: &str) {
    assert!(matches!(complaints, [only] if only.contains(says)), "not one of {says:?}: {complaints:#?}");
}
