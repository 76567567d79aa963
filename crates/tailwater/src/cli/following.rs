//! A table's stream from the command line: its records one by one, in order for each item, from a place and up to one.
//!
//! What is asked next is decided by the follower of the crate `consumer`, which loses nothing at rollovers, splits,
//! expired iterators and trimmed records. Here its calls are made, not more often than a service likes, and it is decided
//! when there is enough.

mod end;
mod shards;
mod span;
mod start;

pub(crate) use span::Span;

use super::api::{Described, Page, Streams, Tables};
use super::place::Place;
use anyhow::{anyhow, bail};
use consumer::replica::follower::{Call, Event, Follower, Options, Output, PAGE_MAX};
use consumer::{CallError, Change, ReplicaEvent};
use end::End;
use environment::{Clock, Environment};
use filter::Filters;
use serde_json::Value;
use shards::Shards;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;
use tokio::sync::mpsc;

/// How many calls are made side by side.
const CALLS_MAX: usize = 8;

/// A record, as GetRecords shows it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Told {
    pub(crate) shard: String,
    pub(crate) record: Value,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Next {
    Record(Told),
    /// For whoever watches: something went not as it should.
    Remark(String),
    /// That was all that was asked for.
    Over,
}

/// A call that was answered, and whoever made it.
struct Answered {
    streams: Streams,
    answer: Answer,
}

enum Answer {
    Event(Event),
    Description(Result<Described, CallError>),
    /// The changes carry no more than their sequence numbers; the records are what GetRecords showed.
    Records {
        shard: String,
        iterator: String,
        page: Result<Page, CallError>,
    },
}

/// A stream that is followed.
pub(crate) struct Following {
    arn: String,
    environment: Environment,
    follower: Follower,
    filters: Filters,
    end: End,
    shards: Shards,
    /// Calls that are to be made.
    waiting: VecDeque<Call>,
    /// Those who may make them, and how many do.
    streams: Streams,
    idle: Vec<Streams>,
    running: usize,
    /// `None` of a call that panicked.
    answers: (mpsc::Sender<Option<Answered>>, mpsc::Receiver<Option<Answered>>),
    event: Option<Event>,
    /// The records that the follower has not given out yet.
    records: HashMap<String, VecDeque<Value>>,
    remarks: VecDeque<String>,
    /// No answer came to the last calls, and that was told.
    is_interrupted: bool,
    given: u64,
    is_over: bool,
}

impl Following {
    /// Begins, where the command line says.
    pub(crate) async fn begin(place: &Place, table: &str, span: &Span) -> anyhow::Result<(Self, Described)> {
        let environment = Environment::system();
        let clock = environment.clock.clone();
        let filters = span.filters()?;
        let arn = Tables::new(place, &clock).describe(table).await?.stream_arn()?.to_owned();
        let mut streams = Streams::new(place, &clock)?;
        let described = streams.describe(&arn).await?;
        let now_ms = span.now_ms(place, &clock).await;
        let start = span.start(now_ms);
        let begun = start::begin(&arn, &start, &described.shards);
        let end = End::new(span, &start, (now_ms, clock.wall_ms()));
        let mut shards = Shards::new(place.is_aws(), begun.finished);
        shards.looked(&described, 0);
        let options = Options { start: begun.start, idle_ms: 0, ..Options::default() };
        let follower = Follower::new(begun.state, options, environment.random.next_u64());
        let following = Self {
            arn,
            environment,
            follower,
            filters,
            end,
            shards,
            waiting: VecDeque::new(),
            streams: streams.another(),
            idle: vec![streams],
            running: 0,
            answers: mpsc::channel(CALLS_MAX),
            // All begins with the same look, or a shard that ends meanwhile would be taken for read here only.
            event: Some(Event::Described(Ok(described.clone().for_follower()))),
            records: HashMap::new(),
            remarks: begun.remarks.into(),
            is_interrupted: false,
            given: 0,
            is_over: false,
        };
        Ok((following, described))
    }

    /// What comes next.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Next> {
        loop {
            if let Some(next) = self.pop()? {
                return Ok(next);
            }
            let now_ms = self.now_ms();
            let event = self.event.take().unwrap_or(Event::Tick);
            let calls = self.follower.step(event, now_ms);
            self.waiting.extend(calls);
            if let Some(next) = self.pop()? {
                return Ok(next);
            }
            if self.end.is_over(&self.shards, self.environment.clock.wall_ms()) {
                self.is_over = true;
                continue;
            }
            let wake_ms = self.make_calls(now_ms);
            self.wait(wake_ms.saturating_sub(now_ms)).await?;
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.environment.clock.machine().as_millis()).unwrap_or(u64::MAX)
    }

    /// What is at hand.
    fn pop(&mut self) -> anyhow::Result<Option<Next>> {
        loop {
            if let Some(remark) = self.remarks.pop_front() {
                return Ok(Some(Next::Remark(remark)));
            }
            if self.is_over {
                return Ok(Some(Next::Over));
            }
            let now_ms = self.now_ms();
            match self.follower.pop(now_ms) {
                None => return Ok(None),
                Some(Output::Ended) => {
                    self.remarks.push_back("the stream has ended: nothing more will come".to_owned());
                    self.is_over = true;
                }
                Some(Output::Failed(error)) => bail!("{error}"),
                Some(Output::Event(ReplicaEvent::Gap(gap))) => {
                    self.shards.ended_by(&gap);
                    self.remarks.push_back(gap.to_string());
                }
                Some(Output::Event(ReplicaEvent::Change { shard_id, change })) => {
                    if let Some(told) = self.record(shard_id, &change) {
                        self.given += 1;
                        self.is_over = self.end.count == Some(self.given);
                        return Ok(Some(Next::Record(told)));
                    }
                }
                // Nothing is copied.
                Some(Output::Event(_)) => {}
            }
        }
    }

    /// The record of a change, if it is one that was asked for.
    fn record(&mut self, shard: String, change: &Change) -> Option<Told> {
        let number = change.sequence_number.as_str();
        let records = self.records.get_mut(&shard)?;
        let record = loop {
            let record = records.pop_front()?;
            if record["dynamodb"]["SequenceNumber"] == number {
                break record;
            }
        };
        let wanted = self.end.wants(&mut self.shards, &shard, change);
        let is_let_through =
            || self.filters.is_empty() || self.filters.matches(&event_of(record.clone(), &self.arn));
        let is_meant = wanted && is_let_through();
        is_meant.then_some(Told { shard, record })
    }

    /// Makes calls that are due, and tells when the next is.
    fn make_calls(&mut self, now_ms: u64) -> u64 {
        let mut wake_ms = self.follower.wake_ms().unwrap_or(u64::MAX / 4);
        let mut later = VecDeque::new();
        while let Some(call) = self.waiting.pop_front() {
            let due_ms = match &call {
                Call::Records { shard_id, .. } => self.shards.next_ms(shard_id),
                _ => 0,
            };
            if due_ms > now_ms || self.running >= CALLS_MAX {
                if due_ms > now_ms {
                    wake_ms = wake_ms.min(due_ms);
                }
                later.push_back(call);
                continue;
            }
            self.running += 1;
            let streams = self.idle.pop().unwrap_or_else(|| self.streams.another());
            let (arn, answers) = (self.arn.clone(), self.answers.0.clone());
            if matches!(call, Call::Describe) {
                self.shards.looks();
            }
            let background = self.environment.background.clone();
            drop(environment::spawn(async move {
                let answered = background.caught("call of a stream", make(streams, &arn, call)).await;
                // Nobody waits where all is over.
                drop(answers.send(answered).await);
            }));
        }
        self.waiting = later;
        wake_ms
    }

    async fn wait(&mut self, pause_ms: u64) -> anyhow::Result<()> {
        let clock: &Clock = &self.environment.clock;
        let answered = tokio::select! {
            answered = self.answers.1.recv() => answered,
            () = clock.sleep(Duration::from_millis(pause_ms)) => return Ok(()),
        };
        let Some(Some(Answered { streams, answer })) = answered else {
            bail!("a call panicked, which is a defect of tailwater")
        };
        self.running -= 1;
        self.idle.push(streams);
        let now_ms = self.now_ms();
        self.event = Some(match answer {
            Answer::Event(event) => {
                if let Event::Iterator { shard_id, answer: Err(CallError::NotFound(_)) } = &event
                    && !self.follower.has_begun()
                {
                    self.shards.ended(shard_id);
                }
                self.note(&event)?;
                event
            }
            Answer::Description(described) => {
                if let Ok(described) = &described {
                    let looks = self.shards.looks_made();
                    self.shards.looked(described, looks);
                }
                let event = Event::Described(described.map(Described::for_follower));
                self.note(&event)?;
                event
            }
            Answer::Records { shard, iterator, page } => {
                // A page that only shows where the oldest record is comes again, unless there is nothing in it and after it.
                let counts = self.follower.has_begun();
                let is_last = match &page {
                    Ok(page) => page.records.is_empty() && page.changes.next.is_none(),
                    Err(error) => matches!(error, CallError::NotFound(_)),
                };
                if counts || is_last {
                    self.shards.read(&shard, &page, now_ms);
                }
                let answer = page.map(|page| {
                    let records = if counts { page.records } else { Vec::new() };
                    self.records.entry(shard.clone()).or_default().extend(records);
                    page.changes
                });
                let event = Event::Records { shard_id: shard, iterator, answer };
                self.note(&event)?;
                event
            }
        });
        Ok(())
    }

    /// Tells what does not go by itself: what is lost, and what is tried again.
    fn note(&mut self, event: &Event) -> anyhow::Result<()> {
        let error = match event {
            Event::Described(Err(error)) => Some((None, error)),
            Event::Iterator { shard_id, answer: Err(error) }
            | Event::Records { shard_id, answer: Err(error), .. } => Some((Some(shard_id), error)),
            _ => None,
        };
        match error {
            None => self.is_interrupted = false,
            Some((Some(shard), CallError::ExpiredIterator(_))) => {
                let place = if self.shards.has_given(shard) {
                    "it is read on after the last record that was read"
                } else {
                    "nothing was read of it yet, so it is read from its beginning, older records too"
                };
                self.remarks.push_back(format!("the iterator of {shard} has expired; {place}"));
            }
            Some((_, CallError::Unavailable(text) | CallError::Throttled(text))) => {
                if !self.end.follows {
                    return Err(anyhow!("{text}"));
                }
                if !std::mem::replace(&mut self.is_interrupted, true) {
                    self.remarks.push_back(format!("{text}; trying again"));
                }
            }
            // The follower tells, or does not have to.
            Some(_) => {}
        }
        Ok(())
    }
}

async fn make(mut streams: Streams, arn: &str, call: Call) -> Answered {
    let answer = match call {
        Call::Describe => Answer::Description(streams.describe(arn).await),
        Call::Iterator { shard_id, position } => {
            let answer = streams.iterator(arn, &shard_id, &position).await;
            Answer::Event(Event::Iterator { shard_id, answer })
        }
        Call::Records { shard_id, iterator } => {
            let page = streams.records(&iterator, PAGE_MAX).await;
            Answer::Records { shard: shard_id, iterator, page }
        }
        // Nothing is copied, so nothing is scanned.
        Call::Scan { .. } => Answer::Event(Event::Tick),
    };
    Answered { streams, answer }
}

/// The record as a function is given it by an event source mapping.
pub(crate) fn event_of(mut record: Value, stream_arn: &str) -> Value {
    if let Some(members) = record.as_object_mut() {
        members.insert("eventSourceARN".to_owned(), Value::from(stream_arn));
        if let Some(identity) = members.get_mut("userIdentity").and_then(Value::as_object_mut) {
            for (name, lower) in [("PrincipalId", "principalId"), ("Type", "type")] {
                if let Some(value) = identity.remove(name) {
                    identity.insert(lower.to_owned(), value);
                }
            }
        }
    }
    record
}
