//! A table as the write and read paths see it: one immutable value per epoch, shared by `Arc`.
//!
//! Every change to a table (indexes, stream, TTL, shards, deletion) makes a new `Table` with a higher epoch
//! and raises the fence of the table's log in the commit that stores it, so that nothing planned under an
//! old one commits.

use item::stored::Kind;
use item::{KeyKind, Name, Stored};
use std::sync::Arc;
use store::{Fence, LogId, SpaceId};
use streams::data_stream::record::Precision;

/// Identifies a table for ever: a table deleted and created again under its name has another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableId(pub u64);

/// A key attribute and its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyAttribute {
    /// The attribute's name.
    pub name: Name,
    /// Its type.
    pub kind: KeyKind,
}

/// The key of a table (one partition attribute, at most one sort attribute) or of an index (up to four of
/// each in a global one).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySchema {
    /// The partition key attributes.
    pub partition: Vec<KeyAttribute>,
    /// The sort key attributes.
    pub sort: Vec<KeyAttribute>,
}

/// What an index entry holds beside the keys of index and table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Projection {
    /// The whole item.
    All,
    /// Nothing.
    KeysOnly,
    /// These attributes.
    Include(Vec<Name>),
}

/// Local, global or of vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexKind {
    /// Shares the table's partition key; consistent reads are possible.
    Local,
    /// Has a partition key of its own.
    Global,
    /// Holds vectors, see [`Index::vectors`]; its key has at most a partition attribute.
    Vector,
}

/// The life of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexStatus {
    /// Maintained by new writes, being filled, not yet served.
    Creating,
    /// Served.
    Active,
    /// Going away: neither maintained nor served.
    Deleting,
}

/// A secondary index.
#[derive(Clone, Debug)]
pub struct Index {
    /// Its name, unique in the table.
    pub name: String,
    /// Local, global or of vectors.
    pub kind: IndexKind,
    /// Its key.
    pub keys: KeySchema,
    /// What its entries hold.
    pub projection: Projection,
    /// Every attribute an entry holds (keys of index and table, and those included), sorted by name;
    /// `None` where it is the whole item.
    pub projected: Option<Vec<Name>>,
    /// What makes it a vector index.
    pub vectors: Option<Box<Vectors>>,
    /// Whether it is served.
    pub status: IndexStatus,
    /// The space of its entries: 16-byte hash of the index partition key, the index sort key parts, then the
    /// table key (16-byte hash, sort key part).
    pub space: SpaceId,
    /// The key of its counters (entries, bytes) in the meta space.
    pub counters: store::Key,
}

/// How similarity of vectors is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distance {
    /// One less the cosine of the angle between them.
    Cosine,
    /// Their scalar product: the higher, the more similar.
    DotProduct,
    /// The length of their difference.
    Euclidean,
}

/// What a vector index holds of an item.
#[derive(Clone, Debug)]
pub struct Vectors {
    /// The attribute with the vector.
    pub attribute: Name,
    /// The length of each vector.
    pub dimensions: usize,
    /// How similarity is measured.
    pub distance: Distance,
    /// The attributes that searches may ask for beside the partition attribute.
    pub filters: Vec<KeyAttribute>,
    /// The key of the counter that says how many bytes the vectors take as lists of numbers, beyond what they
    /// take at [`ELEMENT_BYTES`] an element.
    pub savings: store::Key,
}

/// The size of an element of a vector.
pub const ELEMENT_BYTES: usize = 4;

/// An open shard of the table's stream.
#[derive(Clone, Debug)]
pub struct OpenShard {
    /// The shard's id, as clients see it.
    pub id: Arc<str>,
    /// The lowest partition hash that it owns.
    pub first: u128,
    /// The highest partition hash that it owns.
    pub last: u128,
    /// Its log.
    pub log: LogId,
}

/// Where a table's records go.
#[derive(Clone, Debug)]
pub struct StreamTarget {
    /// Which images a record holds.
    pub view: streams::ViewType,
    /// The open shards in order of `first`; together they cover every hash, none twice.
    pub shards: Vec<OpenShard>,
}

impl StreamTarget {
    /// The shard that owns a partition hash.
    #[must_use]
    pub fn shard(&self, hash: u128) -> &OpenShard {
        let at = self.shards.partition_point(|shard| shard.last < hash);
        &self.shards[at]
    }
}

/// An open shard of the data stream that takes a table's changes.
#[derive(Clone, Copy, Debug)]
pub struct DestinationShard {
    /// The highest hash key that it owns.
    pub last: u128,
    /// Its log.
    pub log: LogId,
}

/// The data stream that takes a table's changes.
#[derive(Clone, Debug)]
pub struct DestinationTarget {
    /// The precision in which its records tell their time.
    pub precision: Precision,
    /// The open shards in order of their ranges; together they cover every hash key, none twice.
    pub shards: Vec<DestinationShard>,
}

impl DestinationTarget {
    /// The log of the shard that owns a hash key.
    #[must_use]
    pub fn log(&self, hash_key: u128) -> LogId {
        let at = self.shards.partition_point(|shard| shard.last < hash_key);
        self.shards[at].log
    }
}

/// Time to live.
#[derive(Clone, Debug)]
pub struct TimeToLive {
    /// The attribute that holds the expiry, in epoch seconds.
    pub attribute: Name,
    /// The space of the expiry entries: expiry second (8 bytes, big-endian), then the table key; empty values.
    pub space: SpaceId,
}

/// What a write or a read needs to know of a table, in one epoch.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its identity.
    pub id: TableId,
    /// The account that owns it.
    pub account: String,
    /// The region that it is in.
    pub region: String,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its key.
    pub keys: KeySchema,
    /// Its indexes, local ones first.
    pub indexes: Vec<Index>,
    /// The space of its items: 16-byte hash of the partition key, then the sort key part.
    pub space: SpaceId,
    /// The log whose fence is this table's epoch. It gets no records.
    pub log: LogId,
    /// The epoch that this value describes.
    pub epoch: Fence,
    /// The key of its counters (items, bytes) in the meta space.
    pub counters: store::Key,
    /// Its enabled stream.
    pub stream: Option<StreamTarget>,
    /// The data stream that takes its changes, if there is one.
    pub destination: Option<DestinationTarget>,
    /// Its time to live, if enabled.
    pub time_to_live: Option<TimeToLive>,
    /// The attributes that hold vectors, each once, with the length of these.
    pub vectors: Vec<(Name, usize)>,
}

impl Table {
    /// The size of an item for the table's capacity: its vectors count by their elements, whatever the numbers.
    #[must_use]
    #[inline]
    pub fn size_of(&self, item: &Stored) -> usize {
        let size = item.size();
        if self.vectors.is_empty() { size } else { self.with_vectors(item, size) }
    }

    fn with_vectors(&self, item: &Stored, size: usize) -> usize {
        self.vectors.iter().fold(size, |size, (name, dimensions)| {
            match item.attribute(name).filter(|value| value.kind() == Kind::L && value.len() == *dimensions) {
                Some(vector) => size - vector.size() + ELEMENT_BYTES * dimensions,
                None => size,
            }
        })
    }
}
