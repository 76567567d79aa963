//! Following a whole stream inside the server: all of its shards, each after its parent, as one sequence of pages
//! that can be left and taken up again at its [`Positions`].
//!
//! A [`Follower`] says what to read next and keeps where it is; it waits for nothing by itself. Nothing is skipped in
//! silence: where records are gone that it had still to read, there is a [`Gap`] in their place.
//!
//! Its frontier is the shards that are read now, each with a position. A shard's children join when its end was read, at
//! their beginning. Whoever takes a stream up again names the frontier; shards that he does not name and that none of the
//! named ones leads to are read above the lowest number that he does name, which is right for the positions of a write,
//! that name its own shards only, since numbers rise over the whole server.

use crate::reading::{ReadError, ShardPage, Start};
use crate::{Positions, SequenceNumber, Shard, ShardId, StreamDescriptor, StreamStatus, Streams, Wait};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use store::{Position, Snapshot, Store};

/// Numbers so far ahead may still have been given: those of commits that a crash took back.
const AHEAD_COMMITS_MAX: u64 = 1 << 21;

/// How often one step looks at all shards that are read.
const ROUNDS_MAX: usize = 16;

/// Where a follower begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begin {
    /// With the oldest record that is left.
    Start,
    /// After the newest.
    Latest,
    /// After these.
    After(Positions),
}

/// Why a stream cannot be followed from there.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// The stream never had this shard.
    #[error("the stream has no shard {0}")]
    UnknownShard(ShardId),
    /// Nothing was written there yet.
    #[error("the sequence number {0} was not given yet")]
    NotGiven(SequenceNumber),
    /// The store failed.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Records that are gone before they were read, if there were any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The shard in which they were.
    pub shard: ShardId,
    /// The number after which they came.
    pub after: SequenceNumber,
    /// The last number that may be gone. Where there is none, the shard itself is: all to its end may be gone, and so may
    /// shards between it and those that come next.
    pub until: Option<SequenceNumber>,
}

/// What comes next.
#[derive(Clone, Debug)]
pub enum Step {
    /// Records of a shard, at least one.
    Records(ShardId, ShardPage),
    /// Some are gone.
    Gap(Gap),
    /// Nothing yet: many shards have ended without a record, and there may be as many more.
    More,
    /// Nothing now: see [`Follower::wait`].
    Idle,
    /// The stream is disabled, and all of it was read.
    End,
}

/// Follows a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follower {
    arn: String,
    /// The shards that are read, and up to where.
    reading: BTreeMap<ShardId, Position>,
    /// Where those begin whose ancestors are read first.
    held: BTreeMap<ShardId, Position>,
    /// The last shards of a disabled stream, where they are finished.
    done: BTreeMap<ShardId, Position>,
    /// What is yet to be told.
    gaps: VecDeque<Gap>,
    /// The shard that was read last: the next one has its turn.
    last: Option<ShardId>,
}

impl Follower {
    /// After everything that a snapshot shows. The descriptor must have been taken from the streams before the snapshot.
    #[must_use]
    pub fn behind(stream: &StreamDescriptor, snapshot: &dyn Snapshot) -> Self {
        let end = Position::last_of(snapshot.version());
        let at = |shard: &&Shard| {
            // Where a shard was closed in between, its children begin above all that the snapshot shows too.
            let state = snapshot.log(shard.log)?;
            Some((shard.id, if state.open { state.tail } else { end }))
        };
        let reading = stream.shards.iter().filter(|shard| shard.is_open());
        let reading = reading.filter_map(|shard| at(&shard)).collect();
        Self::new(stream, reading)
    }

    fn new(stream: &StreamDescriptor, reading: BTreeMap<ShardId, Position>) -> Self {
        let arn = stream.arn.clone();
        let (held, done) = (BTreeMap::new(), BTreeMap::new());
        Self { arn, reading, held, done, gaps: VecDeque::new(), last: None }
    }

    /// One that begins there. The descriptor must have been taken from these streams.
    ///
    /// # Errors
    /// When the stream has no such shards or numbers, or the store fails.
    pub fn begin<S: Store>(
        streams: &Streams,
        store: &S,
        stream: &StreamDescriptor,
        begin: &Begin,
    ) -> Result<Self, BeginError> {
        match begin {
            Begin::Latest => Ok(Self::behind(stream, &store.snapshot())),
            Begin::Start => {
                let living = streams.living(stream);
                let mut reading = BTreeMap::new();
                for shard in living.values().filter(|shard| is_root(shard, &living)) {
                    match streams.start(store, stream, shard.id, Start::TrimHorizon) {
                        Ok(position) => drop(reading.insert(shard.id, position)),
                        // It has expired this moment.
                        Err(ReadError::UnknownShard) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                Ok(Self::new(stream, reading))
            }
            Begin::After(positions) => Self::after(streams, store, stream, positions),
        }
    }

    fn after<S: Store>(
        streams: &Streams,
        store: &S,
        stream: &StreamDescriptor,
        positions: &Positions,
    ) -> Result<Self, BeginError> {
        let version = store.snapshot().version();
        let end = Position::last_of(store::Version(version.0.saturating_add(AHEAD_COMMITS_MAX)));
        let newest = stream.shards.last().map(|shard| shard.id);
        let living = streams.living(stream);
        let mut this = Self::new(stream, BTreeMap::new());
        for (id, number) in positions.iter() {
            let position = number.position().filter(|position| *position <= end);
            let position = position.ok_or(BeginError::NotGiven(number))?;
            let Some(shard) = living.get(&id) else {
                if newest.is_none_or(|newest| id > newest) {
                    return Err(BeginError::UnknownShard(id));
                }
                this.gaps.push_back(Gap { shard: id, after: number, until: None });
                continue;
            };
            let named_before = ancestors(shard, &living).any(|ancestor| positions.get(ancestor).is_some());
            let of = if named_before { &mut this.held } else { &mut this.reading };
            of.insert(id, from_start(store, shard, position));
        }
        let lowest = positions.lowest().and_then(SequenceNumber::position).unwrap_or_default();
        this.join_uncovered(store, &living, lowest);
        Ok(this)
    }

    /// Where it is: whoever begins after these reads on exactly here.
    #[must_use]
    pub fn positions(&self) -> Positions {
        let all = self.reading.iter().chain(&self.held).chain(&self.done);
        all.map(|(shard, position)| (*shard, SequenceNumber::of(*position))).collect()
    }

    /// Whether there are gaps that are yet to be told: those that it knew of when it began.
    #[must_use]
    pub fn has_gaps(&self) -> bool {
        !self.gaps.is_empty()
    }

    /// What comes next, of at most so many records.
    ///
    /// # Errors
    /// When the store fails or a record is damaged. What was not read then is read by the next call.
    pub fn step<S: Store>(&mut self, streams: &Streams, store: &S, count: usize) -> Result<Step, ReadError> {
        for _ in 0..ROUNDS_MAX {
            if let Some(gap) = self.gaps.pop_front() {
                return Ok(Step::Gap(gap));
            }
            if self.reading.is_empty() {
                return Ok(Step::End);
            }
            // The stream as it is now, so that its children are there when the end of a shard is.
            let Some(stream) = streams.get(&self.arn) else {
                self.lose_all();
                continue;
            };
            let mut changed = false;
            for shard in self.turns() {
                self.last = Some(shard);
                let Some(page) = self.read(streams, store, (&stream, shard), count)? else {
                    // A gap, or a shard that is gone: look at it all anew.
                    changed = true;
                    break;
                };
                if !page.records.is_empty() {
                    return Ok(Step::Records(shard, page));
                }
                if page.end {
                    self.finish(streams, store, &stream, shard);
                    changed = true;
                }
            }
            if !changed {
                return Ok(Step::Idle);
            }
        }
        Ok(Step::More)
    }

    /// Waits until there may be something new. May end early.
    pub async fn wait<S: Store>(&self, streams: &Streams, store: &S) {
        let Some(stream) = streams.get(&self.arn) else { return };
        let mut waits: Vec<Wait<'_>> = Vec::with_capacity(self.reading.len());
        for (shard, position) in &self.reading {
            let Some(wait) = streams.wait(store, &stream, *shard, *position) else { return };
            waits.push(wait);
        }
        poll_fn(|context| {
            let ready = waits.iter_mut().any(|wait| Pin::new(wait).poll(context).is_ready());
            if ready { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    /// The shards in the order in which they have their turn.
    fn turns(&self) -> Vec<ShardId> {
        let all = self.reading.keys().copied();
        let (before, behind): (Vec<ShardId>, Vec<ShardId>) =
            all.partition(|shard| self.last.is_some_and(|last| *shard <= last));
        behind.into_iter().chain(before).collect()
    }

    /// Reads on in a shard. `None` where there was no page to be had, and something else has changed.
    fn read<S: Store>(
        &mut self,
        streams: &Streams,
        store: &S,
        (stream, id): (&StreamDescriptor, ShardId),
        count: usize,
    ) -> Result<Option<ShardPage>, ReadError> {
        let Some(at) = self.reading.get_mut(&id) else { return Ok(None) };
        let shard = stream.shard(id).filter(|shard| shard.is_open());
        if shard.and_then(|shard| store.log_state(shard.log)).is_some_and(|state| state.tail <= *at) {
            // The usual answer, without a look at the records.
            return Ok(Some(ShardPage::default()));
        }
        match streams.page(store, stream, id, (*at, count)) {
            Ok(page) => {
                *at = page.next.max(*at);
                Ok(Some(page))
            }
            Err(ReadError::Trimmed) => {
                let after = SequenceNumber::of(*at);
                match streams.start(store, stream, id, Start::TrimHorizon) {
                    Ok(horizon) if horizon > *at => {
                        let until = Some(SequenceNumber::of(horizon));
                        if !environment::planted("gap_not_told") {
                            self.gaps.push_back(Gap { shard: id, after, until });
                        }
                        *at = horizon;
                    }
                    Ok(_) => return Err(ReadError::Trimmed),
                    Err(ReadError::UnknownShard) => self.lose(streams, store, stream, id),
                    Err(error) => return Err(error),
                }
                Ok(None)
            }
            Err(ReadError::UnknownShard) => {
                self.lose(streams, store, stream, id);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Goes on from a shard that was read to its end to its children.
    fn finish<S: Store>(&mut self, streams: &Streams, store: &S, stream: &StreamDescriptor, id: ShardId) {
        let Some(at) = self.reading.remove(&id) else { return };
        let mut is_last = true;
        for child in children(stream, id) {
            if streams.living_shard(stream, child.id).is_err() {
                continue;
            }
            let at = self.held.remove(&child.id).map_or(at, |held| held.max(at));
            self.reading.insert(child.id, from_start(store, child, at));
            is_last = false;
        }
        if is_last && stream.status == StreamStatus::Disabled {
            self.done.insert(id, at);
        } else if is_last {
            // Its children have expired at this moment.
            self.join_uncovered(store, &streams.living(stream), at);
        }
    }

    /// Goes on from a shard that is gone to what is left of those after it.
    fn lose<S: Store>(&mut self, streams: &Streams, store: &S, stream: &StreamDescriptor, id: ShardId) {
        let Some(at) = self.reading.remove(&id) else { return };
        self.gaps.push_back(Gap { shard: id, after: SequenceNumber::of(at), until: None });
        let living = streams.living(stream);
        self.join_uncovered(store, &living, at);
    }

    fn lose_all(&mut self) {
        for (shard, at) in std::mem::take(&mut self.reading) {
            self.gaps.push_back(Gap { shard, after: SequenceNumber::of(at), until: None });
        }
        self.held.clear();
        self.done.clear();
    }

    /// Reads, above a position, the shards that are neither passed nor to come after those that are read.
    fn join_uncovered<S: Store>(&mut self, store: &S, living: &BTreeMap<ShardId, &Shard>, above: Position) {
        self.release(living);
        let reached = || self.reading.keys().chain(self.done.keys());
        let known: BTreeSet<ShardId> = reached().chain(self.held.keys()).copied().collect();
        let passed: BTreeSet<ShardId> =
            reached().filter_map(|id| living.get(id)).flat_map(|shard| ancestors(shard, living)).collect();
        for shard in living.values() {
            let begins = match shard.parent.filter(|parent| living.contains_key(parent)) {
                None => true,
                Some(parent) => passed.contains(&parent),
            };
            if !begins || known.contains(&shard.id) || passed.contains(&shard.id) {
                continue;
            }
            let at = from_start(store, shard, above);
            self.miss_parent(shard, living, (above, at));
            self.reading.insert(shard.id, at);
        }
    }

    /// Reads the shards that wait for ancestors of which none is left.
    fn release(&mut self, living: &BTreeMap<ShardId, &Shard>) {
        let reading = &self.reading;
        let waits = |id: &ShardId| {
            living.get(id).is_some_and(|shard| ancestors(shard, living).any(|id| reading.contains_key(&id)))
        };
        let released: Vec<(ShardId, Position)> = self.held.extract_if(.., |id, _| !waits(id)).collect();
        self.reading.extend(released);
    }

    /// Tells of the parent of a shard, where it is gone and may have had records that nobody has read.
    fn miss_parent(
        &mut self,
        shard: &Shard,
        living: &BTreeMap<ShardId, &Shard>,
        (above, at): (Position, Position),
    ) {
        let Some(parent) = shard.parent.filter(|parent| !living.contains_key(parent)) else { return };
        if at > above && !self.gaps.iter().any(|gap| gap.shard == parent) {
            self.gaps.push_back(Gap { shard: parent, after: SequenceNumber::of(above), until: None });
        }
    }
}

impl Streams {
    /// The shards that have not expired.
    fn living<'a>(&self, stream: &'a StreamDescriptor) -> BTreeMap<ShardId, &'a Shard> {
        let living = stream.shards.iter().filter(|shard| self.living_shard(stream, shard.id).is_ok());
        living.map(|shard| (shard.id, shard)).collect()
    }
}

/// The shards that go on from one, without a look at all shards of the stream: they are younger than it, and soon cover its
/// range.
fn children(stream: &StreamDescriptor, id: ShardId) -> Vec<&Shard> {
    let mut children = Vec::new();
    let Some(parent) = stream.shard(id) else { return children };
    let (mut has_first, mut has_last) = (false, false);
    let younger = stream.shards.partition_point(|shard| shard.id <= id);
    for shard in stream.shards[younger..].iter().filter(|shard| shard.parent == Some(id)) {
        has_first |= shard.first == parent.first;
        has_last |= shard.last == parent.last;
        children.push(shard);
        if has_first && has_last {
            break;
        }
    }
    children
}

fn is_root(shard: &Shard, living: &BTreeMap<ShardId, &Shard>) -> bool {
    shard.parent.is_none_or(|parent| !living.contains_key(&parent))
}

/// Those from which a shard goes on, as far as they are left.
fn ancestors<'a>(
    shard: &'a Shard,
    living: &'a BTreeMap<ShardId, &'a Shard>,
) -> impl Iterator<Item = ShardId> + 'a {
    std::iter::successors(shard.parent, |parent| living.get(parent).and_then(|shard| shard.parent))
        .take_while(|id| living.contains_key(id))
}

/// A position in a shard that is not before its first record.
fn from_start<S: Store>(store: &S, shard: &Shard, at: Position) -> Position {
    store.log_state(shard.log).map_or(at, |state| at.max(state.start))
}
