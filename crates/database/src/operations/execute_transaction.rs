//! ExecuteTransaction: up to 100 PartiQL statements that all read or all write one item each, all or none.

use super::get_item::owned;
use super::transact_write_items::{
    TOKEN_MISMATCH, TRANSACTION_BYTES, doubled, require_distinct, require_small, write_replayed,
};
use crate::Database;
use crate::caller::{Caller, Reply};
use crate::capacity::{Capacity, Tally, Told, Units};
use crate::meta::MetaKey;
use crate::partiql::{
    Compiled, Misfit, PointRead, ReadStatement, WriteStatement, compile, failed, fingerprint, named, pinned,
    write_columns,
};
use crate::table::Table;
use crate::write::{
    Action, Change, ClientToken, Guard, Verdict, WriteSet, capacities, store_failed, write_capacities,
};
use expression::partiql::Source;
use item::Stored;
use std::collections::HashSet;
use std::sync::Arc;
use store::{Snapshot, Store};
use wire::dynamodb::ExecuteTransaction;
use wire::dynamodb::enumeration::ReturnValuesOnConditionCheckFailure;
use wire::error::CancellationReason;
use wire::json::ObjectWriter;
use wire::{ApiError, ErrorCode};

/// A statement refused by itself, which refuses the transaction.
fn refused(place: usize, text: &str) -> ApiError {
    ApiError::validation(format!("Validation failed in TransactStatements[{place}]: {text}"))
}

impl Database {
    /// Runs ExecuteTransaction.
    pub(crate) async fn execute_transaction(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = ExecuteTransaction::decode(body)?;
        let (mut reads, mut writes) = (Vec::new(), Vec::new());
        for (place, statement) in request.transact_statements.iter().enumerate() {
            match compile(statement).map_err(|error| refused(place, &error.to_string()))? {
                Compiled::Read(read) => reads.push(read),
                Compiled::Write(write) => writes.push(write),
            }
        }
        match (reads.is_empty(), writes.is_empty()) {
            (false, false) => Err(ApiError::validation(
                "ExecuteTransaction API does not support both read and write operations in the same request.",
            )),
            (false, true) => self.read_statements(caller, &request, reads),
            _ => self.write_statements(caller, &request, writes).await,
        }
    }

    /// The tables of the statements, or the cancellation where one is missing.
    fn tables<'s>(
        &self,
        caller: &Caller,
        sources: impl Iterator<Item = &'s Source>,
    ) -> Result<Vec<Arc<Table>>, ApiError> {
        let found: Vec<_> = sources.map(|source| self.catalog.get(caller, &source.table)).collect();
        if found.iter().all(Result::is_ok) {
            return Ok(found.into_iter().flatten().collect());
        }
        let mut reasons = Vec::with_capacity(found.len());
        for table in &found {
            reasons.push(match table {
                Ok(_) => CancellationReason::none(),
                Err(error) if error.code() == ErrorCode::ResourceNotFound => {
                    let message = error.message().unwrap_or_default().to_owned();
                    reason("ResourceNotFound", message)
                }
                Err(error) => return Err(error.clone()),
            });
        }
        Err(ApiError::transaction_canceled(&reasons))
    }

    fn read_statements(
        &self,
        caller: &Caller,
        request: &ExecuteTransaction,
        reads: Vec<ReadStatement>,
    ) -> Result<Reply, ApiError> {
        if let Some(place) = reads.iter().position(|read| read.source.index.is_some()) {
            return Err(refused(place, "Reads on indices are not supported within transactions."));
        }
        let tables = self.tables(caller, reads.iter().map(|read| &read.source))?;
        let points = tables
            .into_iter()
            .zip(&reads)
            .map(|(table, read)| pinned(self, table, read, "ExecuteTransaction"));
        let points: Vec<PointRead> = all_or_refused(points.collect())?;
        let mut seen = HashSet::with_capacity(points.len());
        if !points.iter().all(|point| seen.insert(&point.key.key)) {
            return Err(ApiError::validation(
                "Transaction request cannot include multiple operations on one item",
            ));
        }
        let items = self.read_points(&points)?;
        let mut body = Vec::new();
        let mut answer = ObjectWriter::new(&mut body);
        let mut responses = answer.array("Responses");
        for (item, read) in items.iter().zip(reads) {
            let mut object = responses.object();
            if let Some(item) = item {
                write_columns(object.member("Item"), item, read.columns.map(named).as_deref())?;
            }
            object.end();
        }
        responses.end();
        let told = Told { detail: request.return_consumed_capacity, tally: Tally::Reads };
        if told.any() {
            let size =
                |table: &Table, item: &Option<Stored>| item.as_ref().map_or(0, |item| table.size_of(item));
            let used = |table, item| Capacity::of_table(Units::read(size(table, item), true).doubled());
            let parts = points.iter().zip(&items);
            let parts = parts.map(|(point, item)| (&point.table, used(&point.table, item)));
            write_capacities(answer.member("ConsumedCapacity"), &capacities(parts), told);
        }
        answer.end();
        Ok(Reply::new(body))
    }

    /// The items as they were at one moment.
    fn read_points(&self, points: &[PointRead]) -> Result<Vec<Option<Stored>>, ApiError> {
        let snapshot = self.store.snapshot();
        let (mut items, mut bytes) = (Vec::with_capacity(points.len()), 0);
        for point in points {
            let found = snapshot.get(&point.key.key).map_err(|error| store_failed(&error))?;
            let item = owned(&point.table, &point.key, found)?;
            bytes += item.as_ref().map_or(0, Stored::size);
            items.push(item);
        }
        if bytes > TRANSACTION_BYTES {
            return Err(ApiError::validation("The total size of the items in the transaction exceeds 4 MB"));
        }
        Ok(items)
    }

    async fn write_statements(
        &self,
        caller: &Caller,
        request: &ExecuteTransaction,
        writes: Vec<WriteStatement>,
    ) -> Result<Reply, ApiError> {
        if let Some(place) = writes.iter().position(|write| write.returning.is_some()) {
            return Err(refused(place, "RETURNING clause is not supported in ExecuteTransaction."));
        }
        let tables = self.tables(caller, writes.iter().map(|write| &write.source))?;
        let actions = tables.into_iter().zip(&writes).map(|(table, write)| write.action(self, table));
        let actions: Vec<Action> = all_or_refused(actions.collect())?;
        require_distinct(&actions)?;
        require_small(&actions)?;
        let mut set = WriteSet::new(actions, self.hasher);
        if let Some(token) = &request.client_request_token {
            let key = MetaKey::ClientToken { account: &caller.account, region: &caller.region, token };
            let print = self.fingerprint_of(request);
            set = set.with_token(ClientToken { key: key.key(self.meta), fingerprint: print });
        }
        let (set, committed) = self.write(set).await?;
        let told = |tally| Told { detail: request.return_consumed_capacity, tally };
        let mut body = Vec::new();
        let mut answer = ObjectWriter::new(&mut body);
        answer.array("Responses").end();
        match set.verdict() {
            Verdict::Mismatch => return Err(ApiError::idempotent_parameter_mismatch(TOKEN_MISMATCH)),
            Verdict::Replayed(kept) if told(Tally::Reads).any() => {
                write_replayed(answer.member("ConsumedCapacity"), &set, kept, told(Tally::Reads));
            }
            Verdict::Replayed(_) => {}
            Verdict::Planned | Verdict::Moved => {
                if set.outcomes().iter().any(Result::is_err) {
                    return Err(cancelled(&set, request, &writes));
                }
                let told = told(Tally::Writes);
                if told.any() {
                    let done = set.actions().iter().zip(set.outcomes().iter().flatten());
                    let parts = done.map(|(action, done)| (&action.table, doubled(done)));
                    write_capacities(answer.member("ConsumedCapacity"), &capacities(parts), told);
                }
            }
        }
        answer.end();
        Ok(Reply { body, positions: set.positions(&committed) })
    }

    /// What the transaction does, as one number that no other kind of request has.
    fn fingerprint_of(&self, request: &ExecuteTransaction) -> u128 {
        let mut text = b"ExecuteTransaction".to_vec();
        for statement in &request.transact_statements {
            text.extend_from_slice(&fingerprint(statement, self.hasher).to_be_bytes());
        }
        self.hasher.hash(&text)
    }
}

/// The parts of the transaction, unless one is refused. A key of another type than its table's cancels the
/// transaction; everything else that is wrong with a statement refuses the request.
fn all_or_refused<T>(parts: Vec<Result<T, Misfit>>) -> Result<Vec<T>, ApiError> {
    let mut wrong = None;
    for (place, part) in parts.iter().enumerate() {
        match part {
            Ok(_) => {}
            Err(Misfit::Statement(text)) => return Err(refused(place, text)),
            Err(Misfit::Key(text)) => return Err(ApiError::validation(text.clone())),
            Err(Misfit::KeyType(_)) => wrong = wrong.or(Some(place)),
        }
    }
    let Some(wrong) = wrong else { return Ok(parts.into_iter().flatten().collect()) };
    let reason = |place: usize| match place == wrong {
        true => CancellationReason::validation_error("The provided key element does not match the schema"),
        false => CancellationReason::none(),
    };
    let reasons: Vec<CancellationReason> = (0..parts.len()).map(reason).collect();
    Err(ApiError::transaction_canceled(&reasons))
}

fn reason(code: &'static str, message: String) -> CancellationReason {
    CancellationReason { code: code.into(), message: Some(message.into()), item: None }
}

fn cancelled(set: &WriteSet, request: &ExecuteTransaction, writes: &[WriteStatement]) -> ApiError {
    let mut reasons = Vec::with_capacity(writes.len());
    for (place, outcome) in set.outcomes().iter().enumerate() {
        let statement = request.transact_statements.get(place);
        let wants_item = statement.is_some_and(|statement| {
            statement.return_values_on_condition_check_failure == ReturnValuesOnConditionCheckFailure::AllOld
        });
        let is_insert = writes.get(place).is_some_and(WriteStatement::is_insert);
        let failure = match outcome {
            Err(failure) => failure,
            // It would have done nothing; as the transaction is cancelled, AWS counts it among the reasons.
            Ok(done) if done.old.is_none() && is_conditional_delete(&set.actions()[place]) => {
                reasons.push(CancellationReason::conditional_check_failed(None));
                continue;
            }
            Ok(_) => {
                reasons.push(CancellationReason::none());
                continue;
            }
        };
        let failed = failed(failure, is_insert, wants_item);
        let message = failed.error.message().unwrap_or_default().to_owned();
        reasons.push(match failed.error.code() {
            ErrorCode::ConditionalCheckFailed => CancellationReason::conditional_check_failed(failed.item),
            ErrorCode::DuplicateItem => reason("DuplicateItem", message),
            ErrorCode::Validation => CancellationReason::validation_error(message),
            _ => return failed.error,
        });
    }
    ApiError::transaction_canceled(&reasons)
}

fn is_conditional_delete(action: &Action) -> bool {
    matches!((&action.change, &action.guard), (Change::Delete, Guard::Condition(_)))
}
