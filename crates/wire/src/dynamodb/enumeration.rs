//! The enumerations of the API model, with the list of their values as AWS prints it.

macro_rules! enumeration {
    ($(#[$doc:meta])* $name:ident [$set:literal] { $($(#[$value_doc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$value_doc])* $variant,)*
        }

        impl Enumeration for $name {
            const SET: &'static str = $set;

            fn from_text(text: &str) -> Option<Self> {
                match text {
                    $($text => Some($name::$variant),)*
                    _ => None,
                }
            }

            fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $text,)*
                }
            }
        }
    };
}

/// An enumeration of the model.
pub trait Enumeration: Copy {
    /// The values as AWS lists them in `Member must satisfy enum value set: ...`.
    const SET: &'static str;

    /// The value that a text names, case-sensitively.
    fn from_text(text: &str) -> Option<Self>;

    /// The text on the wire.
    fn as_str(self) -> &'static str;
}

enumeration! {
    /// What a write answers of the item.
    #[derive(Default)]
    ReturnValues ["[ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]"] {
        /// Nothing.
        #[default]
        None = "NONE",
        /// The whole item before.
        AllOld = "ALL_OLD",
        /// The written attributes before.
        UpdatedOld = "UPDATED_OLD",
        /// The whole item after.
        AllNew = "ALL_NEW",
        /// The written attributes after.
        UpdatedNew = "UPDATED_NEW",
    }
}

enumeration! {
    /// Whether an answer tells the capacity used.
    #[derive(Default)]
    ReturnConsumedCapacity ["[INDEXES, TOTAL, NONE]"] {
        /// Not at all.
        #[default]
        None = "NONE",
        /// The sum.
        Total = "TOTAL",
        /// The sum, and each table's and index's part.
        Indexes = "INDEXES",
    }
}

enumeration! {
    /// Whether an answer tells the sizes of item collections.
    #[derive(Default)]
    ReturnItemCollectionMetrics ["[SIZE, NONE]"] {
        /// No.
        #[default]
        None = "NONE",
        /// Yes, for tables with a local secondary index.
        Size = "SIZE",
    }
}

enumeration! {
    /// Whether a failed condition answers the item.
    #[derive(Default)]
    ReturnValuesOnConditionCheckFailure ["[ALL_OLD, NONE]"] {
        /// No.
        #[default]
        None = "NONE",
        /// The item as it is.
        AllOld = "ALL_OLD",
    }
}

enumeration! {
    /// The unit in which a record in a data stream tells its time.
    ApproximateCreationDateTimePrecision ["[MILLISECOND, MICROSECOND]"] {
        /// Milliseconds.
        Millisecond = "MILLISECOND",
        /// Microseconds.
        Microsecond = "MICROSECOND",
    }
}

enumeration! {
    /// What a Query or Scan answers of each item.
    Select ["[SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]"] {
        /// Whole items.
        AllAttributes = "ALL_ATTRIBUTES",
        /// What the index holds.
        AllProjectedAttributes = "ALL_PROJECTED_ATTRIBUTES",
        /// What the projection names.
        SpecificAttributes = "SPECIFIC_ATTRIBUTES",
        /// Only their number.
        Count = "COUNT",
    }
}

enumeration! {
    /// How legacy conditions are joined.
    ConditionalOperator ["[OR, AND]"] {
        /// All must hold.
        And = "AND",
        /// One must hold.
        Or = "OR",
    }
}

enumeration! {
    /// The operator of a legacy condition.
    ComparisonOperator ["[IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, CONTAINS]"] {
        /// Equal.
        Eq = "EQ",
        /// Not equal.
        Ne = "NE",
        /// One of a list.
        In = "IN",
        /// At most.
        Le = "LE",
        /// Less than.
        Lt = "LT",
        /// At least.
        Ge = "GE",
        /// Greater than.
        Gt = "GT",
        /// Between two bounds, both included.
        Between = "BETWEEN",
        /// The attribute exists.
        NotNull = "NOT_NULL",
        /// The attribute does not exist.
        Null = "NULL",
        /// A string or set contains a value.
        Contains = "CONTAINS",
        /// A string or set does not contain a value.
        NotContains = "NOT_CONTAINS",
        /// A string or binary has a prefix.
        BeginsWith = "BEGINS_WITH",
    }
}

enumeration! {
    /// What a legacy attribute update does.
    AttributeAction ["[ADD, DELETE, PUT]"] {
        /// Adds to a number or a set.
        Add = "ADD",
        /// Sets the attribute.
        Put = "PUT",
        /// Removes the attribute, or elements of a set.
        Delete = "DELETE",
    }
}

enumeration! {
    /// How similarity of vectors is measured.
    VectorDistanceFunction ["[COSINE, DOT_PRODUCT, EUCLIDEAN]"] {
        /// One less the cosine of the angle between them.
        Cosine = "COSINE",
        /// Their scalar product.
        DotProduct = "DOT_PRODUCT",
        /// The length of their difference.
        Euclidean = "EUCLIDEAN",
    }
}

enumeration! {
    /// What an attribute is for the searches of a vector index.
    SearchSchemaElementType ["[HASH, INLINE_FILTER]"] {
        /// Its partition key.
        Hash = "HASH",
        /// An attribute that searches may ask for.
        InlineFilter = "INLINE_FILTER",
    }
}

enumeration! {
    /// The type of a key attribute.
    ScalarAttributeType ["[B, N, S]"] {
        /// A string.
        S = "S",
        /// A number.
        N = "N",
        /// Bytes.
        B = "B",
    }
}

enumeration! {
    /// The part of a key that an attribute is.
    KeyType ["[HASH, RANGE]"] {
        /// The partition key.
        Hash = "HASH",
        /// The sort key.
        Range = "RANGE",
    }
}

enumeration! {
    /// Which attributes an index holds.
    ProjectionType ["[ALL, INCLUDE, KEYS_ONLY]"] {
        /// All.
        All = "ALL",
        /// The keys of the table and of the index.
        KeysOnly = "KEYS_ONLY",
        /// The keys and those named.
        Include = "INCLUDE",
    }
}

enumeration! {
    /// How a table is billed.
    BillingMode ["[PROVISIONED, PAY_PER_REQUEST]"] {
        /// By provisioned throughput.
        Provisioned = "PROVISIONED",
        /// By request.
        PayPerRequest = "PAY_PER_REQUEST",
    }
}

enumeration! {
    /// The storage class of a table.
    TableClass ["[STANDARD, STANDARD_INFREQUENT_ACCESS]"] {
        /// Standard.
        Standard = "STANDARD",
        /// Infrequent access.
        StandardInfrequentAccess = "STANDARD_INFREQUENT_ACCESS",
    }
}

enumeration! {
    /// The kind of encryption at rest.
    SseType ["[AES256, KMS]"] {
        /// With a key of the service.
        Aes256 = "AES256",
        /// With a key of AWS KMS.
        Kms = "KMS",
    }
}

enumeration! {
    /// What the records of a stream hold of an item.
    StreamViewType ["[NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES, KEYS_ONLY]"] {
        /// The item after.
        NewImage = "NEW_IMAGE",
        /// The item before.
        OldImage = "OLD_IMAGE",
        /// Both.
        NewAndOldImages = "NEW_AND_OLD_IMAGES",
        /// Only the key.
        KeysOnly = "KEYS_ONLY",
    }
}

enumeration! {
    /// Where a shard iterator starts.
    ShardIteratorType ["[TRIM_HORIZON, LATEST, AT_SEQUENCE_NUMBER, AFTER_SEQUENCE_NUMBER, AT_TIMESTAMP]"] {
        /// At the oldest record kept.
        TrimHorizon = "TRIM_HORIZON",
        /// After the newest record.
        Latest = "LATEST",
        /// At a record.
        AtSequenceNumber = "AT_SEQUENCE_NUMBER",
        /// After a record.
        AfterSequenceNumber = "AFTER_SEQUENCE_NUMBER",
        /// At the first record of a time or later.
        AtTimestamp = "AT_TIMESTAMP",
    }
}

enumeration! {
    /// Which shards of a stream are described.
    ShardFilterType ["[CHILD_SHARDS]"] {
        /// The children of one shard.
        ChildShards = "CHILD_SHARDS",
    }
}

enumeration! {
    /// Which backups are listed.
    BackupTypeFilter ["[SYSTEM, AWS_BACKUP, USER, ALL]"] {
        /// Those that a user made.
        User = "USER",
        /// Those that the service made.
        System = "SYSTEM",
        /// Those that AWS Backup made.
        AwsBackup = "AWS_BACKUP",
        /// All.
        All = "ALL",
    }
}

enumeration! {
    /// Whether contributor insights are to be on.
    ContributorInsightsAction ["[DISABLE, ENABLE]"] {
        /// On.
        Enable = "ENABLE",
        /// Off.
        Disable = "DISABLE",
    }
}

enumeration! {
    /// What contributor insights watch.
    ContributorInsightsMode ["[ACCESSED_AND_THROTTLED_KEYS, THROTTLED_KEYS]"] {
        /// The keys that are used most and those that are throttled.
        AccessedAndThrottledKeys = "ACCESSED_AND_THROTTLED_KEYS",
        /// Only the throttled ones.
        ThrottledKeys = "THROTTLED_KEYS",
    }
}

enumeration! {
    /// What an export is written in.
    #[derive(Default)]
    ExportFormat ["[DYNAMODB_JSON, ION]"] {
        /// Lines of DynamoDB JSON.
        #[default]
        DynamoDbJson = "DYNAMODB_JSON",
        /// Lines of Amazon Ion's text.
        Ion = "ION",
    }
}

enumeration! {
    /// What an export holds.
    #[derive(Default)]
    ExportType ["[FULL_EXPORT, INCREMENTAL_EXPORT]"] {
        /// All items of one moment.
        #[default]
        Full = "FULL_EXPORT",
        /// What changed in a time.
        Incremental = "INCREMENTAL_EXPORT",
    }
}

enumeration! {
    /// What an incremental export tells of each item.
    #[derive(Default)]
    ExportViewType ["[NEW_IMAGE, NEW_AND_OLD_IMAGES]"] {
        /// The item after.
        NewImage = "NEW_IMAGE",
        /// The item after, and before.
        #[default]
        NewAndOldImages = "NEW_AND_OLD_IMAGES",
    }
}

enumeration! {
    /// How objects are said to be encrypted.
    S3SseAlgorithm ["[AES256, KMS]"] {
        /// With keys of S3.
        Aes256 = "AES256",
        /// With a key of KMS.
        Kms = "KMS",
    }
}

enumeration! {
    /// What a bulk operation reads.
    BulkInputFormat ["[DYNAMODB_JSON, ION]"] {
        /// Lines of DynamoDB JSON.
        DynamoDbJson = "DYNAMODB_JSON",
        /// Amazon Ion.
        Ion = "ION",
    }
}

enumeration! {
    /// What a bulk operation reports of single items.
    BulkOutputType ["[CONDITION_CHECK_FAILURE, ERROR]"] {
        /// Those that could not be written.
        Error = "ERROR",
        /// Those whose condition did not hold.
        ConditionCheckFailure = "CONDITION_CHECK_FAILURE",
    }
}

enumeration! {
    /// How fast a bulk operation is.
    BulkPerformanceTier ["[ACCELERATED, STANDARD]"] {
        /// As usual.
        Standard = "STANDARD",
        /// Faster.
        Accelerated = "ACCELERATED",
    }
}

enumeration! {
    /// What an import reads.
    InputFormat ["[DYNAMODB_JSON, ION, CSV]"] {
        /// Lines of DynamoDB JSON.
        DynamoDbJson = "DYNAMODB_JSON",
        /// Lines of Amazon Ion's text.
        Ion = "ION",
        /// CSV.
        Csv = "CSV",
    }
}

enumeration! {
    /// What the files of an import are compressed with.
    #[derive(Default)]
    InputCompressionType ["[GZIP, ZSTD, NONE]"] {
        /// Gzip.
        Gzip = "GZIP",
        /// Zstandard.
        Zstd = "ZSTD",
        /// Nothing.
        #[default]
        None = "NONE",
    }
}
