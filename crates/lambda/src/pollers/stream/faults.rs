//! What faults do to a mapping of a stream, as [`environment::faults`] decides it.
//!
//! After either of them the function is given records again that it has processed, and none is left out: a batch is asked
//! for twice before its outcome counts, or the mapping goes on at what is stored of its checkpoints, as after a crash.

use super::{Done, Driver, Flight};
use crate::history::{Attempt, Ended};
use crate::invoke::{Call, InvokeError, Reply};
use crate::mapping::ShardName;
use environment::faults::{Kind, Place};

/// What is needed to make a call again.
pub(super) struct Again {
    call: Call,
    attempt: Attempt,
}

impl Driver<'_> {
    /// What a fault may need of a call that is begun; nothing where there are no faults.
    pub(super) fn again(&self, call: &Call, attempt: &Attempt) -> Option<Box<Again>> {
        let is_set = self.shared.faults().is_set();
        is_set.then(|| Box::new(Again { call: call.clone(), attempt: attempt.clone() }))
    }

    /// Lets faults strike a call that succeeded. `None` where its end is not to be taken: the batch comes again.
    pub(super) fn struck(
        &mut self,
        mut flight: Flight,
        called: Result<Reply, InvokeError>,
    ) -> Option<(Flight, Result<Reply, InvokeError>)> {
        let succeeded = called.as_ref().is_ok_and(|reply| !reply.failed);
        if !self.shared.faults().is_set() || !succeeded || self.stopping {
            return Some((flight, called));
        }
        if self.meets(Kind::CrashAfterInvoke, &flight.shard) {
            self.track.end(flight.attempt, Ended::of(&called));
            self.crashed = true;
            return None;
        }
        let again = flight.again.take();
        let Some(again) = again.filter(|_| self.meets(Kind::DuplicateBatch, &flight.shard)) else {
            return Some((flight, called));
        };
        let Again { call, attempt } = *again;
        self.track.end(flight.attempt, Ended::of(&called));
        flight.attempt = self.track.begin(attempt);
        self.status.counters.invoked(flight.count);
        let invoke = &*self.shared.parts.invoke;
        self.work.push(async move { Done::Invoked(flight, invoke.invoke(call).await) });
        None
    }

    /// Whether a fault strikes it at a shard.
    fn meets(&self, kind: Kind, shard: &ShardName) -> bool {
        let (_, of_table) = self.mapping.source_arn.split_once(":table/").unwrap_or_default();
        let table = of_table.split('/').next().filter(|name| !name.is_empty());
        let place = Place {
            operation: None,
            tables: table.as_slice(),
            shard: Some(shard),
            function: Some(self.mapping.function_name()),
            mapping: Some(self.mapping.uuid.as_str()),
            account: Some(&self.mapping.account),
            region: Some(&self.mapping.region),
        };
        let Some(fired) = self.shared.faults().fires(kind, &place) else { return false };
        let (fault, kind, mapping) = (fired.id, kind.name(), self.mapping.uuid.as_str());
        tracing::info!(fault, kind, mapping, %shard, "a fault strikes a mapping");
        true
    }
}
