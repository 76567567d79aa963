//! ExportTableToPointInTime.

use super::enumeration::{ExportFormat, ExportType, ExportViewType, S3SseAlgorithm};
use super::s3_location::{check_bucket, check_owner, check_prefix, check_token};
use super::{ExpressionNames, ExpressionValues, TABLE_ARN_LENGTH_MAX, placeholders};
use crate::error::ApiError;
use crate::json::{JsonError, Reader, compact};
use crate::layer::{Constraints, Layer};
use crate::member::{owned_string, request, structure, timestamp_ms};
use crate::operation::Operation;
use crate::value::Values;

/// Writes what a table holds to objects.
#[derive(Clone, Debug, Default)]
pub struct ExportTableToPointInTime {
    /// The table.
    pub table_arn: String,
    /// The moment, in milliseconds since the epoch.
    pub export_time_ms: Option<i64>,
    /// What makes repetitions of the request one.
    pub client_token: Option<String>,
    /// The bucket.
    pub bucket: String,
    /// Whose it is.
    pub bucket_owner: Option<String>,
    /// What the keys of all objects begin with.
    pub prefix: Option<String>,
    /// How the objects are to be encrypted.
    pub sse_algorithm: Option<S3SseAlgorithm>,
    /// With which key.
    pub sse_key: Option<String>,
    /// What the items are written in.
    pub format: ExportFormat,
    /// Whether all items are meant, or what changed.
    pub export_type: ExportType,
    /// Of which time the changes are.
    pub incremental: Option<IncrementalSpecification>,
    /// Which items are meant.
    pub filter: Option<FilterSpecification>,
}

/// Of which time changes are exported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IncrementalSpecification {
    /// The beginning, within.
    pub from_ms: Option<i64>,
    /// The end, without.
    pub to_ms: Option<i64>,
    /// What is told of each item.
    pub view: ExportViewType,
}

/// Which items are exported, and what of them.
#[derive(Clone, Debug, Default)]
pub struct FilterSpecification {
    /// Which part of one partition.
    pub key_condition_expression: Option<String>,
    /// Which items of it.
    pub filter_expression: Option<String>,
    /// Which attributes.
    pub projection_expression: Option<String>,
    /// Placeholders of names.
    pub names: Option<ExpressionNames>,
    /// Placeholders of values.
    pub values: Option<ExpressionValues>,
    /// The JSON of all of it.
    pub json: String,
}

#[derive(Default)]
struct Raw {
    request: ExportTableToPointInTime,
    table_arn: Option<String>,
    bucket: Option<String>,
    sse_algorithm: Option<String>,
    format: Option<String>,
    export_type: Option<String>,
    view: Option<String>,
}

impl ExportTableToPointInTime {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<ExportTableToPointInTime, ApiError> {
        let (mut raw, mut refusals) = (Raw::default(), Values::new());
        request(body, |reader, name| raw.member(reader, name, &mut refusals))?;
        let layer = Layer::of(Operation::ExportTableToPointInTime);
        let request = raw.check(layer)?;
        refusals.check(layer)?;
        Ok(request)
    }
}

impl Raw {
    fn member(
        &mut self,
        reader: &mut Reader<'_>,
        name: &str,
        refusals: &mut Values,
    ) -> Result<(), JsonError> {
        let request = &mut self.request;
        match name {
            "TableArn" => self.table_arn = owned_string(reader)?,
            "ExportTime" => request.export_time_ms = timestamp_ms(reader)?,
            "ClientToken" => request.client_token = owned_string(reader)?,
            "S3Bucket" => self.bucket = owned_string(reader)?,
            "S3BucketOwner" => request.bucket_owner = owned_string(reader)?,
            "S3Prefix" => request.prefix = owned_string(reader)?,
            "S3SseAlgorithm" => self.sse_algorithm = owned_string(reader)?,
            "S3SseKmsKeyId" => request.sse_key = owned_string(reader)?,
            "ExportFormat" => self.format = owned_string(reader)?,
            "ExportType" => self.export_type = owned_string(reader)?,
            "IncrementalExportSpecification" => self.incremental(reader)?,
            "FilterSpecification" => request.filter = read_filter(reader, refusals)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    }

    fn incremental(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
        let mut given = IncrementalSpecification::default();
        let present = structure(reader, |reader, name| {
            match name {
                "ExportFromTime" => given.from_ms = timestamp_ms(reader)?,
                "ExportToTime" => given.to_ms = timestamp_ms(reader)?,
                "ExportViewType" => self.view = owned_string(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        self.request.incremental = present.map(|()| given);
        Ok(())
    }

    fn check(self, layer: Layer) -> Result<ExportTableToPointInTime, ApiError> {
        let mut request = self.request;
        let mut constraints = Constraints::new(layer);
        constraints.required("tableArn", self.table_arn.as_ref());
        constraints.length("tableArn", self.table_arn.as_deref(), 1, TABLE_ARN_LENGTH_MAX);
        check_token(&mut constraints, request.client_token.as_deref());
        check_bucket(&mut constraints, "s3Bucket", self.bucket.as_deref());
        check_owner(&mut constraints, "s3BucketOwner", request.bucket_owner.as_deref());
        check_prefix(&mut constraints, "s3Prefix", request.prefix.as_deref());
        request.sse_algorithm = constraints.enumeration("s3SseAlgorithm", self.sse_algorithm.as_deref());
        constraints.length("s3SseKmsKeyId", request.sse_key.as_deref(), 1, 2048);
        let format = constraints.enumeration("exportFormat", self.format.as_deref());
        let export_type = constraints.enumeration("exportType", self.export_type.as_deref());
        let view = "incrementalExportSpecification.exportViewType";
        let view = constraints.enumeration(view, self.view.as_deref());
        constraints.finish()?;
        if let Some(filter) = &request.filter {
            let uses = placeholders::Uses {
                names: filter.key_condition_expression.is_some()
                    || filter.filter_expression.is_some()
                    || filter.projection_expression.is_some(),
                values: filter.key_condition_expression.is_some() || filter.filter_expression.is_some(),
            };
            placeholders::check(filter.names.as_ref(), filter.values.as_ref(), uses, layer)?;
        }
        request.format = format.unwrap_or_default();
        request.export_type = export_type.unwrap_or_default();
        if let Some(incremental) = &mut request.incremental {
            incremental.view = view.unwrap_or_default();
        }
        request.table_arn = self.table_arn.unwrap_or_default();
        request.bucket = self.bucket.unwrap_or_default();
        Ok(request)
    }
}

fn read_filter(
    reader: &mut Reader<'_>,
    refusals: &mut Values,
) -> Result<Option<FilterSpecification>, JsonError> {
    reader.peek()?;
    let (start, mut filter) = (reader.position(), FilterSpecification::default());
    let present = structure(reader, |reader, name| {
        match name {
            "KeyConditionExpression" => filter.key_condition_expression = owned_string(reader)?,
            "FilterExpression" => filter.filter_expression = owned_string(reader)?,
            "ProjectionExpression" => filter.projection_expression = owned_string(reader)?,
            "ExpressionAttributeNames" => filter.names = placeholders::names(reader)?,
            "ExpressionAttributeValues" => filter.values = refusals.expression_values(reader)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    })?;
    filter.json = compact(reader.since(start));
    Ok(present.map(|()| filter))
}
