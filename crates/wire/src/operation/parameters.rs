//! The parameters of each operation, each with how much of it this server does: every member of the newest models is
//! named here. `tests/clients/python/test_operations.py` compares the names with those of the installed botocore, and
//! holds the server to what is said: a parameter that is done or stored is read, one that is refused is refused.

use super::{Operation, Operation as O};

/// What is done of the parameters of one operation; names are separated by blanks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parameters {
    done: &'static str,
    stored: &'static str,
    refused: &'static str,
}

impl Parameters {
    /// Those that do what they do at AWS.
    pub fn done(self) -> impl Iterator<Item = &'static str> {
        self.done.split_ascii_whitespace()
    }

    /// Those that are kept and shown, and nothing comes of them.
    pub fn stored(self) -> impl Iterator<Item = &'static str> {
        self.stored.split_ascii_whitespace()
    }

    /// Those that are answered with an error.
    pub fn refused(self) -> impl Iterator<Item = &'static str> {
        self.refused.split_ascii_whitespace()
    }

    const fn and_stored(self, stored: &'static str) -> Parameters {
        Parameters { done: self.done, stored, refused: self.refused }
    }

    const fn and_refused(self, refused: &'static str) -> Parameters {
        Parameters { done: self.done, stored: self.stored, refused }
    }
}

impl Operation {
    /// What is done of its parameters.
    pub fn parameters(self) -> Parameters {
        let entry = TABLE.iter().find(|(operation, _)| *operation == self);
        entry.map(|(_, parameters)| *parameters).unwrap_or_default()
    }
}

const fn done(done: &'static str) -> Parameters {
    Parameters { done, stored: "", refused: "" }
}

const fn refused(refused: &'static str) -> Parameters {
    done("").and_refused(refused)
}

/// In the order of the operations' own table.
const TABLE: &[(Operation, Parameters)] = &[
    (O::BatchExecuteStatement, done("Statements ReturnConsumedCapacity")),
    (O::BatchGetItem, done("RequestItems ReturnConsumedCapacity")),
    (O::BatchWriteItem, done("RequestItems ReturnConsumedCapacity ReturnItemCollectionMetrics")),
    (O::CancelBulkOperation, done("BulkOperationArn")),
    (O::CreateBackup, done("TableName BackupName")),
    (O::CreateGlobalTable, refused("GlobalTableName ReplicationGroup")),
    (
        O::CreateTable,
        done(
            "AttributeDefinitions TableName KeySchema LocalSecondaryIndexes GlobalSecondaryIndexes BillingMode \
             StreamSpecification Tags DeletionProtectionEnabled VectorIndexes",
        )
            .and_stored(
                "ProvisionedThroughput SSESpecification TableClass WarmThroughput ResourcePolicy OnDemandThroughput",
            )
            .and_refused("GlobalTableSourceArn GlobalTableSettingsReplicationMode"),
    ),
    (O::DeleteBackup, done("BackupArn")),
    (
        O::DeleteItem,
        done(
            "TableName Key Expected ConditionalOperator ReturnValues ReturnConsumedCapacity \
             ReturnItemCollectionMetrics ConditionExpression ExpressionAttributeNames ExpressionAttributeValues \
             ReturnValuesOnConditionCheckFailure",
        ),
    ),
    (O::DeleteResourcePolicy, done("ResourceArn ExpectedRevisionId")),
    (O::DeleteTable, done("TableName")),
    (O::DescribeBackup, done("BackupArn")),
    (O::DescribeBulkOperation, done("BulkOperationArn")),
    (O::DescribeContinuousBackups, done("TableName")),
    (O::DescribeContributorInsights, done("TableName IndexName")),
    (O::DescribeEndpoints, done("")),
    (O::DescribeExport, done("ExportArn")),
    (O::DescribeGlobalTable, done("GlobalTableName")),
    (O::DescribeGlobalTableSettings, done("GlobalTableName")),
    (O::DescribeImport, done("ImportArn")),
    (O::DescribeKinesisStreamingDestination, done("TableName")),
    (O::DescribeLimits, done("")),
    (O::DescribeTable, done("TableName")),
    (O::DescribeTableReplicaAutoScaling, done("TableName")),
    (O::DescribeTimeToLive, done("TableName")),
    (
        O::DisableKinesisStreamingDestination,
        done("TableName StreamArn EnableKinesisStreamingConfiguration"),
    ),
    (
        O::EnableKinesisStreamingDestination,
        done("TableName StreamArn EnableKinesisStreamingConfiguration"),
    ),
    (
        O::ExecuteStatement,
        done(
            "Statement Parameters ConsistentRead NextToken ReturnConsumedCapacity Limit \
             ReturnValuesOnConditionCheckFailure",
        ),
    ),
    (O::ExecuteTransaction, done("TransactStatements ClientRequestToken ReturnConsumedCapacity")),
    (
        O::ExportTableToPointInTime,
        done(
            "TableArn ExportTime ClientToken S3Bucket S3BucketOwner S3Prefix ExportFormat ExportType \
             IncrementalExportSpecification FilterSpecification",
        )
            .and_stored("S3SseAlgorithm S3SseKmsKeyId"),
    ),
    (
        O::GetItem,
        done(
            "TableName Key AttributesToGet ConsistentRead ReturnConsumedCapacity ProjectionExpression \
             ExpressionAttributeNames",
        ),
    ),
    (O::GetResourcePolicy, done("ResourceArn")),
    (
        O::ImportTable,
        done(
            "ClientToken S3BucketSource InputFormat InputFormatOptions InputCompressionType TableCreationParameters",
        ),
    ),
    (
        O::ListBackups,
        done("TableName Limit TimeRangeLowerBound TimeRangeUpperBound ExclusiveStartBackupArn BackupType"),
    ),
    (O::ListBulkOperations, done("MaxResults NextToken")),
    (O::ListContributorInsights, done("TableName NextToken MaxResults")),
    (O::ListExports, done("TableArn MaxResults NextToken")),
    (O::ListGlobalTables, done("ExclusiveStartGlobalTableName Limit RegionName")),
    (O::ListImports, done("TableArn PageSize NextToken")),
    (O::ListTables, done("ExclusiveStartTableName Limit")),
    (O::ListTagsOfResource, done("ResourceArn NextToken")),
    (
        O::PutItem,
        done(
            "TableName Item Expected ReturnValues ReturnConsumedCapacity ReturnItemCollectionMetrics \
             ConditionalOperator ConditionExpression ExpressionAttributeNames ExpressionAttributeValues \
             ReturnValuesOnConditionCheckFailure",
        ),
    ),
    (
        O::PutResourcePolicy,
        done("ResourceArn ExpectedRevisionId")
            .and_stored("Policy ConfirmRemoveSelfResourceAccess"),
    ),
    (
        O::Query,
        done(
            "TableName IndexName Select AttributesToGet Limit ConsistentRead KeyConditions QueryFilter \
             ConditionalOperator ScanIndexForward ExclusiveStartKey ReturnConsumedCapacity ProjectionExpression \
             FilterExpression KeyConditionExpression ExpressionAttributeNames ExpressionAttributeValues",
        ),
    ),
    (
        O::RestoreTableFromBackup,
        done(
            "TargetTableName BackupArn BillingModeOverride GlobalSecondaryIndexOverride LocalSecondaryIndexOverride \
             VectorIndexOverride",
        )
            .and_stored("ProvisionedThroughputOverride OnDemandThroughputOverride SSESpecificationOverride"),
    ),
    (
        O::RestoreTableToPointInTime,
        done(
            "SourceTableArn SourceTableName TargetTableName UseLatestRestorableTime BillingModeOverride \
             GlobalSecondaryIndexOverride LocalSecondaryIndexOverride VectorIndexOverride RestoreDateTime",
        )
            .and_stored("ProvisionedThroughputOverride OnDemandThroughputOverride SSESpecificationOverride"),
    ),
    (
        O::Scan,
        done(
            "TableName IndexName AttributesToGet Limit Select ScanFilter ConditionalOperator ExclusiveStartKey \
             ReturnConsumedCapacity TotalSegments Segment ProjectionExpression FilterExpression \
             ExpressionAttributeNames ExpressionAttributeValues ConsistentRead",
        ),
    ),
    (
        O::SearchVectors,
        done(
            "TableName IndexName ReturnConsumedCapacity ExpressionAttributeNames ExpressionAttributeValues \
             ProjectionExpression SearchVector SearchConditionExpression TopK",
        ),
    ),
    (
        O::StartBulkPutItems,
        refused(
            "ClientToken InputS3Configuration OutputS3Configuration TableName MaxWriteRequestUnits PerformanceTier",
        ),
    ),
    (O::TagResource, done("ResourceArn Tags")),
    (O::TransactGetItems, done("TransactItems ReturnConsumedCapacity")),
    (
        O::TransactWriteItems,
        done("TransactItems ReturnConsumedCapacity ReturnItemCollectionMetrics ClientRequestToken"),
    ),
    (O::UntagResource, done("ResourceArn TagKeys")),
    (O::UpdateContinuousBackups, done("TableName PointInTimeRecoverySpecification")),
    (
        O::UpdateContributorInsights,
        done("TableName IndexName")
            .and_stored("ContributorInsightsAction ContributorInsightsMode"),
    ),
    (O::UpdateGlobalTable, refused("GlobalTableName ReplicaUpdates")),
    (
        O::UpdateGlobalTableSettings,
        done("GlobalTableName")
            .and_refused(
                "GlobalTableBillingMode GlobalTableProvisionedWriteCapacityUnits \
                 GlobalTableProvisionedWriteCapacityAutoScalingSettingsUpdate \
                 GlobalTableGlobalSecondaryIndexSettingsUpdate ReplicaSettingsUpdate",
            ),
    ),
    (
        O::UpdateItem,
        done(
            "TableName Key AttributeUpdates Expected ConditionalOperator ReturnValues ReturnConsumedCapacity \
             ReturnItemCollectionMetrics UpdateExpression ConditionExpression ExpressionAttributeNames \
             ExpressionAttributeValues ReturnValuesOnConditionCheckFailure",
        ),
    ),
    (
        O::UpdateKinesisStreamingDestination,
        done("TableName StreamArn UpdateKinesisStreamingConfiguration"),
    ),
    (
        O::UpdateTable,
        done(
            "AttributeDefinitions TableName BillingMode GlobalSecondaryIndexUpdates StreamSpecification \
             DeletionProtectionEnabled VectorIndexUpdates",
        )
            .and_stored("ProvisionedThroughput SSESpecification TableClass OnDemandThroughput WarmThroughput")
            .and_refused(
                "ReplicaUpdates MultiRegionConsistency GlobalTableWitnessUpdates GlobalTableSettingsReplicationMode \
                 DisassociationProtectionEnabled",
            ),
    ),
    (
        O::UpdateTableReplicaAutoScaling,
        done("TableName")
            .and_refused("GlobalSecondaryIndexUpdates ProvisionedWriteCapacityAutoScalingUpdate ReplicaUpdates"),
    ),
    (O::UpdateTimeToLive, done("TableName TimeToLiveSpecification")),
    (O::DescribeStream, done("StreamArn Limit ExclusiveStartShardId ShardFilter")),
    (O::GetRecords, done("ShardIterator Limit")),
    (O::GetShardIterator, done("StreamArn ShardId ShardIteratorType SequenceNumber Timestamp")),
    (O::ListStreams, done("TableName Limit ExclusiveStartStreamArn")),];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_operation_has_its_parameters_each_once() {
        let order: Vec<_> = TABLE.iter().map(|(operation, _)| *operation).collect();
        assert_eq!(order, Operation::ALL);
        for (operation, parameters) in TABLE {
            let names: Vec<_> =
                parameters.done().chain(parameters.stored()).chain(parameters.refused()).collect();
            let different: BTreeSet<_> = names.iter().collect();
            assert_eq!(names.len(), different.len(), "{operation:?}");
        }
    }

    #[test]
    fn a_refused_operation_has_no_other_parameters_than_refused_ones() {
        for (operation, parameters) in TABLE {
            if operation.support() == super::super::Support::Refused {
                assert_eq!(parameters.done().chain(parameters.stored()).next(), None, "{operation:?}");
            }
        }
    }
}
