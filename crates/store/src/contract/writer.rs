//! A writer of the contract suite.

use super::{Acknowledged, Arena, FENCE, Mark, Violation, commit};
use crate::{Commit, CommitToken, Expect, Outcome, Snapshot, Store, Version, Versioned};
use std::sync::atomic::Ordering;

/// Every so many commits, one is sent again with its token although its outcome is known.
const REPLAY_EVERY: u64 = 10;

/// How often a commit may meet a conflict; a store that always conflicts must not hang the suite.
const CONFLICTS_MAX: usize = 10_000;

/// Does one writer's commits.
pub(super) fn write<S: Store>(arena: &Arena<'_, S>, writer: u64) -> Result<Vec<Acknowledged>, Violation> {
    let mut acknowledged = Vec::new();
    for count in 0..arena.load.commits {
        if arena.over.load(Ordering::SeqCst) {
            break;
        }
        let operation = arena.load.seed << 48 | writer << 32 | count;
        let index = (arena.random.next_u64() % u64::from(arena.load.keys + 1)) as u32;
        // The last two keys before the blind one are always written together.
        let keys = if index < arena.blind() && index + 2 >= arena.load.keys {
            vec![arena.load.keys - 2, arena.load.keys - 1]
        } else {
            vec![index]
        };
        acknowledged.push(operate(arena, &keys, operation)?);
    }
    Ok(acknowledged)
}

fn operate<S: Store>(arena: &Arena<'_, S>, keys: &[u32], operation: u64) -> Result<Acknowledged, Violation> {
    let sent = arena.tick();
    for attempt in 0..CONFLICTS_MAX {
        let (seen, old) = read(arena, keys)?;
        arena.pause();
        let (mut change, marks) = plan(arena, keys, &old, operation)?;
        change.token = Some(CommitToken(u128::from(operation) << 32 | attempt as u128 | 1 << 127));
        let outcome = match arena.store.commit_seen(change.clone(), seen) {
            Err(crate::StoreError::Unknown(_)) => commit(arena.store, &change),
            known => known,
        };
        match outcome? {
            Outcome::Done { version, positions } | Outcome::Replayed { version, positions } => {
                let answered = arena.tick();
                let ack = Acknowledged { marks, version, positions, sent, answered };
                if operation.is_multiple_of(REPLAY_EVERY) {
                    replay(arena, &change, &ack)?;
                }
                return Ok(ack);
            }
            Outcome::Conflict(_) => {}
            refused => {
                return Err(Violation::new("store", format!("a good commit was refused: {refused:?}")));
            }
        }
    }
    Err(Violation::new("store", format!("a commit met {CONFLICTS_MAX} conflicts")))
}

fn read<S: Store>(
    arena: &Arena<'_, S>,
    keys: &[u32],
) -> Result<(Version, Vec<Option<Versioned>>), Violation> {
    let snapshot = arena.store.snapshot();
    let old = keys.iter().map(|index| snapshot.get(&arena.key(*index))).collect::<Result<_, _>>()?;
    Ok((snapshot.version(), old))
}

fn plan<S: Store>(
    arena: &Arena<'_, S>,
    keys: &[u32],
    old: &[Option<Versioned>],
    operation: u64,
) -> Result<(Commit, Vec<Mark>), Violation> {
    let (mut change, mut marks) = (Commit { time_ms: operation & 0xffff, ..Commit::default() }, Vec::new());
    for (index, old) in keys.iter().zip(old) {
        let expect = old.as_ref().map_or(Expect::Absent, |old| Expect::At(old.version));
        let count =
            old.as_ref().map(|old| Mark::decode(&old.value)).transpose()?.map_or(0, |mark| mark.count);
        let mark = Mark { key: *index, count: count + 1, operation };
        if *index != arena.blind() {
            change.checks.push((arena.key(*index), expect));
        }
        change.writes.push((arena.key(*index), Some(mark.encode())));
        change.appends.push((arena.log(*index), mark.encode_in_pieces()));
        change.fences.push((arena.log(*index), FENCE));
        marks.push(mark);
    }
    Ok((change, marks))
}

/// A commit that has happened, sent again with its token, happens no second time.
fn replay<S: Store>(arena: &Arena<'_, S>, change: &Commit, ack: &Acknowledged) -> Result<(), Violation> {
    let expected = Outcome::Replayed { version: ack.version, positions: ack.positions.clone() };
    let outcome = commit(arena.store, change)?;
    if outcome == expected {
        return Ok(());
    }
    Err(Violation::new("L6", format!("a commit sent again gave {outcome:?} and not {expected:?}")))
}
