//! Runs what was asked for and prints the table.

use crate::client::Connection;
use crate::measure::{Cost, Load, Storage, run as load};
use crate::process::{Server, free_port};
use crate::workload::{WORKLOADS, Workload, prepare};
use crate::{Arguments, disk, growth, latency};
use anyhow::{Context as _, Result};
use environment::Environment;
use std::path::{Path, PathBuf};

/// Turns that each side of a workload takes, one after the other.
const TURNS: u32 = 3;

struct Bench<'a> {
    arguments: &'a Arguments,
    environment: Environment,
    program: PathBuf,
    tailwater: PathBuf,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    let program = std::env::current_exe()?;
    let tailwater = arguments.tailwater.clone().unwrap_or_else(|| program.with_file_name("tailwater"));
    let bench = Bench { arguments, environment: Environment::system(), program, tailwater };
    println!(
        "| workload | storage | connections | keys | us/op | floor us/op | CPU / floor | promise | ops/s | ops/s / floor |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for storage in [Storage::Memory, Storage::Durable] {
        if arguments.storage.is_none_or(|only| only == storage) {
            bench.storage(storage).await?;
        }
    }
    Ok(())
}

impl Bench<'_> {
    async fn storage(&self, storage: Storage) -> Result<()> {
        let directory = self.directory()?;
        let server = self.serve(storage, directory.path()).await?;
        let mut connection = Connection::open(server.port).await?;
        prepare(&mut connection, self.arguments.keys).await?;
        for workload in WORKLOADS {
            if self.wanted(workload.name) {
                self.row(&server, workload, storage, self.arguments.connections).await?;
                if workload.name == "PutItem" && storage == Storage::Durable {
                    self.row(&server, workload, storage, 64).await?;
                }
            }
        }
        if self.wanted("stream") {
            let (records, cpu_us) = latency::read_cost(&server).await?;
            println!(
                "| GetRecords from TRIM_HORIZON, a record | {storage} | 1 | {records} | {cpu_us:.2} | | | <= 2 us | | |"
            );
            let (median, p99) = latency::seen_after_us(&self.environment, &server).await?;
            println!(
                "| put answered to record seen, us | {storage} | 2 | 1 | p50 {median:.0}, p99 {p99:.0} | | | | | |"
            );
        }
        if storage == Storage::Durable && self.wanted("single writer") {
            self.single_writer(&server, directory.path()).await?;
        }
        drop(server);
        if self.arguments.growth {
            self.growth(storage).await?;
        }
        Ok(())
    }

    fn wanted(&self, name: &str) -> bool {
        self.arguments.only.as_ref().is_none_or(|only| name.contains(only.as_str()))
    }

    fn directory(&self) -> Result<tempfile::TempDir> {
        let parent = self.arguments.directory.clone().unwrap_or_else(std::env::temp_dir);
        tempfile::tempdir_in(parent).context("a directory for the data")
    }

    async fn serve(&self, storage: Storage, directory: &Path) -> Result<Server> {
        let port = free_port()?;
        let mut arguments =
            vec!["serve".into(), "--port".into(), port.to_string(), "--log".into(), "error".into()];
        match storage {
            Storage::Memory => arguments.push("--in-memory".into()),
            Storage::Durable => {
                arguments.push("--data-dir".into());
                arguments.push(directory.join("data").display().to_string());
            }
        }
        Server::start(&self.environment, &self.tailwater, &arguments, port).await
    }

    async fn floor(&self, answer_bytes: u64) -> Result<Server> {
        let port = free_port()?;
        let arguments =
            ["--floor".into(), port.to_string(), "--answer-bytes".into(), answer_bytes.to_string()];
        Server::start(&self.environment, &self.program, &arguments, port).await
    }

    /// Measures Tailwater and the floor in turns, so that both see the same machine.
    async fn row(
        &self,
        server: &Server,
        workload: &Workload,
        storage: Storage,
        connections: usize,
    ) -> Result<()> {
        let one = Load { workload, keys: self.arguments.keys, connections };
        let warm = load(&self.environment, server, one, 0.5, 0).await?;
        let floor = self.floor(warm.answer_bytes / warm.operations.max(1)).await?;
        load(&self.environment, &floor, one, 0.2, 0).await?;
        let (mut ours, mut bare) = (Cost::default(), Cost::default());
        let seconds = self.arguments.seconds / f64::from(TURNS);
        for _ in 0..TURNS {
            let first = warm.operations + ours.operations;
            ours.add(load(&self.environment, server, one, seconds, first).await?);
            bare.add(load(&self.environment, &floor, one, seconds, first).await?);
        }
        let promise = workload.promise[usize::from(storage == Storage::Durable)];
        let promise = if connections == 64 { Some(5.0) } else { promise };
        println!(
            "| {} | {storage} | {connections} | {} | {:.1} | {:.1} | {:.2} | {} | {:.0} | {:.2} |",
            workload.name,
            self.arguments.keys,
            ours.cpu_us(),
            bare.cpu_us(),
            ours.cpu_us() / bare.cpu_us(),
            promise.map_or(String::new(), |promise| format!("<= {promise}")),
            ours.rate(),
            ours.rate() / bare.rate(),
        );
        Ok(())
    }

    /// One durable writer alone, against the rate at which this disk syncs.
    async fn single_writer(&self, server: &Server, directory: &Path) -> Result<()> {
        let workload = WORKLOADS.first().context("PutItem")?;
        let one = Load { workload, keys: self.arguments.keys, connections: 1 };
        let (mut cost, mut syncs) = (Cost::default(), 0.0);
        let seconds = self.arguments.seconds / f64::from(TURNS);
        for _ in 0..TURNS {
            syncs += disk::sync_rate(&self.environment, directory, seconds)? / f64::from(TURNS);
            cost.add(load(&self.environment, server, one, seconds, cost.operations).await?);
        }
        println!(
            "| PutItem, single writer over fdatasync | durable | 1 | {} | {:.1} | | | >= 0.4 | {:.0} of {syncs:.0} | {:.2} |",
            self.arguments.keys,
            cost.cpu_us(),
            cost.rate(),
            cost.rate() / syncs
        );
        Ok(())
    }

    async fn growth(&self, storage: Storage) -> Result<()> {
        let directory = self.directory()?;
        let server = self.serve(storage, directory.path()).await?;
        let seconds = if storage == Storage::Durable { 60.0 } else { self.arguments.seconds };
        let growth = growth::measure(&self.environment, &server, seconds).await?;
        let first = growth.sizes.first().map_or(1.0, |(_, cost)| cost.cpu_us());
        for (keys, cost) in &growth.sizes {
            println!(
                "| PutItem, growth | {storage} | 16 | {keys} | {:.1} | | {:.2} of the first | <= {} | {:.0} | |",
                cost.cpu_us(),
                cost.cpu_us() / first,
                if storage == Storage::Durable { 1.6 } else { 1.3 },
                cost.rate()
            );
        }
        println!("| resident memory, MB | {storage} | | | {} | | | | | |", growth.resident_bytes >> 20);
        Ok(())
    }
}
