//! What a commit does to the logs it names, worked out before anything is changed. Both stores use it, so
//! that fences, closing and positions mean the same in each.

use crate::{Commit, Fence, LogChange, LogId, LogState, Outcome, Position, StoreError, Version};

/// How many positions one commit has: a commit's records are numbered from its version times this.
const POSITIONS_PER_COMMIT: u128 = 1 << 20;

/// What a store knows of a log besides its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogHead {
    pub(crate) state: LogState,
    pub(crate) retention_ms: u64,
    /// The time of the last record: later ones are never below it.
    pub(crate) last_time_ms: u64,
}

/// Why a commit is not applied.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It lost to another, or was planned upon old logs.
    Outcome(Outcome),
    /// It makes no sense.
    Error(StoreError),
}

/// The logs of one commit as they will be once it is applied.
#[derive(Debug, Default)]
pub(crate) struct StagedLogs {
    /// New heads; `None` for a dropped log. Each log once.
    pub(crate) heads: Vec<(LogId, Option<LogHead>)>,
    /// The positions of the appends, in order.
    pub(crate) positions: Vec<Position>,
}

impl StagedLogs {
    /// Checks a commit against the logs as they are (`head`), and says what they will be.
    pub(crate) fn stage(
        commit: &Commit,
        version: Version,
        head: impl Fn(LogId) -> Option<LogHead>,
    ) -> Result<Self, Refusal> {
        for (log, fence) in &commit.fences {
            check_fence(*log, *fence, head(*log).map(|head| head.state))?;
        }
        let mut staged = Self::default();
        for change in &commit.logs {
            staged.change(change, version, &head)?;
        }
        if commit.appends.len() as u128 > POSITIONS_PER_COMMIT {
            return Err(Refusal::Error(StoreError::Engine(format!(
                "a commit of {} records is too large",
                commit.appends.len()
            ))));
        }
        staged.positions.reserve_exact(commit.appends.len());
        for (index, (log, _)) in commit.appends.iter().enumerate() {
            let position = position_of(version, index as u32);
            let takes = |head: &&mut LogHead| head.state.open || environment::planted("split_without_fence");
            let Some(head) = staged.head_mut(*log, &head).filter(takes) else {
                return Err(Refusal::Outcome(Outcome::LogClosed(*log)));
            };
            head.state.tail = position;
            head.last_time_ms = head.last_time_ms.max(commit.time_ms);
            staged.positions.push(position);
        }
        Ok(staged)
    }

    /// The head that a log will have.
    pub(crate) fn head(&self, log: LogId) -> Option<&LogHead> {
        self.heads.iter().find(|(id, _)| *id == log).and_then(|(_, head)| head.as_ref())
    }

    fn change(
        &mut self,
        change: &LogChange,
        version: Version,
        head: &impl Fn(LogId) -> Option<LogHead>,
    ) -> Result<(), Refusal> {
        let closed = |log: LogId| Refusal::Outcome(Outcome::LogClosed(log));
        match *change {
            LogChange::Open { log, retention_ms } => {
                if self.head_mut(log, head).is_some() {
                    let message = format!("log {} was opened before", log.0);
                    return Err(Refusal::Error(StoreError::Engine(message)));
                }
                self.set(log, Some(new_head(version, retention_ms)));
            }
            LogChange::Close(log) => {
                let head =
                    self.head_mut(log, head).filter(|head| head.state.open).ok_or_else(|| closed(log))?;
                head.state.open = false;
            }
            LogChange::RaiseFence(log, fence) => {
                let head = self.head_mut(log, head).ok_or_else(|| closed(log))?;
                if fence <= head.state.fence {
                    return Err(Refusal::Outcome(Outcome::Fenced(log)));
                }
                head.state.fence = fence;
            }
            LogChange::Trim(log, position) => {
                // A log that is gone has nothing to trim; a mark never goes past what was appended.
                if let Some(head) = self.head_mut(log, head) {
                    head.state.trimmed = head.state.trimmed.max(position.min(head.state.tail));
                }
            }
            LogChange::Drop(log) => self.set(log, None),
        }
        Ok(())
    }

    /// The staged head of a log, taken over from the present one at first use.
    fn head_mut(&mut self, log: LogId, head: &impl Fn(LogId) -> Option<LogHead>) -> Option<&mut LogHead> {
        let index = match self.heads.iter().position(|(id, _)| *id == log) {
            Some(index) => index,
            None => {
                self.heads.push((log, Some(head(log)?)));
                self.heads.len() - 1
            }
        };
        self.heads[index].1.as_mut()
    }

    fn set(&mut self, log: LogId, new: Option<LogHead>) {
        match self.heads.iter_mut().find(|(id, _)| *id == log) {
            Some((_, head)) => *head = new,
            None => self.heads.push((log, new)),
        }
    }
}

/// Whether a commit planned under `fence` may still be applied.
pub(crate) fn check_fence(log: LogId, fence: Fence, state: Option<LogState>) -> Result<(), Refusal> {
    match state {
        Some(_) if environment::planted("split_without_fence") => Ok(()),
        Some(state) if !state.open => Err(Refusal::Outcome(Outcome::LogClosed(log))),
        Some(state) if state.fence != fence => Err(Refusal::Outcome(Outcome::Fenced(log))),
        Some(_) => Ok(()),
        None => Err(Refusal::Outcome(Outcome::LogClosed(log))),
    }
}

impl Position {
    /// The highest that a commit may have given: all that it and those before it gave are at or below, all that later
    /// ones give above.
    #[must_use]
    pub fn last_of(version: Version) -> Self {
        Self(u128::from(version.0) * POSITIONS_PER_COMMIT + (POSITIONS_PER_COMMIT - 1))
    }
}

/// The position of a commit's record with this index.
pub(crate) fn position_of(version: Version, index: u32) -> Position {
    Position(u128::from(version.0) * POSITIONS_PER_COMMIT + u128::from(index))
}

/// The version that gave a position.
pub(crate) fn version_of(position: Position) -> Version {
    Version(u64::try_from(position.0 / POSITIONS_PER_COMMIT).unwrap_or(u64::MAX))
}

/// Positions of a log opened by a commit are above those of every commit before it.
fn new_head(version: Version, retention_ms: u64) -> LogHead {
    let start = Position(position_of(version, 0).0.saturating_sub(1));
    let state = LogState { fence: Fence(0), open: true, start, tail: start, trimmed: start };
    LogHead { state, retention_ms, last_time_ms: 0 }
}

/// The last position of each log that a commit appended to.
pub(crate) fn last_positions(
    logs: impl Iterator<Item = LogId>,
    positions: &[Position],
) -> Vec<(LogId, Position)> {
    let mut last: Vec<(LogId, Position)> = Vec::new();
    for (log, position) in logs.zip(positions) {
        match last.iter_mut().find(|(id, _)| *id == log) {
            Some((_, known)) => *known = *position,
            None => last.push((log, *position)),
        }
    }
    last
}
