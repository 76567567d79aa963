//! `tailwater shards`: asks a running server about the shards of a stream, and to change them.

use super::own;
use super::place::Where;
use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::process::ExitCode;

/// Look at the shards of a table's stream, roll them over, or split them, on a server that runs.
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
    };
    let place = shards.place.resolve(|name| std::env::var(name).ok())?;
    let mut question = json!({ "table": which.table, "region": place.region, "account": place.account });
    if let Some(shard) = &which.shard {
        question["shard_id"] = json!(shard);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = runtime.block_on(own::ask(&place, &format!("streams/{verb}"), &question))?;
    show(&answer).context("cannot write to standard output")?;
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
