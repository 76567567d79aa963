//! How a pool's processes come to be.

use super::Pool;
use crate::journal::{Journal, Status, init_report};
use crate::launch::{Launch, NoLaunch, launch};
use crate::process::{NotReady, Plan, Process, stream_name};
use crate::revision::Kind;
use crate::scratch;
use crate::variables::{Place, variables};
use crate::watcher::Order;
use crate::{LogSource, PoolError};
use std::io;
use std::sync::Arc;

/// What a process may have beyond the memory of its function, where that is enforced, at least: interpreters need some
/// before they begin.
const DATA_EXTRA_BYTES: u64 = 64 << 20;

/// What an interpreter may have beyond the data that it has when it starts, and the memory of its function.
const START_EXTRA_BYTES: u64 = 16 << 20;

impl Pool {
    /// Starts a process. That there is nothing to execute is the function's fault, and the inner result.
    pub(crate) async fn start_process(&self) -> Result<Result<Arc<Process>, String>, PoolError> {
        let (shared, revision) = (&self.shared, &self.revision);
        let settings = &shared.settings;
        let path = shared.scratch.path();
        let path = path.map_err(|error| self.cannot_start(&format!("no directory for it: {error}")))?;
        let clients = scratch::clients(&path);
        let launched = launch(settings, &shared.interpreters, revision, &clients).await;
        let Launch { program, arguments, interpreter } = match launched {
            Ok(launch) => launch,
            Err(NoLaunch::NoBootstrap(reason)) => return Ok(Err(reason)),
            Err(NoLaunch::Missing(reason)) => return Err(PoolError::CannotStart(reason)),
        };
        let source = self.source();
        let stream = Arc::clone(&source.stream);
        let home = scratch::pool(&path, self.number).join(shared.number().to_string());
        let memory_bytes = u64::from(revision.memory_mib) << 20;
        let cgroup = shared.cgroups.as_ref().map(|cgroups| cgroups.make(shared.number(), memory_bytes));
        let cgroup = cgroup.transpose().map_err(|error| self.cannot_start(&format!("no cgroup: {error}")))?;
        let cgroup_path = cgroup.as_ref().map(|cgroup| cgroup.path().to_owned());
        let plan = Plan { source, home: home.clone(), cgroup };
        let order = |api: &str| {
            let at_start = interpreter.as_ref().map_or(0, |interpreter| interpreter.data_bytes);
            let interpreter = interpreter.as_ref().map(|interpreter| interpreter.path.as_path());
            let place = Place { api, stream: &stream, home: &home, clients: &clients, interpreter };
            let extra_bytes = DATA_EXTRA_BYTES.max(at_start + START_EXTRA_BYTES);
            let is_rough = settings.enforce_memory && cgroup_path.is_none();
            Order {
                variables: variables(settings, revision, &place),
                directory: revision.code.clone(),
                data_bytes_max: is_rough.then_some(memory_bytes + extra_bytes),
                cgroup: cgroup_path,
                program,
                arguments,
            }
        };
        let started = Process::start(shared, plan, order).await;
        started.map(|process| Ok(Arc::new(process))).map_err(|error| self.cannot_start(&error.to_string()))
    }

    /// Waits until a process asks for its first call. What hinders it is told in its log.
    pub(crate) async fn make_ready(&self, process: &Arc<Process>) -> Result<(), NotReady> {
        let ready = process.ready(self.shared.settings.init).await;
        self.set_failing(ready.is_err());
        let Err(fault) = ready else { return Ok(()) };
        let status = match &fault {
            NotReady::Refused(_) => return Err(fault),
            NotReady::Exited(_) => Status::Error("Runtime.ExitError"),
            NotReady::Failed => Status::Error("Runtime.Unknown"),
            NotReady::TimedOut => Status::Timeout,
        };
        let now_ms = self.shared.environment.clock.now_ms();
        let init_us = u64::try_from(process.age().as_micros()).unwrap_or(u64::MAX);
        process.journal().say(init_report(self.revision.logs_json, now_ms, init_us, status));
        Err(fault)
    }

    /// A process that waits for a call, or none where it does not come to that; why is in the log.
    pub(crate) async fn start_warm(&self) -> Option<Arc<Process>> {
        let process = match self.start_process().await {
            Ok(process) => process.ok()?,
            Err(error) => {
                tracing::warn!(function = %self.revision.function_name, %error, "no process could be started ahead");
                return None;
            }
        };
        match self.make_ready(&process).await {
            Ok(()) => Some(process),
            Err(_) => {
                process.end().await;
                None
            }
        }
    }

    /// What it means that a program could not be executed.
    pub(crate) fn refused(&self, reason: String) -> Result<String, PoolError> {
        match self.revision.kind() {
            Kind::Bootstrap => Ok(reason),
            Kind::Node | Kind::Python => Err(self.cannot_start(&reason)),
        }
    }

    fn cannot_start(&self, reason: &str) -> PoolError {
        PoolError::CannotStart(format!(
            "no process for {} could be started: {reason}",
            self.revision.function_name
        ))
    }

    /// A log for a call that no process runs.
    pub(crate) fn journal_of_nothing(&self) -> io::Result<Journal> {
        let (output, _) = io::pipe()?;
        let (logs, clock) = (Arc::clone(&self.shared.logs), self.shared.environment.clock.clone());
        Journal::new(logs, self.source(), clock, output.into())
    }

    fn source(&self) -> LogSource {
        let revision = &self.revision;
        LogSource {
            region: revision.region.clone(),
            account: revision.account.clone(),
            group: revision.log_group.as_str().into(),
            stream: stream_name(&self.shared.environment, &revision.version).into(),
            function_name: revision.function_name.as_str().into(),
        }
    }
}
