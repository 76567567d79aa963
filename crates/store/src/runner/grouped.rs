//! The grouped driver: one committer thread, one commit for all that waited while the last one synced.
//!
//! The caller's thread does the first reads; where jobs come one at a time, it is the committer too. The committer plans
//! each transaction upon the result of the one before it in the group, re-reading only what moved since, commits once, and
//! only then answers all of the group: rejections and no-ops too, since they may have seen a neighbour's write.

mod group;
mod job;

use super::running::Running;
use super::{ATTEMPTS_MAX, Failure, Shared};
use crate::log_head::{last_positions, position_of};
use crate::{
    Committed, LogId, Outcome, Position, RunError, Snapshot, Store, StoreError, Transaction, Version,
};
use environment::{Background, Random};
use group::{Admission, Group, Planned};
use job::{Job, Work};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{Notify, oneshot};

/// How many transactions share a commit at most.
const GROUP_MAX: usize = 128;

/// After so many quick commits of one job in a row, jobs are taken to come one at a time.
const SINGLES: u32 = 16;

/// A commit that takes no longer may be made by a thread that has requests to serve.
const QUICK: Duration = Duration::from_millis(1);

/// How many turns of the runtime a committer that is a task leaves to others at most.
const TURNS_MAX: u64 = 8;

/// From this size on a group takes no more.
const GROUP_BYTES_MAX: usize = 4 << 20;

/// The committer's side of a runner. Dropping it lets what is queued finish.
pub(super) struct Grouped {
    queue: Arc<Queue>,
    /// Absent where the committer is a task.
    thread: Option<Thread>,
}

/// A committer that is a thread, and what a caller needs to commit in its stead.
struct Thread {
    committer: Arc<Mutex<Committer>>,
    handle: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Queue {
    state: Mutex<QueueState>,
    filled: Condvar,
    /// How many commits in a row were quick, and of one job.
    singles: AtomicU32,
    /// Told of every job, where the committer is a task.
    task: Option<Notify>,
}

#[derive(Default)]
struct QueueState {
    jobs: VecDeque<Box<dyn Job>>,
    closed: bool,
    /// Whether the committer sleeps, so that a push while it works costs no system call.
    idle: bool,
}

impl Grouped {
    pub(super) fn start(shared: Arc<Shared>, background: &Background) -> Result<Self, StoreError> {
        let queue = Arc::<Queue>::default();
        let committer = Committer { shared, queue: Arc::clone(&queue), backlog: VecDeque::new() };
        let committer = Arc::new(Mutex::new(committer));
        let (its_queue, its_committer) = (Arc::clone(&queue), Arc::clone(&committer));
        let work = move || {
            while its_queue.wait() {
                its_committer.lock().unwrap_or_else(PoisonError::into_inner).work();
            }
        };
        let handle = background
            .keep_thread("committer", work)
            .map_err(|error| StoreError::Engine(format!("cannot start the committer's thread: {error}")))?;
        Ok(Self { queue, thread: Some(Thread { committer, handle: Some(handle) }) })
    }

    /// With a task for the committer, which is cancelled with its runtime.
    pub(super) fn start_task(shared: Arc<Shared>) -> Self {
        let queue = Arc::new(Queue { task: Some(Notify::new()), ..Queue::default() });
        let committer = Committer { shared, queue: Arc::clone(&queue), backlog: VecDeque::new() };
        drop(environment::spawn(committer.work_in_turns()));
        Self { queue, thread: None }
    }

    pub(super) fn run<T: Transaction>(&self, shared: &Shared, transaction: T) -> Running<T> {
        let (answer, receiver) = oneshot::channel();
        match Work::read(shared, transaction, answer) {
            Ok(work) => self.submit(Box::new(work)),
            Err(error) => return Running::ready(Err(RunError::Store(error))),
        }
        Running::waiting(receiver)
    }

    /// Gives a job to the committer. Where jobs come one at a time, there is nobody to share a commit with, and handing
    /// the job over and its answer back costs about as much as the commit: then the caller is the committer. It blocks
    /// meanwhile, so it is so only while commits are quick.
    fn submit(&self, job: Box<dyn Job>) {
        let idle = self.thread.as_ref().filter(|_| self.queue.singles.load(Ordering::Relaxed) >= SINGLES);
        match idle.and_then(|thread| thread.committer.try_lock().ok()) {
            Some(mut committer) => committer.work_on(job),
            None => self.queue.push(job),
        }
    }
}

impl Drop for Grouped {
    fn drop(&mut self) {
        self.queue.lock().closed = true;
        self.queue.filled.notify_one();
        self.queue.task.iter().for_each(Notify::notify_one);
        let Some(handle) = self.thread.as_mut().and_then(|thread| thread.handle.take()) else { return };
        // The last handle may be dropped by the committer itself, in a listener. A caller that commits in its stead holds
        // one all the while.
        if handle.thread().id() != std::thread::current().id() {
            let _ = handle.join();
        }
    }
}

impl Queue {
    /// A queue is whole between any two statements that hold its lock.
    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, job: Box<dyn Job>) {
        let mut state = self.lock();
        state.jobs.push_back(job);
        let idle = std::mem::take(&mut state.idle);
        drop(state);
        if idle {
            self.filled.notify_one();
        }
        if let Some(task) = &self.task {
            task.notify_one();
        }
    }

    /// As [`Queue::take`], for a task; does not wait for more where the backlog holds some.
    async fn take_in_turn(&self, backlog: &mut VecDeque<Box<dyn Job>>) -> bool {
        loop {
            let closed = {
                let mut state = self.lock();
                backlog.append(&mut state.jobs);
                state.closed
            };
            match &self.task {
                _ if !backlog.is_empty() => return true,
                Some(task) if !closed => task.notified().await,
                _ => return false,
            }
        }
    }

    /// Moves what waits to the backlog.
    fn take(&self, backlog: &mut VecDeque<Box<dyn Job>>) {
        backlog.append(&mut self.lock().jobs);
    }

    /// Waits until something waits; `false` once closed and drained.
    fn wait(&self) -> bool {
        let mut state = self.lock();
        while state.jobs.is_empty() {
            if state.closed {
                return false;
            }
            state.idle = true;
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.idle = false;
        true
    }
}

struct Committer {
    shared: Arc<Shared>,
    queue: Arc<Queue>,
    /// Taken from the queue, not yet answered, in order.
    backlog: VecDeque<Box<dyn Job>>,
}

impl Committer {
    /// Commits all that waits.
    fn work(&mut self) {
        loop {
            self.queue.take(&mut self.backlog);
            if self.backlog.is_empty() {
                return;
            }
            let group = self.gather();
            self.commit(group);
        }
    }

    /// Commits one job. What comes meanwhile wakes the thread, which takes it from there.
    fn work_on(&mut self, job: Box<dyn Job>) {
        self.backlog.push_back(job);
        while !self.backlog.is_empty() {
            let group = self.gather();
            self.commit(group);
        }
    }

    /// As [`Committer::work`] for ever, but for its pauses: while a job waits, more may join it, and while a group is
    /// planned, or its commit is answered, others read.
    async fn work_in_turns(mut self) {
        while self.queue.take_in_turn(&mut self.backlog).await {
            pause(self.shared.random.clone()).await;
            if !self.queue.take_in_turn(&mut self.backlog).await {
                return;
            }
            let group = self.gather();
            pause(self.shared.random.clone()).await;
            self.commit(group);
            pause(self.shared.random.clone()).await;
        }
    }

    /// Plans what fits into one commit.
    fn gather(&mut self) -> Group {
        let shared = Arc::clone(&self.shared);
        let snapshot = shared.store.snapshot();
        let mut group = Group::new(snapshot.version(), shared.clock.now_ms());
        while !group.is_full()
            && let Some(job) = self.backlog.pop_front()
        {
            let alone = job.alone();
            if alone && !group.planned.is_empty() {
                self.backlog.push_front(job);
                break;
            }
            match group.admit(&shared, &snapshot, job) {
                Admission::Planned | Admission::Answered if alone => break,
                Admission::Planned | Admission::Answered => {}
                Admission::Later(job) => {
                    self.backlog.push_front(job);
                    break;
                }
            }
        }
        group
    }

    fn commit(&mut self, mut group: Group) {
        let mut planned = std::mem::take(&mut group.planned);
        if environment::planted("failed_condition_before_commit") {
            let (changing, idle) = planned.into_iter().partition(|planned| planned.changes);
            planned = changing;
            answer(idle, Version(0), &[]);
        }
        if !planned.iter().any(|planned| planned.changes) {
            // Nothing of this group is unsynced, so there is nothing to wait for.
            return answer(planned, Version(0), &[]);
        }
        let seen = group.seen;
        let commit = group.into_commit();
        let logs: Vec<LogId> = commit.appends.iter().map(|(log, _)| *log).collect();
        if environment::planted("ack_before_commit") {
            let version = Version(seen.0 + 1);
            let positions: Vec<_> = (0..logs.len()).map(|index| position_of(version, index as u32)).collect();
            answer(std::mem::take(&mut planned), version, &positions);
        }
        let started = self.shared.clock.machine();
        let outcome = self.shared.commit(commit, seen);
        self.count_single(planned.len() == 1 && self.shared.clock.machine() - started < QUICK);
        match outcome {
            Ok(Outcome::Done { version, positions } | Outcome::Replayed { version, positions }) => {
                answer(planned, version, &positions);
                self.shared.tell(&last_positions(logs.into_iter(), &positions));
            }
            // Somebody else writes to the store too: plan all of it anew, which also finds what is stale.
            Ok(Outcome::Conflict(_) | Outcome::Fenced(_) | Outcome::LogClosed(_)) => {
                self.again(planned, false);
            }
            Err(StoreError::Engine(_) | StoreError::Corrupt(_)) if planned.len() > 1 => {
                // One of them may be at fault alone.
                self.again(planned, true);
            }
            Err(error) => {
                planned
                    .into_iter()
                    .for_each(|planned| planned.job.answer(Err(Failure::Store(error.clone()))));
            }
        }
    }

    /// Notes whether a commit was of one job, and quick.
    fn count_single(&self, is_single: bool) {
        let singles = self.queue.singles.load(Ordering::Relaxed);
        let singles = if is_single { (singles + 1).min(SINGLES) } else { 0 };
        self.queue.singles.store(singles, Ordering::Relaxed);
    }

    /// Puts transactions back in their order, to be read and planned anew.
    fn again(&mut self, planned: Vec<Planned>, alone: bool) {
        for Planned { mut job, .. } in planned.into_iter().rev() {
            if job.retry(alone) > ATTEMPTS_MAX {
                let message = format!("the transaction met a conflict {ATTEMPTS_MAX} times");
                job.answer(Err(Failure::Store(StoreError::Engine(message))));
            } else {
                self.backlog.push_front(job);
            }
        }
    }
}

/// A few turns of everybody else.
async fn pause(random: Random) {
    for _ in 0..random.next_u64() % TURNS_MAX {
        environment::yield_now().await;
    }
}

/// Answers all of a group.
fn answer(planned: Vec<Planned>, version: Version, positions: &[Position]) {
    for Planned { job, changes, appends } in planned {
        let committed = if changes {
            let positions = positions.get(appends).unwrap_or_default().to_vec();
            Committed { version: Some(version), positions }
        } else {
            Committed::default()
        };
        job.answer(Ok(committed));
    }
}
