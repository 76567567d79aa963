//! What a driver has begun and waits for, all in one place. There is little of it, so it is looked through whenever the
//! driver wakes.

use super::{Directive, Done};
use crate::mapping::ShardName;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};
use streams::Wait;
use tokio::sync::mpsc;

type Pending<'a> = Pin<Box<dyn Future<Output = Done> + Send + 'a>>;

/// A shard that is waited for.
struct Waiting<'a> {
    shard: ShardName,
    read: u64,
    wait: Wait<'a>,
}

/// All that is under way.
pub(super) struct Work<'a> {
    /// `None` once nobody is left who tells: a closed channel is always ready, and would hide all else.
    directives: Option<mpsc::UnboundedReceiver<Directive>>,
    pending: Vec<Pending<'a>>,
    waits: Vec<Waiting<'a>>,
    due: Option<(u64, Pending<'a>)>,
    change: Option<Pending<'a>>,
}

impl<'a> Work<'a> {
    pub(super) fn new(directives: mpsc::UnboundedReceiver<Directive>) -> Self {
        Self { directives: Some(directives), pending: Vec::new(), waits: Vec::new(), due: None, change: None }
    }

    /// Something is begun.
    pub(super) fn push(&mut self, work: impl Future<Output = Done> + Send + 'a) {
        self.pending.push(Box::pin(work));
    }

    /// A shard is waited for, in place of the wait for it before.
    pub(super) fn wait(&mut self, shard: ShardName, read: u64, wait: Wait<'a>) {
        self.waits.retain(|waiting| waiting.shard != shard);
        self.waits.push(Waiting { shard, read, wait });
    }

    /// No shard is waited for any more.
    pub(super) fn forget_waits(&mut self) {
        self.waits.clear();
    }

    /// A time is waited for, in place of the one before.
    pub(super) fn wake_at(&mut self, at_ms: u64, sleep: impl Future<Output = ()> + Send + 'a) {
        if self.due.as_ref().is_some_and(|(known_ms, _)| *known_ms == at_ms) {
            return;
        }
        let due = async move {
            sleep.await;
            Done::Due
        };
        self.due = Some((at_ms, Box::pin(due)));
    }

    /// A change of the function is waited for.
    pub(super) fn watch(&mut self, changed: Pin<Box<dyn Future<Output = ()> + Send + 'a>>) {
        let change = async move {
            changed.await;
            Done::Changed
        };
        self.change = Some(Box::pin(change));
    }

    /// No change is waited for any more.
    pub(super) fn forget_change(&mut self) {
        self.change = None;
    }

    /// What tells it, which it is not told by any more.
    pub(super) fn take_directives(&mut self) -> Option<mpsc::UnboundedReceiver<Directive>> {
        self.directives.take()
    }

    /// The next thing that ends.
    pub(super) async fn next(&mut self) -> Done {
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Done> {
        if let Some(directives) = &mut self.directives
            && let Poll::Ready(directive) = directives.poll_recv(context)
        {
            if directive.is_none() {
                self.directives = None;
            }
            return Poll::Ready(directive.map_or(Done::Alone, Done::Told));
        }
        // Before questions are answered: what is due, or worth another try, is no longer what holds the mapping.
        if let Some((_, due)) = &mut self.due
            && let Poll::Ready(done) = due.as_mut().poll(context)
        {
            self.due = None;
            return Poll::Ready(done);
        }
        if let Some(change) = &mut self.change
            && let Poll::Ready(done) = change.as_mut().poll(context)
        {
            self.change = None;
            return Poll::Ready(done);
        }
        for place in 0..self.pending.len() {
            if let Poll::Ready(done) = self.pending[place].as_mut().poll(context) {
                drop(self.pending.remove(place));
                return Poll::Ready(done);
            }
        }
        for place in 0..self.waits.len() {
            if Pin::new(&mut self.waits[place].wait).poll(context).is_ready() {
                let Waiting { shard, read, wait } = self.waits.remove(place);
                drop(wait);
                return Poll::Ready(Done::Ready(shard, read));
            }
        }
        Poll::Pending
    }
}
