//! CreateTable.

use super::enumeration::{BillingMode, TableClass};
use super::schema::{
    AttributeDefinition, GlobalSecondaryIndex, KeySchemaElement, LocalSecondaryIndex, OnDemandThroughput,
    ProvisionedThroughput, SseSpecification, StreamSpecification, Tag, VectorIndex, WarmThroughput, decode,
    vectors,
};
use crate::error::ApiError;
use crate::json::{JsonError, Reader};
use crate::layer::{Constraints, Layer};
use crate::member::{boolean, owned_string, request};
use crate::operation::Operation;

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
    /// Its vector indexes.
    pub vector_indexes: Option<Vec<VectorIndex>>,
    /// Whether the request would make a replica of a table.
    pub has_replica_source: bool,
    /// How errors of this request are worded.
    pub layer: Layer,
}

#[derive(Default)]
struct Raw {
    table_name: Option<String>,
    attribute_definitions: Option<Vec<decode::Pair>>,
    key_schema: Option<Vec<decode::Pair>>,
    global_secondary_indexes: Option<Vec<decode::RawIndex>>,
    local_secondary_indexes: Option<Vec<decode::RawIndex>>,
    billing_mode: Option<String>,
    provisioned_throughput: Option<decode::Units>,
    on_demand_throughput: Option<OnDemandThroughput>,
    warm_throughput: Option<WarmThroughput>,
    stream_specification: Option<decode::RawStream>,
    sse_specification: Option<decode::RawSse>,
    table_class: Option<String>,
    tags: Option<Vec<decode::Pair>>,
    deletion_protection_enabled: Option<bool>,
    resource_policy: Option<String>,
    vector_indexes: Option<Vec<vectors::Raw>>,
    has_replica_source: bool,
}

impl CreateTable {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<CreateTable, ApiError> {
        let mut raw = Raw::default();
        request(body, |reader, name| raw.member(reader, name))?;
        raw.check()
    }
}

impl Raw {
    fn member(&mut self, reader: &mut Reader<'_>, name: &str) -> Result<(), JsonError> {
        match name {
            "TableName" => self.table_name = owned_string(reader)?,
            "AttributeDefinitions" => self.attribute_definitions = decode::attribute_definitions(reader)?,
            "KeySchema" => self.key_schema = decode::key_schema(reader)?,
            "GlobalSecondaryIndexes" => self.global_secondary_indexes = decode::indexes(reader)?,
            "LocalSecondaryIndexes" => self.local_secondary_indexes = decode::indexes(reader)?,
            "BillingMode" => self.billing_mode = owned_string(reader)?,
            "ProvisionedThroughput" => self.provisioned_throughput = decode::provisioned_throughput(reader)?,
            "OnDemandThroughput" => self.on_demand_throughput = decode::on_demand_throughput(reader)?,
            "WarmThroughput" => self.warm_throughput = decode::warm_throughput(reader)?,
            "StreamSpecification" => self.stream_specification = decode::stream_specification(reader)?,
            "SSESpecification" => self.sse_specification = decode::sse_specification(reader)?,
            "TableClass" => self.table_class = owned_string(reader)?,
            "Tags" => self.tags = decode::tags(reader)?,
            "DeletionProtectionEnabled" => self.deletion_protection_enabled = boolean(reader)?,
            "ResourcePolicy" => self.resource_policy = owned_string(reader)?,
            "VectorIndexes" => self.vector_indexes = vectors::indexes(reader)?,
            "GlobalTableSourceArn" | "GlobalTableSettingsReplicationMode" => {
                self.has_replica_source |= owned_string(reader)?.is_some();
            }
            _ => drop(reader.skip()?),
        }
        Ok(())
    }

    fn check(self) -> Result<CreateTable, ApiError> {
        let table_name = self.table_name.ok_or_else(|| absent("TableName"))?;
        let layer = Layer::of(Operation::CreateTable);
        let mut constraints = Constraints::new(layer);
        let mut check = decode::Check(&mut constraints);
        let has_definitions = self.attribute_definitions.is_some();
        let attribute_definitions = check
            .attribute_definitions("attributeDefinitions", self.attribute_definitions.unwrap_or_default());
        check.0.table_name(Some(&table_name));
        let has_key_schema = self.key_schema.is_some();
        let key_schema = match self.key_schema {
            None => Vec::new(),
            some => check.key_schema("keySchema", some, 2),
        };
        let billing_mode = check.0.enumeration("billingMode", self.billing_mode.as_deref());
        let provisioned_throughput =
            check.provisioned_throughput("provisionedThroughput", self.provisioned_throughput);
        let global_secondary_indexes =
            check.global_indexes("globalSecondaryIndexes", self.global_secondary_indexes);
        let local_secondary_indexes =
            check.local_indexes("localSecondaryIndexes", self.local_secondary_indexes);
        let vector_indexes = check.vector_indexes("vectorIndexes", self.vector_indexes);
        let stream_specification = check.stream_specification(self.stream_specification);
        let sse_specification = check.sse_specification(self.sse_specification);
        let table_class = check.0.enumeration("tableClass", self.table_class.as_deref());
        let tags = self.tags.map(|tags| check.tags(tags));
        constraints.finish()?;
        if !has_definitions {
            return Err(absent("AttributeDefinitions"));
        }
        if !has_key_schema {
            return Err(absent("KeySchema"));
        }
        Ok(CreateTable {
            table_name,
            attribute_definitions,
            key_schema,
            global_secondary_indexes,
            local_secondary_indexes,
            billing_mode,
            provisioned_throughput,
            on_demand_throughput: self.on_demand_throughput,
            warm_throughput: self.warm_throughput,
            stream_specification,
            sse_specification,
            table_class,
            tags,
            deletion_protection_enabled: self.deletion_protection_enabled,
            resource_policy: self.resource_policy,
            vector_indexes,
            has_replica_source: self.has_replica_source,
            layer,
        })
    }
}

fn absent(parameter: &str) -> ApiError {
    ApiError::validation(format!(
        "The parameter '{parameter}' is required but was not present in the request"
    ))
}

#[cfg(test)]
mod tests;
