//! The operations, one a file: read, check, do, answer.

mod add_tags_to_stream;
mod create_stream;
mod delete_stream;
mod describe_limits;
mod describe_stream;
mod describe_stream_summary;
mod enhanced_monitoring;
mod get_records;
mod get_shard_iterator;
mod list_shards;
mod list_streams;
mod list_tags_for_stream;
mod merge_shards;
mod put_record;
mod put_records;
mod remove_tags_from_stream;
mod resource_tags;
mod retention_period;
mod split_shard;
mod stream_encryption;
mod update_max_record_size;
mod update_shard_count;
mod update_stream_mode;

use super::failure::Failure;
use super::request::Request;
use super::{Kinesis, Value};
use database::Caller;

/// Operations that AWS has and this server does not.
const REFUSED: &[&str] = &[
    "AcknowledgeDeadLetterQueueRecords",
    "AcknowledgeQueueRecords",
    "CreateChannel",
    "CreateQueue",
    "DeleteChannel",
    "DeleteQueue",
    "DeleteResourcePolicy",
    "DeregisterStreamConsumer",
    "DescribeAccountSettings",
    "DescribeChannel",
    "DescribeQueue",
    "DescribeStreamConsumer",
    "GetResourcePolicy",
    "ListChannels",
    "ListQueues",
    "ListStreamConsumers",
    "PutResourcePolicy",
    "ReceiveDeadLetterQueueRecords",
    "ReceiveQueueRecords",
    "RegisterStreamConsumer",
    "RestoreDeadLetterQueueRecords",
    "SubscribeToShard",
    "UpdateAccountSettings",
    "UpdateChannel",
    "UpdateDeadLetterQueueRecordsVisibility",
    "UpdateQueue",
    "UpdateQueueRecordsVisibility",
    "UpdateStreamRecordDistributionStrategy",
    "UpdateStreamWarmThroughput",
];

impl Kinesis {
    /// Runs an operation.
    pub(super) async fn run(
        &self,
        operation: &str,
        caller: &Caller,
        request: Request,
    ) -> Result<Value, Failure> {
        match operation {
            "PutRecord" => self.put_record(caller, request).await,
            "PutRecords" => self.put_records(caller, request).await,
            "GetRecords" => self.get_records(caller, request),
            "GetShardIterator" => self.get_shard_iterator(caller, request),
            "ListShards" => self.list_shards(caller, request),
            "ListStreams" => self.list_streams(caller, request),
            "DescribeStream" => self.describe_stream(caller, request),
            "DescribeStreamSummary" => self.describe_stream_summary(caller, request),
            "DescribeLimits" => Ok(self.describe_limits(caller)),
            "ListTagsForStream" => self.list_tags_for_stream(caller, request),
            "ListTagsForResource" => self.list_tags_for_resource(caller, request),
            _ => self.change(operation, caller, request).await,
        }
    }

    /// The operations that change streams.
    async fn change(&self, operation: &str, caller: &Caller, request: Request) -> Result<Value, Failure> {
        match operation {
            "CreateStream" => self.create_stream(caller, request).await,
            "DeleteStream" => self.delete_stream(caller, request).await,
            "AddTagsToStream" => self.add_tags_to_stream(caller, request).await,
            "RemoveTagsFromStream" => self.remove_tags_from_stream(caller, request).await,
            "TagResource" => self.tag_resource(caller, request).await,
            "UntagResource" => self.untag_resource(caller, request).await,
            "IncreaseStreamRetentionPeriod" => self.increase_stream_retention_period(caller, request).await,
            "DecreaseStreamRetentionPeriod" => self.decrease_stream_retention_period(caller, request).await,
            "UpdateStreamMode" => self.update_stream_mode(caller, request).await,
            "UpdateMaxRecordSize" => self.update_max_record_size(caller, request).await,
            "StartStreamEncryption" => self.start_stream_encryption(caller, request).await,
            "StopStreamEncryption" => self.stop_stream_encryption(caller, request).await,
            "EnableEnhancedMonitoring" => self.enable_enhanced_monitoring(caller, request).await,
            "DisableEnhancedMonitoring" => self.disable_enhanced_monitoring(caller, request).await,
            "UpdateShardCount" => self.update_shard_count(caller, request).await,
            "SplitShard" => self.split_shard(caller, request).await,
            "MergeShards" => self.merge_shards(caller, request).await,
            known if REFUSED.contains(&known) => {
                Err(Failure::new("ValidationException", format!("{known} is not supported by this server")))
            }
            _ => Err(Failure::new("UnknownOperationException", "")),
        }
    }
}
