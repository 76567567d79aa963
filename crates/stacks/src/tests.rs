//! The service over simulated providers.

mod engine;
mod operations;
mod simulated;

use crate::{Call, LookedUp, Options, Parameters, Stacks, Surroundings, Template, Templates};
use database::Caller;
use environment::Environment;
use simulated::World;
use std::fmt::Write as _;
use std::sync::Arc;
use store::{AnyStore, Memory, Runner, SpaceId, Store as _};

const ACCOUNT: &str = "000000000000";
const START_MS: u64 = 1_767_225_600_000;

/// How often a stack is looked at until it is taken for one that never settles.
const LOOKS_MAX: usize = 2_000_000;

/// No buckets.
struct NoBuckets;

impl Templates for NoBuckets {
    fn fetch<'a>(&'a self, _: &'a str, _: (&'a str, &'a str), _: usize) -> Template<'a> {
        Box::pin(async { Err("S3 error: The specified bucket does not exist".to_owned()) })
    }
}

/// A parameter store that has one long parameter.
struct OneParameter;

impl Parameters for OneParameter {
    fn value<'a>(&'a self, _: (&'a str, &'a str), name: &'a str) -> LookedUp<'a> {
        Box::pin(async move { (name == "long").then(|| "x".repeat(8_192)) })
    }
}

/// What outlives a server: the store, and the world in which resources are.
struct Site {
    store: Arc<AnyStore>,
    space: SpaceId,
    world: Arc<World>,
    environment: Environment,
}

impl Site {
    fn new(seed: u64) -> Self {
        let environment = Environment::simulated(seed, START_MS);
        let store = Arc::new(AnyStore::Memory(Memory::new(1 << 20)));
        let space = store.create_space().unwrap();
        let world = Arc::new(World::new(environment.random.clone()));
        Self { store, space, world, environment }
    }

    /// A server's life begins.
    fn open(&self) -> Stacks {
        self.open_on(Runner::new(Arc::clone(&self.store), &self.environment).unwrap())
    }

    fn open_on(&self, runner: Runner) -> Stacks {
        let surroundings = Surroundings {
            registry: Arc::clone(&self.world) as Arc<dyn crate::Registry>,
            templates: Arc::new(NoBuckets),
            parameters: Arc::new(OneParameter),
        };
        Stacks::open(runner, self.space, Options::default(), surroundings, self.environment.clone())
    }
}

/// A request as a client sends it; its failure as code and message.
async fn ask(stacks: &Stacks, members: &[(&str, &str)]) -> Result<String, (String, String)> {
    let mut body = String::new();
    for (name, value) in members {
        let _ = write!(body, "{}{name}=", if body.is_empty() { "" } else { "&" });
        for byte in value.bytes() {
            let _ = write!(body, "%{byte:02x}");
        }
    }
    let caller = Caller::new(ACCOUNT, "us-east-1");
    let call = Call { caller: &caller, query: b"", body: body.as_bytes(), request_id: "request" };
    let answer = stacks.call(&call).await;
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    match answer.status {
        200 => Ok(text),
        _ => Err((within(&text, "Code").unwrap(), within(&text, "Message").unwrap())),
    }
}

/// The text of the first element of a name.
fn within(text: &str, element: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("<{element}>"))?;
    let (text, _) = rest.split_once(&format!("</{element}>"))?;
    Some(text.to_owned())
}

async fn described(stacks: &Stacks, stack: &str) -> Option<String> {
    ask(stacks, &[("Action", "DescribeStacks"), ("StackName", stack)]).await.ok()
}

async fn status(stacks: &Stacks, stack: &str) -> String {
    described(stacks, stack).await.and_then(|text| within(&text, "StackStatus")).unwrap_or_default()
}

/// Waits until nothing is done to a stack; its status then.
async fn settled(stacks: &Stacks, stack: &str) -> String {
    for _ in 0..LOOKS_MAX {
        let status = status(stacks, stack).await;
        if !status.ends_with("_IN_PROGRESS") {
            return status;
        }
        environment::yield_now().await;
    }
    panic!("{stack} does not settle");
}
