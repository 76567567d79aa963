//! `unsafe` in crates of others that a request passes through: SECURITY.md lists them, and here their sources are looked
//! through, as cargo has them on this machine.

use crate::rust::{code, is_word};
use crate::supply::metadata;
use crate::tree::Tree;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const DOCUMENT: &str = "SECURITY.md";

/// What the list begins with. It ends with its paragraph.
const LIST: &str = "Of the crates of others that a request to a table passes through, these have `unsafe`:";

/// What answers requests to tables: the front door, and all below the operations.
const ROOTS: [&str; 2] = ["tailwater-server", "tailwater-database"];

/// The crates that the document lists.
fn listed(tree: &Tree) -> BTreeSet<String> {
    let text = tree.text(DOCUMENT).unwrap_or_default();
    let list = text.split_once(LIST).map_or("", |(_, after)| after);
    let list = list.split("\n\n").next().unwrap_or_default();
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whether a package only runs while others are compiled.
fn is_macro(package: &Value) -> bool {
    package["targets"][0]["kind"][0] == "proc-macro"
}

/// The ids of the packages that are linked into these.
fn linked<'m>(metadata: &'m Value, roots: &[&str]) -> BTreeSet<&'m str> {
    let packages = metadata["packages"].as_array().unwrap();
    let of_name = |name: &&str| packages.iter().find(|package| package["name"] == **name).unwrap();
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let mut ahead: Vec<&str> = roots.iter().map(|name| of_name(name)["id"].as_str().unwrap()).collect();
    let mut linked = BTreeSet::new();
    while let Some(next) = ahead.pop() {
        let package = packages.iter().find(|package| package["id"] == next).unwrap();
        if is_macro(package) || !linked.insert(next) {
            continue;
        }
        let node = nodes.iter().find(|node| node["id"] == next).unwrap();
        for dependency in node["deps"].as_array().unwrap() {
            // Neither those of builds nor those of tests, which have a kind.
            if dependency["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"].is_null()) {
                ahead.push(dependency["pkg"].as_str().unwrap());
            }
        }
    }
    linked
}

/// Those of the packages whose sources have the word.
fn with_unsafe(metadata: &Value, linked: &BTreeSet<&str>) -> BTreeSet<String> {
    let packages = metadata["packages"].as_array().unwrap().iter();
    let linked = packages.filter(|package| linked.contains(package["id"].as_str().unwrap()));
    let has_unsafe = |package: &&Value| {
        let manifest = Path::new(package["manifest_path"].as_str().unwrap());
        is_unsafe_below(&manifest.with_file_name("src"))
    };
    linked.filter(has_unsafe).map(|package| package["name"].as_str().unwrap().to_owned()).collect()
}

fn is_unsafe_below(directory: &Path) -> bool {
    let Ok(entries) = fs::read_dir(directory) else { return false };
    entries.map(|entry| entry.unwrap().path()).any(|path| {
        if path.is_dir() {
            return is_unsafe_below(&path);
        }
        path.extension().is_some_and(|extension| extension == "rs")
            && is_unsafe(&fs::read_to_string(path).unwrap())
    })
}

fn is_unsafe(text: &str) -> bool {
    // Most files do not have the word at all, and need not be read as Rust.
    text.contains("unsafe") && code(text).split(|char| !is_word(char)).any(|word| word == "unsafe")
}

#[test]
fn what_of_others_is_unsafe_is_listed() {
    let metadata = metadata();
    let linked = linked(&metadata, &ROOTS);
    assert!(linked.len() > 60, "only {} packages are linked", linked.len());
    let found = with_unsafe(&metadata, &linked);
    let listed = listed(Tree::here());
    let missing: Vec<_> = found.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&found).collect();
    assert!(missing.is_empty() && gone.is_empty(), "{DOCUMENT} lacks {missing:?} and has {gone:?}");
}

#[test]
fn the_word_is_looked_for_in_code_alone() {
    assert!(is_unsafe("fn f() { unsafe { g() } }") && is_unsafe("unsafe impl T for S {}"));
    assert!(!is_unsafe("#![forbid(unsafe_code)]\n// unsafe\nconst S: &str = \"unsafe\";"));
    let text = format!("Text.\n\n{LIST} `a`,\n`b-c`.\n\nNot `d`.\n");
    assert_eq!(listed(&Tree::of(&[(DOCUMENT, &text)])), ["a", "b-c"].map(str::to_owned).into());
}
