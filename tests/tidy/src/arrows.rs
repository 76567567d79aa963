//! Which crate may know which. ARCHITECTURE.md says it, in the list under "Arrows point one way", and the manifests are
//! held against that; its map says which crates are pure, and their code is held against that.

use crate::rust::is_word;
use crate::tree::Tree;
use std::collections::{BTreeMap, BTreeSet};

const DOCUMENT: &str = "ARCHITECTURE.md";

/// What a pure crate has no use for: clocks, chance, files, connections, threads. Modules are named without `std`, which
/// need not be beside them.
const IMPURE: [&str; 11] = [
    "fs",
    "process",
    "thread",
    "env",
    "SystemTime",
    "Instant",
    "TcpStream",
    "UdpSocket",
    "rand",
    "tokio",
    "environment",
];

/// From each crate, what it may know.
type Arrows = BTreeMap<String, BTreeSet<String>>;

/// The list of arrows in the document.
fn listed(tree: &Tree) -> Arrows {
    let mut arrows = Arrows::new();
    let text = tree.text(DOCUMENT).unwrap_or_default();
    let list = text.split_once("Arrows point one way").map_or("", |(_, after)| after);
    for line in list.split("```").nth(1).unwrap_or_default().lines() {
        let Some((from, to)) = line.split_once("->") else { continue };
        for from in names(from) {
            arrows.entry(from).or_default().extend(names(to));
        }
    }
    arrows
}

fn names(text: &str) -> impl Iterator<Item = String> {
    text.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// What the manifests of the crates say that they use, of one another.
fn used(tree: &Tree) -> Arrows {
    let manifest = |(path, text)| {
        let name = str::strip_prefix(path, "crates/")?.strip_suffix("/Cargo.toml")?;
        Some((name.to_owned(), dependencies(text)))
    };
    let mut used: Arrows = tree.ending("/Cargo.toml").filter_map(manifest).collect();
    let crates: BTreeSet<String> = used.keys().cloned().collect();
    for dependencies in used.values_mut() {
        dependencies.retain(|name| crates.contains(name));
    }
    used
}

/// What a manifest says that a crate is built of: the names in its `[dependencies]`, of whatever platform, and where one of
/// ours goes by another name there, its own.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut inside = false;
    let mut found = BTreeSet::new();
    for line in manifest.lines() {
        if let Some(table) = line.trim().strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            let own = table.strip_prefix("dependencies.");
            let of_platform = table.split_once("'.dependencies.").map(|(_, name)| name);
            found.extend(own.or(of_platform).map(str::to_owned));
            inside =
                table == "dependencies" || table.ends_with("'.dependencies") || own.or(of_platform).is_some();
            continue;
        }
        if inside && let Some((name, value)) = line.split_once(['.', '=']) {
            found.insert(name.trim().to_owned());
            let ours = value.split_once("\"tailwater-").and_then(|(_, name)| name.split('"').next());
            found.extend(ours.map(str::to_owned));
        }
    }
    found
}

/// All that is reached from a crate along arrows.
fn reached(arrows: &Arrows, from: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut ahead = vec![from];
    while let Some(next) = ahead.pop() {
        for to in arrows.get(next).into_iter().flatten() {
            if reached.insert(to.clone()) {
                ahead.push(to);
            }
        }
    }
    reached
}

/// Crates that know what the document does not let them know, and arrows that are none.
fn wrong_arrows(tree: &Tree) -> Vec<String> {
    let (listed, used) = (listed(tree), used(tree));
    let mut complaints = Vec::new();
    for (name, dependencies) in &used {
        let allowed = reached(&listed, name);
        if !listed.contains_key(name) && !listed.values().any(|to| to.contains(name)) {
            complaints.push(format!("{DOCUMENT} has no arrow of {name}"));
        }
        if allowed.contains(name) {
            complaints.push(format!("{DOCUMENT}: the arrows of {name} lead back to it"));
        }
        for unlisted in dependencies.difference(&allowed) {
            complaints.push(format!("{name} must not know {unlisted}: {DOCUMENT} has no arrow"));
        }
    }
    for (from, to) in &listed {
        for to in to.iter().filter(|to| used.get(from).is_none_or(|used| !used.contains(*to))) {
            complaints.push(format!("{DOCUMENT}: {from} does not use {to}"));
        }
    }
    complaints
}

/// The crates of the map, each with what it says of them.
fn mapped(tree: &Tree) -> BTreeMap<String, String> {
    let mut mapped: BTreeMap<String, String> = BTreeMap::new();
    let text = tree.text(DOCUMENT).unwrap_or_default();
    let map = text.split_once("## The map").map_or("", |(_, after)| after);
    let mut last = String::new();
    for line in map.split("```").nth(1).unwrap_or_default().lines() {
        if let Some((name, said)) = line.trim_start().split_once("/ ")
            && !name.contains(' ')
        {
            last = name.to_owned();
            mapped.insert(last.clone(), said.trim().to_owned());
        } else if let Some(said) = mapped.get_mut(&last) {
            said.push(' ');
            said.push_str(line.trim());
        }
    }
    mapped
}

/// Crates and directories that the map lacks, and such as are only on the map.
fn wrong_map(tree: &Tree) -> Vec<String> {
    let mapped = mapped(tree);
    let here: BTreeSet<&str> = tree.files().filter_map(|(path, _)| of_map(path)).collect();
    let lacking = here.iter().filter(|name| !mapped.contains_key(**name));
    let mut complaints: Vec<String> =
        lacking.map(|name| format!("{DOCUMENT}: the map lacks {name}")).collect();
    let gone = mapped.keys().filter(|name| *name != "crates" && !here.contains(name.as_str()));
    complaints.extend(gone.map(|name| format!("{DOCUMENT}: the map has {name}, which is not there")));
    complaints
}

/// What the map must have for this file: its crate, or its directory at the root.
fn of_map(path: &str) -> Option<&str> {
    let mut parts = path.split('/');
    let (first, second) = (parts.next()?, parts.next()?);
    match first {
        "crates" => parts.next().map(|_| second),
        // What is for machines only.
        _ if first.starts_with('.') => None,
        _ => Some(first),
    }
}

/// What pure crates use of the world.
fn impure(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for (name, said) in mapped(tree) {
        if !said.ends_with("; pure") {
            continue;
        }
        let manifest = tree.text(&format!("crates/{name}/Cargo.toml")).unwrap_or_default();
        for used in dependencies(manifest).iter().filter(|used| IMPURE.contains(&used.as_str())) {
            complaints.push(format!("{name} is pure and uses {used}"));
        }
        let within = format!("crates/{name}/src/");
        for (path, code) in tree.code().filter(|(path, _)| path.starts_with(&within)) {
            if path.ends_with("/tests.rs") || path.contains("/tests/") {
                continue;
            }
            let code = untested(code);
            let found = IMPURE.iter().filter(|word| names_path(code, word));
            complaints.extend(found.map(|word| format!("{path}: {name} is pure and uses {word}")));
        }
    }
    complaints
}

/// Whether code has a path of this.
fn names_path(code: &str, word: &str) -> bool {
    let mut found = code.match_indices(word);
    found.any(|(at, _)| !code[..at].ends_with(is_word) && code[at + word.len()..].starts_with("::"))
}

/// What of code is built for the server: nothing after the beginning of its tests.
fn untested(code: &str) -> &str {
    let end = code.find("#[cfg(test)]\nmod tests {").or_else(|| code.find("#[test]"));
    end.map_or(code, |end| &code[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{none, one};

    const LIST: &str = "## The map\n```\ncrates/\n  top/  what stands on all,\n        and more\n  low/  words; pure\n  mid/  between\n```\n\nArrows point one way:\n\n```\ntop -> mid\nmid -> low\n```\n";
    const TOP: &str = "[dependencies]\nmid.workspace = true\n\n[dev-dependencies]\nnone = \"1\"\n";
    const MID: &str = "[dependencies]\nlow = { workspace = true, features = [\"x\"] }\nserde = \"1\"\n";
    const LOW: &str = "[dependencies]\n\n[dev-dependencies]\ntop.workspace = true\n";

    fn with(list: &str, [top, mid, low]: [&str; 3], code: &str) -> Tree {
        let manifests = [("crates/top/Cargo.toml", top), ("crates/mid/Cargo.toml", mid)];
        let rest = [("crates/low/Cargo.toml", low), ("crates/low/src/lib.rs", code), (DOCUMENT, list)];
        Tree::of(&[&manifests[..], &rest[..]].concat())
    }

    #[test]
    fn crates_know_what_the_document_lets_them_know() {
        assert!(used(Tree::here()).len() > 15);
        none(&wrong_arrows(Tree::here()));
        none(&wrong_arrows(&with(LIST, [TOP, MID, LOW], "")));
        let both = "[dependencies]\nmid.workspace = true\nlow.workspace = true\n";
        none(&wrong_arrows(&with(LIST, [both, MID, LOW], "")));
    }

    #[test]
    fn wrong_arrows_are_found() {
        let up = "[dependencies]\ntop.workspace = true\n";
        for up in [
            up,
            "[dependencies.top]\nworkspace = true\n",
            "[target.'cfg(unix)'.dependencies]\ntop.workspace = true\n",
            "[target.'cfg(unix)'.dependencies.top]\nworkspace = true\n",
            "[dependencies]\nother = { package = \"tailwater-top\", path = \"../top\" }\n",
        ] {
            one(&wrong_arrows(&with(LIST, [TOP, MID, up], "")), "low must not know top");
        }
        one(&wrong_arrows(&with(LIST, [TOP, "", LOW], "")), "mid does not use low");
        let unknown = LIST.replace("mid -> low\n", "");
        let found = wrong_arrows(&with(&unknown, [TOP, MID, LOW], ""));
        assert!(found.iter().any(|found| found.contains("no arrow of low")), "{found:?}");
        let round = LIST.replace("mid -> low\n", "mid -> low\nlow -> top\n");
        let found = wrong_arrows(&with(&round, [TOP, MID, up], ""));
        assert_eq!(found.iter().filter(|found| found.contains("lead back")).count(), 3, "{found:?}");
    }

    #[test]
    fn the_map_shows_what_is_there() {
        none(&wrong_map(Tree::here()));
        none(&wrong_map(&with(LIST, [TOP, MID, LOW], "")));
        let lacking = LIST.replace("  mid/  between\n", "");
        one(&wrong_map(&with(&lacking, [TOP, MID, LOW], "")), "lacks mid");
        let more = LIST.replace("  mid/", "  gone/  once\n  mid/");
        one(&wrong_map(&with(&more, [TOP, MID, LOW], "")), "has gone");
        one(&wrong_map(&Tree::of(&[("place/x.md", "")])), "lacks place");
    }

    #[test]
    fn paths_are_whole_words() {
        assert!(names_path("use rand::x", "rand") && names_path("{ std::fs::read }", "fs"));
        assert!(!names_path("operand::x rand;", "rand"));
    }

    #[test]
    fn pure_crates_have_no_use_for_the_world() {
        let pure = mapped(Tree::here()).into_values().filter(|said| said.ends_with("; pure")).count();
        assert!(pure > 4, "only {pure} crates are pure");
        none(&impure(Tree::here()));
        let tested = "//! std::fs::read\n\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n";
        none(&impure(&with(LIST, [TOP, MID, LOW], tested)));
        for code in
            ["fn f() { std::fs::read(x) }", "use std::{fs, io};\nfn f() { fs::read(x) }\n#[test]\nfn g() {}"]
        {
            one(&impure(&with(LIST, [TOP, MID, LOW], code)), "uses fs");
        }
        one(&impure(&with(LIST, [TOP, MID, "[dependencies]\ntokio.workspace = true\n"], "")), "uses tokio");
    }
}
