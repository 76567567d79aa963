//! Batches that are given up: counted, told, and sent to the OnFailure destination.

use super::{Done, Driver};
use crate::destinations::{Delivery, Kind};
use crate::discarded;
use crate::event;
use crate::mapping::{Condition, Failure, Record, ShardName};
use crate::on_failure::{self, Batch, Discarded, LastResponse, Stream};
use crate::pollers::Uuid;
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

/// How long it takes until what could not be kept is to be kept again. Until then no checkpoint passes it.
const KEEP_AGAIN: Duration = Duration::from_secs(1);

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
        let event = Bytes::from(event::write(records.iter().map(|record| &record.payload[..]), None));
        let kept = self.kept(shard, lane, (records, &why));
        let sent = stream.and_then(|stream| stream.on_failure.clone()).map(|arn| {
            let delivery = self.delivery(&arn, shard, lane, (records, &why, &event));
            (arn, delivery)
        });
        self.discards += 1;
        let log = self.runs.get_mut(shard).map(|run| {
            run.discards += usize::from(!environment::planted("checkpoint_before_discard"));
            run.log
        });
        let (parts, status, clock) = (&self.shared.parts, self.status, self.clock());
        let (mapping, shard, count) = (Arc::clone(&self.mapping), Arc::clone(shard), records.len());
        self.work.push(async move {
            // Kept before it is sent, so that nothing that is sent is lost besides.
            while let Err(error) = parts.discarded.keep(kept.clone(), event.clone()).await {
                tracing::error!(%error, mapping = %mapping.uuid, "records that were given up could not be kept");
                clock.sleep(KEEP_AGAIN).await;
            }
            if let Some((arn, delivery)) = sent {
                let sent = parts.destinations.deliver(&*parts.invoke, &mapping.account, &arn, delivery).await;
                status.counters.delivered(count, sent.is_ok());
                if let Err(error) = sent {
                    tracing::error!(%error, mapping = %mapping.uuid, "records that were given up could not be sent on");
                }
            }
            Done::Discarded(shard, log)
        });
    }

    /// What is kept of it.
    fn kept(
        &self,
        shard: &ShardName,
        lane: usize,
        (records, why): (&[Record<Bytes>], &Why),
    ) -> discarded::Batch {
        let number = |record: Option<&Record<Bytes>>| {
            record.map_or_else(String::new, |record| record.sequence.to_string())
        };
        let last = self.runs.get(shard).and_then(|run| run.last.get(&lane));
        discarded::Batch {
            mapping: self.mapping.uuid.to_string(),
            function_arn: self.mapping.function_arn.clone(),
            source_arn: self.mapping.source_arn.clone(),
            shard: shard.to_string(),
            condition: why.condition.as_str().to_owned(),
            invokes: why.invokes,
            request_id: why.failure.as_ref().map(|failure| failure.request_id.clone()),
            error: last.and_then(|last| last.error.clone()),
            first: number(records.first()),
            last: number(records.last()),
            size: records.len() as u64,
            reports_item_failures: self.mapping.configuration.reports_item_failures,
            time_ms: self.shared.now_ms(),
        }
    }

    fn delivery(
        &self,
        arn: &str,
        shard: &ShardName,
        lane: usize,
        (records, why, event): (&[Record<Bytes>], &Why, &[u8]),
    ) -> Delivery {
        let random = &self.shared.parts.database.environment().random;
        let time_ms = self.shared.now_ms();
        let any = Uuid::random(random);
        let last = self.runs.get(shard).and_then(|run| run.last.get(&lane));
        let response = why.failure.as_ref().map(|failure| LastResponse {
            executed_version: last.map_or("$LATEST", |last| last.version.as_str()),
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
        let object =
            (Kind::of(arn) == Some(Kind::Bucket)).then(|| on_failure::object(&discarded, event).into());
        let id = Uuid::random(random);
        Delivery {
            message: on_failure::message(&discarded).into(),
            object_key: on_failure::object_key(self.mapping.uuid.as_str(), shard, time_ms, id.as_str()),
            object,
        }
    }
}
