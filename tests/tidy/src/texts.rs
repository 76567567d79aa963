//! What texts say, and how large files are. A text speaks of the project alone: neither of the machine that it was written
//! on nor of what it was written with.

use crate::tree::Tree;

/// The largest file, but for lock files, which are as long as what they lock.
const FILE_BYTES_MAX: usize = 200_000;

/// Paths of somebody's machine, and the marks that tools leave.
const STRANGERS: [&str; 9] = [
    concat!("/ho", "me/"),
    concat!("/us", "ers/"),
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/tmp/", "w-"),
    concat!("co-auth", "ored-by"),
    concat!("generated ", "with"),
    concat!("language ", "model"),
    concat!("sub", "agent"),
];

/// What a merge leaves where it could not decide.
const CONFLICT: [&str; 2] = [concat!("<<<<", "<<< "), concat!(">>>>", ">>> ")];

fn strangers(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for (path, text) in tree.texts().filter(|(path, _)| !is_data(path)) {
        for (number, line) in text.lines().enumerate() {
            let line = line.to_ascii_lowercase();
            let found = STRANGERS.iter().filter(|word| line.contains(**word));
            complaints.extend(found.map(|word| format!("{path}:{}: {word}", number + 1)));
            if CONFLICT.iter().any(|mark| line.starts_with(mark)) {
                complaints.push(format!("{path}:{}: a conflict that was not resolved", number + 1));
            }
        }
    }
    complaints
}

/// Lock files, and what fuzzers found.
fn is_data(path: &str) -> bool {
    is_lock(path) || path.starts_with("fuzz/corpus/")
}

fn is_lock(path: &str) -> bool {
    path.ends_with(".lock") || path.ends_with("package-lock.json") || path.ends_with("go.sum")
}

fn too_large(tree: &Tree) -> Vec<String> {
    let large = tree.files().filter(|(path, bytes)| !is_lock(path) && bytes.len() > FILE_BYTES_MAX);
    large.map(|(path, bytes)| format!("{path}: {} bytes", bytes.len())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{none, one};

    #[test]
    fn texts_speak_of_the_project_alone() {
        none(&strangers(Tree::here()));
        for word in STRANGERS {
            one(
                &strangers(&Tree::of(&[("a.md", &format!("one\ntwo {} three\n", word.to_uppercase()))])),
                "a.md:2",
            );
        }
        one(&strangers(&Tree::of(&[("a.rs", &format!("{}HEAD\n", CONFLICT[0]))])), "conflict");
    }

    #[test]
    fn files_are_small() {
        none(&too_large(Tree::here()));
        let large = "x".repeat(FILE_BYTES_MAX + 1);
        one(&too_large(&Tree::of(&[("a.bin", &large), ("Cargo.lock", &large)])), "a.bin");
    }
}
