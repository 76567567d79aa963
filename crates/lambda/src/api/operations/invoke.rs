//! Invoke, InvokeAsync and InvokeWithResponseStream.

use crate::api::call::{Call, refused};
use crate::api::{Answer, Events, Failure, StreamedAnswer};
use crate::functions::name::LATEST;
use crate::functions::{ASYNCHRONOUS_EVENT_BYTES_MAX, EVENT_BYTES_MAX};
use crate::invoke::{self, Invoke as _, InvokeError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::de::IgnoredAny;
use wire::layer::Constraint;

/// The longest client context, in base64.
const CLIENT_CONTEXT_BYTES_MAX: usize = 3_583;

/// What an Invoke waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    RequestResponse,
    Event,
    DryRun,
}

impl Kind {
    fn of(call: &Call) -> Result<Self, Failure> {
        match call.header("x-amz-invocation-type") {
            None | Some("" | "RequestResponse") => Ok(Self::RequestResponse),
            Some("Event") => Ok(Self::Event),
            Some("DryRun") => Ok(Self::DryRun),
            Some(other) => {
                let set = Constraint::Enum("[Event, RequestResponse, DryRun]");
                Err(refused("invocationType", other, set))
            }
        }
    }
}

impl Call {
    pub(super) async fn invoke(self) -> Result<Answer, Failure> {
        let kind = Kind::of(&self)?;
        let mut call = self.wanted(kind)?;
        match kind {
            Kind::DryRun => Ok(Answer::empty(204)),
            Kind::Event => {
                call.client_context = None;
                self.functions.enqueue(call).await.map_err(failure)?;
                Ok(Answer::empty(202))
            }
            Kind::RequestResponse => {
                let reply = self.functions.invoke(call).await.map_err(failure)?;
                let mut headers = vec![("x-amz-executed-version", reply.executed_version)];
                if reply.failed {
                    headers.push(("x-amz-function-error", "Unhandled".to_owned()));
                }
                if let Some(log) = reply.log_tail {
                    headers.push(("x-amz-log-result", STANDARD.encode(log)));
                }
                Ok(Answer { status: 200, headers, body: reply.payload })
            }
        }
    }

    /// Calls a function whose answer goes out as it comes.
    pub(in crate::api) async fn invoke_streamed(self) -> Result<StreamedAnswer, Answer> {
        let kind = Kind::of(&self).and_then(|kind| match kind {
            Kind::Event => {
                Err(refused("invocationType", "Event", Constraint::Enum("[RequestResponse, DryRun]")))
            }
            kind => Ok(kind),
        });
        let call = kind.and_then(|kind| Ok((kind, self.wanted(kind)?)));
        let (kind, call) = call.map_err(|failure| failure.answer())?;
        if kind == Kind::DryRun {
            return Err(Answer::empty(204));
        }
        let tail = call.tail;
        let answer = self.functions.invoke_streamed(call).await;
        let answer = answer.map_err(|error| failure(error).answer())?;
        let headers = vec![("x-amz-executed-version", answer.executed_version().to_owned())];
        Ok(StreamedAnswer { headers, events: Events::new(answer, tail) })
    }

    /// The call that is asked for.
    fn wanted(&self, kind: Kind) -> Result<invoke::Call, Failure> {
        let tail = match self.header("x-amz-log-type") {
            None | Some("" | "None") => false,
            Some("Tail") => true,
            Some(other) => return Err(refused("logType", other, Constraint::Enum("[None, Tail]"))),
        };
        for header in ["x-amz-tenant-id", "x-amz-durable-execution-name"] {
            if self.header(header).is_some() {
                return Err(Failure::unsupported(header));
            }
        }
        let client_context = self.client_context()?;
        let payload = self.payload(kind)?;
        Ok(invoke::Call { payload, tail, client_context, ..self.callee()? })
    }

    pub(super) async fn invoke_async(self) -> Result<Answer, Failure> {
        let payload = self.payload(Kind::Event)?;
        let call = invoke::Call { payload, ..self.callee()? };
        self.functions.enqueue(call).await.map_err(failure)?;
        Ok(Answer::json(202, &serde_json::json!({ "Status": 202 })))
    }

    /// A call of the function that the path names, with nothing in it yet.
    fn callee(&self) -> Result<invoke::Call, Failure> {
        let mut reference = self.reference()?;
        let qualifier = reference.qualifier.clone();
        // An unknown function is told by the version that would have run.
        reference.qualifier.get_or_insert_with(|| LATEST.to_owned());
        let function = self.functions.find(&self.request.caller, &reference)?;
        let function_arn = function.arn(qualifier.as_deref());
        if !self.functions.exists(&function_arn) {
            return Err(failure(InvokeError::NotFound(function_arn)));
        }
        Ok(invoke::Call {
            function_arn,
            payload: Bytes::new(),
            request_id: Some(self.request.request_id.clone()),
            client_context: None,
            tail: false,
            mapping: None,
        })
    }

    /// The event: JSON, or nothing, which is an empty object.
    fn payload(&self, kind: Kind) -> Result<Bytes, Failure> {
        let body = &self.request.body;
        let limit = if kind == Kind::Event { ASYNCHRONOUS_EVENT_BYTES_MAX } else { EVENT_BYTES_MAX };
        if body.len() > limit {
            return Err(too_large(limit));
        }
        if body.is_empty() {
            return Ok(Bytes::from_static(b"{}"));
        }
        match serde_json::from_slice::<IgnoredAny>(body) {
            Ok(_) => Ok(body.clone()),
            Err(error) => Err(Failure::new(
                400,
                "InvalidRequestContentException",
                format!("Could not parse request body into json: Could not parse payload into json: {error}"),
            )),
        }
    }

    fn client_context(&self) -> Result<Option<String>, Failure> {
        let Some(text) = self.header("x-amz-client-context").filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        if text.len() > CLIENT_CONTEXT_BYTES_MAX {
            let bound = Constraint::MaxLength(CLIENT_CONTEXT_BYTES_MAX as i64);
            return Err(refused("clientContext", text, bound));
        }
        let decoded = STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let is_json = |text: &String| serde_json::from_str::<IgnoredAny>(text).is_ok();
        decoded.filter(is_json).map(Some).ok_or_else(|| {
            Failure::new(
                400,
                "InvalidRequestContentException",
                "Client context must be a valid Base64-encoded JSON object.",
            )
        })
    }
}

fn too_large(limit: usize) -> Failure {
    let text = format!("Request must be smaller than {limit} bytes for the InvokeFunction operation");
    Failure::new(413, "RequestTooLargeException", text)
}

fn failure(error: InvokeError) -> Failure {
    match error {
        InvokeError::NotFound(_) => Failure::not_found(error.to_string()),
        InvokeError::Throttled { reason } => Failure::throttled(reason),
        InvokeError::TooLarge(_) => too_large(EVENT_BYTES_MAX),
        InvokeError::Failed(why) => {
            tracing::error!(%why, "a function could not be run");
            Failure::new(500, "ServiceException", why)
        }
    }
}
