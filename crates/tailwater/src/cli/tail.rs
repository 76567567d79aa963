//! `tailwater tail`: the records of a table's stream, in order, and as they come.

mod shown;

use super::Usage;
use super::following::{Following, Next, Span};
use super::output::{self, Reader};
use super::place::{Place, Where};
use super::progress::say;
use crate::log::is_coloured;
use anyhow::Context;
use clap::{Args, ValueEnum};
use shown::Shown;
use std::io;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  tailwater tail dogs                                  All records that there are
  tailwater tail dogs -f                               What is written from now on
  tailwater tail dogs --ago 1h --format diff           What changed, attribute by attribute
  tailwater tail dogs -f --filter '{\"eventName\": [\"REMOVE\"]}'
  tailwater tail dogs --format json | jq .dynamodb.NewImage
  tailwater tail dogs --endpoint http://localhost:8000 Of another server

A record comes after all earlier ones of its item: a shard is read when the one that it continues is finished. \
Where records are gone (after a day), standard error says so, and it goes on with what is left.";

/// Show the records of a table's stream, in order, and follow it.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Tail {
    /// The table.
    table: String,
    #[command(flatten)]
    span: Span,
    /// How records are shown.
    #[arg(long, value_enum, default_value_t = Form::Pretty)]
    format: Form,
    #[command(flatten)]
    place: Where,
}

/// How records are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A line each: when, what, the key, and what changed.
    Pretty,
    /// A line each, as GetRecords shows it.
    Json,
    /// Below the key, each attribute that changed: what it was, and what it is.
    Diff,
}

/// Shows, and follows.
pub(crate) fn run(tail: &Tail) -> anyhow::Result<ExitCode> {
    if let Some(why) = tail.span.contradiction() {
        return Err(Usage(why.to_owned()).into());
    }
    let place = tail.place.resolve(|name| std::env::var(name).ok())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        tokio::select! {
            shown = show(tail, &place) => shown,
            interrupted = tokio::signal::ctrl_c() => interrupted.context("cannot wait for Ctrl-C"),
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn show(tail: &Tail, place: &Place) -> anyhow::Result<()> {
    let (mut following, described) = Following::begin(place, &tail.table, &tail.span).await?;
    if tail.format == Form::Diff && described.view_type != "NEW_AND_OLD_IMAGES" {
        let view = &described.view_type;
        say(&format!("the stream has records of {view}: what attributes were and are is not in all of them"));
    }
    let shown = Shown { is_coloured: is_coloured(&io::stdout()) };
    loop {
        let told = match following.next().await? {
            Next::Over => return Ok(()),
            Next::Remark(remark) => {
                say(&remark);
                continue;
            }
            Next::Record(told) => told,
        };
        let text = match tail.format {
            Form::Json => format!("{}\n", told.record),
            Form::Pretty => shown.line(&told.record),
            Form::Diff => shown.diff(&told.record),
        };
        if output::write(&text)? == Reader::HasEnough {
            return Ok(());
        }
    }
}
