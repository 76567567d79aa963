//! Growth: does PutItem cost the same among a million items and records as among a thousand?

use crate::client::Connection;
use crate::measure::{Cost, Load, run};
use crate::process::Server;
use crate::workload::{WORKLOADS, fill, prepare};
use anyhow::{Context as _, Result};
use environment::Environment;

/// CPU per PutItem at each size, and the resident memory at the end, in bytes.
pub(crate) struct Growth {
    pub(crate) sizes: Vec<(u64, Cost)>,
    pub(crate) resident_bytes: u64,
}

/// Fills the table step by step, and measures at each.
pub(crate) async fn measure(environment: &Environment, server: &Server, seconds: f64) -> Result<Growth> {
    let workload = WORKLOADS.first().context("PutItem")?;
    let mut connection = Connection::open(server.port).await?;
    prepare(&mut connection, 1_000).await?;
    let mut filled = 1_000;
    let mut sizes = Vec::new();
    for keys in [1_000, 100_000, 1_000_000] {
        fill(&mut connection, filled, keys).await?;
        filled = keys;
        let load = Load { workload, keys, connections: 16 };
        run(environment, server, load, 0.3, 0).await?;
        sizes.push((keys, run(environment, server, load, seconds, 1_000_000).await?));
    }
    Ok(Growth { sizes, resident_bytes: server.resident_bytes()? })
}
