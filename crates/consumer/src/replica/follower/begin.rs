//! The beginning: each open shard gets a place, after its newest change; what is closed lies before it.

use super::{Call, Description, Follower};
use crate::SequenceNumber;
use crate::backoff::Backoff;
use crate::reader::Position;
use crate::replica::state::{Progress, ShardState, Stage};
use crate::transport::{CallError, Shard, StartingPosition};
use crate::worker::Start;

/// A place that is being asked for.
#[derive(Debug)]
pub(super) struct Bookmark {
    parent: Option<String>,
    shard_start: Option<SequenceNumber>,
    waits: bool,
    next_ms: u64,
    backoff: Backoff,
}

impl Bookmark {
    pub(super) fn wake_ms(&self) -> Option<u64> {
        (!self.waits).then_some(self.next_ms)
    }
}

impl Follower {
    pub(super) fn begin(&mut self, description: &Description, now_ms: u64) {
        let all =
            self.state.stage == Stage::Begins { copies: false } && self.options.start == Start::TrimHorizon;
        for shard in &description.shards {
            if all {
                let known = shard.parent.as_ref().is_some_and(|id| is_listed(&description.shards, id));
                let start = shard.starting.clone().filter(|_| known);
                let position = start.map_or(Position::TrimHorizon, Position::At);
                self.place(&shard.id, shard.parent.clone(), Progress::At(position));
            } else if shard.ending.is_some() {
                self.place(&shard.id, shard.parent.clone(), Progress::Finished);
            } else {
                let (parent, shard_start) = (shard.parent.clone(), shard.starting.clone());
                let bookmark =
                    Bookmark { parent, shard_start, waits: false, next_ms: 0, backoff: Backoff::default() };
                self.bookmarks.insert(shard.id.clone(), bookmark);
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
                let (shard_id, position) = (shard_id.clone(), StartingPosition::Latest);
                self.calls.push(Call::Iterator { shard_id, position });
            }
        }
    }

    pub(super) fn on_bookmark(&mut self, shard_id: &str, answer: Result<String, CallError>, now_ms: u64) {
        let Some(bookmark) = self.bookmarks.get_mut(shard_id) else { return };
        bookmark.waits = false;
        let progress = match answer {
            Ok(iterator) => {
                Progress::At(Position::Bookmark { iterator, shard_start: bookmark.shard_start.clone() })
            }
            Err(CallError::NotFound(_)) => Progress::Finished,
            Err(error) => {
                bookmark.next_ms = now_ms + bookmark.backoff.failed(&mut self.dice);
                return self.note(error);
            }
        };
        let parent = bookmark.parent.take();
        self.bookmarks.remove(shard_id);
        self.place(shard_id, parent, progress);
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
