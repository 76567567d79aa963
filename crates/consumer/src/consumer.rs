//! Many workers share a stream: each reads some of its shards, and what one leaves another takes up.

use crate::lease::LEASE_KEY;
use crate::patience::within;
use crate::transport::{CallError, Transport};
use crate::worker::{Settings, Start, Worker};
use crate::{Measure, Metrics};
use environment::Environment;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

mod calls;
mod handler;
mod run;

pub use handler::{Batch, Handler};
use run::Run;

/// Why a consumer cannot run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConsumerError {
    /// There is no such stream, and never was one for this group.
    #[error("the stream does not exist: {0}")]
    NoStream(String),
    /// The lease table cannot be used.
    #[error("the lease table cannot be used: {0}")]
    LeaseTable(CallError),
    /// The stream cannot be used.
    #[error("the stream cannot be used: {0}")]
    Stream(CallError),
}

/// How a consumer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The stream is disabled, and the group has processed all of it.
    Ended,
    /// It was asked to stop.
    Stopped,
}

/// One worker of a group that shares a stream.
///
/// All workers of a group are given the same stream and the same lease table, which is made if it is not there. Each
/// change is given to the handler of one of them, at least once, in order for each item; a worker that dies is
/// replaced by the others when its leases have not been renewed for [`Consumer::lease_time`].
///
/// ```no_run
/// use std::convert::Infallible;
/// use tailwater_consumer::{Batch, Consumer, Start};
/// # use tailwater_consumer::transport::Transport;
///
/// # async fn example(transport: impl Transport, stream_arn: &str) -> Result<(), tailwater_consumer::ConsumerError> {
/// Consumer::new(transport, stream_arn, "orders-consumers")
///     .start(Start::TrimHorizon)
///     .run(|batch: Batch| async move {
///         for change in batch.changes.iter() {
///             println!("{:?} {:?}", change.kind, change.keys);
///         }
///         Ok::<(), Infallible>(())
///     })
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Consumer<T> {
    transport: Arc<T>,
    stream_arn: String,
    lease_table: String,
    worker_id: Option<String>,
    settings: Settings,
    metrics: Option<MetricsRef>,
    environment: Environment,
    patience: Duration,
}

/// Metrics, of which nothing can be shown.
#[derive(Clone)]
struct MetricsRef(Arc<dyn Metrics>);

impl std::fmt::Debug for MetricsRef {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Metrics")
    }
}

/// How long a stop waits for handlers, where nobody says so.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a call may take before the work begins.
const CALL_TIME: Duration = Duration::from_secs(30);

/// How long to wait between looks at a lease table that is being made, or at a service that does not answer.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// How long that may go on.
const PREPARE_TIME: Duration = Duration::from_secs(120);

/// At most so much that sums of a few do not overflow.
fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).min(u64::MAX / 8)
}

impl<T: Transport> Consumer<T> {
    /// A worker of the group that shares this stream through this lease table.
    #[must_use]
    pub fn new(transport: T, stream_arn: &str, lease_table: &str) -> Self {
        Self {
            transport: Arc::new(transport),
            stream_arn: stream_arn.to_owned(),
            lease_table: lease_table.to_owned(),
            worker_id: None,
            settings: Settings::default(),
            metrics: None,
            environment: Environment::system(),
            patience: PATIENCE,
        }
    }

    /// The name of this worker, in leases and logs. No other may have it, and one that was started anew had better
    /// not have it again; by default it is random.
    #[must_use]
    pub fn worker_id(mut self, id: &str) -> Self {
        self.worker_id = Some(id.to_owned());
        self
    }

    /// Where the group begins, if it has no leases yet: by default with the oldest change that the stream has.
    #[must_use]
    pub fn start(mut self, start: Start) -> Self {
        self.settings.start = start;
        self
    }

    /// How long a worker may be silent before others take its shards: by default 10 s. The shorter, the sooner a dead
    /// worker is replaced, and the more its leases cost: each is written three times in this span, and all are
    /// read twice. It must be the same in all workers, and is at least 100 ms.
    #[must_use]
    pub fn lease_time(mut self, span: Duration) -> Self {
        self.settings.lease_ms = ms(span).max(100);
        self
    }

    /// How often at most the checkpoint of a shard is written while changes come: by default every second. What was
    /// handled after the last is handled again after a crash.
    #[must_use]
    pub fn checkpoint_interval(mut self, span: Duration) -> Self {
        self.settings.checkpoint_ms = ms(span);
        self
    }

    /// How long a shard without changes is left alone before it is asked again: by default 500 ms.
    #[must_use]
    pub fn poll_interval(mut self, span: Duration) -> Self {
        self.settings.idle_ms = ms(span);
        self
    }

    /// How often the stream is looked at for shards though nothing asks for it: by default about every minute.
    #[must_use]
    pub fn discovery_interval(mut self, span: Duration) -> Self {
        self.settings.discovery_ms = ms(span).max(1);
        self
    }

    /// How many shards this worker takes at most: by default as many as there are.
    #[must_use]
    pub fn max_shards(mut self, count: usize) -> Self {
        self.settings.leases_max = count;
        self
    }

    /// How many changes the handler is given at most at once: by default 1000, which is also the most.
    #[must_use]
    pub fn max_batch(mut self, changes: u32) -> Self {
        self.settings.batch_max = changes.clamp(1, 1_000);
        self
    }

    /// Who is told what happens.
    #[must_use]
    pub fn metrics(mut self, metrics: Arc<dyn Metrics>) -> Self {
        self.metrics = Some(MetricsRef(metrics));
        self
    }

    /// How long a stop waits for handlers to finish: by default 30 s. Then they are cancelled, and what they were at
    /// is given to another worker when the lease has expired.
    #[must_use]
    pub fn shutdown_timeout(mut self, span: Duration) -> Self {
        self.patience = span;
        self
    }

    /// The clocks and the chance to use instead of the machine's, in tests.
    #[must_use]
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// Works until the stream is disabled and all of it was processed. To drop the future is to die: other workers
    /// take over when the leases have expired.
    ///
    /// # Errors
    /// When the stream or the lease table cannot be used at all. What goes wrong later is tried again, and counted.
    pub async fn run<H: Handler>(self, handler: H) -> Result<Outcome, ConsumerError> {
        self.run_until(handler, std::future::pending()).await
    }

    /// Works until the stream has ended, or until `stop` is done: then it finishes what it is at, and gives its shards
    /// back, so that others take them at once.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub async fn run_until<H: Handler>(
        self,
        handler: H,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<Outcome, ConsumerError> {
        let mut stop = pin!(stop);
        tokio::select! {
            prepared = self.prepare() => prepared?,
            () = &mut stop => return Ok(Outcome::Stopped),
        }
        let random = &self.environment.random;
        let worker_id =
            self.worker_id.clone().unwrap_or_else(|| format!("worker-{:032x}", random.next_u128()));
        let worker = Worker::new(&worker_id, self.settings.clone(), random.next_u64());
        Run::new(&self, worker, handler).work(stop).await
    }

    /// Sees to it that there are a stream and a lease table.
    async fn prepare(&self) -> Result<(), ConsumerError> {
        let clock = &self.environment.clock;
        let begun = clock.machine();
        while let Err(why) = within(clock, CALL_TIME, self.table_is_there()).await {
            self.wait(begun, why).await.map_err(ConsumerError::LeaseTable)?;
        }
        loop {
            let call = self.transport.describe_stream(&self.stream_arn, None);
            match within(clock, CALL_TIME, call).await {
                Ok(_) => return Ok(()),
                Err(CallError::NotFound(text)) => return self.was_there_once(text).await,
                Err(why) => self.wait(begun, why).await.map_err(ConsumerError::Stream)?,
            }
        }
    }

    /// Makes the lease table where there is none; an error until it can be used.
    async fn table_is_there(&self) -> Result<(), CallError> {
        match self.transport.table_is_active(&self.lease_table).await {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(CallError::NotFound(_)) => {
                match self.transport.create_table(&self.lease_table, LEASE_KEY).await {
                    Ok(()) | Err(CallError::AlreadyExists(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            Err(error) => return Err(error),
        }
        Err(CallError::Unavailable(format!("{} is still being made", self.lease_table)))
    }

    /// Waits before the next try, if it makes sense to try again.
    async fn wait(&self, begun: Duration, why: CallError) -> Result<(), CallError> {
        let clock = &self.environment.clock;
        let again = matches!(why, CallError::Unavailable(_) | CallError::Throttled(_));
        if !again || clock.machine().saturating_sub(begun) > PREPARE_TIME {
            return Err(why);
        }
        clock.sleep(LOOK_AGAIN).await;
        Ok(())
    }

    /// A stream that is gone is one whose end, or whose gaps, the group has still to learn of, if it has leases.
    async fn was_there_once(&self, text: String) -> Result<(), ConsumerError> {
        let leases = self.transport.scan(&self.lease_table, None).await.map_err(ConsumerError::LeaseTable)?;
        if leases.items.is_empty() { Err(ConsumerError::NoStream(text)) } else { Ok(()) }
    }

    fn now_ms(&self) -> u64 {
        ms(self.environment.clock.machine())
    }

    fn record(&self, measure: &Measure) {
        if let Some(MetricsRef(metrics)) = &self.metrics {
            metrics.record(measure);
        }
    }
}
