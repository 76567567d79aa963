//! The calls that this crate makes, and what it must know of their answers. Whoever can make them is a transport.

use crate::{Change, Item, SequenceNumber, Value};
use std::collections::BTreeMap;
use std::future::Future;

/// Why a call failed, as far as it matters to what is done next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Too many calls: try again later, and less often.
    #[error("throttled: {0}")]
    Throttled(String),
    /// The iterator is older than iterators live.
    #[error("the iterator has expired: {0}")]
    ExpiredIterator(String),
    /// The changes that were asked for are older than the stream keeps them.
    #[error("trimmed: {0}")]
    Trimmed(String),
    /// The stream, shard or table does not exist.
    #[error("not found: {0}")]
    NotFound(String),
    /// The condition of a write did not hold.
    #[error("the condition does not hold")]
    ConditionFailed,
    /// What is to be made is there already.
    #[error("it is there already: {0}")]
    AlreadyExists(String),
    /// No answer, or a failure of the service: the call may have been carried out or not.
    #[error("no answer: {0}")]
    Unavailable(String),
    /// The service refuses the call, and would do so again.
    #[error("refused: {0}")]
    Refused(String),
}

/// Where a stream stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamStatus {
    /// It is being enabled.
    Enabling,
    /// It takes changes.
    Enabled,
    /// It is being disabled.
    Disabling,
    /// It takes no changes any more, and what it has can be read for a while.
    Disabled,
}

/// A shard as DescribeStream lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Its name.
    pub id: String,
    /// The shard that it continues, which may not be listed any more.
    pub parent: Option<String>,
    /// At or below its first change.
    pub starting: Option<SequenceNumber>,
    /// At or above its last change; none while the shard is open.
    pub ending: Option<SequenceNumber>,
}

/// One page of DescribeStream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamPage {
    /// Where the stream stands.
    pub status: StreamStatus,
    /// The table of the stream.
    pub table: String,
    /// The names of the attributes of the table's primary key.
    pub key_attributes: Vec<String>,
    /// Shards.
    pub shards: Vec<Shard>,
    /// Where the next page begins; none on the last.
    pub last_evaluated: Option<String>,
}

/// Where an iterator starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartingPosition {
    /// With the oldest change that the shard has.
    TrimHorizon,
    /// After the newest.
    Latest,
    /// With this one.
    At(SequenceNumber),
    /// After this one.
    After(SequenceNumber),
}

/// One page of GetRecords.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordPage {
    /// Changes, in order.
    pub changes: Vec<Change>,
    /// The iterator of the next page; none at the end of a closed shard.
    pub next: Option<String>,
}

/// One page of a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanPage {
    /// Items.
    pub items: Vec<Item>,
    /// Where the next page begins; none on the last.
    pub last_evaluated: Option<Item>,
}

/// A conditional UpdateItem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The key of the item.
    pub key: Item,
    /// The update expression.
    pub update: String,
    /// The condition expression.
    pub condition: String,
    /// The values of both.
    pub values: BTreeMap<String, Value>,
}

/// A conditional PutItem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// The item.
    pub item: Item,
    /// The condition expression, which uses no values.
    pub condition: String,
}

/// A conditional DeleteItem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delete {
    /// The key of the item.
    pub key: Item,
    /// The condition expression.
    pub condition: String,
    /// Its values.
    pub values: BTreeMap<String, Value>,
}

/// Whoever can make the calls. The implementation for AWS's SDK is `aws::Sdk` (feature `aws-sdk`).
///
/// A call that does not come back must end with [`CallError::Unavailable`] at last: leases are renewed meanwhile,
/// but a call on a lease itself is waited for. Attempts within a call are the transport's business.
pub trait Transport: Send + Sync + 'static {
    /// DescribeStream, from the shard after `after`.
    fn describe_stream(
        &self,
        stream_arn: &str,
        after: Option<&str>,
    ) -> impl Future<Output = Result<StreamPage, CallError>> + Send;

    /// GetShardIterator.
    fn get_shard_iterator(
        &self,
        stream_arn: &str,
        shard_id: &str,
        position: &StartingPosition,
    ) -> impl Future<Output = Result<String, CallError>> + Send;

    /// GetRecords, of at most `limit` changes.
    fn get_records(
        &self,
        iterator: &str,
        limit: u32,
    ) -> impl Future<Output = Result<RecordPage, CallError>> + Send;

    /// Scan with consistent reads, from the item after `after`.
    fn scan(
        &self,
        table: &str,
        after: Option<&Item>,
    ) -> impl Future<Output = Result<ScanPage, CallError>> + Send;

    /// GetItem with a consistent read.
    fn get_item(
        &self,
        table: &str,
        key: &Item,
    ) -> impl Future<Output = Result<Option<Item>, CallError>> + Send;

    /// PutItem.
    fn put_item(&self, table: &str, put: &Put) -> impl Future<Output = Result<(), CallError>> + Send;

    /// UpdateItem; answers the item as it is after it.
    fn update_item(
        &self,
        table: &str,
        update: &Update,
    ) -> impl Future<Output = Result<Item, CallError>> + Send;

    /// DeleteItem.
    fn delete_item(&self, table: &str, delete: &Delete)
    -> impl Future<Output = Result<(), CallError>> + Send;

    /// CreateTable, paid by request, with this string as its partition key and no sort key.
    fn create_table(&self, table: &str, key: &str) -> impl Future<Output = Result<(), CallError>> + Send;

    /// DescribeTable: whether the table is there and takes writes. One that is not there is
    /// [`CallError::NotFound`].
    fn table_is_active(&self, table: &str) -> impl Future<Output = Result<bool, CallError>> + Send;
}
