//! StartBulkPutItems.

use super::enumeration::{
    BulkInputFormat, BulkOutputType, BulkPerformanceTier, Enumeration, InputCompressionType, S3SseAlgorithm,
};
use super::s3_location::{check_bucket, check_owner, check_prefix, check_token};
use crate::error::ApiError;
use crate::json::{JsonError, Reader};
use crate::layer::{Constraint, Constraints, Layer};
use crate::member::{long, owned_string, request, strings, structure};
use crate::operation::Operation;

/// The least rate of writes that may be asked for.
const WRITE_UNITS_MIN: i64 = 1024;

/// What each type of output must satisfy.
const OUTPUT_TYPES: Constraint = Constraint::Members(&[Constraint::Enum(BulkOutputType::SET)]);

/// Writes items that lie in objects to a table.
#[derive(Clone, Debug)]
pub struct StartBulkPutItems {
    /// The table: a name or an ARN.
    pub table_name: String,
}

/// Where items come from, or where reports go.
#[derive(Default)]
struct Location {
    bucket: Option<String>,
    owner: Option<String>,
    prefix: Option<String>,
    format: Option<String>,
    compression: Option<String>,
    sse_algorithm: Option<String>,
    sse_key: Option<String>,
    types: Option<Vec<String>>,
}

impl StartBulkPutItems {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<StartBulkPutItems, ApiError> {
        let (mut token, mut input, mut output, mut table_name) = (None, None, None, None);
        let (mut units, mut tier) = (None, None);
        request(body, |reader, name| {
            match name {
                "ClientToken" => token = owned_string(reader)?,
                "InputS3Configuration" => input = location(reader)?,
                "OutputS3Configuration" => output = location(reader)?,
                "TableName" => table_name = owned_string(reader)?,
                "MaxWriteRequestUnits" => units = long(reader)?,
                "PerformanceTier" => tier = owned_string(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        let mut constraints = Constraints::new(Layer::of(Operation::StartBulkPutItems));
        let failures = &mut constraints;
        check_token(failures, token.as_deref());
        match input {
            None => failures.null("inputS3Configuration"),
            Some(input) => check_input(failures, &input),
        }
        match output {
            None => failures.null("outputS3Configuration"),
            Some(output) => check_output(failures, &output),
        }
        failures.table_name(table_name.as_deref());
        if let Some(units) = units.filter(|units| *units < WRITE_UNITS_MIN) {
            failures.fail("maxWriteRequestUnits", units.to_string(), Constraint::MinValue(WRITE_UNITS_MIN));
        }
        let _: Option<BulkPerformanceTier> = failures.enumeration("performanceTier", tier.as_deref());
        constraints.finish()?;
        Ok(StartBulkPutItems { table_name: table_name.unwrap_or_default() })
    }
}

fn location(reader: &mut Reader<'_>) -> Result<Option<Location>, JsonError> {
    let mut location = Location::default();
    let present = structure(reader, |reader, name| {
        match name {
            "S3Bucket" => location.bucket = owned_string(reader)?,
            "S3BucketOwner" => location.owner = owned_string(reader)?,
            "S3KeyPrefix" => location.prefix = owned_string(reader)?,
            "InputFormat" => location.format = owned_string(reader)?,
            "InputCompressionType" => location.compression = owned_string(reader)?,
            "S3SseAlgorithm" => location.sse_algorithm = owned_string(reader)?,
            "S3SseKmsKeyId" => location.sse_key = owned_string(reader)?,
            "OutputType" => location.types = strings(reader)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    })?;
    Ok(present.map(|()| location))
}

fn check_input(failures: &mut Constraints, input: &Location) {
    check_bucket(failures, "inputS3Configuration.s3Bucket", input.bucket.as_deref());
    check_owner(failures, "inputS3Configuration.s3BucketOwner", input.owner.as_deref());
    check_prefix(failures, "inputS3Configuration.s3KeyPrefix", input.prefix.as_deref());
    failures.required("inputS3Configuration.inputFormat", input.format.as_ref());
    let _: Option<BulkInputFormat> =
        failures.enumeration("inputS3Configuration.inputFormat", input.format.as_deref());
    let _: Option<InputCompressionType> =
        failures.enumeration("inputS3Configuration.inputCompressionType", input.compression.as_deref());
}

fn check_output(failures: &mut Constraints, output: &Location) {
    if output.bucket.is_some() {
        check_bucket(failures, "outputS3Configuration.s3Bucket", output.bucket.as_deref());
    }
    check_owner(failures, "outputS3Configuration.s3BucketOwner", output.owner.as_deref());
    check_prefix(failures, "outputS3Configuration.s3KeyPrefix", output.prefix.as_deref());
    let _: Option<S3SseAlgorithm> =
        failures.enumeration("outputS3Configuration.s3SseAlgorithm", output.sse_algorithm.as_deref());
    failures.length("outputS3Configuration.s3SseKmsKeyId", output.sse_key.as_deref(), 1, 2048);
    failures.required("outputS3Configuration.outputType", output.types.as_ref());
    if let Some(types) = &output.types
        && types.iter().any(|text| BulkOutputType::from_text(text).is_none())
    {
        let path = "outputS3Configuration.outputType";
        failures.fail(path, format!("[{}]", types.join(", ")), OUTPUT_TYPES);
    }
}
