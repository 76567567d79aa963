//! Where a table's stream was when it was read.

use crate::table::Table;
use store::{Position, Snapshot};
use streams::positions;

/// The most shards whose positions an answer tells: headers are as long as clients take them, some of them 16 KiB.
const SHARDS_TOLD_MAX: usize = 100;

/// The positions of a table's stream in a snapshot, if it has one: what comes after them is what the read has not seen.
#[inline]
pub(crate) fn tails(snapshot: &impl Snapshot, table: &Table) -> Option<String> {
    let stream = table.stream.as_ref()?;
    if stream.shards.len() > SHARDS_TOLD_MAX {
        return None;
    }
    let mut text = String::new();
    for shard in &stream.shards {
        let Some(state) = snapshot.log(shard.log) else { continue };
        // Of a shard that was closed since the table was looked up, all has been seen, and what its children have so far.
        let at = if state.open { state.tail } else { Position::last_of(snapshot.version()) };
        positions::push(&mut text, &shard.id, at);
    }
    (!text.is_empty()).then_some(text)
}
