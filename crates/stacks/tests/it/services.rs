//! The services of a server in memory, in simulated time. Functions are run by a stand-in, which answers with their code.

use bytes::Bytes;
use database::{Caller, Database, Options, Storage};
use environment::Environment;
use lambda::api::Api;
use lambda::destinations::Destinations;
use lambda::discarded::{self, Discarded};
use lambda::functions::{self, Engine, Functions, Processes, Running, code};
use lambda::history::{self, History};
use lambda::pollers::{self, Mappings, Parts};
use runtime::{Finished, Invocation, Revision};
use serde_json::{Map, Value, json};
use services::kinesis::Kinesis;
use services::logs::{self, Logs};
use services::objects::{self, Address, Attributes, BucketName, Condition, ObjectKey, Objects};
use services::parameters::{self, Parameters};
use services::query::Call;
use services::queues::{self, Queues};
use services::roles::{self, Roles};
use services::topics::{self, Topics};
use stacks::resources::Services;
use std::io::{Cursor, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use wire::Operation;

pub(crate) const ACCOUNT: &str = "000000000000";
pub(crate) const REGION: &str = "us-east-1";
pub(crate) const HOST: &str = "localhost:4566";

/// Runs nothing: answers with the files of the code.
struct StandIn;

struct Pool(PathBuf);

impl Engine for StandIn {
    fn pool(&self, revision: Revision) -> Arc<dyn Processes> {
        Arc::new(Pool(revision.code))
    }
}

impl Processes for Pool {
    fn invoke(&self, _: Invocation) -> Running<'_> {
        let files = std::fs::read_dir(&self.0).unwrap().map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, Value::String(std::fs::read_to_string(entry.path()).unwrap()))
        });
        let files: Map<String, Value> = files.collect();
        Box::pin(async move {
            Ok(Finished {
                payload: Value::Object(files).to_string().into(),
                failed: false,
                log_tail: None,
                log_stream: String::new(),
                duration_us: 1,
            })
        })
    }

    fn prewarm(&self) {}

    fn retire(&self) {}
}

fn open_functions(database: &Arc<Database>, objects: &Objects) -> Functions {
    let records = (database.runner().clone(), database.service_space("functions").unwrap());
    let options = functions::Options {
        place: code::Place::Temporary,
        shared: false,
        local_code: false,
        served: true,
        retry_delays_ms: [1_000, 2_000],
    };
    let environment = database.environment().clone();
    Functions::open(records, options, objects.clone(), Arc::new(StandIn), environment).unwrap()
}

fn open_mappings(database: &Arc<Database>, functions: &Functions, queues: &Queues) -> Mappings {
    let environment = database.environment();
    let space = database.service_space("discarded").unwrap();
    let limits = discarded::Limits::default();
    let parts = Parts {
        database: Arc::clone(database),
        invoke: Arc::new(functions.clone()),
        queues: Some(queues.clone()),
        destinations: Destinations::new(),
        history: History::new(environment.clock.clone(), history::Limits::default()),
        discarded: Discarded::open(database.runner().clone(), space, limits, environment).unwrap(),
    };
    let mappings = Mappings::open(parts, pollers::Options::default()).unwrap();
    mappings.start();
    mappings
}

/// All services of a server.
pub(crate) fn services() -> Services {
    let environment = Environment::simulated(7, 1_767_225_600_000);
    let storage = Storage::Memory { log_bytes_max: 16 << 20 };
    let database = Database::open(Options { storage, ..Options::in_memory() }, environment.clone()).unwrap();
    database.start();
    let (runner, space) = (database.runner().clone(), |name| database.service_space(name).unwrap());
    let place = objects::Options { place: objects::Place::Temporary, shared: false };
    let objects = Objects::open(runner.clone(), space("objects"), place, environment.clone()).unwrap();
    let of_queues = queues::Options::default();
    let queues = Queues::open(runner.clone(), space("queues"), of_queues, environment.clone()).unwrap();
    let of_topics = topics::Options { shared: false, host: HOST.into() };
    let sink = Arc::new(queues.clone());
    let topics = Topics::open(runner.clone(), space("topics"), of_topics, sink, environment.clone()).unwrap();
    let of_logs = logs::Options::default();
    let logs = Logs::open(runner.clone(), space("logs"), of_logs, environment.clone()).unwrap();
    logs.start();
    let of_parameters = parameters::Options::default();
    let parameters =
        Parameters::open(runner.clone(), space("parameters"), of_parameters, environment.clone()).unwrap();
    let of_roles = roles::Options::default();
    let roles = Roles::open(runner.clone(), space("roles"), of_roles, environment.clone()).unwrap();
    let functions = open_functions(&database, &objects);
    functions.start();
    let mappings = open_mappings(&database, &functions, &queues);
    Services {
        kinesis: Kinesis::new(Arc::clone(&database)),
        functions: Api::new(functions).with_mappings(Arc::new(mappings)),
        database,
        queues,
        topics,
        logs,
        objects,
        parameters,
        roles,
    }
}

pub(crate) fn caller() -> Caller {
    let mut caller = Caller::new(ACCOUNT, REGION);
    caller.host = HOST.into();
    caller
}

fn json(status: u16, body: &[u8]) -> Value {
    let mut answer: Value = if body.is_empty() { json!({}) } else { serde_json::from_slice(body).unwrap() };
    if status >= 400 {
        answer["status"] = json!(status);
    }
    answer
}

/// Asks DynamoDB.
pub(crate) async fn dynamodb(services: &Services, operation: Operation, request: Value) -> Value {
    match services.database.call(operation, &caller(), Bytes::from(request.to_string())).await {
        Ok(reply) => json(200, &reply.body),
        Err(error) => json!({ "status": error.status(), "message": error.message() }),
    }
}

/// Asks Kinesis.
pub(crate) async fn kinesis(services: &Services, operation: &str, request: Value) -> Value {
    let answer = services.kinesis.call(operation, &caller(), "", request.to_string().as_bytes()).await;
    json(answer.status, &answer.body)
}

/// Asks CloudWatch Logs.
pub(crate) async fn logs(services: &Services, operation: &str, request: Value) -> Value {
    let answer = services.logs.call(operation, &caller(), request.to_string().as_bytes()).await;
    json(answer.status, &answer.body)
}

/// Asks SQS.
pub(crate) async fn queues(services: &Services, operation: &str, request: Value) -> Value {
    let answer = services.queues.call_json(operation, &caller(), request.to_string().as_bytes()).await;
    json(answer.status, &answer.body)
}

/// Asks SSM.
pub(crate) async fn parameters(services: &Services, operation: &str, request: Value) -> Value {
    let answer = services.parameters.call(operation, &caller(), request.to_string().as_bytes()).await;
    json(answer.status, &answer.body)
}

/// Asks Lambda.
pub(crate) async fn functions(services: &Services, method: &str, path: &str, body: Value) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let answer = services.functions.call(lambda::api::Request {
        method: method.into(),
        path: path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
        query: pairs.map(|(name, value)| (name.into(), value.into())).collect(),
        headers: Vec::new(),
        body: if body.is_null() { Bytes::new() } else { body.to_string().into() },
        host: HOST.into(),
        caller: lambda::api::Caller { account: ACCOUNT.into(), region: REGION.into() },
        request_id: String::new(),
    });
    let answer = answer.await;
    json(answer.status, &answer.body)
}

/// Asks SNS; answers the XML.
pub(crate) async fn topics(services: &Services, form: &str) -> String {
    let caller = caller();
    let call = Call { caller: &caller, query: b"", body: form.as_bytes(), request_id: "r" };
    String::from_utf8(services.topics.call(&call, true).await.body.to_vec()).unwrap()
}

/// Asks IAM; answers the XML.
pub(crate) async fn roles(services: &Services, form: &str) -> String {
    let caller = caller();
    let call = Call { caller: &caller, query: b"", body: form.as_bytes(), request_id: "r" };
    String::from_utf8(services.roles.call(&call).await.body.to_vec()).unwrap()
}

/// Puts an archive with one file into a bucket, which is made where it is not there.
pub(crate) async fn put_archive(
    services: &Services,
    (bucket, key): (&str, &str),
    (file, text): (&str, &str),
) {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file(file, zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(text.as_bytes()).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    let (bucket, key) = (BucketName::new(bucket).unwrap(), ObjectKey::new(key).unwrap());
    let _ = services.objects.create_bucket(&bucket, ACCOUNT, REGION).await;
    let mut writer = services.objects.create(None);
    writer.write(bytes.into()).await.unwrap();
    let written = writer.finish().await.unwrap();
    let address = Address { account: ACCOUNT, bucket: &bucket, key: &key };
    services.objects.put(address, written, Attributes::default(), Condition::default()).await.unwrap();
}
