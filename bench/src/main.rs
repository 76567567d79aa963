//! The benchmark: every figure is a ratio to a *floor*, a bare hyper server that reads the same request and
//! answers as many bytes, measured in the same run, in turns, on the same machine.
//!
//! Wall-clock figures of one machine vary many times over with what else it does; CPU per operation over the
//! floor's does not. What each workload does is in `workload.rs`; how it is measured, in `measure.rs`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool: its table is its output")]

mod client;
mod disk;
mod floor;
mod growth;
mod large;
mod latency;
mod load;
mod loaded;
mod measure;
mod peers;
mod process;
mod report;
mod requests;
mod triggers;
mod workload;

use anyhow::{Context as _, Result};
use clap::Parser;
use std::path::PathBuf;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures Tailwater against the bare HTTP exchange.
#[derive(Parser, Debug, Clone)]
#[command(version, about, long_about = None)]
struct Arguments {
    /// Serve as the floor on this port, answering bodies of `--answer-bytes` (used by the benchmark itself).
    #[arg(long, hide = true)]
    floor: Option<u16>,
    /// The size of the floor's answers.
    #[arg(long, hide = true, default_value_t = 2)]
    answer_bytes: usize,
    /// The server to measure; by default the `tailwater` beside this program.
    #[arg(long)]
    tailwater: Option<PathBuf>,
    /// Seconds that each side of each workload is measured.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Keys that the workloads spread over.
    #[arg(long, default_value_t = 20_000)]
    keys: u64,
    /// Connections; each has one request under way.
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Only the workloads whose name contains this.
    #[arg(long)]
    only: Option<String>,
    /// Only this storage.
    #[arg(long, value_enum)]
    storage: Option<measure::Storage>,
    /// Also measure growth: PutItem at 10^3, 10^5 and 10^6 items.
    #[arg(long)]
    growth: bool,
    /// Measure a durable table of so many items instead: what writes cost beside a small table, and how soon it opens.
    #[arg(long)]
    items: Option<u64>,
    /// Measure event source mappings instead: what a put costs with one, and how soon a function is called.
    #[arg(long)]
    triggers: bool,
    /// Measure other servers beside Tailwater in memory instead: NAME=COMMAND, where {port} stands for the port; repeatable.
    #[arg(long = "peer", value_name = "NAME=COMMAND")]
    peers: Vec<peers::Peer>,
    /// Put the server under load instead: a thousand connections, slow readers, three days of service time, an overload.
    #[arg(long, value_enum, num_args = 0..=1, default_missing_value = "whole")]
    load: Option<load::Size>,
    /// Where durable runs keep their data; a temporary directory by default.
    #[arg(long)]
    directory: Option<PathBuf>,
}

impl Arguments {
    /// Whether the row of this name is asked for.
    fn wants(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| name.contains(only.as_str()))
    }

    /// A directory for the data of one run.
    fn directory(&self) -> Result<tempfile::TempDir> {
        let parent = self.directory.clone().unwrap_or_else(std::env::temp_dir);
        tempfile::tempdir_in(parent).context("a directory for the data")
    }

    /// The server to measure.
    fn tailwater(&self) -> Result<PathBuf> {
        let beside = || Ok(std::env::current_exe()?.with_file_name("tailwater"));
        self.tailwater.clone().map_or_else(beside, Ok)
    }
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(port) = arguments.floor {
        return floor::serve(port, arguments.answer_bytes);
    }
    if arguments.triggers {
        return triggers::run(&arguments);
    }
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("the runtime")?;
    if let Some(size) = arguments.load {
        return runtime.block_on(loaded::run(&arguments, size));
    }
    runtime.block_on(async {
        match arguments.items {
            Some(items) => large::run(&arguments, items).await,
            None if arguments.peers.is_empty() => report::run(&arguments).await,
            None => peers::run(&arguments).await,
        }
    })
}
