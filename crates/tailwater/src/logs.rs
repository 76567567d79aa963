//! CloudWatch Logs behind the front door, and our own way to follow logs.

use crate::dynamodb::{asked, caller};
use database::Caller;
use serde_json::{Value, json};
use server::{Admission, Answer, ContentType, Head, OwnEndpoint, Refusal, Request, Response, Service};
use services::logs::pattern::Pattern;
use services::logs::{self, BODY_BYTES_MAX, Cursor, Line, Logs, TARGET};
use std::sync::Arc;
use std::time::Duration;
use wire::ApiError;

/// The service.
pub(crate) struct CloudWatchLogs {
    logs: Logs,
}

impl CloudWatchLogs {
    pub(crate) fn new(logs: Logs) -> Self {
        Self { logs }
    }
}

impl Service for CloudWatchLogs {
    fn accepts(&self, head: &Head<'_>) -> bool {
        head.path() == "/" && head.method() == "POST" && operation(head.target()).is_some()
    }

    fn admit(&self, _: &Head<'_>) -> Result<Admission, Response> {
        Ok(Admission { body_limit: BODY_BYTES_MAX, authentication: true })
    }

    fn call(&self, request: Request) -> Answer {
        let logs = self.logs.clone();
        Answer::later(async move {
            let operation = operation(request.target()).unwrap_or_default();
            response(logs.call(operation, &caller(&request), &request.body).await)
        })
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        let code = match refusal {
            Refusal::Overloaded => "ThrottlingException",
            Refusal::Malformed => "SerializationException",
            Refusal::Internal => "ServiceUnavailableException",
            Refusal::Unauthenticated(failure) => failure.code,
            Refusal::ForeignHost | Refusal::ForeignOrigin => "AccessDeniedException",
            Refusal::TooLarge { .. } | Refusal::TimedOut => "InvalidParameterException",
        };
        response(logs::refusal(refusal.status(), code, &refusal.to_string()))
    }
}

fn operation(target: Option<&str>) -> Option<&str> {
    target.and_then(|target| target.strip_prefix(TARGET))
}

fn response(answer: logs::Answer) -> Response {
    Response::new(answer.status, ContentType::AmzJson11, answer.body)
}

/// How long a follower waits for one answer at most.
const WAIT_MAX: Duration = Duration::from_secs(20);

/// The most lines from before that are told.
const LINES_MAX: u64 = 10_000;

/// The log group of a function.
pub(crate) fn group_of(function: &str) -> String {
    format!("/aws/lambda/{function}")
}

/// `/_tailwater/logs`: the last lines of a group (`tail`), and those that come (`follow`).
pub(crate) fn endpoint(logs: &Logs) -> OwnEndpoint {
    let logs = logs.clone();
    Arc::new(move |request: Request| {
        let logs = logs.clone();
        let verb = request.path().rsplit('/').next().unwrap_or_default().to_owned();
        asked(request, |caller, question| async move {
            let meant = Meant::read(&caller, &question)?;
            match verb.as_str() {
                "tail" => tail(&logs, &meant, &question),
                "follow" => follow(&logs, &meant, &question).await,
                other => {
                    Err(ApiError::validation(format!("there is nothing like {other} of logs: tail, follow")))
                }
            }
        })
    })
}

/// Which lines are meant.
struct Meant {
    account: String,
    region: String,
    group: String,
    pattern: Pattern,
}

impl Meant {
    fn read(caller: &Caller, question: &Value) -> Result<Self, ApiError> {
        let text = |name: &str| question[name].as_str().map(str::to_owned);
        let group = text("group").or_else(|| text("function").map(|function| group_of(&function)));
        let missing = || ApiError::validation(r#"name a function or a log group: {"function": "NAME"}"#);
        let pattern = Pattern::parse(question["filter"].as_str().unwrap_or_default());
        Ok(Self {
            account: text("account").unwrap_or_else(|| caller.account.to_string()),
            region: text("region").unwrap_or_else(|| caller.region.to_string()),
            group: group.ok_or_else(missing)?,
            pattern: pattern.map_err(|error| ApiError::validation(error.to_string()))?,
        })
    }

    fn group(&self) -> (&str, &str, &str) {
        (&self.account, &self.region, &self.group)
    }
}

fn tail(logs: &Logs, meant: &Meant, question: &Value) -> Result<Value, ApiError> {
    let last_ms = question["last_ms"].as_u64().unwrap_or(u64::MAX);
    let since_ms = logs.now_ms().saturating_sub(last_ms);
    let count = question["count"].as_u64().unwrap_or(LINES_MAX).min(LINES_MAX);
    let (lines, cursor) = logs
        .tail(meant.group(), since_ms, usize::try_from(count).unwrap_or(1), &meant.pattern)
        .map_err(|error| ApiError::internal_server_error(error.to_string()))?;
    let exists = lines.is_some();
    let lines: Vec<Value> = lines.unwrap_or_default().iter().map(line).collect();
    Ok(json!({ "group": meant.group, "exists": exists, "lines": lines, "cursor": cursor.to_string() }))
}

async fn follow(logs: &Logs, meant: &Meant, question: &Value) -> Result<Value, ApiError> {
    let cursor = question["cursor"].as_str().and_then(Cursor::parse);
    let cursor = cursor.ok_or_else(|| ApiError::validation("give the cursor that was answered last"))?;
    let wait = question["wait_ms"].as_u64().map_or(WAIT_MAX, Duration::from_millis).min(WAIT_MAX);
    let followed = logs.follow(meant.group(), cursor, &meant.pattern, wait).await;
    let lines: Vec<Value> = followed.lines.iter().map(line).collect();
    Ok(json!({ "lines": lines, "cursor": followed.cursor.to_string(), "missed": followed.missed }))
}

fn line(line: &Line) -> Value {
    json!({ "time_ms": line.time_ms, "stream": *line.stream, "message": line.message })
}
