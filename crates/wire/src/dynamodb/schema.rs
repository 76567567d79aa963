//! The parts of which CreateTable and UpdateTable describe a table.

pub(super) mod decode;
pub(super) mod vectors;

pub use vectors::VectorIndexUpdate;

use super::enumeration::{
    KeyType, ProjectionType, ScalarAttributeType, SearchSchemaElementType, SseType, StreamViewType,
    VectorDistanceFunction,
};

/// An attribute that a key uses, and its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeDefinition {
    /// The name.
    pub attribute_name: String,
    /// The type.
    pub attribute_type: ScalarAttributeType,
}

/// One attribute of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySchemaElement {
    /// The attribute.
    pub attribute_name: String,
    /// Its part of the key.
    pub key_type: KeyType,
}

/// Which attributes an index holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Projection {
    /// The kind, if given.
    pub projection_type: Option<ProjectionType>,
    /// The attributes named beside the keys.
    pub non_key_attributes: Option<Vec<String>>,
}

/// Capacity units per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProvisionedThroughput {
    /// For reads.
    pub read_capacity_units: i64,
    /// For writes.
    pub write_capacity_units: i64,
}

/// Upper bounds of on-demand throughput; `-1` takes a bound away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OnDemandThroughput {
    /// For reads.
    pub max_read_request_units: Option<i64>,
    /// For writes.
    pub max_write_request_units: Option<i64>,
}

/// Throughput that a table or index is warmed for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WarmThroughput {
    /// For reads.
    pub read_units_per_second: Option<i64>,
    /// For writes.
    pub write_units_per_second: Option<i64>,
}

/// A global secondary index to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GlobalSecondaryIndex {
    /// Its name.
    pub index_name: String,
    /// Its key.
    pub key_schema: Vec<KeySchemaElement>,
    /// What it holds.
    pub projection: Projection,
    /// Its throughput, for provisioned tables.
    pub provisioned_throughput: Option<ProvisionedThroughput>,
    /// Its bounds, for on-demand tables.
    pub on_demand_throughput: Option<OnDemandThroughput>,
    /// What it is warmed for.
    pub warm_throughput: Option<WarmThroughput>,
}

/// A local secondary index to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalSecondaryIndex {
    /// Its name.
    pub index_name: String,
    /// Its key.
    pub key_schema: Vec<KeySchemaElement>,
    /// What it holds.
    pub projection: Projection,
}

/// A vector index to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VectorIndex {
    /// Its name.
    pub index_name: String,
    /// The attribute that holds the vectors.
    pub vector_attribute: String,
    /// The attributes that searches may ask for, if any were given.
    pub search_schema: Option<Vec<SearchSchemaElement>>,
    /// What it holds.
    pub projection: Projection,
    /// The length of its vectors, not checked yet.
    pub dimensions: i64,
    /// How similarity is measured.
    pub distance_function: VectorDistanceFunction,
}

/// One attribute of a search schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchSchemaElement {
    /// The attribute.
    pub attribute_name: String,
    /// What it is for.
    pub element_type: SearchSchemaElementType,
}

/// The stream of a table, on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamSpecification {
    /// On or off.
    pub stream_enabled: bool,
    /// What its records hold.
    pub stream_view_type: Option<StreamViewType>,
}

/// Encryption at rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SseSpecification {
    /// On or off.
    pub enabled: Option<bool>,
    /// Its kind.
    pub sse_type: Option<SseType>,
    /// The key.
    pub kms_master_key_id: Option<String>,
}

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}
