//! CreateTable.

use super::enumeration::{BillingMode, TableClass};
use super::schema::{
    AttributeDefinition, GlobalSecondaryIndex, KeySchemaElement, LocalSecondaryIndex, OnDemandThroughput,
    ProvisionedThroughput, SseSpecification, StreamSpecification, Tag, WarmThroughput,
};
use crate::layer::Layer;

/// Makes a table.
#[derive(Clone, Debug)]
pub struct CreateTable {
    /// The table: a name or an ARN.
    pub table_name: String,
    /// The attributes that keys use.
    pub attribute_definitions: Vec<AttributeDefinition>,
    /// The key of the table.
    pub key_schema: Vec<KeySchemaElement>,
    /// Its global secondary indexes.
    pub global_secondary_indexes: Option<Vec<GlobalSecondaryIndex>>,
    /// Its local secondary indexes.
    pub local_secondary_indexes: Option<Vec<LocalSecondaryIndex>>,
    /// How it is billed.
    pub billing_mode: Option<BillingMode>,
    /// Its throughput, if provisioned.
    pub provisioned_throughput: Option<ProvisionedThroughput>,
    /// Its bounds, if on demand.
    pub on_demand_throughput: Option<OnDemandThroughput>,
    /// What it is warmed for.
    pub warm_throughput: Option<WarmThroughput>,
    /// Its stream.
    pub stream_specification: Option<StreamSpecification>,
    /// Its encryption.
    pub sse_specification: Option<SseSpecification>,
    /// Its storage class.
    pub table_class: Option<TableClass>,
    /// Its tags.
    pub tags: Option<Vec<Tag>>,
    /// Whether DeleteTable is refused.
    pub deletion_protection_enabled: Option<bool>,
    /// Its resource policy.
    pub resource_policy: Option<String>,
    /// Whether the request names vector indexes.
    pub has_vector_indexes: bool,
    /// How errors of this request are worded.
    pub layer: Layer,
}
