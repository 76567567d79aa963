//! What comes from others: how many crates, from where, and under which licences. `cargo deny check` says more, where it
//! is installed; this needs nothing, so it is tested everywhere. What is allowed is read from deny.toml.

use crate::tree::{Tree, root};
use std::process::Command;

/// The most crates of others that the server, its tests, its benchmark and the simulation may be built of. Most of them
/// come with the HTTP server, the storage engine, the command line, what reads archives and checksums, and TLS to AWS
/// (of whose 25 only 10 are built on Linux). A crate more is an author to trust, a licence, and seconds of everybody's
/// build: raise this in the commit that needs it, and say there why it is worth that.
const CRATES_MAX: usize = 240;

/// The only place that crates of others come from.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// The packages of a lock file.
fn locked(lock: &str) -> impl Iterator<Item = &str> {
    lock.split("[[package]]").skip(1)
}

/// A text of a package.
fn value<'a>(package: &'a str, name: &str) -> Option<&'a str> {
    let line = package.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \""))?;
    line.strip_suffix('"')
}

fn over_budget(tree: &Tree) -> Vec<String> {
    let lock = tree.text("Cargo.lock").unwrap_or_default();
    let others = locked(lock).filter(|package| value(package, "source").is_some()).count();
    let over = format!("Cargo.lock has {others} crates of others, and the budget is {CRATES_MAX}");
    (others > CRATES_MAX).then_some(over).into_iter().collect()
}

/// Crates of others that do not come, by their checksum, from the registry.
fn strange_sources(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for (path, lock) in tree.ending("Cargo.lock") {
        for package in locked(lock) {
            let (name, source) = (value(package, "name").unwrap_or_default(), value(package, "source"));
            let is_known = source == Some(REGISTRY) && value(package, "checksum").is_some();
            if source.is_some() && !is_known {
                complaints.push(format!("{path}: {name} is not from crates.io"));
            }
            if source.is_none() && !name.starts_with("tailwater") {
                complaints.push(format!("{path}: {name} is neither ours nor from crates.io"));
            }
        }
    }
    complaints
}

/// The licences that deny.toml allows.
fn allowed(deny: &str) -> Vec<&str> {
    let licenses = deny.split_once("[licenses]").map_or("", |(_, after)| after);
    let list = licenses.split_once("allow = [").and_then(|(_, after)| after.split_once(']'));
    let lines = list.map_or("", |(list, _)| list).lines().map(|line| line.split('#').next().unwrap_or(""));
    lines.flat_map(|line| line.split('"').skip(1).step_by(2)).collect()
}

/// Whether an expression of licences (SPDX) is met by these alone. `AND` binds closer than `OR`.
fn is_met(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (met, rest) = any(&words, allowed);
    met && rest.is_empty()
}

fn any<'w>(words: &'w [&'w str], allowed: &[&str]) -> (bool, &'w [&'w str]) {
    let (mut met, mut rest) = all(words, allowed);
    while let ["OR", after @ ..] = rest {
        let (next, left) = all(after, allowed);
        (met, rest) = (met | next, left);
    }
    (met, rest)
}

fn all<'w>(words: &'w [&'w str], allowed: &[&str]) -> (bool, &'w [&'w str]) {
    let (mut met, mut rest) = licence(words, allowed);
    while let ["AND", after @ ..] = rest {
        let (next, left) = licence(after, allowed);
        (met, rest) = (met & next, left);
    }
    (met, rest)
}

fn licence<'w>(words: &'w [&'w str], allowed: &[&str]) -> (bool, &'w [&'w str]) {
    match words {
        ["(", inside @ ..] => {
            let (met, rest) = any(inside, allowed);
            rest.split_first().map_or((false, rest), |(close, rest)| (met && *close == ")", rest))
        }
        [name, "WITH", exception, rest @ ..] => {
            let whole = format!("{name} WITH {exception}");
            (allowed.contains(name) || allowed.contains(&whole.as_str()), rest)
        }
        [name, rest @ ..] => (allowed.contains(name), rest),
        [] => (false, words),
    }
}

/// Licences, by package, that are not allowed.
fn forbidden(packages: &[(String, String)], deny: &str) -> Vec<String> {
    let allowed = allowed(deny);
    let forbidden = packages.iter().filter(|(_, licence)| !is_met(licence, &allowed));
    forbidden.map(|(name, licence)| format!("{name}: {licence:?} is not allowed by deny.toml")).collect()
}

/// What cargo says of all packages, as they are built on this machine.
pub(crate) fn metadata() -> serde_json::Value {
    let version = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked", "--offline", "--filter-platform", host])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    serde_json::from_slice(&metadata.stdout).unwrap()
}

/// Every package that is built on this machine, and its licence, as its manifest says.
fn packages() -> Vec<(String, String)> {
    let metadata = metadata();
    let text =
        |package: &serde_json::Value, name: &str| package[name].as_str().unwrap_or_default().to_owned();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages.map(|package| (text(package, "name"), text(package, "license"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{none, one};

    #[test]
    fn crates_of_others_are_few() {
        none(&over_budget(Tree::here()));
        let package = format!("[[package]]\nname = \"a\"\nsource = \"{REGISTRY}\"\n");
        none(&over_budget(&Tree::of(&[("Cargo.lock", &package.repeat(CRATES_MAX))])));
        one(&over_budget(&Tree::of(&[("Cargo.lock", &package.repeat(CRATES_MAX + 1))])), "budget");
    }

    #[test]
    fn crates_of_others_come_from_the_registry() {
        assert!(locked(Tree::here().text("Cargo.lock").unwrap()).count() > 100);
        none(&strange_sources(Tree::here()));
        let package = |source: &str| format!("[[package]]\nname = \"a\"\n{source}\n");
        let known = format!("source = \"{REGISTRY}\"\nchecksum = \"00\"");
        none(&strange_sources(&Tree::of(&[("Cargo.lock", &package(&known))])));
        let git = package("source = \"git+https://example.com/a\"");
        one(&strange_sources(&Tree::of(&[("x/Cargo.lock", &git)])), "not from crates.io");
        one(&strange_sources(&Tree::of(&[("Cargo.lock", &package(""))])), "neither ours");
        let unsure = package(&known.replace("checksum", "sum"));
        one(&strange_sources(&Tree::of(&[("Cargo.lock", &unsure)])), "not from crates.io");
    }

    #[test]
    fn licences_are_allowed() {
        let deny = Tree::here().text("deny.toml").unwrap();
        let packages = packages();
        assert!(packages.len() > 100, "{}", packages.len());
        none(&forbidden(&packages, deny));
        let strange = [("a".to_owned(), "SSPL-1.0".to_owned()), ("b".to_owned(), "MIT".to_owned())];
        one(&forbidden(&strange, deny), "a: \"SSPL-1.0\"");
        one(&forbidden(&[("a".to_owned(), String::new())], deny), "a: \"\"");
    }

    #[test]
    fn expressions_of_licences_are_understood() {
        let allowed = allowed("[licenses]\nallow = [\n  \"A\", # \"D\"\n  \"B\",\n  \"C WITH x\",\n]\n");
        assert_eq!(allowed, ["A", "B", "C WITH x"]);
        for met in ["A", "A OR D", "D/A", "A AND B", "(D OR A) AND B", "D AND D OR A", "C WITH x", "A WITH y"]
        {
            assert!(is_met(met, &allowed), "{met}");
        }
        for unmet in ["", "D", "A AND D", "(A OR B", "C", "C WITH y", "A B", "(A OR D) AND D", "OR"] {
            assert!(!is_met(unmet, &allowed), "{unmet}");
        }
    }
}
