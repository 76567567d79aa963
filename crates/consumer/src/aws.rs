//! The transport on AWS's SDK for Rust: for AWS, Tailwater, and whatever else speaks as they do.

use crate::transport::{
    CallError, Delete, Put, RecordPage, ScanPage, Shard, StartingPosition, StreamPage, StreamStatus,
    Transport, Update,
};
use crate::{Item, SequenceNumber};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TableStatus,
};
use aws_sdk_dynamodbstreams::types as streams;

mod convert;

use convert::{change, from_table, to_table};

/// AWS's two clients as a [`Transport`].
///
/// ```no_run
/// use tailwater_consumer::aws::Sdk;
///
/// # async fn example(config: aws_sdk_dynamodb::Config, streams: aws_sdk_dynamodbstreams::Config) {
/// let tables = aws_sdk_dynamodb::Client::from_conf(config);
/// let streams = aws_sdk_dynamodbstreams::Client::from_conf(streams);
/// let transport = Sdk::new(tables, streams);
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Sdk {
    tables: aws_sdk_dynamodb::Client,
    streams: aws_sdk_dynamodbstreams::Client,
}

impl Sdk {
    /// Calls go through these clients, with their endpoints, credentials, time-outs and retries.
    #[must_use]
    pub fn new(tables: aws_sdk_dynamodb::Client, streams: aws_sdk_dynamodbstreams::Client) -> Self {
        Self { tables, streams }
    }
}

/// What a failure of the SDK is to this crate.
fn failed<E: ProvideErrorMetadata, R>(error: SdkError<E, R>) -> CallError {
    let said = error.message().map(str::to_owned);
    let text = said.unwrap_or_else(|| format!("{error}: {}", source(&error)));
    match error.code() {
        Some(
            "LimitExceededException"
            | "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "Throttling"
            | "ThrottlingException",
        ) => CallError::Throttled(text),
        Some("ExpiredIteratorException") => CallError::ExpiredIterator(text),
        Some("TrimmedDataAccessException") => CallError::Trimmed(text),
        Some("ResourceNotFoundException") => CallError::NotFound(text),
        Some("ConditionalCheckFailedException") => CallError::ConditionFailed,
        Some("ResourceInUseException") => CallError::AlreadyExists(text),
        Some(
            "InternalFailure"
            | "InternalServerError"
            | "ServiceUnavailable"
            | "ServiceUnavailableException"
            | "ReplicatedWriteConflictException"
            | "TransactionConflictException",
        ) => CallError::Unavailable(text),
        Some(code) => CallError::Refused(format!("{code}: {text}")),
        None if matches!(error, SdkError::ConstructionFailure(_)) => CallError::Refused(text),
        None => CallError::Unavailable(text),
    }
}

/// What lies behind an error that did not come from the service.
fn source<E, R>(error: &SdkError<E, R>) -> String {
    match error {
        SdkError::DispatchFailure(failure) => format!("{failure:?}"),
        SdkError::ConstructionFailure(failure) => format!("{failure:?}"),
        SdkError::TimeoutError(_) => "timed out".to_owned(),
        _ => "the answer was not understood".to_owned(),
    }
}

fn refused(error: &aws_sdk_dynamodb::error::BuildError) -> CallError {
    CallError::Refused(error.to_string())
}

impl Transport for Sdk {
    async fn describe_stream(&self, stream_arn: &str, after: Option<&str>) -> Result<StreamPage, CallError> {
        let call = self.streams.describe_stream().stream_arn(stream_arn);
        let call = call.set_exclusive_start_shard_id(after.map(str::to_owned));
        let answer = call.send().await.map_err(failed)?;
        let description = answer
            .stream_description
            .ok_or_else(|| CallError::Unavailable("DescribeStream answered no description".to_owned()))?;
        Ok(StreamPage {
            status: match description.stream_status {
                Some(streams::StreamStatus::Enabling) => StreamStatus::Enabling,
                Some(streams::StreamStatus::Disabling) => StreamStatus::Disabling,
                Some(streams::StreamStatus::Disabled) => StreamStatus::Disabled,
                _ => StreamStatus::Enabled,
            },
            table: description.table_name.unwrap_or_default(),
            key_attributes: description
                .key_schema
                .unwrap_or_default()
                .into_iter()
                .map(|element| element.attribute_name)
                .collect(),
            shards: description.shards.unwrap_or_default().into_iter().filter_map(shard).collect(),
            last_evaluated: description.last_evaluated_shard_id,
        })
    }

    async fn get_shard_iterator(
        &self,
        stream_arn: &str,
        shard_id: &str,
        position: &StartingPosition,
    ) -> Result<String, CallError> {
        let (kind, number) = match position {
            StartingPosition::TrimHorizon => (streams::ShardIteratorType::TrimHorizon, None),
            StartingPosition::Latest => (streams::ShardIteratorType::Latest, None),
            StartingPosition::At(number) => (streams::ShardIteratorType::AtSequenceNumber, Some(number)),
            StartingPosition::After(number) => {
                (streams::ShardIteratorType::AfterSequenceNumber, Some(number))
            }
        };
        let call = self.streams.get_shard_iterator().stream_arn(stream_arn).shard_id(shard_id);
        let call = call.shard_iterator_type(kind);
        let call = call.set_sequence_number(number.map(SequenceNumber::to_string));
        let answer = call.send().await.map_err(failed)?;
        answer
            .shard_iterator
            .ok_or_else(|| CallError::Unavailable("GetShardIterator answered no iterator".to_owned()))
    }

    async fn get_records(&self, iterator: &str, limit: u32) -> Result<RecordPage, CallError> {
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        let call = self.streams.get_records().shard_iterator(iterator).limit(limit);
        let answer = call.send().await.map_err(failed)?;
        let changes = answer.records.unwrap_or_default().into_iter().map(change);
        Ok(RecordPage { changes: changes.collect::<Result<_, _>>()?, next: answer.next_shard_iterator })
    }

    async fn scan(&self, table: &str, after: Option<&Item>) -> Result<ScanPage, CallError> {
        let call = self.tables.scan().table_name(table).consistent_read(true);
        let answer = call.set_exclusive_start_key(after.map(to_table)).send().await.map_err(failed)?;
        let items = answer.items.unwrap_or_default().into_iter().map(from_table);
        Ok(ScanPage {
            items: items.collect::<Result<_, _>>()?,
            last_evaluated: answer.last_evaluated_key.map(from_table).transpose()?,
        })
    }

    async fn get_item(&self, table: &str, key: &Item) -> Result<Option<Item>, CallError> {
        let call = self.tables.get_item().table_name(table).consistent_read(true);
        let answer = call.set_key(Some(to_table(key))).send().await.map_err(failed)?;
        answer.item.map(from_table).transpose()
    }

    async fn put_item(&self, table: &str, put: &Put) -> Result<(), CallError> {
        let call = self.tables.put_item().table_name(table).set_item(Some(to_table(&put.item)));
        call.condition_expression(&put.condition).send().await.map_err(failed).map(|_| ())
    }

    async fn update_item(&self, table: &str, update: &Update) -> Result<Item, CallError> {
        let call = self.tables.update_item().table_name(table).set_key(Some(to_table(&update.key)));
        let call = call.update_expression(&update.update).condition_expression(&update.condition);
        let values = (!update.values.is_empty()).then(|| to_table(&update.values));
        let call = call.set_expression_attribute_values(values);
        let call = call.return_values(aws_sdk_dynamodb::types::ReturnValue::AllNew);
        from_table(call.send().await.map_err(failed)?.attributes.unwrap_or_default())
    }

    async fn delete_item(&self, table: &str, delete: &Delete) -> Result<(), CallError> {
        let call = self.tables.delete_item().table_name(table).set_key(Some(to_table(&delete.key)));
        let call = call.condition_expression(&delete.condition);
        let values = (!delete.values.is_empty()).then(|| to_table(&delete.values));
        call.set_expression_attribute_values(values).send().await.map_err(failed).map(|_| ())
    }

    async fn create_table(&self, table: &str, key: &str) -> Result<(), CallError> {
        let attribute = AttributeDefinition::builder()
            .attribute_name(key)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .map_err(|error| refused(&error))?;
        let element = KeySchemaElement::builder()
            .attribute_name(key)
            .key_type(KeyType::Hash)
            .build()
            .map_err(|error| refused(&error))?;
        let call = self.tables.create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
        let call = call.attribute_definitions(attribute).key_schema(element);
        call.send().await.map_err(failed).map(|_| ())
    }

    async fn table_is_active(&self, table: &str) -> Result<bool, CallError> {
        let answer = self.tables.describe_table().table_name(table).send().await.map_err(failed)?;
        let status = answer.table.and_then(|table| table.table_status);
        Ok(matches!(status, Some(TableStatus::Active | TableStatus::Updating)))
    }
}

fn shard(shard: streams::Shard) -> Option<Shard> {
    let range = shard.sequence_number_range;
    let number = |digits: Option<String>| digits.as_deref().map(SequenceNumber::new);
    let (starting, ending) =
        range.map_or((None, None), |range| (range.starting_sequence_number, range.ending_sequence_number));
    Some(Shard {
        id: shard.shard_id?,
        parent: shard.parent_shard_id,
        starting: number(starting),
        ending: number(ending),
    })
}
