//! One life's server, as far as mappings need it.

use super::function::Functions;
use super::mapped::Mapped;
use crate::Violation;
use crate::world::{Answer, World};
use environment::Environment;
use lambda::destinations::Destinations;
use lambda::discarded::{self, Discarded};
use lambda::history::{self, History};
use lambda::pollers::{self, Mappings, Parts, Scope, Shown};
use serde_json::{Value, json};
use services::kinesis::Kinesis;
use services::queues::{self, Queues};
use std::sync::Arc;
use store::AnyStore;
use wire::Operation;

/// Who asks.
pub(super) const SCOPE: Scope<'static> = Scope { account: "000000000000", region: "us-east-1" };

/// A server.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) world: World,
    pub(super) queues: Queues,
    pub(super) kinesis: Kinesis,
    pub(super) discarded: Discarded,
    pub(super) mappings: Mappings,
}

fn opened<T, E: std::fmt::Display>(what: &str, opened: Result<T, E>) -> Result<T, Violation> {
    opened.map_err(|error| Violation(format!("the {what} cannot be opened: {error}")))
}

impl Server {
    /// Opens what is on the disk.
    pub(super) fn open(
        store: &Arc<AnyStore>,
        environment: &Environment,
        functions: Functions,
    ) -> Result<Self, Violation> {
        let world = World::open(store, environment)?;
        let database = Arc::clone(&world.database);
        let space = |name| opened("space", database.service_space(name));
        let runner = database.runner().clone();
        let (of_queues, of_batches) = (space("queues")?, space("discarded")?);
        let options = queues::Options::default();
        let queues = Queues::open(runner.clone(), of_queues, options, environment.clone());
        let queues = opened("queues", queues)?;
        let limits = discarded::Limits::default();
        let discarded = opened("batches", Discarded::open(runner, of_batches, limits, environment))?;
        let parts = Parts {
            database: Arc::clone(&database),
            invoke: Arc::new(functions),
            queues: Some(queues.clone()),
            destinations: Destinations::new().with_queues(queues.clone()),
            history: History::new(environment.clock.clone(), history::Limits::default()),
            discarded: discarded.clone(),
        };
        let mappings = opened("mappings", Mappings::open(parts, pollers::Options::default()))?;
        let kinesis = Kinesis::new(database);
        Ok(Self { world, queues, kinesis, discarded, mappings })
    }

    /// The server is up.
    pub(super) fn start(&self) {
        self.world.database.start();
        self.mappings.start();
    }

    pub(super) fn is_down(&self) -> bool {
        self.world.is_down()
    }

    /// The mapping, once it is there.
    pub(super) fn mapping(&self, mapped: &Mapped) -> Option<Shown> {
        self.mappings.all().into_iter().find(|shown| shown.mapping.function_name() == mapped.name)
    }

    /// Asks for what cannot be refused.
    pub(super) async fn look(&self, operation: Operation, request: &Value) -> Result<Value, Violation> {
        self.world.look(operation, request).await
    }

    /// Puts an item into the table; where its record is, if that is answered.
    pub(super) async fn put(&self, item: &Value) -> Option<u128> {
        let request = json!({ "TableName": super::mapped::TABLE, "Item": item });
        match self.world.ask(Operation::PutItem, &request).await {
            Answer::Ok(_, positions) => positions.first().copied(),
            _ => None,
        }
    }

    /// Asks Kinesis; `None` where it does not answer, or refuses.
    pub(super) async fn data(&self, operation: &str, request: &Value) -> Option<Value> {
        let (body, caller) = (request.to_string(), self.world.caller());
        let answer =
            self.kinesis.call(operation, caller, "application/x-amz-json-1.1", body.as_bytes()).await;
        let is_told = answer.status == 200 && !self.is_down();
        is_told.then(|| serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    /// Asks SQS; `None` where it does not answer, or refuses.
    pub(super) async fn queue(&self, operation: &str, request: &Value) -> Option<Value> {
        let (body, caller) = (request.to_string(), self.world.caller());
        let answer = self.queues.call_json(operation, caller, body.as_bytes()).await;
        let is_told = answer.status == 200 && !self.is_down();
        is_told.then(|| serde_json::from_slice(&answer.body).unwrap_or_default())
    }
}
