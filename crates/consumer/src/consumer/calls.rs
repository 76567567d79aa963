//! The calls that a worker wants, made.

use crate::StartingPosition;
use crate::lease::{Checkpoint, Lease, LeaseWrite, Request, key};
use crate::patience::within;
use crate::transport::{CallError, Transport};
use crate::worker::{Action, Event, Listing, Oldest, WriteFailure};
use environment::Clock;
use std::sync::Arc;
use std::time::Duration;

/// How many empty pages are taken to say that a shard has nothing yet: on AWS one may come before what there is.
const EMPTY_PAGES: u32 = 3;

/// What is needed to make calls.
#[derive(Debug)]
pub(super) struct Calls<T> {
    pub(super) transport: Arc<T>,
    pub(super) stream_arn: Arc<str>,
    pub(super) lease_table: Arc<str>,
    pub(super) batch_max: u32,
    pub(super) clock: Clock,
    /// How long a call may take.
    pub(super) time: Duration,
}

impl<T> Clone for Calls<T> {
    fn clone(&self) -> Self {
        Self {
            transport: Arc::clone(&self.transport),
            stream_arn: Arc::clone(&self.stream_arn),
            lease_table: Arc::clone(&self.lease_table),
            batch_max: self.batch_max,
            clock: self.clock.clone(),
            time: self.time,
        }
    }
}

impl<T: Transport> Calls<T> {
    /// Makes the call of an action; none if it is not one.
    pub(super) async fn make(self, action: Action) -> Option<Event> {
        Some(match action {
            Action::ScanLeases => Event::Leases(self.leases().await),
            Action::Describe => Event::Described(self.describe().await),
            Action::Bookmark { shard_id } => {
                let call =
                    self.transport.get_shard_iterator(&self.stream_arn, &shard_id, &StartingPosition::Latest);
                Event::Bookmarked(self.within(call).await)
            }
            Action::FindOldest { shard_id } => Event::Oldest(self.within(self.oldest(&shard_id)).await),
            Action::Write { shard_id, write } => {
                let call = async { Ok(self.write(&shard_id, &write).await) };
                let answer = self.within(call).await.unwrap_or_else(|error| Err(WriteFailure::Call(error)));
                Event::Written { shard_id, answer }
            }
            Action::GetIterator { ticket, position } => {
                let call = self.transport.get_shard_iterator(&self.stream_arn, &ticket.shard_id, &position);
                Event::Iterator { answer: self.within(call).await, ticket }
            }
            Action::GetRecords { ticket, iterator } => {
                let call = self.transport.get_records(&iterator, self.batch_max);
                Event::Records { answer: self.within(call).await, ticket, iterator }
            }
            _ => return None,
        })
    }

    /// What has pages is a call for each of them: a stream of ten thousand shards takes a hundred.
    async fn within<V>(&self, call: impl Future<Output = Result<V, CallError>>) -> Result<V, CallError> {
        within(&self.clock, self.time, call).await
    }

    async fn leases(&self) -> Result<Vec<Lease>, CallError> {
        let (mut leases, mut after) = (Vec::new(), None);
        loop {
            let page = self.within(self.transport.scan(&self.lease_table, after.as_ref())).await?;
            leases.extend(page.items.iter().filter_map(Lease::from_item));
            after = page.last_evaluated;
            if after.is_none() {
                return Ok(leases);
            }
        }
    }

    async fn oldest(&self, shard_id: &str) -> Result<Oldest, CallError> {
        let (transport, position) = (&self.transport, StartingPosition::TrimHorizon);
        let mut iterator = transport.get_shard_iterator(&self.stream_arn, shard_id, &position).await?;
        for _ in 0..EMPTY_PAGES {
            let page = transport.get_records(&iterator, 1).await?;
            match (page.changes.into_iter().next(), page.next) {
                (Some(change), _) => return Ok(Oldest::Change(change.sequence_number)),
                (None, Some(next)) => iterator = next,
                (None, None) => return Ok(Oldest::Never),
            }
        }
        Ok(Oldest::NoneYet(iterator))
    }

    async fn describe(&self) -> Result<Listing, CallError> {
        let (mut shards, mut after): (Vec<_>, Option<String>) = (Vec::new(), None);
        loop {
            let call = self.transport.describe_stream(&self.stream_arn, after.as_deref());
            let page = self.within(call).await?;
            shards.extend(page.shards);
            after = page.last_evaluated;
            if after.is_none() {
                return Ok(Listing { status: page.status, shards });
            }
        }
    }

    async fn write(&self, shard_id: &str, write: &LeaseWrite) -> Result<Lease, WriteFailure> {
        let table = &self.lease_table;
        let answer = match write.request(shard_id) {
            Request::Put(put) => self.transport.put_item(table, &put).await.map(|()| Some(put.item)),
            Request::Update(update) => self.transport.update_item(table, &update).await.map(Some),
            Request::Delete(delete) => self.transport.delete_item(table, &delete).await.map(|()| None),
        };
        match answer {
            Ok(Some(item)) => Lease::from_item(&item).ok_or_else(|| not_a_lease(shard_id)),
            Ok(None) => Ok(Lease::new(shard_id, Checkpoint::ShardEnd)),
            Err(CallError::ConditionFailed) => {
                let item =
                    self.transport.get_item(table, &key(shard_id)).await.map_err(WriteFailure::Call)?;
                Err(WriteFailure::Overtaken(item.as_ref().and_then(Lease::from_item).map(Box::new)))
            }
            Err(error) => Err(WriteFailure::Call(error)),
        }
    }
}

fn not_a_lease(shard_id: &str) -> WriteFailure {
    WriteFailure::Call(CallError::Refused(format!("the item of {shard_id} is not a lease any more")))
}

#[cfg(test)]
mod tests;
