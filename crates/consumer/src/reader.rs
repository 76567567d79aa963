//! Reading one shard, as a state machine: which call to make next, given what the last one said.
//!
//! It promises that no change is passed over silently. A place in a shard is a sequence number wherever there is one;
//! iterators are only the way to it, and one that has expired is asked for again. A place that was trimmed away is
//! reported, and only then does reading go on with what is left.

use crate::backoff::{Backoff, Dice};
use crate::transport::{CallError, RecordPage, StartingPosition};
use crate::{Change, Gap, GapReason, SequenceNumber};
use serde::{Deserialize, Serialize};

/// A place in a shard, between two changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Position {
    /// Before the oldest change that the shard still has.
    TrimHorizon,
    /// Where this iterator stands, before any change whose sequence number is known. Once it has expired, the place
    /// is lost, and reading starts with the beginning of the shard instead: twice is better than not at all.
    Bookmark {
        /// The iterator.
        iterator: String,
        /// At or below the first change of the shard.
        shard_start: Option<SequenceNumber>,
    },
    /// Before the change with this number, or where it would be.
    At(SequenceNumber),
    /// After the change with this number.
    After(SequenceNumber),
}

/// What a reader wants to be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReaderCall {
    Iterator(StartingPosition),
    Records(String),
}

/// What an answer means for the shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Nothing; there is a next call, perhaps later.
    Goes,
    /// These are to be delivered, and then [`Reader::delivered`] is to be told.
    Changes(Vec<Change>),
    /// This is to be delivered, likewise.
    Gap(Gap),
    /// The bookmark has expired: what is read from now on may have been there before it was made.
    Replays,
    /// The shard has been read to its end.
    End,
    /// The call failed, and is made again later.
    Failed(CallError),
}

#[derive(Clone, Debug)]
enum Phase {
    NeedsIterator,
    AwaitsIterator,
    Has(String),
    AwaitsRecords,
    /// What was read is being delivered; the iterator of what follows, unless the shard ends.
    Delivers(Next),
    Ended,
}

#[derive(Clone, Debug)]
enum Next {
    Iterator(String),
    /// Where the position says.
    Position,
    End,
}

/// The reader of one shard.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    shard_id: String,
    position: Position,
    phase: Phase,
    /// No call before this.
    not_before_ms: u64,
    /// How long to wait after an empty page.
    idle_ms: u64,
    backoff: Backoff,
}

impl Reader {
    pub(crate) fn new(shard_id: &str, position: Position, idle_ms: u64) -> Self {
        let phase = match &position {
            Position::Bookmark { iterator, .. } => Phase::Has(iterator.clone()),
            _ => Phase::NeedsIterator,
        };
        let shard_id = shard_id.to_owned();
        Self { shard_id, position, phase, not_before_ms: 0, idle_ms, backoff: Backoff::default() }
    }

    /// The place up to which changes were delivered.
    pub(crate) fn position(&self) -> &Position {
        &self.position
    }

    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.phase, Phase::Ended)
    }

    pub(crate) fn delivers(&self) -> bool {
        matches!(self.phase, Phase::Delivers(_))
    }

    /// How long to wait after an empty page, from now on.
    pub(crate) fn set_idle_ms(&mut self, idle_ms: u64) {
        if self.idle_ms != idle_ms {
            self.idle_ms = idle_ms;
            self.not_before_ms = 0;
        }
    }

    /// The call to make now, if there is one. It is to be answered with [`Self::iterator`] or [`Self::records`].
    pub(crate) fn poll(&mut self, now_ms: u64) -> Option<ReaderCall> {
        if now_ms < self.not_before_ms {
            return None;
        }
        match &self.phase {
            Phase::NeedsIterator => {
                let position = match &self.position {
                    Position::TrimHorizon | Position::Bookmark { .. } => StartingPosition::TrimHorizon,
                    Position::At(number) => StartingPosition::At(number.clone()),
                    Position::After(number) => StartingPosition::After(number.clone()),
                };
                self.phase = Phase::AwaitsIterator;
                Some(ReaderCall::Iterator(position))
            }
            Phase::Has(iterator) => {
                let call = ReaderCall::Records(iterator.clone());
                self.phase = Phase::AwaitsRecords;
                Some(call)
            }
            _ => None,
        }
    }

    /// When [`Self::poll`] has a call to make.
    pub(crate) fn wake_ms(&self) -> Option<u64> {
        matches!(self.phase, Phase::NeedsIterator | Phase::Has(_)).then_some(self.not_before_ms)
    }

    /// The answer to GetShardIterator.
    pub(crate) fn iterator(
        &mut self,
        answer: Result<String, CallError>,
        now_ms: u64,
        dice: &mut Dice,
    ) -> Reading {
        match answer {
            Ok(iterator) => {
                self.backoff.reset();
                self.phase = Phase::Has(iterator);
                Reading::Goes
            }
            Err(error) => self.failed(error, Phase::NeedsIterator, now_ms, dice),
        }
    }

    /// The answer to GetRecords.
    pub(crate) fn records(
        &mut self,
        answer: Result<RecordPage, CallError>,
        iterator: &str,
        now_ms: u64,
        dice: &mut Dice,
    ) -> Reading {
        let page = match answer {
            Ok(page) => page,
            Err(error) => return self.failed(error, Phase::Has(iterator.to_owned()), now_ms, dice),
        };
        self.backoff.reset();
        let Some(first) = page.changes.first() else {
            let Some(next) = page.next else {
                self.phase = Phase::Ended;
                return Reading::End;
            };
            if let Position::Bookmark { iterator, .. } = &mut self.position {
                iterator.clone_from(&next);
            }
            self.phase = Phase::Has(next);
            self.not_before_ms = now_ms.saturating_add(self.idle_ms);
            return Reading::Goes;
        };
        if matches!(self.position, Position::Bookmark { .. } | Position::TrimHorizon) {
            // A number at last: from here on the place outlives every iterator.
            self.position = Position::At(first.sequence_number.clone());
        }
        self.phase = Phase::Delivers(page.next.map_or(Next::End, Next::Iterator));
        Reading::Changes(page.changes)
    }

    /// A change was delivered.
    pub(crate) fn passed(&mut self, number: &SequenceNumber) {
        self.position = Position::After(number.clone());
    }

    /// All that was read was delivered. True at the end of the shard.
    pub(crate) fn delivered(&mut self) -> bool {
        let Phase::Delivers(next) = &self.phase else { return self.has_ended() };
        self.phase = match next {
            Next::Iterator(iterator) => Phase::Has(iterator.clone()),
            Next::Position => Phase::NeedsIterator,
            Next::End => Phase::Ended,
        };
        self.has_ended()
    }

    /// Forgets a page that is not to be delivered now; it is read again from the first of its changes.
    pub(crate) fn put_back(&mut self) {
        if self.delivers() {
            self.phase = Phase::NeedsIterator;
        }
    }

    fn failed(&mut self, error: CallError, again: Phase, now_ms: u64, dice: &mut Dice) -> Reading {
        let bookmarked = matches!(self.position, Position::Bookmark { .. });
        match error {
            CallError::ExpiredIterator(_) if bookmarked => self.replay(),
            // An iterator of an earlier life that the service does not take any more.
            CallError::Refused(text) if bookmarked && is_validation(&text) => self.replay(),
            // A service that takes no numbers but those of changes: without a way to notice what was trimmed.
            CallError::Refused(text)
                if matches!(self.position, Position::At(_))
                    && matches!(again, Phase::NeedsIterator)
                    && is_validation(&text) =>
            {
                self.position = Position::TrimHorizon;
                self.phase = Phase::NeedsIterator;
                Reading::Goes
            }
            CallError::ExpiredIterator(_) => {
                self.phase = Phase::NeedsIterator;
                Reading::Goes
            }
            CallError::Trimmed(_) => self.gap(GapReason::Trimmed, Next::Position),
            CallError::NotFound(_) => self.gap(GapReason::ShardGone, Next::End),
            error => {
                self.phase = again;
                self.not_before_ms = now_ms.saturating_add(self.backoff.failed(dice));
                Reading::Failed(error)
            }
        }
    }

    fn replay(&mut self) -> Reading {
        // By its number where it has one, so that it is noticed if the beginning was trimmed away meanwhile.
        self.position = match &self.position {
            Position::Bookmark { shard_start: Some(start), .. } => Position::At(start.clone()),
            _ => Position::TrimHorizon,
        };
        self.phase = Phase::NeedsIterator;
        Reading::Replays
    }

    fn gap(&mut self, reason: GapReason, next: Next) -> Reading {
        let after = match &self.position {
            Position::After(number) => Some(number.clone()),
            _ => None,
        };
        self.position = Position::TrimHorizon;
        self.phase = Phase::Delivers(next);
        Reading::Gap(Gap { shard_id: self.shard_id.clone(), after, reason })
    }
}

/// Whether a refusal is of what was asked, and not of who asked.
fn is_validation(text: &str) -> bool {
    text.starts_with("ValidationException")
}

#[cfg(test)]
mod tests;
