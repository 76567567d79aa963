//! The reader of one shard: what it reads it deals out to its lanes, and it is finished when all of them are.

use super::checkpoint::{Checkpoint, LaneCheckpoint};
use super::lane::{Lane, Wish};
use super::{Outcome, Record, Rules};

/// A shard that is being read.
#[derive(Debug)]
pub(super) struct Reader<P> {
    lanes: Vec<Lane<P>>,
    /// The next sequence number to be read.
    read_to: u128,
    /// The read under way.
    reading: Option<u64>,
    /// Whether there is nothing more to be read, ever.
    ended: bool,
    /// Set while it waits for invocations under way, to begin again at what is not done: the rules by which they were made.
    draining: Option<Rules>,
    /// Whether it has come farther than what is stored.
    advanced: bool,
}

/// What a reader wants done; lanes by their index.
#[derive(Debug)]
pub(super) enum ReaderWish<P> {
    /// Read from this sequence number.
    Read(u128),
    /// What a lane wants.
    Lane(usize, Wish<P>),
}

/// What one read gave.
#[derive(Clone, Debug)]
pub struct Page<P> {
    /// The records, in rising order, those that are filtered out included.
    pub records: Vec<Record<P>>,
    /// The sequence number at which the next read begins: above all records given, and above all others before.
    pub next: u128,
    /// Whether the shard is closed and this was its end.
    pub is_end: bool,
}

impl<P: Clone> Reader<P> {
    /// A reader that goes on where the checkpoint says.
    pub(super) fn new(rules: &Rules, stored: &Checkpoint) -> Self {
        Self {
            lanes: lanes(rules, &stored.lanes),
            read_to: stored.watermark(),
            reading: None,
            ended: false,
            draining: None,
            advanced: false,
        }
    }

    /// Takes the answer to a read.
    pub(super) fn page(&mut self, read: u64, page: Page<P>, now_ms: u64) {
        if self.reading != Some(read) {
            return;
        }
        self.reading = None;
        let mut any = false;
        let count = self.lanes.len() as u64;
        for record in page.records {
            let new = record.passes && record.sequence >= self.read_to;
            let lane = usize::try_from(record.key_hash % count.max(1)).unwrap_or(0);
            any |= new && self.lanes.get_mut(lane).is_some_and(|lane| lane.push(record, now_ms));
        }
        self.advanced |= !any && page.next > self.read_to;
        self.read_to = self.read_to.max(page.next);
        self.ended |= page.is_end;
    }

    /// The log is gone: what was read is all there is.
    pub(super) fn end(&mut self) {
        self.reading = None;
        self.ended = true;
    }

    /// Takes the outcome of an invocation. Gives what is to be discarded after it.
    pub(super) fn outcome(
        &mut self,
        rules: &Rules,
        invocation: u64,
        outcome: Outcome,
        now_ms: u64,
    ) -> Option<ReaderWish<P>> {
        let rules = self.draining.map_or(*rules, |before| rules.for_answers_to(&before));
        let place = self.lanes.iter().position(|lane| lane.running() == Some(invocation))?;
        let not_invoked = matches!(outcome, Outcome::NotInvoked);
        let lane = self.lanes.get_mut(place)?;
        let before = lane.checkpoint(self.read_to);
        let wish = lane.outcome(&rules, outcome, now_ms);
        self.advanced |= wish.is_some() || !not_invoked && lane.checkpoint(self.read_to) != before;
        wish.map(|wish| ReaderWish::Lane(place, wish))
    }

    /// Ends the waits before retries.
    pub(super) fn retry(&mut self) {
        self.lanes.iter_mut().for_each(Lane::retry);
    }

    /// Lets invocations under way end, which were made by these rules, and then begins again at what is not done.
    pub(super) fn drain(&mut self, rules: Rules) {
        self.draining.get_or_insert(rules);
        self.reading = None;
    }

    /// The next thing to do now. With an invocation comes its lane; the caller says which one it made of it.
    pub(super) fn next(&mut self, rules: &Rules, enabled: bool, now_ms: u64) -> Option<ReaderWish<P>> {
        if self.draining.is_some() {
            if self.lanes.iter().any(|lane| lane.running().is_some()) {
                return None;
            }
            // The checkpoint says all that the lanes hold, but for the records, which are read again.
            let stored = self.checkpoint();
            *self = Self { advanced: self.advanced, ..Self::new(rules, &stored) };
        }
        if !enabled {
            return None;
        }
        for (place, lane) in self.lanes.iter_mut().enumerate() {
            if let Some(wish) = lane.next(rules, now_ms, self.ended) {
                self.advanced |= matches!(wish, Wish::Discard(..));
                return Some(ReaderWish::Lane(place, wish));
            }
        }
        let (records, bytes) = self
            .lanes
            .iter()
            .map(Lane::held)
            .fold((0, 0), |(r, b), (records, bytes)| (r + records, b + bytes));
        let room = records < rules.buffer_limit() && bytes < rules.buffer_limit_bytes();
        (self.reading.is_none() && !self.ended && room).then_some(ReaderWish::Read(self.read_to))
    }

    /// Remembers the read that was made of a wish.
    pub(super) fn read(&mut self, read: u64) {
        self.reading = Some(read);
    }

    /// Remembers the invocation that was made of a lane's wish.
    pub(super) fn run(&mut self, lane: usize, invocation: u64) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.run(invocation);
        }
    }

    /// Whether all of the shard is done.
    pub(super) fn is_finished(&self) -> bool {
        self.ended && self.draining.is_none() && self.lanes.iter().all(Lane::is_idle)
    }

    /// Whether something is under way or waits.
    pub(super) fn is_busy(&self) -> bool {
        self.lanes.iter().any(|lane| lane.running().is_some())
    }

    /// How far it has come, if that is farther than when it was asked last, or the end.
    pub(super) fn checkpoint_to_store(&mut self, finished: bool) -> Option<Checkpoint> {
        (std::mem::take(&mut self.advanced) || finished).then(|| self.checkpoint())
    }

    fn checkpoint(&self) -> Checkpoint {
        let lanes = self.lanes.iter().map(|lane| lane.checkpoint(self.read_to)).collect();
        Checkpoint { finished: self.is_finished(), lanes }
    }

    /// Its lanes, the next sequence number to be read, and whether nothing more is to be read.
    pub(super) fn position(&self) -> (&[Lane<P>], u128, bool) {
        (&self.lanes, self.read_to, self.ended)
    }

    /// When there may be something to do though nothing happens.
    pub(super) fn deadline_ms(&self, rules: &Rules) -> Option<u64> {
        // While it drains it waits for outcomes alone.
        let lanes = self.lanes.iter().filter(|_| self.draining.is_none());
        lanes.filter_map(|lane| lane.deadline_ms(rules)).min()
    }
}

/// The lanes of a checkpoint. Where their number is another one now, all go on from the lowest, since their records
/// are dealt out anew; open windows begin again with the records that are delivered again.
fn lanes<P: Clone>(rules: &Rules, stored: &[LaneCheckpoint]) -> Vec<Lane<P>> {
    let count = rules.lanes.max(1);
    let lowest = stored.iter().map(|lane| lane.next).min().unwrap_or(0);
    let windows = rules.tumbling_window_ms.is_some();
    let lane = |place: usize| match stored.get(place) {
        Some(lane) if stored.len() == count => {
            LaneCheckpoint { next: lane.next, window: lane.window.clone().filter(|_| windows) }
        }
        _ => LaneCheckpoint { next: lowest, window: None },
    };
    (0..count).map(|place| Lane::new(lane(place))).collect()
}
