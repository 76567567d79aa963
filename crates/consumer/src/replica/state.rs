//! Where a replica is, in a form that can be saved.

use crate::Item;
use crate::reader::Position;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a replica is. To be saved as a whole, by serde, and given to
/// [`Replica::resume`](super::Replica::resume); what is in it is not for others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub(super) stream_arn: String,
    pub(super) table: String,
    pub(super) stage: Stage,
    pub(super) shards: BTreeMap<String, ShardState>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Stage {
    /// The shards get their places, and then the table is copied, or not.
    Begins { copies: bool },
    /// The table is copied, from after this item.
    Copies { after: Option<Item> },
    /// Changes are read.
    Follows,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ShardState {
    pub(super) parent: Option<String>,
    pub(super) progress: Progress,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Progress {
    At(Position),
    Finished,
}

impl State {
    pub(super) fn new(stream_arn: &str, copies: bool) -> Self {
        Self {
            stream_arn: stream_arn.to_owned(),
            table: String::new(),
            stage: Stage::Begins { copies },
            shards: BTreeMap::new(),
        }
    }

    /// A state that copies nothing and begins at places of one's own: each shard, the shard before it, and where it is
    /// read from; none where it counts as read. Shards that come to be known later are read from their beginnings.
    #[must_use]
    pub fn at(
        stream_arn: &str,
        shards: impl IntoIterator<Item = (String, Option<String>, Option<Position>)>,
    ) -> Self {
        let placed = shards.into_iter().map(|(id, parent, position)| {
            (id, ShardState { parent, progress: position.map_or(Progress::Finished, Progress::At) })
        });
        let shards = placed.collect();
        Self { stage: Stage::Follows, shards, ..Self::new(stream_arn, false) }
    }

    /// The stream that is followed.
    #[must_use]
    pub fn stream_arn(&self) -> &str {
        &self.stream_arn
    }
}
