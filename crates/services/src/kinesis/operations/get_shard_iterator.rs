//! GetShardIterator: a place in a shard, worked out now, so that LATEST is exactly after the records there are.

use crate::kinesis::failure::Failure;
use crate::kinesis::iterator::ShardIterator;
use crate::kinesis::request::{NAME, Request, SEQUENCE_NUMBER};
use crate::kinesis::resource::Reference;
use crate::kinesis::{Kinesis, Value};
use database::Caller;
use store::{LogState, Position, Snapshot, Store};
use streams::SequenceNumber;
use streams::data_stream::{DataShard, DataStream};

const TYPES: (&[&str], &str) = (
    &["AFTER_SEQUENCE_NUMBER", "AT_SEQUENCE_NUMBER", "TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"],
    "[AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]",
);

/// Where to begin.
enum Start {
    At(SequenceNumber, String),
    After(SequenceNumber, String),
    TrimHorizon,
    Latest,
    Time(u64),
}

impl Start {
    fn of(kind: &str, number: Option<String>, time_ms: Option<u64>) -> Result<Self, Failure> {
        let by_number = kind.ends_with("SEQUENCE_NUMBER");
        if by_number != number.is_some() {
            let given = if by_number { "no sequence number" } else { "also a sequence number" };
            return Err(Failure::argument(format!(
                "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and a sequence number or (2) \
                 TRIM_HORIZON or LATEST and no sequence number. Request specified {kind} and {given}."
            )));
        }
        if (kind == "AT_TIMESTAMP") != time_ms.is_some() {
            return Err(Failure::argument(format!(
                "Must specify a timestamp with AT_TIMESTAMP, and with no other iterator type. Request specified {kind}."
            )));
        }
        Ok(match (kind, number, time_ms) {
            ("AT_TIMESTAMP", _, Some(ms)) => Self::Time(ms),
            ("TRIM_HORIZON", ..) => Self::TrimHorizon,
            ("LATEST", ..) => Self::Latest,
            (_, number, _) => {
                let text = number.unwrap_or_default();
                // No number that was given has more digits than are read.
                let number = SequenceNumber::parse(&text).unwrap_or(SequenceNumber::of(Position(u128::MAX)));
                if kind == "AT_SEQUENCE_NUMBER" { Self::At(number, text) } else { Self::After(number, text) }
            }
        })
    }
}

impl Kinesis {
    pub(in crate::kinesis) fn get_shard_iterator(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let meant = Reference::read(&mut request)?;
        let shard = request.pattern("ShardId", 128, NAME)?;
        let shard = request.required("ShardId", shard).unwrap_or_default();
        let kind = request.one_of("ShardIteratorType", TYPES)?;
        let kind = request.required("ShardIteratorType", kind).unwrap_or_default();
        let number = request.pattern("StartingSequenceNumber", 129, SEQUENCE_NUMBER)?;
        let time_ms = request.time_ms("Timestamp")?;
        request.finish()?;
        request.unsupported(&["DryRun"])?;
        let start = Start::of(kind, number, time_ms)?;
        let stream = self.stream(&meant, caller)?;
        let shard = self.living_shard(&stream, &shard)?;
        let after = self.position(&stream, shard, &start)?;
        let iterator =
            ShardIterator { log: shard.log, after, issued_ms: self.now_ms(), stream: stream.name.clone() };
        Ok(Value::structure([("ShardIterator", Value::from(iterator.encode()))]))
    }

    /// The position after which to read. What has expired is passed over.
    fn position(&self, stream: &DataStream, shard: &DataShard, start: &Start) -> Result<Position, Failure> {
        let snapshot = self.database.store().snapshot();
        let gone = || Failure::internal("a shard has no log");
        let state = snapshot.log(shard.log).ok_or_else(gone)?;
        if matches!(start, Start::Latest) {
            return Ok(state.tail);
        }
        let horizon = stream.horizon(&snapshot, shard.log, &state, self.now_ms())?;
        let after = match start {
            Start::TrimHorizon | Start::Latest => horizon,
            Start::Time(ms) => snapshot.log_before(shard.log, *ms)?,
            Start::After(number, text) => {
                within(*number, &state).ok_or_else(|| out_of_range(text, stream, shard))?
            }
            Start::At(number, text) => {
                let position = within(*number, &state).ok_or_else(|| out_of_range(text, stream, shard))?;
                Position(position.0.saturating_sub(1))
            }
        };
        Ok(after.max(horizon))
    }
}

/// The position of a number, if it may have been given in the shard; its start stands for its first record.
fn within(number: SequenceNumber, state: &LogState) -> Option<Position> {
    number.position().filter(|position| (state.start..=state.tail).contains(position))
}

fn out_of_range(number: &str, stream: &DataStream, shard: &DataShard) -> Failure {
    Failure::argument(format!(
        "StartingSequenceNumber {number} used in GetShardIterator on shard {} in stream {} under account {} is invalid \
         because it did not come from this stream.",
        shard.number, stream.name, stream.account
    ))
}
