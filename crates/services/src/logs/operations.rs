//! The operations.

mod create_log_group;
mod create_log_stream;
mod delete_log_group;
mod delete_log_stream;
mod deletion_protection;
mod describe_filters;
mod describe_log_groups;
mod describe_log_streams;
mod filter_log_events;
mod get_log_events;
mod kms_key;
mod list_log_groups;
mod put_log_events;
mod retention_policy;
mod tags;

use super::Logs;
use super::failure::Failure;
use crate::request::Request;
use crate::value::Value;
use database::Caller;

/// Operations that AWS has and this server does not.
const REFUSED: &[&str] = &[
    "AssociateSourceToS3TableIntegration",
    "CancelExportTask",
    "CancelImportTask",
    "CreateDelivery",
    "CreateExportTask",
    "CreateImportTask",
    "CreateLogAnomalyDetector",
    "CreateLookupTable",
    "CreateScheduledQuery",
    "DeleteAccountPolicy",
    "DeleteDataProtectionPolicy",
    "DeleteDelivery",
    "DeleteDeliveryDestination",
    "DeleteDeliveryDestinationPolicy",
    "DeleteDeliverySource",
    "DeleteDestination",
    "DeleteIndexPolicy",
    "DeleteIntegration",
    "DeleteLogAnomalyDetector",
    "DeleteLookupTable",
    "DeleteMetricFilter",
    "DeleteQueryDefinition",
    "DeleteResourcePolicy",
    "DeleteScheduledQuery",
    "DeleteSubscriptionFilter",
    "DeleteSyslogConfiguration",
    "DeleteTransformer",
    "DescribeAccountPolicies",
    "DescribeConfigurationTemplates",
    "DescribeDeliveries",
    "DescribeDeliveryDestinations",
    "DescribeDeliverySources",
    "DescribeDestinations",
    "DescribeExportTasks",
    "DescribeFieldIndexes",
    "DescribeImportTaskBatches",
    "DescribeImportTasks",
    "DescribeIndexPolicies",
    "DescribeLookupTables",
    "DescribeQueries",
    "DescribeQueryDefinitions",
    "DescribeResourcePolicies",
    "DisassociateSourceFromS3TableIntegration",
    "GetDataProtectionPolicy",
    "GetDelivery",
    "GetDeliveryDestination",
    "GetDeliveryDestinationPolicy",
    "GetDeliverySource",
    "GetIntegration",
    "GetLogAnomalyDetector",
    "GetLogFields",
    "GetLogGroupFields",
    "GetLogObject",
    "GetLogRecord",
    "GetLookupTable",
    "GetQueryResults",
    "GetScheduledQuery",
    "GetScheduledQueryHistory",
    "GetStorageTierPolicy",
    "GetTransformer",
    "ListAggregateLogGroupSummaries",
    "ListAnomalies",
    "ListIntegrations",
    "ListLogAnomalyDetectors",
    "ListLogGroupsForQuery",
    "ListScheduledQueries",
    "ListSourcesForS3TableIntegration",
    "ListSyslogConfigurations",
    "PutAccountPolicy",
    "PutBearerTokenAuthentication",
    "PutDataProtectionPolicy",
    "PutDeliveryDestination",
    "PutDeliveryDestinationPolicy",
    "PutDeliverySource",
    "PutDestination",
    "PutDestinationPolicy",
    "PutIndexPolicy",
    "PutIntegration",
    "PutMetricFilter",
    "PutQueryDefinition",
    "PutResourcePolicy",
    "PutStorageTierPolicy",
    "PutSubscriptionFilter",
    "PutSyslogConfiguration",
    "PutTransformer",
    "StartLiveTail",
    "StartQuery",
    "StopQuery",
    "TestMetricFilter",
    "TestTransformer",
    "UpdateAnomaly",
    "UpdateDeliveryConfiguration",
    "UpdateLogAnomalyDetector",
    "UpdateLookupTable",
    "UpdateScheduledQuery",
];

impl Logs {
    /// Runs an operation.
    pub(super) async fn run(
        &self,
        operation: &str,
        caller: &Caller,
        request: Request,
    ) -> Result<Value, Failure> {
        match operation {
            "DescribeLogGroups" => self.describe_log_groups(caller, request),
            "ListLogGroups" => self.list_log_groups(caller, request),
            "DescribeLogStreams" => self.describe_log_streams(caller, request),
            "GetLogEvents" => self.get_log_events(caller, request),
            "FilterLogEvents" => self.filter_log_events(caller, request).await,
            "ListTagsForResource" => self.list_tags_for_resource(caller, request),
            "ListTagsLogGroup" => self.list_tags_log_group(caller, request),
            "DescribeMetricFilters" => self.describe_filters(caller, request, "metricFilters"),
            "DescribeSubscriptionFilters" => self.describe_filters(caller, request, "subscriptionFilters"),
            _ => {
                let answer = self.change(operation, caller, request)?;
                // Whatever it changed is committed with it.
                self.flush().await?;
                Ok(answer)
            }
        }
    }

    /// The operations that change something.
    fn change(&self, operation: &str, caller: &Caller, request: Request) -> Result<Value, Failure> {
        match operation {
            "CreateLogGroup" => self.create_log_group(caller, request),
            "DeleteLogGroup" => self.delete_log_group(caller, request),
            "CreateLogStream" => self.create_log_stream(caller, request),
            "DeleteLogStream" => self.delete_log_stream(caller, request),
            "PutLogEvents" => self.put_log_events(caller, request),
            "PutRetentionPolicy" => self.put_retention_policy(caller, request),
            "DeleteRetentionPolicy" => self.delete_retention_policy(caller, request),
            "TagResource" => self.tag_resource(caller, request),
            "UntagResource" => self.untag_resource(caller, request),
            "TagLogGroup" => self.tag_log_group(caller, request),
            "UntagLogGroup" => self.untag_log_group(caller, request),
            "AssociateKmsKey" => self.associate_kms_key(caller, request),
            "DisassociateKmsKey" => self.disassociate_kms_key(caller, request),
            "PutLogGroupDeletionProtection" => self.put_log_group_deletion_protection(caller, request),
            known if REFUSED.contains(&known) => Err(Failure::new(
                "InvalidOperationException",
                format!("{known} is not supported by this server"),
            )),
            _ => Err(Failure::new("UnknownOperationException", "")),
        }
    }
}
