//! Function URLs behind the front door: requests at them become calls, and what the function answers the response.

use ::lambda::api::Api;
use ::lambda::function_urls::{self, Asked, Place, Reply, WITH_PRELUDE};
use ::lambda::functions::record::Url;
use ::lambda::functions::{AnswerStream, EVENT_BYTES_MAX, Functions, Part};
use ::lambda::invoke::{Call, Invoke as _, InvokeError};
use bytes::{Bytes, BytesMut};
use serde_json::json;
use server::header::{CONTENT_ENCODING, HeaderName, HeaderValue};
use server::stream::{Outflow, Pieces, StreamAnswer};
use server::{Admission, Answer, ContentType, Head, Refusal, Request, Response, Service};
use std::io;
use std::task::{Context, Poll};

/// The largest body of a request: with what stands around it, it must fit an event.
const BODY_BYTES_MAX: usize = EVENT_BYTES_MAX;

/// The service.
pub(crate) struct FunctionUrls {
    functions: Functions,
}

impl FunctionUrls {
    /// The service.
    pub(crate) fn new(functions: Functions) -> Self {
        Self { functions }
    }
}

fn place<'a>(head: &Head<'a>) -> Option<Place<'a>> {
    // Whatever the host, what is signed for S3 is about objects.
    let place = function_urls::place(head.host(), head.path())?;
    (head.signed_for() != Some("s3")).then_some(place)
}

fn refused(status: u16, message: &str) -> Response {
    Response::json(status, json!({ "Message": message }).to_string())
}

impl Service for FunctionUrls {
    fn accepts(&self, head: &Head<'_>) -> bool {
        place(head).is_some()
    }

    fn admit(&self, head: &Head<'_>) -> Result<Admission, Response> {
        if let Err(failure) = Api::new(self.functions.clone()).check_served() {
            return Err(refused(failure.status(), failure.message()));
        }
        let id = place(head).map_or("", |place| place.id);
        match self.functions.by_url(id) {
            Some((_, _, url)) => {
                Ok(Admission { body_limit: BODY_BYTES_MAX, authentication: url.auth_type == "AWS_IAM" })
            }
            None => Err(refused(404, "There is no function URL with this id.")),
        }
    }

    fn call(&self, request: Request) -> Answer {
        let head = request.head();
        let found = place(&head).and_then(|place| Some((place, self.functions.by_url(place.id)?)));
        // It may have been deleted while the body came.
        let Some((place, (function, qualifier, url))) = found else {
            return refused(404, "There is no function URL with this id.").into();
        };
        let request_id = self.functions.uuid();
        let event = event(&request, place, &url, (&request_id, self.functions.now_ms()));
        let call = Call {
            function_arn: function.arn(Some(qualifier.as_str()).filter(|qualifier| !qualifier.is_empty())),
            payload: event.into(),
            request_id: Some(request_id.clone()),
            client_context: None,
            tail: false,
            mapping: None,
        };
        let functions = self.functions.clone();
        Answer::in_pieces(async move {
            let mut answer = match url.invoke_mode.as_str() {
                "RESPONSE_STREAM" => streamed(&functions, call).await,
                _ => buffered(&functions, call).await.into(),
            };
            if let Ok(id) = HeaderValue::try_from(request_id) {
                answer.response.headers.push((HeaderName::from_static("x-amzn-requestid"), id));
            }
            answer
        })
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        let message = match refusal {
            Refusal::Unauthenticated(failure) => format!("Forbidden. {}", failure.message),
            Refusal::Overloaded => return refused(429, "Rate Exceeded."),
            other => other.to_string(),
        };
        let status = if matches!(refusal, Refusal::Unauthenticated(_)) { 403 } else { refusal.status() };
        refused(status, &message)
    }
}

/// The event of a request, JSON.
fn event(request: &Request, place: Place<'_>, url: &Url, (request_id, now_ms): (&str, u64)) -> String {
    let head = request.head();
    let headers = head.headers().iter();
    // A packed body was unpacked on its way here.
    let headers = headers.filter(|(name, value)| **name != CONTENT_ENCODING || *value != "gzip");
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let identity = &request.identity;
    let asked = Asked {
        id: place.id,
        method: head.method().as_str(),
        path: place.path,
        query: head.query(),
        headers: headers.map(|(name, value)| (name.as_str(), text(value))).collect(),
        body: &request.body,
        source_ip: request.peer.ip().to_canonical().to_string(),
        signed_by: (url.auth_type == "AWS_IAM")
            .then_some((identity.access_key.as_str(), identity.account.as_str())),
        request_id,
        now_ms,
    };
    asked.event().to_string()
}

async fn buffered(functions: &Functions, call: Call) -> Response {
    let arn = call.function_arn.clone();
    match functions.invoke(call).await {
        Ok(reply) => whole(&arn, reply.failed, &reply.payload),
        Err(error) => not_called(&error),
    }
}

/// The response to an answer that came whole.
fn whole(arn: &str, failed: bool, payload: &[u8]) -> Response {
    let reply = if failed { None } else { Reply::read(payload) };
    reply.map_or_else(|| bad_gateway(arn), response)
}

/// What AWS says of a function that failed, or that answered what is no response; the reason is in the function's log.
fn bad_gateway(arn: &str) -> Response {
    tracing::warn!(function = arn, "a function did not answer a request at its URL as it must");
    Response::text(502, "Internal Server Error")
}

fn not_called(error: &InvokeError) -> Response {
    match error {
        InvokeError::NotFound(_) => refused(404, &error.to_string()),
        InvokeError::Throttled { .. } => refused(429, "Rate Exceeded."),
        InvokeError::TooLarge(_) => refused(413, "The request is too large for an event."),
        InvokeError::Failed(why) => {
            tracing::error!(%why, "a function could not be run");
            refused(500, why)
        }
    }
}

fn response(reply: Reply) -> Response {
    let mut response = Response::new(reply.status, ContentType::Absent, reply.body);
    for (name, value) in reply.headers {
        // How long the body is, and how it is sent, is the server's to say.
        if matches!(name.as_str(), "content-length" | "transfer-encoding" | "connection" | "keep-alive") {
            continue;
        }
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response = response.with(name, value);
        }
    }
    response
}

async fn streamed(functions: &Functions, call: Call) -> StreamAnswer {
    let arn = call.function_arn.clone();
    let mut answer = match functions.invoke_streamed(call).await {
        Ok(answer) => answer,
        Err(error) => return not_called(&error).into(),
    };
    let Some(content_type) = answer.began().cloned() else {
        return match answer.next().await {
            Some(Part::End(Ok(reply))) => whole(&arn, reply.failed, &reply.payload).into(),
            Some(Part::End(Err(error))) => not_called(&error).into(),
            Some(Part::Bytes(_)) | None => bad_gateway(&arn).into(),
        };
    };
    let content_type = content_type.unwrap_or_else(|| "application/octet-stream".to_owned());
    let (reply, first) = if content_type == WITH_PRELUDE {
        match prelude(&mut answer).await {
            Some((reply, first)) => (reply, Some(first).filter(|first| !first.is_empty())),
            None => return bad_gateway(&arn).into(),
        }
    } else {
        let headers = vec![("content-type".to_owned(), content_type)];
        (Reply { status: 200, headers, body: Bytes::new() }, None)
    };
    let outflow = Outflow::of_any_length(Body { first, answer });
    StreamAnswer { response: response(reply), outflow: Some(outflow) }
}

/// The head that stands before a streamed answer, and what came of the body with it.
async fn prelude(answer: &mut AnswerStream) -> Option<(Reply, Bytes)> {
    let mut came = BytesMut::new();
    loop {
        let Some(Part::Bytes(bytes)) = answer.next().await else { return None };
        came.extend_from_slice(&bytes);
        if let Some((end, begin)) = function_urls::prelude_end(&came) {
            return Some((Reply::read_prelude(&came[..end])?, came.freeze().slice(begin..)));
        }
        if came.len() > function_urls::PRELUDE_BYTES_MAX {
            return None;
        }
    }
}

/// The body of a streamed answer. Where the function breaks off, so does the connection.
struct Body {
    first: Option<Bytes>,
    answer: AnswerStream,
}

impl Pieces for Body {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        self.answer.poll_next(context).map(|part| match part? {
            Part::Bytes(bytes) => Some(Ok(bytes)),
            Part::End(Ok(reply)) if !reply.failed => None,
            Part::End(_) => Some(Err(io::Error::other("the function broke off its answer"))),
        })
    }
}
