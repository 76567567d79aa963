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
    ($($service:ident { $($name:ident: $class:ident),* $(,)? })*) => {
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
        BatchExecuteStatement: Write,
        BatchGetItem: Read,
        BatchWriteItem: Write,
        CreateBackup: Control,
        CreateGlobalTable: Control,
        CreateTable: Control,
        DeleteBackup: Control,
        DeleteItem: Write,
        DeleteResourcePolicy: Control,
        DeleteTable: Control,
        DescribeBackup: Control,
        DescribeContinuousBackups: Control,
        DescribeContributorInsights: Control,
        DescribeEndpoints: Control,
        DescribeExport: Control,
        DescribeGlobalTable: Control,
        DescribeGlobalTableSettings: Control,
        DescribeImport: Control,
        DescribeKinesisStreamingDestination: Control,
        DescribeLimits: Control,
        DescribeTable: Control,
        DescribeTableReplicaAutoScaling: Control,
        DescribeTimeToLive: Control,
        DisableKinesisStreamingDestination: Control,
        EnableKinesisStreamingDestination: Control,
        ExecuteStatement: Write,
        ExecuteTransaction: Write,
        ExportTableToPointInTime: Control,
        GetItem: Read,
        GetResourcePolicy: Control,
        ImportTable: Control,
        ListBackups: Control,
        ListContributorInsights: Control,
        ListExports: Control,
        ListGlobalTables: Control,
        ListImports: Control,
        ListTables: Control,
        ListTagsOfResource: Control,
        PutItem: Write,
        PutResourcePolicy: Control,
        Query: Read,
        RestoreTableFromBackup: Control,
        RestoreTableToPointInTime: Control,
        Scan: Read,
        SearchVectors: Read,
        TagResource: Control,
        TransactGetItems: Read,
        TransactWriteItems: Write,
        UntagResource: Control,
        UpdateContinuousBackups: Control,
        UpdateContributorInsights: Control,
        UpdateGlobalTable: Control,
        UpdateGlobalTableSettings: Control,
        UpdateItem: Write,
        UpdateKinesisStreamingDestination: Control,
        UpdateTable: Control,
        UpdateTableReplicaAutoScaling: Control,
        UpdateTimeToLive: Control,
    }
    Streams {
        DescribeStream: Control,
        GetRecords: Read,
        GetShardIterator: Control,
        ListStreams: Control,
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

    /// The largest body that is read for it.
    pub fn body_limit_bytes(self) -> usize {
        BODY_LIMIT_BYTES
    }
}

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
        assert_eq!((of(Service::DynamoDb), of(Service::Streams)), (58, 4));
    }
}
