//! TransactWriteItems: up to 100 actions on different items, in any tables, all or none.

mod fingerprint;

use super::batch_write_item::write_collections;
use super::update_item::leaves_key;
use crate::Database;
use crate::caller::{Caller, Reply};
use crate::capacity::{Capacity, Tally, Told};
use crate::keys::{ItemKey, KeyError};
use crate::meta::MetaKey;
use crate::read::write_item;
use crate::requests::{Bound, Texts};
use crate::table::Table;
use crate::write::{
    Action, Change, ClientToken, Done, Failure, ITEM_BYTES_MAX, PUT_TOO_LARGE, Verdict, WriteSet, capacities,
    replayed_tables, write_capacities,
};
use bytes::Bytes;
use item::Map;
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;
use wire::ApiError;
use wire::dynamodb::TransactWriteItems;
use wire::dynamodb::enumeration::ReturnValuesOnConditionCheckFailure;
use wire::dynamodb::transact_write_items::{Action as Request, ActionKind};
use wire::error::CancellationReason;

/// How many bytes of items a transaction writes.
pub(super) const TRANSACTION_BYTES: usize = 4 * 1024 * 1024;

/// The text for a token that another request used.
pub(super) const TOKEN_MISMATCH: &str = "The request uses the same client token as a previous, but non-identical \
                                         request. Do not reuse a client token with different requests, unless the \
                                         requests are identical";

/// Why an action's key, or what it does to it, does not fit its table.
type Misfit = Cow<'static, str>;

impl Database {
    /// Runs TransactWriteItems.
    pub(crate) async fn transact_write_items(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = TransactWriteItems::decode(body)?;
        let set = self.transaction(caller, &request)?;
        let told = |tally| Told { detail: request.return_consumed_capacity, tally };
        let (set, committed) = self.write(set).await?;
        match set.verdict() {
            Verdict::Mismatch => Err(ApiError::idempotent_parameter_mismatch(TOKEN_MISMATCH)),
            Verdict::Replayed(kept) => Ok(Reply::new(replayed(&set, kept, told(Tally::Reads)))),
            Verdict::Planned | Verdict::Moved => {
                if set.outcomes().iter().any(Result::is_err) {
                    return Err(cancelled(&set, &request));
                }
                let positions = set.positions(&committed);
                Ok(Reply { body: answer(&set, &request, told(Tally::Writes))?, positions })
            }
        }
    }

    fn transaction(&self, caller: &Caller, request: &TransactWriteItems) -> Result<WriteSet, ApiError> {
        let mut prepared = Vec::with_capacity(request.transact_items.len());
        for action in &request.transact_items {
            prepared.push(self.prepared(request, action)?);
        }
        if let Some(error) = &request.refused {
            return Err(error.clone());
        }
        let mut actions: Vec<Result<Action, Misfit>> = Vec::with_capacity(prepared.len());
        for (action, prepared) in request.transact_items.iter().zip(prepared) {
            let table = self.catalog.get(caller, &action.table_name)?;
            actions.push(self.action(table, action, prepared)?);
        }
        let actions = all_or_cancelled(actions)?;
        require_distinct(&actions)?;
        require_small(&actions)?;
        let set = WriteSet::new(actions, self.hasher);
        Ok(match &request.client_request_token {
            None => set,
            Some(token) => {
                let key = MetaKey::ClientToken { account: &caller.account, region: &caller.region, token };
                let fingerprint = fingerprint::of(request, self.hasher);
                set.with_token(ClientToken { key: key.key(self.meta), fingerprint })
            }
        })
    }

    fn prepared(&self, request: &TransactWriteItems, action: &Request) -> Result<Bound, ApiError> {
        let update = match &action.kind {
            ActionKind::Update { update_expression, .. } => Some(update_expression.as_str()),
            _ => None,
        };
        let texts = Texts { update, condition: action.condition_expression.as_deref(), ..Texts::default() };
        let names = action.expression_attribute_names.clone();
        let values = action.expression_attribute_values.clone();
        let bound = self.bind(texts, names, values, request.layer)?;
        if let ActionKind::Put { item } = &action.kind
            && item.size() > ITEM_BYTES_MAX
        {
            return Err(ApiError::validation(PUT_TOO_LARGE));
        }
        Ok(bound)
    }

    fn action(
        &self,
        table: Arc<Table>,
        request: &Request,
        mut bound: Bound,
    ) -> Result<Result<Action, Misfit>, ApiError> {
        let lookup = |key: &Map| ItemKey::of_key(&table, self.hasher, key);
        let (key, change) = match &request.kind {
            ActionKind::ConditionCheck { key } => (lookup(key), Change::Check),
            ActionKind::Delete { key } => (lookup(key), Change::Delete),
            ActionKind::Update { key, .. } => {
                let update = bound.update.take();
                if let Some(Err(text)) = update.as_ref().map(|update| leaves_key(&table, update)) {
                    return Ok(Err(text.into()));
                }
                (lookup(key), Change::Update { update, key: key.clone() })
            }
            ActionKind::Put { item } => {
                (ItemKey::of_put(&table, self.hasher, item), Change::Put(item.clone()))
            }
        };
        match key {
            Ok(key) => Ok(Ok(Action {
                key: recorded(key, &table, &request.kind),
                change,
                guard: bound.guard(),
                table,
            })),
            Err(error @ KeyError::Empty { .. }) => Err(ApiError::validation(error.of_lookup())),
            Err(error) if matches!(request.kind, ActionKind::Put { .. }) => Ok(Err(error.of_put())),
            Err(error) => Ok(Err(error.of_lookup())),
        }
    }
}

/// The key with its attributes kept, where records need them.
fn recorded(item_key: ItemKey, table: &Table, kind: &ActionKind) -> ItemKey {
    match kind {
        ActionKind::Put { item } => item_key.recorded_put(table, item),
        ActionKind::ConditionCheck { key } | ActionKind::Delete { key } | ActionKind::Update { key, .. } => {
            item_key.recorded(table, key)
        }
    }
}

/// The actions, or the cancellation where one does not fit its table.
fn all_or_cancelled(actions: Vec<Result<Action, Misfit>>) -> Result<Vec<Action>, ApiError> {
    if actions.iter().all(Result::is_ok) {
        return Ok(actions.into_iter().flatten().collect());
    }
    let reason = |action: &Result<Action, Misfit>| match action {
        Ok(_) => CancellationReason::none(),
        Err(text) => CancellationReason::validation_error(text.clone()),
    };
    let reasons: Vec<CancellationReason> = actions.iter().map(reason).collect();
    Err(ApiError::transaction_canceled(&reasons))
}

pub(super) fn require_distinct(actions: &[Action]) -> Result<(), ApiError> {
    let mut seen = HashSet::with_capacity(actions.len());
    if actions.iter().all(|action| seen.insert(&action.key.key)) {
        return Ok(());
    }
    Err(ApiError::validation("Transaction request cannot include multiple operations on one item"))
}

pub(super) fn require_small(actions: &[Action]) -> Result<(), ApiError> {
    let size = |action: &Action| match &action.change {
        Change::Put(item) => item.size(),
        Change::Update { update: Some(update), .. } => update.request_charge(),
        _ => 0,
    };
    if actions.iter().map(size).sum::<usize>() <= TRANSACTION_BYTES {
        return Ok(());
    }
    Err(ApiError::validation("The total size of the items in the transaction exceeds 4 MB"))
}

fn cancelled(set: &WriteSet, request: &TransactWriteItems) -> ApiError {
    let mut reasons = Vec::with_capacity(set.outcomes().len());
    for (outcome, action) in set.outcomes().iter().zip(&request.transact_items) {
        let wants_item =
            action.return_values_on_condition_check_failure == ReturnValuesOnConditionCheckFailure::AllOld;
        match outcome {
            Ok(_) => reasons.push(CancellationReason::none()),
            Err(Failure::Invalid(text)) => reasons.push(CancellationReason::validation_error(text.clone())),
            Err(Failure::Condition(item)) => {
                let mut rendered = None;
                if let Some(item) = item.as_ref().filter(|_| wants_item) {
                    let mut json = Vec::with_capacity(2 * item.as_bytes().len());
                    match write_item(&mut json, item) {
                        Ok(()) => rendered = Some(json),
                        Err(error) => return error,
                    }
                }
                reasons.push(CancellationReason::conditional_check_failed(rendered));
            }
            Err(failure) => return failure.clone().into_error(false),
        }
    }
    ApiError::transaction_canceled(&reasons)
}

fn answer(set: &WriteSet, request: &TransactWriteItems, told: Told) -> Result<Vec<u8>, ApiError> {
    let done = || set.actions().iter().zip(set.outcomes().iter().flatten());
    let mut body = vec![b'{'];
    if told.any() {
        body.extend_from_slice(b"\"ConsumedCapacity\":");
        let parts = done().map(|(action, done)| (&action.table, doubled(done)));
        write_capacities(&mut body, &capacities(parts), told);
    }
    let mut collections = Vec::new();
    write_collections(&mut collections, done, request.return_item_collection_metrics)?;
    body.extend_from_slice(if told.any() { &collections } else { collections.get(1..).unwrap_or_default() });
    body.push(b'}');
    Ok(body)
}

/// A transaction costs twice as much on the table; its indexes cost as ever.
pub(super) fn doubled(done: &Done) -> Capacity {
    Capacity { table: done.capacity.table.doubled(), ..done.capacity.clone() }
}

/// The answer to a repetition: what it cost to see that it is one.
fn replayed(set: &WriteSet, kept: &Bytes, told: Told) -> Vec<u8> {
    if !told.any() {
        return b"{}".to_vec();
    }
    let mut body = b"{\"ConsumedCapacity\":".to_vec();
    write_replayed(&mut body, set, kept, told);
    body.push(b'}');
    body
}

/// Writes what it cost to see that a request is a repetition.
pub(super) fn write_replayed(out: &mut Vec<u8>, set: &WriteSet, kept: &Bytes, told: Told) {
    let kept = replayed_tables(kept);
    let table = |arn: &str| set.actions().iter().map(|action| &action.table).find(|table| table.arn == arn);
    let parts = kept.iter().filter_map(|(arn, units)| Some((table(arn)?, Capacity::of_table(*units))));
    write_capacities(out, &capacities(parts), told);
}
