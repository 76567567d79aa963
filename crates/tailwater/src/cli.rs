//! The command line.

mod api;
mod attribute;
mod clock;
mod completions;
mod connection;
pub(crate) mod consumers;
#[cfg(test)]
mod documented;
mod explain;
mod export;
mod fault;
mod following;
mod function;
mod import;
mod keys;
mod logs;
mod man;
mod mapping;
mod output;
pub(crate) mod own;
pub(crate) mod place;
mod places;
mod processes;
mod progress;
mod record;
pub(crate) mod recording;
mod remote;
mod replay;
mod serve;
mod service;
mod shards;
mod signing;
mod table;
mod tail;
mod wait;
mod watcher;

pub(crate) use processes::Processes;
pub(crate) use serve::{Durability, Serve};

use clap::{Parser, Subcommand};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  tailwater serve                               Serve at port 4566, data in ./.tailwater
  tailwater serve --in-memory --port 8000       Keep nothing, listen where DynamoDB Local does
  tailwater shards list dogs                    Show the shards of a table's stream
  tailwater tail dogs -f                        Follow what is written to a table
  tailwater export --table dogs -o dogs.csv     Write a table's items to a file
  tailwater import --table dogs dogs.csv        Put them back
  tailwater function add resize --dir ./src     Run the code of a directory as a function
  tailwater logs resize -f                      Follow what a function prints
  tailwater explain dogs name=rex               Tell what became of a write
  tailwater wait --mapping resize               Wait until a function got what was written
  tailwater clock advance 25h                   Let a day go by: records expire, shards roll over
  tailwater mapping list                        Show event source mappings and where they stand
  tailwater serve --help                        All that can be set

Then, from another shell:
  export AWS_ENDPOINT_URL=http://localhost:4566
  export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
  aws dynamodb list-tables";

/// A DynamoDB-compatible database whose streams are real.
#[derive(Debug, Parser)]
#[command(version, about, after_help = EXAMPLES, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve DynamoDB and DynamoDB Streams until stopped (Ctrl-C, or a termination signal).
    Serve(Box<Serve>),
    /// Look at the shards of a table's stream, roll them over, split or trim them, on a server that runs.
    Shards(shards::Shards),
    /// Show the records of a table's stream, in order, and follow it.
    Tail(tail::Tail),
    /// Write the records of a table's stream to a file of JSON lines, to be replayed.
    Record(record::Record),
    /// Play a recording of a stream into a function, a table, or an event source mapping.
    Replay(replay::Replay),
    /// Add, list, show, invoke and remove functions on a server that runs.
    Function(function::Function),
    /// Show and move the time that the service lives in: everything that waits for a time moves with it.
    Clock(clock::Clock),
    /// Tell what became of a write: which functions were called for it, or why none was.
    Explain(explain::Explain),
    /// Look at event source mappings, pause, resume and move them, and look at the batches that they gave up.
    Mapping(mapping::Mapping),
    /// Let things go wrong on purpose, on a server that runs: throttling, expired iterators, crashes.
    Fault(fault::Faults),
    /// Look at groups of workers that share a stream through a lease table, and move them.
    Consumers(consumers::Consumers),
    /// Wait until a mapping or a group of workers has passed a write, or learn what holds it.
    Wait(wait::Wait),
    /// Show what a function printed, and follow it.
    Logs(logs::Logs),
    /// Write the items of a table to a file, or to standard output.
    Export(export::Export),
    /// Put the items of files, or of standard input, into a table.
    Import(import::Import),
    /// Run the server in the background, from login on.
    Service(service::Service),
    /// Print what a shell needs to complete command lines.
    Completions(completions::Completions),
    /// Print the manual page, or write those of all verbs to a directory.
    Man(man::Pages),
    /// Watch over a process of a function; what the server itself starts.
    #[command(hide = true)]
    WatchFunction,
}

/// What is asked for cannot be: as the command line's own complaints, it ends with code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(String);

/// Does what the command line asks.
pub(crate) fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Serve(serve) => serve::run(*serve),
        Command::Shards(shards) => shards::run(&shards),
        Command::Tail(tail) => tail::run(&tail),
        Command::Record(record) => record::run(&record),
        Command::Replay(replay) => replay::run(&replay),
        Command::Function(function) => function::run(&function),
        Command::Clock(clock) => clock::run(&clock),
        Command::Explain(explain) => explain::run(&explain),
        Command::Mapping(mapping) => mapping::run(&mapping),
        Command::Fault(faults) => fault::run(&faults),
        Command::Consumers(consumers) => consumers::run(&consumers),
        Command::Wait(wait) => wait::run(&wait),
        Command::Logs(logs) => logs::run(&logs),
        Command::Export(export) => export::run(&export),
        Command::Import(import) => import::run(import),
        Command::Service(service) => service::run(&service),
        Command::Completions(completions) => completions::run(&completions),
        Command::Man(pages) => man::run(&pages),
        Command::WatchFunction => watcher::run(),
    }
}

#[cfg(test)]
mod tests;
