//! The settings of a table that change nothing of how it stores: throughput, billing, tags, encryption.

use crate::descriptor::{Encryption, IndexDescriptor, TableDescriptor, Throughput, Units};
use crate::schema::{self, IndexRequest, invalid};
use store::SpaceId;
use wire::ApiError;
use wire::dynamodb::schema::{
    GlobalSecondaryIndex, OnDemandThroughput, ProvisionedThroughput, SseSpecification, Tag, WarmThroughput,
};

/// The most capacity units that can be asked for.
const UNITS_MAX: i64 = 1_000_000_000_000;

pub(crate) fn throughput(asked: Option<ProvisionedThroughput>) -> Throughput {
    asked.map_or_else(Throughput::default, |asked| Throughput {
        read: asked.read_capacity_units,
        write: asked.write_capacity_units,
        ..Throughput::default()
    })
}

/// Throughput that was changed now.
pub(crate) fn changed_throughput(old: Throughput, asked: ProvisionedThroughput, now_ms: u64) -> Throughput {
    const DAY_MS: u64 = 86_400_000;
    let (read, write) = (asked.read_capacity_units, asked.write_capacity_units);
    let mut new = Throughput { read, write, ..old };
    if read > old.read || write > old.write {
        new.increased_ms = Some(now_ms);
    }
    if read < old.read || write < old.write {
        let today = old.decreased_ms.is_some_and(|ms| ms / DAY_MS == now_ms / DAY_MS);
        new.decreases = if today { old.decreases + 1 } else { 1 };
        new.decreased_ms = Some(now_ms);
    }
    new
}

pub(crate) fn throughput_on_demand() -> ApiError {
    invalid(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
    )
}

pub(crate) fn throughput_missing() -> ApiError {
    invalid("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
}

pub(crate) fn check_bounds(asked: ProvisionedThroughput) -> Result<(), ApiError> {
    let asked = [
        ("ReadCapacityUnits", asked.read_capacity_units),
        ("WriteCapacityUnits", asked.write_capacity_units),
    ];
    match asked.into_iter().find(|(_, units)| *units > UNITS_MAX) {
        Some((name, units)) => {
            Err(ApiError::validation(format!("Given value {units} for {name} is out of bounds")))
        }
        None => Ok(()),
    }
}

/// Whether an index says about throughput what its table's billing mode wants.
pub(crate) fn check_index_billing(index: &GlobalSecondaryIndex, on_demand: bool) -> Result<(), ApiError> {
    let name = &index.index_name;
    match (on_demand, index.provisioned_throughput) {
        (true, Some(_)) => Err(invalid(format!(
            "ProvisionedThroughput should not be specified for index: {name} when BillingMode is PAY_PER_REQUEST"
        ))),
        (false, None) => Err(invalid(format!("ProvisionedThroughput is not specified for index: {name}"))),
        (false, Some(throughput)) => check_bounds(throughput),
        (true, None) => Ok(()),
    }
}

pub(crate) fn tags(tags: &[Tag]) -> Vec<(String, String)> {
    tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect()
}

pub(crate) fn check_tags(tags: &[Tag], max: usize) -> Result<(), ApiError> {
    for (place, tag) in tags.iter().enumerate() {
        if tags[..place].iter().any(|other| other.key == tag.key) {
            return Err(invalid(format!("Duplicate Tag keys specified: {}", tag.key)));
        }
    }
    if tags.len() > max {
        return Err(invalid(format!("Too many tags: a resource has at most {max}")));
    }
    Ok(())
}

impl From<OnDemandThroughput> for Units {
    fn from(bounds: OnDemandThroughput) -> Self {
        Self { read: bounds.max_read_request_units, write: bounds.max_write_request_units }
    }
}

impl From<WarmThroughput> for Units {
    fn from(warmth: WarmThroughput) -> Self {
        Self { read: warmth.read_units_per_second, write: warmth.write_units_per_second }
    }
}

impl Encryption {
    /// The encryption asked for; with no key named, the one that AWS would manage.
    pub(crate) fn asked(asked: &SseSpecification, table: &TableDescriptor) -> Self {
        let key = asked.kms_master_key_id.as_deref().unwrap_or("alias/aws/dynamodb");
        if key.starts_with("arn:") {
            return Self { key: key.to_owned() };
        }
        let resource = if key.starts_with("alias/") { key.to_owned() } else { format!("key/{key}") };
        Self { key: format!("arn:aws:kms:{}:{}:{resource}", table.region, table.account) }
    }
}

impl IndexDescriptor {
    /// A global index as asked for, not yet filled.
    pub(crate) fn asked(index: &GlobalSecondaryIndex, id: u32, space: SpaceId) -> Result<Self, ApiError> {
        Ok(Self {
            id,
            name: index.index_name.clone(),
            local: false,
            keys: schema::keys(&index.key_schema),
            projection: schema::projection(&index.projection)?,
            active: false,
            space: space.0,
            throughput: throughput(index.provisioned_throughput),
            on_demand: index.on_demand_throughput.map(Units::from),
            warm: index.warm_throughput.map(Units::from),
            vectors: None,
        })
    }
}

impl<'a> IndexRequest<'a> {
    /// What is asked of a global index.
    pub(crate) fn global(index: &'a GlobalSecondaryIndex) -> Self {
        Self { name: &index.index_name, local: false, keys: &index.key_schema, projection: &index.projection }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decreases_are_counted_by_the_day() {
        let units = |read| ProvisionedThroughput { read_capacity_units: read, write_capacity_units: 5 };
        let start = throughput(Some(units(10)));
        let one = changed_throughput(start, units(9), 1_000);
        let two = changed_throughput(one, units(8), 2_000);
        let next_day = changed_throughput(two, units(7), 86_400_000);
        assert_eq!([one.decreases, two.decreases, next_day.decreases], [1, 2, 1]);
        assert_eq!(changed_throughput(two, units(20), 3_000).increased_ms, Some(3_000));
    }
}
