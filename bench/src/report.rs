//! Runs what was asked for and prints the table.

use crate::client::Connection;
use crate::measure::{Cost, Load, Storage, run as load};
use crate::process::{Server, free_port};
use crate::workload::{WORKLOADS, Workload, prepare};
use crate::{Arguments, disk, growth, latency};
use anyhow::{Context as _, Result};
use environment::Environment;
use std::path::Path;

/// Seconds of a turn. Both sides of a workload take short turns, and the middle one counts: what else the machine
/// does comes and goes within seconds, and is to hit both or neither.
const TURN_S: f64 = 0.25;

/// Seconds for which items are put before the stream is read.
const WRITING_S: f64 = 4.0;

/// How often the stream is read.
const READINGS: usize = 7;

struct Bench<'a> {
    arguments: &'a Arguments,
    environment: Environment,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    let bench = Bench { arguments, environment: Environment::system() };
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
        let directory = self.arguments.directory()?;
        let server = self.serve(storage, directory.path()).await?;
        let mut connection = Connection::open(server.port).await?;
        prepare(&mut connection, self.arguments.keys).await?;
        for workload in WORKLOADS {
            if self.arguments.wants(workload.name) {
                self.row(&server, workload, storage, self.arguments.connections).await?;
                if workload.name == "PutItem" && storage == Storage::Durable {
                    self.row(&server, workload, storage, 64).await?;
                }
            }
        }
        if self.arguments.wants("GetRecords") {
            self.reading(&server, storage).await?;
        }
        if self.arguments.wants("put answered to record seen") {
            let (median, p99) = latency::seen_after_us(&self.environment, &server).await?;
            println!(
                "| put answered to record seen, us | {storage} | 2 | 1 | p50 {median:.0}, p99 {p99:.0} | | | | | |"
            );
        }
        if storage == Storage::Durable && self.arguments.wants("single writer") {
            self.single_writer(&server, directory.path()).await?;
        }
        drop(server);
        if self.arguments.growth {
            self.growth(storage).await?;
        }
        Ok(())
    }

    fn turns(&self) -> u32 {
        (self.arguments.seconds / TURN_S).ceil().max(1.0) as u32
    }

    async fn serve(&self, storage: Storage, directory: &Path) -> Result<Server> {
        match storage {
            Storage::Memory => serve_tailwater(self.arguments, &self.environment).await,
            Storage::Durable => serve_durable(self.arguments, &self.environment, directory).await,
        }
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
        let floor = serve_floor(&self.environment, warm.answer_bytes / warm.operations.max(1)).await?;
        load(&self.environment, &floor, one, 0.2, 0).await?;
        let (mut turns, mut first) = (Turns::default(), warm.operations);
        for _ in 0..self.turns() {
            let ours = load(&self.environment, server, one, TURN_S, first).await?;
            first += ours.operations;
            turns.add(ours, load(&self.environment, &floor, one, TURN_S, first).await?);
        }
        let promise = workload.promise[usize::from(storage == Storage::Durable)];
        let promise = if connections == 64 { Some(4.0) } else { promise };
        println!(
            "| {} | {storage} | {connections} | {} | {:.1} | {:.1} | {:.2} | {} | {:.0} | {:.2} |",
            workload.name,
            self.arguments.keys,
            turns.middle(|(ours, _)| ours.cpu_us()),
            turns.middle(|(_, bare)| bare.cpu_us()),
            turns.middle(|(ours, bare)| ours.cpu_us() / bare.cpu_us()),
            promise.map_or(String::new(), |promise| format!("<= {promise}")),
            turns.middle(|(ours, _)| ours.rate()),
            turns.middle(|(ours, bare)| ours.rate() / bare.rate()),
        );
        Ok(())
    }

    /// One durable writer alone, against the rate at which this disk syncs.
    async fn single_writer(&self, server: &Server, directory: &Path) -> Result<()> {
        let workload = WORKLOADS.first().context("PutItem")?;
        let one = Load { workload, keys: self.arguments.keys, connections: 1 };
        let (mut first, mut turns) = (0, Vec::new());
        for _ in 0..self.turns() {
            let syncs = disk::sync_rate(&self.environment, directory, TURN_S)?;
            let cost = load(&self.environment, server, one, TURN_S, first).await?;
            first += cost.operations;
            turns.push((cost, syncs));
        }
        println!(
            "| PutItem, single writer over fdatasync | durable | 1 | {} | {:.1} | | | >= 0.4 | {:.0} of {:.0} | {:.2} |",
            self.arguments.keys,
            middle(turns.iter().map(|(cost, _)| cost.cpu_us())),
            middle(turns.iter().map(|(cost, _)| cost.rate())),
            middle(turns.iter().map(|(_, syncs)| *syncs)),
            middle(turns.iter().map(|(cost, syncs)| cost.rate() / syncs)),
        );
        Ok(())
    }

    /// Reading the whole stream, again and again, in turns with the floor answering as many bytes.
    async fn reading(&self, server: &Server, storage: Storage) -> Result<()> {
        let workload = WORKLOADS.first().context("PutItem")?;
        // Whatever ran before, there are records of items that were changed, lying where a server under load puts them.
        let writing = Load { workload, keys: self.arguments.keys, connections: self.arguments.connections };
        load(&self.environment, server, writing, WRITING_S, 0).await?;
        let first = latency::read(server).await?;
        let page_bytes = first.answer_bytes / first.pages.max(1);
        let floor = serve_floor(&self.environment, page_bytes).await?;
        let one = Load { workload, keys: self.arguments.keys, connections: 1 };
        let (mut ours, mut bare) = (Vec::new(), Vec::new());
        for _ in 0..READINGS {
            ours.push(latency::read(server).await?.cpu_us_a_record());
            let cost = load(&self.environment, &floor, one, TURN_S, 0).await?;
            bare.push(cost.cpu_us() * first.pages as f64 / first.records.max(1) as f64);
        }
        println!(
            "| GetRecords from TRIM_HORIZON, a record | {storage} | 1 | {} | {:.2} | {:.2} | {:.2} | <= 1.2 us | | |",
            first.records,
            middle(ours.iter().copied()),
            middle(bare.iter().copied()),
            middle(ours.iter().zip(&bare).map(|(ours, bare)| ours / bare)),
        );
        Ok(())
    }

    async fn growth_in_memory(&self) -> Result<growth::Growth> {
        let mut servers = Vec::new();
        for keys in growth::SIZES {
            servers.push((keys, serve_tailwater(self.arguments, &self.environment).await?));
        }
        growth::in_turns(&self.environment, &servers, self.arguments.seconds).await
    }

    async fn growth(&self, storage: Storage) -> Result<()> {
        let growth = match storage {
            Storage::Memory => self.growth_in_memory().await?,
            Storage::Durable => {
                let directory = self.arguments.directory()?;
                let server = self.serve(storage, directory.path()).await?;
                growth::measure(&self.environment, &server, 60.0).await?
            }
        };
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

/// A server in memory.
pub(crate) async fn serve_tailwater(arguments: &Arguments, environment: &Environment) -> Result<Server> {
    serve(arguments, environment, vec!["--in-memory".into()]).await
}

/// A server with its data below this directory.
pub(crate) async fn serve_durable(
    arguments: &Arguments,
    environment: &Environment,
    directory: &Path,
) -> Result<Server> {
    let place = vec!["--data-dir".into(), directory.join("data").display().to_string()];
    serve(arguments, environment, place).await
}

async fn serve(arguments: &Arguments, environment: &Environment, place: Vec<String>) -> Result<Server> {
    let port = free_port()?;
    let mut words = vec!["serve".into(), "--port".into(), port.to_string(), "--log".into(), "error".into()];
    words.extend(place);
    Server::start(environment, &arguments.tailwater()?, &words, port).await
}

/// The floor, whose answers are of this size.
pub(crate) async fn serve_floor(environment: &Environment, answer_bytes: u64) -> Result<Server> {
    let port = free_port()?;
    let words = ["--floor".into(), port.to_string(), "--answer-bytes".into(), answer_bytes.to_string()];
    Server::start(environment, &std::env::current_exe()?, &words, port).await
}

/// What the turns of two sides cost.
#[derive(Default)]
struct Turns(Vec<(Cost, Cost)>);

impl Turns {
    fn add(&mut self, ours: Cost, bare: Cost) {
        self.0.push((ours, bare));
    }

    fn middle(&self, of: impl Fn(&(Cost, Cost)) -> f64) -> f64 {
        middle(self.0.iter().map(of))
    }
}

/// The median.
pub(crate) fn middle(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
