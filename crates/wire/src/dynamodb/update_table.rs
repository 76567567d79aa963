//! UpdateTable.

use super::enumeration::{BillingMode, TableClass};
use super::schema::{
    AttributeDefinition, GlobalSecondaryIndex, OnDemandThroughput, ProvisionedThroughput, SseSpecification,
    StreamSpecification, VectorIndexUpdate, WarmThroughput, decode, vectors,
};
use crate::error::ApiError;
use crate::json::{JsonError, Reader};
use crate::layer::{Constraints, Layer};
use crate::member::{boolean, list, owned_string, request, structure};
use crate::operation::Operation;

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
    /// Whether the request names something else that only tables with replicas have.
    pub has_replica_settings: bool,
    /// Changes to its vector indexes, in the order sent.
    pub vector_index_updates: Option<Vec<VectorIndexUpdate>>,
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

#[derive(Default)]
struct Raw {
    table_name: Option<String>,
    attribute_definitions: Option<Vec<decode::Pair>>,
    billing_mode: Option<String>,
    provisioned_throughput: Option<decode::Units>,
    on_demand_throughput: Option<OnDemandThroughput>,
    warm_throughput: Option<WarmThroughput>,
    index_updates: Option<Vec<RawIndexUpdate>>,
    stream_specification: Option<decode::RawStream>,
    sse_specification: Option<decode::RawSse>,
    table_class: Option<String>,
    deletion_protection_enabled: Option<bool>,
    has_replica_updates: bool,
    has_replica_settings: bool,
    vector_index_updates: Option<Vec<vectors::RawUpdate>>,
}

#[derive(Default)]
struct RawIndexUpdate {
    create: Option<decode::RawIndex>,
    update: Option<decode::RawIndex>,
    delete: Option<decode::RawIndex>,
}

impl UpdateTable {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<UpdateTable, ApiError> {
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
            "BillingMode" => self.billing_mode = owned_string(reader)?,
            "ProvisionedThroughput" => self.provisioned_throughput = decode::provisioned_throughput(reader)?,
            "OnDemandThroughput" => self.on_demand_throughput = decode::on_demand_throughput(reader)?,
            "WarmThroughput" => self.warm_throughput = decode::warm_throughput(reader)?,
            "GlobalSecondaryIndexUpdates" => self.index_updates = list(reader, index_update)?,
            "StreamSpecification" => self.stream_specification = decode::stream_specification(reader)?,
            "SSESpecification" => self.sse_specification = decode::sse_specification(reader)?,
            "TableClass" => self.table_class = owned_string(reader)?,
            "DeletionProtectionEnabled" => self.deletion_protection_enabled = boolean(reader)?,
            "ReplicaUpdates" => self.has_replica_updates = list(reader, Reader::skip)?.is_some(),
            "MultiRegionConsistency" | "GlobalTableSettingsReplicationMode" => {
                self.has_replica_settings |= owned_string(reader)?.is_some();
            }
            "GlobalTableWitnessUpdates" => {
                self.has_replica_settings |= list(reader, Reader::skip)?.is_some();
            }
            "DisassociationProtectionEnabled" => self.has_replica_settings |= boolean(reader)?.is_some(),
            "VectorIndexUpdates" => self.vector_index_updates = vectors::updates(reader)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    }

    fn check(self) -> Result<UpdateTable, ApiError> {
        let layer = Layer::of(Operation::UpdateTable);
        let mut constraints = Constraints::new(layer);
        let mut check = decode::Check(&mut constraints);
        let attribute_definitions =
            self.attribute_definitions.map(|raw| check.attribute_definitions("attributeDefinitions", raw));
        check.0.table_name(self.table_name.as_deref());
        let billing_mode = check.0.enumeration("billingMode", self.billing_mode.as_deref());
        let provisioned_throughput =
            check.provisioned_throughput("provisionedThroughput", self.provisioned_throughput);
        let global_secondary_index_updates = self.index_updates.map(|raw| index_updates(&mut check, raw));
        let vector_index_updates =
            check.vector_index_updates("vectorIndexUpdates", self.vector_index_updates);
        let stream_specification = check.stream_specification(self.stream_specification);
        let sse_specification = check.sse_specification(self.sse_specification);
        let table_class = check.0.enumeration("tableClass", self.table_class.as_deref());
        constraints.finish()?;
        Ok(UpdateTable {
            table_name: self.table_name.unwrap_or_default(),
            attribute_definitions,
            billing_mode,
            provisioned_throughput,
            on_demand_throughput: self.on_demand_throughput,
            warm_throughput: self.warm_throughput,
            global_secondary_index_updates,
            stream_specification,
            sse_specification,
            table_class,
            deletion_protection_enabled: self.deletion_protection_enabled,
            has_replica_updates: self.has_replica_updates,
            has_replica_settings: self.has_replica_settings,
            vector_index_updates,
            layer,
        })
    }
}

fn index_update(reader: &mut Reader<'_>) -> Result<RawIndexUpdate, JsonError> {
    let mut raw = RawIndexUpdate::default();
    structure(reader, |reader, name| {
        match name {
            "Create" => raw.create = decode::index(reader)?,
            "Update" => raw.update = decode::index(reader)?,
            "Delete" => raw.delete = decode::index(reader)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    })?;
    Ok(raw)
}

fn index_updates(check: &mut decode::Check<'_>, raw: Vec<RawIndexUpdate>) -> Vec<GlobalSecondaryIndexUpdate> {
    let mut updates = Vec::with_capacity(raw.len());
    for (index, raw) in raw.into_iter().enumerate() {
        let path = format!("globalSecondaryIndexUpdates.{}.member", index + 1);
        let create = raw.create.and_then(|create| check.global_index(&format!("{path}.create"), create));
        let update = raw.update.and_then(|update| {
            let index_name = check.index_name(format!("{path}.update.indexName"), update.index_name);
            let throughput_path = format!("{path}.update.provisionedThroughput");
            let provisioned_throughput =
                check.provisioned_throughput(&throughput_path, update.provisioned_throughput);
            Some(UpdateIndex {
                index_name: index_name?,
                provisioned_throughput,
                on_demand_throughput: update.on_demand_throughput,
                warm_throughput: update.warm_throughput,
            })
        });
        let delete = raw
            .delete
            .and_then(|delete| check.index_name(format!("{path}.delete.indexName"), delete.index_name));
        updates.push(GlobalSecondaryIndexUpdate { create, update, delete });
    }
    updates
}

#[cfg(test)]
mod tests;
