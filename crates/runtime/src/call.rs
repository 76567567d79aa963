//! One call from its first line in the log to its last.

use crate::api::{Deadline, Said, Work};
use crate::failure;
use crate::invocation::{Finished, Invocation, PoolError};
use crate::journal::{Costs, Journal, Lines, Status};
use crate::pool::Pool;
use crate::process::{NotReady, Outcome, Process};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

/// A call.
pub(crate) struct Call<'a> {
    pool: &'a Arc<Pool>,
    invocation: &'a Invocation,
}

/// What a call that found no idle process gets.
enum Cold {
    /// A process.
    Process { process: Arc<Process>, state: Readiness },
    /// Nothing can be executed, which is the function's fault.
    Nothing(String),
}

/// What a process is when it is given a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Readiness {
    /// It was idle. Should it have died meanwhile, the call is for another.
    Idle,
    /// It was started for this call, and waits for it.
    Ready,
    /// It gets ready within the time of the call.
    Starting,
}

/// How a call ended, and what is answered.
struct End {
    payload: Bytes,
    failed: bool,
    status: Status,
    duration: Duration,
    /// What the platform has to say of it.
    line: Option<String>,
}

impl<'a> Call<'a> {
    pub(crate) fn new(pool: &'a Arc<Pool>, invocation: &'a Invocation) -> Self {
        Self { pool, invocation }
    }

    /// Runs it on an idle process. `None` where that had ended before it took the call.
    pub(crate) async fn run_warm(&self, process: Arc<Process>) -> Option<Finished> {
        if !process.is_alive() {
            self.pool.vacate();
            return None;
        }
        if self.pool.shared.settings.freeze {
            process.freeze(false);
        }
        self.run_on(process, Readiness::Idle).await
    }

    /// Runs it on a new process.
    pub(crate) async fn run_cold(&self) -> Result<Option<Finished>, PoolError> {
        match self.start().await {
            Ok(Cold::Process { process, state }) => Ok(self.run_on(process, state).await),
            Ok(Cold::Nothing(reason)) => {
                let finished = self.run_nothing(&reason);
                self.pool.vacate();
                finished.map(Some)
            }
            Err(error) => {
                self.pool.vacate();
                Err(error)
            }
        }
    }

    /// A process for this call. One that does not get ready is replaced once, by one that does so at the call's expense.
    async fn start(&self) -> Result<Cold, PoolError> {
        let pool = self.pool;
        if !pool.is_failing() {
            let process = match pool.start_process().await? {
                Ok(process) => process,
                Err(reason) => return Ok(Cold::Nothing(reason)),
            };
            match pool.make_ready(&process).await {
                Ok(()) => return Ok(Cold::Process { process, state: Readiness::Ready }),
                Err(NotReady::Refused(reason)) => return pool.refused(reason).map(Cold::Nothing),
                Err(_) => process.end().await,
            }
        }
        match pool.start_process().await? {
            Ok(process) => Ok(Cold::Process { process, state: Readiness::Starting }),
            Err(reason) => Ok(Cold::Nothing(reason)),
        }
    }

    async fn run_on(&self, process: Arc<Process>, state: Readiness) -> Option<Finished> {
        let pool = self.pool;
        let clock = &pool.shared.environment.clock;
        let timeout = Duration::from_millis(pool.revision.timeout_ms);
        let journal = process.journal();
        journal.begin(self.lines().start(clock.now_ms()), self.invocation.tail);
        let began = clock.machine();
        let starting = state == Readiness::Starting;
        let deadline = match starting {
            true => Deadline::At(clock.wall_ms().saturating_add(pool.revision.timeout_ms)),
            false => Deadline::After(pool.revision.timeout_ms),
        };
        let outcome = match self.invocation.kill_after_ms {
            None => process.call(self.work(deadline), timeout).await,
            Some(ms) => process.call_and_kill(self.work(deadline), timeout, Duration::from_millis(ms)).await,
        };
        if state == Readiness::Idle && matches!(outcome, Outcome::Exited(_)) && process.ran().is_none() {
            pool.vacate();
            return None;
        }
        pool.set_failing(process.has_failed() || (starting && process.ran().is_none()));
        // A call that has to wait until its process has started counts that time as its own.
        let ran = if starting { None } else { process.ran() };
        let ran = ran.unwrap_or_else(|| clock.machine().saturating_sub(began));
        let end = self.end_of(&process, outcome, ran);
        let costs = self.costs(&process, &end);
        if end.status != Status::Success || process.has_failed() {
            process.end().await;
            let finished = self.finish(&journal, end, &costs);
            pool.vacate();
            return Some(finished);
        }
        journal.catch_up();
        let finished = self.finish(&journal, end, &costs);
        pool.take_back(process, timeout.saturating_sub(ran));
        Some(finished)
    }

    fn end_of(&self, process: &Process, outcome: Outcome, ran: Duration) -> End {
        let (id, timeout_ms) = (self.invocation.request_id.as_str(), self.pool.revision.timeout_ms);
        let answered =
            |payload, failed| End { payload, failed, status: Status::Success, duration: ran, line: None };
        match outcome {
            Outcome::Said(Said::Answer(payload)) => answered(payload, false),
            Outcome::Said(Said::Error(payload)) => answered(payload, true),
            Outcome::Said(Said::Streamed) => answered(Bytes::new(), false),
            Outcome::Said(Said::TooLarge { bytes_max }) => {
                answered(failure::answer_too_large(bytes_max), true)
            }
            Outcome::TimedOut => {
                let now_ms = self.pool.shared.environment.clock.now_ms();
                let line = self.lines().timed_out(now_ms, &failure::timeout_text(timeout_ms));
                End {
                    payload: failure::timed_out(id, timeout_ms),
                    failed: true,
                    status: Status::Timeout,
                    duration: Duration::from_millis(timeout_ms),
                    line: Some(line),
                }
            }
            Outcome::Exited(exit) => match process.refused() {
                Some(reason) => no_entry(id, reason, ran),
                None => End {
                    payload: failure::exited(id, exit),
                    failed: true,
                    status: Status::Error("Runtime.ExitError"),
                    duration: ran,
                    line: Some(format!("RequestId: {id} Error: {}\nRuntime.ExitError", exit.reason())),
                },
            },
        }
    }

    fn costs(&self, process: &Process, end: &End) -> Costs {
        Costs {
            duration_us: us(end.duration),
            memory_mib: self.pool.revision.memory_mib,
            memory_max_mib: process.memory_bytes() >> 20,
            init_us: process.take_init().map(us),
            status: end.status,
        }
    }

    fn finish(&self, journal: &Journal, end: End, costs: &Costs) -> Finished {
        let now_ms = self.pool.shared.environment.clock.now_ms();
        let mut lines: Vec<String> = end.line.into_iter().collect();
        lines.extend(self.lines().end(now_ms, costs));
        let log_tail = journal.end(lines).map(Bytes::from);
        Finished {
            payload: end.payload,
            failed: end.failed,
            log_tail,
            log_stream: journal.source().stream.to_string(),
            duration_us: costs.duration_us,
        }
    }

    /// The call of a function of which nothing can be executed.
    fn run_nothing(&self, reason: &str) -> Result<Finished, PoolError> {
        let pool = self.pool;
        let journal = pool.journal_of_nothing().map_err(|error| PoolError::CannotStart(error.to_string()))?;
        journal.begin(self.lines().start(pool.shared.environment.clock.now_ms()), self.invocation.tail);
        let end = no_entry(&self.invocation.request_id, reason, Duration::ZERO);
        let costs = Costs {
            duration_us: 0,
            memory_mib: pool.revision.memory_mib,
            memory_max_mib: 0,
            init_us: None,
            status: end.status,
        };
        Ok(self.finish(&journal, end, &costs))
    }

    fn lines(&self) -> Lines<'_> {
        let revision = &self.pool.revision;
        Lines {
            json: revision.logs_json,
            request_id: &self.invocation.request_id,
            version: &revision.version,
        }
    }

    fn work(&self, deadline: Deadline) -> Work {
        let environment = &self.pool.shared.environment;
        let (seconds, chance) = (environment.clock.wall_ms() / 1_000, environment.random.next_u128());
        let (root, parent) = (chance >> 32, environment.random.next_u64());
        Work {
            request_id: self.invocation.request_id.clone(),
            invoked_arn: self.invocation.invoked_arn.clone(),
            payload: self.invocation.payload.clone(),
            client_context: self.invocation.client_context.clone(),
            pieces: self.invocation.pieces.clone(),
            tells: self.invocation.kill_after_ms.is_some(),
            deadline,
            trace_id: format!("Root=1-{seconds:08x}-{root:024x};Parent={parent:016x};Sampled=0"),
        }
    }
}

fn no_entry(request_id: &str, reason: &str, ran: Duration) -> End {
    End {
        payload: failure::no_entry(request_id, reason),
        failed: true,
        status: Status::Error("Runtime.InvalidEntrypoint"),
        duration: ran,
        line: Some(format!("RequestId: {request_id} Error: {reason}\nRuntime.InvalidEntrypoint")),
    }
}

fn us(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
