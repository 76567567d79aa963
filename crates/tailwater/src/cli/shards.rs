//! `tailwater shards`: asks a running server about the shards of a stream, and to change or trim them.

use super::api::{Described, Streams, Tables};
use super::output;
use super::own::{self, NotTailwater};
use super::place::{Place, Where};
use super::table::columns;
use anyhow::bail;
use clap::{Args, Subcommand};
use environment::Environment;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  tailwater shards list dogs                    Show the shards of a table's stream
  tailwater shards roll dogs                    Close the open shards; each goes on in a child
  tailwater shards split dogs --shard ID        Close one shard; it goes on in two children
  tailwater shards trim dogs                    Trim all that is there, under whoever is behind";

/// Look at the shards of a table's stream, roll them over, split or trim them, on a server that runs.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Shards {
    #[command(subcommand)]
    action: Action,
    /// Give JSON, a line for each shard.
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show the shards, their parents and what they own; of AWS and other servers what DescribeStream tells of them.
    #[command(
        after_help = "Examples:\n  tailwater shards list dogs\n  tailwater shards list dogs --endpoint https://dynamodb.eu-west-1.amazonaws.com"
    )]
    List(Which),
    /// Close open shards and go on in a child of each, as the server does by itself every few hours.
    #[command(after_help = "Example: tailwater shards roll dogs")]
    Roll(Which),
    /// Close open shards and go on in two children of each, as AWS does under load.
    #[command(after_help = "Example: tailwater shards split dogs")]
    Split(Which),
    /// Trim records before their time, as retention does: readers that are behind get TrimmedDataAccessException.
    #[command(
        after_help = "Examples:\n  tailwater shards trim dogs\n  tailwater shards trim dogs --before 2026-11-21T22:30:00Z"
    )]
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
    let answer = match runtime.block_on(own::ask(&place, &format!("streams/{verb}"), &question)) {
        Err(error) if error.is::<NotTailwater>() && verb == "list" => {
            runtime.block_on(described(&place, which))?
        }
        answer => answer?,
    };
    let text = match shards.json {
        true => listed(&answer).iter().map(|shard| format!("{shard}\n")).collect(),
        false => shown(&answer),
    };
    output::write(&text)?;
    if let Some(trimmed) = answer["trimmed"].as_u64() {
        let shards = if trimmed == 1 { "1 shard".to_owned() } else { format!("{trimmed} shards") };
        // Nobody may be reading: it is done.
        let _ = writeln!(io::stderr(), "Records of {shards} are trimmed.");
    }
    Ok(ExitCode::SUCCESS)
}

/// The shards of a table's stream by DynamoDB's own operations, in the form of ours.
async fn described(place: &Place, which: &Which) -> anyhow::Result<Value> {
    let clock = Environment::system().clock;
    let table = Tables::new(place, &clock).describe(&which.table).await?;
    let stream = Streams::new(place, &clock)?.describe(table.stream_arn()?).await?;
    if let Some(id) = &which.shard
        && stream.shards.iter().all(|shard| shard.id != *id)
    {
        bail!("the stream has no shard {id}");
    }
    Ok(of_stream(&stream, which.shard.as_deref()))
}

fn of_stream(stream: &Described, only: Option<&str>) -> Value {
    let wanted = stream.shards.iter().filter(|shard| only.is_none_or(|only| only == shard.id));
    let shards = wanted.map(|shard| {
        json!({
            "id": shard.id,
            "parent": shard.parent,
            "state": if shard.ending.is_some() { "closed" } else { "open" },
        })
    });
    json!({ "stream": stream.stream_arn, "shards": shards.collect::<Vec<_>>() })
}

fn listed(answer: &Value) -> &[Value] {
    answer["shards"].as_array().map_or(&[], Vec::as_slice)
}

/// The stream, and its shards as a table.
fn shown(answer: &Value) -> String {
    let stream = answer["stream"].as_str().map(|arn| format!("{arn}\n")).unwrap_or_default();
    stream + &columns(COLUMNS.map(|(_, title)| title), &rows(listed(answer)))
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
    let cells = |shard: &Value| COLUMNS.map(|(member, _)| shard[member].as_str().unwrap_or("-").to_owned());
    shards.iter().map(cells).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_of_any_server_are_shown() {
        let closed = (Some("1"), Some("7"));
        let stream = Described::of_shards(&[("a", None, closed), ("b", Some("a"), (Some("8"), None))]);
        let shown = rows(listed(&of_stream(&stream, None)));
        assert_eq!(shown[0], ["a", "-", "closed", "-", "-", "-"]);
        assert_eq!(shown[1], ["b", "a", "open", "-", "-", "-"]);
        assert_eq!(listed(&of_stream(&stream, Some("b"))).len(), 1);
    }

    #[test]
    fn what_a_shard_does_not_have_is_a_dash() {
        let rows = rows(&[json!({ "id": "shardId-1", "state": "open", "parent": null })]);
        assert_eq!(rows, [["shardId-1", "-", "open", "-", "-", "-"]]);
    }
}
