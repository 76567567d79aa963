//! What there is at the start.

use super::block::Meta;
use super::groups::{Block, Group, GroupRecord, Stream, StreamRecord};
use super::keys::{self, Keys};
use super::live::Live;
use super::state::{GroupKey, State};
use super::{Inner, Logs, LogsError, Options};
use crate::closing::Closing;
use environment::Environment;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use store::{Range, Runner, Snapshot, SpaceId, Store};
use tokio::sync::Notify;

impl Logs {
    /// Opens the logs whose records are in this space. Blocks. What functions print is committed by itself only after
    /// [`Logs::start`].
    ///
    /// # Errors
    /// When the store cannot be read, or holds something else.
    pub fn open(
        runner: Runner,
        space: SpaceId,
        options: Options,
        environment: Environment,
    ) -> Result<Self, LogsError> {
        let keys = Keys::new(space);
        let state = load(&runner, keys, Live::new(&environment))?;
        let inner = Inner {
            runner,
            keys,
            options,
            environment,
            state: Mutex::new(state),
            committing: tokio::sync::Mutex::default(),
            work: Arc::default(),
            room: Notify::new(),
            closing: Closing::new(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }
}

fn load(runner: &Runner, keys: Keys, live: Live) -> Result<State, LogsError> {
    let mut state = State::new(live);
    let mut groups: BTreeMap<u64, GroupKey> = BTreeMap::new();
    each(runner, &keys.groups(), |_, value| {
        let record: GroupRecord = parsed(value)?;
        let (account, region) = (record.account.as_str().into(), record.region.as_str().into());
        let key = GroupKey { account, region, name: record.name.as_str().into() };
        state.next = state.next.max(record.id + 1);
        groups.insert(record.id, key.clone());
        state.groups.insert(key, Group::new(record));
        Ok(())
    })?;
    let mut streams: BTreeMap<u64, (GroupKey, Arc<str>)> = BTreeMap::new();
    each(runner, &keys.streams(), |key, value| {
        let record: StreamRecord = parsed(value)?;
        state.next = state.next.max(record.id + 1);
        let group = keys::numbers(key).and_then(|(group, _)| groups.get(&group));
        let Some(group) = group else { return Err(LogsError::Damaged("a stream without a group".into())) };
        let name: Arc<str> = record.name.as_str().into();
        streams.insert(record.id, (group.clone(), Arc::clone(&name)));
        if let Some(known) = state.groups.get_mut(group) {
            known.streams.insert(name, Stream::new(record));
        }
        Ok(())
    })?;
    each(runner, &keys.metas(), |key, value| {
        let damaged = || LogsError::Damaged("a block".into());
        let (stream, number) = keys::numbers(key).ok_or_else(damaged)?;
        let meta = Meta::decode(value).ok_or_else(damaged)?;
        let (group, name) = streams.get(&stream).ok_or_else(damaged)?;
        let stream = state.groups.get_mut(group).and_then(|group| group.streams.get_mut(name));
        let blocks = &mut stream.ok_or_else(damaged)?.blocks;
        blocks.push_back(Block { number, meta, data: None, dirty: false });
        state.next = state.next.max(number + 1);
        state.bytes += u64::from(meta.bytes);
        state.order.insert(number, (group.clone(), Arc::clone(name)));
        Ok(())
    })?;
    Ok(state)
}

/// Calls for each value of a range, until it fails.
fn each(
    runner: &Runner,
    range: &Range,
    mut read: impl FnMut(&[u8], &[u8]) -> Result<(), LogsError>,
) -> Result<(), LogsError> {
    let mut failure = None;
    runner.store().snapshot().range(range, &mut |key, value| {
        failure = read(key, &value.value).err();
        failure.is_none()
    })?;
    failure.map_or(Ok(()), Err)
}

fn parsed<T: serde::de::DeserializeOwned>(value: &[u8]) -> Result<T, LogsError> {
    serde_json::from_slice(value).map_err(|error| LogsError::Damaged(error.to_string()))
}
