//! One life: from a start of the server to the crash that ends it.

use crate::book::Shared;
use crate::checks::check;
use crate::client::Client;
use crate::control;
use crate::log::Log;
use crate::plan::{Plan, Scale, below};
use crate::reader::Reader;
use crate::world::World;
use crate::{Violation, ensure, lock};
use environment::{JoinHandle, Random};
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::Simulated;

/// Turns of the runtime in which a phase has to end; one that does not waits for something that never comes.
const TURNS_MAX: u64 = 200_000;

/// Turns that are left to maintenance while the clock stands still.
const SETTLING_TURNS: u64 = 500;

const HOUR_MS: u64 = 3_600_000;

/// What goes through all lives of a run.
pub(crate) struct Lives {
    pub(crate) plan: Plan,
    pub(crate) scale: Scale,
    pub(crate) random: Random,
    pub(crate) book: Shared,
    pub(crate) log: Log,
    pub(crate) reader: Arc<Mutex<Reader>>,
    pub(crate) number: u64,
}

/// How far a life has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It goes on.
    Alive,
    /// It is over, or worth nothing any more.
    Over,
}

impl Lives {
    /// None is lived yet.
    pub(crate) fn new(plan: Plan, scale: Scale, random: Random) -> Self {
        Self {
            plan,
            scale,
            random,
            book: Shared::default(),
            log: Log::default(),
            reader: Arc::default(),
            number: 0,
        }
    }

    /// Lives one.
    pub(crate) async fn live(&mut self, world: &World) -> Result<(), Violation> {
        world.start();
        let before = lock(&self.book).highest;
        self.check(world, true).await?;
        for phase in 0..self.scale.phases {
            if self.phase(world, phase).await? == State::Over {
                break;
            }
            // What maintenance has begun it ends before the leap: its records would be a day old at once.
            for _ in 0..SETTLING_TURNS {
                environment::yield_now().await;
            }
            if let Some(network) = &world.network {
                network.check_connections(world).await?;
            }
            self.check(world, false).await?;
            if self.leap(world).await == State::Over {
                break;
            }
            self.check(world, false).await?;
        }
        self.check_positions(before)
    }

    /// Only looks.
    pub(crate) async fn look(&mut self, world: &World) -> Result<(), Violation> {
        world.start();
        self.check(world, true).await
    }

    /// Nothing is looked at that nobody sees.
    async fn check(&mut self, world: &World, is_thorough: bool) -> Result<(), Violation> {
        if world.is_down() {
            return Ok(());
        }
        // Taken out of their places meanwhile: nobody else runs.
        let mut book = std::mem::take(&mut *lock(&self.book));
        let reader = std::mem::take(&mut *lock(&self.reader));
        let checked = check(&world.inside(), &mut self.log, &mut book, &reader, is_thorough).await;
        *lock(&self.book) = book;
        *lock(&self.reader) = reader;
        checked
    }

    /// What was told in this life is above everything before it.
    fn check_positions(&self, before: u128) -> Result<(), Violation> {
        let prefix = format!("{}.", self.number);
        for write in &lock(&self.book).writes {
            let of_this_life = write.name.as_ref().is_some_and(|name| name.starts_with(&prefix));
            if let (true, crate::book::Told::Done(positions)) = (of_this_life, &write.told) {
                let above = positions.iter().all(|position| *position > before);
                ensure!(above, "{write:?} after a restart, and {before} was given before it");
            }
        }
        Ok(())
    }

    /// Lets all clients work until they are through, or the power is off.
    async fn phase(&mut self, world: &World, phase: u64) -> Result<State, Violation> {
        let mut tasks = self.clients(world, phase);
        let cut_at = if self.plan.cuts { below(&self.random, 3_000) } else { u64::MAX };
        for turn in 0..TURNS_MAX {
            environment::yield_now().await;
            if world.is_down() {
                tasks.iter().for_each(JoinHandle::abort);
                return Ok(State::Over);
            }
            if turn == cut_at {
                lock(&self.book).trace.note("the power is cut");
                world.disk().iter().for_each(|disk| disk.cut());
                continue;
            }
            self.pass(world);
            for task in tasks.extract_if(.., |task| task.is_finished()) {
                task.await.map_err(|error| Violation(format!("a client died: {error}")))??;
            }
            if tasks.is_empty() {
                let failed = world.disk().is_some_and(Simulated::has_failed);
                return Ok(if failed && below(&self.random, 2) == 0 { State::Over } else { State::Alive });
            }
        }
        tasks.iter().for_each(JoinHandle::abort);
        let last = lock(&self.book).trace.last().join("\n");
        Err(Violation(format!("{} clients wait for ever; the last events were\n{last}", tasks.len())))
    }

    /// Time goes on, mostly by milliseconds; greater leaps are asked for by `control`.
    fn pass(&self, world: &World) {
        let clock = &world.environment.clock;
        match below(&self.random, 400) {
            0 => clock.pass(Duration::from_secs(below(&self.random, 30))),
            _ => clock.pass(Duration::from_micros(below(&self.random, 2_000))),
        }
    }

    fn clients(&self, world: &World, phase: u64) -> Vec<JoinHandle<Result<(), Violation>>> {
        let operations = self.scale.operations;
        let mut tasks = Vec::new();
        for number in 0..self.scale.clients {
            let mut client = Client {
                name: format!("{}.{phase}.{number}", self.number),
                world: world.clone(),
                random: Random::seeded(self.random.next_u64()),
                book: Arc::clone(&self.book),
                next: 0,
            };
            tasks.push(environment::spawn(async move {
                if phase == 0 && number == 0 {
                    client.ask_again().await;
                }
                for _ in 0..operations {
                    client.step().await?;
                    idle(&client.random).await;
                }
                Ok(())
            }));
        }
        let (changing, random, book) =
            (world.clone(), Random::seeded(self.random.next_u64()), Arc::clone(&self.book));
        tasks.push(environment::spawn(async move {
            for _ in 0..operations.div_ceil(3) {
                control::step(&changing, &random, &book).await?;
                idle(&random).await;
            }
            Ok(())
        }));
        tasks.push(self.reading(world));
        tasks
    }

    /// The reader is taken out of its place while it reads: it waits for nobody, but must not be locked either.
    fn reading(&self, world: &World) -> JoinHandle<Result<(), Violation>> {
        let (world, reader, book) = (world.clone(), Arc::clone(&self.reader), Arc::clone(&self.book));
        let random = Random::seeded(self.random.next_u64());
        let steps = self.scale.operations;
        environment::spawn(async move {
            for _ in 0..steps {
                let mut taken = std::mem::take(&mut *lock(&reader));
                let read = taken.step(&world, &random, &book).await;
                *lock(&reader) = taken;
                read?;
                idle(&random).await;
            }
            Ok(())
        })
    }

    /// Leaps over hours, at times over more than records are kept.
    async fn leap(&self, world: &World) -> State {
        let hours = [0, 1, 5, 13, 26];
        let ms = hours[below(&self.random, hours.len() as u64) as usize] * HOUR_MS;
        let moved = world.database.move_clock(&json!({ "advance_ms": ms })).await;
        lock(&self.book).trace.note(format_args!("a leap of {ms} ms: {}", moved.is_ok()));
        if world.is_down() { State::Over } else { State::Alive }
    }
}

/// Leaves some turns to others.
async fn idle(random: &Random) {
    for _ in 0..below(random, 20) {
        environment::yield_now().await;
    }
}
