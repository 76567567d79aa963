//! Whole requests to Lambda over a small world: two functions, one of them with a version, an alias and a mapping of a table's
//! stream. The first line is the method and the target, the next ones are headers, and behind an empty line stands the body.
//! Functions are run by a stand-in: no process is started. Whatever a request is, it is answered in JSON, with no error that is
//! the server's, and the functions and mappings are there when they are opened again.

use crate::engine::StandIn;
use crate::ground::{Ground, World, Worlds, opened};
use bytes::Bytes;
use database::{Database, Options};
use lambda::api::{Answer, Api, Caller, Request, Route};
use lambda::destinations::Destinations;
use lambda::discarded::{self, Discarded};
use lambda::functions::{self, Functions, code};
use lambda::history::{self, History};
use lambda::pollers::{self, Mappings, Parts};
use serde_json::{Value, json};
use services::objects::{self, Objects};
use services::queues::{self, Queues};
use std::sync::Arc;
use wire::Operation;

const FUNCTIONS: &str = "/2015-03-31/functions";
const MAPPINGS: &str = "/2015-03-31/event-source-mappings";

/// What shows all of it.
const LISTS: [&str; 7] = [
    "/2015-03-31/functions?FunctionVersion=ALL",
    "/2015-03-31/event-source-mappings",
    "/2015-03-31/functions/f",
    "/2015-03-31/functions/f/aliases",
    "/2015-03-31/functions/f/policy",
    "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af",
    "/2018-10-31/layers",
];

/// The service, and the database whose stream is mapped.
struct Service {
    api: Api,
    database: Arc<Database>,
}

thread_local! {
    static WORLDS: Worlds<Service> = const { Worlds::new() };
}

/// See the module.
pub fn target(data: &[u8]) {
    WORLDS.with(|worlds| worlds.serve(data));
}

impl World for Service {
    type Seen = Vec<(u16, Value)>;

    fn open(ground: &Ground) -> Self {
        let (store, environment) = (Arc::clone(&ground.store), ground.environment.clone());
        let database = opened(Database::open_on(store, Options::in_memory(), environment.clone()));
        let space = |name| (database.runner().clone(), opened(database.service_space(name)));
        let (runner, of_objects) = space("objects");
        let options = objects::Options { place: objects::Place::Temporary, shared: false };
        let objects = opened(Objects::open(runner, of_objects, options, environment.clone()));
        let options = functions::Options {
            place: code::Place::Temporary,
            shared: false,
            local_code: false,
            served: true,
            retry_delays_ms: [1_000, 2_000],
        };
        let engine = Arc::new(StandIn);
        let functions = Functions::open(space("functions"), options, objects, engine, environment.clone());
        let functions = opened(functions);
        let (runner, of_queues) = space("queues");
        let queues = Queues::open(runner, of_queues, queues::Options::default(), environment.clone());
        let (runner, of_discarded) = space("discarded");
        let limits = discarded::Limits::default();
        let parts = Parts {
            database: Arc::clone(&database),
            invoke: Arc::new(functions.clone()),
            queues: Some(opened(queues)),
            destinations: Destinations::new(),
            history: History::new(environment.clock.clone(), history::Limits::default()),
            discarded: opened(Discarded::open(runner, of_discarded, limits, &environment)),
        };
        let mappings = opened(Mappings::open(parts, pollers::Options::default()));
        Self { api: Api::new(functions).with_mappings(Arc::new(mappings)), database }
    }

    async fn furnish(&self, ground: &Ground) {
        let caller = caller();
        for name in ["f", "g"] {
            let question = json!({
                "FunctionName": name, "Runtime": "nodejs22.x", "Handler": "index.handler", "Directory": "/",
                "Environment": { "Variables": { "AB": "c" } },
            });
            let made = self.api.add_directory(&caller, question.to_string().as_bytes()).await;
            assert!(made.is_ok(), "{:?}", made.err());
        }
        let table = json!({
            "TableName": "tab", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
            "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" },
        });
        let table = Bytes::from(table.to_string());
        let made = self.database.call(Operation::CreateTable, &ground.caller, table).await;
        let made = made.map(|reply| serde_json::from_slice::<Value>(&reply.body).unwrap_or_default());
        let stream =
            made.unwrap_or_else(|error| panic!("{error:?}"))["TableDescription"]["LatestStreamArn"].clone();
        let mapping = json!({ "FunctionName": "f", "EventSourceArn": stream, "StartingPosition": "LATEST" });
        for (path, body) in [
            (format!("{FUNCTIONS}/f/versions"), json!({})),
            (format!("{FUNCTIONS}/f/aliases"), json!({ "Name": "live", "FunctionVersion": "1" })),
            (MAPPINGS.to_owned(), mapping),
        ] {
            let answer = self.answer(&format!("POST {path}\n\n{body}")).await;
            assert!(answer.status < 300, "{path}: {}", answer.body.escape_ascii());
        }
    }

    async fn ask(&self, _: &Ground, data: &[u8]) -> bool {
        if let Ok(text) = std::str::from_utf8(data) {
            self.answer(text).await;
        }
        false
    }

    async fn look(&self, _: &Ground) -> Self::Seen {
        let mut seen = Vec::new();
        for list in LISTS {
            let answer = self.answer(&format!("GET {list}\n\n")).await;
            seen.push((answer.status, serde_json::from_slice(&answer.body).unwrap_or_default()));
        }
        seen
    }
}

impl Service {
    /// Answers a request that is written as the module says.
    async fn answer(&self, text: &str) -> Answer {
        let Some(request) = request(text) else { return Answer::empty(400) };
        let route = Route::find(&request.method, &request.path, &request.query);
        let is_streamed = route.is_some_and(|route| route.operation == "InvokeWithResponseStream");
        let answer = if is_streamed {
            self.api.call_streamed(request).await.map_or_else(|answer| answer, |_| Answer::empty(200))
        } else {
            self.api.call(request).await
        };
        assert!(answer.status < 500, "{text}: {}", answer.body.escape_ascii());
        let is_json = serde_json::from_slice::<Value>(&answer.body).is_ok();
        assert!(is_json || answer.body.is_empty(), "{text}: {}", answer.body.escape_ascii());
        answer
    }
}

fn caller() -> Caller {
    Caller { account: "000000000000".to_owned(), region: "us-east-1".to_owned() }
}

fn request(text: &str) -> Option<Request> {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let (method, target) = lines.next()?.split_once(' ')?;
    let (path, query) = tailwater::fuzzing::path_and_query(target)?;
    let header = |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.to_owned()));
    Some(Request {
        method: method.to_owned(),
        path,
        query,
        headers: lines.filter_map(header).collect(),
        body: Bytes::copy_from_slice(body.as_bytes()),
        host: "localhost:4566".to_owned(),
        caller: caller(),
        request_id: String::new(),
    })
}
