//! A copy of a table that is kept right: bookmark, scan, follow.

use crate::patience::within;
use crate::transport::{CallError, Transport};
use crate::worker::Start;
use environment::{Clock, Environment};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

mod copy;
pub mod follower;
mod state;

pub use copy::{LocalCopy, NoImage};
pub use follower::ReplicaEvent;
use follower::{Call, Event, Follower, Options, Output};
pub use state::State;

/// How long a call may take.
const CALL_TIME: Duration = Duration::from_secs(30);

type Waiting = Pin<Box<dyn Future<Output = Event> + Send>>;

/// Follows a table: first all of its items, and then every change.
///
/// Before it scans, it notes where each shard of the stream is, so nothing that is written during the scan is missed.
/// A change that the scan has seen already may come again after it; applied in order, the copy ends right.
///
/// What it has done can be saved at any time ([`Self::state`]) and taken up again, by another process and after any
/// time. When the stream no longer has what came next, that is a [`ReplicaEvent::Gap`]; the copy is then to be made anew
/// ([`Self::copy_again`]).
///
/// ```no_run
/// use tailwater_consumer::{LocalCopy, Replica, ReplicaEvent};
/// # use tailwater_consumer::transport::Transport;
///
/// # async fn example(transport: impl Transport, stream_arn: &str) -> Result<(), Box<dyn std::error::Error>> {
/// let mut replica = Replica::new(transport, stream_arn);
/// let mut dogs = LocalCopy::default();
/// while let Some(event) = replica.next().await? {
///     dogs.apply(&event)?;
///     if let ReplicaEvent::Gap(gap) = event {
///         eprintln!("{gap}");
///         replica.copy_again();
///     }
/// }
/// // The stream was disabled, and all of it was read.
/// # Ok(())
/// # }
/// ```
pub struct Replica<T> {
    transport: Arc<T>,
    follower: Follower,
    waiting: FuturesUnordered<Waiting>,
    environment: Environment,
}

impl<T> std::fmt::Debug for Replica<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Replica").field("state", &self.follower.state()).finish_non_exhaustive()
    }
}

impl<T: Transport> Replica<T> {
    /// Begins anew: all items, then every change since.
    #[must_use]
    pub fn new(transport: T, stream_arn: &str) -> Self {
        Self::with(transport, State::new(stream_arn, true))
    }

    /// Begins anew without the items: only changes, from the oldest that the stream has, or from now on.
    #[must_use]
    pub fn changes_only(transport: T, stream_arn: &str, start: Start) -> Self {
        let mut replica = Self::with(transport, State::new(stream_arn, false));
        replica.follower.options_mut().start = start;
        replica
    }

    /// Goes on where another replica was.
    #[must_use]
    pub fn resume(transport: T, state: State) -> Self {
        Self::with(transport, state)
    }

    fn with(transport: T, state: State) -> Self {
        let environment = Environment::system();
        let follower = Follower::new(state, Options::default(), environment.random.next_u64());
        Self { transport: Arc::new(transport), follower, waiting: FuturesUnordered::new(), environment }
    }

    /// How long a shard without changes is left alone before it is asked again: by default 500 ms.
    #[must_use]
    pub fn poll_interval(mut self, span: Duration) -> Self {
        self.follower.options_mut().idle_ms = u64::try_from(span.as_millis()).unwrap_or(u64::MAX / 4);
        self
    }

    /// The clocks to use instead of the machine's, in tests.
    #[must_use]
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// What comes next; none when the stream is disabled and all of it was read. May be dropped while it waits.
    ///
    /// # Errors
    /// When the service refuses a call, or has no such stream or table. Calls that are throttled or get no answer are made
    /// again. It may be called again after an error, and goes on.
    pub async fn next(&mut self) -> Result<Option<ReplicaEvent>, CallError> {
        let mut event = Event::Tick;
        loop {
            let now_ms = self.now_ms();
            for call in self.follower.step(event, now_ms) {
                let clock = self.environment.clock.clone();
                let (transport, arn) = (Arc::clone(&self.transport), self.follower.stream_arn().to_owned());
                let table = self.follower.table().to_owned();
                self.waiting.push(Box::pin(make(transport, clock, (arn, table), call)));
            }
            match self.follower.pop(now_ms) {
                Some(Output::Event(event)) => return Ok(Some(event)),
                Some(Output::Failed(error)) => return Err(error),
                Some(Output::Ended) => return Ok(None),
                None => {}
            }
            let pause_ms = self.follower.wake_ms().map_or(u64::MAX / 4, |ms| ms.saturating_sub(now_ms));
            let clock = self.environment.clock.clone();
            event = tokio::select! {
                Some(event) = self.waiting.next() => event,
                () = clock.sleep(Duration::from_millis(pause_ms)) => Event::Tick,
            };
        }
    }

    /// What to save, to go on from here later: everything that [`Self::next`] has given is behind it, and nothing
    /// else.
    #[must_use]
    pub fn state(&self) -> State {
        self.follower.state().clone()
    }

    /// Gives all items again, and then the changes since: after a gap, for instance.
    pub fn copy_again(&mut self) {
        self.follower.copy_again();
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.environment.clock.machine().as_millis()).unwrap_or(u64::MAX)
    }
}

async fn make<T: Transport>(transport: Arc<T>, clock: Clock, names: (String, String), call: Call) -> Event {
    let (arn, table) = names;
    match call {
        Call::Describe => Event::Described(describe(&*transport, &clock, &arn).await),
        Call::Iterator { shard_id, position } => {
            let call = transport.get_shard_iterator(&arn, &shard_id, &position);
            let answer = within(&clock, CALL_TIME, call).await;
            Event::Iterator { shard_id, answer }
        }
        Call::Records { shard_id, iterator } => {
            let call = transport.get_records(&iterator, follower::PAGE_MAX);
            let answer = within(&clock, CALL_TIME, call).await;
            Event::Records { shard_id, iterator, answer }
        }
        Call::Scan { after } => {
            Event::Scanned(within(&clock, CALL_TIME, transport.scan(&table, after.as_ref())).await)
        }
    }
}

/// All pages: a call for each hundred shards.
async fn describe<T: Transport>(
    transport: &T,
    clock: &Clock,
    arn: &str,
) -> Result<follower::Description, CallError> {
    let (mut shards, mut after): (Vec<_>, Option<String>) = (Vec::new(), None);
    loop {
        let page = within(clock, CALL_TIME, transport.describe_stream(arn, after.as_deref())).await?;
        shards.extend(page.shards);
        after = page.last_evaluated;
        if after.is_none() {
            let (table, key_attributes, status) = (page.table, page.key_attributes, page.status);
            return Ok(follower::Description { table, key_attributes, status, shards });
        }
    }
}
