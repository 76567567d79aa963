//! `/_tailwater/functions`: functions whose code is run in a directory of this machine, and what the command line asks of
//! any function.

use crate::dynamodb::{caller, json};
use ::lambda::api::{self, Api, Failure};
use bytes::Bytes;
use database::{Caller, Database};
use serde_json::{Value, json};
use server::{Answer, OwnEndpoint, Request, Response};
use std::sync::Arc;
use wire::{ApiError, Operation};

/// Where functions are in the paths of the service.
const FUNCTIONS: [&str; 2] = ["2015-03-31", "functions"];

/// The endpoint. Where functions are not served to other machines, neither is this, whatever keys they have.
pub(crate) fn endpoint(api: &Api, database: &Arc<Database>, served: bool) -> OwnEndpoint {
    // Whether the request is of this machine is looked at here.
    let (api, database) = (api.of_this_machine(), Arc::clone(database));
    Arc::new(move |request: Request| {
        let asked = Asked { api: api.clone(), database: Arc::clone(&database), caller: caller(&request) };
        if !served && !request.peer.ip().to_canonical().is_loopback() {
            return Response::json(403, "{\"error\":\"only for requests from this machine\"}\n").into();
        }
        let verb = request.path().rsplit('/').next().unwrap_or_default().to_owned();
        // What changes something is not asked for by GET, which any web page may send without telling where from.
        if request.head().method() != "POST" && !matches!(verb.as_str(), "list" | "functions") {
            return Response::json(405, "{\"error\":\"say POST to do something with functions\"}\n").into();
        }
        Answer::later(async move { json(asked.answer(&verb, &request.body).await) })
    })
}

/// A question, and of what it is answered.
struct Asked {
    api: Api,
    database: Arc<Database>,
    caller: Caller,
}

impl Asked {
    async fn answer(mut self, verb: &str, body: &[u8]) -> Result<Value, ApiError> {
        let question: Value = match body {
            [] => json!({}),
            body => serde_json::from_slice(body)
                .map_err(|error| ApiError::validation(format!("the body is not JSON: {error}")))?,
        };
        for (name, place) in [("region", &mut self.caller.region), ("account", &mut self.caller.account)] {
            if let Some(text) = question[name].as_str() {
                *place = text.into();
            }
        }
        let name = question["FunctionName"].as_str().unwrap_or_default().to_owned();
        match verb {
            "list" | "functions" => self.ask("GET", &[], Bytes::new()).await,
            "show" => self.ask("GET", &[&name], Bytes::new()).await,
            "remove" => self.ask("DELETE", &[&name], Bytes::new()).await,
            "invoke" => self.invoke(&name, &question).await,
            "add" => self.add(body).await,
            "map" => self.map(&name, question["Table"].as_str().unwrap_or_default()).await,
            other => Err(ApiError::validation(format!(
                "there is nothing like {other} to do with functions: list, show, add, map, invoke, remove"
            ))),
        }
    }

    fn api_caller(&self) -> api::Caller {
        api::Caller { account: self.caller.account.to_string(), region: self.caller.region.to_string() }
    }

    async fn add(&self, body: &[u8]) -> Result<Value, ApiError> {
        self.api.add_directory(&self.api_caller(), body).await.map_err(|failure| refused(&failure))
    }

    /// Asks the service itself.
    async fn send(&self, method: &str, path: &[&str], body: Bytes) -> api::Answer {
        let request = api::Request {
            method: method.to_owned(),
            path: path.iter().map(|part| (*part).to_owned()).collect(),
            query: Vec::new(),
            headers: vec![("x-amz-log-type".to_owned(), "Tail".to_owned())],
            body,
            host: self.caller.host.to_string(),
            caller: self.api_caller(),
            request_id: String::new(),
        };
        self.api.call(request).await
    }

    async fn ask(&self, method: &str, rest: &[&str], body: Bytes) -> Result<Value, ApiError> {
        let answer = self.send(method, &[&FUNCTIONS[..], rest].concat(), body).await;
        settled(&answer)
    }

    async fn invoke(&self, name: &str, question: &Value) -> Result<Value, ApiError> {
        let payload = question.get("Payload").map_or_else(|| "{}".to_owned(), Value::to_string);
        let path = [&FUNCTIONS[..], &[name, "invocations"]].concat();
        let answer = self.send("POST", &path, payload.into()).await;
        let header = |name| answer.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
        if answer.status != 200 {
            return settled(&answer);
        }
        let payload = String::from_utf8_lossy(&answer.body);
        let payload = serde_json::from_str(&payload).unwrap_or_else(|_| Value::from(payload));
        Ok(json!({
            "Payload": payload,
            "FunctionError": header("x-amz-function-error"),
            "LogResult": header("x-amz-log-result"),
        }))
    }

    /// Maps the stream of a table to a function, from now on; the stream is enabled where it is not.
    async fn map(&self, name: &str, table: &str) -> Result<Value, ApiError> {
        let mut described = self.describe(table).await?;
        let enabled = described["StreamSpecification"]["StreamEnabled"] == true;
        if !enabled {
            let update = json!({
                "TableName": table,
                "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" },
            });
            self.database.call(Operation::UpdateTable, &self.caller, update.to_string().into()).await?;
            described = self.describe(table).await?;
        }
        let arn = described["LatestStreamArn"].as_str().unwrap_or_default();
        let mapping = json!({ "EventSourceArn": arn, "FunctionName": name, "StartingPosition": "LATEST" });
        let path = ["2015-03-31", "event-source-mappings"];
        let answer = self.send("POST", &path, mapping.to_string().into()).await;
        // There is one already: what was asked for is so.
        let is_mapped = answer.status == 409;
        if !is_mapped {
            settled(&answer)?;
        }
        Ok(json!({ "EventSourceArn": arn, "StreamWasEnabled": enabled, "WasMapped": is_mapped }))
    }

    async fn describe(&self, table: &str) -> Result<Value, ApiError> {
        let question = json!({ "TableName": table }).to_string().into();
        let reply = self.database.call(Operation::DescribeTable, &self.caller, question).await?;
        let described: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        Ok(described["Table"].clone())
    }
}

fn refused(failure: &Failure) -> ApiError {
    ApiError::validation(failure.message().to_owned())
}

/// What the service answered, as this endpoint does.
fn settled(answer: &api::Answer) -> Result<Value, ApiError> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_else(|_| json!({}));
    if answer.status < 300 {
        return Ok(body);
    }
    let text = body["message"].as_str().or_else(|| body["Message"].as_str());
    Err(ApiError::validation(text.unwrap_or("the service says no more").to_owned()))
}
