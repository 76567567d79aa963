//! A reader of the contract suite: follows the logs and holds them against the keys.

use super::{Arena, Mark, Violation};
use crate::{LogId, LogRecord, Position, Snapshot, Store};
use std::collections::HashMap;
use std::sync::atomic::Ordering;

/// The records of each log as one reader has come to see them.
pub(super) type Followed = HashMap<LogId, Vec<LogRecord>>;

/// Reads until the writers are through.
pub(super) fn follow<S: Store>(arena: &Arena<'_, S>) -> Result<Followed, Violation> {
    let result = follow_on(arena);
    if result.is_err() {
        // The writers need not go on.
        arena.over.store(true, Ordering::SeqCst);
    }
    result
}

fn follow_on<S: Store>(arena: &Arena<'_, S>) -> Result<Followed, Violation> {
    let mut followed = Followed::new();
    let mut last = HashMap::new();
    loop {
        let over = arena.over.load(Ordering::SeqCst);
        let snapshot = arena.store.snapshot();
        for log in (1..=u64::from(arena.load.logs)).map(LogId) {
            let records = followed.entry(log).or_default();
            catch_up(arena, &snapshot, log, records, &mut last)?;
            arena.pause();
        }
        if arena.load.compare {
            compare(arena, &snapshot, &last)?;
        }
        drop(snapshot);
        if over {
            return Ok(followed);
        }
        arena.pause();
    }
}

/// Reads a log to the end of the snapshot, noting the last record of each key.
fn catch_up<S: Store>(
    arena: &Arena<'_, S>,
    snapshot: &S::Snapshot<'_>,
    log: LogId,
    records: &mut Vec<LogRecord>,
    last: &mut HashMap<u32, Mark>,
) -> Result<(), Violation> {
    let mut after = records.last().map_or(Position(0), |record| record.position);
    loop {
        let count = 1 + (arena.random.next_u64() % 16) as usize;
        let page = snapshot.log_read(log, after, count, 4096)?;
        for record in &page.records {
            if record.position <= after {
                let what = format!("a read above {after:?} gave {:?}", record.position);
                return Err(Violation::new("L1", what));
            }
            if records.last().is_some_and(|before| before.time_ms > record.time_ms) {
                return Err(Violation::new("store", "a record's time is below that of the one before it"));
            }
            let mark = Mark::decode(&record.bytes.joined())?;
            last.insert(mark.key, mark);
            after = record.position;
            records.push(record.clone());
        }
        if page.next != after {
            return Err(Violation::new("L1", format!("a page ends at {after:?} but names {:?}", page.next)));
        }
        if !page.more {
            break;
        }
    }
    let tail = snapshot.log(log).map(|state| state.tail.max(state.start));
    let end = records.last().map(|record| record.position);
    if end.is_some() && end != tail {
        return Err(Violation::new(
            "L7",
            format!("a snapshot's log ends at {end:?} but its tail is {tail:?}"),
        ));
    }
    Ok(())
}

/// In one snapshot, each key holds what its last record says, and stays so.
fn compare<S: Store>(
    arena: &Arena<'_, S>,
    snapshot: &S::Snapshot<'_>,
    last: &HashMap<u32, Mark>,
) -> Result<(), Violation> {
    let mut operations = Vec::new();
    for index in 0..=arena.blind() {
        let value = snapshot.get(&arena.key(index))?;
        let mark = value.as_ref().map(|value| Mark::decode(&value.value)).transpose()?;
        if mark != last.get(&index).copied() {
            let what = format!("key {index} holds {mark:?} but its log ends with {:?}", last.get(&index));
            return Err(Violation::new("L4", what));
        }
        if value.is_some_and(|value| value.version > snapshot.version()) {
            return Err(Violation::new("L7", format!("key {index} is newer than its snapshot")));
        }
        operations.push(mark.map(|mark| mark.operation));
    }
    if let [.., one, other, _blind] = operations[..]
        && one != other
    {
        return Err(Violation::new("L7", "half of a commit is in a snapshot"));
    }
    arena.pause();
    for (index, operation) in operations.into_iter().enumerate() {
        let again =
            snapshot.get(&arena.key(index as u32))?.map(|value| Mark::decode(&value.value)).transpose()?;
        if again.map(|mark| mark.operation) != operation {
            return Err(Violation::new("L7", format!("key {index} changed within a snapshot")));
        }
    }
    Ok(())
}
