//! One worker: it waits for messages, makes a batch of them, and sees it through.

use super::event;
use super::orders::Seen;
use super::outcome::{Verdict, judge, visibility_ms};
use super::team::Team;
use crate::event as envelope;
use crate::history::{self, Attempt, Ended, Input};
use crate::invoke::{Call, InvokeError, Reply};
use crate::mapping::PAYLOAD_LIMIT;
use crate::pollers::StoredMapping;
use crate::pollers::status::{CALL_FAILED, NO_FUNCTION, NO_QUEUE, OK, THROTTLED};
use crate::status::Activity;
use filter::Filters;
use services::queues::{Queues, Receive, Received};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// How many messages are received at once.
const RECEIVED_TOGETHER: usize = 1_000;

/// How long a worker waits before it looks again for a queue that is not there.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// How much longer than the wait before another try messages stay invisible that are kept.
const KEPT_MS: u64 = 60_000;

/// A message, and its record in the event.
struct Item {
    message: Received,
    record: Vec<u8>,
}

/// A batch that is seen through.
struct Batch<'a> {
    team: &'a Team,
    mapping: &'a StoredMapping,
    lane: usize,
    /// Until when its messages are invisible.
    until_ms: u64,
}

/// What came of a part of a batch.
enum Came {
    /// All of it is done.
    Done,
    /// Some of it was failed.
    Failed,
    /// It was given back: the mapping is not to run.
    GivenBack,
}

impl Team {
    /// Works until there is nothing to work for, or others do.
    pub(super) async fn work(self: Arc<Self>, lane: usize) {
        let mut seen = Seen::default();
        while let Some(mapping) = self.orders.see(&mut seen) {
            let ready = tokio::select! {
                biased;
                () = self.orders.changed(&mut seen) => continue,
                ready = self.queues.ready(&mapping.source_arn) => ready,
            };
            if ready.is_err() {
                self.status.set_result(NO_QUEUE);
                self.pause(LOOK_AGAIN, &mut seen).await;
                continue;
            }
            let begun_ms = self.shared.now_ms();
            let (messages, invisible_ms) = self.fill(&mapping, lane, &mut seen).await;
            if messages.is_empty() {
                self.note(lane, Activity::Idle, 0);
                continue;
            }
            self.note(lane, Activity::Runs, messages.len());
            self.recruit();
            let until_ms = begun_ms.saturating_add(invisible_ms);
            Batch { team: &self, mapping: &mapping, lane, until_ms }.deliver(messages, &mut seen).await;
            if !self.rests(lane) {
                break;
            }
        }
        self.leave(lane);
    }

    /// Receives a batch: what is there, and within the window what comes until it is full. Answers for how long its messages
    /// are invisible too.
    async fn fill(&self, mapping: &StoredMapping, lane: usize, seen: &mut Seen) -> (Vec<Received>, u64) {
        let settings = &mapping.configuration;
        let (arn, size) = (&mapping.source_arn, settings.batch_size as usize);
        let window_ms = u64::from(settings.batching_window_s) * 1_000;
        let queue_ms = self.queues.settings(arn).map_or(0, |queue| queue.visibility_ms);
        let timeout_ms = self.shared.parts.invoke.timeout_ms(&mapping.function_arn).unwrap_or_default();
        let invisible_ms = visibility_ms(queue_ms, window_ms, timeout_ms);
        let Some(mut messages) = receive(&self.queues, arn, size, invisible_ms).await else {
            // There is something, and it is not to be had: asked again at once, it would be refused again.
            self.pause(LOOK_AGAIN, seen).await;
            return (Vec::new(), invisible_ms);
        };
        let end_ms = self.shared.now_ms().saturating_add(window_ms);
        let clock = &self.shared.parts.database.environment().clock;
        let mut bytes: usize = messages.iter().map(|message| message.body.len()).sum();
        while window_ms > 0 && !messages.is_empty() && messages.len() < size && bytes < PAYLOAD_LIMIT {
            self.note(lane, Activity::Fills { until_ms: end_ms }, messages.len());
            let is_ready = tokio::select! {
                biased;
                () = self.orders.changed(seen) => false,
                ready = self.queues.ready(arn) => ready.is_ok(),
                () = clock.service_sleep_until(end_ms) => false,
            };
            if !is_ready {
                break;
            }
            let Some(more) = receive(&self.queues, arn, size - messages.len(), invisible_ms).await else {
                break;
            };
            add(&mut messages, more);
            bytes = messages.iter().map(|message| message.body.len()).sum();
        }
        (messages, invisible_ms)
    }

    /// Waits, unless it is told something.
    async fn pause(&self, span: Duration, seen: &mut Seen) {
        let clock = &self.shared.parts.database.environment().clock;
        tokio::select! {
            biased;
            () = self.orders.changed(seen) => {}
            () = clock.sleep(span) => {}
        }
    }
}

/// Receives what is there; `None` where that fails.
async fn receive(queues: &Queues, arn: &str, max: usize, invisible_ms: u64) -> Option<Vec<Received>> {
    let how = Receive {
        max: max.clamp(1, RECEIVED_TOGETHER),
        visibility_ms: Some(invisible_ms),
        wait: Duration::ZERO,
    };
    let received = queues.receive(arn, how).await;
    received.inspect_err(|error| tracing::warn!(%error, arn, "messages could not be received")).ok()
}

impl Batch<'_> {
    /// Calls the function with what the filters let through, in as many calls as the size of events needs.
    async fn deliver(&mut self, messages: Vec<Received>, seen: &mut Seen) {
        let arn = &self.mapping.source_arn;
        let filters = Filters::parse(self.mapping.configuration.filters.iter().map(String::as_str));
        let filters = filters.unwrap_or_default();
        let count = messages.len();
        let (mut wanted, mut refused) = (Vec::with_capacity(count), Vec::new());
        for message in messages {
            let seen = (!filters.is_empty()).then(|| event::filtered(&message, arn));
            match seen.as_ref().and_then(|seen| filters.refusals(seen)) {
                None => wanted.push(message),
                Some(refusals) => {
                    self.team.track.refused(history::message_number(&message.id), &refusals);
                    refused.push(message.receipt);
                }
            }
        }
        self.team.status.counters.polled(count, refused.len());
        self.delete(refused).await;
        let items = wanted.into_iter().map(|message| {
            let record = event::record(&message, arn);
            Item { message, record }
        });
        let is_fifo = self.team.queues.settings(arn).is_some_and(|settings| settings.is_fifo);
        let mut parts = parts(items.collect()).into_iter();
        while let Some(part) = parts.next() {
            let came = self.call(&part, seen).await;
            let goes_on = match came {
                Came::Done => true,
                // In order, nothing of the group may come before what failed.
                Came::Failed => !is_fifo,
                Came::GivenBack => false,
            };
            if !goes_on {
                let rest = parts.flat_map(|part| part.into_iter().map(|item| item.message.receipt));
                return self.give_back(rest.collect(), matches!(came, Came::GivenBack)).await;
            }
        }
    }

    /// Calls the function until it could be called, and does with the messages what came of that.
    async fn call(&mut self, items: &[Item], seen: &mut Seen) -> Came {
        let mut refusals = 0_u32;
        loop {
            let (called, attempt) = self.invoke(items).await;
            let mut ended = Ended::of(&called);
            let receipts = || items.iter().map(|item| item.message.receipt.clone());
            match called {
                Ok(reply) => {
                    let failed = self.failed_of(items, &reply);
                    if !reply.failed && !failed.is_empty() {
                        ended = ended.partly(None, failed.len());
                    }
                    let is_done = ended.result == history::Result::Done;
                    self.team.track.end(attempt, ended);
                    self.team.status.set_result(if is_done { OK } else { CALL_FAILED });
                    return self.settle(items, &failed).await;
                }
                Err(error) => {
                    self.team.track.end(attempt, ended);
                    self.team.status.counters.failed(items.len());
                    self.team.status.set_result(match error {
                        InvokeError::NotFound(_) => NO_FUNCTION,
                        InvokeError::Throttled { .. } => THROTTLED,
                        InvokeError::TooLarge(_) | InvokeError::Failed(_) => CALL_FAILED,
                    });
                    refusals = refusals.saturating_add(1);
                    if !self.wait(receipts().collect(), refusals, seen).await {
                        self.give_back(receipts().collect(), true).await;
                        return Came::GivenBack;
                    }
                }
            }
        }
    }

    async fn invoke(&self, items: &[Item]) -> (Result<Reply, InvokeError>, history::AttemptId) {
        let team = self.team;
        team.note(self.lane, Activity::Runs, items.len());
        let attempt = team.track.begin(Attempt {
            shard: self.mapping.source_arn.as_str().into(),
            lane: self.lane,
            input: Input::Messages(items.iter().map(|item| item.message.id.clone()).collect()),
            count: items.len(),
        });
        team.status.counters.invoked(items.len());
        let call = Call {
            function_arn: self.mapping.function_arn.clone(),
            payload: envelope::write(items.iter().map(|item| &item.record[..]), None).into(),
            request_id: None,
            client_context: None,
            tail: false,
            mapping: Some(self.mapping.uuid.to_string()),
        };
        (team.shared.parts.invoke.invoke(call).await, attempt)
    }

    /// The places of the messages that are to be received again.
    fn failed_of(&self, items: &[Item], reply: &Reply) -> BTreeSet<usize> {
        if reply.failed {
            return (0..items.len()).collect();
        }
        let ids: Vec<_> = items.iter().map(|item| &*item.message.id).collect();
        match judge(self.mapping.configuration.reports_item_failures, &reply.payload, &ids) {
            Verdict::Done => BTreeSet::new(),
            Verdict::Failed(places) => places,
        }
    }

    /// Deletes what is done; what failed is visible again when its time has come.
    async fn settle(&self, items: &[Item], failed: &BTreeSet<usize>) -> Came {
        let team = self.team;
        if let Some(last) = items.last() {
            team.status.counters.finished(team.shared.now_ms().saturating_sub(last.message.sent_ms));
        }
        let (mut done, mut again) = (Vec::new(), Vec::new());
        for (place, item) in items.iter().enumerate() {
            let receipt = item.message.receipt.clone();
            if failed.contains(&place) { again.push(receipt) } else { done.push(receipt) }
        }
        self.delete(done).await;
        if again.is_empty() {
            return Came::Done;
        }
        team.status.counters.failed(again.len());
        team.failed(again, self.until_ms);
        Came::Failed
    }

    /// Keeps messages, invisible, until the function may be called again. False where the mapping is not to run any longer.
    async fn wait(&mut self, receipts: Vec<String>, refusals: u32, seen: &mut Seen) -> bool {
        let (team, options) = (self.team, &self.team.shared.options);
        let doubled = options.backoff_ms.saturating_mul(1 << refusals.saturating_sub(1).min(32));
        let backoff_ms = doubled.min(options.backoff_limit_ms);
        let now_ms = team.shared.now_ms();
        let (retry_ms, until_ms) = (now_ms + backoff_ms, now_ms + backoff_ms + KEPT_MS);
        let count = receipts.len();
        if self.until_ms < until_ms {
            let kept: Vec<_> = receipts.into_iter().map(|receipt| (receipt, backoff_ms + KEPT_MS)).collect();
            match team.queues.change_visibility(&self.mapping.source_arn, &kept).await {
                Ok(each) if each.iter().any(Result::is_ok) => self.until_ms = until_ms,
                // They were invisible for as long as may be, or are gone.
                _ => return false,
            }
        }
        let activity = Activity::BacksOff { until_ms: retry_ms, failures: 0, not_invoked: refusals };
        team.note(self.lane, activity, count);
        let changed = team.shared.parts.invoke.changed(&self.mapping.function_arn);
        let clock = &team.shared.parts.database.environment().clock;
        tokio::select! {
            biased;
            () = team.orders.changed(seen) => {}
            () = changed => {}
            () = clock.service_sleep_until(retry_ms) => {}
        }
        // Another function, other settings: the queue gives the messages out anew.
        team.orders.is_for(self.mapping)
    }

    async fn delete(&self, receipts: Vec<String>) {
        if receipts.is_empty() {
            return;
        }
        match self.team.queues.delete(&self.mapping.source_arn, &receipts).await {
            Ok(each) => {
                let deleted = each.into_iter().filter(Result::is_ok).count();
                self.team.status.counters.deleted(deleted);
            }
            Err(error) => {
                tracing::warn!(%error, mapping = %self.mapping.uuid, "messages that are done could not be deleted");
            }
        }
    }

    /// Gives messages back that were not given to the function: at once, or with those that it failed.
    async fn give_back(&self, receipts: Vec<String>, at_once: bool) {
        if receipts.is_empty() {
            return;
        }
        if !at_once {
            return self.team.failed(receipts, self.until_ms);
        }
        let receipts: Vec<_> = receipts.into_iter().map(|receipt| (receipt, 0)).collect();
        if let Err(error) = self.team.queues.change_visibility(&self.mapping.source_arn, &receipts).await {
            tracing::warn!(%error, mapping = %self.mapping.uuid, "messages wait for their visibility timeout");
        }
    }
}

/// Adds messages to a batch. What has become visible again meanwhile comes a second time: it keeps its place, and its newer
/// receipt is the one that counts.
fn add(batch: &mut Vec<Received>, more: Vec<Received>) {
    let known: BTreeMap<String, usize> =
        batch.iter().enumerate().map(|(place, message)| (message.id.clone(), place)).collect();
    for message in more {
        match known.get(&message.id).and_then(|place| batch.get_mut(*place)) {
            Some(before) => *before = message,
            None => batch.push(message),
        }
    }
}

/// The messages in as many events as their size needs.
fn parts(items: Vec<Item>) -> Vec<Vec<Item>> {
    let (mut parts, mut bytes): (Vec<Vec<Item>>, usize) = (Vec::new(), 0);
    for item in items {
        bytes += item.record.len() + 1;
        match parts.last_mut() {
            Some(part) if bytes < PAYLOAD_LIMIT - 32 => part.push(item),
            _ => {
                bytes = item.record.len() + 1;
                parts.push(vec![item]);
            }
        }
    }
    parts
}
