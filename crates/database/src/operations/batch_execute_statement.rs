//! BatchExecuteStatement: up to 25 PartiQL statements that all read or all write one item each, each by itself.

use super::execute_statement::EXISTS_ALONE;
use super::get_item::owned;
use crate::Database;
use crate::caller::{Caller, Reply};
use crate::capacity::{Capacity, Told, Units};
use crate::partiql::{
    Compiled, Misfit, PointRead, ReadStatement, Refused, WriteStatement, compile, failed, named, pinned,
    returned, write_columns,
};
use crate::read::write_item;
use crate::table::Table;
use crate::write::{Action, WriteSet, capacities, store_failed, write_capacities};
use std::collections::HashSet;
use std::sync::Arc;
use store::{Snapshot, Store};
use streams::Positions;
use wire::dynamodb::enumeration::ReturnValuesOnConditionCheckFailure;
use wire::dynamodb::{BatchExecuteStatement, Statement};
use wire::json::{ArrayWriter, ObjectWriter};
use wire::{ApiError, ErrorCode};

/// A statement that can be run.
enum Ready {
    Read(PointRead, ReadStatement),
    Write(Box<Action>, WriteStatement),
}

impl Ready {
    fn key(&self) -> &store::Key {
        match self {
            Ready::Read(read, _) => &read.key.key,
            Ready::Write(action, _) => &action.key.key,
        }
    }
}

/// What one statement came to.
struct Response {
    table: Option<Arc<Table>>,
    /// The item, as JSON.
    item: Option<Vec<u8>>,
    error: Option<Refused>,
    capacity: Capacity,
    positions: Option<String>,
}

impl Response {
    fn refused(error: ApiError, table: Option<Arc<Table>>) -> Response {
        let error = Some(Refused { error, item: None });
        Response { table, item: None, error, capacity: Capacity::default(), positions: None }
    }
}

impl Database {
    /// Runs BatchExecuteStatement.
    pub(crate) async fn batch_execute_statement(
        &self,
        caller: &Caller,
        body: &[u8],
    ) -> Result<Reply, ApiError> {
        let request = BatchExecuteStatement::decode(body)?;
        let compiled: Vec<_> = request.statements.iter().map(compile).collect();
        let reads = compiled.iter().flatten().filter(|one| matches!(one, Compiled::Read(_))).count();
        if reads > 0 && reads < compiled.iter().flatten().count() {
            return Err(ApiError::validation(
                "Read and write requests together in the same batch is not supported.",
            ));
        }
        let ready: Vec<Result<Ready, Box<Response>>> = compiled
            .into_iter()
            .map(|one| match one {
                Ok(one) => self.ready(caller, one),
                Err(error) => Err(Box::new(Response::refused(Misfit::from(error).into_error(), None))),
            })
            .collect();
        let mut seen = HashSet::with_capacity(ready.len());
        if !ready.iter().flatten().all(|ready| seen.insert(ready.key())) {
            return Err(ApiError::validation("Provided list of item keys contains duplicates"));
        }
        let mut responses = Vec::with_capacity(ready.len());
        for (ready, statement) in ready.into_iter().zip(&request.statements) {
            responses.push(match ready {
                Ok(Ready::Read(read, select)) => self.read_one(read, select, statement),
                Ok(Ready::Write(action, write)) => self.write_statement(*action, &write, statement).await,
                Err(refused) => *refused,
            });
        }
        answer(&responses, Told::plain(request.return_consumed_capacity))
    }

    fn ready(&self, caller: &Caller, compiled: Compiled) -> Result<Ready, Box<Response>> {
        let refused = |error, table| Box::new(Response::refused(error, table));
        let name = match &compiled {
            Compiled::Read(read) => &read.source.table,
            Compiled::Write(write) if write.is_check() => {
                return Err(refused(ApiError::validation(EXISTS_ALONE), None));
            }
            Compiled::Write(write) => &write.source.table,
        };
        let table = self.catalog.get(caller, name).map_err(|error| refused(error, None))?;
        let refused = |misfit: Misfit| {
            // Only what is known of the key itself names the table.
            let named = matches!(misfit, Misfit::Key(_)).then(|| Arc::clone(&table));
            refused(misfit.into_error(), named)
        };
        match compiled {
            Compiled::Read(read) => {
                let point =
                    pinned(self, Arc::clone(&table), &read, "BatchExecuteStatement").map_err(refused)?;
                Ok(Ready::Read(point, read))
            }
            Compiled::Write(write) => {
                let action = write.action(self, Arc::clone(&table)).map_err(refused)?;
                Ok(Ready::Write(Box::new(action), write))
            }
        }
    }

    fn read_one(&self, read: PointRead, select: ReadStatement, statement: &Statement) -> Response {
        let PointRead { table, key } = read;
        let found = self.store.snapshot().get(&key.key).map_err(|error| store_failed(&error));
        let item = match found.and_then(|found| owned(&table, &key, found)) {
            Ok(item) => item,
            Err(error) => return Response::refused(error, Some(table)),
        };
        let size = item.as_ref().map_or(0, |item| table.size_of(item));
        let capacity = Capacity::of_table(Units::read(size, statement.consistent_read));
        let columns = select.columns.map(named);
        let mut json = None;
        if let Some(item) = &item
            && let Err(error) = write_columns(json.get_or_insert_default(), item, columns.as_deref())
        {
            return Response::refused(error, Some(table));
        }
        Response { table: Some(table), item: json, error: None, capacity, positions: None }
    }

    async fn write_statement(
        &self,
        action: Action,
        write: &WriteStatement,
        statement: &Statement,
    ) -> Response {
        let table = Arc::clone(&action.table);
        let (set, committed) = match self.write(WriteSet::one(action, self.hasher)).await {
            Ok(written) => written,
            Err(error) => return Response::refused(error, Some(table)),
        };
        let ([action], [outcome]) = (set.actions(), set.outcomes()) else {
            let error = ApiError::internal_server_error("a write has no outcome");
            return Response::refused(error, Some(table));
        };
        let wants_item =
            statement.return_values_on_condition_check_failure == ReturnValuesOnConditionCheckFailure::AllOld;
        match outcome {
            Err(failure) => {
                let named = !matches!(failure, crate::write::Failure::Invalid(_));
                let error = Some(failed(failure, write.is_insert(), wants_item));
                let (table, capacity) = (named.then_some(table), Capacity::default());
                Response { table, item: None, error, capacity, positions: None }
            }
            Ok(done) => {
                let mut json = None;
                if let Some(item) = write.returning.and_then(|what| returned(&action.change, done, what))
                    && let Err(error) = write_item(json.get_or_insert_default(), &item)
                {
                    return Response::refused(error, Some(table));
                }
                let capacity = done.capacity.clone();
                let positions = set.positions(&committed);
                Response { table: Some(table), item: json, error: None, capacity, positions }
            }
        }
    }
}

fn answer(responses: &[Response], told: Told) -> Result<Reply, ApiError> {
    let mut body = Vec::new();
    let mut answer = ObjectWriter::new(&mut body);
    let mut array: ArrayWriter<'_> = answer.array("Responses");
    for response in responses {
        let mut object = array.object();
        if let Some(error) = &response.error {
            write_error(object.object("Error"), error)?;
        }
        if let Some(item) = &response.item {
            object.member("Item").extend_from_slice(item);
        }
        if let Some(table) = &response.table {
            object.string("TableName", &table.name);
        }
        object.end();
    }
    array.end();
    if told.any() {
        let ran = responses.iter().filter(|response| response.error.is_none());
        let parts = ran.filter_map(|response| Some((response.table.as_ref()?, response.capacity.clone())));
        write_capacities(answer.member("ConsumedCapacity"), &capacities(parts), told);
    }
    answer.end();
    let positions = merged(responses.iter().filter_map(|response| response.positions.as_deref()));
    Ok(Reply { body, positions })
}

fn write_error(mut object: ObjectWriter<'_>, refused: &Refused) -> Result<(), ApiError> {
    let code = match refused.error.code() {
        ErrorCode::Validation => "ValidationError",
        ErrorCode::ResourceNotFound => "ResourceNotFound",
        ErrorCode::ConditionalCheckFailed => "ConditionalCheckFailed",
        ErrorCode::DuplicateItem => "DuplicateItem",
        ErrorCode::InternalServerError => "InternalServerError",
        _ => return Err(refused.error.clone()),
    };
    object.string("Code", code);
    if let Some(item) = &refused.item {
        object.member("Item").extend_from_slice(item);
    }
    object.string("Message", refused.error.message().unwrap_or_default());
    object.end();
    Ok(())
}

/// The positions of several writes, one for each shard: the last, which is the highest.
fn merged<'a>(written: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut merged = Positions::new();
    for positions in written.filter_map(|text| text.parse::<Positions>().ok()) {
        merged.extend(positions.iter());
    }
    (!merged.is_empty()).then(|| merged.to_string())
}
