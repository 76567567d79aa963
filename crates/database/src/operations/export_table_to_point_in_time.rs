//! ExportTableToPointInTime: what a table holds at the moment of the call, or what changed in a time, to objects.
//!
//! A whole table is exported as of that moment only. What it holds is fixed before this answers; it is written
//! afterwards.

use crate::backup::Source;
use crate::caller::{Caller, Reply};
use crate::catalog::Entry;
use crate::control::interrupted;
use crate::read::Span;
use crate::requests::{Texts, refused};
use crate::transfer::{Asked, Changes, Chosen, Export, Extent, Job, Pages, Told, describe_export};
use crate::{Database, keys};
use expression::ExpressionError;
use serde_json::json;
use std::sync::Arc;
use store::Direction;
use streams::ViewType;
use tokio::sync::oneshot;
use wire::dynamodb::ExportTableToPointInTime;
use wire::dynamodb::enumeration::{Enumeration, ExportType, ExportViewType};
use wire::dynamodb::export_table_to_point_in_time::{FilterSpecification, IncrementalSpecification};
use wire::{ApiError, Layer, Operation, TableRef};

/// The most exports of an account that may be under way.
const RUNNING_MAX: usize = 300;

/// How much before the present moment the time of an export may lie: times come in whole seconds.
const SLACK_MS: u64 = 2_000;

/// The shortest and the longest time of an incremental export.
const WINDOW_MIN_MS: u64 = 15 * 60 * 1000;
const WINDOW_MAX_MS: u64 = 24 * 60 * 60 * 1000;

/// Where the answer goes, long before the export is done.
type Answer = oneshot::Sender<Result<Reply, ApiError>>;

/// What was decided before the answer.
enum Begun<'a> {
    /// Another request with the same token has begun it.
    Before(Arc<Export>),
    New(Arc<Export>, Box<(Pages<'a>, Chosen)>),
}

impl Database {
    /// ExportTableToPointInTime.
    ///
    /// # Errors
    /// When the request breaks a rule, there is no such table, recovery is not enabled for it, or another time than
    /// the present is asked for.
    pub async fn export_table_to_point_in_time(
        self: &Arc<Self>,
        caller: &Caller,
        body: &[u8],
    ) -> Result<Reply, ApiError> {
        let request = ExportTableToPointInTime::decode(body)?;
        if TableRef::parse_arn(&request.table_arn).is_none() {
            return Err(ApiError::validation(format!("Invalid TableArn: {}", request.table_arn)));
        }
        let asked = Asked::of(body, request.client_token.as_deref(), self.hasher);
        let (database, caller) = (Arc::clone(self), caller.clone());
        let (answer, answered) = oneshot::channel();
        let export = async move { database.export((caller, asked), request, answer).await };
        self.environment.background.once("export", export);
        answered.await.unwrap_or_else(|_| Err(interrupted()))
    }

    async fn export(&self, from: (Caller, Asked), request: ExportTableToPointInTime, answer: Answer) {
        let control = self.control.lock().await;
        let begun = self.begin_export(from, request).await;
        drop(control);
        let reply = |export: &Export| Reply::json(&json!({ "ExportDescription": describe_export(export) }));
        match begun {
            Err(error) => drop(answer.send(Err(error))),
            Ok(Begun::Before(export)) => drop(answer.send(Ok(reply(&export)))),
            Ok(Begun::New(export, what)) => {
                let (pages, chosen) = *what;
                drop(answer.send(Ok(reply(&export))));
                self.run_export(&export, pages, chosen).await;
            }
        }
    }

    /// Fixes what the export holds. The caller holds the control lock, so the table and its definition are of one
    /// moment.
    async fn begin_export(
        &self,
        (caller, asked): (Caller, Asked),
        mut request: ExportTableToPointInTime,
    ) -> Result<Begun<'_>, ApiError> {
        let now_ms = self.environment.clock.now_ms();
        if let Some(export) = self.exports.of_token(&caller, &asked, now_ms) {
            if export.job.fingerprint == asked.fingerprint {
                return Ok(Begun::Before(export));
            }
            return Err(ApiError::export_conflict(
                "There was a conflict with another export request that has the same client token",
            ));
        }
        let entry = self.exportable(&caller, &request)?;
        if self.exports.running(&caller) >= RUNNING_MAX {
            return Err(ApiError::limit_exceeded(format!(
                "Subscriber limit exceeded: There are already {RUNNING_MAX} exports in progress"
            )));
        }
        let chosen = match request.filter.take() {
            Some(filter) => (self.chosen(&entry, &filter)?, Some(filter.json)),
            None => (Chosen::default(), None),
        };
        let (pages, extent) = self.extent(&entry, &request, now_ms)?;
        let export = Export {
            job: Job::begin("export", &entry.descriptor, asked, now_ms, &self.environment.random),
            extent,
            bucket: request.bucket,
            bucket_owner: request.bucket_owner,
            prefix: request.prefix,
            sse_algorithm: request.sse_algorithm.map(|algorithm| algorithm.as_str().to_owned()),
            sse_key: request.sse_key,
            format: request.format.as_str().to_owned(),
            filter: chosen.1,
            items: 0,
            billed_bytes: u64::try_from(self.sizes(&entry.descriptor)?.table.bytes).unwrap_or_default(),
        };
        Ok(Begun::New(self.store_export(export).await?, Box::new((pages, chosen.0))))
    }

    /// The table, if it may be exported.
    fn exportable(
        &self,
        caller: &Caller,
        request: &ExportTableToPointInTime,
    ) -> Result<Arc<Entry>, ApiError> {
        let found = self.catalog.find(caller, &request.table_arn);
        let entry = found.ok_or_else(|| {
            let name = TableRef::parse(&request.table_arn).name;
            ApiError::table_not_found(format!("Table not found: {name}"))
        })?;
        if entry.descriptor.recovery.is_none() {
            let text = format!("Point in time recovery is not enabled for table '{}'", entry.descriptor.name);
            return Err(ApiError::point_in_time_recovery_unavailable(text));
        }
        Ok(entry)
    }

    /// Of which moment or time it is, and what that holds.
    fn extent(
        &self,
        entry: &Entry,
        request: &ExportTableToPointInTime,
        now_ms: u64,
    ) -> Result<(Pages<'_>, Extent), ApiError> {
        if request.export_type == ExportType::Incremental {
            return self.incremental(entry, request, now_ms);
        }
        if request.incremental.is_some() {
            return Err(ApiError::validation(
                "IncrementalExportSpecification can only be specified when ExportType is INCREMENTAL_EXPORT",
            ));
        }
        if let Some(time_ms) = request.export_time_ms {
            check_time(time_ms, now_ms)?;
        }
        let source = Source::now(&self.store, entry.table.space)?;
        Ok((Pages::all(source), Extent::Full { time_ms: now_ms }))
    }

    /// The changes that the table's stream has of a time.
    fn incremental(
        &self,
        entry: &Entry,
        request: &ExportTableToPointInTime,
        now_ms: u64,
    ) -> Result<(Pages<'_>, Extent), ApiError> {
        let specification = request.incremental.clone().ok_or_else(|| {
            ApiError::validation(
                "IncrementalExportSpecification is required when ExportType is INCREMENTAL_EXPORT",
            )
        })?;
        if request.export_time_ms.is_some() || request.filter.is_some() {
            return Err(ApiError::validation(
                "ExportTime and FilterSpecification can only be specified when ExportType is FULL_EXPORT",
            ));
        }
        let (from_ms, to_ms) = window(&specification, now_ms)?;
        let with_old = specification.view == ExportViewType::NewAndOldImages;
        let known = |text: String| ApiError::invalid_export_time(text);
        let named = entry.descriptor.enabled_stream();
        let stream = named.and_then(|stream| self.streams.get(&stream.arn)).ok_or_else(|| {
            known("An incremental export needs the table's stream, which is not enabled".into())
        })?;
        if stream.view != ViewType::NewAndOldImages && (with_old || stream.view != ViewType::NewImage) {
            let (view, held) = (specification.view.as_str(), stream.view.as_str());
            return Err(known(format!("An export of {view} cannot be made of a stream of {held}")));
        }
        let oldest_ms = stream.created_ms.max(now_ms.saturating_sub(self.options.streams.retention_ms));
        if from_ms < oldest_ms || Changes::may_be_missing(&self.store) {
            let oldest = streams::label::format(oldest_ms);
            return Err(known(format!(
                "ExportFromTime is before the first change that the table's stream holds: {oldest}Z"
            )));
        }
        let told = if with_old { Told::NewAndOld } else { Told::New };
        let changes = Changes::new(self, &entry.table, &stream, (from_ms, to_ms), told);
        let view = specification.view.as_str().to_owned();
        Ok((Pages::Changes(changes), Extent::Incremental { from_ms, to_ms, view }))
    }

    fn chosen(&self, entry: &Entry, filter: &FilterSpecification) -> Result<Chosen, ApiError> {
        let layer = Layer::of(Operation::ExportTableToPointInTime);
        let texts = Texts {
            key_condition: filter.key_condition_expression.as_deref(),
            filter: filter.filter_expression.as_deref(),
            projection: filter.projection_expression.as_deref(),
            ..Texts::default()
        };
        let bound = self.bind(texts, filter.names.clone(), filter.values.clone(), layer)?;
        let schema = &entry.table.keys;
        let mut span = None;
        if let Some(clauses) = bound.key_condition {
            let (partition, sort) = (keys::borrowed(&schema.partition), keys::borrowed(&schema.sort));
            let condition = clauses
                .against(&partition, &sort)
                .map_err(|error| refused(&ExpressionError::Key(error), layer))?;
            if let Some(filter) = &bound.filter {
                let names: Vec<&str> =
                    keys::attributes(schema).map(|attribute| attribute.name.as_str()).collect();
                filter.refuse_keys(names).map_err(|error| refused(&error, layer))?;
            }
            span = Some(Span::of_condition(&condition, self.hasher, Direction::Forward));
        }
        Ok(Chosen { span, filter: bound.filter, projection: bound.projection })
    }
}

/// From when to when the changes are told.
fn window(asked: &IncrementalSpecification, now_ms: u64) -> Result<(u64, u64), ApiError> {
    let time = |ms: i64| u64::try_from(ms).unwrap_or_default();
    let from_ms = asked.from_ms.map(time).ok_or_else(|| {
        ApiError::validation("ExportFromTime is required when ExportType is INCREMENTAL_EXPORT")
    })?;
    let to_ms = asked.to_ms.map_or(now_ms, time);
    if to_ms > now_ms {
        return Err(ApiError::invalid_export_time("ExportToTime must not be in the future"));
    }
    let window_ms = to_ms.saturating_sub(from_ms);
    if from_ms >= to_ms {
        return Err(ApiError::invalid_export_time("ExportFromTime must be before ExportToTime"));
    }
    if !(WINDOW_MIN_MS..=WINDOW_MAX_MS).contains(&window_ms) {
        return Err(ApiError::invalid_export_time(
            "The time between ExportFromTime and ExportToTime must be at least 15 minutes and at most 24 hours",
        ));
    }
    Ok((from_ms, to_ms))
}

/// Refuses every time but the present: no history of items is kept.
fn check_time(time_ms: i64, now_ms: u64) -> Result<(), ApiError> {
    let now = i64::try_from(now_ms).unwrap_or(i64::MAX);
    if time_ms > now {
        return Err(ApiError::invalid_export_time("ExportTime must not be in the future"));
    }
    if time_ms < now.saturating_sub_unsigned(SLACK_MS) {
        return Err(ApiError::invalid_export_time(
            "An ExportTime in the past is not supported by this server, which keeps no history of items: it exports the \
             latest state only",
        ));
    }
    Ok(())
}
