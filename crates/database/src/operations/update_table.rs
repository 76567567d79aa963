//! UpdateTable: settings, stream on and off, global indexes.
//!
//! The whole request is checked before anything is done; then it is one change in one commit, but for the
//! back-fill of a new index, which goes on afterwards ([`crate::backfill`]).

use crate::Database;
use crate::backfill::Target;
use crate::caller::{Caller, Reply};
use crate::catalog::Entry;
use crate::control::{Control, TableChange, detached, plan_error};
use crate::description::{Shown, describe, mark_deleting};
use crate::descriptor::{Attribute, Class, Encryption, IndexDescriptor, TableDescriptor, Units};
use crate::meta::MetaKey;
use crate::schema::{self, GLOBAL_INDEXES_MAX, IndexRequest, invalid};
use crate::table::IndexKind;
use crate::{settings, vector_schema};
use serde_json::json;
use std::sync::Arc;
use store::SpaceId;
use wire::ApiError;
use wire::dynamodb::UpdateTable;
use wire::dynamodb::enumeration::{BillingMode, Enumeration};
use wire::dynamodb::schema::{
    GlobalSecondaryIndex, ProvisionedThroughput, StreamSpecification, VectorIndex, VectorIndexUpdate,
};
use wire::dynamodb::update_table::{GlobalSecondaryIndexUpdate, UpdateIndex};

impl Database {
    /// UpdateTable.
    ///
    /// # Errors
    /// When the request breaks a rule, there is no such table, or it is in no state for the change.
    pub async fn update_table(self: &Arc<Self>, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = UpdateTable::decode(body)?;
        check(&request)?;
        let (database, caller) = (Arc::clone(self), caller.clone());
        detached(async move { database.update(&caller, &request).await }).await
    }

    async fn update(self: &Arc<Self>, caller: &Caller, request: &UpdateTable) -> Result<Reply, ApiError> {
        let mut control = self.control.lock().await;
        let entry = self.catalog.entry(caller, &request.table_name)?;
        let mut update = Update::new(entry.descriptor.clone());
        let updated = self.plan_update(&mut update, request, &mut control);
        if updated.is_err() {
            self.drop_spaces(&update.created);
        }
        updated?;
        let Update { change, deleted, created, filling } = update;
        let committed = self.change(&control, change).await;
        if committed.is_err() {
            self.drop_spaces(&created);
        }
        let installed = committed?;
        drop(control);
        let reply = self.answer_update(&entry, &installed, deleted.as_ref())?;
        self.drop_spaces(&deleted.iter().map(|index| SpaceId(index.space)).collect::<Vec<_>>());
        if let Some(target) = filling {
            self.fill_soon(installed.table.id, target).await;
        }
        Ok(reply)
    }

    /// Turns the request into a change.
    fn plan_update(
        &self,
        update: &mut Update,
        request: &UpdateTable,
        control: &mut Control,
    ) -> Result<(), ApiError> {
        let now_ms = self.environment.clock.now_ms();
        update.billing(request, now_ms)?;
        update.settings(request, now_ms);
        if let Some(specification) = request.stream_specification {
            self.switch_stream(&mut update.change, specification, control)?;
        }
        for index in request.global_secondary_index_updates.iter().flatten() {
            if let Some(change) = &index.update {
                update.update_index(change, now_ms)?;
            } else if let Some(name) = &index.delete {
                update.delete_index((name, IndexKind::Global), self.meta)?;
            } else if let Some(asked) = &index.create {
                let definitions = request.attribute_definitions.as_deref().unwrap_or_default();
                update.check_new_index(asked, &schema::attributes(definitions)?)?;
                let space = self.create_space()?;
                update.create_index(asked, space)?;
            }
        }
        for index in request.vector_index_updates.iter().flatten() {
            if let Some(name) = &index.delete {
                update.delete_index((name, IndexKind::Vector), self.meta)?;
            } else if let Some(asked) = &index.create {
                let definitions = request.attribute_definitions.as_deref().unwrap_or_default();
                update.check_new_vectors(asked, &schema::attributes(definitions)?)?;
                let space = self.create_space()?;
                update.created.push(space);
                let id = update.table().next_index;
                update.add_index(IndexDescriptor::asked_vectors(asked, id, space)?);
            }
        }
        Ok(())
    }

    fn switch_stream(
        &self,
        change: &mut TableChange,
        specification: StreamSpecification,
        control: &mut Control,
    ) -> Result<(), ApiError> {
        let name = change.descriptor.name.clone();
        let switched = match (specification.stream_enabled, change.descriptor.enabled_stream()) {
            (true, Some(_)) => {
                let text = format!("Table already has an enabled stream: TableName: {name}");
                return Err(ApiError::validation(text));
            }
            (false, None) => {
                return Err(ApiError::validation(format!(
                    "Table has no stream to disable: TableName: {name}"
                )));
            }
            (true, None) => self.open_stream(&mut change.descriptor, specification, control),
            (false, Some(stream)) => {
                let Some(stream) = self.streams.get(&stream.arn) else {
                    return Err(ApiError::internal_server_error(format!(
                        "the stream {} is missing",
                        stream.arn
                    )));
                };
                let disabled = streams::descriptor::disable(&stream, self.environment.clock.now_ms());
                if let Some(latest) = &mut change.descriptor.stream {
                    latest.enabled = false;
                }
                disabled.map_err(|error| plan_error(&error))?
            }
        };
        change.stream = Some(switched.descriptor);
        change.effect.logs.extend(switched.logs);
        change.new_epoch = true;
        Ok(())
    }

    fn answer_update(
        &self,
        before: &Entry,
        after: &Entry,
        deleted: Option<&IndexDescriptor>,
    ) -> Result<Reply, ApiError> {
        let Some(deleted) = deleted else {
            let sizes = self.sizes(&after.descriptor)?;
            let description = describe(&after.descriptor, &sizes, Shown::Updating);
            return Ok(Reply::json(&json!({ "TableDescription": description })));
        };
        // The index shows once more, as it goes.
        let mut shown = after.descriptor.clone();
        shown.indexes.clone_from(&before.descriptor.indexes);
        let sizes = self.sizes(&shown)?;
        let mut description = describe(&shown, &sizes, Shown::Updating);
        mark_deleting(&mut description, &deleted.name);
        Ok(Reply::json(&json!({ "TableDescription": description })))
    }
}

/// What can be said of a request without the table.
fn check(request: &UpdateTable) -> Result<(), ApiError> {
    if request.has_replica_updates || request.has_replica_settings {
        return Err(invalid(
            "ReplicaUpdates, GlobalTableWitnessUpdates, MultiRegionConsistency, GlobalTableSettingsReplicationMode and \
             DisassociationProtectionEnabled are not supported: this server has one region's copy of a table",
        ));
    }
    check_alone(request)?;
    if let Some(stream) = request.stream_specification {
        check_stream(request, stream)?;
    }
    if request.billing_mode == Some(BillingMode::PayPerRequest) && request.provisioned_throughput.is_some() {
        return Err(settings::throughput_on_demand());
    }
    if let Some(throughput) = request.provisioned_throughput {
        settings::check_bounds(throughput)?;
    }
    let heavy = check_index_updates(request.global_secondary_index_updates.as_deref().unwrap_or_default())?;
    let vectors = request.vector_index_updates.as_deref().unwrap_or_default();
    check_vector_updates(vectors)?;
    if heavy + vectors.len() > 1 { Err(one_at_a_time()) } else { Ok(()) }
}

fn check_vector_updates(updates: &[VectorIndexUpdate]) -> Result<(), ApiError> {
    for update in updates {
        match (&update.create, &update.delete) {
            (Some(_), None) | (None, Some(_)) => {}
            (None, None) => {
                return Err(invalid(
                    "One of VectorIndexUpdate.Create, VectorIndexUpdate.Delete must not be null",
                ));
            }
            (Some(_), Some(_)) => {
                return Err(invalid("Only one vector index action is allowed per VectorIndexUpdate object"));
            }
        }
    }
    Ok(())
}

/// Something must be asked, and some things only alone.
fn check_alone(request: &UpdateTable) -> Result<(), ApiError> {
    let alone = [
        ("SSE", request.sse_specification.is_some()),
        ("TableClass", request.table_class.is_some()),
        ("DeletionProtection", request.deletion_protection_enabled.is_some()),
        ("WarmThroughput", request.warm_throughput.is_some()),
    ];
    let together = [
        request.provisioned_throughput.is_some(),
        request.billing_mode.is_some(),
        request.stream_specification.is_some(),
        request.global_secondary_index_updates.as_ref().is_some_and(|updates| !updates.is_empty()),
        request.on_demand_throughput.is_some(),
        request.vector_index_updates.as_ref().is_some_and(|updates| !updates.is_empty()),
    ];
    let asked = alone.iter().map(|(_, given)| *given).chain(together).filter(|given| *given).count();
    if asked == 0 {
        return Err(ApiError::validation(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, \
             SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, \
             MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is \
             required",
        ));
    }
    match alone.into_iter().find(|(_, given)| *given && asked > 1) {
        Some((name, _)) => {
            Err(invalid(format!("{name} modification must be the only operation in the request")))
        }
        None => Ok(()),
    }
}

fn check_stream(request: &UpdateTable, stream: StreamSpecification) -> Result<(), ApiError> {
    match (stream.stream_enabled, stream.stream_view_type) {
        (true, None) => {
            return Err(invalid("If stream is being enabled then UpdateViewType is required"));
        }
        (false, Some(_)) => {
            return Err(invalid("If stream is being disabled, then UpdateViewType must not be specified"));
        }
        (true, Some(_)) | (false, None) => {}
    }
    let updates = request.global_secondary_index_updates.iter().flatten();
    let of_vectors = request.vector_index_updates.as_ref().is_some_and(|updates| !updates.is_empty());
    if of_vectors || updates.into_iter().any(|update| update.create.is_some() || update.delete.is_some()) {
        return Err(invalid("You cannot create or delete index while changing stream status"));
    }
    if request.provisioned_throughput.is_some() {
        return Err(invalid("You cannot modify stream status while updating table IOPS"));
    }
    Ok(())
}

/// Checks the changes to global indexes, and tells how many of them make or delete one.
fn check_index_updates(updates: &[GlobalSecondaryIndexUpdate]) -> Result<usize, ApiError> {
    let mut names: Vec<&str> = Vec::new();
    for update in updates {
        let given = [
            update.create.as_ref().map(|index| index.index_name.as_str()),
            update.update.as_ref().map(|index| index.index_name.as_str()),
            update.delete.as_deref(),
        ];
        let mut given = given.into_iter().flatten();
        let Some(name) = given.next() else {
            return Err(invalid(
                "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, \
                 GlobalSecondaryIndexUpdate.Delete must not be null",
            ));
        };
        if given.next().is_some() {
            return Err(invalid(
                "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object",
            ));
        }
        if names.contains(&name) {
            return Err(invalid(format!(
                "Only one global secondary index update per index is allowed simultaneously. Index: {name}"
            )));
        }
        names.push(name);
    }
    Ok(updates.iter().filter(|update| update.create.is_some() || update.delete.is_some()).count())
}

fn one_at_a_time() -> ApiError {
    ApiError::limit_exceeded(
        "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
    )
}

/// A change in the making.
struct Update {
    change: TableChange,
    /// The index that goes.
    deleted: Option<IndexDescriptor>,
    /// Spaces made for it, to be dropped should it fail.
    created: Vec<SpaceId>,
    /// The index that is to be filled.
    filling: Option<Target>,
}

impl Update {
    fn new(descriptor: TableDescriptor) -> Self {
        let change = TableChange::quiet(descriptor);
        Self { change, deleted: None, created: Vec::new(), filling: None }
    }

    fn table(&mut self) -> &mut TableDescriptor {
        &mut self.change.descriptor
    }

    fn billing(&mut self, request: &UpdateTable, now_ms: u64) -> Result<(), ApiError> {
        let was_on_demand = self.table().billing.on_demand;
        let on_demand = request.billing_mode.map_or(was_on_demand, |mode| mode == BillingMode::PayPerRequest);
        if on_demand && request.provisioned_throughput.is_some() {
            return Err(settings::throughput_on_demand());
        }
        if on_demand && !was_on_demand {
            self.table().become_on_demand(now_ms);
        }
        if was_on_demand && !on_demand {
            let Some(throughput) = request.provisioned_throughput else {
                return Err(settings::throughput_missing());
            };
            self.become_provisioned(request, throughput)?;
        } else if let Some(throughput) = request.provisioned_throughput {
            self.reprovision(request, throughput, now_ms)?;
        }
        Ok(())
    }

    fn become_provisioned(
        &mut self,
        request: &UpdateTable,
        throughput: ProvisionedThroughput,
    ) -> Result<(), ApiError> {
        let updates = request.global_secondary_index_updates.as_deref().unwrap_or_default();
        let given = |name: &str| {
            updates.iter().any(|update| {
                update.delete.as_deref() == Some(name)
                    || update.update.as_ref().is_some_and(|index| index.index_name == name)
            })
        };
        let table = self.table();
        if table.indexes.iter().any(|index| index.kind() == IndexKind::Vector) {
            return Err(vector_schema::must_stay_on_demand());
        }
        if let Some(index) = table.indexes.iter().find(|index| !index.local && !given(&index.name)) {
            return Err(invalid(format!("ProvisionedThroughput is not specified for index: {}", index.name)));
        }
        table.billing.on_demand = false;
        table.throughput = settings::throughput(Some(throughput));
        Ok(())
    }

    fn reprovision(
        &mut self,
        request: &UpdateTable,
        asked: ProvisionedThroughput,
        now_ms: u64,
    ) -> Result<(), ApiError> {
        let old = self.table().throughput;
        let same = (asked.read_capacity_units, asked.write_capacity_units) == (old.read, old.write);
        let nothing_else = request.global_secondary_index_updates.as_ref().is_none_or(Vec::is_empty)
            && request.billing_mode.is_none();
        if same && nothing_else {
            return Err(unchanged("table", "table", asked));
        }
        if !same {
            self.table().throughput = settings::changed_throughput(old, asked, now_ms);
        }
        Ok(())
    }

    fn settings(&mut self, request: &UpdateTable, now_ms: u64) {
        let table = self.table();
        if let Some(protected) = request.deletion_protection_enabled {
            table.deletion_protection = protected;
        }
        if let Some(class) = request.table_class {
            table.class = Some(Class { name: class.as_str().to_owned(), changed_ms: Some(now_ms) });
        }
        if let Some(encryption) = &request.sse_specification {
            let on = encryption.enabled != Some(false);
            table.encryption = on.then(|| Encryption::asked(encryption, table));
        }
        if let Some(bounds) = request.on_demand_throughput {
            table.on_demand = Some(Units::from(bounds));
        }
        if let Some(warmth) = request.warm_throughput {
            table.warm = Some(Units::from(warmth));
        }
    }

    fn update_index(&mut self, asked: &UpdateIndex, now_ms: u64) -> Result<(), ApiError> {
        let on_demand = self.table().billing.on_demand;
        let found = self
            .table()
            .indexes
            .iter_mut()
            .find(|index| index.kind() == IndexKind::Global && index.name == asked.index_name);
        let index = found.ok_or_else(no_such_index)?;
        if let Some(throughput) = asked.provisioned_throughput {
            if on_demand {
                return Err(settings::throughput_on_demand());
            }
            settings::check_bounds(throughput)?;
            let new = settings::changed_throughput(index.throughput, throughput, now_ms);
            if new == index.throughput {
                return Err(unchanged(&format!("index {}", index.name), "index", throughput));
            }
            index.throughput = new;
        }
        if let Some(bounds) = asked.on_demand_throughput {
            index.on_demand = Some(Units::from(bounds));
        }
        if let Some(warmth) = asked.warm_throughput {
            index.warm = Some(Units::from(warmth));
        }
        Ok(())
    }

    /// Deletes an index; one that is being filled is cancelled.
    fn delete_index(&mut self, (name, kind): (&str, IndexKind), meta: SpaceId) -> Result<(), ApiError> {
        let table = self.table();
        let place = table.indexes.iter().position(|index| index.kind() == kind && index.name == name);
        let index = table.indexes.remove(place.ok_or_else(no_such_index)?);
        // Definitions that no other key uses go with it.
        table.prune_attributes();
        let id = table.table_id();
        for key in MetaKey::of_index(id, index.id) {
            self.change.effect.writes.push((key.key(meta), None));
        }
        self.change.new_epoch = true;
        self.deleted = Some(index);
        Ok(())
    }

    /// Checks a new index and takes over the definitions that it uses.
    fn check_new_index(
        &mut self,
        asked: &GlobalSecondaryIndex,
        definitions: &[Attribute],
    ) -> Result<(), ApiError> {
        let table = self.table();
        let mut known = table.defined_with(definitions);
        let request = IndexRequest::global(asked);
        schema::check_added(&request, &known, &table.keys.partition[0])?;
        settings::check_index_billing(asked, table.billing.on_demand)?;
        check_free(table, &asked.index_name)?;
        if table.indexes.iter().filter(|index| index.kind() == IndexKind::Global).count()
            >= GLOBAL_INDEXES_MAX
        {
            return Err(schema::too_many_global());
        }
        let included = table.indexes.iter().map(IndexDescriptor::included).sum::<usize>();
        schema::check_included(included + asked.projection.non_key_attributes.as_ref().map_or(0, Vec::len))?;
        let used =
            |attribute: &Attribute| asked.key_schema.iter().any(|key| key.attribute_name == attribute.name);
        let new = known.split_off(table.attributes.len());
        table.attributes.extend(new.into_iter().filter(used));
        Ok(())
    }

    /// The same of a vector index.
    fn check_new_vectors(&mut self, asked: &VectorIndex, definitions: &[Attribute]) -> Result<(), ApiError> {
        let table = self.table();
        let mut known = table.defined_with(definitions);
        vector_schema::check_added(asked, &known, table)?;
        check_free(table, &asked.index_name)?;
        vector_schema::check_count(table)?;
        let used = |attribute: &Attribute| {
            let mut elements = asked.search_schema.iter().flatten();
            elements.any(|element| element.attribute_name == attribute.name)
        };
        let new = known.split_off(table.attributes.len());
        table.attributes.extend(new.into_iter().filter(used));
        Ok(())
    }

    fn create_index(&mut self, asked: &GlobalSecondaryIndex, space: SpaceId) -> Result<(), ApiError> {
        self.created.push(space);
        let index = IndexDescriptor::asked(asked, self.table().next_index, space)?;
        self.add_index(index);
        Ok(())
    }

    fn add_index(&mut self, index: IndexDescriptor) {
        self.filling = Some(Target::Index(index.id));
        self.table().next_index += 1;
        self.table().indexes.push(index);
        self.change.new_epoch = true;
    }
}

/// Refuses a new index while its name is taken or another one is being made.
fn check_free(table: &TableDescriptor, name: &str) -> Result<(), ApiError> {
    if table.index(name).is_some() {
        return Err(ApiError::validation("Attempting to create an index which already exists"));
    }
    if table.indexes.iter().any(|index| !index.active) { Err(one_at_a_time()) } else { Ok(()) }
}

fn no_such_index() -> ApiError {
    ApiError::resource_not_found("Requested resource not found")
}

fn unchanged(what: &str, kind: &str, asked: ProvisionedThroughput) -> ApiError {
    let (read, write) = (asked.read_capacity_units, asked.write_capacity_units);
    ApiError::validation(format!(
        "The provisioned throughput for the {what} will not change. The requested value equals the current value. \
         Current ReadCapacityUnits provisioned for the {kind}: {read}. Requested ReadCapacityUnits: {read}. Current \
         WriteCapacityUnits provisioned for the {kind}: {write}. Requested WriteCapacityUnits: {write}. Refer to the \
         Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
    ))
}
