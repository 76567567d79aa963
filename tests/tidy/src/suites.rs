//! The table of suites in CONTRIBUTING.md: it has each suite that `tests/run` runs, and no other; and what must pass before
//! something lands takes no longer, by its seconds, than the budget.

use crate::tree::Tree;

const DOCUMENT: &str = "CONTRIBUTING.md";
const RUN: &str = "tests/run";
const HEAD: &str = "| suite | proves | alone | ci | full |";

/// The most seconds of the tier `ci`: 20 minutes.
const CI_S_MAX: u64 = 1_200;

/// The suites that the test command names, in its order.
fn steps(tree: &Tree) -> Vec<&str> {
    let steps = tree.text(RUN).unwrap_or_default().lines().filter_map(|line| {
        let (name, _) = line.trim().strip_prefix("step \"")?.split_once('"')?;
        (name != "all tests passed").then_some(name)
    });
    steps.collect()
}

/// The rows of the table: the suite, and its seconds in both tiers, as written.
fn rows(tree: &Tree) -> Vec<[&str; 3]> {
    let text = tree.text(DOCUMENT).unwrap_or_default();
    let table = text.split_once(HEAD).map_or("", |(_, after)| after);
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.filter_map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [suite, .., ci, full] = cells.as_slice() else { return None };
        Some([*suite, *ci, *full])
    })
    .collect()
}

/// What of the table is not true.
fn wrong(tree: &Tree) -> Vec<String> {
    let (steps, rows) = (steps(tree), rows(tree));
    let lacking = steps.iter().filter(|step| !rows.iter().any(|[suite, ..]| suite == *step));
    let mut complaints: Vec<String> =
        lacking.map(|step| format!("{DOCUMENT} has no row of the suite {step:?} of {RUN}")).collect();
    let gone = rows.iter().filter(|[suite, ..]| !steps.contains(suite));
    complaints.extend(gone.map(|[suite, ..]| format!("{RUN} has no suite {suite:?}, as {DOCUMENT} says")));
    let mut sum_s = 0;
    for [suite, ci, full] in &rows {
        // A dash: it is not in that tier.
        match ci.parse::<u64>() {
            Ok(seconds) => sum_s += seconds,
            Err(_) if *ci == "-" => {}
            Err(_) => complaints.push(format!("{DOCUMENT}: {suite} takes {ci:?} seconds in ci")),
        }
        // A question mark: it was not timed yet.
        if full.parse::<u64>().is_err() && *full != "?" {
            complaints.push(format!("{DOCUMENT}: {suite} takes {full:?} seconds in full"));
        }
    }
    if sum_s > CI_S_MAX {
        complaints.push(format!("{DOCUMENT}: ci takes {sum_s} s, and the budget is {CI_S_MAX} s"));
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{none, one};

    const STEPS: (&str, &str) = (RUN, "step \"a\"\n    step \"b, or c\"\nstep \"all tests passed\"\n");

    fn with(rows: &str) -> Vec<String> {
        let table = format!("Text.\n\n{HEAD}\n|---|---|---|---|---|\n{rows}\nText | more | 1 | 2 |\n");
        wrong(&Tree::of(&[STEPS, (DOCUMENT, &table)]))
    }

    #[test]
    fn the_table_of_suites_is_true_and_within_the_budget() {
        assert!(rows(Tree::here()).len() > 8);
        none(&wrong(Tree::here()));
        none(&with("| a | that | `x | y` | 1200 | 2000 |\n| b, or c | this | `z` | - | 9000 |\n"));
    }

    #[test]
    fn what_is_not_true_of_it_is_found() {
        let (a, b) = ("| a | that | `x` | 700 | 2000 |\n", "| b, or c | this | `z` | 500 | 1 |\n");
        one(&with(a), "no row of the suite \"b, or c\"");
        one(&with(&format!("{a}{b}| d | this | `z` | 0 | 0 |\n")), "no suite \"d\"");
        one(&with(&format!("{a}{}", b.replace("500", "501"))), "ci takes 1201 s");
        one(&with(&format!("{a}{}", b.replace("500", "long"))), "\"long\" seconds in ci");
        one(&with(&format!("{a}{}", b.replace("| 1 |", "| - |"))), "\"-\" seconds in full");
    }
}
