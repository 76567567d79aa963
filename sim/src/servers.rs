//! Simulated runs of the whole server: it is put together as the binary's is, and served over a simulated network to the
//! clients of a run of the database, who speak HTTP. The disk fails as it does there, and is slow too; besides,
//!
//! - connections are dropped in the middle of a request or of an answer, are left half open, come in pieces, and their
//!   readers are slow;
//! - two mappings give what is in the streams to a function, whose processes fail and die, before and after their work.
//!
//! All is held that is held in a run of the database, by the same books. And
//!
//! - a request of which a part is missing does nothing;
//! - answers are whole: their checksums are right;
//! - connections that nobody uses any more are ended;
//! - the function is given every record that is not trimmed, and none before those of its key that come first are done.
//!
//! What is not simulated: the archive of the function's code is a file of this machine, and `Date` is the machine's.

mod connection;
mod deliveries;
mod exchange;
mod functions;
mod http;
mod network;

pub use deliveries::Counts as Deliveries;
pub use network::Faults;
pub(crate) use network::Network;

use crate::life::Lives;
use crate::log::stream_of;
use crate::plan::{Plan, Scale};
use crate::run::{Subject, told};
use crate::tables::FOLLOWED;
use crate::world::World;
use crate::{Violation, ensure, lock};
use deliveries::{Book as Calls, Shared as SharedCalls};
use environment::{Environment, OffloadAtOnce, Random};
use functions::Functions;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::AnyStore;

/// The function.
const FUNCTION: &str = "follower";

/// Its code, in Base64: an archive of one file.
const CODE: &str = "UEsDBBQAAAAAAAAAIVyPRXl3GwAAABsAAAAIAAAAaW5kZXguanNleHBvcnRzLmhhbmRsZXI9YXN5bmMoKT0+e31QSwECFAMUAAAAAAAA\
                    ACFcj0V5dxsAAAAbAAAACAAAAAAAAAAAAAAAgAEAAAAAaW5kZXguanNQSwUGAAAAAAEAAQA2AAAAQQAAAAAA";

/// How many faults there have to be in a run: one in which less failed shows little.
pub const FAULTS_MIN: u64 = 3;

/// How often the disk is slow, in thousandths of commits.
const SLOW_PERMILLE: u16 = 12;

/// Turns after which it is looked whether all is delivered, and how often.
const TURNS_BETWEEN_LOOKS: u64 = 100;
const LOOKS_MAX: u64 = 400;

/// What a run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// What a run of the database comes to.
    pub database: crate::Report,
    /// The network's faults.
    pub network: Faults,
    /// What the function was given, and what became of its processes.
    pub deliveries: Deliveries,
}

impl Report {
    /// How many faults there were, by chance: crashes are in every run, and do not count.
    #[must_use]
    pub fn faults_fired(&self) -> u64 {
        self.database.faults.count() + self.network.count() + self.deliveries.deaths
    }
}

/// Runs a seed.
///
/// # Errors
/// The promise that was broken, with the last events before it.
pub fn run(seed: u64, scale: Scale) -> Result<Report, Violation> {
    let _at_once = OffloadAtOnce::begin();
    let random = Random::seeded(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5e);
    let mut plan = Plan::draw(&random);
    plan.faults.slow_permille = SLOW_PERMILLE;
    let server = Servers::new(Random::seeded(random.next_u64()))?;
    let ran = told(Lives::new(plan, scale, random), seed, &server);
    let database = ran.map_err(|Violation(what)| Violation(format!("servers, {what}")))?;
    let deliveries = lock(&server.calls).counts;
    Ok(Report { database, network: server.faults(), deliveries })
}

/// The server of all lives.
struct Servers {
    random: Random,
    directory: tempfile::TempDir,
    faults: Arc<Mutex<Faults>>,
    calls: SharedCalls,
}

impl Servers {
    fn new(random: Random) -> Result<Self, Violation> {
        let directory = tempfile::tempdir();
        let directory = directory.map_err(|error| Violation(format!("there is no directory: {error}")))?;
        Ok(Self { random, directory, faults: Arc::default(), calls: Arc::new(Mutex::new(Calls::default())) })
    }

    fn faults(&self) -> Faults {
        *lock(&self.faults)
    }
}

impl Subject for Servers {
    fn open(
        &self,
        store: &Arc<AnyStore>,
        environment: &Environment,
        is_calm: bool,
    ) -> Result<World, Violation> {
        let functions = Functions {
            calls: Arc::clone(&self.calls),
            random: Random::seeded(self.random.next_u64()),
            clock: environment.clock.clone(),
            fails: !is_calm,
        };
        let world = tailwater::simulated::World {
            store: Arc::clone(store),
            engine: Arc::new(functions),
            directory: self.directory.path(),
            environment: environment.clone(),
        };
        let failed = |error| Violation(format!("what is on the disk cannot be opened: {error}"));
        let server = tailwater::simulated::Server::open(world).map_err(failed)?;
        let database = Arc::clone(server.database());
        let random = Random::seeded(self.random.next_u64());
        let (network, listener) = Network::new(random, Arc::clone(&self.faults), store, is_calm);
        let wrong = network.clone();
        drop(environment::spawn(async move {
            match server.serve(listener).await {
                Ok(drained) => wrong.complain(format!("the server has stopped: {drained:?}")),
                Err(error) => wrong.complain(format!("the server does not start: {error}")),
            }
        }));
        Ok(World::of(database, environment, Some(network)))
    }

    async fn set_up(&self, world: &World) -> Result<(), Violation> {
        let Some(network) = &world.network else { return Ok(()) };
        let function = json!({
            "FunctionName": FUNCTION, "Runtime": "nodejs20.x", "Handler": "index.handler", "Timeout": 60,
            "Role": "arn:aws:iam::000000000000:role/any", "Code": { "ZipFile": CODE },
        });
        made(network, "/2015-03-31/functions", &function).await?;
        for table in FOLLOWED {
            let mapping = json!({
                "EventSourceArn": stream_of(&world.inside(), table).await?, "FunctionName": FUNCTION,
                "StartingPosition": "TRIM_HORIZON", "BatchSize": 4,
            });
            made(network, "/2015-03-31/event-source-mappings", &mapping).await?;
        }
        Ok(())
    }

    async fn settle(&self, world: &World, lives: &Lives) -> Result<(), Violation> {
        let clock = &world.environment.clock;
        let mut missing = None;
        for _ in 0..LOOKS_MAX {
            missing = lock(&self.calls).missing(&lives.log.records, clock.now_ms());
            if missing.is_none() {
                break;
            }
            for _ in 0..TURNS_BETWEEN_LOOKS {
                environment::yield_now().await;
                clock.pass(Duration::from_millis(20));
            }
        }
        ensure!(missing.is_none(), "the function waits for ever for {missing:?}");
        let mut calls = lock(&self.calls);
        let given = calls.check(&lives.log.records, lives.plan.faults.relaxed)?;
        lock(&lives.book).trace.note(format_args!("the function was given {given} records"));
        Ok(())
    }
}

/// Has something made by the service of functions.
async fn made(network: &Network, path: &str, request: &Value) -> Result<(), Violation> {
    let answer = network.post(path, request).await;
    ensure!(answer.is_some_and(|status| (200..300).contains(&status)), "{path}: {answer:?} of {request}");
    Ok(())
}
