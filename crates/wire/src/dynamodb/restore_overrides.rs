//! What a restore may make otherwise than the table was: the members that both restores have.

use super::enumeration::BillingMode;
use super::schema::{
    GlobalSecondaryIndex, LocalSecondaryIndex, OnDemandThroughput, ProvisionedThroughput, SseSpecification,
    VectorIndex, decode, vectors,
};
use crate::json::{JsonError, Reader};
use crate::layer::Constraints;
use crate::member::owned_string;

/// What a restored table has otherwise than its source.
#[derive(Clone, Debug, Default)]
pub struct RestoreOverrides {
    /// How it is billed.
    pub billing_mode: Option<BillingMode>,
    /// Its global secondary indexes: some of those of the source, perhaps under other names.
    pub global_secondary_indexes: Option<Vec<GlobalSecondaryIndex>>,
    /// Its local secondary indexes, likewise.
    pub local_secondary_indexes: Option<Vec<LocalSecondaryIndex>>,
    /// Its throughput, if provisioned.
    pub provisioned_throughput: Option<ProvisionedThroughput>,
    /// Its bounds, if on demand.
    pub on_demand_throughput: Option<OnDemandThroughput>,
    /// Its encryption.
    pub sse_specification: Option<SseSpecification>,
    /// Its vector indexes: some of those of the source.
    pub vector_indexes: Option<Vec<VectorIndex>>,
}

/// The same before it is checked.
#[derive(Default)]
pub(super) struct Raw {
    billing_mode: Option<String>,
    global_secondary_indexes: Option<Vec<decode::RawIndex>>,
    local_secondary_indexes: Option<Vec<decode::RawIndex>>,
    provisioned_throughput: Option<decode::Units>,
    on_demand_throughput: Option<OnDemandThroughput>,
    sse_specification: Option<decode::RawSse>,
    vector_indexes: Option<Vec<vectors::Raw>>,
}

impl Raw {
    /// Reads a member of a restore's request that is none of its own.
    pub(super) fn member(&mut self, reader: &mut Reader<'_>, name: &str) -> Result<(), JsonError> {
        match name {
            "BillingModeOverride" => self.billing_mode = owned_string(reader)?,
            "GlobalSecondaryIndexOverride" => self.global_secondary_indexes = decode::indexes(reader)?,
            "LocalSecondaryIndexOverride" => self.local_secondary_indexes = decode::indexes(reader)?,
            "ProvisionedThroughputOverride" => {
                self.provisioned_throughput = decode::provisioned_throughput(reader)?;
            }
            "OnDemandThroughputOverride" => {
                self.on_demand_throughput = decode::on_demand_throughput(reader)?;
            }
            "SSESpecificationOverride" => self.sse_specification = decode::sse_specification(reader)?,
            "VectorIndexOverride" => self.vector_indexes = vectors::indexes(reader)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    }

    pub(super) fn check(self, constraints: &mut Constraints) -> RestoreOverrides {
        let billing_mode = constraints.enumeration("billingModeOverride", self.billing_mode.as_deref());
        let mut check = decode::Check(constraints);
        RestoreOverrides {
            billing_mode,
            global_secondary_indexes: check
                .global_indexes("globalSecondaryIndexOverride", self.global_secondary_indexes),
            local_secondary_indexes: check
                .local_indexes("localSecondaryIndexOverride", self.local_secondary_indexes),
            provisioned_throughput: check
                .provisioned_throughput("provisionedThroughputOverride", self.provisioned_throughput),
            on_demand_throughput: self.on_demand_throughput,
            sse_specification: check.sse_specification(self.sse_specification),
            vector_indexes: check.vector_indexes("vectorIndexOverride", self.vector_indexes),
        }
    }
}
