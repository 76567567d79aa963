//! The operations of DynamoDB.

use crate::cli::place::Place;
use crate::cli::remote::{CallError, Remote};
use anyhow::{Context, bail};
use environment::Clock;
use serde_json::{Value, json};

/// The tables of an endpoint.
pub(crate) struct Tables(Remote);

/// What DescribeTable says.
pub(crate) struct Table {
    name: String,
    description: Value,
}

impl Table {
    /// The ARN of its stream, or of the one that it had last.
    pub(crate) fn stream_arn(&self) -> anyhow::Result<&str> {
        match self.description["LatestStreamArn"].as_str() {
            Some(arn) => Ok(arn),
            None => {
                bail!("{} has no stream; enable one: UpdateTable with a StreamSpecification", self.name)
            }
        }
    }

    /// All of it, as AWS writes it.
    pub(crate) fn description(&self) -> &Value {
        &self.description
    }

    /// The names of the attributes of its key.
    pub(crate) fn key_names(&self) -> Vec<String> {
        names(&self.description["KeySchema"])
    }
}

/// The names of the attributes of a key.
pub(super) fn names(schema: &Value) -> Vec<String> {
    let name = |element: &Value| element["AttributeName"].as_str().map(str::to_owned);
    schema.as_array().into_iter().flatten().filter_map(name).collect()
}

impl Tables {
    pub(crate) fn new(place: &Place, clock: &Clock) -> Self {
        Self(Remote::new(place.clone(), clock.clone()))
    }

    /// Any operation.
    pub(crate) async fn call(&mut self, operation: &str, request: &Value) -> Result<Value, CallError> {
        let answer = self.0.call(operation, request.to_string().into()).await?;
        let read = serde_json::from_slice(&answer);
        Ok(read.with_context(|| format!("the answer to {operation} is not JSON"))?)
    }

    /// A table, by its name.
    pub(crate) async fn describe(&mut self, name: &str) -> Result<Table, CallError> {
        let mut answer = self.call("DescribeTable", &json!({ "TableName": name })).await?;
        Ok(Table { name: name.to_owned(), description: answer["Table"].take() })
    }

    /// The names of all tables.
    pub(crate) async fn list(&mut self) -> Result<Vec<String>, CallError> {
        let (mut names, mut request) = (Vec::new(), json!({}));
        loop {
            let page = self.call("ListTables", &request).await?;
            let listed = page["TableNames"].as_array().into_iter().flatten().filter_map(Value::as_str);
            names.extend(listed.map(str::to_owned));
            match &page["LastEvaluatedTableName"] {
                Value::Null => return Ok(names),
                next => request["ExclusiveStartTableName"] = next.clone(),
            }
        }
    }

    /// All items of a table, read consistently.
    pub(crate) async fn items(&mut self, table: &str) -> Result<Vec<Value>, CallError> {
        let mut request = json!({ "TableName": table, "ConsistentRead": true });
        let mut items = Vec::new();
        loop {
            let mut page = self.call("Scan", &request).await?;
            if let Value::Array(found) = page["Items"].take() {
                items.extend(found);
            }
            match page["LastEvaluatedKey"].take() {
                Value::Null => return Ok(items),
                next => request["ExclusiveStartKey"] = next,
            }
        }
    }
}
