//! The two kinds of streams that a mapping may read, in one shape.

mod data;
mod table;

use super::page::{Taken, Wanted};
use crate::configuration;
use crate::mapping::{ShardInfo, ShardName};
use crate::pollers::StoredMapping;
use data::DataSource;
use database::Database;
use store::{LogId, Position};
use streams::reading::ReadError;
use streams::{SequenceNumber, Wait};
use table::TableSource;

/// A stream.
pub(super) enum Source<'a> {
    /// Of a table.
    Table(TableSource<'a>),
    /// Of Kinesis Data Streams.
    Data(DataSource<'a>),
}

/// A shard as it is listed.
pub(super) struct Listed {
    pub(super) info: ShardInfo,
    pub(super) log: LogId,
}

/// The shards of a stream.
pub(super) struct Listing {
    pub(super) shards: Vec<Listed>,
    /// When it was switched off.
    pub(super) closed_ms: Option<u64>,
}

impl<'a> Source<'a> {
    pub(super) fn new(database: &'a Database, mapping: &StoredMapping) -> Self {
        match mapping.configuration.source {
            configuration::Source::DataStream => Self::Data(DataSource::new(database, mapping)),
            _ => Self::Table(TableSource::new(database, mapping)),
        }
    }

    /// The shards that there are; `None` where the stream is gone.
    pub(super) fn list(&self) -> Option<Listing> {
        match self {
            Self::Table(source) => source.list(),
            Self::Data(source) => source.list(),
        }
    }

    /// Whether a stream that is gone may come again under its ARN.
    pub(super) fn may_come_again(&self) -> bool {
        matches!(self, Self::Data(_))
    }

    /// Whether it is a stream whose retention may be another one than a moment ago.
    pub(super) fn may_change_retention(&self) -> bool {
        matches!(self, Self::Data(source) if source.exists())
    }

    /// How long its records are kept.
    pub(super) fn retention_ms(&self) -> u64 {
        match self {
            Self::Table(source) => source.retention_ms(),
            Self::Data(source) => source.retention_ms(),
        }
    }

    /// Reads a shard.
    ///
    /// # Errors
    /// When the shard cannot be read now. One that is gone is at its end.
    pub(super) fn read(&mut self, shard: &ShardName, wanted: Wanted<'_>) -> Result<Taken, ReadError> {
        match self {
            Self::Table(source) => source.read(shard, wanted),
            Self::Data(source) => source.read(shard, wanted),
        }
    }

    /// Waits until a shard has a record above a position, or is closed or gone. `None` where it is gone already.
    pub(super) fn wait(&self, shard: &ShardName, after: Position) -> Option<Wait<'a>> {
        match self {
            Self::Table(source) => source.wait(shard, after),
            Self::Data(source) => source.wait(shard, after),
        }
    }
}

/// The position after which to read so that this number is the first that may come; `None` for the oldest record.
fn after(from: u128) -> Option<Position> {
    let position = SequenceNumber::new(from).position()?;
    Some(Position(position.0.saturating_sub(1)))
}

/// The number at which to go on behind a position.
fn behind(position: Position) -> u128 {
    SequenceNumber::of(position).get() + 1
}
