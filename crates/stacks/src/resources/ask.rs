//! How each service is asked: as its clients ask it, and its refusals told apart from its answers.

use super::handler::{Done, Place};
use super::refusal::Refusal;
use bytes::Bytes;
use database::Caller;
use serde_json::Value as Json;
use services::objects::s3::xml::Node;
use services::query::Call;
use wire::Operation;

/// A request to the service of functions.
pub(super) struct Rest<'a> {
    /// The HTTP method.
    pub(super) method: &'a str,
    /// The segments of the path.
    pub(super) path: &'a [&'a str],
    /// The query.
    pub(super) query: &'a [(&'a str, &'a str)],
    /// The body.
    pub(super) body: &'a Json,
}

impl Place<'_> {
    /// Who asks.
    pub(super) fn caller(&self) -> Caller {
        let mut caller = Caller::new(&self.scope.account, &self.scope.region);
        caller.host = (&*self.scope.host).into();
        caller
    }

    /// An ARN in this account and region.
    pub(super) fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.scope.region, self.scope.account)
    }

    /// DynamoDB.
    pub(super) async fn dynamodb(&self, operation: Operation, request: &Json) -> Done<Json> {
        let body = Bytes::from(request.to_string());
        match self.services.database.call(operation, &self.caller(), body).await {
            Ok(reply) => read("DynamoDb", &reply.body),
            Err(error) => {
                let message = error.message().unwrap_or_default();
                Err(Refusal::of("DynamoDb", error.status(), error.code().name(), message))
            }
        }
    }

    /// Kinesis Data Streams.
    pub(super) async fn kinesis(&self, operation: &str, request: &Json) -> Done<Json> {
        let body = request.to_string();
        let answer = self.services.kinesis.call(operation, &self.caller(), "", body.as_bytes()).await;
        answered("Kinesis", answer.status, &answer.body)
    }

    /// CloudWatch Logs.
    pub(super) async fn logs(&self, operation: &str, request: &Json) -> Done<Json> {
        let body = request.to_string();
        let answer = self.services.logs.call(operation, &self.caller(), body.as_bytes()).await;
        answered("CloudWatchLogs", answer.status, &answer.body)
    }

    /// SQS.
    pub(super) async fn queues(&self, operation: &str, request: &Json) -> Done<Json> {
        let body = request.to_string();
        let answer = self.services.queues.call_json(operation, &self.caller(), body.as_bytes()).await;
        answered("Sqs", answer.status, &answer.body)
    }

    /// SNS, whose requests are names and texts.
    pub(super) async fn topics(&self, operation: &str, members: &[(&str, &str)]) -> Done<Node> {
        self.topics_of(&self.caller(), operation, members).await
    }

    /// SNS, elsewhere.
    pub(super) async fn topics_of(
        &self,
        caller: &Caller,
        operation: &str,
        members: &[(&str, &str)],
    ) -> Done<Node> {
        let form = form(operation, members);
        let call = Call { caller, query: b"", body: form.as_bytes(), request_id: &self.scope.token };
        let answer = self.services.topics.call(&call, true).await;
        xml("Sns", answer.status, &answer.body)
    }

    /// SSM.
    pub(super) async fn parameters(&self, operation: &str, request: &Json) -> Done<Json> {
        let body = request.to_string();
        let answer = self.services.parameters.call(operation, &self.caller(), body.as_bytes()).await;
        answered("Ssm", answer.status, &answer.body)
    }

    /// IAM, whose requests are names and texts.
    pub(super) async fn roles(&self, operation: &str, members: &[(&str, &str)]) -> Done<Node> {
        let form = form(operation, members);
        let caller = self.caller();
        let call = Call { caller: &caller, query: b"", body: form.as_bytes(), request_id: &self.scope.token };
        let answer = self.services.roles.call(&call).await;
        xml("Iam", answer.status, &answer.body)
    }

    /// Lambda.
    pub(super) async fn functions(&self, rest: Rest<'_>) -> Done<Json> {
        let request = lambda::api::Request {
            method: rest.method.to_owned(),
            path: rest.path.iter().map(|&segment| segment.to_owned()).collect(),
            query: rest.query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            headers: Vec::new(),
            body: if rest.body.is_null() { Bytes::new() } else { rest.body.to_string().into() },
            host: self.scope.host.to_string(),
            caller: lambda::api::Caller {
                account: self.scope.account.clone(),
                region: self.scope.region.clone(),
            },
            request_id: self.scope.token.clone(),
        };
        let answer = self.services.functions.call(request).await;
        if answer.status < 400 {
            return read("Lambda", &answer.body);
        }
        let code = answer.headers.iter().find(|(name, _)| *name == "x-amzn-errortype");
        let code = code.map(|(_, code)| code.as_str()).unwrap_or_default();
        Err(Refusal::of("Lambda", answer.status, code, message(&read("Lambda", &answer.body)?)))
    }
}

/// What a service that speaks JSON answers.
fn answered(service: &'static str, status: u16, body: &[u8]) -> Done<Json> {
    let json = read(service, body)?;
    if status < 400 {
        return Ok(json);
    }
    Err(Refusal::of(service, status, json["__type"].as_str().unwrap_or_default(), message(&json)))
}

/// Reads an answer; many operations answer nothing.
fn read(service: &'static str, body: &[u8]) -> Done<Json> {
    if body.is_empty() {
        return Ok(Json::Null);
    }
    serde_json::from_slice(body).map_err(|_| Refusal::unreadable(service))
}

/// What a failure says, whichever way its member is spelt.
fn message(failure: &Json) -> &str {
    let text = failure.get("message").or_else(|| failure.get("Message"));
    text.and_then(Json::as_str).unwrap_or_default()
}

/// What a service answers that speaks the query protocol: the element of its result.
fn xml(service: &'static str, status: u16, body: &[u8]) -> Done<Node> {
    let root = Node::parse(body).map_err(|_| Refusal::unreadable(service))?;
    if status >= 400 {
        let error = root.child("Error").ok_or_else(|| Refusal::unreadable(service))?;
        let text = |name| error.value(name).unwrap_or_default();
        return Err(Refusal::of(service, status, text("Code"), text("Message")));
    }
    let result = root.children.into_iter().find(|child| child.name.ends_with("Result"));
    Ok(result.unwrap_or_default())
}

/// A form of the query protocol.
fn form(operation: &str, members: &[(&str, &str)]) -> String {
    let mut form = format!("Action={operation}");
    for (name, text) in members {
        form.push('&');
        push_encoded(&mut form, name);
        form.push('=');
        push_encoded(&mut form, text);
    }
    form
}

fn push_encoded(form: &mut String, text: &str) {
    use std::fmt::Write as _;
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                form.push(char::from(byte));
            }
            // Writing to a text does not fail.
            _ => drop(write!(form, "%{byte:02X}")),
        }
    }
}
