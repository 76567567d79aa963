//! The heads of all logs, as a persistent table: a clone is one point in time, and a change copies only the
//! chunk that it touches. Each commit publishes a clone with its snapshot.

use crate::LogId;
use crate::log_head::LogHead;
use std::collections::HashMap;
use std::sync::Arc;

const CHUNK: usize = 32;

type Chunk = [Option<LogHead>; CHUNK];

/// The heads of all logs at one point in time.
#[derive(Clone, Debug, Default)]
pub(super) struct LogTable {
    /// Where each log stands.
    index: Arc<HashMap<LogId, u32>>,
    chunks: Vec<Arc<Chunk>>,
    /// Places of dropped logs.
    free: Arc<Vec<u32>>,
}

impl LogTable {
    pub(super) fn get(&self, log: LogId) -> Option<&LogHead> {
        let place = *self.index.get(&log)? as usize;
        self.chunks.get(place / CHUNK)?[place % CHUNK].as_ref()
    }

    pub(super) fn set(&mut self, log: LogId, head: Option<LogHead>) {
        match (self.index.get(&log).copied(), head) {
            (Some(place), Some(head)) => self.put(place, Some(head)),
            (Some(place), None) => {
                self.put(place, None);
                Arc::make_mut(&mut self.index).remove(&log);
                Arc::make_mut(&mut self.free).push(place);
            }
            (None, Some(head)) => {
                let place = self.place();
                Arc::make_mut(&mut self.index).insert(log, place);
                self.put(place, Some(head));
            }
            (None, None) => {}
        }
    }

    /// A place that no log has.
    fn place(&mut self) -> u32 {
        if !self.free.is_empty()
            && let Some(place) = Arc::make_mut(&mut self.free).pop()
        {
            return place;
        }
        let place = self.index.len();
        if place / CHUNK >= self.chunks.len() {
            self.chunks.push(Arc::new([None; CHUNK]));
        }
        place as u32
    }

    fn put(&mut self, place: u32, head: Option<LogHead>) {
        let place = place as usize;
        if let Some(chunk) = self.chunks.get_mut(place / CHUNK) {
            Arc::make_mut(chunk)[place % CHUNK] = head;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fence, LogState, Position};
    use std::collections::BTreeMap;

    #[test]
    fn a_clone_stays_as_it_was_while_logs_come_and_go() {
        let head = |fence: u64| {
            let (start, tail, trimmed) = (Position(0), Position(0), Position(0));
            let state = LogState { fence: Fence(fence), open: true, start, tail, trimmed };
            LogHead { state, retention_ms: 0, last_time_ms: 0 }
        };
        let (mut table, mut model) = (LogTable::default(), BTreeMap::new());
        let mut random = 1_u64;
        for step in 0..2_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let log = LogId(random >> 56);
            let (before, model_before) = (table.clone(), model.clone());
            if (random >> 40).is_multiple_of(3) {
                table.set(log, None);
                model.remove(&log);
            } else {
                table.set(log, Some(head(step)));
                model.insert(log, step);
            }
            for (table, model) in [(&table, &model), (&before, &model_before)] {
                let fence = |log| table.get(LogId(log)).map(|head| head.state.fence.0);
                (0..256).for_each(|log| assert_eq!(fence(log), model.get(&LogId(log)).copied()));
            }
        }
    }
}
