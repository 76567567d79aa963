//! The definition of a restored table: that of its source, but for what the request overrides.

use crate::Database;
use crate::caller::Caller;
use crate::control::Control;
use crate::descriptor::{
    Billing, Encryption, IndexDescriptor, Restore, TableDescriptor, Throughput, Units, VectorsDescriptor,
};
use crate::schema::{self, invalid};
use crate::table::IndexKind;
use crate::{settings, vector_schema};
use wire::ApiError;
use wire::dynamodb::RestoreOverrides;
use wire::dynamodb::enumeration::BillingMode;

/// Checks the overrides and gives the table that they make of the source; ids and spaces are still the source's.
pub(crate) fn restored_table(
    source: &TableDescriptor,
    target: &str,
    overrides: &RestoreOverrides,
) -> Result<TableDescriptor, ApiError> {
    let mut table = source.clone();
    target.clone_into(&mut table.name);
    bill(&mut table, overrides)?;
    table.indexes = indexes(source, overrides, table.billing.on_demand, table.throughput)?;
    table.warm = None;
    table.stream = None;
    table.time_to_live = None;
    table.tags = Vec::new();
    table.deletion_protection = false;
    table.class = None;
    table.recovery = None;
    table.insights = Vec::new();
    table.destinations = Vec::new();
    table.policies = Vec::new();
    // Definitions that no key uses any more stay behind.
    table.prune_attributes();
    if !table.billing.on_demand && table.indexes.iter().any(|index| index.kind() == IndexKind::Vector) {
        return Err(vector_schema::must_stay_on_demand());
    }
    Ok(table)
}

fn bill(table: &mut TableDescriptor, overrides: &RestoreOverrides) -> Result<(), ApiError> {
    let was_on_demand = table.billing.on_demand;
    let on_demand = overrides.billing_mode.map_or(was_on_demand, |mode| mode == BillingMode::PayPerRequest);
    if on_demand && overrides.provisioned_throughput.is_some() {
        return Err(ApiError::validation(
            "Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED",
        ));
    }
    if was_on_demand && !on_demand && overrides.provisioned_throughput.is_none() {
        return Err(ApiError::validation(
            "Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED",
        ));
    }
    if let Some(bounds) = overrides.on_demand_throughput {
        if !on_demand {
            return Err(ApiError::validation(
                "Cannot override OnDemandThroughput unless BillingMode is PAY_PER_REQUEST",
            ));
        }
        let asked = [
            ("MaxReadRequestUnits", bounds.max_read_request_units),
            ("MaxWriteRequestUnits", bounds.max_write_request_units),
        ];
        let wrong = |units: &Option<i64>| units.is_some_and(|units| units < 1 && units != -1);
        if let Some((name, _)) = asked.iter().find(|(_, units)| wrong(units)) {
            let text = format!("Requested {name} for OnDemandThroughput is outside of valid range");
            return Err(ApiError::validation(text));
        }
        table.on_demand = Some(Units::from(bounds));
    }
    table.billing.on_demand = on_demand;
    table.throughput = units(match (on_demand, overrides.provisioned_throughput) {
        (true, _) => Throughput::default(),
        (false, None) => table.throughput,
        (false, Some(asked)) => settings::throughput(Some(asked)),
    });
    if !on_demand {
        table.on_demand = None;
    }
    Ok(())
}

/// Throughput without its history.
fn units(throughput: Throughput) -> Throughput {
    Throughput { read: throughput.read, write: throughput.write, ..Throughput::default() }
}

/// The indexes that are restored: all of them, or those that the request names. An index that was on demand and is
/// not any more gets the table's throughput, unless the request says.
fn indexes(
    source: &TableDescriptor,
    overrides: &RestoreOverrides,
    on_demand: bool,
    of_table: Throughput,
) -> Result<Vec<IndexDescriptor>, ApiError> {
    let mut left: Vec<&IndexDescriptor> = source.indexes.iter().collect();
    let mut restored = Vec::new();
    match &overrides.local_secondary_indexes {
        None => restored.extend(of_kind(source, IndexKind::Local)),
        Some(asked) => {
            for asked in asked {
                let keys = schema::keys(&asked.key_schema);
                let is = |index: &IndexDescriptor| index.local && index.keys == keys;
                let projection = schema::projection(&asked.projection)?;
                let index =
                    take(&mut left, &asked.index_name, |index| is(index) && index.projection == projection)?;
                restored.push(index);
            }
        }
    }
    match &overrides.global_secondary_indexes {
        None => restored.extend(of_kind(source, IndexKind::Global)),
        Some(asked) => {
            for asked in asked {
                let keys = schema::keys(&asked.key_schema);
                let projection = schema::projection(&asked.projection)?;
                let mut index = take(&mut left, &asked.index_name, |index| {
                    index.kind() == IndexKind::Global && index.keys == keys && index.projection == projection
                })?;
                if asked.provisioned_throughput.is_some() {
                    settings::check_index_billing(asked, on_demand)?;
                    index.throughput = settings::throughput(asked.provisioned_throughput);
                }
                index.on_demand = asked.on_demand_throughput.map(Units::from).or(index.on_demand);
                restored.push(index);
            }
        }
    }
    match &overrides.vector_indexes {
        None => restored.extend(of_kind(source, IndexKind::Vector)),
        Some(asked) => {
            for asked in asked {
                let vectors = Some(VectorsDescriptor::asked(asked));
                let projection = schema::projection(&asked.projection)?;
                let is = |index: &IndexDescriptor| index.vectors == vectors && index.projection == projection;
                restored.push(take(&mut left, &asked.index_name, is)?);
            }
        }
    }
    for (place, index) in restored.iter().enumerate() {
        if restored[..place].iter().any(|other| other.name == index.name) {
            return Err(invalid(format!("Duplicate index name: {}", index.name)));
        }
    }
    for index in restored.iter_mut().filter(|index| index.kind() == IndexKind::Global) {
        let own = if index.throughput.read == 0 { of_table } else { index.throughput };
        index.throughput = if on_demand { Throughput::default() } else { units(own) };
        index.warm = None;
    }
    for index in &mut restored {
        // Every item goes in with its entries, so there is nothing to fill afterwards.
        index.active = true;
    }
    Ok(restored)
}

fn of_kind(source: &TableDescriptor, kind: IndexKind) -> impl Iterator<Item = IndexDescriptor> {
    source.indexes.iter().filter(move |index| index.kind() == kind).cloned()
}

/// The index of the source that is meant, under the name it is to have.
fn take(
    left: &mut Vec<&IndexDescriptor>,
    name: &str,
    is_meant: impl Fn(&IndexDescriptor) -> bool,
) -> Result<IndexDescriptor, ApiError> {
    let Some(place) = left.iter().position(|index| is_meant(index)) else {
        return Err(ApiError::validation(format!(
            "Index {name} does not match a secondary index that existed in the source table and cannot be created \
             during the restore operation"
        )));
    };
    Ok(IndexDescriptor { name: name.to_owned(), ..left.remove(place).clone() })
}

impl Database {
    /// Makes a table of its own of the definition of a restored one.
    pub(crate) fn give_spaces(
        &self,
        (caller, overrides): (&Caller, &RestoreOverrides),
        mut table: TableDescriptor,
        restore: Restore,
        control: &mut Control,
    ) -> Result<TableDescriptor, ApiError> {
        let now_ms = self.environment.clock.now_ms();
        table.id = control.next_table().0;
        table.uuid = self.environment.random.uuid();
        table.account = caller.account.to_string();
        table.region = caller.region.to_string();
        table.created_ms = now_ms;
        table.epoch = 0;
        table.log = control.next_log().0;
        let since_ms = table.billing.on_demand.then_some(now_ms);
        table.billing = Billing { on_demand_since_ms: since_ms, ..table.billing };
        if let Some(asked) = &overrides.sse_specification {
            let on = asked.enabled == Some(true);
            table.encryption = on.then(|| Encryption::asked(asked, &table));
        }
        table.restore = Some(restore);
        let mut made = Vec::new();
        for space in
            std::iter::once(&mut table.space).chain(table.indexes.iter_mut().map(|index| &mut index.space))
        {
            match self.create_space() {
                Ok(id) => {
                    *space = id.0;
                    made.push(id);
                }
                Err(error) => {
                    self.drop_spaces(&made);
                    return Err(error);
                }
            }
        }
        Ok(table)
    }
}
