//! A durable table of many items: do puts of new items and updates of hot ones cost what they cost in a small table, what does
//! reading cold items cost, how much memory does the server take, and how soon is it back after `kill -9`?

use crate::Arguments;
use crate::client::Connection;
use crate::measure::{Cost, Load, run as load};
use crate::process::Server;
use crate::report::serve_durable;
use crate::requests::{item, put, update};
use crate::workload::{WORKLOADS, Workload, fill, prepare, scatter};
use anyhow::{Context as _, Result};
use environment::Environment;
use std::path::Path;

/// Items that updates spread over, however many there are.
const HOT: u64 = 100_000;

/// Seconds of each load: long enough for merging to have its share.
const LOAD_S: f64 = 60.0;

/// New items, one after the other: the n-th has the number `keys + n`.
const INSERTS: Workload = Workload {
    name: "PutItem of new items",
    target: "DynamoDB_20120810.PutItem",
    body: |n, keys| put("items", &item(keys + n, 0)),
    promise: [None, None],
};

/// Updates of the first items.
const UPDATES: Workload = Workload {
    name: "UpdateItem of hot items",
    target: "DynamoDB_20120810.UpdateItem",
    body: |n, _| update(&format!("item-{:08}", scatter(n) % HOT), n),
    promise: [None, None],
};

/// What a table of some size costs.
struct Figures {
    inserts: Cost,
    updates: Cost,
}

pub(crate) async fn run(arguments: &Arguments, items: u64) -> Result<()> {
    let environment = Environment::system();
    let directory = arguments.directory()?;
    let server = serve_durable(arguments, &environment, directory.path()).await?;
    let mut connection = Connection::open(server.port).await?;
    prepare(&mut connection, HOT).await?;
    println!(
        "| items | PutItem of new items us/op (ops/s) | UpdateItem of hot items us/op (ops/s) | resident MB |"
    );
    println!("|---|---|---|---|");
    let small = figures(&environment, &server, HOT).await?;
    // The loads before put items of their own behind these.
    let filled = HOT + small.inserts.operations;
    fill(&mut connection, filled, items).await?;
    let large = figures(&environment, &server, items).await?;
    let ratio = |of: fn(&Figures) -> &Cost| of(&large).cpu_us() / of(&small).cpu_us();
    println!(
        "| of the first | {:.2} | {:.2} | |",
        ratio(|figures| &figures.inserts),
        ratio(|figures| &figures.updates)
    );
    cold(&environment, &server, items).await?;
    drop(connection);
    // Killed as by `kill -9`.
    drop(server);
    let bytes = bytes_below(&directory.path().join("data"))?;
    let before = environment.clock.machine();
    let _again = serve_durable(arguments, &environment, directory.path()).await?;
    let ready = environment.clock.machine() - before;
    println!("ready {:.2} s after kill -9, with {:.1} GB of data", ready.as_secs_f64(), bytes as f64 / 1e9);
    Ok(())
}

/// Both loads at a table of this size.
async fn figures(environment: &Environment, server: &Server, keys: u64) -> Result<Figures> {
    let one = |workload| Load { workload, keys, connections: 16 };
    let updates = load(environment, server, one(&UPDATES), LOAD_S, 0).await?;
    let inserts = load(environment, server, one(&INSERTS), LOAD_S, 0).await?;
    println!(
        "| {keys} | {:.1} ({:.0}) | {:.1} ({:.0}) | {} |",
        inserts.cpu_us(),
        inserts.rate(),
        updates.cpu_us(),
        updates.rate(),
        server.resident_bytes()? >> 20
    );
    Ok(Figures { inserts, updates })
}

/// Reads of items anywhere in the table, nearly all of which no cache of ours has.
async fn cold(environment: &Environment, server: &Server, keys: u64) -> Result<()> {
    let workload = WORKLOADS.iter().find(|workload| workload.name == "GetItem").context("GetItem")?;
    let cost = load(environment, server, Load { workload, keys, connections: 16 }, 10.0, 0).await?;
    println!("GetItem of {keys} cold items: {:.1} us, {:.0} a second", cost.cpu_us(), cost.rate());
    println!("resident after them: {} MB", server.resident_bytes()? >> 20);
    Ok(())
}

/// The bytes of all files below a directory.
fn bytes_below(directory: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        bytes += if kind.is_dir() { bytes_below(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}
