//! The records of logs in memory.

use crate::log_head::LogHead;
use crate::{LogId, LogPage, LogRecord, Pieces, Position};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};

/// Records whose heads are fetched at once before they are cloned.
const FETCHED_AHEAD: usize = 16;

/// A log and its records above the trim mark.
#[derive(Clone, Debug)]
pub(super) struct Log {
    pub(super) head: LogHead,
    records: VecDeque<LogRecord>,
    bytes: usize,
}

impl Log {
    pub(super) fn new(head: LogHead) -> Self {
        Self { head, records: VecDeque::new(), bytes: 0 }
    }

    /// What the records cost.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes a new head over, and frees what it trims; answers how many bytes that gave.
    pub(super) fn set_head(&mut self, head: LogHead) -> usize {
        self.head = head;
        let mut freed = 0;
        while self.records.front().is_some_and(|record| record.position <= head.state.trimmed) {
            freed += self.pop();
        }
        freed
    }

    /// Appends a record at the log's last time; answers its cost.
    pub(super) fn push(&mut self, position: Position, bytes: Pieces) -> usize {
        let cost = record_bytes(&bytes);
        self.records.push_back(LogRecord { position, time_ms: self.head.last_time_ms, bytes });
        self.bytes += cost;
        cost
    }

    fn pop(&mut self) -> usize {
        let Some(record) = self.records.pop_front() else { return 0 };
        let cost = record_bytes(&record.bytes);
        self.bytes -= cost;
        cost
    }

    pub(super) fn read(&self, after: Position, count: usize, bytes: usize) -> LogPage {
        let from = self.records.partition_point(|record| record.position <= after);
        let mut page = LogPage { next: after, ..LogPage::default() };
        let mut left = bytes;
        for (nth, record) in self.records.range(from..).enumerate() {
            if nth % FETCHED_AHEAD == 0 {
                let ahead = self.records.range(from + nth..).take(FETCHED_AHEAD);
                ahead.for_each(|record| record.bytes.fetch_head());
            }
            let fits = page.records.is_empty() || record.bytes.len() <= left;
            if page.records.len() >= count.max(1) || !fits {
                page.more = true;
                break;
            }
            left = left.saturating_sub(record.bytes.len());
            page.next = record.position;
            page.records.push(record.clone());
        }
        page
    }

    pub(super) fn before(&self, time_ms: u64) -> Position {
        let count = self.records.partition_point(|record| record.time_ms < time_ms);
        let last = count.checked_sub(1).and_then(|index| self.records.get(index));
        last.map_or(self.head.state.trimmed, |record| record.position)
    }
}

/// Trims the oldest records of all logs until that many bytes are free; answers the bytes and the records.
pub(super) fn trim_oldest(logs: &mut HashMap<LogId, Log>, bytes: usize) -> (usize, u64) {
    let front = |id: LogId, log: &Log| log.records.front().map(|record| Reverse((record.position, id)));
    let mut oldest: BinaryHeap<_> = logs.iter().filter_map(|(id, log)| front(*id, log)).collect();
    let (mut freed, mut count) = (0, 0);
    while freed < bytes
        && let Some(Reverse((position, id))) = oldest.pop()
    {
        let Some(log) = logs.get_mut(&id) else { continue };
        freed += log.pop();
        count += 1;
        log.head.state.trimmed = position;
        oldest.extend(front(id, log));
    }
    (freed, count)
}

fn record_bytes(bytes: &Pieces) -> usize {
    bytes.memory_bytes() + size_of::<LogRecord>()
}
