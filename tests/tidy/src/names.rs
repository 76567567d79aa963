//! How files are called and how they begin.

use crate::rust::is_word;
use crate::tree::Tree;

/// Names that say nothing of what is inside.
const BANNED: [&str; 8] = ["common", "helper", "helpers", "misc", "shared", "stuff", "util", "utils"];

/// Modules, and files of any kind, whose names say nothing.
fn banned(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for (path, _) in tree.files() {
        let named = |part: &str| BANNED.contains(&part.split('.').next().unwrap_or_default());
        if path.split('/').any(named) {
            complaints.push(format!("{path}: a name that says nothing"));
        }
    }
    for (path, code) in tree.code() {
        for (at, _) in code.match_indices("mod ") {
            let name: String = code[at + 4..].chars().take_while(|char| is_word(*char)).collect();
            if !code[..at].ends_with(is_word) && BANNED.contains(&name.as_str()) {
                complaints.push(format!("{path}: a module called {name}"));
            }
        }
    }
    complaints
}

/// Files of Rust that do not open by saying what they are for.
fn without_opening(tree: &Tree) -> Vec<String> {
    let opens = |text: &str| text.strip_prefix("//! ").is_some_and(|said| !said.starts_with('\n'));
    let silent = tree.ending(".rs").filter(|(_, text)| !opens(text));
    silent.map(|(path, _)| format!("{path}: does not open with //! and what it is for")).collect()
}

/// Scripts that go on after a command has failed.
fn careless_scripts(tree: &Tree) -> Vec<String> {
    let is_careless = |(_, text): &(&str, &str)| {
        let first = text.lines().next().unwrap_or_default();
        let is_script = first.starts_with("#!") && first.split(['/', ' ']).any(is_shell);
        is_script && !text.lines().any(|line| line == "set -euo pipefail")
    };
    let careless = tree.texts().filter(is_careless);
    careless.map(|(path, _)| format!("{path}: goes on after a failure (set -euo pipefail)")).collect()
}

fn is_shell(word: &str) -> bool {
    ["sh", "bash", "dash", "zsh"].contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{none, one};

    #[test]
    fn names_say_what_is_inside() {
        none(&banned(Tree::here()));
        one(&banned(&Tree::of(&[("crates/a/src/utils.rs", "//! x")])), "utils.rs");
        one(&banned(&Tree::of(&[("tests/common/x.py", "")])), "tests/common");
        one(&banned(&Tree::of(&[("a.rs", "mod helpers {}")])), "called helpers");
        none(&banned(&Tree::of(&[("commons.rs", "// mod util\nmod utility;")])));
    }

    #[test]
    fn every_file_says_what_it_is_for() {
        none(&without_opening(Tree::here()));
        one(&without_opening(&Tree::of(&[("a.rs", "use x;\n"), ("b.rs", "//! B.\n")])), "a.rs");
        one(&without_opening(&Tree::of(&[("a.rs", "//! \nuse x;\n")])), "a.rs");
    }

    #[test]
    fn scripts_stop_at_the_first_failure() {
        none(&careless_scripts(Tree::here()));
        for first in ["#!/usr/bin/env bash", "#!/bin/sh", "#! /bin/bash -x"] {
            let careless = format!("{first}\n# set -euo pipefail\nfalse\n");
            one(&careless_scripts(&Tree::of(&[("run", &careless)])), "run");
        }
        none(&careless_scripts(&Tree::of(&[("run", "#!/usr/bin/env python3\n")])));
    }
}
