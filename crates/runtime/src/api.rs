//! The Runtime API of one process: HTTP at a port of its own on the loopback address, which says whose requests they are.
//!
//! A request for the next call waits as long as it takes; connections are never ended for being idle. An answer that is
//! streamed is passed on as it comes, where whoever called takes it so, and else gathered. Extensions and the Telemetry
//! API are not there.

#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod state;
mod streamed;

pub(crate) use state::{Deadline, Said, State, Work};

use crate::failure::{ANSWER_BYTES_MAX, Exit};
use crate::invocation::Piece;
use bytes::Bytes;
use environment::Clock;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue, ORIGIN};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use state::Refusal;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::mpsc::Sender;
use tokio::sync::{Notify, Semaphore};

/// Connections of one process at once; clients use one or two.
const CONNECTIONS_MAX: usize = 16;

/// How long nobody is accepted after that failed.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// Where the API begins.
const VERSION: &str = "/2018-06-01/runtime/";

/// What a process and the call that it runs share.
pub(crate) struct Link {
    state: Mutex<State>,
    clock: Clock,
    /// Told when there is a call, or the process has ended.
    to_process: Notify,
    /// Told when the process has done something.
    to_owner: Notify,
}

impl Link {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            state: Mutex::new(State::default()),
            clock,
            to_process: Notify::new(),
            to_owner: Notify::new(),
        }
    }

    /// A call for the process.
    pub(crate) fn give(&self, work: Work) {
        self.lock().give(work);
        self.to_process.notify_one();
    }

    /// The process has ended.
    pub(crate) fn end(&self, exit: Exit) {
        self.lock().end(exit);
        self.to_owner.notify_one();
    }

    /// How the process ended.
    pub(crate) fn ended(&self) -> Option<Exit> {
        self.lock().ended()
    }

    /// Whether the process waits for a call.
    pub(crate) fn is_waiting(&self) -> bool {
        self.lock().is_waiting()
    }

    /// Whether the process said that it cannot start.
    pub(crate) fn has_failed(&self) -> bool {
        self.lock().has_failed()
    }

    /// Waits until the look finds what it looks for. There is one who waits at a time.
    pub(crate) async fn until<T>(&self, mut look: impl FnMut(&mut State) -> Option<T>) -> T {
        loop {
            if let Some(found) = look(&mut self.lock()) {
                return found;
            }
            self.to_owner.notified().await;
        }
    }

    /// How long the last call ran, up to its answer or up to now; `None` where it was not taken.
    pub(crate) fn ran(&self) -> Option<Duration> {
        let span = self.lock().span(self.clock.machine());
        span.map(|(since, until)| until.saturating_sub(since))
    }

    /// No code that holds the lock leaves it half changed, so poison means nothing here.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn next(&self) -> Answer {
        if let Err(refusal) = self.lock().ask() {
            return refused(refusal);
        }
        let _asking = Asking(self);
        self.to_owner.notify_one();
        loop {
            let taken = self.lock().take(self.clock.machine());
            if let Some(work) = taken {
                if work.tells {
                    self.to_owner.notify_one();
                }
                return self.handed_over(work);
            }
            self.to_process.notified().await;
        }
    }

    fn handed_over(&self, work: Work) -> Answer {
        let deadline_ms = match work.deadline {
            Deadline::After(ms) => self.clock.wall_ms().saturating_add(ms),
            Deadline::At(ms) => ms,
        };
        let mut answer = json(StatusCode::OK, work.payload);
        let headers = answer.headers_mut();
        set(headers, "lambda-runtime-aws-request-id", &work.request_id);
        set(headers, "lambda-runtime-deadline-ms", &deadline_ms.to_string());
        set(headers, "lambda-runtime-invoked-function-arn", &work.invoked_arn);
        set(headers, "lambda-runtime-trace-id", &work.trace_id);
        if let Some(context) = &work.client_context {
            set(headers, "lambda-runtime-client-context", context);
        }
        answer
    }

    fn say(&self, request_id: &str, said: Said) -> Result<(), Refusal> {
        self.lock().answer(request_id, said, self.clock.machine())?;
        self.to_owner.notify_one();
        Ok(())
    }

    fn begin_stream(&self, request_id: &str) -> Option<Sender<Piece>> {
        self.lock().begin_stream(request_id).ok().flatten()
    }

    fn end_stream(&self, request_id: &str, said: Said) -> Result<(), Refusal> {
        self.lock().end_stream(request_id, said, self.clock.machine())?;
        self.to_owner.notify_one();
        Ok(())
    }

    fn fail(&self, body: Bytes) -> Result<(), Refusal> {
        self.lock().fail(body)?;
        self.to_owner.notify_one();
        Ok(())
    }
}

/// Somebody asks for a call, until this is dropped: with the answer, or with the connection.
struct Asking<'a>(&'a Link);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.lock().stop_asking();
    }
}

type Answer = Response<Full<Bytes>>;

/// Serves the API of a process until the task is ended.
pub(crate) async fn serve(listener: TcpListener, link: Arc<Link>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            // Out of open files: another connection has to end first, here or elsewhere.
            if connections.join_next().await.is_none() {
                link.clock.sleep(ACCEPT_REST).await;
            }
            continue;
        };
        // Answers are whole, so nothing is gained by waiting for more of them.
        let _ = stream.set_nodelay(true);
        let link = Arc::clone(&link);
        while connections.try_join_next().is_some() {}
        // A set ends its tasks when it is dropped.
        connections.spawn(async move {
            let _permit = permit;
            serve_connection(&link, stream).await;
        });
    }
}

/// Serves one connection until it ends.
async fn serve_connection(link: &Arc<Link>, stream: impl AsyncRead + AsyncWrite + Unpin) {
    let service = service_fn(|request| {
        let link = Arc::clone(link);
        async move { Ok::<_, Infallible>(answer(&link, request).await) }
    });
    // A process comes and goes as it likes.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// Whether a request may be of the process. A web page, which can reach the port too, says where it comes from, or names
/// another host.
fn is_own(headers: &HeaderMap) -> bool {
    let is_ours = |host: &HeaderValue| host.to_str().is_ok_and(|host| host.starts_with("127.0.0.1:"));
    !headers.contains_key(ORIGIN)
        && !headers.contains_key("sec-fetch-site")
        && headers.get(HOST).is_none_or(is_ours)
}

async fn answer(link: &Link, request: Request<Incoming>) -> Answer {
    let (head, incoming) = request.into_parts();
    if !is_own(&head.headers) {
        return failure(StatusCode::FORBIDDEN, "Forbidden", "This is for the process of a function");
    }
    let path = head.uri.path();
    if head.method == Method::GET {
        return match path.strip_prefix(VERSION) {
            Some("invocation/next") => link.next().await,
            None if path == "/ping" => Response::new(Full::from("pong")),
            _ => not_found(),
        };
    }
    if let Some((id, pieces)) = streamed::begin(link, &head) {
        return streamed::pass_on(link, id, pieces, incoming).await;
    }
    // Also what is refused is read, or the connection could not go on.
    let (trailers, body) = match body(incoming).await {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    let Some(rest) = path.strip_prefix(VERSION).filter(|_| head.method == Method::POST) else {
        return not_found();
    };
    match rest.split('/').collect::<Vec<_>>()[..] {
        ["init", "error"] => outcome(link.fail(body.unwrap_or_default())),
        ["invocation", id, "error"] => said(link, id, body.map(Said::Error)),
        ["invocation", id, "response"] => match streamed::is_streamed(&head.headers) {
            None => {
                let text = "Invalid function response mode";
                failure(StatusCode::BAD_REQUEST, "InvalidFunctionResponseMode", text)
            }
            // One that is gathered may have broken off all the same.
            Some(_) => match trailers.as_ref().and_then(streamed::error) {
                Some(error) => said(link, id, Some(Said::Error(error))),
                None => said(link, id, body.map(Said::Answer)),
            },
        },
        _ => not_found(),
    }
}

/// What came of a call was said; nothing, where it was too long.
fn said(link: &Link, id: &str, said: Option<Said>) -> Answer {
    match said {
        Some(said) => outcome(link.say(id, said)),
        None => match link.say(id, Said::TooLarge { bytes_max: ANSWER_BYTES_MAX }) {
            Ok(()) => too_large(ANSWER_BYTES_MAX),
            Err(refusal) => refused(refusal),
        },
    }
}

fn too_large(bytes_max: usize) -> Answer {
    let message = format!("Exceeded maximum allowed payload size ({bytes_max} bytes).");
    failure(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message)
}

/// Reads a body, to its end also where it is too long: `None` then. A client that is still writing does not read answers.
async fn body(mut incoming: Incoming) -> Result<(Option<HeaderMap>, Option<Bytes>), Answer> {
    let is_long = usize::try_from(incoming.size_hint().lower()).is_ok_and(|size| size > ANSWER_BYTES_MAX);
    if !is_long {
        match Limited::new(&mut incoming, ANSWER_BYTES_MAX).collect().await {
            Ok(collected) => {
                let trailers = collected.trailers().cloned();
                return Ok((trailers, Some(collected.to_bytes())));
            }
            Err(error) if error.is::<LengthLimitError>() => {}
            Err(_) => return Err(truncated()),
        }
    }
    while let Some(Ok(_)) = incoming.frame().await {}
    Ok((None, None))
}

fn truncated() -> Answer {
    failure(StatusCode::BAD_REQUEST, "TruncatedRequest", "The body broke off")
}

fn outcome(outcome: Result<(), Refusal>) -> Answer {
    match outcome {
        Ok(()) => json(StatusCode::ACCEPTED, Bytes::from_static(b"{\"status\":\"OK\"}\n")),
        Err(refusal) => refused(refusal),
    }
}

fn refused(refusal: Refusal) -> Answer {
    match refusal {
        Refusal::State => failure(StatusCode::FORBIDDEN, "InvalidStateTransition", "Transition not allowed"),
        Refusal::Id => failure(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID"),
    }
}

fn not_found() -> Answer {
    failure(StatusCode::NOT_FOUND, "NotFound", "There is no such path")
}

fn failure(status: StatusCode, error_type: &str, message: &str) -> Answer {
    let body = serde_json::json!({ "errorMessage": message, "errorType": error_type });
    json(status, Bytes::from(body.to_string()))
}

/// Clients in C++ never look at an event whose content type is missing.
fn json(status: StatusCode, body: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

/// Sets a header, where the text can be one.
fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
        headers.insert(name, value);
    }
}
