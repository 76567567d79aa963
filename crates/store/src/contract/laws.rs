//! What must be true once all is over.

use super::reader::Followed;
use super::{Acknowledged, Arena, History, Mark, Violation, key};
use crate::{LogId, LogRecord, Position, Snapshot, Store, Version};
use std::collections::HashMap;

/// A record that was acknowledged, with what is known of it.
struct Known {
    log: LogId,
    mark: Mark,
    position: Position,
    version: Version,
    sent: u64,
    answered: u64,
}

/// Checks a whole run; `counts` holds how often each key was written before it.
pub(super) fn check<S: Store>(
    arena: &Arena<'_, S>,
    acknowledged: &[Acknowledged],
    followed: &[Followed],
    counts: &mut HashMap<u32, u64>,
) -> Result<(), Violation> {
    let whole = read_all(arena.store, arena.load.logs)?;
    for reader in followed {
        missed_nothing(&whole, reader)?;
    }
    let mut known = Vec::new();
    for ack in acknowledged {
        let (version, sent, answered) = (ack.version, ack.sent, ack.answered);
        if ack.positions.len() != ack.marks.len() {
            return Err(Violation::new("store", "a commit answered with too few positions"));
        }
        for (mark, position) in ack.marks.iter().zip(&ack.positions) {
            let (mark, position, log) = (*mark, *position, arena.log(mark.key));
            known.push(Known { log, mark, position, version, sent, answered });
        }
    }
    once_each(&whole, &known, arena.load.seed)?;
    in_real_time_order(&known)?;
    in_version_order(&mut known, counts, arena.blind())
}

/// Reads all logs from their beginnings.
fn read_all<S: Store>(store: &S, logs: u32) -> Result<Followed, Violation> {
    let snapshot = store.snapshot();
    let read = |log| Ok((log, snapshot.log_read(log, Position(0), usize::MAX, usize::MAX)?.records));
    (1..=u64::from(logs)).map(|log| read(LogId(log))).collect()
}

/// L1: what a reader saw on its way is what is there, nothing came in behind it.
fn missed_nothing(whole: &Followed, reader: &Followed) -> Result<(), Violation> {
    for (log, records) in reader {
        let there = whole.get(log).map_or(&[][..], Vec::as_slice);
        let differs = records.iter().zip(there).position(|(seen, there)| seen != there);
        if let Some(at) = differs.or((records.len() > there.len()).then_some(there.len())) {
            let position = |records: &[LogRecord]| records.get(at).map(|record| record.position);
            return Err(Violation::new(
                "L1",
                format!("a reader of {log:?} saw {:?} where {:?} is", position(records), position(there)),
            ));
        }
    }
    Ok(())
}

/// L6: each acknowledged operation of this run has its record once, at the position it was told; and each
/// record is of an acknowledged operation.
fn once_each(whole: &Followed, known: &[Known], seed: u64) -> Result<(), Violation> {
    let mut found: HashMap<Mark, (LogId, Position)> = HashMap::new();
    for (log, records) in whole {
        for record in records {
            let mark = Mark::decode(&record.bytes.joined())?;
            if mark.operation >> 48 == seed & 0xffff && found.insert(mark, (*log, record.position)).is_some()
            {
                return Err(Violation::new("L6", format!("{mark:?} is there twice")));
            }
        }
    }
    for known in known {
        let there = found.remove(&known.mark);
        if there != Some((known.log, known.position)) {
            let what =
                format!("{:?} was acknowledged at {:?} but is at {there:?}", known.mark, known.position);
            return Err(Violation::new("L6", what));
        }
    }
    match found.keys().next() {
        Some(mark) => Err(Violation::new("L6", format!("{mark:?} was never acknowledged"))),
        None => Ok(()),
    }
}

/// L2: what was answered before another was sent is before it in their log.
fn in_real_time_order(known: &[Known]) -> Result<(), Violation> {
    let mut logs: HashMap<LogId, Vec<&Known>> = HashMap::new();
    known.iter().for_each(|known| logs.entry(known.log).or_default().push(known));
    for (log, mut known) in logs {
        known.sort_by_key(|known| known.position);
        let mut latest = 0;
        for known in known {
            if known.answered < latest {
                let what = format!("in {log:?}, {:?} was answered before one before it was sent", known.mark);
                return Err(Violation::new("L2", what));
            }
            latest = latest.max(known.sent);
        }
    }
    Ok(())
}

/// L3: of one key, the order of versions is that of positions and of the numbers that were counted up.
fn in_version_order(known: &mut [Known], counts: &HashMap<u32, u64>, blind: u32) -> Result<(), Violation> {
    known.sort_by_key(|known| (known.mark.key, known.position));
    for of_one_key in known.chunk_by(|one, other| one.mark.key == other.mark.key) {
        let mut count =
            of_one_key.first().and_then(|known| counts.get(&known.mark.key)).copied().unwrap_or(0);
        let mut version = Version(0);
        for known in of_one_key {
            count += 1;
            let counted = known.mark.key == blind || known.mark.count == count;
            if !counted || known.version <= version {
                let what = format!("{:?} of version {:?} is out of order", known.mark, known.version);
                return Err(Violation::new("L3", what));
            }
            version = known.version;
        }
    }
    Ok(())
}

/// L5: after a restart, all that was acknowledged is there, and each key holds what its last record says.
pub(super) fn all_there<S: Store>(store: &S, history: &History) -> Result<(), Violation> {
    let whole = read_all(store, history.load.logs)?;
    let mut at = HashMap::new();
    let mut last: HashMap<u32, Mark> = HashMap::new();
    // All records of a key are in one log, in the order of its versions.
    for record in whole.values().flatten() {
        let mark = Mark::decode(&record.bytes.joined())?;
        at.insert(mark, record.position);
        last.insert(mark.key, mark);
    }
    for ack in &history.acknowledged {
        for (mark, position) in ack.marks.iter().zip(&ack.positions) {
            if at.get(mark) != Some(position) {
                let what = format!("{mark:?} at {position:?} is at {:?} after a restart", at.get(mark));
                return Err(Violation::new("L5", what));
            }
        }
    }
    let snapshot = store.snapshot();
    for (index, mark) in last {
        let value = snapshot.get(&key(history.space, index))?;
        let value = value.map(|value| Mark::decode(&value.value)).transpose()?;
        if value != Some(mark) {
            let what = format!("after a restart, key {index} holds {value:?} but its log ends with {mark:?}");
            return Err(Violation::new("L5", what));
        }
    }
    Ok(())
}
