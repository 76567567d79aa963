//! `tailwater consumers`: groups of workers that share a stream through leases in a table, as `tailwater-consumer` and the
//! Kinesis Client Library keep them: which there are, how far they are behind, and moving them.
//!
//! All of it goes through DynamoDB's own operations, so it works on any endpoint.

use super::output;
use super::place::{Place, Where};
use anyhow::Context;
use clap::{Args, Subcommand};
use environment::{Clock, Environment};
use std::io::{self, Write};
use std::process::ExitCode;

mod asking;
pub(super) mod barrier;
mod behind;
mod lag;
pub(crate) mod lease;
mod list;
mod seek;

const EXAMPLES: &str = "\
Examples:
  tailwater consumers list                                  Show the groups, by their lease tables
  tailwater consumers lag orders-leases                     How far is each shard of a group behind?
  tailwater consumers lag orders                            The same of all groups on a table
  tailwater consumers seek orders-leases --to start         Read all there is once more
  tailwater consumers seek orders-leases --to latest --take Pass over what waits

A group is named by its lease table. All of it works with --endpoint on AWS, too.";

/// Look at groups of workers that share a stream through a lease table, and move them.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Consumers {
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
    /// Show the groups: their lease tables, streams and workers.
    #[command(after_help = "Example: tailwater consumers list")]
    List,
    /// Show how far a group is behind, shard by shard: who has it, its checkpoint, and what waits after that.
    #[command(
        after_help = "Examples:\n  tailwater consumers lag orders-leases\n  tailwater consumers lag orders --all"
    )]
    Lag(lag::Lag),
    /// Move the checkpoints of a group, so that its workers go on elsewhere. Refused while workers have leases, but for --take.
    #[command(
        after_help = "Examples:\n  tailwater consumers seek orders-leases --to start\n  tailwater consumers seek orders-leases --to latest --take"
    )]
    Seek(seek::Seek),
}

/// What a verb has to say: data for standard output, and remarks.
#[derive(Debug, Default)]
struct Said {
    data: String,
    remarks: Vec<String>,
}

/// Asks, and shows the answer.
pub(crate) fn run(consumers: &Consumers) -> anyhow::Result<ExitCode> {
    let place = consumers.place.resolve(|name| std::env::var(name).ok())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let clock = Environment::system().clock;
    let said = runtime.block_on(said(consumers, &place, &clock))?;
    let mut remarks = io::stderr().lock();
    for remark in said.remarks {
        writeln!(remarks, "{remark}").context("cannot write to standard error")?;
    }
    output::write(&said.data)?;
    Ok(ExitCode::SUCCESS)
}

async fn said(consumers: &Consumers, place: &Place, clock: &Clock) -> anyhow::Result<Said> {
    let mut asking = asking::Asking::new(place, clock)?;
    match &consumers.action {
        Action::List => list::said(&mut asking, consumers.json).await,
        Action::Lag(lag) => lag.said(&mut asking, consumers.json).await,
        Action::Seek(seek) => seek.said(&mut asking, consumers.json).await,
    }
}
