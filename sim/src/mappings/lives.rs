//! The lives of a run: everything works and is changed until the crash, and in the last one until all is done.

use super::Shared;
use super::book::Book;
use super::checks::{Outcome, check};
use super::function::Functions;
use super::mapped::{DEAD, DEAD_FIFO, FIFO, LATE, LOST, MAPPED, QUEUE, STREAM, TABLE, queue_arn};
use super::truth::Truth;
use super::work;
use super::world::Server;
use crate::plan::{Plan, Scale, below};
use crate::{Violation, lock};
use environment::{Environment, JoinHandle, Random};
use lambda::configuration::Request;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::{AnyStore, Crash, DiskFaults};
use wire::Operation;

/// Turns of the runtime in which the work of a life has to end.
const TURNS_MAX: u64 = 200_000;

/// Turns after which it is looked whether all is done, and how often.
const TURNS_BETWEEN_LOOKS: u64 = 200;
const LOOKS_MAX: u64 = 300;

/// What goes through all lives of a run.
pub(super) struct Lives {
    pub(super) scale: Scale,
    pub(super) faults: DiskFaults,
    pub(super) book: Shared,
    cuts: bool,
    random: Random,
}

impl Lives {
    pub(super) fn new(random: Random, scale: Scale) -> Self {
        let none = DiskFaults::default();
        let faults = match below(&random, 4) {
            0 => DiskFaults { cut_before_permille: 4, cut_after_permille: 4, ..none },
            1 => DiskFaults { sync_error_permille: 3, full_permille: 15, ..none },
            2 => DiskFaults { conflict_permille: 40, cut_after_permille: 3, ..none },
            _ => DiskFaults {
                conflict_permille: 30,
                unknown_done_permille: 30,
                unknown_undone_permille: 30,
                ..none
            },
        };
        let cuts = below(&random, 2) == 0;
        Self { scale, faults, book: Arc::new(Mutex::new(Book::default())), cuts, random }
    }

    pub(super) fn crash(&self) -> Crash {
        Plan::crash(&self.random)
    }

    fn functions(&self, environment: &Environment, fails: bool) -> Functions {
        let random = Random::seeded(self.random.next_u64());
        Functions { book: Arc::clone(&self.book), random, clock: environment.clock.clone(), fails }
    }

    /// Makes tables, streams, queues and mappings, while nothing fails yet.
    pub(super) async fn set_up(
        &self,
        store: &Arc<AnyStore>,
        environment: &Environment,
    ) -> Result<(), Violation> {
        let server = Server::open(store, environment, self.functions(environment, false))?;
        let table = json!({
            "TableName": TABLE, "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
            "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" },
        });
        server.look(Operation::CreateTable, &table).await?;
        let failed = || Violation("what the run needs cannot be made".into());
        server
            .data("CreateStream", &json!({ "StreamName": STREAM, "ShardCount": 2 }))
            .await
            .ok_or_else(failed)?;
        let redrive =
            |dead: &str| json!({ "deadLetterTargetArn": queue_arn(dead), "maxReceiveCount": 3 }).to_string();
        for (name, attributes) in [
            (LOST, json!({})),
            (DEAD, json!({})),
            (DEAD_FIFO, json!({ "FifoQueue": "true" })),
            (QUEUE, json!({ "RedrivePolicy": redrive(DEAD) })),
            (FIFO, json!({ "FifoQueue": "true", "RedrivePolicy": redrive(DEAD_FIFO) })),
        ] {
            let request = json!({ "QueueName": name, "Attributes": attributes });
            server.queue("CreateQueue", &request).await.ok_or_else(failed)?;
        }
        for mapped in MAPPED.iter().filter(|mapped| mapped.name != LATE) {
            work::create(&server, mapped, &self.random, &self.book).await.then_some(()).ok_or_else(failed)?;
        }
        server.world.disk().iter().for_each(|disk| disk.sync());
        Ok(())
    }

    /// Lives one, to the moment of its crash.
    pub(super) async fn live(
        &self,
        store: &Arc<AnyStore>,
        environment: &Environment,
        number: u64,
    ) -> Result<(), Violation> {
        lock(&self.book).trace.note(format_args!("life {number}"));
        let server = Server::open(store, environment, self.functions(environment, true))?;
        server.start();
        let cut_at = if self.cuts { below(&self.random, 4_000) } else { u64::MAX };
        self.work(&server, cut_at).await?;
        // What the mappings have begun by now ends by chance.
        for _ in 0..below(&self.random, 400) {
            if server.is_down() {
                return Ok(());
            }
            environment::yield_now().await;
            self.pass(environment);
        }
        Ok(())
    }

    /// The last life: nothing fails, and it goes on until all is done.
    pub(super) async fn end(
        &self,
        store: &Arc<AnyStore>,
        environment: &Environment,
    ) -> Result<(), Violation> {
        lock(&self.book).trace.note("the last life");
        let server = Server::open(store, environment, self.functions(environment, false))?;
        server.start();
        self.work(&server, u64::MAX).await?;
        for mapped in &MAPPED {
            let request = Request { enabled: Some(true), ..Request::default() };
            work::asked(&server, mapped, (request, None), &self.book).await;
        }
        // Nobody writes any more.
        let latest = lock(&self.book).latest;
        let truth = Truth::read(&server, latest).await?;
        let mut outcome = Outcome::default();
        let mut missing = String::new();
        for _ in 0..LOOKS_MAX {
            for _ in 0..TURNS_BETWEEN_LOOKS {
                environment::yield_now().await;
                environment.clock.pass(Duration::from_millis(below(&self.random, 150)));
            }
            outcome.take(&server).await?;
            let is_strict = self.faults.full_permille == 0;
            let mut book = lock(&self.book);
            match check(&truth, &outcome, &mut book, is_strict)? {
                None => return Ok(()),
                Some(what) => missing = what,
            }
        }
        Err(Violation(format!("it waits for ever: {missing}")))
    }

    /// Lets everybody work until they are through, or the power is off.
    async fn work(&self, server: &Server, cut_at: u64) -> Result<(), Violation> {
        let mut tasks = self.workers(server);
        for turn in 0..TURNS_MAX {
            environment::yield_now().await;
            if server.is_down() {
                tasks.iter().for_each(JoinHandle::abort);
                return Ok(());
            }
            if turn == cut_at {
                lock(&self.book).trace.note("the power is cut");
                server.world.disk().iter().for_each(|disk| disk.cut());
                continue;
            }
            self.pass(&server.world.environment);
            for task in tasks.extract_if(.., |task| task.is_finished()) {
                task.await.map_err(|error| Violation(format!("a client died: {error}")))?;
            }
            if tasks.is_empty() {
                return Ok(());
            }
        }
        tasks.iter().for_each(JoinHandle::abort);
        Err(Violation(format!("{} clients wait for ever", tasks.len())))
    }

    fn workers(&self, server: &Server) -> Vec<JoinHandle<()>> {
        let mut tasks = Vec::new();
        for number in 0..=self.scale.clients {
            let (server, book) = (server.clone(), Arc::clone(&self.book));
            let (random, operations) = (Random::seeded(self.random.next_u64()), self.scale.operations);
            tasks.push(environment::spawn(async move {
                for _ in 0..operations {
                    match number {
                        0 => work::change(&server, &random, &book).await,
                        _ => work::write(&server, &random, &book).await,
                    }
                    for _ in 0..below(&random, 40) {
                        environment::yield_now().await;
                    }
                }
            }));
        }
        tasks
    }

    fn pass(&self, environment: &Environment) {
        match below(&self.random, 500) {
            0 => environment.clock.pass(Duration::from_secs(below(&self.random, 30))),
            _ => environment.clock.pass(Duration::from_micros(below(&self.random, 4_000))),
        }
    }
}

/// A text in JSON.
pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
