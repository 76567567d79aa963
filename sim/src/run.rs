//! A whole run.

use crate::life::Lives;
use crate::plan::{Plan, Scale};
use crate::tables::{SECOND, first, other};
use crate::world::{Answer, World};
use crate::{Violation, ensure, lock};
use environment::{Clock, Environment, Random};
use serde_json::json;
use std::sync::Arc;
use store::{AnyStore, Crash, DiskFaults, Fired, Simulated};
use wire::Operation;

/// 2026-01-01T00:00:00Z.
pub(crate) const START_MS: u64 = 1_767_225_600_000;

/// What a run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Everything that happened in a number: equal for two runs of one seed.
    pub trace: u64,
    /// How many events went into it.
    pub events: u64,
    /// The disk's faults.
    pub faults: Fired,
    /// Crashes of the process, losses of power among them.
    pub crashes: u64,
    /// What happened.
    pub counts: Coverage,
}

pub use crate::book::Counts as Coverage;

impl Report {
    /// How many faults there were.
    #[must_use]
    pub fn faults_fired(&self) -> u64 {
        self.faults.count() + self.crashes
    }
}

/// Runs a seed.
///
/// # Errors
/// The promise that was broken, with the last events before it.
pub fn run(seed: u64, scale: Scale) -> Result<Report, Violation> {
    let random = Random::seeded(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let plan = Plan::draw(&random);
    told(Lives::new(plan, scale, random), seed, &Alone)
}

/// What a run is of: how it is opened at the start of each life, and what else must hold of it.
pub(crate) trait Subject {
    /// Opens what is on the disk. In a calm life nothing fails.
    fn open(
        &self,
        store: &Arc<AnyStore>,
        environment: &Environment,
        is_calm: bool,
    ) -> Result<World, Violation>;

    /// Makes what it needs beside the tables.
    async fn set_up(&self, _: &World) -> Result<(), Violation> {
        Ok(())
    }

    /// Waits for the end of all that is under way, when nothing fails any more and nobody writes.
    async fn settle(&self, _: &World, _: &Lives) -> Result<(), Violation> {
        Ok(())
    }
}

/// The database by itself.
struct Alone;

impl Subject for Alone {
    fn open(&self, store: &Arc<AnyStore>, environment: &Environment, _: bool) -> Result<World, Violation> {
        World::open(store, environment)
    }
}

/// Runs it; a violation is told with the last events before it.
pub(crate) fn told(lives: Lives, seed: u64, subject: &impl Subject) -> Result<Report, Violation> {
    let book = Arc::clone(&lives.book);
    lives_of(lives, seed, subject).map_err(|Violation(what)| {
        let book = lock(&book);
        Violation(format!("seed {seed}: {what}\nthe last events:\n{}", book.trace.last().join("\n")))
    })
}

fn lives_of(mut lives: Lives, seed: u64, subject: &impl Subject) -> Result<Report, Violation> {
    let mut environment = Environment::simulated(seed, START_MS);
    let disk_random = Random::seeded(seed ^ 0xd15c);
    let store = Arc::new(AnyStore::Simulated(Simulated::new(DiskFaults::default(), disk_random)));
    block_on(&environment, async {
        let world = subject.open(&store, &environment, true)?;
        set_up(&world).await?;
        subject.set_up(&world).await?;
        world.disk().iter().for_each(|disk| disk.sync());
        Ok(())
    })?;
    let mut store = restarted(&store, Crash::Process, lives.plan.faults, &environment)?;
    for number in 0..=lives.scale.lives {
        lives.number = number;
        let is_last = number == lives.scale.lives;
        block_on(&environment, async {
            let world = subject.open(&store, &environment, is_last)?;
            if !is_last {
                return lives.live(&world).await;
            }
            lives.look(&world).await?;
            subject.settle(&world, &lives).await
        })?;
        if is_last {
            break;
        }
        let crash = if is_down(&store) { Crash::Power } else { Plan::crash(&lives.random) };
        let faults = if number + 1 == lives.scale.lives { DiskFaults::default() } else { lives.plan.faults };
        environment = rebooted(&environment);
        store = restarted(&store, crash, faults, &environment)?;
        if crash == Crash::Power && lives.plan.faults.relaxed {
            let last_commit = disk(&store).map_or(0, |disk| disk.recovered().0);
            lives.log.take_back(last_commit, &mut lock(&lives.book));
            lock(&lives.book).forget();
            lock(&lives.reader).forget();
        }
        lock(&lives.book).trace.note(format_args!("{crash:?} crash, {:?}", fired(&store)));
    }
    let book = lock(&lives.book);
    let (faults, crashes) = (fired(&store), lives.scale.lives);
    Ok(Report { trace: book.trace.hash(), events: book.trace.events(), faults, crashes, counts: book.counts })
}

/// Runs a life on a runtime of its own, whose end is the end of all tasks. None that nobody waits for may panic.
pub(crate) fn block_on<T>(
    environment: &Environment,
    life: impl Future<Output = Result<T, Violation>>,
) -> Result<T, Violation> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.map_err(|error| Violation(format!("there is no runtime: {error}")))?;
    let lived = runtime.block_on(life);
    let panicked = environment.background.panicked();
    // What else went wrong may have come of it.
    ensure!(panicked.is_empty(), "tasks in the background have panicked: {panicked:?}, {:?}", lived.err());
    lived
}

/// Makes the tables, while nothing fails yet.
async fn set_up(world: &World) -> Result<(), Violation> {
    let expiry = json!({
        "TableName": crate::tables::FIRST,
        "TimeToLiveSpecification": { "Enabled": true, "AttributeName": "expires" },
    });
    for (operation, request) in [
        (Operation::CreateTable, first()),
        (Operation::CreateTable, other(SECOND)),
        (Operation::UpdateTimeToLive, expiry),
    ] {
        if !matches!(world.ask(operation, &request).await, Answer::Ok(..)) {
            return Err(Violation(format!("{request} fails")));
        }
    }
    Ok(())
}

pub(crate) fn disk(store: &AnyStore) -> Option<&Simulated> {
    match store {
        AnyStore::Simulated(disk) => Some(disk),
        _ => None,
    }
}

pub(crate) fn is_down(store: &AnyStore) -> bool {
    disk(store).is_some_and(Simulated::is_down)
}

pub(crate) fn fired(store: &AnyStore) -> Fired {
    disk(store).map(Simulated::fired).unwrap_or_default()
}

pub(crate) fn restarted(
    store: &AnyStore,
    crash: Crash,
    faults: DiskFaults,
    environment: &Environment,
) -> Result<Arc<AnyStore>, Violation> {
    let disk = disk(store).ok_or_else(|| Violation("the store is no simulated one".into()))?;
    let restarted = disk.restarted(crash, faults).with_clock(environment.clock.clone());
    Ok(Arc::new(AnyStore::Simulated(restarted)))
}

/// A new process: the machine's clock has gone on, service time is known from the disk alone.
pub(crate) fn rebooted(environment: &Environment) -> Environment {
    Environment::new(Clock::simulated(environment.clock.wall_ms() + 700), environment.random.clone())
}
