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

/// How many items there are.
pub(crate) const SIZES: [u64; 3] = [1_000, 100_000, 1_000_000];

/// Seconds of a turn.
const TURN_S: f64 = 0.25;

/// Measures servers with so many items each in turns, so that all of them see the same machine; the middle turn of each counts.
/// For servers in memory, which do nothing between their turns.
pub(crate) async fn in_turns(
    environment: &Environment,
    servers: &[(u64, Server)],
    seconds: f64,
) -> Result<Growth> {
    let workload = WORKLOADS.first().context("PutItem")?;
    let load = |keys| Load { workload, keys, connections: 16 };
    for (keys, server) in servers {
        let mut connection = Connection::open(server.port).await?;
        prepare(&mut connection, *keys).await?;
        run(environment, server, load(*keys), 0.3, 0).await?;
    }
    let mut turns: Vec<Vec<Cost>> = servers.iter().map(|_| Vec::new()).collect();
    for turn in 1..=(seconds / TURN_S).ceil() as u64 {
        for ((keys, server), costs) in servers.iter().zip(&mut turns) {
            costs.push(run(environment, server, load(*keys), TURN_S, turn * 1_000_000).await?);
        }
    }
    let mut sizes = Vec::new();
    for ((keys, _), costs) in servers.iter().zip(&mut turns) {
        costs.sort_by(|one, other| one.cpu_us().total_cmp(&other.cpu_us()));
        sizes.push((*keys, *costs.get(costs.len() / 2).context("a turn")?));
    }
    let (_, largest) = servers.last().context("a server")?;
    Ok(Growth { sizes, resident_bytes: largest.resident_bytes()? })
}

/// Fills the table step by step, and measures at each.
pub(crate) async fn measure(environment: &Environment, server: &Server, seconds: f64) -> Result<Growth> {
    let workload = WORKLOADS.first().context("PutItem")?;
    let mut connection = Connection::open(server.port).await?;
    prepare(&mut connection, 1_000).await?;
    let mut filled = 1_000;
    let mut sizes = Vec::new();
    for keys in SIZES {
        fill(&mut connection, filled, keys).await?;
        filled = keys;
        let load = Load { workload, keys, connections: 16 };
        run(environment, server, load, 0.3, 0).await?;
        sizes.push((keys, run(environment, server, load, seconds, 1_000_000).await?));
    }
    Ok(Growth { sizes, resident_bytes: server.resident_bytes()? })
}
