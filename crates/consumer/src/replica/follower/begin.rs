//! The beginning: each open shard gets a place, after its newest change; what is closed lies before it. Where the
//! replica begins with the oldest changes, the oldest shards get the places of those, so that what is trimmed between
//! this moment and the first read is noticed.

use super::{Call, Description, Follower};
use crate::SequenceNumber;
use crate::backoff::Backoff;
use crate::reader::Position;
use crate::replica::state::{Progress, ShardState, Stage};
use crate::transport::{CallError, RecordPage, Shard, StartingPosition};
use crate::worker::Start;

/// How many empty pages are taken to say that a shard has nothing yet: on AWS one may come before what there is.
const EMPTY_PAGES: u32 = 3;

/// A place that is being asked for.
#[derive(Debug)]
pub(super) struct Bookmark {
    parent: Option<String>,
    shard_start: Option<SequenceNumber>,
    /// Whether it is that of the oldest change, instead of after the newest.
    oldest: bool,
    /// Where the oldest change is looked for, and how many pages had none.
    iterator: Option<String>,
    pages: u32,
    waits: bool,
    next_ms: u64,
    backoff: Backoff,
}

impl Bookmark {
    fn new(shard: &Shard, oldest: bool) -> Self {
        let (parent, shard_start) = (shard.parent.clone(), shard.starting.clone());
        let (iterator, backoff) = (None, Backoff::default());
        Self { parent, shard_start, oldest, iterator, pages: 0, waits: false, next_ms: 0, backoff }
    }

    fn position(&self) -> StartingPosition {
        if self.oldest { StartingPosition::TrimHorizon } else { StartingPosition::Latest }
    }

    pub(super) fn wake_ms(&self) -> Option<u64> {
        (!self.waits).then_some(self.next_ms)
    }
}

impl Follower {
    pub(super) fn begin(&mut self, description: &Description, now_ms: u64) {
        let all =
            self.state.stage == Stage::Begins { copies: false } && self.options.start == Start::TrimHorizon;
        for shard in &description.shards {
            let known = shard.parent.as_ref().is_some_and(|id| is_listed(&description.shards, id));
            let start = shard.starting.clone().filter(|_| all && known);
            if let Some(start) = start {
                self.place(&shard.id, shard.parent.clone(), Progress::At(Position::At(start)));
            } else if !all && shard.ending.is_some() {
                self.place(&shard.id, shard.parent.clone(), Progress::Finished);
            } else {
                self.bookmarks.insert(shard.id.clone(), Bookmark::new(shard, all));
            }
        }
        self.begun(now_ms);
    }

    fn place(&mut self, shard_id: &str, parent: Option<String>, progress: Progress) {
        self.state.shards.insert(shard_id.to_owned(), ShardState { parent, progress });
    }

    pub(super) fn ask_bookmarks(&mut self, now_ms: u64) {
        for (shard_id, bookmark) in &mut self.bookmarks {
            if !bookmark.waits && now_ms >= bookmark.next_ms {
                bookmark.waits = true;
                let shard_id = shard_id.clone();
                self.calls.push(match &bookmark.iterator {
                    Some(iterator) => Call::Records { shard_id, iterator: iterator.clone() },
                    None => Call::Iterator { shard_id, position: bookmark.position() },
                });
            }
        }
    }

    pub(super) fn on_bookmark(&mut self, shard_id: &str, answer: Result<String, CallError>, now_ms: u64) {
        let Some(bookmark) = self.bookmarks.get_mut(shard_id) else { return };
        bookmark.waits = false;
        let progress = match answer {
            Ok(iterator) if bookmark.oldest => {
                bookmark.iterator = Some(iterator);
                return;
            }
            Ok(iterator) => {
                Progress::At(Position::Bookmark { iterator, shard_start: bookmark.shard_start.clone() })
            }
            Err(CallError::NotFound(_)) => Progress::Finished,
            Err(error) => {
                bookmark.next_ms = now_ms + bookmark.backoff.failed(&mut self.dice);
                return self.note(error);
            }
        };
        self.bookmarked(shard_id, progress, now_ms);
    }

    /// A page of a shard whose oldest change is looked for.
    pub(super) fn on_oldest(&mut self, shard_id: &str, answer: Result<RecordPage, CallError>, now_ms: u64) {
        let Some(bookmark) = self.bookmarks.get_mut(shard_id) else { return };
        bookmark.waits = false;
        let page = match answer {
            Ok(page) => page,
            Err(CallError::NotFound(_)) => return self.bookmarked(shard_id, Progress::Finished, now_ms),
            Err(error) => {
                // From the beginning, for the iterator may be what is wrong.
                bookmark.iterator = None;
                bookmark.next_ms = now_ms + bookmark.backoff.failed(&mut self.dice);
                return self.note(error);
            }
        };
        bookmark.pages += 1;
        let progress = match (page.changes.into_iter().next(), page.next) {
            (Some(change), _) => Progress::At(Position::At(change.sequence_number)),
            (None, Some(next)) if bookmark.pages < EMPTY_PAGES => {
                bookmark.iterator = Some(next);
                return;
            }
            (None, Some(iterator)) => {
                Progress::At(Position::Bookmark { iterator, shard_start: bookmark.shard_start.clone() })
            }
            (None, None) => Progress::Finished,
        };
        self.bookmarked(shard_id, progress, now_ms);
    }

    fn bookmarked(&mut self, shard_id: &str, progress: Progress, now_ms: u64) {
        if let Some(bookmark) = self.bookmarks.remove(shard_id) {
            self.place(shard_id, bookmark.parent, progress);
        }
        self.begun(now_ms);
    }

    /// Goes on, if all shards have their places.
    fn begun(&mut self, now_ms: u64) {
        let Stage::Begins { copies } = self.state.stage else { return };
        if !self.bookmarks.is_empty() {
            return;
        }
        self.look.next_ms = now_ms;
        if copies {
            self.begin_copy();
        } else {
            self.state.stage = Stage::Follows;
        }
    }
}

fn is_listed(shards: &[Shard], id: &str) -> bool {
    shards.iter().any(|shard| shard.id == id)
}
