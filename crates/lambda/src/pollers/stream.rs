//! The driver of a mapping of a stream: one task, which feeds [`Mapping`] and does what that says.
//!
//! It sleeps until one of these happens: a shard that it waits for has a record or is closed, an invocation has ended, a
//! time has come, it is told something. Records are turned into JSON once, when they are read, straight from their stored
//! bytes; what filters refuse is never turned into anything. A shard is not read while all of its lanes are busy, so that
//! what is written meanwhile comes as one page. Checkpoints are stored beside all this, never before it.

mod actions;
mod calls;
mod discards;
mod faults;
mod pace;
mod page;
mod reading;
mod source;
mod work;

use super::checkpoints::{Checkpoints, Stored};
use super::registry::{Context, Directive};
use super::status::{NO_STREAM, Status};
use super::{Shared, StoredMapping, record};
use crate::history::{AttemptId, Question, Questions, Track};
use crate::invoke::{InvokeError, Reply};
use crate::mapping::{Checkpoint, Event, Mapping, Rules, ShardName};
use bytes::Bytes;
use faults::Again;
use filter::Filters;
use pace::Pace;
pub(crate) use page::key_hash;
use source::{Listed, Listing, Source};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use store::{LogId, Store};
use tokio::sync::mpsc;
use work::Work;

/// How long a driver waits before it looks again for a stream that is not there, or for a record that could not be read.
const LOOK_AGAIN_MS: u64 = 10_000;

/// Something that was begun has ended.
enum Done {
    /// It is told something.
    Told(Directive),
    /// It is asked where it stands.
    Asked(Question, Questions),
    /// Whoever tells is gone.
    Alone,
    /// A shard has something, or is closed.
    Ready(ShardName, u64),
    /// A shard may be read again.
    Paced(ShardName, u64),
    /// The machine's time has come.
    Due,
    /// An invocation has ended.
    Invoked(Flight, Result<Reply, InvokeError>),
    /// A batch that was given up is where it was to go, or cannot go there.
    Discarded(ShardName, Option<LogId>),
    /// Checkpoints are stored, or not.
    Stored(Stored),
    /// The function is another one.
    Changed,
    /// Look again for what was not there.
    Again,
    /// The end does not wait any longer.
    GraceOver,
}

/// An invocation under way.
struct Flight {
    invocation: u64,
    shard: ShardName,
    lane: usize,
    count: usize,
    last_ms: Option<u64>,
    /// Those by which it was made.
    rules: Box<Rules>,
    /// The numbers of the records, where the answer may name some.
    sequences: Vec<u128>,
    attempt: AttemptId,
    /// What a fault needs to make the same call again.
    again: Option<Box<Again>>,
}

/// What is known of a shard besides what the machine knows.
struct Run {
    log: LogId,
    /// The read that the machine waits for, and from where.
    read: Option<(u64, u128)>,
    /// Whether the read is put off until an invocation has ended.
    deferred: bool,
    pace: Pace,
    /// How many invocations are under way.
    running: usize,
    /// How many discarded batches are on their way. Until they are there, checkpoints wait.
    discards: usize,
    held: Option<Checkpoint>,
    /// What came of the last invocations, by lane.
    last: HashMap<usize, Last>,
}

/// What came of the last invocation of a lane.
#[derive(Default)]
struct Last {
    version: String,
    error: Option<String>,
}

/// The driver.
struct Driver<'a> {
    shared: &'a Shared,
    status: &'a Status,
    track: Track,
    mapping: Arc<StoredMapping>,
    filters: Filters,
    rules: Rules,
    machine: Mapping<Bytes>,
    source: Source<'a>,
    runs: BTreeMap<ShardName, Run>,
    checkpoints: Checkpoints,
    /// How many discarded batches are on their way, those of shards that are gone by now among them.
    discards: usize,
    events: VecDeque<Event<Bytes>>,
    work: Work<'a>,
    /// Whether the function is watched for changes, and it is looked again for something that was not there.
    watching: bool,
    looking: bool,
    stopping: bool,
    /// Whether a fault says that it is to go on as after a crash.
    crashed: bool,
    /// What tells it, once it has crashed.
    left: Option<mpsc::UnboundedReceiver<Directive>>,
    /// Whether something has happened since those who wait for that were told.
    moved: bool,
}

/// Runs a mapping until it is told to end.
pub(super) async fn drive(context: Context) {
    let mut next = Some(context);
    // Once, unless a fault has it crash.
    while let Some(context) = next {
        next = drive_once(context).await;
    }
}

/// The same until it ends, or crashes by a fault and is to be begun anew.
async fn drive_once(context: Context) -> Option<Context> {
    let Context { shared, mapping, status, directives } = context;
    let stored = {
        let snapshot = shared.parts.database.store().snapshot();
        record::checkpoints(&snapshot, shared.keys, &mapping.uuid)
    };
    let stored = match stored {
        Ok(stored) => stored,
        Err(error) => {
            tracing::error!(%error, mapping = %mapping.uuid, "an event source mapping cannot go on");
            return None;
        }
    };
    let track = shared.parts.history.track(mapping.uuid.as_str());
    let left = match Driver::new(&shared, &status, mapping, directives) {
        Ok(mut driver) => {
            driver.begin(stored);
            driver.run().await;
            driver.left.take().map(|directives| (Arc::clone(&driver.mapping), directives))
        }
        Err(error) => {
            tracing::error!(%error, "the filters of an event source mapping are damaged");
            None
        }
    };
    // Nobody is there now who would answer, and whoever waits is to see that.
    track.moved();
    let (mapping, directives) = left?;
    Some(Context { shared, mapping, status, directives })
}

impl<'a> Driver<'a> {
    fn new(
        shared: &'a Shared,
        status: &'a Status,
        mapping: Arc<StoredMapping>,
        directives: mpsc::UnboundedReceiver<Directive>,
    ) -> Result<Self, filter::InvalidPattern> {
        let source = Source::new(&shared.parts.database, &mapping);
        let filters = filters(&mapping)?;
        let rules = rules(shared, &mapping, &source);
        Ok(Self {
            shared,
            status,
            track: shared.parts.history.track(mapping.uuid.as_str()),
            filters,
            rules,
            machine: Mapping::new(rules, false, []),
            source,
            runs: BTreeMap::new(),
            checkpoints: Checkpoints::new(shared.keys, mapping.uuid.clone()),
            mapping,
            discards: 0,
            events: VecDeque::new(),
            work: Work::new(directives),
            watching: false,
            looking: false,
            stopping: false,
            crashed: false,
            left: None,
            moved: true,
        })
    }

    /// Takes the shards and the checkpoints up.
    fn begin(&mut self, stored: Vec<(LogId, Checkpoint)>) {
        let listing = self.source.list();
        let mut stored: BTreeMap<LogId, Checkpoint> = stored.into_iter().collect();
        let mut named = Vec::new();
        for shard in listing.iter().flat_map(|listing| &listing.shards) {
            if let Some(checkpoint) = stored.remove(&shard.log) {
                named.push((Arc::clone(&shard.info.name), checkpoint));
            }
        }
        // Where the stream is not there, nothing is known of its shards, and they may come again with it.
        if listing.is_some() {
            stored.into_keys().for_each(|log| self.checkpoints.delete(log));
        }
        self.machine = Mapping::new(self.rules, self.mapping.configuration.enabled, named);
        self.listed(listing);
        self.listen(self.track.questions());
    }

    fn listen(&mut self, mut questions: Questions) {
        self.work.push(async move {
            let question = questions.next().await;
            Done::Asked(question, questions)
        });
    }

    /// Feeds the machine the shards that there are.
    fn listed(&mut self, listing: Option<Listing>) {
        let Some(listing) = listing else {
            self.set_result(NO_STREAM);
            self.events.push_back(Event::Shards(Vec::new()));
            if self.source.may_come_again() {
                self.look_again();
            }
            return;
        };
        if let Some(closed_ms) = listing.closed_ms {
            // It is gone when its records are, which wakes nobody.
            self.look_at(closed_ms.saturating_add(self.source.retention_ms()));
        }
        let known = |listed: &Listed| self.runs.get(&listed.info.name);
        if listing.shards.iter().any(|listed| known(listed).is_some_and(|run| run.log != listed.log)) {
            // Another data stream of the same name: shards have the same names too, and nothing else in common.
            self.machine.begin_anew();
            self.work.forget_waits();
            for run in std::mem::take(&mut self.runs).into_values() {
                self.checkpoints.delete(run.log);
            }
        }
        let mut shards = Vec::with_capacity(listing.shards.len());
        for shard in listing.shards {
            let run = || Run {
                log: shard.log,
                read: None,
                deferred: false,
                pace: Pace::default(),
                running: 0,
                discards: 0,
                held: None,
                last: HashMap::new(),
            };
            self.runs.entry(Arc::clone(&shard.info.name)).or_insert_with(run);
            shards.push(shard.info);
        }
        self.events.push_back(Event::Shards(shards));
    }

    /// Does all that there is to do, and then waits for more, until it is told to end.
    async fn run(&mut self) {
        loop {
            while let Some(event) = self.events.pop_front() {
                self.step(event);
            }
            self.store();
            if self.crashed {
                self.left = self.work.take_directives();
                break;
            }
            if std::mem::take(&mut self.moved) {
                self.track.moved();
            }
            if self.stopping && !self.is_busy() {
                break;
            }
            let done = self.work.next().await;
            let is_deleted = matches!(done, Done::Told(Directive::Delete));
            // A question changes nothing: whoever waits would be woken by his own.
            self.moved |= !matches!(done, Done::Asked(..) | Done::Stored(_));
            if !self.take(done) {
                if is_deleted {
                    return;
                }
                break;
            }
        }
        self.flush().await;
    }

    /// Takes what has ended up. Says whether to go on.
    fn take(&mut self, done: Done) -> bool {
        if self.source.may_change_retention() && !self.stopping {
            self.follow_rules(false);
        }
        match done {
            Done::Told(Directive::Settings(mapping)) => self.change(mapping),
            Done::Asked(question, questions) => {
                question.answer(self.standing());
                self.listen(questions);
            }
            Done::Told(Directive::Delete) => return false,
            Done::Told(Directive::Stop) | Done::Alone => self.stop(),
            Done::Ready(shard, read) => self.ready(&shard, read),
            Done::Paced(shard, read) => self.read(&shard, read),
            Done::Due => self.events.push_back(Event::Tick),
            Done::Invoked(flight, called) => self.invoked(flight, called),
            Done::Discarded(shard, log) => self.discarded(&shard, log),
            Done::Stored(stored) => {
                if let Some(error) = self.checkpoints.ended(stored) {
                    tracing::error!(%error, mapping = %self.mapping.uuid, "a checkpoint could not be stored");
                }
            }
            Done::Changed => {
                self.watching = false;
                self.watch();
                self.events.push_back(Event::Retry);
            }
            Done::Again => {
                self.looking = false;
                self.look();
            }
            Done::GraceOver => {
                tracing::warn!(mapping = %self.mapping.uuid, "an invocation under way will be made again");
                return false;
            }
        }
        true
    }

    /// Where the mapping stands.
    fn standing(&self) -> crate::status::Status {
        let of_discards = self.runs.iter().filter(|(_, run)| run.discards > 0);
        crate::status::Status {
            discarding: of_discards.map(|(shard, _)| Arc::clone(shard)).collect(),
            ..self.machine.status(self.shared.now_ms())
        }
    }

    /// Follows a change of the mapping.
    fn change(&mut self, mapping: Arc<StoredMapping>) {
        let before = std::mem::replace(&mut self.mapping, mapping);
        if before.function_arn != self.mapping.function_arn {
            self.watching = false;
            self.work.forget_change();
            self.source = Source::new(&self.shared.parts.database, &self.mapping);
            // What the function before failed, this one may not.
            self.events.push_back(Event::Retry);
        }
        let enabled = self.mapping.configuration.enabled;
        if before.configuration.enabled != enabled {
            self.events.push_back(Event::Enable(enabled));
            self.forget_reads();
        }
        let filters_differ = before.configuration.filters != self.mapping.configuration.filters;
        if filters_differ {
            match filters(&self.mapping) {
                Ok(filters) => self.filters = filters,
                Err(error) => tracing::error!(%error, "the filters of an event source mapping are damaged"),
            }
        }
        self.follow_rules(filters_differ);
        if enabled && !before.configuration.enabled {
            let listing = self.source.list();
            self.listed(listing);
        }
    }

    /// Goes by the rules as they are now, those of the mapping and the retention of its stream.
    fn follow_rules(&mut self, filters_differ: bool) {
        let rules = rules(self.shared, &self.mapping, &self.source);
        if rules != self.rules || filters_differ {
            self.rules = rules;
            self.events.push_back(Event::Update(rules));
            self.forget_reads();
        }
    }

    /// What was to be read is asked for again.
    fn forget_reads(&mut self) {
        self.work.forget_waits();
        for run in self.runs.values_mut() {
            (run.read, run.deferred) = (None, false);
        }
    }

    fn stop(&mut self) {
        if self.stopping {
            return;
        }
        self.stopping = true;
        self.events.push_back(Event::Enable(false));
        self.forget_reads();
        let (clock, grace) = (self.clock(), self.shared.options.grace);
        self.work.push(async move {
            clock.sleep(grace).await;
            Done::GraceOver
        });
    }

    fn is_busy(&self) -> bool {
        self.machine.is_busy() || self.discards > 0
    }

    /// Looks again, after a while, for what was not there. Only a stream that is gone, or cannot be read, is asked for again.
    fn look_again(&mut self) {
        self.look_at(0);
    }

    /// Looks again at this time, but not at once.
    fn look_at(&mut self, at_ms: u64) {
        if self.looking || self.stopping {
            return;
        }
        self.looking = true;
        let (clock, at_ms) = (self.clock(), at_ms.max(self.shared.now_ms()).saturating_add(LOOK_AGAIN_MS));
        self.work.push(async move {
            clock.service_sleep_until(at_ms).await;
            Done::Again
        });
    }

    fn look(&mut self) {
        let listing = self.source.list();
        self.listed(listing);
        let waiting: Vec<(ShardName, u64)> =
            self.runs.iter().filter_map(|(name, run)| Some((Arc::clone(name), run.read?.0))).collect();
        for (shard, read) in waiting {
            self.read(&shard, read);
        }
    }

    /// Notes what came of the mapping's work; where that is new, it is stored too.
    fn set_result(&mut self, result: &str) {
        if self.status.set_result(result) {
            self.checkpoints.set_result(result);
        }
    }

    /// Stores what is to be stored. What dies with the process need not be stored while it lives.
    fn store(&mut self) {
        if self.shared.is_durable()
            && let Some(storing) = self.checkpoints.begin(self.shared.parts.database.runner())
        {
            self.work.push(async move { Done::Stored(storing.await) });
        }
    }

    /// Stores all that is left.
    async fn flush(&mut self) {
        while self.checkpoints.is_storing() {
            if let Done::Stored(stored) = self.work.next().await {
                self.checkpoints.ended(stored);
            }
        }
        if let Some(storing) = self.checkpoints.begin(self.shared.parts.database.runner())
            && let Some(error) = self.checkpoints.ended(storing.await)
        {
            tracing::error!(%error, mapping = %self.mapping.uuid, "a checkpoint could not be stored");
        }
    }

    fn clock(&self) -> &'a environment::Clock {
        &self.shared.parts.database.environment().clock
    }
}

fn filters(mapping: &StoredMapping) -> Result<Filters, filter::InvalidPattern> {
    Filters::parse(mapping.configuration.filters.iter().map(String::as_str))
}

fn rules(shared: &Shared, mapping: &StoredMapping, source: &Source<'_>) -> Rules {
    Rules {
        backoff_ms: shared.options.backoff_ms,
        backoff_limit_ms: shared.options.backoff_limit_ms,
        ..mapping.configuration.rules(source.retention_ms())
    }
}
