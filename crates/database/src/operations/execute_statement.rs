//! ExecuteStatement: one PartiQL statement, which reads a page or writes one item.

use crate::Database;
use crate::caller::{Caller, Reply};
use crate::capacity::Told;
use crate::partiql::{
    Compiled, Misfit, ReadPlan, ReadStatement, WriteStatement, compile, failed, position, returned, token_of,
    write_columns,
};
use crate::read::{json_bytes, read_parts, write_item};
use crate::write::WriteSet;
use wire::ApiError;
use wire::dynamodb::ExecuteStatement;
use wire::dynamodb::enumeration::ReturnValuesOnConditionCheckFailure;
use wire::json::ObjectWriter;

/// What a statement is told that only a transaction can run.
pub(super) const EXISTS_ALONE: &str = "EXISTS can only be used in ExecuteTransaction write requests.";

impl Database {
    /// Runs ExecuteStatement.
    pub(crate) async fn execute_statement(&self, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = ExecuteStatement::decode(body)?;
        match compile(&request.statement).map_err(|error| Misfit::from(error).into_error())? {
            Compiled::Read(statement) => self.select(caller, &request, statement),
            Compiled::Write(statement) => self.execute_write(caller, &request, &statement).await,
        }
    }

    fn select(
        &self,
        caller: &Caller,
        request: &ExecuteStatement,
        statement: ReadStatement,
    ) -> Result<Reply, ApiError> {
        let table = self.catalog.get(caller, &statement.source.table)?;
        let mut plan = ReadPlan::new(self, table, statement, request.statement.consistent_read)?;
        if let Some(token) = &request.next_token {
            let (part, key) = position(token, &request.statement, self.hasher)?;
            plan.resume(self, (part, &key))?;
        }
        if let Some(limit) = request.limit.and_then(|limit| usize::try_from(limit).ok()) {
            plan.parts.limit = limit;
        }
        let page = read_parts(self, &plan.parts)?;
        let bytes = page.items.iter().map(|item| json_bytes(item) + 1).sum::<usize>() + 256;
        let mut body = Vec::with_capacity(bytes);
        let mut answer = ObjectWriter::new(&mut body);
        let mut items = answer.array("Items");
        for item in &page.items {
            write_columns(items.element(), item, plan.columns.as_deref())?;
        }
        items.end();
        if let Some((part, last)) = &page.last {
            answer.string("NextToken", &token_of(&request.statement, self.hasher, (*part, last)));
            write_item(answer.member("LastEvaluatedKey"), last)?;
        }
        let told = Told::plain(request.return_consumed_capacity);
        if told.any() {
            let out = answer.member("ConsumedCapacity");
            page.capacity.write_json(out, &plan.parts.source.table, told);
        }
        answer.end();
        Ok(Reply { body, positions: page.positions })
    }

    async fn execute_write(
        &self,
        caller: &Caller,
        request: &ExecuteStatement,
        statement: &WriteStatement,
    ) -> Result<Reply, ApiError> {
        if statement.is_check() {
            return Err(ApiError::validation(EXISTS_ALONE));
        }
        let table = self.catalog.get(caller, &statement.source.table)?;
        let action = statement.action(self, table).map_err(Misfit::into_error)?;
        let (set, committed) = self.write(WriteSet::one(action, self.hasher)).await?;
        let ([action], [outcome]) = (set.actions(), set.outcomes()) else {
            return Err(ApiError::internal_server_error("a write has no outcome"));
        };
        let wants_item = request.statement.return_values_on_condition_check_failure
            == ReturnValuesOnConditionCheckFailure::AllOld;
        let done = outcome
            .as_ref()
            .map_err(|failure| failed(failure, statement.is_insert(), wants_item).into_error())?;
        let mut body = Vec::new();
        let mut answer = ObjectWriter::new(&mut body);
        let mut items = answer.array("Items");
        if let Some(item) = statement.returning.and_then(|what| returned(&action.change, done, what)) {
            write_item(items.element(), &item)?;
        }
        items.end();
        let told = Told::plain(request.return_consumed_capacity);
        if told.any() {
            done.capacity.write_json(answer.member("ConsumedCapacity"), &action.table, told);
        }
        answer.end();
        Ok(Reply { body, positions: set.positions(&committed) })
    }
}
