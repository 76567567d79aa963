//! All that a table holds at one moment, for those who then follow its stream: items and the stream's positions out of one
//! snapshot of the store, so that what comes after the positions is exactly what the items do not show yet.
//!
//! On disk the snapshot is held while it is read: what is overwritten meanwhile stays on disk, and so do records that are
//! trimmed, until it is dropped. In memory the items are noted at once, since a snapshot there holds up all writes: their
//! bytes are shared with the table's, and what is overwritten meanwhile stays until it was read. Whoever takes one sees to
//! it that there are few, and none for long.

use crate::backup::Source;
use crate::{Caller, Database};
use bytes::Bytes;
use item::Stored;
use std::fmt;
use streams::StreamDescriptor;
use streams::following::Follower;
use wire::ApiError;

/// The items of a table at one moment.
pub struct TableSnapshot<'a> {
    source: Source<'a>,
    after: Option<Bytes>,
}

impl fmt::Debug for TableSnapshot<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TableSnapshot").field("after", &self.after).finish_non_exhaustive()
    }
}

impl TableSnapshot<'_> {
    /// The next items, about a megabyte of them at most; none at the end.
    ///
    /// # Errors
    /// When the store fails.
    pub fn page(&mut self) -> Result<Vec<Stored>, ApiError> {
        let page = self.source.page(self.after.take())?;
        self.after = page.last().map(|(key, _)| key.clone());
        Ok(page.into_iter().map(|(_, value)| Stored::from_bytes(value)).collect())
    }
}

impl Database {
    /// What the table of a stream holds now, and a follower of the stream that begins right after it. `None` where the stream
    /// is not the present one of its table.
    ///
    /// # Errors
    /// When the store fails.
    pub fn snapshot_of(
        &self,
        stream: &StreamDescriptor,
    ) -> Result<Option<(TableSnapshot<'_>, Follower)>, ApiError> {
        let owner = Caller::new(&stream.account, &stream.region);
        // The stream as it is now; the snapshot comes after it.
        let (Some(entry), Some(stream)) =
            (self.catalog.find(&owner, &stream.table_name), self.streams.get(&stream.arn))
        else {
            return Ok(None);
        };
        let is_present = entry.descriptor.stream.as_ref().is_some_and(|latest| latest.arn == stream.arn);
        if !is_present || entry.table.stream.is_none() {
            return Ok(None);
        }
        let (source, follower) =
            Source::seen(&self.store, entry.table.space, |snapshot| Follower::behind(&stream, snapshot))?;
        Ok(Some((TableSnapshot { source, after: None }, follower)))
    }
}
