//! The one table of operations: their names, their class and the target header that picks them.

/// What an operation does, for admission and for routing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Reads items or records.
    Read,
    /// Writes items.
    Write,
    /// Describes or changes tables, streams and what belongs to them.
    Control,
}

/// How much of an operation this server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// What AWS does.
    Done,
    /// What is asked is stored and shown, and nothing comes of it.
    Stored,
    /// Nothing: it is answered with an error that says so.
    Refused,
}

/// The service that an operation belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// `DynamoDB_20120810`.
    DynamoDb,
    /// `DynamoDBStreams_20120810`.
    Streams,
}

/// The largest request body that AWS takes for any of these operations.
pub const BODY_LIMIT_BYTES: usize = 16 * 1024 * 1024;

macro_rules! operations {
    ($($service:ident { $($name:ident: $class:ident $support:ident),* $(,)? })*) => {
        /// An operation of DynamoDB or DynamoDB Streams.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Operation {
            $($(
                #[doc = concat!("`", stringify!($name), "`.")]
                $name,
            )*)*
        }

        impl Operation {
            /// All operations, in the order of the table.
            pub const ALL: &'static [Operation] = &[$($(Operation::$name),*),*];

            /// The name, as in the target header.
            pub fn name(self) -> &'static str {
                match self {
                    $($(Operation::$name => stringify!($name),)*)*
                }
            }

            /// What it does.
            pub fn class(self) -> Class {
                match self {
                    $($(Operation::$name => Class::$class,)*)*
                }
            }

            /// How much of it this server does.
            pub fn support(self) -> Support {
                match self {
                    $($(Operation::$name => Support::$support,)*)*
                }
            }

            /// The service it belongs to.
            pub fn service(self) -> Service {
                match self {
                    $($(Operation::$name => Service::$service,)*)*
                }
            }
        }
    };
}

operations! {
    DynamoDb {
        BatchExecuteStatement: Write Done,
        BatchGetItem: Read Done,
        BatchWriteItem: Write Done,
        CancelBulkOperation: Control Done,
        CreateBackup: Control Done,
        CreateGlobalTable: Control Done,
        CreateTable: Control Done,
        DeleteBackup: Control Done,
        DeleteItem: Write Done,
        DeleteResourcePolicy: Control Stored,
        DeleteTable: Control Done,
        DescribeBackup: Control Done,
        DescribeBulkOperation: Control Done,
        DescribeContinuousBackups: Control Done,
        DescribeContributorInsights: Control Stored,
        DescribeEndpoints: Control Done,
        DescribeExport: Control Done,
        DescribeGlobalTable: Control Done,
        DescribeGlobalTableSettings: Control Done,
        DescribeImport: Control Done,
        DescribeKinesisStreamingDestination: Control Done,
        DescribeLimits: Control Done,
        DescribeTable: Control Done,
        DescribeTableReplicaAutoScaling: Control Done,
        DescribeTimeToLive: Control Done,
        DisableKinesisStreamingDestination: Control Done,
        EnableKinesisStreamingDestination: Control Done,
        ExecuteStatement: Write Done,
        ExecuteTransaction: Write Done,
        ExportTableToPointInTime: Control Done,
        GetItem: Read Done,
        GetResourcePolicy: Control Stored,
        ImportTable: Control Done,
        ListBackups: Control Done,
        ListBulkOperations: Control Done,
        ListContributorInsights: Control Stored,
        ListExports: Control Done,
        ListGlobalTables: Control Done,
        ListImports: Control Done,
        ListTables: Control Done,
        ListTagsOfResource: Control Done,
        PutItem: Write Done,
        PutResourcePolicy: Control Stored,
        Query: Read Done,
        RestoreTableFromBackup: Control Done,
        RestoreTableToPointInTime: Control Done,
        Scan: Read Done,
        SearchVectors: Read Done,
        StartBulkPutItems: Control Refused,
        TagResource: Control Done,
        TransactGetItems: Read Done,
        TransactWriteItems: Write Done,
        UntagResource: Control Done,
        UpdateContinuousBackups: Control Done,
        UpdateContributorInsights: Control Stored,
        UpdateGlobalTable: Control Done,
        UpdateGlobalTableSettings: Control Done,
        UpdateItem: Write Done,
        UpdateKinesisStreamingDestination: Control Done,
        UpdateTable: Control Done,
        UpdateTableReplicaAutoScaling: Control Done,
        UpdateTimeToLive: Control Done,
    }
    Streams {
        DescribeStream: Control Done,
        GetRecords: Read Done,
        GetShardIterator: Control Done,
        ListStreams: Control Done,
    }
}

impl Operation {
    fn parse(service: Service, name: &str) -> Option<Operation> {
        // What is asked for most is looked for first.
        let is_it = |operation: &&Operation| operation.name() == name && operation.service() == service;
        Self::HOT.iter().chain(Self::ALL).find(is_it).copied()
    }

    const HOT: &'static [Operation] = &[
        Operation::GetItem,
        Operation::PutItem,
        Operation::UpdateItem,
        Operation::Query,
        Operation::GetRecords,
        Operation::DeleteItem,
        Operation::TransactWriteItems,
        Operation::BatchWriteItem,
    ];

    /// The operation that an `X-Amz-Target` header names, such as `DynamoDB_20120810.PutItem`.
    pub fn from_target(target: &str) -> Option<Operation> {
        if let Some(name) = target.strip_prefix("DynamoDB_20120810.") {
            return Operation::parse(Service::DynamoDb, name);
        }
        Operation::parse(Service::Streams, target.strip_prefix("DynamoDBStreams_20120810.")?)
    }

    /// What differs from AWS in what it does, or what of it is not done; empty where there is nothing to say.
    pub fn remark(self) -> &'static str {
        use Operation as O;
        match self {
            O::CancelBulkOperation | O::DescribeBulkOperation | O::ListBulkOperations => "there are none",
            O::StartBulkPutItems => "checked, then refused; ImportTable reads objects into a new table",
            O::CreateBackup => "the table as it is at the moment of the call",
            O::CreateGlobalTable | O::UpdateGlobalTable => {
                "refused as AWS refuses it: version 2017.11.29 is gone there"
            }
            O::DisableKinesisStreamingDestination
            | O::EnableKinesisStreamingDestination
            | O::UpdateKinesisStreamingDestination => "done when it answers",
            O::DescribeGlobalTable
            | O::DescribeGlobalTableSettings
            | O::UpdateGlobalTableSettings
            | O::ListGlobalTables => "there are none",
            O::DescribeTableReplicaAutoScaling | O::UpdateTableReplicaAutoScaling => {
                "answered as for a table without replicas"
            }
            O::DeleteResourcePolicy | O::GetResourcePolicy | O::PutResourcePolicy => {
                "of tables and streams; nobody is refused by a policy"
            }
            O::DescribeContributorInsights | O::ListContributorInsights | O::UpdateContributorInsights => {
                "nothing is watched, so there are no rules"
            }
            O::ExportTableToPointInTime => {
                "the table at the moment of the call, or what its stream holds; another `ExportTime` is refused"
            }
            O::ImportTable => "bad records are told in the server's log",
            O::ListBackups => "backups of users; the service makes none",
            O::RestoreTableToPointInTime => {
                "the moment of the call, or as far back as the table's stream shows what items were before"
            }
            O::SearchVectors => {
                "exact: every vector of the index, or of the partition asked for, is looked at"
            }
            O::UpdateContinuousBackups => "`RecoveryPeriodInDays` is stored only",
            _ => "",
        }
    }

    /// The largest body that is read for it.
    pub fn body_limit_bytes(self) -> usize {
        BODY_LIMIT_BYTES
    }
}

mod parameters;

#[cfg(test)]
mod page;

pub use parameters::Parameters;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_found_by_its_target_and_no_other() {
        for operation in Operation::ALL {
            let (service, other) = match operation.service() {
                Service::DynamoDb => ("DynamoDB_20120810", "DynamoDBStreams_20120810"),
                Service::Streams => ("DynamoDBStreams_20120810", "DynamoDB_20120810"),
            };
            let name = operation.name();
            assert_eq!(Operation::from_target(&format!("{service}.{name}")), Some(*operation));
            assert_eq!(Operation::from_target(&format!("{other}.{name}")), None);
        }
        for target in [
            "",
            ".",
            "PutItem",
            "DynamoDB_20120810",
            "DynamoDB_20120810.putItem",
            "DynamoDB_20111205.PutItem",
        ] {
            assert_eq!(Operation::from_target(target), None, "{target}");
        }
    }

    #[test]
    fn there_are_as_many_as_the_models_have() {
        let of = |service| Operation::ALL.iter().filter(|operation| operation.service() == service).count();
        assert_eq!((of(Service::DynamoDb), of(Service::Streams)), (62, 4));
    }
}
