//! PutRecord, and what it shares with PutRecords: a record's members, its shard, and the append.

use crate::kinesis::failure::Failure;
use crate::kinesis::request::{HASH_KEY, Request, SEQUENCE_NUMBER};
use crate::kinesis::resource::{Reference, no_stream, scope};
use crate::kinesis::{Kinesis, Value};
use database::Caller;
use store::{LogId, Pieces, Position, Store};
use streams::SequenceNumber;
use streams::data_stream::{DataShardId, DataStream, record};

/// The largest data that any stream takes.
pub(super) const DATA_BYTES_MAX: i64 = 10 << 20;

/// How often records are routed anew because their shards were closed meanwhile.
const ATTEMPTS_MAX: usize = 100;

/// A record to put.
pub(super) struct NewRecord {
    partition_key: String,
    hash_key: u128,
    /// Of its data and its partition key, which count together.
    pub(super) size_bytes: usize,
    bytes: Pieces,
}

/// Where a record came to lie.
pub(super) struct Put {
    pub(super) shard: DataShardId,
    pub(super) position: Position,
}

impl Put {
    /// As it is answered.
    pub(super) fn members(&self) -> [(&'static str, Value); 2] {
        [
            ("SequenceNumber", Value::from(SequenceNumber::of(self.position).to_string())),
            ("ShardId", Value::from(self.shard.to_string())),
        ]
    }
}

/// The members of a record, as they stand in a request.
pub(super) struct Members {
    data: Option<Vec<u8>>,
    partition_key: Option<String>,
    explicit_hash_key: Option<String>,
}

impl Members {
    /// Reads them.
    pub(super) fn read(request: &mut Request) -> Result<Self, Failure> {
        let data = request.blob("Data")?;
        let data = request.required("Data", data);
        let partition_key = request.text_of("PartitionKey", (1, 256))?;
        let partition_key = request.required("PartitionKey", partition_key);
        let explicit_hash_key = request.pattern("ExplicitHashKey", 39, HASH_KEY)?;
        if let Some(data) = data.as_ref().filter(|data| data.len() as i64 > DATA_BYTES_MAX) {
            let shown = format!("java.nio.HeapByteBuffer[pos=0 lim={0} cap={0}]", data.len());
            request.fail("Data", shown, wire::layer::Constraint::MaxLength(DATA_BYTES_MAX));
        }
        Ok(Self { data, partition_key, explicit_hash_key })
    }

    /// The record, if its stream takes it.
    pub(super) fn record(self, stream: &DataStream) -> Result<NewRecord, Failure> {
        let (data, partition_key) = (self.data.unwrap_or_default(), self.partition_key.unwrap_or_default());
        let hash_key = match self.explicit_hash_key {
            None => record::hash_key(partition_key.as_bytes()),
            Some(text) => text.parse().map_err(|_| {
                Failure::argument(format!(
                    "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was \
                     {text}"
                ))
            })?,
        };
        let (size_bytes, most) =
            (data.len() + partition_key.len(), stream.record_size_max_kib as usize * 1024);
        if size_bytes > most {
            return Err(Failure::argument(format!(
                "The data and the partition key of a record have {size_bytes} bytes, and stream {} takes records of at \
                 most {most} bytes.",
                stream.name
            )));
        }
        let bytes = record::put(&partition_key, &data);
        Ok(NewRecord { partition_key, hash_key, size_bytes, bytes })
    }
}

impl Kinesis {
    pub(in crate::kinesis) async fn put_record(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let meant = Reference::read(&mut request)?;
        let members = Members::read(&mut request)?;
        let minimum = request.pattern("SequenceNumberForOrdering", 129, SEQUENCE_NUMBER)?;
        request.finish()?;
        request.unsupported(&["DryRun"])?;
        let stream = self.stream(&meant, caller)?;
        let record = members.record(&stream)?;
        if let Some(minimum) = &minimum {
            self.check_minimum(&stream, &record, minimum)?;
        }
        let put = self.put(caller, &stream.name, &[record]).await?;
        let put = put.first().ok_or_else(|| Failure::internal("a record was put nowhere"))?;
        Ok(Value::structure(put.members()))
    }

    /// Refuses a number that was not given yet: all others are below those to come.
    fn check_minimum(&self, stream: &DataStream, record: &NewRecord, minimum: &str) -> Result<(), Failure> {
        let tail = stream.owner(record.hash_key).and_then(|shard| self.database.store().log_state(shard.log));
        let position = SequenceNumber::parse(minimum).and_then(SequenceNumber::position);
        match (position, tail) {
            (Some(position), Some(state)) if position <= state.tail => Ok(()),
            _ => Err(Failure::argument(format!(
                "ExclusiveMinimumSequenceNumber {minimum} used in PutRecord on stream {} under account {} is invalid.",
                stream.name, stream.account
            ))),
        }
    }

    /// Puts records into a stream, all in one commit, each into the shard that owns its hash key.
    pub(super) async fn put(
        &self,
        caller: &Caller,
        name: &str,
        records: &[NewRecord],
    ) -> Result<Vec<Put>, Failure> {
        for _ in 0..ATTEMPTS_MAX {
            let stream = self.database.data_streams().get(scope(caller), name);
            let stream = stream.ok_or_else(|| no_stream(name, caller))?;
            let routed = records.iter().map(|record| {
                let shard = stream.owner(record.hash_key).ok_or_else(|| {
                    Failure::internal(format!("no shard for partition key {}", record.partition_key))
                })?;
                Ok((shard.number, (shard.log, record.bytes.clone())))
            });
            let routed: Vec<(DataShardId, (LogId, Pieces))> = routed.collect::<Result<_, Failure>>()?;
            let (shards, appends): (Vec<_>, Vec<_>) = routed.into_iter().unzip();
            if let Some(positions) = self.database.append(appends).await? {
                let puts = shards.into_iter().zip(positions);
                return Ok(puts.map(|(shard, position)| Put { shard, position }).collect());
            }
        }
        Err(Failure::internal("the shards of a stream change too fast"))
    }
}
