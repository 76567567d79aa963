//! A closed loop over some connections, and what it cost the server.

use crate::client::Connection;
use crate::process::Server;
use crate::workload::Workload;
use anyhow::{Context as _, Result};
use environment::Environment;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

/// Where the measured server keeps its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Storage {
    /// `--in-memory`
    Memory,
    /// `--data-dir`, durability `sync`
    Durable,
}

impl std::fmt::Display for Storage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Memory => "memory",
            Self::Durable => "durable",
        })
    }
}

/// What a stretch of load cost.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    pub(crate) operations: u64,
    pub(crate) cpu_s: f64,
    pub(crate) wall_s: f64,
    pub(crate) answer_bytes: u64,
}

impl Cost {
    pub(crate) fn cpu_us(&self) -> f64 {
        self.cpu_s * 1e6 / self.operations as f64
    }

    pub(crate) fn rate(&self) -> f64 {
        self.operations as f64 / self.wall_s
    }
}

/// A load: which workload, over how many keys and connections.
#[derive(Clone, Copy)]
pub(crate) struct Load<'a> {
    pub(crate) workload: &'a Workload,
    pub(crate) keys: u64,
    pub(crate) connections: usize,
}

/// Runs a load for some seconds. Requests are numbered from `first` on, so that turns go on where the last
/// one stopped.
pub(crate) async fn run(
    environment: &Environment,
    server: &Server,
    load: Load<'_>,
    seconds: f64,
    first: u64,
) -> Result<Cost> {
    let next = Rc::new(Cell::new(first));
    let bytes = Rc::new(Cell::new(0u64));
    let failure = Rc::new(RefCell::new(None));
    let mut connections = Vec::new();
    for _ in 0..load.connections {
        connections.push(Connection::open(server.port).await?);
    }
    let (cpu_s, start) = (server.cpu_s()?, environment.clock.machine());
    let deadline = start + Duration::from_secs_f64(seconds);
    let local = tokio::task::LocalSet::new();
    let (target, body, keys) = (load.workload.target, load.workload.body, load.keys);
    for mut connection in connections {
        let (next, bytes, failure) = (next.clone(), bytes.clone(), failure.clone());
        let clock = environment.clock.clone();
        local.spawn_local(async move {
            while clock.machine() < deadline && failure.borrow().is_none() {
                let n = next.replace(next.get() + 1);
                match connection.expect(target, body(n, keys).as_bytes()).await {
                    Ok(answer) => bytes.set(bytes.get() + answer.body.len() as u64),
                    Err(error) => *failure.borrow_mut() = Some(error),
                }
            }
        });
    }
    local.await;
    if let Some(error) = failure.take() {
        return Err(error).context(load.workload.name);
    }
    Ok(Cost {
        operations: next.get() - first,
        cpu_s: server.cpu_s()? - cpu_s,
        wall_s: (environment.clock.machine() - start).as_secs_f64(),
        answer_bytes: bytes.get(),
    })
}
