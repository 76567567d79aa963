//! Load: a thousand connections that never rest, some that hardly read what they are sent, and days of service time that go
//! by meanwhile in a minute, with rollover, time to live and trimming. Then more bytes of requests under way than the
//! server takes on.
//!
//! It fails where memory grows from day to day, where what should be gone is still there, where a request is answered
//! otherwise than by success or by throttling, and where the server is not what it was once the overload has gone.

mod overload;
mod slow;
mod work;

use crate::client::Connection;
use crate::measure::Storage;
use crate::process::{Server, free_port};
use anyhow::{Context as _, Result, ensure};
use environment::Environment;
use serde_json::Value;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;
use work::Work;

/// How long a shard of a stream takes records, how long they are kept, and how long items live, in hours: the server's
/// own, and those of [`work`].
const SHARD_HOURS: u64 = 4;
const KEPT_HOURS: u64 = 24;
const ITEM_HOURS: u64 = 2;

/// What the highest memory of the last day may be of the highest before, in hundredths.
const GROWTH_MAX: u64 = 125;

/// What caches and write buffers of a durable server may grow to without being held against it, in bytes.
const CACHES_MAX: u64 = 512 << 20;

/// The longest that an answer may take, and the server to be as it was after an overload.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// How much load, by name.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Size {
    /// A thousand connections and three days.
    Whole,
    /// The same in a few seconds, for a build of the tests beside other work.
    Small,
}

/// How much load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    /// Connections that never rest.
    pub(crate) connections: u64,
    /// Connections that ask for much, and hardly read it.
    pub(crate) slow_readers: u64,
    /// Days of service time. The first is to warm up.
    pub(crate) days: u64,
    /// How long an hour of it takes at least.
    pub(crate) hour: Duration,
    /// In how many steps it goes by.
    pub(crate) steps: u32,
    /// How long the overload lasts.
    pub(crate) overload: Duration,
    /// What memory may grow to at least, in bytes.
    caches: u64,
}

impl Scale {
    #[must_use]
    pub(crate) fn of(size: Size, storage: Storage) -> Self {
        let caches = if storage == Storage::Durable { CACHES_MAX } else { 0 };
        let (hour, overload) = (Duration::from_millis(600), Duration::from_secs(5));
        let whole = Self { connections: 1_000, slow_readers: 50, days: 3, hour, steps: 6, overload, caches };
        match size {
            Size::Whole => whole,
            Size::Small => Self {
                connections: 50,
                slow_readers: 10,
                hour: Duration::from_millis(100),
                steps: 1,
                overload: Duration::from_secs(1),
                ..whole
            },
        }
    }
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// Requests that succeeded, and how many a second before the overload.
    pub(crate) done: u64,
    /// See [`Outcome::done`].
    pub(crate) per_second: u64,
    /// Requests that were throttled, in the overload.
    pub(crate) throttled: u64,
    /// Requests that succeeded in the overload.
    pub(crate) done_in_overload: u64,
    /// The longest that an answer took.
    pub(crate) longest: Duration,
    /// The highest resident memory of each day, in bytes.
    pub(crate) resident: Vec<u64>,
    /// Items that have not expired after the last day, all that were put, and the most that may be left of them.
    pub(crate) items: [u64; 3],
    /// Shards of the stream that are there, of all that there were.
    pub(crate) shards: (u64, u64),
}

/// Puts a server under load: this program, with these arguments beside those that name port and host.
///
/// # Errors
/// When a promise is broken, or there is no server.
pub(crate) async fn run(program: &Path, storage: &[String], scale: Scale) -> Result<Outcome> {
    let environment = Environment::system();
    let port = free_port()?;
    let mut arguments = vec!["serve".to_owned(), "--port".to_owned(), port.to_string()];
    arguments.extend_from_slice(storage);
    let server = Server::start(&environment, program, &arguments, port).await?;
    let mut connection = Connection::open(port).await?;
    work::prepare(&mut connection).await?;
    let work = Rc::new(Work::new(port, environment.clock.clone()));
    let local = tokio::task::LocalSet::new();
    for _ in 0..scale.connections {
        local.spawn_local(Rc::clone(&work).run());
    }
    for _ in 0..scale.slow_readers {
        local.spawn_local(slow::read(Rc::clone(&work)));
    }
    local.run_until(observe(&server, &mut connection, &work, scale)).await
}

/// Lets the days go by, then overloads the server, and looks what is left.
async fn observe(
    server: &Server,
    connection: &mut Connection,
    work: &Rc<Work>,
    scale: Scale,
) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let begun = work.clock.machine();
    let mut put = Vec::new();
    for _ in 0..scale.days {
        outcome.resident.push(day(server, connection, (work, &mut put), scale).await?);
        work.check()?;
    }
    // An hour more than they live, and the one in which the clock was moved last.
    let older = put.iter().rev().nth(ITEM_HOURS as usize + 2).copied().unwrap_or(0);
    outcome.items = [count(connection).await?, work.put(), work.put() - older];
    ensure!(work.throttled() == 0, "{} requests were throttled without an overload", work.throttled());
    let lasted = (work.clock.machine() - begun).as_secs_f64();
    outcome.per_second = (work.done() as f64 / lasted) as u64;
    let before = work.done();
    overload::run(work, scale.overload).await?;
    (outcome.throttled, outcome.done_in_overload) = (work.throttled(), work.done() - before);
    recover(work).await?;
    outcome.shards = (shards(connection).await?, scale.days * 24 / SHARD_HOURS);
    (outcome.done, outcome.longest) = (work.done(), work.longest());
    work.end();
    check(&outcome, scale)?;
    Ok(outcome)
}

/// A day of service time; the highest resident memory in it. Notes how many items were put by the end of each hour.
async fn day(
    server: &Server,
    connection: &mut Connection,
    (work, put): (&Work, &mut Vec<u64>),
    scale: Scale,
) -> Result<u64> {
    let mut highest = 0;
    for number in 1..=24 * scale.steps {
        let step = format!(r#"{{"advance_ms":{}}}"#, 3_600_000 / scale.steps);
        let answer = connection.post("/_tailwater/clock", "dynamodb", step.as_bytes()).await?;
        ensure!(answer.status == 200, "the clock answers {}", String::from_utf8_lossy(answer.body));
        let told: Value = serde_json::from_slice(answer.body)?;
        work.tell_time(told["now_ms"].as_u64().context("service time")?);
        work.clock.sleep(scale.hour / scale.steps).await;
        highest = highest.max(server.resident_bytes()?);
        if number.is_multiple_of(scale.steps) {
            put.push(work.put());
        }
    }
    Ok(highest)
}

/// Waits until nothing is throttled any more.
async fn recover(work: &Work) -> Result<()> {
    let deadline = work.clock.machine() + ANSWER_MAX;
    loop {
        let (throttled, done) = (work.throttled(), work.done());
        work.clock.sleep(Duration::from_millis(500)).await;
        work.check()?;
        if work.throttled() == throttled && work.done() > done {
            return Ok(());
        }
        ensure!(work.clock.machine() < deadline, "the server does not recover from the overload");
    }
}

/// The table of items that expire.
async fn described(connection: &mut Connection) -> Result<Value> {
    let answer = connection.expect("DynamoDB_20120810.DescribeTable", br#"{"TableName":"passing"}"#).await?;
    Ok(serde_json::from_slice(answer.body)?)
}

async fn count(connection: &mut Connection) -> Result<u64> {
    described(connection).await?["Table"]["ItemCount"].as_u64().context("ItemCount")
}

async fn shards(connection: &mut Connection) -> Result<u64> {
    let table = described(connection).await?;
    let request = serde_json::json!({ "StreamArn": table["Table"]["LatestStreamArn"] }).to_string();
    let answer = connection.expect("DynamoDBStreams_20120810.DescribeStream", request.as_bytes()).await?;
    let described: Value = serde_json::from_slice(answer.body)?;
    Ok(described["StreamDescription"]["Shards"].as_array().map_or(0, Vec::len) as u64)
}

fn check(outcome: &Outcome, scale: Scale) -> Result<()> {
    let Some((last, before)) = outcome.resident.split_last() else { return Ok(()) };
    let before = before.iter().max().copied().unwrap_or(*last);
    let most = scale.caches.max(before * GROWTH_MAX / 100);
    ensure!(*last <= most, "memory grows from day to day: {:?}", outcome.resident);
    ensure!(outcome.longest < ANSWER_MAX, "an answer took {:?}", outcome.longest);
    ensure!(outcome.throttled > 0, "nothing was throttled in the overload");
    let [items, put, alive] = outcome.items;
    ensure!(
        items <= alive + scale.connections,
        "of {put} items, {items} are there: {alive} should be at most"
    );
    let (shards, rolled) = outcome.shards;
    let kept = (KEPT_HOURS + SHARD_HOURS) / SHARD_HOURS;
    ensure!(shards > kept / 2, "there are {shards} shards: nothing rolls over");
    ensure!(shards <= kept + 3 && shards < rolled, "{shards} shards are there: nothing is trimmed");
    Ok(())
}
