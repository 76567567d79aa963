//! What clients say to the service: REST with JSON bodies.
//!
//! [`Api`] finds the operation of a request ([`route`]) and does it, or has it done: what is asked of mappings is for
//! [`event_source_mappings`]. What is not done is refused by name.

mod call;
mod describe;
pub mod event_source_mappings;
mod failure;
mod local;
mod members;
mod operations;
mod route;
mod settings;
mod source;

pub use failure::Failure;
pub use route::{Route, is_path};

use crate::functions::Functions;
use bytes::Bytes;
use call::Call;
use event_source_mappings::{EventSourceMappings, Operation};
use std::sync::Arc;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account, 12 digits.
    pub account: String,
    /// The region.
    pub region: String,
}

/// A request, with its path decoded into segments.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET`, `POST`, `PUT`, `DELETE`
    pub method: String,
    /// The segments of the path, percent-decoded; a trailing slash makes none.
    pub path: Vec<String>,
    /// The parameters of the query, decoded, in order.
    pub query: Vec<(String, String)>,
    /// The headers whose names begin with `x-amz-`, in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// The host that the client called, with its port: where links in answers lead.
    pub host: String,
    /// Who asks.
    pub caller: Caller,
    /// The request's id, which an invocation takes as its own.
    pub request_id: String,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Headers besides content type and request id: `x-amzn-errortype`, `x-amz-function-error` and so on.
    pub headers: Vec<(&'static str, String)>,
    /// The body; JSON, where there is one.
    pub body: Bytes,
}

impl Answer {
    /// JSON.
    #[must_use]
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self { status, headers: Vec::new(), body: body.to_string().into() }
    }

    /// No body.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }
}

/// The service.
#[derive(Clone)]
pub struct Api {
    functions: Functions,
    mappings: Option<Arc<dyn EventSourceMappings>>,
}

/// The largest body of an operation that brings code: 50 MiB in base64, and what stands around it.
const CODE_BODY_BYTES_MAX: usize = 72 << 20;

/// The largest body of an invocation: somewhat more than an event may have, so that it is the operation that refuses it.
const EVENT_BODY_BYTES_MAX: usize = 8 << 20;

/// The largest body of any other operation.
const BODY_BYTES_MAX: usize = 1 << 20;

impl Api {
    /// The service.
    #[must_use]
    pub fn new(functions: Functions) -> Self {
        Self { functions, mappings: None }
    }

    /// With mappings.
    #[must_use]
    pub fn with_mappings(self, mappings: Arc<dyn EventSourceMappings>) -> Self {
        Self { mappings: Some(mappings), ..self }
    }

    /// The largest body that is read for an operation.
    #[must_use]
    pub fn body_limit_bytes(operation: &str) -> usize {
        match operation {
            "CreateFunction" | "UpdateFunctionCode" | "PublishLayerVersion" => CODE_BODY_BYTES_MAX,
            "Invoke" | "InvokeAsync" | "InvokeWithResponseStream" => EVENT_BODY_BYTES_MAX,
            _ => BODY_BYTES_MAX,
        }
    }

    /// Answers a request.
    pub async fn call(&self, mut request: Request) -> Answer {
        // An invocation has the id of its request, and that is a UUID.
        request.request_id = self.functions.uuid();
        let id = request.request_id.clone();
        let mut answer = self.run(request).await.unwrap_or_else(|failure| failure.answer());
        answer.headers.push(("x-amzn-requestid", id));
        answer
    }

    async fn run(&self, request: Request) -> Result<Answer, Failure> {
        let Some(route) = Route::find(&request.method, &request.path, &request.query) else {
            return Err(Failure::new(404, "UnknownOperationException", "The operation is not known."));
        };
        let parameter = route.parameters.first().cloned().unwrap_or_default();
        if let Some(operation) = on_mappings(route.operation, parameter) {
            let mappings = self.mappings.as_ref();
            return mappings
                .ok_or_else(|| Failure::unsupported(route.operation))?
                .call(operation, request)
                .await;
        }
        let call = Call { functions: self.functions.clone(), request, parameters: route.parameters };
        call.run(route.operation).await
    }
}

/// What an operation asks of mappings, if anything.
fn on_mappings(operation: &str, parameter: String) -> Option<Operation> {
    let of_mapping = parameter.contains(":event-source-mapping:");
    Some(match operation {
        "CreateEventSourceMapping" => Operation::Create,
        "ListEventSourceMappings" => Operation::List,
        "GetEventSourceMapping" => Operation::Get(parameter),
        "UpdateEventSourceMapping" => Operation::Update(parameter),
        "DeleteEventSourceMapping" => Operation::Delete(parameter),
        "ListTags" if of_mapping => Operation::ListTags(parameter),
        "TagResource" if of_mapping => Operation::Tag(parameter),
        "UntagResource" if of_mapping => Operation::Untag(parameter),
        _ => return None,
    })
}
