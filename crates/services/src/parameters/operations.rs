//! The operations.

mod delete;
mod describe;
mod filter;
mod get;
mod get_by_path;
mod page;
mod put;
mod tags;

use super::Parameters;
use super::failure::Failure;
use crate::request::Request;
use crate::value::Value;
use database::Caller;

impl Parameters {
    /// Runs an operation.
    pub(super) async fn run(
        &self,
        operation: &str,
        caller: &Caller,
        request: Request,
    ) -> Result<Value, Failure> {
        let owner = self.owner(caller);
        match operation {
            "GetParameter" => self.get_parameter(&owner, request),
            "GetParameters" => self.get_parameters(&owner, request),
            "GetParametersByPath" => self.get_parameters_by_path(&owner, request),
            "DescribeParameters" => self.describe_parameters(&owner, request),
            "PutParameter" => self.put_parameter(owner, request).await,
            "DeleteParameter" => self.delete_parameter(&owner, request).await,
            "DeleteParameters" => self.delete_parameters(&owner, request).await,
            "AddTagsToResource" => self.add_tags(&owner, request).await,
            "RemoveTagsFromResource" => self.remove_tags(&owner, request).await,
            "ListTagsForResource" => self.list_tags(&owner, request),
            _ => Err(Failure::new(
                "UnknownOperationException",
                format!("{operation} is not supported by this server"),
            )),
        }
    }
}

/// The texts of a list.
fn texts(name: &str, list: Vec<Value>) -> Result<Vec<String>, Failure> {
    let texts = list.into_iter().map(|value| match value {
        Value::Text(text) => Ok(text),
        _ => Err(Failure::new("SerializationException", format!("{name} is not a list of strings"))),
    });
    texts.collect()
}

/// A list of texts, as an answer.
fn list(texts: Vec<String>) -> Value {
    Value::List(texts.into_iter().map(Value::from).collect())
}

/// An empty answer.
fn nothing() -> Value {
    Value::structure([])
}
