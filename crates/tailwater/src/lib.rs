//! The inside of the Tailwater binary: the command line, the configuration, and the one file that wires everything.
//! And [`testing`]: the server inside a test in Rust; and [`simulated`]: the server in a simulated world.

mod assemble;
mod cli;
mod config;
mod dynamodb;
mod explain;
mod faults;
mod function_output;
mod function_urls;
mod functions;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod identity;
mod kinesis;
mod lambda;
mod late_runtime;
mod local_buckets;
mod log;
mod logs;
mod mappings;
mod metrics;
mod open_files;
mod parameters;
mod query_service;
mod queues;
mod roles;
pub mod simulated;
mod stacks;
mod subscriptions;
pub mod testing;
mod topics;
mod units;
mod wait;

use clap::Parser;
use std::io::{self, Write};
use std::process::ExitCode;

/// What the binary does: as its command line says.
#[must_use]
pub fn main() -> ExitCode {
    match cli::run(cli::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            // Nothing can be done if even the complaint cannot be written.
            let _ = writeln!(io::stderr(), "tailwater: {error:#}");
            if error.is::<cli::Usage>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}
