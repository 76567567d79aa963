//! The inventory of `unsafe`: whatever there is has its proof beside it, and SECURITY.md lists its file. In the workspaces
//! it is forbidden by a lint, so there the inventory is empty.

use crate::rust::is_word;
use crate::tree::Tree;

const INVENTORY: &str = "SECURITY.md";

fn unproven(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    let inventory = tree.text(INVENTORY).unwrap_or_default();
    for (path, code) in tree.code().filter(|(_, code)| code.contains("unsafe")) {
        let lines: Vec<&str> = tree.text(path).unwrap_or_default().lines().collect();
        for (number, _) in code.lines().enumerate().filter(|(_, line)| has_unsafe(line)) {
            let beside = lines.get(number.saturating_sub(3)..=number).unwrap_or_default();
            if !beside.iter().any(|line| line.contains("SAFETY:")) {
                complaints.push(format!("{path}:{}: unsafe, and no SAFETY: proof", number + 1));
            }
            if !inventory.contains(&format!("`{path}`")) {
                complaints.push(format!("{path}:{}: unsafe, and not in {INVENTORY}", number + 1));
            }
        }
    }
    complaints
}

fn has_unsafe(line: &str) -> bool {
    line.split(|char| !is_word(char)).any(|word| word == "unsafe")
}

/// Manifests of crates that the lints of the workspace do not hold for.
fn unlinted(tree: &Tree) -> Vec<String> {
    let patterns = members(tree.text("Cargo.toml").unwrap_or_default());
    let members = tree.ending("/Cargo.toml").filter(|(path, _)| is_member(path, &patterns));
    let unlinted = members.filter(|(_, text)| !text.contains("\n[lints]\nworkspace = true\n"));
    let mut complaints: Vec<String> =
        unlinted.map(|(path, _)| format!("{path}: the lints of the workspace do not hold")).collect();
    let lints = ["unsafe_code = \"forbid\"", "missing_docs = \"deny\"", "unwrap_used = \"deny\""];
    for path in ["Cargo.toml", "tests/consumer/Cargo.toml"] {
        let text = tree.text(path).unwrap_or_default();
        let lacking = lints.iter().filter(|lint| !text.contains(**lint));
        complaints.extend(lacking.map(|lint| format!("{path}: lacks {lint}")));
    }
    complaints
}

/// What the manifest of a workspace says of where its members are.
fn members(manifest: &str) -> Vec<&str> {
    let list = manifest.split_once("\nmembers = [").and_then(|(_, after)| after.split_once(']'));
    list.map_or("", |(list, _)| list).split('"').skip(1).step_by(2).collect()
}

fn is_member(manifest: &str, patterns: &[&str]) -> bool {
    let directory = manifest.strip_suffix("/Cargo.toml").unwrap_or_default();
    patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(parent) => directory.strip_prefix(parent).is_some_and(|name| !name.contains('/')),
        None => directory == *pattern,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{none, one};

    #[test]
    fn what_is_unsafe_is_proven_and_listed() {
        none(&unproven(Tree::here()));
        let block = "//! A.\n// SAFETY: it is.\nlet x = unsafe { y };\n";
        let listed = (INVENTORY, "- `a.rs`: why");
        none(&unproven(&Tree::of(&[("a.rs", block), listed])));
        one(&unproven(&Tree::of(&[("a.rs", block)])), "not in SECURITY.md");
        one(&unproven(&Tree::of(&[("a.rs", "//! A.\nunsafe fn f() {}\n"), listed])), "no SAFETY: proof");
        none(&unproven(&Tree::of(&[("a.rs", "// unsafe\n\"unsafe\"; unsafe_code;")])));
    }

    #[test]
    fn the_lints_hold_for_every_crate() {
        none(&unlinted(Tree::here()));
        let root =
            tree_with_lints("unsafe_code = \"forbid\"\nmissing_docs = \"deny\"\nunwrap_used = \"deny\"\n");
        none(&unlinted(&root));
        let found = unlinted(&tree_with_lints("missing_docs = \"deny\"\nunwrap_used = \"deny\"\n"));
        assert_eq!(found.len(), 2, "{found:?}");
        let workspace = ("Cargo.toml", "[workspace]\nmembers = [\"crates/*\", \"b\"]\n");
        for member in ["crates/a/Cargo.toml", "b/Cargo.toml"] {
            let said = "\n# [lints]\n# workspace = true\n";
            one(&unlinted(&Tree::of(&[(member, said), workspace]))[..1], member);
        }
        let none_of_it = [("crates/a/b/Cargo.toml", ""), ("c/Cargo.toml", ""), workspace];
        assert!(unlinted(&Tree::of(&none_of_it)).iter().all(|found| found.contains(": lacks ")));
        assert!(members(Tree::here().text("Cargo.toml").unwrap()).len() > 2);
    }

    fn tree_with_lints(lints: &str) -> Tree {
        let member = ("crates/a/Cargo.toml", "[package]\n\n[lints]\nworkspace = true\n");
        let workspace = format!("[workspace]\nmembers = [\"crates/*\"]\n{lints}");
        Tree::of(&[member, ("Cargo.toml", &workspace), ("tests/consumer/Cargo.toml", lints)])
    }
}
