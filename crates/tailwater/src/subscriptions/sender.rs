//! The task of one subscription.

use super::events::{self, END_ID, Ids};
use ::lambda::filtering::{Effect, ItemFilter, RecordFilter};
use bytes::Bytes;
use database::{Database, TableSnapshot};
use item::Stored;
use serde_json::json;
use std::fmt::Display;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use store::LogRecord;
use streams::following::{Follower, Gap, Step};
use streams::reading::ShardPage;
use streams::record::{self, Damaged, Form, Kind, RecordWriter};
use streams::{Positions, SequenceNumber, ShardId, StreamDescriptor};
use tokio::sync::{Semaphore, mpsc};

/// Records of a page.
const PAGE_RECORDS: usize = 256;

/// A piece is sent once it has so many bytes.
const PIECE_BYTES: usize = 64 << 10;

/// Something is sent at least so often, in machine time.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How long a client may read nothing while it is sent a snapshot, and how long that may take: until then the store holds
/// back what is overwritten.
const SNAPSHOT_STALL_MAX: Duration = Duration::from_secs(60);
const SNAPSHOT_MAX: Duration = Duration::from_secs(3_600);

/// Why a subscription ends before its stream does.
#[derive(Debug)]
enum Over {
    /// The client is gone.
    Gone,
    /// The connection is cut, so that the client comes again.
    Cut(String),
}

/// What is sent.
pub(super) enum Wanted {
    /// The changes that pass.
    Changes(RecordFilter),
    /// What keeps a copy of the items that pass right.
    Items(ItemFilter),
}

impl Wanted {
    /// By which name a change is sent, if it is.
    fn name(&self, record: &LogRecord) -> Result<Option<&'static str>, Damaged> {
        let is_sent = match self {
            Self::Changes(filter) => filter.passes(record)?,
            Self::Items(filter) => match filter.effect(record)? {
                Effect::Passes => true,
                // Whatever has happened to it, it is to go from the copy.
                Effect::Leaves => return Ok(Some(name(Kind::Remove))),
                Effect::Nothing => false,
            },
        };
        Ok(if is_sent { Some(name(record::decode(&record.bytes)?.kind)) } else { None })
    }

    /// Whether an item of a snapshot is sent.
    fn has(&self, item: &Stored) -> bool {
        match self {
            Self::Changes(_) => true,
            Self::Items(filter) => filter.passes(item),
        }
    }
}

/// What a subscription is made of.
pub(super) struct Sender {
    pub(super) database: Arc<Database>,
    pub(super) stream: Arc<StreamDescriptor>,
    pub(super) wanted: Wanted,
    /// The places of snapshots, where one comes first.
    pub(super) snapshots: Option<Arc<Semaphore>>,
}

/// The way out, and what went there last.
struct Outlet<'a> {
    database: &'a Database,
    pieces: mpsc::Sender<io::Result<Bytes>>,
    /// When.
    sent_at: Duration,
    /// The positions that the client knows.
    known: Option<Positions>,
}

impl Outlet<'_> {
    async fn send(&mut self, piece: Vec<u8>) -> Result<(), Over> {
        if piece.is_empty() {
            return Ok(());
        }
        self.pieces.send(Ok(piece.into())).await.map_err(|_| Over::Gone)?;
        self.sent_at = self.now();
        Ok(())
    }

    async fn send_event(
        &mut self,
        name: &str,
        id: Option<&(dyn Display + Sync)>,
        data: &str,
    ) -> Result<(), Over> {
        let mut piece = Vec::new();
        events::event(&mut piece, name, id, data.as_bytes());
        self.send(piece).await
    }

    /// Tells where the subscription is, where there is anything to tell.
    async fn send_positions(&mut self, name: &str, positions: Positions, data: &str) -> Result<(), Over> {
        if positions.is_empty() {
            return self.send_event(name, None, data).await;
        }
        self.send_event(name, Some(&positions), data).await?;
        self.known = Some(positions);
        Ok(())
    }

    fn now(&self) -> Duration {
        self.database.environment().clock.machine()
    }

    /// How long until something is to be sent again.
    fn rest(&self) -> Duration {
        (self.sent_at + KEEP_ALIVE).saturating_sub(self.now())
    }

    /// Sends a sign of life where it is time: the positions, if the client does not know them.
    async fn keep_alive(&mut self, follower: Option<&Follower>) -> Result<(), Over> {
        if !self.rest().is_zero() {
            return Ok(());
        }
        match follower.map(Follower::positions) {
            Some(positions) if self.known.as_ref() != Some(&positions) => {
                self.send_positions("heartbeat", positions, "{}").await
            }
            _ => self.send(events::comment()).await,
        }
    }
}

impl Sender {
    /// Sends, until the stream ends or the client is gone.
    pub(super) async fn run(self, follower: Option<Follower>, pieces: mpsc::Sender<io::Result<Bytes>>) {
        let sent_at = self.database.environment().clock.machine();
        let mut out = Outlet { database: &self.database, pieces, sent_at, known: None };
        if let Err(Over::Cut(why)) = self.send_all(follower, &mut out).await {
            tracing::warn!(stream = self.stream.arn, why, "a subscription was cut");
            // It may be gone by itself.
            let _ = out.pieces.send(Err(io::Error::other(why))).await;
        }
    }

    async fn send_all(&self, follower: Option<Follower>, out: &mut Outlet<'_>) -> Result<(), Over> {
        out.send(events::greeting()).await?;
        let mut follower = match follower {
            Some(follower) => {
                // Whoever is cut off before the first change resumes from here.
                out.send_positions("heartbeat", follower.positions(), "{}").await?;
                follower
            }
            None => match self.send_snapshot(out).await? {
                Some(follower) => follower,
                None => return Err(Over::Cut("the stream is not its table's present one".to_owned())),
            },
        };
        let (streams, store) = (self.database.streams(), &**self.database.store());
        let mut writer = RecordWriter::new(&self.stream, &self.stream.region, Form::GetRecords);
        loop {
            let before = follower.positions();
            let step = follower.step(streams, store, PAGE_RECORDS).map_err(|error| failed(&error))?;
            match step {
                Step::Records(shard, page) => {
                    self.send_page(out, &mut writer, (&before, shard), &page).await?;
                    // Where nothing passes the filters, nothing is waited for.
                    environment::yield_now().await;
                }
                Step::Gap(gap) => {
                    if let Some(renewed) = self.send_gap(out, &follower, &gap).await? {
                        follower = renewed;
                    }
                }
                Step::More => environment::yield_now().await,
                Step::Idle => {
                    let clock = &self.database.environment().clock;
                    tokio::select! {
                        () = follower.wait(streams, store) => {}
                        () = clock.sleep(out.rest()) => {}
                    }
                }
                Step::End => {
                    let data = json!({ "stream": self.stream.arn }).to_string();
                    return out.send_event("end", Some(&END_ID), &data).await;
                }
            }
            out.keep_alive(Some(&follower)).await?;
        }
    }

    /// Sends the records of a page that pass the filters.
    async fn send_page(
        &self,
        out: &mut Outlet<'_>,
        writer: &mut RecordWriter,
        (before, shard): (&Positions, ShardId),
        page: &ShardPage,
    ) -> Result<(), Over> {
        let ids = Ids::around(before, shard);
        let suffix = format!(",\"shardId\":\"{shard}\"}}");
        let (mut piece, mut json, mut last) = (Vec::new(), Vec::new(), None);
        for record in &page.records {
            let Some(name) = self.wanted.name(record).map_err(|error| failed(&error))? else { continue };
            json.clear();
            writer.write(&mut json, record).map_err(|error| failed(&error))?;
            // In place of the closing brace.
            json.pop();
            json.extend_from_slice(suffix.as_bytes());
            let number = SequenceNumber::of(record.position);
            events::event(&mut piece, name, Some(&ids.at(number)), &json);
            last = Some(number);
            if piece.len() >= PIECE_BYTES {
                out.send(std::mem::take(&mut piece)).await?;
            }
        }
        out.send(piece).await?;
        if let Some(number) = last {
            let mut known = before.clone();
            known.advance(shard, number);
            out.known = Some(known);
        }
        Ok(())
    }

    /// Tells of a gap. Whoever has a copy of the table gets a new one, and whoever is cut off before that is complete finds the
    /// same gap again.
    async fn send_gap(
        &self,
        out: &mut Outlet<'_>,
        follower: &Follower,
        gap: &Gap,
    ) -> Result<Option<Follower>, Over> {
        let data = events::gap(gap);
        if self.snapshots.is_some() {
            out.send_event("gap", None, &data).await?;
            if let Some(renewed) = self.send_snapshot(out).await? {
                return Ok(Some(renewed));
            }
            // The table is gone, or its stream is another one: what is left of this one can still be read.
            return Ok(None);
        }
        if follower.has_gaps() {
            // Resumed from here, one would not hear of the others.
            out.send_event("gap", None, &data).await?;
        } else {
            out.send_positions("gap", follower.positions(), &data).await?;
        }
        Ok(None)
    }

    /// Sends all items of the table, out of one snapshot, and answers what follows it. `None` where the stream is not the
    /// present one of a table.
    async fn send_snapshot(&self, out: &mut Outlet<'_>) -> Result<Option<Follower>, Over> {
        let Some(places) = &self.snapshots else { return Ok(None) };
        let clock = &self.database.environment().clock;
        let place = loop {
            tokio::select! {
                place = Arc::clone(places).acquire_owned() => break place.map_err(|_| Over::Gone)?,
                () = clock.sleep(out.rest()) => out.keep_alive(None).await?,
            }
        };
        let snapshot = self.database.snapshot_of(&self.stream);
        let Some((items, follower)) = snapshot.map_err(|error| failed(&error))? else { return Ok(None) };
        let data = json!({ "table": self.stream.table_name }).to_string();
        out.send_event("reset", None, &data).await?;
        let late = || Err(Over::Cut("a snapshot was not read in time".to_owned()));
        let count = tokio::select! {
            count = self.send_items(out, items) => count?,
            () = clock.sleep(SNAPSHOT_MAX) => return late(),
        };
        drop(place);
        let data = json!({ "items": count }).to_string();
        out.send_positions("synced", follower.positions(), &data).await?;
        Ok(Some(follower))
    }

    async fn send_items(&self, out: &mut Outlet<'_>, mut items: TableSnapshot<'_>) -> Result<u64, Over> {
        let clock = &self.database.environment().clock;
        let (mut count, mut json) = (0, Vec::new());
        loop {
            let page = items.page().map_err(|error| failed(&error))?;
            if page.is_empty() {
                return Ok(count);
            }
            let mut piece = Vec::new();
            for (nth, item) in page.iter().enumerate() {
                if self.wanted.has(item) {
                    json.clear();
                    item::stored::write_json(item.as_bytes(), &mut json).map_err(|error| failed(&error))?;
                    events::event(&mut piece, "item", None, &json);
                    count += 1;
                }
                if piece.len() < PIECE_BYTES && nth + 1 < page.len() {
                    continue;
                }
                tokio::select! {
                    sent = out.send(std::mem::take(&mut piece)) => sent?,
                    () = clock.sleep(SNAPSHOT_STALL_MAX) => {
                        return Err(Over::Cut("a snapshot was not read on for too long".to_owned()));
                    }
                }
            }
            // Filters may refuse all that there is for a while.
            out.keep_alive(None).await?;
            environment::yield_now().await;
        }
    }
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Insert => "insert",
        Kind::Modify => "modify",
        Kind::Remove => "remove",
    }
}

fn failed(error: &dyn Display) -> Over {
    Over::Cut(error.to_string())
}

#[cfg(test)]
mod tests;
