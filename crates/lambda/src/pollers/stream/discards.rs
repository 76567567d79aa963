//! Batches that are given up: counted, told, and sent to the OnFailure destination.

use super::{Done, Driver};
use crate::destinations::{Delivery, Kind};
use crate::event;
use crate::mapping::{Condition, Failure, Record, ShardName};
use crate::on_failure::{self, Batch, Discarded, LastResponse, Stream};
use crate::pollers::Uuid;
use bytes::Bytes;
use std::sync::Arc;

/// Why a batch is given up.
pub(super) struct Why {
    pub(super) condition: Condition,
    pub(super) invokes: u32,
    pub(super) failure: Option<Failure>,
}

impl Driver<'_> {
    /// Gives a batch up.
    pub(super) fn discard(&mut self, shard: &ShardName, lane: usize, records: &[Record<Bytes>], why: Why) {
        self.status.counters.dropped(records.len());
        let (first, last) = (records.first(), records.last());
        tracing::warn!(
            mapping = %self.mapping.uuid, function = self.mapping.function_name(), %shard,
            records = records.len(), condition = why.condition.as_str(), attempts = why.invokes,
            first = first.map_or(0, |record| record.sequence), last = last.map_or(0, |record| record.sequence),
            "records were given up"
        );
        let stream = self.mapping.configuration.stream.as_ref();
        let Some(arn) = stream.and_then(|stream| stream.on_failure.clone()) else { return };
        let delivery = self.delivery(&arn, shard, lane, (records, &why));
        if let Some(run) = self.runs.get_mut(shard) {
            run.discards += 1;
        }
        let (parts, status) = (&self.shared.parts, self.status);
        let (mapping, shard, count) = (Arc::clone(&self.mapping), Arc::clone(shard), records.len());
        self.work.push(async move {
            let sent = parts.destinations.deliver(&*parts.invoke, &mapping.account, &arn, delivery).await;
            status.counters.delivered(count, sent.is_ok());
            if let Err(error) = sent {
                tracing::error!(%error, mapping = %mapping.uuid, "records that were given up could not be sent on");
            }
            Done::Discarded(shard)
        });
    }

    fn delivery(
        &self,
        arn: &str,
        shard: &ShardName,
        lane: usize,
        (records, why): (&[Record<Bytes>], &Why),
    ) -> Delivery {
        let random = &self.shared.parts.database.environment().random;
        let time_ms = self.shared.now_ms();
        let any = Uuid::random(random);
        let version = self.runs.get(shard).and_then(|run| run.versions.get(&lane));
        let response = why.failure.as_ref().map(|failure| LastResponse {
            executed_version: version.map_or("$LATEST", String::as_str),
            function_error: failure.function_error,
        });
        let source_arn = self.mapping.source_arn.as_str();
        let data = self.mapping.configuration.source == crate::configuration::Source::DataStream;
        let (first, last) = (records.first(), records.last());
        let discarded = Discarded {
            request_id: why.failure.as_ref().map_or(any.as_str(), |failure| failure.request_id.as_str()),
            function_arn: &self.mapping.function_arn,
            condition: why.condition,
            invokes: why.invokes,
            response,
            time_ms,
            batch: Batch {
                stream: if data { Stream::Data(source_arn) } else { Stream::Table(source_arn) },
                shard,
                first: first.map_or(0, |record| record.sequence),
                last: last.map_or(0, |record| record.sequence),
                first_ms: first.map_or(time_ms, |record| record.time_ms),
                last_ms: last.map_or(time_ms, |record| record.time_ms),
                size: records.len() as u64,
            },
        };
        let object = (Kind::of(arn) == Some(Kind::Bucket)).then(|| {
            let event = event::write(records.iter().map(|record| &record.payload[..]), None);
            on_failure::object(&discarded, &event).into()
        });
        let id = Uuid::random(random);
        Delivery {
            message: on_failure::message(&discarded).into(),
            object_key: on_failure::object_key(self.mapping.uuid.as_str(), shard, time_ms, id.as_str()),
            object,
        }
    }
}
