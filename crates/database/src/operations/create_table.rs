//! CreateTable: checks the whole request, then makes spaces, logs and descriptors in one commit.
//!
//! The table takes reads and writes when this answers, but the answer says CREATING, as AWS's does.

use crate::caller::{Caller, Reply};
use crate::control::{Control, TableChange, detached};
use crate::description::{Shown, Sizes, describe};
use crate::descriptor::{
    Billing, Class, Encryption, IndexDescriptor, LatestStream, TableDescriptor, Throughput, Units,
};
use crate::schema::{self, IndexRequest, SchemaRequest, invalid};
use crate::{Database, policies, settings, vector_schema};
use serde_json::json;
use std::sync::Arc;
use store::LogChange;
use streams::descriptor::{KeyElement, KeyRole, NewStream, Opening};
use wire::ApiError;
use wire::dynamodb::CreateTable;
use wire::dynamodb::enumeration::{BillingMode, Enumeration};
use wire::dynamodb::schema::StreamSpecification;

/// The most tags of a table.
pub(crate) const TAGS_MAX: usize = 50;

impl Database {
    /// CreateTable.
    ///
    /// # Errors
    /// When the request breaks a rule, or a table of the name exists.
    pub async fn create_table(self: &Arc<Self>, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = CreateTable::decode(body)?;
        check(&request)?;
        let (database, caller) = (Arc::clone(self), caller.clone());
        detached(async move { database.create(&caller, &request).await }).await
    }

    async fn create(&self, caller: &Caller, request: &CreateTable) -> Result<Reply, ApiError> {
        let mut control = self.control.lock().await;
        self.refuse_existing(caller, &request.table_name)?;
        let descriptor = self.new_table(caller, request, &mut control)?;
        let spaces = descriptor.spaces();
        let created = self.commit_new(descriptor, request, &mut control).await;
        if created.is_err() {
            self.drop_spaces(&spaces);
        }
        let sizes = Sizes { now_ms: self.environment.clock.now_ms(), ..Sizes::default() };
        Ok(Reply::json(&json!({ "TableDescription": describe(&created?, &sizes, Shown::Creating) })))
    }

    /// Refuses to make a table that there is. It is made in the caller's account and region, whatever an ARN says of them.
    pub(crate) fn refuse_existing(&self, caller: &Caller, name: &str) -> Result<(), ApiError> {
        let plain = wire::TableRef::parse(name).name;
        let Some(entry) = self.catalog.find_any(caller, plain) else { return Ok(()) };
        let what =
            if entry.descriptor.is_being_filled() { "Table is being used" } else { "Table already exists" };
        Err(ApiError::resource_in_use(format!("{what}: {name}")))
    }

    /// Stores a new table, and shows it.
    pub(crate) async fn commit_new(
        &self,
        mut descriptor: TableDescriptor,
        request: &CreateTable,
        control: &mut Control,
    ) -> Result<TableDescriptor, ApiError> {
        let mut change = TableChange::quiet(descriptor.clone());
        if let Some(stream) = request.stream_specification.filter(|stream| stream.stream_enabled) {
            let opened = self.open_stream(&mut descriptor, stream, control);
            change.effect.logs = opened.logs;
            change.stream = Some(opened.descriptor);
        }
        let (log, retention_ms) = (descriptor.log_id(), self.options.streams.retention_ms);
        change.effect.logs.push(LogChange::Open { log, retention_ms });
        self.write_table(&mut change.effect, &descriptor)?;
        self.write_ids(&mut change.effect, control)?;
        if let Some(stream) = &change.stream {
            self.write_stream(&mut change.effect, stream);
        }
        self.commit(change.effect).await?;
        if let Some(stream) = change.stream {
            self.streams.install(stream);
        }
        self.install(descriptor.clone());
        Ok(descriptor)
    }

    /// Plans a new stream of a table and names it in the descriptor.
    pub(crate) fn open_stream(
        &self,
        table: &mut TableDescriptor,
        specification: StreamSpecification,
        control: &mut Control,
    ) -> streams::descriptor::Change {
        let view = specification.stream_view_type.map_or(streams::ViewType::NewAndOldImages, Into::into);
        let element = |name: &String, role| KeyElement { name: name.clone(), role };
        let partition = table.keys.partition.iter().map(|name| element(name, KeyRole::Hash));
        let sort = table.keys.sort.iter().map(|name| element(name, KeyRole::Range));
        let now_ms = self.environment.clock.now_ms();
        let owner = streams::Caller { account: &table.account, region: &table.region };
        let new = NewStream {
            table_arn: table.arn(),
            account: table.account.clone(),
            region: table.region.clone(),
            table_name: table.name.clone(),
            key_schema: partition.chain(sort).collect(),
            view,
            label_ms: self.streams.next_label_ms(owner, &table.name),
            initial_shards: self.options.streams.initial_shards,
        };
        let retention_ms = self.options.streams.retention_ms;
        let mut next_log = || control.next_log();
        let opened =
            streams::descriptor::open(new, Opening { now_ms, retention_ms, next_log: &mut next_log });
        table.stream = Some(LatestStream {
            arn: opened.descriptor.arn.clone(),
            label: opened.descriptor.label.clone(),
            view: view.as_str().to_owned(),
            enabled: true,
        });
        opened
    }

    /// The table that is asked for, with spaces of its own.
    pub(crate) fn new_table(
        &self,
        caller: &Caller,
        request: &CreateTable,
        control: &mut Control,
    ) -> Result<TableDescriptor, ApiError> {
        let now_ms = self.environment.clock.now_ms();
        let on_demand = request.billing_mode == Some(BillingMode::PayPerRequest);
        let name = wire::TableRef::parse(&request.table_name).name.to_owned();
        let mut table = TableDescriptor {
            id: control.next_table().0,
            uuid: self.environment.random.uuid(),
            account: caller.account.to_string(),
            region: caller.region.to_string(),
            name,
            created_ms: now_ms,
            attributes: schema::attributes(&request.attribute_definitions)?,
            keys: schema::keys(&request.key_schema),
            indexes: Vec::new(),
            next_index: 1,
            space: self.create_space()?.0,
            log: control.next_log().0,
            epoch: 0,
            billing: Billing { on_demand, on_demand_since_ms: on_demand.then_some(now_ms) },
            throughput: settings::throughput(request.provisioned_throughput),
            on_demand: request.on_demand_throughput.map(Units::from),
            warm: request.warm_throughput.map(Units::from),
            stream: None,
            time_to_live: None,
            tags: settings::tags(request.tags.as_deref().unwrap_or_default()),
            deletion_protection: request.deletion_protection_enabled == Some(true),
            class: request
                .table_class
                .map(|class| Class { name: class.as_str().to_owned(), changed_ms: None }),
            encryption: None,
            recovery: None,
            insights: Vec::new(),
            policies: Vec::new(),
            destinations: Vec::new(),
            restore: None,
            import: None,
        };
        table.encryption = request
            .sse_specification
            .as_ref()
            .filter(|encryption| encryption.enabled == Some(true))
            .map(|encryption| Encryption::asked(encryption, &table));
        if let Some(document) = &request.resource_policy {
            let arn = table.arn();
            policies::put(&mut table, &arn, document, now_ms)?;
        }
        let indexes = self.new_indexes(request, &mut table);
        if let Err(error) = indexes {
            self.drop_spaces(&table.spaces());
            return Err(error);
        }
        Ok(table)
    }

    fn new_indexes(&self, request: &CreateTable, table: &mut TableDescriptor) -> Result<(), ApiError> {
        for index in request.local_secondary_indexes.iter().flatten() {
            table.indexes.push(IndexDescriptor {
                id: table.next_index,
                name: index.index_name.clone(),
                local: true,
                keys: schema::keys(&index.key_schema),
                projection: schema::projection(&index.projection)?,
                active: true,
                space: self.create_space()?.0,
                throughput: Throughput::default(),
                on_demand: None,
                warm: None,
                vectors: None,
            });
            table.next_index += 1;
        }
        for index in request.global_secondary_indexes.iter().flatten() {
            let mut index = IndexDescriptor::asked(index, table.next_index, self.create_space()?)?;
            index.active = true;
            table.indexes.push(index);
            table.next_index += 1;
        }
        for index in request.vector_indexes.iter().flatten() {
            let space = self.create_space()?;
            let mut index = IndexDescriptor::asked_vectors(index, table.next_index, space)?;
            index.active = true;
            table.indexes.push(index);
            table.next_index += 1;
        }
        Ok(())
    }
}

/// All that can be said of a request without the tables that exist.
pub(crate) fn check(request: &CreateTable) -> Result<(), ApiError> {
    if request.has_replica_source {
        return Err(invalid(
            "GlobalTableSourceArn and GlobalTableSettingsReplicationMode are not supported: this server has one \
             region's copy of a table",
        ));
    }
    if let Some(stream) = request.stream_specification {
        check_stream(stream)?;
    }
    if let Some(document) = &request.resource_policy {
        policies::parsed(document)?;
    }
    check_billing(request)?;
    if request.local_secondary_indexes.as_ref().is_some_and(Vec::is_empty) {
        return Err(invalid("List of LocalSecondaryIndexes is empty"));
    }
    if request.global_secondary_indexes.as_ref().is_some_and(Vec::is_empty) {
        return Err(invalid("List of GlobalSecondaryIndexes is empty"));
    }
    if let Some(vectors) = &request.vector_indexes {
        let on_demand = request.billing_mode == Some(BillingMode::PayPerRequest);
        vector_schema::check_table(vectors, &schema::attributes(&request.attribute_definitions)?, on_demand)?;
    }
    schema::check_table(&SchemaRequest {
        attributes: &request.attribute_definitions,
        keys: &request.key_schema,
        indexes: index_requests(request),
        vectors: request.vector_indexes.as_deref().unwrap_or_default(),
    })?;
    settings::check_tags(request.tags.as_deref().unwrap_or_default(), TAGS_MAX)
}

fn index_requests(request: &CreateTable) -> Vec<IndexRequest<'_>> {
    let local = request.local_secondary_indexes.iter().flatten().map(|index| IndexRequest {
        name: &index.index_name,
        local: true,
        keys: &index.key_schema,
        projection: &index.projection,
    });
    let global = request.global_secondary_indexes.iter().flatten().map(IndexRequest::global);
    local.chain(global).collect()
}

fn check_stream(stream: StreamSpecification) -> Result<(), ApiError> {
    match (stream.stream_enabled, stream.stream_view_type) {
        (true, Some(_)) | (false, None) => Ok(()),
        (true, None) => {
            Err(invalid("Table is being created with a stream enabled, UpdateViewType is required"))
        }
        (false, Some(_)) => Err(invalid(
            "Table is being created with a stream disabled, UpdateViewType should not be specified",
        )),
    }
}

fn check_billing(request: &CreateTable) -> Result<(), ApiError> {
    let on_demand = request.billing_mode == Some(BillingMode::PayPerRequest);
    match (on_demand, request.provisioned_throughput) {
        (true, Some(_)) => return Err(settings::throughput_on_demand()),
        (false, None) => return Err(settings::throughput_missing()),
        (false, Some(throughput)) => settings::check_bounds(throughput)?,
        (true, None) => {}
    }
    for index in request.global_secondary_indexes.iter().flatten() {
        settings::check_index_billing(index, on_demand)?;
    }
    Ok(())
}
