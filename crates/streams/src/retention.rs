//! When a record has expired: once its time is `retention_ms` in the past. Readers treat it as trimmed from
//! that instant, whether or not the disk has been trimmed yet.

use store::{LogId, LogState, Position, Snapshot, StoreError};

/// Records whose time is below this have expired.
pub(crate) fn cutoff_ms(now_ms: u64, retention_ms: u64) -> u64 {
    now_ms.checked_sub(retention_ms).map_or(0, |oldest_ms| oldest_ms.saturating_add(1))
}

/// The position at and below which the records of a log are gone; its start where none is.
pub(crate) fn horizon(
    snapshot: &impl Snapshot,
    log: LogId,
    state: &LogState,
    cutoff_ms: u64,
) -> Result<Position, StoreError> {
    if cutoff_ms == 0 {
        return Ok(state.trimmed);
    }
    Ok(snapshot.log_before(log, cutoff_ms)?.max(state.trimmed))
}
