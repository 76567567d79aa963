//! Planted defects: `tests/mutants/run` has a suite for each that the code has, and none for one that it has not.

use crate::tree::Tree;
use std::collections::BTreeSet;

const RUN: &str = "tests/mutants/run";

/// What the code asks for a defect by.
const PLANTED: &str = concat!("planted", "(\"");

/// Tasks in the background panic on purpose by their names: such a defect is `panic in NAME`.
const PANIC: &str = "panic in ";

/// The defects that the code has.
fn planted(tree: &Tree) -> BTreeSet<&str> {
    let after = tree.ending(".rs").flat_map(|(_, text)| text.split(PLANTED).skip(1));
    after.filter_map(|name| Some(name.split_once('"')?.0)).collect()
}

/// The defects that there is a suite for.
fn caught(tree: &Tree) -> BTreeSet<&str> {
    let text = tree.text(RUN).unwrap_or_default();
    let list = text.split_once("DEFECTS = [").map_or("", |(_, after)| after);
    let rows = list.lines().skip(1).take_while(|line| !line.starts_with(']'));
    rows.filter_map(|line| line.trim().strip_prefix("(\"")?.split_once('"').map(|(name, _)| name)).collect()
}

/// Defects without a suite, and suites without a defect.
fn wrong(tree: &Tree) -> Vec<String> {
    let (planted, caught) = (planted(tree), caught(tree));
    let missed = planted.difference(&caught).map(|name| format!("{RUN} has no suite that catches {name}"));
    let is_gone = |name: &&&str| match name.strip_prefix(PANIC) {
        Some(task) => !tree.ending(".rs").any(|(_, text)| text.contains(&format!("\"{task}\""))),
        None => !planted.contains(*name),
    };
    let gone = caught.iter().filter(is_gone).map(|name| format!("{RUN}: no code has the defect {name}"));
    missed.chain(gone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{none, one};

    fn with(code: &str, rows: &str) -> Vec<String> {
        wrong(&Tree::of(&[("a.rs", code), (RUN, &format!("DEFECTS = [\n{rows}]\n"))]))
    }

    #[test]
    fn each_planted_defect_has_a_suite() {
        assert!(planted(Tree::here()).len() > 10);
        none(&wrong(Tree::here()));
        let code = format!("if x::{PLANTED}a\") && {PLANTED}b\") {{}}\nkeep(\"task\")\n");
        let (a, b) = ("    (\"a\", \"p\", []),\n", "    (\"b\", \"p\", []),\n");
        none(&with(&code, &format!("{a}{b}{b}")));
        one(&with(&code, a), "no suite that catches b");
        one(&with(&code, &format!("{a}{b}    (\"c\", \"p\", []),\n")), "no code has the defect c");
        none(&with(&code, &format!("{a}{b}    (\"{PANIC}task\", \"p\", []),\n")));
        one(&with(&code, &format!("{a}{b}    (\"{PANIC}other\", \"p\", []),\n")), "panic in other");
    }
}
