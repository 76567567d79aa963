//! The codes, each with its name, its namespace, its status and its constructor.

use super::ApiError;
use std::borrow::Cow;

const SERVICE: &str = "com.amazonaws.dynamodb.v20120810";
const CORAL_SERVICE: &str = "com.amazon.coral.service";
const CORAL_VALIDATE: &str = "com.amazon.coral.validate";

macro_rules! codes {
    ($($variant:ident $constructor:ident $namespace:ident $status:literal $name:literal $key:literal;)*) => {
        /// The code of an error: what the SDKs make an exception class of.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $(
                #[doc = concat!("`", $name, "`.")]
                $variant,
            )*
        }

        impl ErrorCode {
            /// All codes.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$variant),*];

            /// The name, the part of `__type` after `#`.
            pub fn name(self) -> &'static str {
                match self {
                    $(ErrorCode::$variant => $name,)*
                }
            }

            /// The part of `__type` before `#`.
            pub fn namespace(self) -> &'static str {
                match self {
                    $(ErrorCode::$variant => $namespace,)*
                }
            }

            /// The HTTP status.
            pub fn status(self) -> u16 {
                match self {
                    $(ErrorCode::$variant => $status,)*
                }
            }

            /// The member that holds the message: AWS capitalises it for a few codes.
            pub fn message_key(self) -> &'static str {
                match self {
                    $(ErrorCode::$variant => $key,)*
                }
            }
        }

        impl ApiError {
            $(codes!(@constructor $variant $constructor $name);)*
        }
    };
    (@constructor $variant:ident special $name:literal) => {};
    (@constructor $variant:ident $constructor:ident $name:literal) => {
        #[doc = concat!("`", $name, "`.")]
        pub fn $constructor(message: impl Into<Cow<'static, str>>) -> ApiError {
            ApiError::new(ErrorCode::$variant, message)
        }
    };
}

// `special` marks a code whose constructor is written by hand, or that has no message.
codes! {
    Validation validation CORAL_VALIDATE 400 "ValidationException" "message";
    Serialization serialization CORAL_SERVICE 400 "SerializationException" "Message";
    UnknownOperation special CORAL_SERVICE 400 "UnknownOperationException" "message";
    MissingAuthenticationToken missing_authentication_token CORAL_SERVICE 400 "MissingAuthenticationTokenException" "message";
    IncompleteSignature incomplete_signature CORAL_SERVICE 400 "IncompleteSignatureException" "message";
    InvalidSignature invalid_signature CORAL_SERVICE 400 "InvalidSignatureException" "message";
    UnrecognizedClient unrecognized_client CORAL_SERVICE 400 "UnrecognizedClientException" "message";
    AccessDenied access_denied CORAL_SERVICE 400 "AccessDeniedException" "message";
    InternalServerError internal_server_error SERVICE 500 "InternalServerError" "message";
    ResourceNotFound resource_not_found SERVICE 400 "ResourceNotFoundException" "message";
    ResourceInUse resource_in_use SERVICE 400 "ResourceInUseException" "message";
    ConditionalCheckFailed special SERVICE 400 "ConditionalCheckFailedException" "message";
    LimitExceeded limit_exceeded SERVICE 400 "LimitExceededException" "message";
    ProvisionedThroughputExceeded provisioned_throughput_exceeded SERVICE 400 "ProvisionedThroughputExceededException" "message";
    RequestLimitExceeded request_limit_exceeded SERVICE 400 "RequestLimitExceeded" "message";
    Throttling throttling SERVICE 400 "ThrottlingException" "message";
    ItemCollectionSizeLimitExceeded item_collection_size_limit_exceeded SERVICE 400 "ItemCollectionSizeLimitExceededException" "message";
    TransactionConflict transaction_conflict SERVICE 400 "TransactionConflictException" "message";
    TransactionCanceled special SERVICE 400 "TransactionCanceledException" "Message";
    TransactionInProgress transaction_in_progress SERVICE 400 "TransactionInProgressException" "Message";
    IdempotentParameterMismatch idempotent_parameter_mismatch SERVICE 400 "IdempotentParameterMismatchException" "Message";
    ReplicatedWriteConflict replicated_write_conflict SERVICE 400 "ReplicatedWriteConflictException" "message";
    DuplicateItem duplicate_item SERVICE 400 "DuplicateItemException" "message";
    TableNotFound table_not_found SERVICE 400 "TableNotFoundException" "message";
    TableInUse table_in_use SERVICE 400 "TableInUseException" "message";
    TableAlreadyExists table_already_exists SERVICE 400 "TableAlreadyExistsException" "message";
    IndexNotFound index_not_found SERVICE 400 "IndexNotFoundException" "message";
    BackupNotFound backup_not_found SERVICE 400 "BackupNotFoundException" "message";
    BackupInUse backup_in_use SERVICE 400 "BackupInUseException" "message";
    ContinuousBackupsUnavailable continuous_backups_unavailable SERVICE 400 "ContinuousBackupsUnavailableException" "message";
    PointInTimeRecoveryUnavailable point_in_time_recovery_unavailable SERVICE 400 "PointInTimeRecoveryUnavailableException" "message";
    InvalidRestoreTime invalid_restore_time SERVICE 400 "InvalidRestoreTimeException" "message";
    InvalidExportTime invalid_export_time SERVICE 400 "InvalidExportTimeException" "message";
    ExportNotFound export_not_found SERVICE 400 "ExportNotFoundException" "message";
    ExportConflict export_conflict SERVICE 400 "ExportConflictException" "message";
    ImportNotFound import_not_found SERVICE 400 "ImportNotFoundException" "message";
    ImportConflict import_conflict SERVICE 400 "ImportConflictException" "message";
    GlobalTableNotFound global_table_not_found SERVICE 400 "GlobalTableNotFoundException" "message";
    GlobalTableAlreadyExists global_table_already_exists SERVICE 400 "GlobalTableAlreadyExistsException" "message";
    ReplicaNotFound replica_not_found SERVICE 400 "ReplicaNotFoundException" "message";
    ReplicaAlreadyExists replica_already_exists SERVICE 400 "ReplicaAlreadyExistsException" "message";
    PolicyNotFound policy_not_found SERVICE 400 "PolicyNotFoundException" "message";
    ExpiredIterator expired_iterator SERVICE 400 "ExpiredIteratorException" "message";
    TrimmedDataAccess trimmed_data_access SERVICE 400 "TrimmedDataAccessException" "message";
}
