//! Any of the stores, told apart by `match` and not through a vtable.

use crate::{
    Commit, Embedded, EmbeddedSnapshot, Faulty, Key, LogId, LogPage, LogState, Memory, MemorySnapshot,
    Outcome, Position, Range, Simulated, Snapshot, SpaceId, Store, StoreError, Version, Versioned,
};

/// A store of any kind.
#[derive(Debug)]
pub enum AnyStore {
    /// In memory.
    Memory(Memory),
    /// On disk.
    Embedded(Embedded),
    /// In memory, with delays and faults, for tests.
    Faulty(Faulty),
    /// In memory, with a disk that can be watched failing, for simulated runs.
    Simulated(Simulated),
}

/// A snapshot of any store.
#[derive(Debug)]
pub enum AnySnapshot<'a> {
    /// Of a store in memory.
    Memory(MemorySnapshot<'a>),
    /// Of a store on disk.
    Embedded(EmbeddedSnapshot<'a>),
}

/// Calls the same method on whichever store or snapshot it is.
macro_rules! each {
    ($self:ident, $inner:ident => $call:expr) => {
        match $self {
            Self::Memory($inner) => $call,
            Self::Embedded($inner) => $call,
            Self::Faulty($inner) => $call,
            Self::Simulated($inner) => $call,
        }
    };
}

impl Store for AnyStore {
    type Snapshot<'a> = AnySnapshot<'a>;

    fn snapshot(&self) -> AnySnapshot<'_> {
        match self {
            Self::Memory(store) => AnySnapshot::Memory(store.snapshot()),
            Self::Embedded(store) => AnySnapshot::Embedded(store.snapshot()),
            Self::Faulty(store) => AnySnapshot::Memory(store.snapshot()),
            Self::Simulated(store) => AnySnapshot::Memory(store.snapshot()),
        }
    }

    fn commit(&self, commit: Commit) -> Result<Outcome, StoreError> {
        each!(self, store => store.commit(commit))
    }

    fn commit_seen(&self, commit: Commit, seen: Version) -> Result<Outcome, StoreError> {
        each!(self, store => store.commit_seen(commit, seen))
    }

    fn may_be_unknown(&self) -> bool {
        each!(self, store => store.may_be_unknown())
    }

    fn create_space(&self) -> Result<SpaceId, StoreError> {
        each!(self, store => store.create_space())
    }

    fn drop_space(&self, space: SpaceId) -> Result<(), StoreError> {
        each!(self, store => store.drop_space(space))
    }

    fn spaces(&self) -> Vec<SpaceId> {
        each!(self, store => store.spaces())
    }

    fn unchanged(&self, key: &Key, since: Version) -> bool {
        each!(self, store => store.unchanged(key, since))
    }

    fn log_state(&self, log: LogId) -> Option<LogState> {
        each!(self, store => store.log_state(log))
    }
}

impl Snapshot for AnySnapshot<'_> {
    fn version(&self) -> Version {
        match self {
            Self::Memory(snapshot) => snapshot.version(),
            Self::Embedded(snapshot) => snapshot.version(),
        }
    }

    fn get(&self, key: &Key) -> Result<Option<Versioned>, StoreError> {
        match self {
            Self::Memory(snapshot) => snapshot.get(key),
            Self::Embedded(snapshot) => snapshot.get(key),
        }
    }

    fn range(
        &self,
        range: &Range,
        each: &mut dyn FnMut(&[u8], &Versioned) -> bool,
    ) -> Result<(), StoreError> {
        match self {
            Self::Memory(snapshot) => snapshot.range(range, each),
            Self::Embedded(snapshot) => snapshot.range(range, each),
        }
    }

    fn log(&self, log: LogId) -> Option<LogState> {
        match self {
            Self::Memory(snapshot) => snapshot.log(log),
            Self::Embedded(snapshot) => snapshot.log(log),
        }
    }

    fn log_read(
        &self,
        log: LogId,
        after: Position,
        count: usize,
        bytes: usize,
    ) -> Result<LogPage, StoreError> {
        match self {
            Self::Memory(snapshot) => snapshot.log_read(log, after, count, bytes),
            Self::Embedded(snapshot) => snapshot.log_read(log, after, count, bytes),
        }
    }

    fn log_before(&self, log: LogId, time_ms: u64) -> Result<Position, StoreError> {
        match self {
            Self::Memory(snapshot) => snapshot.log_before(log, time_ms),
            Self::Embedded(snapshot) => snapshot.log_before(log, time_ms),
        }
    }
}
