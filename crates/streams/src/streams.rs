//! All streams of a server: what they are, and what is asked of them.

use crate::faults::Damage;
use crate::reading::ReadError;
use crate::registry::{Registry, Scope};
use crate::{StreamDescriptor, Wakeups, arn::StreamArn};
use environment::{Clock, Faults};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use wire::ApiError;

/// How streams behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How long records are kept.
    pub retention_ms: u64,
    /// How long an iterator may be used.
    pub iterator_lifetime_ms: u64,
    /// How long a shard takes records before it is rolled over.
    pub shard_lifetime_ms: u64,
    /// How many shards a stream begins with.
    pub initial_shards: u32,
    /// Whether all accounts and regions see the same streams.
    pub shared: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            retention_ms: 24 * 3_600_000,
            iterator_lifetime_ms: 15 * 60_000,
            shard_lifetime_ms: 4 * 3_600_000,
            initial_shards: 1,
            shared: false,
        }
    }
}

/// Who asks: the account and region of the request's credential scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller<'a> {
    /// The account, 12 digits.
    pub account: &'a str,
    /// The region.
    pub region: &'a str,
}

/// The streams of a server. It holds no records: those are in the store that each call is given.
#[derive(Debug)]
pub struct Streams {
    pub(crate) options: Options,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) damage: Damage,
    registry: RwLock<Registry>,
    wakeups: Wakeups,
}

impl Streams {
    /// No streams yet.
    #[must_use]
    pub fn new(clock: Clock, options: Options) -> Self {
        let faults = Faults::new(clock.clone());
        Self {
            options,
            clock,
            faults,
            damage: Damage::default(),
            registry: RwLock::default(),
            wakeups: Wakeups::default(),
        }
    }

    /// With these faults, which may strike readers.
    #[must_use]
    pub fn with_faults(self, faults: Faults) -> Self {
        Self { faults, ..self }
    }

    /// How streams behave.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Those who wait for records. Tell it of each commit: `runner.on_commit(|last| wakeups.committed(last))`.
    #[must_use]
    pub fn wakeups(&self) -> &Wakeups {
        &self.wakeups
    }

    /// Takes over the streams found in the store at the start.
    pub fn load(&self, descriptors: impl IntoIterator<Item = StreamDescriptor>) {
        for descriptor in descriptors {
            self.install(descriptor);
        }
    }

    /// Shows a stream, new or changed, to readers. To be called after the commit that stored it: shards
    /// that it closed count as closed from here on, and whoever waits for their records wakes.
    pub fn install(&self, descriptor: StreamDescriptor) -> Arc<StreamDescriptor> {
        let stream = Arc::new(descriptor);
        let scope = self.scope(Caller { account: &stream.account, region: &stream.region });
        let before = self.write().put(scope, &stream);
        if let Some(before) = before {
            for shard in before.shards.iter().filter(|shard| shard.is_open()) {
                if stream.shard(shard.id).is_none_or(|shard| !shard.is_open()) {
                    self.wakeups.closed(shard.log);
                }
            }
        }
        stream
    }

    /// Forgets a stream, after the commit that deleted it.
    pub fn remove(&self, arn: &str) -> Option<Arc<StreamDescriptor>> {
        let stream = self.get(arn)?;
        let scope = self.scope(Caller { account: &stream.account, region: &stream.region });
        let removed = self.write().remove(scope, arn)?;
        for shard in removed.shards.iter().filter(|shard| shard.is_open()) {
            self.wakeups.closed(shard.log);
        }
        Some(removed)
    }

    /// The stream of this ARN, whoever asks, expired or not.
    #[must_use]
    pub fn get(&self, arn: &str) -> Option<Arc<StreamDescriptor>> {
        self.read().get(arn).cloned()
    }

    /// All streams, in the same order each time: for maintenance.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<StreamDescriptor>> {
        self.read().all().cloned().collect()
    }

    /// The enabled stream of a table.
    #[must_use]
    pub fn enabled(&self, caller: Caller<'_>, table_name: &str) -> Option<Arc<StreamDescriptor>> {
        self.read().enabled(self.scope(caller), table_name)
    }

    /// The time for the label of a stream that is opened now: the present one, or a little later where the
    /// last stream of that table name was opened in the same millisecond.
    #[must_use]
    pub fn next_label_ms(&self, caller: Caller<'_>, table_name: &str) -> u64 {
        let newest_ms = self.read().newest_label_ms(self.scope(caller), table_name);
        self.clock.now_ms().max(newest_ms.map_or(0, |ms| ms.saturating_add(1)))
    }

    /// The stream that a caller names, if it is the caller's and has not expired.
    pub(crate) fn visible(&self, caller: Caller<'_>, arn: &str) -> Option<Arc<StreamDescriptor>> {
        let stream = self.get(arn)?;
        let own = self.options.shared || (stream.account == caller.account && stream.region == caller.region);
        (own && !stream.has_expired(self.clock.now_ms(), self.options.retention_ms)).then_some(stream)
    }

    /// As [`Streams::visible`], with AWS's errors.
    pub(crate) fn find(&self, caller: Caller<'_>, arn: &str) -> Result<Arc<StreamDescriptor>, ApiError> {
        if StreamArn::parse(arn).is_none() {
            return Err(ApiError::validation("Invalid StreamArn"));
        }
        self.visible(caller, arn).ok_or_else(|| {
            ApiError::resource_not_found(format!("Requested resource not found: Stream: {arn} not found"))
        })
    }

    pub(crate) fn scope<'a>(&self, caller: Caller<'a>) -> Scope<'a> {
        if self.options.shared {
            Scope::SHARED
        } else {
            Scope { account: caller.account, region: caller.region }
        }
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Registry> {
        self.registry.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Registry> {
        self.registry.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The wire's answer to a failed read.
impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> ApiError {
        match error {
            ReadError::UnknownShard => {
                ApiError::resource_not_found("Requested resource not found: Shard does not exist")
            }
            ReadError::Trimmed => {
                ApiError::trimmed_data_access("The data you are trying to access has been trimmed")
            }
            ReadError::OutOfRange => ApiError::validation("Invalid SequenceNumber for the shard"),
            ReadError::Store(error) => {
                tracing::error!(%error, "a stream could not be read");
                ApiError::internal_server_error("Internal server error")
            }
            ReadError::Record(error) => {
                tracing::error!(%error, "a stream record is damaged");
                ApiError::internal_server_error("Internal server error")
            }
        }
    }
}
