//! ImportTable.

use super::create_table::CreateTable;
use super::enumeration::{InputCompressionType, InputFormat};
use super::s3_location::{check_bucket, check_owner, check_prefix, check_token};
use super::schema::{OnDemandThroughput, decode, vectors};
use crate::error::ApiError;
use crate::json::{JsonError, Reader, compact};
use crate::layer::{Constraint, Constraints, Layer};
use crate::member::{owned_string, request, strings, structure};
use crate::operation::Operation;

/// Makes a table of what objects hold.
#[derive(Clone, Debug)]
pub struct ImportTable {
    /// What makes repetitions of the request one.
    pub client_token: Option<String>,
    /// The bucket.
    pub bucket: String,
    /// Whose it is.
    pub bucket_owner: Option<String>,
    /// What the keys of all objects begin with.
    pub prefix: Option<String>,
    /// What the objects are written in.
    pub format: InputFormat,
    /// What parts the fields of CSV.
    pub csv_delimiter: Option<u8>,
    /// The columns of CSV, where the objects do not say them.
    pub csv_header: Option<Vec<String>>,
    /// What the objects are compressed with.
    pub compression: InputCompressionType,
    /// Whether the request said so.
    pub has_compression: bool,
    /// The table.
    pub table: CreateTable,
    /// The JSON of `InputFormatOptions`.
    pub options_json: Option<String>,
    /// The JSON of `TableCreationParameters`.
    pub table_json: String,
}

#[derive(Default)]
struct Raw {
    client_token: Option<String>,
    source: Option<Source>,
    format: Option<String>,
    compression: Option<String>,
    options: Option<Options>,
    options_json: Option<String>,
    table: Option<Table>,
    table_json: String,
}

#[derive(Default)]
struct Source {
    bucket: Option<String>,
    owner: Option<String>,
    prefix: Option<String>,
}

#[derive(Default)]
struct Options {
    delimiter: Option<String>,
    header: Option<Vec<String>>,
}

#[derive(Default)]
struct Table {
    name: Option<String>,
    attribute_definitions: Option<Vec<decode::Pair>>,
    key_schema: Option<Vec<decode::Pair>>,
    billing_mode: Option<String>,
    provisioned_throughput: Option<decode::Units>,
    on_demand_throughput: Option<OnDemandThroughput>,
    sse_specification: Option<decode::RawSse>,
    global_secondary_indexes: Option<Vec<decode::RawIndex>>,
    vector_indexes: Option<Vec<vectors::Raw>>,
}

const DELIMITERS: &str = ",;:|\t ";
const HEADER: &str = "inputFormatOptions.csv.headerList";

impl ImportTable {
    /// Reads the request.
    pub fn decode(body: &[u8]) -> Result<ImportTable, ApiError> {
        let mut raw = Raw::default();
        request(body, |reader, name| raw.member(reader, name))?;
        raw.check()
    }
}

impl Raw {
    fn member(&mut self, reader: &mut Reader<'_>, name: &str) -> Result<(), JsonError> {
        match name {
            "ClientToken" => self.client_token = owned_string(reader)?,
            "S3BucketSource" => self.source = read_source(reader)?,
            "InputFormat" => self.format = owned_string(reader)?,
            "InputCompressionType" => self.compression = owned_string(reader)?,
            "InputFormatOptions" => {
                let start = start(reader)?;
                self.options = read_options(reader)?;
                self.options_json = self.options.is_some().then(|| compact(reader.since(start)));
            }
            "TableCreationParameters" => {
                let start = start(reader)?;
                self.table = read_table(reader)?;
                self.table_json = compact(reader.since(start));
            }
            _ => drop(reader.skip()?),
        }
        Ok(())
    }

    fn check(self) -> Result<ImportTable, ApiError> {
        let mut constraints = Constraints::new(Layer::of(Operation::ImportTable));
        let failures = &mut constraints;
        check_token(failures, self.client_token.as_deref());
        failures.required("s3BucketSource", self.source.as_ref());
        let has_source = self.source.is_some();
        let source = self.source.unwrap_or_default();
        if has_source {
            check_bucket(failures, "s3BucketSource.s3Bucket", source.bucket.as_deref());
            check_owner(failures, "s3BucketSource.s3BucketOwner", source.owner.as_deref());
            check_prefix(failures, "s3BucketSource.s3KeyPrefix", source.prefix.as_deref());
        }
        failures.required("inputFormat", self.format.as_ref());
        let format = failures.enumeration("inputFormat", self.format.as_deref());
        let options = self.options.unwrap_or_default();
        check_options(failures, &options);
        let compression = failures.enumeration("inputCompressionType", self.compression.as_deref());
        failures.required("tableCreationParameters", self.table.as_ref());
        let table = self.table.map(|table| table.check(failures));
        constraints.finish()?;
        let (Some(format), Some(table)) = (format, table) else {
            return Err(ApiError::internal_server_error("a checked member of the request is not there"));
        };
        Ok(ImportTable {
            client_token: self.client_token,
            bucket: source.bucket.unwrap_or_default(),
            bucket_owner: source.owner,
            prefix: source.prefix,
            format,
            csv_delimiter: options.delimiter.and_then(|delimiter| delimiter.bytes().next()),
            csv_header: options.header,
            compression: compression.unwrap_or_default(),
            has_compression: compression.is_some(),
            table,
            options_json: self.options_json,
            table_json: self.table_json,
        })
    }
}

impl Table {
    fn check(self, failures: &mut Constraints) -> CreateTable {
        let at = |member: &str| format!("tableCreationParameters.{member}");
        match &self.name {
            None => failures.null("tableCreationParameters.tableName"),
            Some(_) => failures.plain_table_name("tableCreationParameters.tableName", self.name.as_deref()),
        }
        let layer = failures.layer();
        failures
            .required("tableCreationParameters.attributeDefinitions", self.attribute_definitions.as_ref());
        let billing_mode = failures.enumeration(at("billingMode"), self.billing_mode.as_deref());
        let mut check = decode::Check(failures);
        let definitions = self.attribute_definitions.unwrap_or_default();
        CreateTable {
            table_name: self.name.unwrap_or_default(),
            attribute_definitions: check.attribute_definitions(&at("attributeDefinitions"), definitions),
            key_schema: check.key_schema(&at("keySchema"), self.key_schema, 2),
            global_secondary_indexes: check
                .global_indexes(&at("globalSecondaryIndexes"), self.global_secondary_indexes),
            local_secondary_indexes: None,
            billing_mode,
            provisioned_throughput: check
                .provisioned_throughput(&at("provisionedThroughput"), self.provisioned_throughput),
            on_demand_throughput: self.on_demand_throughput,
            warm_throughput: None,
            stream_specification: None,
            sse_specification: check.sse_specification(self.sse_specification),
            table_class: None,
            tags: None,
            deletion_protection_enabled: None,
            resource_policy: None,
            vector_indexes: check.vector_indexes(&at("vectorIndexes"), self.vector_indexes),
            has_replica_source: false,
            layer,
        }
    }
}

fn check_options(failures: &mut Constraints, options: &Options) {
    if let Some(delimiter) = &options.delimiter {
        let path = "inputFormatOptions.csv.delimiter";
        if delimiter.is_empty() {
            failures.fail(path, "", Constraint::MinLength(1));
        } else if delimiter.chars().count() > 1 {
            failures.fail(path, delimiter.clone(), Constraint::MaxLength(1));
        } else if !DELIMITERS.contains(delimiter) {
            failures.fail(path, delimiter.clone(), Constraint::Pattern("[,;:|\\t ]"));
        }
    }
    let Some(header) = &options.header else { return };
    if header.is_empty() {
        failures.fail(HEADER, "[]", Constraint::MinLength(1));
    } else if header.len() > 255 {
        failures.fail_named(HEADER, Constraint::MaxLength(255));
    }
    for (place, name) in header.iter().enumerate() {
        let path = format!("{HEADER}.{}.member", place + 1);
        let is_plain = |byte: u8| (0x20..0x7f).contains(&byte) && !matches!(byte, b'"' | b',');
        if !name.bytes().all(is_plain) {
            failures.fail(path, name.clone(), Constraint::Pattern(r"[\x20-\x21\x23-\x2B\x2D-\x7E]*"));
        } else {
            failures.length(path, Some(name), 1, 65_536);
        }
    }
}

/// Where the next value begins.
fn start(reader: &mut Reader<'_>) -> Result<usize, JsonError> {
    reader.peek()?;
    Ok(reader.position())
}

fn read_source(reader: &mut Reader<'_>) -> Result<Option<Source>, JsonError> {
    let mut source = Source::default();
    let present = structure(reader, |reader, name| {
        match name {
            "S3Bucket" => source.bucket = owned_string(reader)?,
            "S3BucketOwner" => source.owner = owned_string(reader)?,
            "S3KeyPrefix" => source.prefix = owned_string(reader)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    })?;
    Ok(present.map(|()| source))
}

fn read_options(reader: &mut Reader<'_>) -> Result<Option<Options>, JsonError> {
    let mut options = Options::default();
    let present = structure(reader, |reader, name| {
        if name != "Csv" {
            return reader.skip().map(drop);
        }
        structure(reader, |reader, name| {
            match name {
                "Delimiter" => options.delimiter = owned_string(reader)?,
                "HeaderList" => options.header = strings(reader)?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })
        .map(drop)
    })?;
    Ok(present.map(|()| options))
}

fn read_table(reader: &mut Reader<'_>) -> Result<Option<Table>, JsonError> {
    let mut table = Table::default();
    let present = structure(reader, |reader, name| {
        match name {
            "TableName" => table.name = owned_string(reader)?,
            "AttributeDefinitions" => table.attribute_definitions = decode::attribute_definitions(reader)?,
            "KeySchema" => table.key_schema = decode::key_schema(reader)?,
            "BillingMode" => table.billing_mode = owned_string(reader)?,
            "ProvisionedThroughput" => table.provisioned_throughput = decode::provisioned_throughput(reader)?,
            "OnDemandThroughput" => table.on_demand_throughput = decode::on_demand_throughput(reader)?,
            "SSESpecification" => table.sse_specification = decode::sse_specification(reader)?,
            "GlobalSecondaryIndexes" => table.global_secondary_indexes = decode::indexes(reader)?,
            "VectorIndexes" => table.vector_indexes = vectors::indexes(reader)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    })?;
    Ok(present.map(|()| table))
}
