//! `tailwater shards`: asks a running server about the shards of a stream, and to change or trim them.

use super::own;
use super::place::Where;
use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::process::ExitCode;

/// Look at the shards of a table's stream, roll them over, split or trim them, on a server that runs.
#[derive(Args, Debug)]
pub(crate) struct Shards {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show the shards, their parents and what they own.
    List(Which),
    /// Close open shards and go on in a child of each, as the server does by itself every few hours.
    Roll(Which),
    /// Close open shards and go on in two children of each, as AWS does under load.
    Split(Which),
    /// Trim records before their time, as retention does: readers that are behind get TrimmedDataAccessException.
    Trim {
        #[command(flatten)]
        which: Which,
        /// Those before a sequence number, or a time such as 2026-11-21T22:30:00Z, or all.
        #[arg(long, value_name = "SEQ|TIME|all", default_value = "all")]
        before: String,
    },
}

#[derive(Args, Debug)]
struct Which {
    /// The table.
    table: String,
    /// This shard only.
    #[arg(long, value_name = "ID")]
    shard: Option<String>,
}

/// Asks, and shows the answer.
pub(crate) fn run(shards: &Shards) -> anyhow::Result<ExitCode> {
    let (verb, which) = match &shards.action {
        Action::List(which) => ("list", which),
        Action::Roll(which) => ("roll", which),
        Action::Split(which) => ("split", which),
        Action::Trim { which, .. } => ("trim", which),
    };
    let place = shards.place.resolve(|name| std::env::var(name).ok())?;
    let mut question = json!({ "table": which.table, "region": place.region, "account": place.account });
    if let Some(shard) = &which.shard {
        question["shard_id"] = json!(shard);
    }
    if let Action::Trim { before, .. } = &shards.action {
        question["before"] = json!(before);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = runtime.block_on(own::ask(&place, &format!("streams/{verb}"), &question))?;
    show(&answer).context("cannot write to standard output")?;
    if let Some(trimmed) = answer["trimmed"].as_u64() {
        let shards = if trimmed == 1 { "1 shard".to_owned() } else { format!("{trimmed} shards") };
        // Nobody may be reading: it is done.
        let _ = writeln!(io::stderr(), "Records of {shards} are trimmed.");
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows the shards as a table, of the columns that the answer has.
fn show(answer: &Value) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if let Some(arn) = answer["stream"].as_str() {
        writeln!(out, "{arn}")?;
    }
    let rows = rows(answer["shards"].as_array().map_or(&[], Vec::as_slice));
    let widths: Vec<usize> = (0..COLUMNS.len())
        .map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or_default())
        .collect();
    for row in rows {
        let padded = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        writeln!(out, "{}", padded.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    out.flush()
}

/// The members of a shard that are shown, and their titles.
const COLUMNS: [(&str, &str); 6] = [
    ("id", "SHARD"),
    ("parent", "PARENT"),
    ("state", "STATE"),
    ("hashes", "HASHES"),
    ("created", "CREATED"),
    ("closed", "CLOSED"),
];

fn rows(shards: &[Value]) -> Vec<[String; COLUMNS.len()]> {
    let titles = COLUMNS.map(|(_, title)| title.to_owned());
    let cells = |shard: &Value| COLUMNS.map(|(member, _)| shard[member].as_str().unwrap_or("-").to_owned());
    std::iter::once(titles).chain(shards.iter().map(cells)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shard_does_not_have_is_a_dash() {
        let rows = rows(&[json!({ "id": "shardId-1", "state": "open", "parent": null })]);
        assert_eq!(rows[0][0], "SHARD");
        assert_eq!(rows[1], ["shardId-1", "-", "open", "-", "-", "-"]);
    }
}
