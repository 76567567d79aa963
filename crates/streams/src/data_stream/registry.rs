//! The data streams there are, by name and by log.

use super::{DataShardId, DataStream};
use crate::Caller;
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use store::LogId;

/// Account, region and name; account and region are empty where all see the same streams.
type Name = (String, String, String);

/// Where a log belongs.
#[derive(Clone, Debug)]
pub struct Place {
    /// The stream.
    pub stream: Arc<DataStream>,
    /// The shard of it.
    pub shard: DataShardId,
}

/// All data streams of a server. It holds no records: those are in the store.
#[derive(Debug, Default)]
pub struct DataStreams {
    /// Whether all accounts and regions see the same streams.
    shared: bool,
    inner: RwLock<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    by_name: BTreeMap<Name, Arc<DataStream>>,
    by_log: HashMap<LogId, (Name, DataShardId)>,
}

impl DataStreams {
    /// None yet.
    #[must_use]
    pub fn new(shared: bool) -> Self {
        Self { shared, inner: RwLock::default() }
    }

    /// Shows a stream, new or changed, to readers. To be called after the commit that stored it.
    pub fn install(&self, stream: DataStream) -> Arc<DataStream> {
        let stream = Arc::new(stream);
        let name = self.name(Caller { account: &stream.account, region: &stream.region }, &stream.name);
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        inner.forget(&name);
        for shard in &stream.shards {
            inner.by_log.insert(shard.log, (name.clone(), shard.number));
        }
        inner.by_name.insert(name, Arc::clone(&stream));
        stream
    }

    /// Forgets a stream, after the commit that deleted it.
    pub fn remove(&self, stream: &DataStream) {
        let name = self.name(Caller { account: &stream.account, region: &stream.region }, &stream.name);
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        inner.forget(&name);
        inner.by_name.remove(&name);
    }

    /// The caller's stream of this name.
    #[must_use]
    pub fn get(&self, caller: Caller<'_>, name: &str) -> Option<Arc<DataStream>> {
        self.read().by_name.get(&self.name(caller, name)).cloned()
    }

    /// The stream of this ARN, if it is the caller's.
    #[must_use]
    pub fn by_arn(&self, caller: Caller<'_>, arn: &str) -> Option<Arc<DataStream>> {
        let name = arn.rsplit_once(":stream/")?.1;
        self.get(caller, name).filter(|stream| stream.arn == arn)
    }

    /// The stream of this ARN, whoever asks.
    #[must_use]
    pub fn of_arn(&self, arn: &str) -> Option<Arc<DataStream>> {
        let mut parts = arn.split(':').skip(3);
        let (region, account) = (parts.next()?, parts.next()?);
        self.by_arn(Caller { account, region }, arn)
    }

    /// The stream and the shard that this log belongs to, if it is the caller's.
    #[must_use]
    pub fn by_log(&self, caller: Caller<'_>, log: LogId) -> Option<Place> {
        let inner = self.read();
        let (name, shard) = inner.by_log.get(&log)?;
        let own = self.shared || (name.0 == caller.account && name.1 == caller.region);
        let stream = inner.by_name.get(name).filter(|_| own)?;
        Some(Place { stream: Arc::clone(stream), shard: *shard })
    }

    /// The caller's streams whose names are above this one, in order of name.
    #[must_use]
    pub fn after(&self, caller: Caller<'_>, name: Option<&str>) -> Vec<Arc<DataStream>> {
        let from = match name {
            Some(name) => Bound::Excluded(self.name(caller, name)),
            None => Bound::Included(self.name(caller, "")),
        };
        let scope = self.name(caller, "");
        let inner = self.read();
        let own = inner.by_name.range((from, Bound::Unbounded));
        own.take_while(|(name, _)| (&name.0, &name.1) == (&scope.0, &scope.1))
            .map(|(_, stream)| Arc::clone(stream))
            .collect()
    }

    /// All streams, in the order of their names: for maintenance.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<DataStream>> {
        self.read().by_name.values().cloned().collect()
    }

    fn name(&self, caller: Caller<'_>, name: &str) -> Name {
        if self.shared {
            (String::new(), String::new(), name.to_owned())
        } else {
            (caller.account.to_owned(), caller.region.to_owned(), name.to_owned())
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn forget(&mut self, name: &Name) {
        let Some(stream) = self.by_name.get(name) else { return };
        for shard in &stream.shards {
            self.by_log.remove(&shard.log);
        }
    }
}
