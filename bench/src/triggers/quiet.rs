//! A function that does nothing, in this process.

use super::{MAPPED, OFFERED, PLAIN, TURNS, WARM_UP, percentiles, row};
use crate::process::cpu_s_of;
use crate::report::middle;
use crate::requests::{item, put};
use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use database::{Caller, Database, Options};
use environment::Environment;
use lambda::configuration::Request;
use lambda::destinations::Destinations;
use lambda::discarded::{self, Discarded};
use lambda::history::{self, History};
use lambda::invoke::{Call, Invoke, InvokeError, Reply};
use lambda::pollers::{Mappings, NewMapping, Options as MappingOptions, Parts, Scope};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wire::Operation;

const ATTRIBUTES: &str = r#""AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"BillingMode":"PAY_PER_REQUEST","StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}"#;
const SCOPE: Scope<'static> = Scope { account: "000000000000", region: "us-east-1" };
const KEYS: u64 = 20_000;

/// Does nothing, and notes when it was called last.
struct Nothing {
    environment: Environment,
    called: Mutex<Duration>,
}

impl Invoke for Nothing {
    fn invoke(&self, _: Call) -> Pin<Box<dyn Future<Output = Result<Reply, InvokeError>> + Send + '_>> {
        if let Ok(mut called) = self.called.lock() {
            *called = self.environment.clock.machine();
        }
        let reply = Reply {
            request_id: String::new(),
            executed_version: "$LATEST".into(),
            failed: false,
            payload: Bytes::from_static(b"null"),
            log_tail: None,
            log_stream: String::new(),
            duration_us: 0,
        };
        Box::pin(std::future::ready(Ok(reply)))
    }

    fn enqueue(&self, _: Call) -> Pin<Box<dyn Future<Output = Result<(), InvokeError>> + Send + '_>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn exists(&self, _: &str) -> bool {
        true
    }

    fn prewarm(&self, _: &str) {}

    fn changed(&self, _: &str) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::pending())
    }
}

struct World {
    environment: Environment,
    database: Arc<Database>,
    nothing: Arc<Nothing>,
    mappings: Mappings,
    stream: String,
}

impl World {
    async fn new() -> Result<Self> {
        let environment = Environment::system();
        let database = Database::open(Options::in_memory(), environment.clone())?;
        database.start();
        let nothing = Arc::new(Nothing { environment: environment.clone(), called: Mutex::default() });
        let space = database.service_space("discarded")?;
        let runner = database.runner().clone();
        let parts = Parts {
            database: Arc::clone(&database),
            invoke: nothing.clone(),
            queues: None,
            destinations: Destinations::new(),
            history: History::new(environment.clock.clone(), history::Limits::default()),
            discarded: Discarded::open(runner, space, discarded::Limits::default(), &environment)?,
        };
        let mappings = Mappings::open(parts, MappingOptions::default())?;
        mappings.start();
        let table = |name: &str| format!(r#"{{"TableName":"{name}",{ATTRIBUTES}}}"#);
        call(&database, Operation::CreateTable, table(PLAIN)).await?;
        let made = call(&database, Operation::CreateTable, table(MAPPED)).await?;
        let made: serde_json::Value = serde_json::from_slice(&made)?;
        let stream = made["TableDescription"]["LatestStreamArn"].as_str().context("a stream")?.to_owned();
        Ok(Self { environment, database, nothing, mappings, stream })
    }

    async fn map(&self, version: u64) -> Result<String> {
        let new = NewMapping {
            request: Request {
                event_source_arn: Some(self.stream.clone()),
                starting_position: Some("LATEST".into()),
                batch_size: Some(100),
                ..Request::default()
            },
            function_arn: format!("arn:aws:lambda:us-east-1:000000000000:function:f:{version}"),
            ..NewMapping::default()
        };
        Ok(self.mappings.create(SCOPE, new).await?.mapping.uuid.to_string())
    }

    fn invoked(&self) -> u64 {
        self.mappings.all().iter().map(|shown| shown.figures.invoked_event_count).sum()
    }

    fn cpu_s(&self) -> Result<f64> {
        cpu_s_of(std::process::id())
    }

    /// Offers puts at a fixed rate, whatever becomes of them; answers how many were made, and CPU for each in us. Each has
    /// another revision, since a put that changes nothing makes no record.
    async fn offer(&self, table: &'static str, seconds: f64, revision: u64) -> Result<(u64, f64)> {
        let clock = &self.environment.clock;
        let (began, cpu_s) = (clock.machine(), self.cpu_s()?);
        let mut made = 0;
        while clock.machine() - began < Duration::from_secs_f64(seconds) {
            let due = (clock.machine() - began).as_micros() as u64 * OFFERED / 1_000_000;
            let tasks: Vec<_> = (made..due)
                .map(|n| {
                    let database = Arc::clone(&self.database);
                    environment::spawn(async move {
                        call(&database, Operation::PutItem, put(table, &item(n % KEYS, revision + n))).await
                    })
                })
                .collect();
            made = due;
            for task in tasks {
                task.await??;
            }
            clock.sleep(Duration::from_millis(1)).await;
        }
        Ok((made, (self.cpu_s()? - cpu_s) * 1e6 / made.max(1) as f64))
    }

    async fn latency(&self) -> Result<String> {
        let clock = &self.environment.clock;
        let mut samples = Vec::new();
        for n in 0..1_000 {
            let before = self.invoked();
            call(&self.database, Operation::PutItem, put(MAPPED, &item(7, n))).await?;
            let answered = clock.machine();
            while self.invoked() == before {
                tokio::task::yield_now().await;
            }
            let called = self.nothing.called.lock().map(|called| *called).unwrap_or_default();
            samples.push(called.saturating_sub(answered).as_secs_f64() * 1e6);
            clock.sleep(Duration::from_millis(2)).await;
        }
        Ok(percentiles(samples))
    }
}

async fn call(database: &Arc<Database>, operation: Operation, body: String) -> Result<Vec<u8>> {
    let caller = Caller::new("000000000000", "us-east-1");
    match database.call(operation, &caller, body.into()).await {
        Ok(reply) => Ok(reply.body),
        Err(error) => bail!("{}: {error}", operation.name()),
    }
}

/// Waits until the function was called with so many records; answers how long that took.
async fn catch_up(world: &World, invoked: u64) -> Result<Duration> {
    let clock = &world.environment.clock;
    let ended = clock.machine();
    while world.invoked() < invoked {
        if clock.machine() - ended > Duration::from_secs(10) {
            bail!("the mapping is {} records behind", invoked - world.invoked());
        }
        clock.sleep(Duration::from_millis(1)).await;
    }
    Ok(clock.machine() - ended)
}

pub(super) async fn run(seconds: f64) -> Result<()> {
    let world = World::new().await?;
    let uuid = world.map(0).await?;
    for table in [PLAIN, MAPPED] {
        world.offer(table, seconds / 2.0, WARM_UP).await?;
    }
    let latency = world.latency().await?;
    let figures = || anyhow::Ok(world.mappings.get(SCOPE, &uuid)?.figures);
    let (before, mut invoked) = (figures()?, world.invoked());
    let (mut puts, mut behind, mut without_us, mut with_us) = (0, Duration::ZERO, Vec::new(), Vec::new());
    for turn in 1..=TURNS {
        let (_, cpu_us) = world.offer(PLAIN, seconds, turn << 40).await?;
        without_us.push(cpu_us);
        let (made, cpu_us) = world.offer(MAPPED, seconds, turn << 40).await?;
        with_us.push(cpu_us);
        (puts, invoked) = (puts + made, invoked + made);
        behind = behind.max(catch_up(&world, invoked).await?);
    }
    let after = figures()?;
    let calls = (after.invocations - before.invocations).max(1);
    let (without_us, with_us) = (middle(without_us.into_iter()), middle(with_us.into_iter()));
    row("puts a second offered, in this process", format!("{:.0}", puts as f64 / seconds / TURNS as f64));
    row("CPU a put without a mapping", format!("{without_us:.1} us"));
    row("put answered to function called, one at a time", latency);
    let more = (with_us / without_us - 1.0) * 100.0;
    row("CPU a put with one mapping of BatchSize 100", format!("{with_us:.1} us, {more:+.0} %"));
    row("the last record's call after the last put", format!("{:.1} ms", behind.as_secs_f64() * 1e3));
    row("records a call", format!("{:.1}", puts as f64 / calls as f64));
    let clock = &world.environment.clock;
    for version in 1..=1_000 {
        world.map(version).await?;
    }
    let cpu_s = world.cpu_s()?;
    clock.sleep(Duration::from_secs_f64(seconds)).await;
    let idle = (world.cpu_s()? - cpu_s) / seconds * 100.0;
    row("CPU of a thousand idle mappings", format!("{idle:.2} % of a core"));
    world.mappings.stop().await;
    Ok(())
}
