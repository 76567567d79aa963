//! What runs functions, made once it is known where the server listens: functions are told, so that they can call it.

use crate::config::{Config, Place};
use anyhow::Context;
use environment::Environment;
use lambda::functions::{Engine, Processes, Running};
use runtime::{Invocation, LogSink, PoolError, Revision, Runtime, Settings};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

/// The directory in a data directory that belongs to running functions.
const SCRATCH: &str = "running";

/// What runs functions.
pub(crate) struct LateRuntime {
    /// Where functions print to.
    output: Arc<dyn LogSink>,
    started: OnceLock<Started>,
}

enum Started {
    /// Processes of this machine.
    Here(Arc<Runtime>),
    /// Whatever whoever puts the server together has for them.
    Given(Arc<dyn Engine>),
}

impl LateRuntime {
    /// Nothing runs yet.
    pub(crate) fn new(output: Arc<dyn LogSink>) -> Self {
        Self { output, started: OnceLock::new() }
    }

    /// This runs, and never anything else.
    pub(crate) fn given(output: Arc<dyn LogSink>, engine: Arc<dyn Engine>) -> Self {
        Self { output, started: OnceLock::from(Started::Given(engine)) }
    }

    /// Makes it, unless one was given. The server listens at these addresses.
    pub(crate) fn start(
        &self,
        config: &Config,
        addresses: &[SocketAddr],
        environment: &Environment,
    ) -> anyhow::Result<()> {
        if self.started.get().is_some() {
            return Ok(());
        }
        let scratch = match &config.place {
            Place::Directory { path, .. } => Some(path.join(SCRATCH)),
            Place::Memory => None,
        };
        let settings = settings(config, Settings::new(scratch, endpoint(addresses)));
        let runtime = Runtime::new(settings, Arc::clone(&self.output), environment.clone())
            .context("cannot use its directory")?;
        let _ = self.started.set(Started::Here(runtime));
        Ok(())
    }

    /// Ends all processes.
    pub(crate) async fn stop(&self) {
        if let Some(Started::Here(runtime)) = self.started.get() {
            runtime.shutdown().await;
        }
    }
}

/// As the command line says.
fn settings(config: &Config, mut settings: Settings) -> Settings {
    let processes = &config.functions.processes;
    // Paths are looked up from other directories than this.
    let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
    // What is verified must be signed with a key that the server knows; the same one at each start.
    let keys: BTreeMap<_, _> = config.server.keys.iter().collect();
    settings.credentials =
        keys.into_iter().map(|(key, secret)| (key.to_string(), secret.to_string())).collect();
    settings.node = processes.node.clone();
    settings.python = processes.python.clone();
    settings.sdk_dir = processes.sdk_dir.as_ref().map(absolute);
    settings.processes_max = processes.function_processes.get();
    settings.enforce_memory = processes.enforce_memory;
    settings.freeze = processes.freeze_functions;
    settings
}

/// Where a process on this machine reaches the server.
fn endpoint(addresses: &[SocketAddr]) -> String {
    let Some(first) = addresses.first() else { return "http://127.0.0.1:4566".to_owned() };
    let ip = match first.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, first.port()))
}

impl Engine for LateRuntime {
    fn pool(&self, revision: Revision) -> Arc<dyn Processes> {
        match self.started.get() {
            Some(Started::Here(runtime)) => Engine::pool(runtime, revision),
            Some(Started::Given(engine)) => engine.pool(revision),
            None => Arc::new(NotStarted),
        }
    }
}

/// Nothing is called before the server listens.
struct NotStarted;

impl Processes for NotStarted {
    fn invoke(&self, _: Invocation) -> Running<'_> {
        Box::pin(async { Err(PoolError::CannotStart("the server is being started".to_owned())) })
    }

    fn prewarm(&self) {}

    fn retire(&self) {}
}
