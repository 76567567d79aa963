//! How long functions are. Clippy holds each to 70 lines and 5 parameters; here nine of ten are held to 25 lines.

use crate::rust::{Function, functions};
use crate::tree::Tree;

/// What clippy.toml says, too.
const LINES_MAX: usize = 70;

/// What nine of ten functions stay within.
const LINES_P90_MAX: usize = 25;

fn of_tree(tree: &Tree) -> Vec<(&str, Function)> {
    let of_file = |(path, code)| functions(code).into_iter().map(move |function| (path, function));
    tree.code().flat_map(of_file).collect()
}

/// Functions that are too long, by themselves or together.
fn too_long(tree: &Tree) -> Vec<String> {
    let functions = of_tree(tree);
    let long = functions.iter().filter(|(_, function)| function.lines > LINES_MAX);
    let mut complaints: Vec<String> = long
        .map(|(path, function)| {
            format!("{path}:{}: {} has {} lines of code", function.line, function.name, function.lines)
        })
        .collect();
    let mut lines: Vec<usize> = functions.iter().map(|(_, function)| function.lines).collect();
    lines.sort_unstable();
    let p90 = lines.get(lines.len() * 9 / 10).copied().unwrap_or_default();
    if p90 > LINES_P90_MAX {
        complaints.push(format!("one of ten functions has more than {p90} lines of code"));
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{none, one};

    fn file(functions: &[usize]) -> String {
        let function = |lines: &usize| format!("fn f() {{\n{}}}\n", "    x();\n".repeat(*lines));
        functions.iter().map(function).collect()
    }

    #[test]
    fn functions_are_short() {
        let found = of_tree(Tree::here()).len();
        assert!(found > 8_000, "only {found} functions were found");
        none(&too_long(Tree::here()));
    }

    #[test]
    fn long_ones_are_found() {
        let mut lengths = [1; 100];
        lengths[3] = 71;
        one(&too_long(&Tree::of(&[("a.rs", &file(&lengths))])), "a.rs:10: f has 71 lines");
        lengths[..11].fill(26);
        one(&too_long(&Tree::of(&[("a.rs", &file(&lengths))])), "more than 26 lines");
    }
}
