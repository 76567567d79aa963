//! What is asked about groups: their lease tables, and the streams that these tell of.

use super::lease::{self, Lease};
use crate::cli::api::{Described, Streams, Table, Tables};
use crate::cli::own;
use crate::cli::place::Place;
use anyhow::Context;
use consumer::CallError;
use environment::Clock;
use std::collections::BTreeSet;

/// Both services of an endpoint.
pub(super) struct Asking {
    place: Place,
    clock: Clock,
    pub(super) tables: Tables,
    pub(super) streams: Streams,
}

impl Asking {
    pub(super) fn new(place: &Place, clock: &Clock) -> anyhow::Result<Self> {
        let (tables, streams) = (Tables::new(place, clock), Streams::new(place, clock)?);
        Ok(Self { place: place.clone(), clock: clock.clone(), tables, streams })
    }

    /// What time it is where the streams are, which can be another than here.
    pub(super) async fn now_ms(&self) -> u64 {
        own::now_ms(&self.place, &self.clock).await
    }

    /// The tables that are lease tables.
    pub(super) async fn lease_tables(&mut self) -> anyhow::Result<Vec<String>> {
        let mut found = Vec::new();
        for name in self.tables.list().await? {
            match self.tables.describe(&name).await {
                Ok(table) if lease::is_lease_table(table.description()) => found.push(name),
                Ok(_) => {}
                // Deleted meanwhile.
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(found)
    }

    /// A table, by its name.
    pub(super) async fn table(&mut self, name: &str) -> anyhow::Result<Table> {
        let table = self.tables.describe(name).await;
        table.with_context(|| format!("the table {name} cannot be looked at"))
    }

    /// The leases of a group, read consistently.
    pub(super) async fn leases(&mut self, group: &str) -> anyhow::Result<Vec<Lease>> {
        Ok(self.tables.items(group).await?.iter().filter_map(Lease::of).collect())
    }

    /// All streams.
    pub(super) async fn all_streams(&mut self) -> anyhow::Result<Vec<Described>> {
        let mut streams = Vec::new();
        for arn in self.streams.list().await? {
            match self.streams.describe(&arn).await {
                Ok(stream) => streams.push(stream),
                Err(CallError::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(streams)
    }

    /// The stream of a group: what the user says (an ARN, or a table), or the one that has the group's shards.
    pub(super) async fn stream_of(
        &mut self,
        group: &str,
        leases: &[Lease],
        said: Option<&str>,
    ) -> anyhow::Result<Described> {
        if let Some(said) = said {
            return self.named_stream(said).await;
        }
        let found = of_leases(self.all_streams().await?, leases).next();
        found.with_context(|| {
            format!("no stream has a shard of the group {group}: name its stream with --stream TABLE-OR-ARN")
        })
    }

    async fn named_stream(&mut self, said: &str) -> anyhow::Result<Described> {
        let arn = match said.starts_with("arn:") {
            true => said.to_owned(),
            false => self.table(said).await?.stream_arn()?.to_owned(),
        };
        let stream = self.streams.describe(&arn).await;
        stream.with_context(|| format!("the stream {arn} cannot be looked at"))
    }
}

/// Of some streams, those that have shards of these leases.
pub(super) fn of_leases(streams: Vec<Described>, leases: &[Lease]) -> impl Iterator<Item = Described> {
    let shards: BTreeSet<String> = leases.iter().map(|lease| lease.shard_id.clone()).collect();
    streams.into_iter().filter(move |stream| stream.shards.iter().any(|shard| shards.contains(&shard.id)))
}
