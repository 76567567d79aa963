//! A table as it is stored: everything that DescribeTable shows and everything that a write needs to know.
//!
//! The descriptor is JSON under [`MetaKey::Table`]. Its version in the store decides: spaces and logs that no
//! descriptor names are orphans. What the read and write paths see ([`Table`]) is made from it.

use crate::description::Counts;
use crate::meta::MetaKey;
use crate::table::{
    DestinationTarget, Distance, Index, IndexKind, IndexStatus, KeyAttribute, KeySchema, OpenShard,
    Projection, StreamTarget, Table, TableId, TimeToLive, Vectors,
};
use item::{KeyKind, Name};
use serde::{Deserialize, Serialize};
use store::{Fence, LogId, SpaceId};
use streams::StreamDescriptor;
use streams::data_stream::record::Precision;

/// A table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TableDescriptor {
    /// [`TableId`], ours.
    pub(crate) id: u64,
    /// `TableId` as clients see it.
    pub(crate) uuid: String,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    pub(crate) created_ms: u64,
    /// Every attribute that a key uses, in the order declared.
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) keys: Keys,
    /// Local indexes first.
    pub(crate) indexes: Vec<IndexDescriptor>,
    /// The id of the next index; ids count from one and are not reused within a table.
    pub(crate) next_index: u32,
    pub(crate) space: u32,
    pub(crate) log: u64,
    pub(crate) epoch: u64,
    pub(crate) billing: Billing,
    pub(crate) throughput: Throughput,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) on_demand: Option<Units>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) warm: Option<Units>,
    /// The latest stream, enabled or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stream: Option<LatestStream>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) time_to_live: Option<TimeToLiveDescriptor>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) tags: Vec<(String, String)>,
    #[serde(default)]
    pub(crate) deletion_protection: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) class: Option<Class>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) encryption: Option<Encryption>,
    /// Point-in-time recovery, enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) recovery: Option<Recovery>,
    /// Contributor insights of the table and of its indexes, where they ever were enabled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) insights: Vec<Insights>,
    /// The policies of the table and of its streams.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) policies: Vec<Policy>,
    /// The data streams that the changes of the table go to, or went to; at most one is active.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) destinations: Vec<Destination>,
    /// The restore that is filling the table. Until it is through, nobody else reads or changes the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) restore: Option<Restore>,
    /// The ARN of the import that is filling the table; until it is through, as with a restore.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) import: Option<String>,
}

/// A key attribute's definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    pub(crate) kind: Scalar,
}

/// The type of a key attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Scalar {
    S,
    N,
    B,
}

/// The attributes of a key, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Keys {
    pub(crate) partition: Vec<String>,
    pub(crate) sort: Vec<String>,
}

/// A secondary index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct IndexDescriptor {
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) local: bool,
    pub(crate) keys: Keys,
    pub(crate) projection: ProjectionDescriptor,
    /// Whether it is served; else it is being filled.
    pub(crate) active: bool,
    pub(crate) space: u32,
    pub(crate) throughput: Throughput,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) on_demand: Option<Units>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) warm: Option<Units>,
    /// What makes it a vector index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) vectors: Option<VectorsDescriptor>,
}

/// A vector index, beside what all indexes have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VectorsDescriptor {
    pub(crate) attribute: String,
    pub(crate) dimensions: u32,
    /// As on the wire, `COSINE` and so on.
    pub(crate) distance: String,
    /// The attributes that searches may ask for, in the order given; the one of the partition is in the key too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) schema: Vec<SearchAttribute>,
}

/// An attribute that searches may ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SearchAttribute {
    pub(crate) name: String,
    pub(crate) partition: bool,
}

/// What an index holds beside the keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ProjectionDescriptor {
    All,
    KeysOnly,
    Include(Vec<String>),
}

/// How a table is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Billing {
    pub(crate) on_demand: bool,
    /// When it last became on demand, if ever.
    pub(crate) on_demand_since_ms: Option<u64>,
}

/// Provisioned throughput; zeros where it is on demand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Throughput {
    pub(crate) read: i64,
    pub(crate) write: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) increased_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) decreased_ms: Option<u64>,
    /// Decreases on the day of `decreased_ms`.
    #[serde(default)]
    pub(crate) decreases: u32,
}

/// Bounds or warmth, for reads and for writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Units {
    pub(crate) read: Option<i64>,
    pub(crate) write: Option<i64>,
}

/// A table's latest stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LatestStream {
    pub(crate) arn: String,
    pub(crate) label: String,
    /// As on the wire, `NEW_IMAGE` and so on.
    pub(crate) view: String,
    pub(crate) enabled: bool,
}

/// Time to live, enabled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TimeToLiveDescriptor {
    pub(crate) attribute: String,
    pub(crate) space: u32,
    /// Whether the items from before have their expiry entries.
    pub(crate) filled: bool,
}

/// A table class and when it was chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Class {
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) changed_ms: Option<u64>,
}

/// Encryption with a key of AWS KMS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Encryption {
    pub(crate) key: String,
}

/// Point-in-time recovery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Recovery {
    pub(crate) period_days: u32,
}

/// Contributor insights of a table, or of the index of this id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Insights {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) index: Option<u32>,
    pub(crate) enabled: bool,
    /// As on the wire, `THROTTLED_KEYS` and so on.
    pub(crate) mode: String,
    pub(crate) changed_ms: u64,
}

/// A resource policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Policy {
    /// The ARN of the table or of one of its streams.
    pub(crate) resource: String,
    pub(crate) document: String,
    /// The milliseconds since the epoch at which it was put there; each is above the one before.
    pub(crate) revision: u64,
}

/// A data stream that the changes of a table go to, or went to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Destination {
    pub(crate) stream_arn: String,
    pub(crate) active: bool,
    /// The precision of the time in its records, where one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) precision: Option<Precision>,
    /// Why it is not active, where nobody asked for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

/// A restore under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Restore {
    /// The table that the items were in.
    pub(crate) source_arn: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) backup_arn: Option<String>,
    /// The moment that is restored.
    pub(crate) of_ms: u64,
    /// The space from which the items come.
    pub(crate) space: u32,
    /// Whether that space is there for this restore alone.
    pub(crate) is_own_space: bool,
}

impl TableDescriptor {
    pub(crate) fn table_id(&self) -> TableId {
        TableId(self.id)
    }

    /// Whether a restore or an import is still filling it.
    pub(crate) fn is_being_filled(&self) -> bool {
        self.restore.is_some() || self.import.is_some()
    }

    pub(crate) fn log_id(&self) -> LogId {
        LogId(self.log)
    }

    pub(crate) fn fence(&self) -> (LogId, Fence) {
        (LogId(self.log), Fence(self.epoch))
    }

    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:dynamodb:{}:{}:table/{}", self.region, self.account, self.name)
    }

    pub(crate) fn index(&self, name: &str) -> Option<&IndexDescriptor> {
        self.indexes.iter().find(|index| index.name == name)
    }

    /// The ARN of the stream that is enabled.
    pub(crate) fn enabled_stream(&self) -> Option<&LatestStream> {
        self.stream.as_ref().filter(|stream| stream.enabled)
    }

    /// The destination that takes the changes.
    pub(crate) fn active_destination(&self) -> Option<&Destination> {
        self.destinations.iter().find(|destination| destination.active)
    }

    /// Every space that holds something of this table, in the order in which they are to be dropped: that of the
    /// items last, so that a read that is still under way never finds an index's entry without its item.
    pub(crate) fn spaces(&self) -> Vec<SpaceId> {
        let indexes = self.indexes.iter().map(|index| index.space);
        let expiry = self.time_to_live.iter().map(|time_to_live| time_to_live.space);
        let source = self.restore.iter().filter(|restore| restore.is_own_space).map(|restore| restore.space);
        indexes.chain(expiry).chain(source).chain([self.space]).map(SpaceId).collect()
    }

    fn kind(&self, name: &str) -> KeyKind {
        match self.attributes.iter().find(|attribute| attribute.name == name).map(|attribute| attribute.kind)
        {
            Some(Scalar::N) => KeyKind::N,
            Some(Scalar::B) => KeyKind::B,
            // A key attribute without a definition cannot be: creation refuses it.
            Some(Scalar::S) | None => KeyKind::S,
        }
    }

    fn key_schema(&self, keys: &Keys) -> KeySchema {
        let part = |names: &[String]| {
            names
                .iter()
                .map(|name| KeyAttribute { name: Name::from(name.as_str()), kind: self.kind(name) })
                .collect()
        };
        KeySchema { partition: part(&keys.partition), sort: part(&keys.sort) }
    }

    /// The table as the read and write paths see it. `stream` is its enabled stream's target, `destination` its
    /// active destination's.
    pub(crate) fn table(
        &self,
        meta: SpaceId,
        stream: Option<StreamTarget>,
        destination: Option<DestinationTarget>,
    ) -> Table {
        Table {
            id: self.table_id(),
            account: self.account.clone(),
            region: self.region.clone(),
            name: self.name.clone(),
            arn: self.arn(),
            keys: self.key_schema(&self.keys),
            indexes: self.indexes.iter().map(|index| self.index_view(index, meta)).collect(),
            space: SpaceId(self.space),
            log: self.log_id(),
            epoch: Fence(self.epoch),
            counters: MetaKey::TableCounters(self.table_id()).key(meta),
            stream,
            destination,
            time_to_live: self.time_to_live.as_ref().map(|time_to_live| TimeToLive {
                attribute: Name::from(time_to_live.attribute.as_str()),
                space: SpaceId(time_to_live.space),
            }),
            vectors: self.vector_attributes(),
        }
    }

    fn index_view(&self, index: &IndexDescriptor, meta: SpaceId) -> Index {
        let (projection, projected) = match &index.projection {
            ProjectionDescriptor::All => (Projection::All, None),
            ProjectionDescriptor::KeysOnly => (Projection::KeysOnly, Some(self.projected(index, &[]))),
            ProjectionDescriptor::Include(names) => {
                let included = names.iter().map(|name| Name::from(name.as_str())).collect();
                (Projection::Include(included), Some(self.projected(index, names)))
            }
        };
        Index {
            name: index.name.clone(),
            kind: index.kind(),
            keys: self.key_schema(&index.keys),
            projection,
            projected,
            vectors: index.vectors.as_ref().map(|vectors| Box::new(self.vectors_view(index, vectors, meta))),
            status: if index.active { IndexStatus::Active } else { IndexStatus::Creating },
            space: SpaceId(index.space),
            counters: MetaKey::IndexCounters(self.table_id(), index.id).key(meta),
        }
    }

    /// The index that says what its vectors take, for each attribute with vectors: the fullest one. The counts
    /// are those of the indexes.
    pub(crate) fn sizing_vectors(&self, counts: &[Counts]) -> Vec<u32> {
        let mut fullest: Vec<(&str, i64, u32)> = Vec::new();
        for (index, counts) in self.indexes.iter().zip(counts) {
            let Some(vectors) = &index.vectors else { continue };
            match fullest.iter_mut().find(|(name, _, _)| *name == vectors.attribute) {
                Some((_, items, id)) if *items < counts.items => (*items, *id) = (counts.items, index.id),
                Some(_) => {}
                None => fullest.push((&vectors.attribute, counts.items, index.id)),
            }
        }
        fullest.into_iter().map(|(_, _, id)| id).collect()
    }

    /// The attributes that hold vectors, each once.
    fn vector_attributes(&self) -> Vec<(Name, usize)> {
        let mut attributes: Vec<(Name, usize)> = Vec::new();
        for vectors in self.indexes.iter().filter_map(|index| index.vectors.as_ref()) {
            if attributes.iter().all(|(name, _)| *name != vectors.attribute.as_str()) {
                attributes.push((Name::from(vectors.attribute.as_str()), vectors.dimensions as usize));
            }
        }
        attributes
    }

    fn vectors_view(&self, index: &IndexDescriptor, vectors: &VectorsDescriptor, meta: SpaceId) -> Vectors {
        let filters = vectors.schema.iter().filter(|attribute| !attribute.partition);
        Vectors {
            attribute: Name::from(vectors.attribute.as_str()),
            dimensions: vectors.dimensions as usize,
            distance: match vectors.distance.as_str() {
                "COSINE" => Distance::Cosine,
                "DOT_PRODUCT" => Distance::DotProduct,
                _ => Distance::Euclidean,
            },
            filters: filters
                .map(|attribute| KeyAttribute {
                    name: Name::from(attribute.name.as_str()),
                    kind: self.kind(&attribute.name),
                })
                .collect(),
            savings: MetaKey::VectorSavings(self.table_id(), index.id).key(meta),
        }
    }

    fn projected(&self, index: &IndexDescriptor, included: &[String]) -> Vec<Name> {
        let keys = self.keys.names().chain(index.attribute_names());
        let vector = index.vectors.iter().map(|vectors| vectors.attribute.as_str());
        let mut names: Vec<Name> =
            keys.chain(vector).chain(included.iter().map(String::as_str)).map(Name::from).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl TableDescriptor {
    /// The definitions with these beside them; what a key uses already keeps its type.
    pub(crate) fn defined_with(&self, definitions: &[Attribute]) -> Vec<Attribute> {
        let mut known = self.attributes.clone();
        for definition in definitions {
            if !known.iter().any(|attribute| attribute.name == definition.name) {
                known.push(definition.clone());
            }
        }
        known
    }

    /// Leaves behind the definitions that no key and no search uses any more.
    pub(crate) fn prune_attributes(&mut self) {
        let indexes = self.indexes.iter().flat_map(IndexDescriptor::attribute_names);
        let used: Vec<String> = self.keys.names().chain(indexes).map(str::to_owned).collect();
        self.attributes.retain(|attribute| used.contains(&attribute.name));
    }

    /// Switches to on-demand billing, the indexes too.
    pub(crate) fn become_on_demand(&mut self, now_ms: u64) {
        self.billing = Billing { on_demand: true, on_demand_since_ms: Some(now_ms) };
        self.throughput = Throughput::default();
        for index in &mut self.indexes {
            index.throughput = Throughput::default();
        }
    }
}

impl IndexDescriptor {
    /// Local, global or of vectors.
    pub(crate) fn kind(&self) -> IndexKind {
        match (self.local, &self.vectors) {
            (true, _) => IndexKind::Local,
            (false, None) => IndexKind::Global,
            (false, Some(_)) => IndexKind::Vector,
        }
    }

    /// The attributes that must have a definition.
    pub(crate) fn attribute_names(&self) -> impl Iterator<Item = &str> {
        let schema = self.vectors.iter().flat_map(|vectors| &vectors.schema);
        self.keys.names().chain(schema.map(|attribute| attribute.name.as_str()))
    }

    /// How many attributes it includes beside the keys.
    pub(crate) fn included(&self) -> usize {
        match &self.projection {
            ProjectionDescriptor::Include(names) => names.len(),
            ProjectionDescriptor::All | ProjectionDescriptor::KeysOnly => 0,
        }
    }
}

impl Keys {
    /// All names, partition first.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.partition.iter().chain(&self.sort).map(String::as_str)
    }
}

impl Scalar {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::N => "N",
            Self::B => "B",
        }
    }
}

/// The open shards of a stream as the write path sees them.
pub(crate) fn stream_target(stream: &StreamDescriptor) -> StreamTarget {
    // They come in order of their ranges.
    let open = stream.open_shards().into_iter().map(|shard| OpenShard {
        id: shard.id.to_string().into(),
        first: shard.first,
        last: shard.last,
        log: shard.log,
    });
    StreamTarget { view: stream.view, shards: open.collect() }
}
