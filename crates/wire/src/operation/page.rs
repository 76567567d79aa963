//! `docs/operations.md`, which says of each operation what this server does. It is made of the table of operations
//! and compared with it; where that changed, it is written anew with
//! `cargo test -p tailwater-wire -- --ignored operation::page::write_the_page`.

use super::{Operation, Service, Support};
use std::fmt::Write as _;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operations.md");

const HEADING: &str = "# Operations

What Tailwater does of each operation of DynamoDB and DynamoDB Streams. *Done* is what AWS does, but for what
[DIFFERENCES.md](../DIFFERENCES.md) names. *Stored only* is kept and shown, and nothing comes of it. *Refused* is answered
with a ValidationException that says so: `<operation> is not supported by this server`.

The parameters are those of the newest models that AWS's clients have. One that no table of this page knows is ignored.

This page is made of the tables in `crates/wire/src/operation.rs` and `crates/wire/src/operation/parameters.rs`; a test
compares them.
";

fn page() -> String {
    let mut page = HEADING.to_owned();
    for (service, title) in [(Service::DynamoDb, "DynamoDB"), (Service::Streams, "DynamoDB Streams")] {
        let columns =
            "| operation | | parameters done | stored only | refused | remarks |\n|---|---|---|---|---|---|";
        let _ = writeln!(page, "\n## {title}\n\n{columns}");
        for operation in Operation::ALL.iter().filter(|operation| operation.service() == service) {
            let support = match operation.support() {
                Support::Done => "done",
                Support::Stored => "stored only",
                Support::Refused => "refused",
            };
            let parameters = operation.parameters();
            let [done, stored, refused] =
                [listed(parameters.done()), listed(parameters.stored()), listed(parameters.refused())];
            let (name, remark) = (operation.name(), operation.remark());
            let _ = writeln!(page, "| {name} | {support} | {done} | {stored} | {refused} | {remark} |");
        }
    }
    page
}

fn listed(names: impl Iterator<Item = &'static str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[test]
fn the_page_says_what_the_table_says() {
    let found = std::fs::read_to_string(PAGE).unwrap();
    assert_eq!(found, page(), "write it anew: see the top of this file");
}

#[test]
#[ignore = "writes the page anew"]
fn write_the_page() {
    std::fs::write(PAGE, page()).unwrap();
}
