//! What is answered of exports and imports.

use super::export::{Export, Extent};
use super::import::Import;
use super::job::Job;
use crate::description::timestamp;
use serde_json::{Map, Value, json};

fn of_job(job: &Job, kind: &str) -> Map<String, Value> {
    let mut description = Map::new();
    description.insert(format!("{kind}Arn"), json!(job.arn));
    description.insert(format!("{kind}Status"), json!(job.status.as_str()));
    description.insert("StartTime".into(), timestamp(job.started_ms));
    description.insert("TableArn".into(), json!(job.table_arn));
    description.insert("TableId".into(), json!(job.table_uuid));
    insert(&mut description, "EndTime", job.ended_ms.map(timestamp));
    insert(&mut description, "ClientToken", job.token.as_ref().map(|token| json!(token)));
    insert(&mut description, "FailureCode", job.failure.as_ref().map(|failure| json!(failure.code)));
    insert(&mut description, "FailureMessage", job.failure.as_ref().map(|failure| json!(failure.message)));
    description
}

fn insert(description: &mut Map<String, Value>, member: &str, value: Option<Value>) {
    if let Some(value) = value {
        description.insert(member.to_owned(), value);
    }
}

fn text(text: Option<&String>) -> Option<Value> {
    text.map(|text| json!(text))
}

/// JSON that was kept as it came.
fn kept(json: Option<&String>) -> Option<Value> {
    json.and_then(|json| serde_json::from_str(json).ok())
}

/// `ExportDescription`.
pub(crate) fn describe_export(export: &Export) -> Value {
    let mut description = of_job(&export.job, "Export");
    let has_ended = !export.job.is_running();
    match &export.extent {
        Extent::Full { time_ms } => {
            description.insert("ExportTime".into(), timestamp(*time_ms));
            description.insert("ExportType".into(), json!("FULL_EXPORT"));
        }
        Extent::Incremental { from_ms, to_ms, view } => {
            description.insert("ExportType".into(), json!("INCREMENTAL_EXPORT"));
            let specification = json!({
                "ExportFromTime": timestamp(*from_ms),
                "ExportToTime": timestamp(*to_ms),
                "ExportViewType": view,
            });
            description.insert("IncrementalExportSpecification".into(), specification);
        }
    }
    description.insert("S3Bucket".into(), json!(export.bucket));
    description.insert("ExportFormat".into(), json!(export.format));
    insert(&mut description, "S3BucketOwner", text(export.bucket_owner.as_ref()));
    insert(&mut description, "S3Prefix", text(export.prefix.as_ref()));
    insert(&mut description, "S3SseAlgorithm", text(export.sse_algorithm.as_ref()));
    insert(&mut description, "S3SseKmsKeyId", text(export.sse_key.as_ref()));
    insert(&mut description, "FilterSpecification", kept(export.filter.as_ref()));
    if has_ended && export.job.failure.is_none() {
        description.insert("ExportManifest".into(), json!(export.manifest_key()));
        description.insert("BilledSizeBytes".into(), json!(export.billed_bytes));
        description.insert("ItemCount".into(), json!(export.items));
    }
    description.into()
}

/// `ExportSummary`.
pub(crate) fn summarize_export(export: &Export) -> Value {
    let is_full = matches!(export.extent, Extent::Full { .. });
    json!({
        "ExportArn": export.job.arn,
        "ExportStatus": export.job.status.as_str(),
        "ExportType": if is_full { "FULL_EXPORT" } else { "INCREMENTAL_EXPORT" },
    })
}

fn source(import: &Import) -> Value {
    let mut source = Map::new();
    source.insert("S3Bucket".into(), json!(import.bucket));
    insert(&mut source, "S3BucketOwner", text(import.bucket_owner.as_ref()));
    insert(&mut source, "S3KeyPrefix", text(import.prefix.as_ref()));
    source.into()
}

/// `ImportTableDescription`.
pub(crate) fn describe_import(import: &Import) -> Value {
    let mut description = of_job(&import.job, "Import");
    description.insert("S3BucketSource".into(), source(import));
    description.insert("InputFormat".into(), json!(import.format));
    description.insert("InputCompressionType".into(), json!(import.compression));
    insert(&mut description, "InputFormatOptions", kept(import.options.as_ref()));
    insert(&mut description, "TableCreationParameters", kept(Some(&import.table)));
    description.insert("ProcessedSizeBytes".into(), json!(import.figures.bytes));
    description.insert("ProcessedItemCount".into(), json!(import.figures.processed));
    description.insert("ImportedItemCount".into(), json!(import.figures.imported));
    description.insert("ErrorCount".into(), json!(import.figures.errors));
    description.into()
}

/// `ImportSummary`.
pub(crate) fn summarize_import(import: &Import) -> Value {
    let mut summary = Map::new();
    summary.insert("ImportArn".into(), json!(import.job.arn));
    summary.insert("ImportStatus".into(), json!(import.job.status.as_str()));
    summary.insert("TableArn".into(), json!(import.job.table_arn));
    summary.insert("S3BucketSource".into(), source(import));
    summary.insert("InputFormat".into(), json!(import.format));
    summary.insert("StartTime".into(), timestamp(import.job.started_ms));
    insert(&mut summary, "EndTime", import.job.ended_ms.map(timestamp));
    summary.into()
}
