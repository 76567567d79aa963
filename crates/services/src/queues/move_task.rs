//! Message move tasks: dead letters go back to where they came from, or elsewhere, in the background.
//!
//! The record of a task outlives a restart; a task that was running goes on with it.

use super::error::ErrorCode;
use super::message::Message;
use super::moving::MOVED_TOGETHER;
use super::queue::Queue;
use super::records::{self, parsed, stored};
use super::{Change, Queues, QueuesError};
use environment::settled;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::{Snapshot, Store};

/// How many tasks of one queue are remembered.
const REMEMBERED: usize = 10;

/// A task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TaskRecord {
    pub(super) source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) destination: Option<String>,
    /// How many messages it moves in a second at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rate: Option<u64>,
    pub(super) started_ms: u64,
    pub(super) status: TaskStatus,
    pub(super) moved: u64,
    pub(super) to_move: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) failure: Option<String>,
}

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum TaskStatus {
    Running,
    Completed,
    Cancelling,
    Cancelled,
    Failed,
}

impl TaskStatus {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Completed => "COMPLETED",
            Self::Cancelling => "CANCELLING",
            Self::Cancelled => "CANCELLED",
            Self::Failed => "FAILED",
        }
    }

    fn is_active(self) -> bool {
        matches!(self, Self::Running | Self::Cancelling)
    }
}

/// The tasks there are, by id.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    all: Mutex<BTreeMap<u128, TaskRecord>>,
}

impl Tasks {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u128, TaskRecord>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queues {
    /// Reads the tasks, and answers those that were interrupted.
    pub(super) fn load_tasks(&self) -> Result<Vec<u128>, QueuesError> {
        let mut interrupted = Vec::new();
        self.each(&self.inner.keys.tasks(), |key, value| {
            let record: TaskRecord = parsed(value)?;
            if let Some(id) = records::task_of(key) {
                if record.status.is_active() {
                    interrupted.push(id);
                }
                self.inner.tasks.lock().insert(id, record);
            }
            Ok(())
        })?;
        Ok(interrupted)
    }

    /// Begins to move messages.
    pub(super) async fn start_move(&self, mut record: TaskRecord) -> Result<u128, QueuesError> {
        let source = self.by_arn(&record.source)?;
        record.to_move = source.counts(self.now_ms()).visible as u64;
        // By time, so that the newest is the last.
        let id = u128::from(self.next_number(record.started_ms)) << 64
            | u128::from(self.inner.environment.random.next_u64());
        let queues = self.clone();
        settled(async move {
            let _control = queues.inner.control.lock().await;
            let is_running = |task: &TaskRecord| task.source == record.source && task.status.is_active();
            if queues.inner.tasks.lock().values().any(is_running) {
                let message = "There is already a task running. Only one active task is allowed for a source queue arn \
                               at a given time.";
                return Err(QueuesError::new(ErrorCode::UnsupportedOperation, message));
            }
            queues.store_task(id, &record).await?;
            queues.inner.tasks.lock().insert(id, record);
            queues.start_task(id);
            Ok(id)
        })
        .await
    }

    /// Asks a task to end. Answers how many messages it has moved.
    pub(super) async fn cancel_move(&self, id: u128) -> Result<u64, QueuesError> {
        let changed = {
            let mut tasks = self.inner.tasks.lock();
            let task = tasks.get_mut(&id).filter(|task| task.status == TaskStatus::Running);
            let none = || QueuesError::new(ErrorCode::ResourceNotFound, "Task does not exist.");
            let task = task.ok_or_else(none)?;
            task.status = TaskStatus::Cancelling;
            task.clone()
        };
        self.store_task(id, &changed).await?;
        Ok(changed.moved)
    }

    /// The tasks of a queue, the newest first.
    pub(super) fn tasks_of(&self, source: &str) -> Vec<(u128, TaskRecord)> {
        let tasks = self.inner.tasks.lock();
        let of_source = tasks.iter().rev().filter(|(_, task)| task.source == source);
        of_source.map(|(id, task)| (*id, task.clone())).collect()
    }

    /// Runs a task in the background.
    pub(super) fn start_task(&self, id: u128) {
        let queues = self.clone();
        drop(environment::spawn(async move {
            let moved = queues.background().caught("move of messages", queues.move_on(id)).await;
            let result = moved.unwrap_or_else(|| Err(ErrorCode::InternalError.in_query().to_owned()));
            queues.report(queues.end_task(id, result).await);
        }));
    }

    /// Moves messages until there are none, or the task is cancelled.
    async fn move_on(&self, id: u128) -> Result<TaskStatus, String> {
        let failed = |error: QueuesError| error.code.in_query().to_owned();
        loop {
            let task = self.inner.tasks.lock().get(&id).cloned();
            let Some(task) = task.filter(|task| task.status == TaskStatus::Running) else {
                return Ok(TaskStatus::Cancelled);
            };
            let source = self.by_arn(&task.source).map_err(failed)?;
            let together = task.rate.map_or(MOVED_TOGETHER, |rate| MOVED_TOGETHER.min(rate as usize));
            let held = source.change(self.now_ms(), |index| index.hold_visible(together, self.now_ms()));
            if held.is_empty() {
                return Ok(TaskStatus::Completed);
            }
            let (queues, count) = (self.clone(), held.len());
            let (moved, result) = settled(async move { queues.move_held(&source, &held, &task).await }).await;
            if let Some(task) = self.inner.tasks.lock().get_mut(&id) {
                task.moved += moved as u64;
            }
            result?;
            let rate = self.inner.tasks.lock().get(&id).and_then(|task| task.rate);
            if let Some(rate) = rate {
                let pause = Duration::from_secs(1).mul_f64(count as f64 / rate.max(1) as f64);
                self.inner.environment.clock.sleep(pause).await;
            }
        }
    }

    /// Moves messages that are held each to where it belongs. Answers how many were moved, and what stood in the way of others,
    /// which are given back.
    async fn move_held(
        &self,
        source: &Arc<Queue>,
        held: &[u64],
        task: &TaskRecord,
    ) -> (usize, Result<(), String>) {
        let (mut moved, mut result) = (0, Ok(()));
        // One after the other, so that the order of a group is kept.
        for (place, number) in held.iter().enumerate() {
            result = match self.destination(source, *number, task) {
                Ok(target) => match self.transfer(source, &target, &[*number], None).await {
                    Ok(count) => {
                        moved += count;
                        continue;
                    }
                    Err(error) => Err(error.code.in_query().to_owned()),
                },
                Err(reason) => Err(reason),
            };
            source.change(self.now_ms(), |index| held[place..].iter().for_each(|one| index.release(*one)));
            break;
        }
        (moved, result)
    }

    /// Where a message goes.
    fn destination(&self, source: &Queue, number: u64, task: &TaskRecord) -> Result<Arc<Queue>, String> {
        let failed = |error: QueuesError| error.code.in_query().to_owned();
        let arn = match &task.destination {
            Some(arn) => arn.clone(),
            None => {
                let key = self.inner.keys.message(source.id, number);
                let stored = self.inner.runner.store().snapshot().get(&key);
                let stored = stored.map_err(|error| failed(error.into()))?;
                let message =
                    stored.map(|stored| parsed::<Message>(&stored.value)).transpose().map_err(failed)?;
                let unknown = || "CouldNotDetermineMessageSource".to_owned();
                message.and_then(|message| message.source).ok_or_else(unknown)?
            }
        };
        self.by_arn(&arn).map_err(failed)
    }

    async fn end_task(&self, id: u128, result: Result<TaskStatus, String>) -> Result<(), QueuesError> {
        let ended = {
            let mut tasks = self.inner.tasks.lock();
            let Some(task) = tasks.get_mut(&id) else { return Ok(()) };
            match result {
                Ok(status) => task.status = status,
                Err(reason) => {
                    task.status = TaskStatus::Failed;
                    task.failure = Some(reason);
                }
            }
            task.clone()
        };
        self.store_task(id, &ended).await?;
        let old = self.past_tasks(&ended.source);
        for id in old {
            let key = self.inner.keys.task(id);
            let change = Change::new(vec![key.clone()], move |_, _| Ok((vec![(key.clone(), None)], ())));
            change.run(&self.inner.runner).await?;
            self.inner.tasks.lock().remove(&id);
        }
        Ok(())
    }

    /// Tasks that are not remembered any longer: the oldest of a queue, and those of queues that are gone.
    fn past_tasks(&self, source: &str) -> Vec<u128> {
        let oldest = self.tasks_of(source).into_iter().skip(REMEMBERED).map(|(id, _)| id);
        let mut past: Vec<_> = oldest.collect();
        let tasks = self.inner.tasks.lock();
        let is_of_none = |task: &TaskRecord| !task.status.is_active() && !self.exists(&task.source);
        past.extend(tasks.iter().filter(|(_, task)| is_of_none(task)).map(|(id, _)| *id));
        past
    }

    async fn store_task(&self, id: u128, record: &TaskRecord) -> Result<(), QueuesError> {
        let (key, value) = (self.inner.keys.task(id), stored(record)?);
        let change =
            Change::new(vec![key.clone()], move |_, _| Ok((vec![(key.clone(), Some(value.clone()))], ())));
        change.run(&self.inner.runner).await
    }
}
