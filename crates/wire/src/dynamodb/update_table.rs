//! UpdateTable.

use super::enumeration::{BillingMode, TableClass};
use super::schema::{
    AttributeDefinition, GlobalSecondaryIndex, OnDemandThroughput, ProvisionedThroughput, SseSpecification,
    StreamSpecification, WarmThroughput,
};
use crate::layer::Layer;

/// Changes a table.
#[derive(Clone, Debug)]
pub struct UpdateTable {
    /// The table: a name or an ARN.
    pub table_name: String,
    /// The attributes that the keys of new indexes use.
    pub attribute_definitions: Option<Vec<AttributeDefinition>>,
    /// How it is billed from now on.
    pub billing_mode: Option<BillingMode>,
    /// Its throughput from now on.
    pub provisioned_throughput: Option<ProvisionedThroughput>,
    /// Its bounds from now on.
    pub on_demand_throughput: Option<OnDemandThroughput>,
    /// What it is warmed for.
    pub warm_throughput: Option<WarmThroughput>,
    /// Changes to its global secondary indexes, in the order sent.
    pub global_secondary_index_updates: Option<Vec<GlobalSecondaryIndexUpdate>>,
    /// Its stream, on or off.
    pub stream_specification: Option<StreamSpecification>,
    /// Its encryption.
    pub sse_specification: Option<SseSpecification>,
    /// Its storage class.
    pub table_class: Option<TableClass>,
    /// Whether DeleteTable is refused.
    pub deletion_protection_enabled: Option<bool>,
    /// Whether the request would change replicas.
    pub has_replica_updates: bool,
    /// Whether the request names `MultiRegionConsistency`.
    pub has_multi_region_consistency: bool,
    /// Whether the request would change vector indexes.
    pub has_vector_index_updates: bool,
    /// How errors of this request are worded.
    pub layer: Layer,
}

/// A change to the global secondary indexes of a table: what of the three was given.
#[derive(Clone, Debug, Default)]
pub struct GlobalSecondaryIndexUpdate {
    /// An index to make.
    pub create: Option<GlobalSecondaryIndex>,
    /// An index to change.
    pub update: Option<UpdateIndex>,
    /// The name of an index to delete.
    pub delete: Option<String>,
}

/// A change to one index.
#[derive(Clone, Debug)]
pub struct UpdateIndex {
    /// Its name.
    pub index_name: String,
    /// Its throughput from now on.
    pub provisioned_throughput: Option<ProvisionedThroughput>,
    /// Its bounds from now on.
    pub on_demand_throughput: Option<OnDemandThroughput>,
    /// What it is warmed for.
    pub warm_throughput: Option<WarmThroughput>,
}
