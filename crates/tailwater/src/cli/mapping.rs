//! `tailwater mapping`: event source mappings, where they stand, moving them, and the batches that they gave up.

use super::api::mappings;
use super::output;
use super::own::{self, NotTailwater};
use super::place::{Place, Where};
use super::table::{self, columns, time};
use crate::function_output::harmless;
use crate::units;
use clap::{Args, Subcommand};
use environment::Environment;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  tailwater mapping explain walk                What it does, or why it is idle
  tailwater mapping runs walk --json            Its last calls, and what came of them
  tailwater mapping pause walk                  Disable it, and wait until no call is under way
  tailwater mapping seek walk --to start        Deliver everything again
  tailwater mapping seek walk --to latest       Skip what there is
  tailwater mapping resume walk
  tailwater mapping list --endpoint https://dynamodb.eu-west-1.amazonaws.com

list and show work on AWS, too; the rest is known to, and done by, Tailwater servers only.";

/// Look at event source mappings, pause, resume and move them, and look at the batches that they gave up.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Mapping {
    #[command(subcommand)]
    action: Action,
    /// Give JSON, one line each.
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show all mappings, and where they stand; of AWS what Lambda tells of them.
    #[command(
        after_help = "Examples:\n  tailwater mapping list\n  tailwater mapping list --endpoint https://dynamodb.eu-west-1.amazonaws.com"
    )]
    List,
    /// Show one mapping: where it stands with each shard, and what it did last; of AWS what Lambda tells of it.
    #[command(after_help = "Example: tailwater mapping show walk")]
    Show(Which),
    /// Show the last calls of a mapping, oldest first. AWS keeps none.
    #[command(after_help = "Example: tailwater mapping runs walk --count 5")]
    Runs {
        #[command(flatten)]
        which: Which,
        /// So many.
        #[arg(long, value_name = "COUNT", default_value_t = 20)]
        count: u32,
    },
    /// Tell what a mapping does, or why it does nothing.
    #[command(after_help = "Example: tailwater mapping explain walk")]
    Explain(Which),
    /// Disable a mapping, and wait until no call of it is under way. It keeps its position.
    #[command(after_help = "Example: tailwater mapping pause walk")]
    Pause(Switched),
    /// Enable a mapping, which goes on where it stopped.
    #[command(after_help = "Example: tailwater mapping resume walk")]
    Resume(Switched),
    /// Move a mapping of a stream, and tell what that repeats and skips. Its calls under way end first.
    #[command(
        after_help = "Examples:\n  tailwater mapping seek walk --to start\n  tailwater mapping seek walk --to 2026-11-21T22:30:00Z"
    )]
    Seek {
        #[command(flatten)]
        which: Switched,
        /// start, latest, a time such as 2026-11-21T22:30:00Z, or positions (SHARD:SEQUENCE, separated by commas), after
        /// which it goes on.
        #[arg(long, value_name = "start|latest|TIME|POSITIONS")]
        to: String,
    },
    /// Show the batches that were given up; with --batch, one of them with its event.
    #[command(
        after_help = "Examples:\n  tailwater mapping discarded walk\n  tailwater mapping discarded --batch 3 --json"
    )]
    Discarded(Discarded),
    /// Call the function again with one discarded batch. Where it succeeds, the batch is kept no longer.
    #[command(after_help = "Example: tailwater mapping rerun 3")]
    Rerun(Number),
    /// Call the function again with each discarded batch of a mapping, oldest first.
    #[command(after_help = "Example: tailwater mapping redrive walk")]
    Redrive(Which),
    /// Delete a discarded batch.
    #[command(after_help = "Example: tailwater mapping drop 3")]
    Drop(Number),
}

#[derive(Args, Debug)]
struct Which {
    /// The mapping's UUID or the beginning of it, or its function where that has only one.
    mapping: String,
}

#[derive(Args, Debug)]
struct Switched {
    #[command(flatten)]
    which: Which,
    /// Wait for calls under way for so long, at most 15 minutes.
    #[arg(long, value_name = "TIME", value_parser = units::duration, default_value = "60s")]
    timeout: Duration,
}

#[derive(Args, Debug)]
struct Discarded {
    /// The mapping; all of them where it is not given.
    mapping: Option<String>,
    /// The number of a batch.
    #[arg(long, value_name = "NUMBER", conflicts_with = "mapping")]
    batch: Option<u64>,
}

#[derive(Args, Debug)]
struct Number {
    /// The number of the batch.
    batch: u64,
}

/// Asks, and shows the answer.
pub(crate) fn run(mapping: &Mapping) -> anyhow::Result<ExitCode> {
    let place = mapping.place.resolve(|name| std::env::var(name).ok())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (verb, question) = question(&mapping.action);
    let answer = runtime.block_on(ask(&place, verb, question))?;
    let text = if mapping.json { lines(verb, &answer) } else { shown(verb, &answer) };
    output::write(&text)?;
    // A script is to see that something failed again.
    let batches = answer["batches"].as_array().map_or(std::slice::from_ref(&answer), Vec::as_slice);
    let failed = batches.iter().any(|batch| batch["outcome"] == "failed");
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn question(action: &Action) -> (&'static str, Value) {
    match action {
        Action::List => ("list", json!({})),
        Action::Show(Which { mapping }) => ("show", json!({ "mapping": mapping })),
        Action::Runs { which, count } => ("runs", json!({ "mapping": which.mapping, "count": count })),
        Action::Explain(Which { mapping }) => ("explain", json!({ "mapping": mapping })),
        Action::Pause(switched) => ("pause", switched.question()),
        Action::Resume(switched) => ("resume", switched.question()),
        Action::Seek { which, to } => {
            let mut question = which.question();
            question["to"] = json!(to);
            ("seek", question)
        }
        Action::Discarded(Discarded { batch: Some(batch), .. }) => ("batch", json!({ "batch": batch })),
        Action::Discarded(Discarded { mapping: Some(mapping), .. }) => {
            ("discarded", json!({ "mapping": mapping }))
        }
        Action::Discarded(_) => ("discarded", json!({})),
        Action::Rerun(Number { batch }) => ("rerun", json!({ "batch": batch })),
        Action::Redrive(Which { mapping }) => ("redrive", json!({ "mapping": mapping })),
        Action::Drop(Number { batch }) => ("delete", json!({ "batch": batch })),
    }
}

impl Switched {
    fn question(&self) -> Value {
        let timeout_ms = u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX);
        json!({ "mapping": self.which.mapping, "timeout_ms": timeout_ms })
    }
}

/// A line of JSON for each of what was asked for.
fn lines(verb: &str, answer: &Value) -> String {
    let member = match verb {
        "list" => "mappings",
        "runs" => "runs",
        "seek" => "shards",
        "discarded" => "discarded",
        "redrive" => "batches",
        _ => return format!("{answer}\n"),
    };
    answer[member].as_array().into_iter().flatten().map(|element| format!("{element}\n")).collect()
}

async fn ask(place: &Place, verb: &str, mut question: Value) -> anyhow::Result<Value> {
    question["region"] = json!(place.region);
    question["account"] = json!(place.account);
    match own::ask(place, &format!("mappings/{verb}"), &question).await {
        Err(error) if error.is::<NotTailwater>() => of_lambda(place, verb, &question, error).await,
        answer => answer,
    }
}

/// What AWS and other servers tell of mappings.
async fn of_lambda(
    place: &Place,
    verb: &str,
    question: &Value,
    error: anyhow::Error,
) -> anyhow::Result<Value> {
    let clock = Environment::system().clock;
    let list = || mappings::list(place, &clock);
    match verb {
        "list" => Ok(json!({ "mappings": list().await? })),
        "show" => mappings::named(list().await?, question["mapping"].as_str().unwrap_or_default()),
        _ => Err(error),
    }
}

fn shown(verb: &str, answer: &Value) -> String {
    let list = |name: &str| answer[name].as_array().map_or(&[][..], Vec::as_slice);
    match verb {
        "list" => listed(list("mappings")),
        "show" | "explain" => one(answer),
        "runs" => match list("runs") {
            [] => "Nothing is remembered of its calls.\n".to_owned(),
            runs => runs.iter().map(table::attempt).collect(),
        },
        "pause" | "resume" => {
            format!("{}: {}\n", text(&answer["uuid"]), text(&answer["says"]))
        }
        "seek" => sought(answer),
        "discarded" => discarded(list("discarded")),
        "rerun" => rerun(answer),
        "redrive" => match list("batches") {
            [] => "There are no discarded batches of this mapping.\n".to_owned(),
            batches => batches.iter().map(rerun).collect(),
        },
        "delete" => format!("Discarded batch {} is deleted.\n", answer["deleted"]),
        _ => format!("{answer:#}\n"),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

/// `table dogs`, `stream clicks`, `queue jobs`: an ARN as people say it.
fn source(arn: &str) -> String {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let rest = parts.get(5).copied().unwrap_or(arn);
    let name = rest.split('/').nth(1).unwrap_or(rest);
    match parts.get(2) {
        Some(&"dynamodb") => format!("table {name}"),
        Some(&"kinesis") => format!("stream {name}"),
        Some(&"sqs") => format!("queue {rest}"),
        _ => arn.to_owned(),
    }
}

fn listed(mappings: &[Value]) -> String {
    if mappings.is_empty() {
        return "There are no event source mappings.\n".to_owned();
    }
    let row = |mapping: &Value| {
        [
            text(&mapping["uuid"]),
            source(mapping["source"].as_str().unwrap_or_default()),
            text(&mapping["function"]),
            if mapping["enabled"] == true { "enabled".to_owned() } else { "disabled".to_owned() },
            text(&mapping["discarded"]),
            text(&mapping["says"]),
        ]
    };
    let rows: Vec<_> = mappings.iter().map(row).collect();
    columns(["MAPPING", "SOURCE", "FUNCTION", "STATE", "DISCARDED", "NOW"], &rows)
}

fn one(mapping: &Value) -> String {
    let mut out = String::new();
    for (title, member) in [
        ("mapping", "uuid"),
        ("source", "source"),
        ("function", "function_arn"),
        ("last result", "last_result"),
        ("now", "says"),
    ] {
        let _ = writeln!(out, "{title:12} {}", text(&mapping[member]));
    }
    for why in mapping["why"].as_array().into_iter().flatten() {
        let _ = writeln!(out, "{:12} {}", "why", text(why));
    }
    for filter in mapping["filters"].as_array().into_iter().flatten() {
        let _ = writeln!(out, "{:12} {}", "filter", text(filter));
    }
    if let Some(count) = mapping["discarded"].as_u64().filter(|count| *count > 0) {
        let batches = if count == 1 { "batch" } else { "batches" };
        let _ = writeln!(out, "{:12} {count} {batches} (tailwater mapping discarded)", "discarded");
    }
    let row = |shard: &Value| {
        let lanes = shard["lanes"].as_array().map_or(&[][..], Vec::as_slice);
        let doing: Vec<String> = lanes.iter().map(|lane| text(&lane["says"])).collect();
        [text(&shard["shard"]), text(&shard["state"]), text(&shard["position"]), doing.join(" ")]
    };
    let rows: Vec<_> = mapping["shards"].as_array().into_iter().flatten().map(row).collect();
    if !rows.is_empty() {
        let _ = write!(out, "\n{}", columns(["SHARD", "STATE", "POSITION", "NOW"], &rows));
    }
    let attempts = mapping["attempts"].as_array().map_or(&[][..], Vec::as_slice);
    if !attempts.is_empty() {
        out.push_str("\nThe last attempts, newest first:\n");
        attempts.iter().for_each(|attempt| out.push_str(&table::attempt(attempt)));
    }
    out
}

/// What a move repeats and skips.
fn sought(answer: &Value) -> String {
    let row = |shard: &Value| {
        let effect = match (shard["effect"].as_str(), shard["records"].as_u64()) {
            (Some(effect), Some(count)) if effect != "stays" => {
                let more = if shard["more"] == true { "more than " } else { "" };
                format!("{effect} {more}{count} record{}", if count == 1 { "" } else { "s" })
            }
            (effect, _) => effect.unwrap_or_default().to_owned(),
        };
        [text(&shard["shard"]), text(&shard["from"]), text(&shard["to"]), effect]
    };
    let rows: Vec<_> = answer["shards"].as_array().into_iter().flatten().map(row).collect();
    let mut out = columns(["SHARD", "FROM", "TO", "EFFECT"], &rows);
    if answer["enabled"] == false {
        out.push_str("The mapping is disabled: it goes on from there when it is enabled.\n");
    }
    out
}

fn discarded(batches: &[Value]) -> String {
    if batches.is_empty() {
        return "There are no discarded batches.\n".to_owned();
    }
    let row = |batch: &Value| {
        [
            text(&batch["id"]),
            time(&batch["time_ms"]),
            text(&batch["mapping"]),
            text(&batch["shard"]),
            text(&batch["size"]),
            text(&batch["first"]),
            text(&batch["condition"]),
            text(&batch["error"]).replace(['\n', '\r'], " "),
        ]
    };
    let rows: Vec<_> = batches.iter().map(row).collect();
    columns(["BATCH", "GIVEN UP", "MAPPING", "SHARD", "RECORDS", "FIRST", "WHY", "ERROR"], &rows)
}

fn rerun(batch: &Value) -> String {
    let mut out = format!("batch {}: {}", batch["id"], text(&batch["outcome"]));
    if let Some(error) = batch["error"].as_str().filter(|_| batch["outcome"] == "failed") {
        let _ = write!(out, ": {error}");
    }
    out.push('\n');
    for line in batch["log"].as_str().into_iter().flat_map(str::lines) {
        let _ = writeln!(out, "  | {}", harmless(line));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_have_their_names() {
        for (arn, name) in [
            (
                "arn:aws:dynamodb:us-east-1:000000000000:table/dogs/stream/2026-01-01T00:00:00.000",
                "table dogs",
            ),
            ("arn:aws:kinesis:us-east-1:000000000000:stream/clicks", "stream clicks"),
            ("arn:aws:sqs:us-east-1:000000000000:jobs", "queue jobs"),
        ] {
            assert_eq!(source(arn), name);
        }
    }

    #[test]
    fn a_move_says_what_it_repeats_and_skips() {
        let shard = |effect: &str, records: u64, more: bool| json!({ "shard": "s", "from": "1", "to": "2", "effect": effect, "records": records, "more": more });
        let shards = [shard("repeats", 1, false), shard("skips", 10_000, true), shard("stays", 0, false)];
        assert_eq!(
            sought(&json!({ "enabled": false, "shards": shards })),
            "SHARD  FROM  TO  EFFECT\ns      1     2   repeats 1 record\ns      1     2   skips more than 10000 records\n\
             s      1     2   stays\nThe mapping is disabled: it goes on from there when it is enabled.\n"
        );
    }

    #[test]
    fn one_batch_is_no_batches() {
        for (count, line) in [(1, "discarded    1 batch (tail"), (2, "discarded    2 batches (tail")] {
            assert!(one(&json!({ "discarded": count })).contains(line), "{count}");
        }
        assert!(!one(&json!({ "discarded": 0 })).contains("discarded"));
    }

    #[test]
    fn what_failed_again_says_so() {
        let batch = json!({ "id": 3, "outcome": "failed", "error": "Error: no", "log": "START\nno\n" });
        assert_eq!(rerun(&batch), "batch 3: failed: Error: no\n  | START\n  | no\n");
        assert_eq!(rerun(&json!({ "id": 3, "outcome": "done" })), "batch 3: done\n");
    }
}
