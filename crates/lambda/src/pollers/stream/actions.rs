//! Doing what the machine says.

use super::Driver;
use crate::mapping::{Action, Event};
use bytes::Bytes;
use std::sync::Arc;
use store::LogId;

impl Driver<'_> {
    /// Tells the machine something, and does what it says.
    pub(super) fn step(&mut self, event: Event<Bytes>) {
        let actions = self.machine.step(event, self.shared.now_ms());
        for action in actions {
            self.act(action);
        }
    }

    fn act(&mut self, action: Action<Bytes>) {
        match action {
            Action::Read { read, shard, from } => self.wanted(&shard, read, from),
            Action::Invoke { invocation, shard, lane, records, window } => {
                self.invoke((invocation, lane), &shard, &records, window.as_ref());
            }
            Action::Discard { shard, lane, records, condition, invokes, failure } => {
                let why = super::discards::Why { condition, invokes, failure };
                self.discard(&shard, lane, &records, why);
            }
            Action::Store { shard, checkpoint } => {
                let Some(run) = self.runs.get_mut(&shard) else { return };
                if run.discards > 0 {
                    run.held = Some(checkpoint);
                } else {
                    self.checkpoints.put(run.log, &checkpoint);
                }
            }
            Action::Finished { shard } => {
                tracing::debug!(mapping = %self.mapping.uuid, %shard, "a shard is finished");
                self.track.finished(&shard);
            }
            Action::Forget { shard } => {
                self.track.finished(&shard);
                if let Some(run) = self.runs.remove(&shard) {
                    self.checkpoints.delete(run.log);
                }
            }
            Action::Wake { at_ms } => {
                let clock = self.clock();
                self.work.wake_at(at_ms, clock.service_sleep_until(at_ms));
            }
        }
    }

    /// A discarded batch is where it was to go; a checkpoint behind it may have waited for that. The shard may be another one of
    /// its name by now.
    pub(super) fn discarded(&mut self, shard: &Arc<str>, log: Option<LogId>) {
        self.discards = self.discards.saturating_sub(1);
        let Some(run) = self.runs.get_mut(shard).filter(|run| Some(run.log) == log) else { return };
        run.discards = run.discards.saturating_sub(1);
        if run.discards == 0
            && let Some(checkpoint) = run.held.take()
        {
            self.checkpoints.put(run.log, &checkpoint);
        }
    }
}
