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
mod streamed;

pub use failure::Failure;
pub use route::{Route, is_path, operations};
pub use streamed::{Events, StreamedAnswer};

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
    /// Whether it does what it is asked.
    served: bool,
}

/// Why nothing is done. Whoever makes functions runs code on this machine.
pub const NOT_SERVED: &str = "Functions run code on the machine of this server, which other machines can reach, so they are \
                          not served. --allow-remote-functions serves them.";

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
        let served = functions.options().served;
        Self { functions, mappings: None, served }
    }

    /// With mappings.
    #[must_use]
    pub fn with_mappings(self, mappings: Arc<dyn EventSourceMappings>) -> Self {
        Self { mappings: Some(mappings), ..self }
    }

    /// For what this very machine asks for: that is done also where functions are not served.
    #[must_use]
    pub fn of_this_machine(&self) -> Self {
        Self { served: true, ..self.clone() }
    }

    /// Refuses everything, where functions are not served.
    ///
    /// # Errors
    /// When they are not.
    pub fn check_served(&self) -> Result<(), Failure> {
        match self.served {
            true => Ok(()),
            false => Err(Failure::new(403, "AccessDeniedException", NOT_SERVED)),
        }
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

    /// Answers an InvokeWithResponseStream.
    ///
    /// # Errors
    /// The answer, where it is not a stream.
    pub async fn call_streamed(&self, mut request: Request) -> Result<StreamedAnswer, Answer> {
        request.request_id = self.functions.uuid();
        let id = request.request_id.clone();
        let mut answer = self.run_streamed(request).await;
        let headers = match &mut answer {
            Ok(answer) => &mut answer.headers,
            Err(answer) => &mut answer.headers,
        };
        headers.push(("x-amzn-requestid", id));
        answer
    }

    async fn run_streamed(&self, request: Request) -> Result<StreamedAnswer, Answer> {
        let route = self.check_served().and_then(|()| find(&request)).map_err(|failure| failure.answer())?;
        let call = Call { functions: self.functions.clone(), request, parameters: route.parameters };
        call.invoke_streamed().await
    }

    async fn run(&self, request: Request) -> Result<Answer, Failure> {
        self.check_served()?;
        let route = find(&request)?;
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

/// The route of a request.
fn find(request: &Request) -> Result<Route, Failure> {
    let route = Route::find(&request.method, &request.path, &request.query);
    route.ok_or_else(|| Failure::new(404, "UnknownOperationException", "The operation is not known."))
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
