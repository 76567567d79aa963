//! DynamoDB and DynamoDB Streams behind the front door: requests to the database, and its answers back.

use crate::faults;
use compact_str::CompactString;
use database::{Caller, Database, Reply};
use hyper::header::{HeaderName, HeaderValue};
use serde_json::Value;
use server::{Admission, Answer, ContentType, Head, OwnEndpoint, Refusal, Request, Response, Service};
use std::future::Future;
use std::sync::Arc;
use wire::{ApiError, ErrorCode, Operation};

/// Where the records of a write are.
const POSITIONS: HeaderName = HeaderName::from_static("x-tailwater-sequence-number");

/// The prefixes of the targets that DynamoDB answers.
const TARGETS: [&str; 2] = ["DynamoDB_20120810.", "DynamoDBStreams_20120810."];

/// The service.
pub(crate) struct DynamoDb {
    database: Arc<Database>,
}

impl DynamoDb {
    pub(crate) fn new(database: Arc<Database>) -> Self {
        Self { database }
    }
}

impl Service for DynamoDb {
    fn accepts(&self, head: &Head<'_>) -> bool {
        // A target that nobody knows is answered in DynamoDB's way too: it was asked at DynamoDB's path.
        head.path() == "/" && head.method() == "POST" && head.target().is_some_and(is_ours)
    }

    fn admit(&self, head: &Head<'_>) -> Result<Admission, Response> {
        let operation = head.target().and_then(Operation::from_target);
        let body_limit = operation.map_or(wire::operation::BODY_LIMIT_BYTES, Operation::body_limit_bytes);
        Ok(Admission { body_limit, authentication: true })
    }

    fn call(&self, request: Request) -> Answer {
        let Some(operation) = request.target().and_then(Operation::from_target) else {
            return failure(&ApiError::bare(ErrorCode::UnknownOperation)).into();
        };
        let caller = caller(&request);
        let body = request.body;
        if self.database.environment().faults.is_set() {
            let database = Arc::clone(&self.database);
            return Answer::later(
                async move { answer(faults::call(&database, operation, &caller, body).await) },
            );
        }
        if let Some(read) = self.database.read(operation, &caller, &body) {
            return answer(read).into();
        }
        let database = Arc::clone(&self.database);
        Answer::later(async move { answer(database.call(operation, &caller, body).await) })
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        let message = refusal.to_string();
        let error = match refusal {
            Refusal::Overloaded => ApiError::throttling(message),
            Refusal::Malformed => ApiError::bare(ErrorCode::Serialization),
            Refusal::Internal => ApiError::internal_server_error(message),
            Refusal::Unauthenticated(failure) => {
                let body = serde_json::json!({
                    "__type": format!("com.amazon.coral.service#{}", failure.code),
                    "message": failure.message,
                });
                return Response::new(refusal.status(), ContentType::AmzJson10, body.to_string());
            }
            Refusal::ForeignHost | Refusal::ForeignOrigin => ApiError::access_denied(message),
            Refusal::TooLarge { .. } | Refusal::TimedOut => ApiError::validation(message),
        };
        Response { status: refusal.status(), ..failure(&error) }
    }
}

fn is_ours(target: &str) -> bool {
    TARGETS.iter().any(|prefix| target.starts_with(prefix))
}

pub(crate) fn caller(request: &Request) -> Caller {
    Caller {
        account: request.identity.account.clone(),
        region: request.identity.region.clone(),
        host: request.host().map_or(Caller::USUAL_HOST, CompactString::from),
    }
}

fn answer(result: Result<Reply, ApiError>) -> Response {
    match result {
        Ok(reply) => {
            let response = Response::new(200, ContentType::AmzJson10, reply.body);
            match reply.positions.map(HeaderValue::try_from) {
                Some(Ok(positions)) => response.with(POSITIONS, positions),
                _ => response,
            }
        }
        Err(error) => failure(&error),
    }
}

fn failure(error: &ApiError) -> Response {
    Response::new(error.status(), ContentType::AmzJson10, error.to_body())
}

/// `/_tailwater/clock`: service time, and moving it.
pub(crate) fn clock(database: &Arc<Database>) -> OwnEndpoint {
    let database = Arc::clone(database);
    Arc::new(move |request: Request| {
        let database = Arc::clone(&database);
        if request.head().method() == "GET" || request.path().ends_with("/now") {
            return json(Ok(database.clock())).into();
        }
        asked(request, |_, question| async move { database.move_clock(&question).await })
    })
}

/// The last parts of paths at which shards are listed.
const LISTS: [&str; 2] = ["list", "streams"];

/// `/_tailwater/streams`: the shards of a stream, and what can be done to them.
pub(crate) fn streams(database: &Arc<Database>) -> OwnEndpoint {
    let database = Arc::clone(database);
    Arc::new(move |request: Request| {
        let database = Arc::clone(&database);
        let verb = request.path().rsplit('/').next().unwrap_or_default().to_owned();
        // What changes something is not asked for by GET, which any web page may send without telling where from.
        if request.head().method() != "POST" && !LISTS.contains(&verb.as_str()) {
            return refusal(405, "say POST to change something").into();
        }
        asked(request, |caller, question| async move {
            match verb.as_str() {
                "roll" => database.roll_shards(&caller, &question).await,
                "split" => database.split_shards(&caller, &question).await,
                "trim" => database.trim_shards(&caller, &question).await,
                verb if LISTS.contains(&verb) => database.list_shards(&caller, &question),
                other => Err(ApiError::validation(format!(
                    "there is nothing like {other} to do to a stream: list, roll, split, trim"
                ))),
            }
        })
    })
}

/// Answers a question in JSON; where there is no body, one in the query string.
pub(crate) fn asked<F>(request: Request, ask: impl FnOnce(Caller, Value) -> F) -> Answer
where
    F: Future<Output = Result<Value, ApiError>> + Send + 'static,
{
    asked_for(request, |caller, question| {
        let answer = ask(caller, question);
        async move { answer.await.map(|answer| json(Ok(answer))) }
    })
}

/// The same, where the answer has a status of its own.
pub(crate) fn asked_for<F>(request: Request, ask: impl FnOnce(Caller, Value) -> F) -> Answer
where
    F: Future<Output = Result<Response, ApiError>> + Send + 'static,
{
    let caller = caller(&request);
    let question = if request.body.is_empty() {
        let pairs = request.head().query().split('&').filter_map(|pair| pair.split_once('='));
        Ok(pairs.map(|(name, value)| (name.to_owned(), Value::from(value))).collect())
    } else {
        serde_json::from_slice(&request.body)
    };
    match question {
        Ok(question) => {
            let answer = ask(caller, question);
            Answer::later(async move { answer.await.unwrap_or_else(|error| json(Err(error))) })
        }
        Err(error) => json(Err(ApiError::validation(format!("the body is not JSON: {error}")))).into(),
    }
}

pub(crate) fn json(result: Result<Value, ApiError>) -> Response {
    match result {
        Ok(value) => Response::json(200, format!("{value}\n")),
        Err(error) => refusal(error.status(), error.message().unwrap_or_default()),
    }
}

/// A refusal of one of our own endpoints, in the shape of those that the server itself gives there.
pub(crate) fn refusal(status: u16, message: &str) -> Response {
    Response::json(status, format!("{}\n", serde_json::json!({ "error": message })))
}
