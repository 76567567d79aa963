//! The events that came last, for those who follow logs: in memory, and only while somebody follows.

use super::pattern::Pattern;
use super::state::GroupKey;
use super::{Event, Logs, LogsError};
use environment::{Clock, Environment};
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// What followers who are behind find.
const BYTES_MAX: usize = 4 << 20;

/// Events are kept for so long after a follower was there.
const LINGER: Duration = Duration::from_secs(120);

/// The most lines of one answer.
const LINES_MAX: usize = 1_000;

/// So many bytes of a stream are searched for one invocation.
const REQUEST_SEARCHED_BYTES: usize = 8 << 20;

/// A line of a log, as it is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The log stream.
    pub stream: Arc<str>,
    /// When it happened.
    pub time_ms: u64,
    /// What it says.
    pub message: String,
}

/// How far somebody has followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Of which run of the server.
    run: u64,
    /// The next event.
    next: u64,
}

impl Cursor {
    /// From its text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (run, next) = text.split_once('-')?;
        Some(Self { run: run.parse().ok()?, next: next.parse().ok()? })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.run, self.next)
    }
}

/// What came since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// The events, in the order in which they came.
    pub lines: Vec<Line>,
    /// Where to go on.
    pub cursor: Cursor,
    /// Whether some were missed, because the follower was too slow or the server was started anew.
    pub missed: bool,
}

/// The events that came last.
#[derive(Debug)]
pub(super) struct Live {
    clock: Clock,
    run: u64,
    next: u64,
    events: VecDeque<(GroupKey, Line)>,
    bytes: usize,
    /// Until when events are kept.
    until: Duration,
    pub(super) arrived: Arc<Notify>,
}

impl Live {
    pub(super) fn new(environment: &Environment) -> Self {
        Self {
            clock: environment.clock.clone(),
            run: environment.clock.wall_ms(),
            next: 0,
            events: VecDeque::new(),
            bytes: 0,
            until: Duration::ZERO,
            arrived: Arc::default(),
        }
    }

    /// Somebody follows, from now on.
    pub(super) fn follow(&mut self) -> Cursor {
        self.until = self.clock.machine() + LINGER;
        Cursor { run: self.run, next: self.next }
    }

    pub(super) fn push(&mut self, key: &GroupKey, stream: &Arc<str>, event: &Event) {
        self.next += 1;
        if self.until.is_zero() {
            return;
        }
        let (stream, message) = (Arc::clone(stream), event.message.clone());
        self.bytes += message.len() + size_of::<Line>();
        self.events.push_back((key.clone(), Line { stream, time_ms: event.time_ms, message }));
        while self.bytes > BYTES_MAX && self.events.len() > 1 {
            let Some((_, line)) = self.events.pop_front() else { return };
            self.bytes -= line.message.len() + size_of::<Line>();
        }
    }

    /// Wakes followers; forgets all where there have been none for long.
    pub(super) fn wake(&mut self) {
        if self.until.is_zero() {
            return;
        }
        if self.clock.machine() > self.until {
            self.until = Duration::ZERO;
            self.events = VecDeque::new();
            self.bytes = 0;
            return;
        }
        self.arrived.notify_waiters();
    }

    /// What came since; `None` where there is nothing.
    fn since(&self, cursor: Cursor, key: &GroupKey, pattern: &Pattern) -> Option<Followed> {
        let first = self.next - self.events.len() as u64;
        let known = cursor.run == self.run && (first..=self.next).contains(&cursor.next);
        let skipped = if known { usize::try_from(cursor.next - first).unwrap_or(usize::MAX) } else { 0 };
        let mut followed = Followed {
            lines: Vec::new(),
            cursor: Cursor { run: self.run, next: first + skipped as u64 },
            missed: !known,
        };
        for (of, line) in self.events.iter().skip(skipped) {
            if followed.lines.len() >= LINES_MAX {
                break;
            }
            followed.cursor.next += 1;
            if of == key && pattern.matches(&line.message) {
                followed.lines.push(line.clone());
            }
        }
        (followed.missed || !followed.lines.is_empty()).then_some(followed)
    }
}

impl Logs {
    /// The last events of a group since a time, oldest first, at most so many; and where to follow on. `None` for a group
    /// that is not there (yet), which can be followed all the same.
    ///
    /// # Errors
    /// When the store fails.
    pub fn tail(
        &self,
        (account, region, group): (&str, &str, &str),
        since_ms: u64,
        count: usize,
        pattern: &Pattern,
    ) -> Result<(Option<Vec<Line>>, Cursor), LogsError> {
        let key = self.key(account, region, group);
        let (blocks, cursor) = {
            let mut state = self.state();
            let cursor = state.live.follow();
            let Some(group) = state.groups.get(&key) else { return Ok((None, cursor)) };
            let from_ms = since_ms.max(group.record.expired_below_ms(self.now_ms()));
            (state.blocks(&key, |_| true, from_ms..u64::MAX), cursor)
        };
        let mut lines = Vec::new();
        let mut walk = self.walk(blocks, since_ms..u64::MAX, false, None);
        while lines.len() < count {
            let Some(event) = walk.next()? else { break };
            if pattern.matches(&event.message) {
                lines.push(Line {
                    stream: event.stream,
                    time_ms: event.place.time_ms,
                    message: event.message,
                });
            }
        }
        lines.reverse();
        Ok((Some(lines), cursor))
    }

    /// What a function printed for one invocation, at most so many events: those of its stream from the one that begins it to
    /// the one that ends it.
    ///
    /// # Errors
    /// When the store fails.
    pub fn of_request(
        &self,
        (account, region, group): (&str, &str, &str),
        stream: &str,
        request_id: &str,
        count: usize,
    ) -> Result<Vec<Line>, LogsError> {
        let key = self.key(account, region, group);
        let blocks = self.state().blocks(&key, |name| name == stream, 0..u64::MAX);
        let mut lines = Vec::new();
        let mut walk = self.walk(blocks, 0..u64::MAX, false, None);
        // From the end on: what is asked for is most often new. In the JSON form, reports are messages of their own.
        while let Some(event) = walk.next()? {
            let names = event.message.contains(request_id);
            let ends = event.message.starts_with("REPORT ") || event.message.contains("\"platform.report\"");
            if lines.is_empty() && !(names && ends) {
                if walk.read_bytes() > REQUEST_SEARCHED_BYTES {
                    break;
                }
                continue;
            }
            let begins = event.message.starts_with("START ") || event.message.contains("\"platform.start\"");
            lines.push(Line { stream: event.stream, time_ms: event.place.time_ms, message: event.message });
            if names && begins || walk.read_bytes() > REQUEST_SEARCHED_BYTES {
                break;
            }
        }
        lines.reverse();
        lines.truncate(count);
        Ok(lines)
    }

    /// From now on nobody waits for events: whoever does is answered that there are none.
    pub fn end_waits(&self) {
        self.inner.closing.close();
    }

    /// Waits for events of a group that a pattern means, for so long at most.
    pub async fn follow(
        &self,
        (account, region, group): (&str, &str, &str),
        cursor: Cursor,
        pattern: &Pattern,
        wait: Duration,
    ) -> Followed {
        let key = self.key(account, region, group);
        let deadline = self.inner.environment.clock.machine() + wait;
        loop {
            let arrived = Arc::clone(&self.state().live.arrived);
            let mut arrived = std::pin::pin!(arrived.notified());
            // Enlisted before the look, so that no event between the look and the wait is missed.
            arrived.as_mut().enable();
            let here = {
                let mut state = self.state();
                let here = state.live.follow();
                if let Some(followed) = state.live.since(cursor, &key, pattern) {
                    return followed;
                }
                here
            };
            let left = deadline.saturating_sub(self.inner.environment.clock.machine());
            let more = !left.is_zero()
                && tokio::select! {
                    () = arrived => true,
                    () = self.inner.environment.clock.sleep(left) => false,
                    () = self.inner.closing.closed() => false,
                };
            if !more {
                // Nothing until then was of this group.
                return Followed { lines: Vec::new(), cursor: here, missed: false };
            }
        }
    }
}
