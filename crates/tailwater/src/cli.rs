//! The command line.

mod consumers;
#[cfg(test)]
mod documented;
mod explain;
mod export;
mod fault;
mod function;
mod import;
mod logs;
mod mapping;
pub(crate) mod own;
pub(crate) mod place;
mod processes;
mod progress;
mod remote;
mod serve;
mod service;
mod shards;
mod table;
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
  tailwater export --table dogs -o dogs.csv     Write a table's items to a file
  tailwater import --table dogs dogs.csv        Put them back
  tailwater function add resize --dir ./src     Run the code of a directory as a function
  tailwater logs resize -f                      Follow what a function prints
  tailwater explain dogs name=rex               Tell what became of a write
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
    /// Look at the shards of a table's stream, roll them over, or split them, on a server that runs.
    Shards(shards::Shards),
    /// Add, list, show, invoke and remove functions on a server that runs.
    Function(function::Function),
    /// Tell what became of a write: which functions were called for it, or why none was.
    Explain(explain::Explain),
    /// Look at event source mappings, and at the batches that they gave up.
    Mapping(mapping::Mapping),
    /// Let things go wrong on purpose, on a server that runs: throttling, expired iterators, crashes.
    Fault(fault::Faults),
    /// Look at groups of workers that share a stream through a lease table, and move them.
    Consumers(consumers::Consumers),
    /// Show what a function printed, and follow it.
    Logs(logs::Logs),
    /// Write the items of a table to a file, or to standard output.
    Export(export::Export),
    /// Put the items of files, or of standard input, into a table.
    Import(import::Import),
    /// Run the server in the background, from login on.
    Service(service::Service),
    /// Watch over a process of a function; what the server itself starts.
    #[command(hide = true)]
    WatchFunction,
}

/// Does what the command line asks.
pub(crate) fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Serve(serve) => serve::run(*serve),
        Command::Shards(shards) => shards::run(&shards),
        Command::Function(function) => function::run(&function),
        Command::Explain(explain) => explain::run(&explain),
        Command::Mapping(mapping) => mapping::run(&mapping),
        Command::Fault(faults) => fault::run(&faults),
        Command::Consumers(consumers) => consumers::run(&consumers),
        Command::Logs(logs) => logs::run(&logs),
        Command::Export(export) => export::run(&export),
        Command::Import(import) => import::run(import),
        Command::Service(service) => service::run(&service),
        Command::WatchFunction => watcher::run(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
