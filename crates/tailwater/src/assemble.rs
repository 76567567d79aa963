//! The one file that wires everything: which services there are, what each is given, and in which order they
//! are asked.

use crate::cli::Durability;
use crate::config::{Config, Place};
use crate::dynamodb::{self, DynamoDb};
use crate::explain;
use crate::faults;
use crate::function_output;
use crate::function_urls::FunctionUrls;
use crate::identity::Sts;
use crate::kinesis::KinesisStreams;
use crate::lambda::Lambda;
use crate::late_runtime::LateRuntime;
use crate::local_buckets::LocalBuckets;
use crate::logs::CloudWatchLogs;
use crate::mappings::{self, Remembered};
use crate::metrics::CloudWatch;
use crate::parameters::{self, Ssm};
use crate::queues::Sqs;
use crate::roles::{self, Iam};
use crate::stacks::{self, CloudFormation};
use crate::subscriptions::Subscriptions;
use crate::topics::{self, Called, Sns};
use crate::wait::Waits;
use ::lambda::api::Api;
use ::lambda::destinations::Destinations;
use ::lambda::explain::Explain;
use ::lambda::functions::{self, Engine, Functions, code};
use ::lambda::pollers::Mappings;
use ::stacks::Stacks;
use ::stacks::resources::Services;
use anyhow::Context as _;
use database::objects::Directory;
use database::{Database, Options, Storage};
use environment::Environment;
use server::Routes;
use services::identity::Identity;
use services::kinesis::Kinesis;
use services::logs::{self, Logs};
use services::objects::s3::S3;
use services::objects::{self, Objects};
use services::queues::{self, Queues};
use services::topics::Topics;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use store::AnyStore;

/// Memory for stream records where nobody says how much.
const LOG_BYTES_MAX: usize = 256 << 20;

/// How often expired items, and shards due for rollover or trimming, are looked for.
const SWEEP_INTERVAL_MS: u64 = 1_000;

/// What a server stands on, where that is not this machine's: see [`crate::simulated`].
#[derive(Default)]
pub(crate) struct Ground {
    /// Where tables and all other records are, instead of where the configuration says.
    pub(crate) store: Option<Arc<AnyStore>>,
    /// What runs functions.
    pub(crate) engine: Option<Arc<dyn Engine>>,
}

/// A server's inside, put together.
pub(crate) struct Assembled {
    /// Who answers what.
    pub(crate) routes: Routes,
    /// What runs behind it.
    pub(crate) running: Running,
}

/// What runs behind the services, and is to be closed after the last request.
pub(crate) struct Running {
    database: Arc<Database>,
    logs: Logs,
    queues: Queues,
    functions: Functions,
    mappings: Mappings,
    topics: Topics,
    stacks: Stacks,
    pushes: Subscriptions,
    engine: Arc<LateRuntime>,
    waits: Waits,
}

impl Running {
    /// The database.
    pub(crate) fn database(&self) -> &Arc<Database> {
        &self.database
    }

    /// Starts what calls the server itself, at these addresses, at which it listens now.
    pub(crate) fn start(
        &self,
        config: &Config,
        addresses: &[SocketAddr],
        environment: &Environment,
    ) -> anyhow::Result<()> {
        self.engine.start(config, addresses, environment).context("cannot run functions")?;
        self.functions.start();
        self.mappings.start();
        self.topics.start().context("cannot read what topics have to send")?;
        self.stacks.start().context("cannot read what is being done to stacks")?;
        Ok(())
    }

    /// Answers those who wait for messages, log events, mappings or changes, so that nobody waits for them.
    pub(crate) fn end_waits(&self) {
        self.waits.end();
        self.queues.end_waits();
        self.logs.end_waits();
        self.pushes.end_waits();
    }

    /// Writes out what is still to be written.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.mappings.stop().await;
        self.engine.stop().await;
        self.functions.close();
        if let Err(error) = self.logs.flush().await {
            tracing::error!(%error, "the last log events could not be stored");
        }
        self.database
            .shutdown()
            .await
            .map_err(|error| anyhow::anyhow!("{}", error.message().unwrap_or("no reason is known")))
            .context("closing the database")
    }
}

/// Puts a server together and starts what runs in the background; needs a runtime.
pub(crate) fn assemble(config: &Config, environment: &Environment) -> anyhow::Result<Assembled> {
    assemble_on(Ground::default(), config, environment)
}

/// The same, on other ground than this machine's.
pub(crate) fn assemble_on(
    ground: Ground,
    config: &Config,
    environment: &Environment,
) -> anyhow::Result<Assembled> {
    let database = match ground.store {
        Some(store) => Database::open_on(store, options(config), environment.clone()),
        None => Database::open(options(config), environment.clone()),
    };
    let database = database.context("cannot open the database")?;
    let objects = objects(config, &database).context("cannot open the objects")?;
    database.set_objects(match &config.transfer_dir {
        Some(path) => Arc::new(Directory::new(path.clone())),
        None => Arc::new(LocalBuckets(objects.clone())),
    });
    let logs = open_logs(config, &database).context("cannot open the logs")?;
    logs.start();
    let output = function_output::sink(&logs, config.log_format).context("cannot start a thread")?;
    database.start();
    let queues = queues(config, &database).context("cannot open the queues")?;
    let topics = topics::open(config, &database, queues.clone()).context("cannot open the topics")?;
    let engine = Arc::new(match ground.engine {
        Some(engine) => LateRuntime::given(output, engine),
        None => LateRuntime::new(output),
    });
    let functions = functions(config, &database, &objects, &engine).context("cannot open the functions")?;
    let destinations = Destinations::new()
        .with_objects(objects.clone())
        .with_queues(queues.clone())
        .with_topics(topics.clone());
    functions.set_destinations(destinations.clone());
    let remembered = Remembered::open(&database)?;
    let shared = (destinations, config.shared_tables);
    let mappings = mappings::open(&database, &functions, &queues, shared, remembered.clone())
        .context("cannot open the event source mappings")?;
    topics.set_functions(Arc::new(Called(functions.downgrade())));
    let api = Api::new(functions.clone()).with_mappings(Arc::new(mappings.clone()));
    let explain = explaining(&database, &mappings, remembered, (&logs, &functions));
    let waits = Waits::new();
    let kinesis = Kinesis::new(Arc::clone(&database));
    let pushes = Subscriptions::new(&database);
    let services = Services {
        database: Arc::clone(&database),
        functions: api.clone(),
        queues: queues.clone(),
        topics: topics.clone(),
        logs: logs.clone(),
        objects: objects.clone(),
        kinesis: kinesis.clone(),
        parameters: parameters::open(config, &database).context("cannot open the parameters")?,
        roles: roles::open(config, &database).context("cannot open the roles")?,
    };
    let routes = own_endpoints(config, &explain, (&pushes, &waits))
        .service(Arc::new(DynamoDb::new(Arc::clone(&database))))
        .service(Arc::new(FunctionUrls::new(functions.clone())))
        .service(Arc::new(KinesisStreams::new(kinesis)))
        .own("code", crate::lambda::code(&functions))
        .own("functions", crate::functions::endpoint(&api, &database, config.functions.served))
        .own("metrics", mappings::metrics(&mappings))
        .service(Arc::new(Sns::new(topics.clone())))
        .service(Arc::new(CloudWatchLogs::new(logs.clone())))
        .service(Arc::new(CloudWatch))
        .service(Arc::new(Sqs::new(queues.clone(), config.server.keys.is_empty())))
        .service(Arc::new(Lambda::new(api)))
        .stream_service(Arc::new(S3::new(objects)));
    let (routes, stacks) = with_deployments(routes, config, services)?;
    let running =
        Running { database, logs, queues, functions, mappings, topics, stacks, pushes, engine, waits };
    Ok(Assembled { routes, running })
}

/// Our own endpoints of streams and mappings.
fn own_endpoints(config: &Config, explain: &Explain, (pushes, waits): (&Subscriptions, &Waits)) -> Routes {
    let database = &explain.database;
    Routes::new()
        .environment(database.environment().clone())
        .own("clock", dynamodb::clock(database))
        .own("streams", pushes.endpoint(dynamodb::streams(database)))
        .own("logs", crate::logs::endpoint(&explain.logs))
        .own("mappings", explain::mappings(explain))
        .own("faults", faults::endpoint(database, config.faults_allowed))
        .own("explain", explain::endpoint(explain))
        .own("wait", waits.endpoint(explain))
}

/// What tells of mappings.
fn explaining(
    database: &Arc<Database>,
    mappings: &Mappings,
    remembered: Remembered,
    (logs, functions): (&Logs, &Functions),
) -> Explain {
    Explain {
        database: Arc::clone(database),
        mappings: mappings.clone(),
        history: remembered.history,
        discarded: remembered.discarded,
        logs: logs.clone(),
        invoke: Arc::new(functions.clone()),
    }
}

/// What deployment tools call: stacks, and what they ask of others before.
fn with_deployments(routes: Routes, config: &Config, services: Services) -> anyhow::Result<(Routes, Stacks)> {
    let (parameters, roles) = (services.parameters.clone(), services.roles.clone());
    let database = Arc::clone(&services.database);
    let identity = Identity::new(database.environment().clone(), !config.server.keys.is_empty());
    let stacks = stacks::open(config, &database, services).context("cannot open the stacks")?;
    let routes = routes
        .service(Arc::new(CloudFormation::new(stacks.clone())))
        .service(Arc::new(Ssm::new(parameters)))
        .service(Arc::new(Iam::new(roles)))
        .service(Arc::new(Sts::new(identity)));
    Ok((routes, stacks))
}

/// The directory of the code of functions in a data directory, and the name of the space of their records.
const FUNCTIONS: &str = "functions";

fn functions(
    config: &Config,
    database: &Database,
    objects: &Objects,
    engine: &Arc<LateRuntime>,
) -> anyhow::Result<Functions> {
    let place = match &config.place {
        Place::Memory => code::Place::Temporary,
        Place::Directory { path, durability, .. } => {
            code::Place::Directory { path: path.join(FUNCTIONS), sync: *durability != Durability::Os }
        }
    };
    let options = functions::Options {
        place,
        shared: config.shared_tables,
        local_code: config.functions.local_code,
        served: config.functions.served,
        retry_delays_ms: config.functions.retry_delays_ms,
    };
    let records = (database.runner().clone(), database.service_space(FUNCTIONS)?);
    let engine = Arc::clone(engine);
    let environment = database.environment().clone();
    Ok(Functions::open(records, options, objects.clone(), engine, environment)?)
}

/// The directory of objects in a data directory, and the name of the space of their records.
const OBJECTS: &str = "objects";

/// How long it takes at most, on a usual machine, until the operating system has written what it was given.
const UNSYNCED_MS: u64 = 60_000;

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn objects(config: &Config, database: &Database) -> anyhow::Result<Objects> {
    let place = match &config.place {
        Place::Memory => objects::Place::Temporary,
        Place::Directory { path, durability, .. } => {
            // Twice what the tables need, so that objects never bring these to a stop.
            let free_bytes_min = 2 * store::EmbeddedOptions::default().free_bytes_min;
            let sync = *durability != Durability::Os;
            let undo_ms = match durability {
                Durability::Sync => 0,
                Durability::Interval(span) => ms(2 * *span) + UNSYNCED_MS,
                Durability::Os => UNSYNCED_MS,
            };
            objects::Place::Directory { path: path.join(OBJECTS), sync, undo_ms, free_bytes_min }
        }
    };
    let options = objects::Options { place, shared: config.shared_tables };
    let space = database.service_space(OBJECTS)?;
    Ok(Objects::open(database.runner().clone(), space, options, database.environment().clone())?)
}

/// The name of the space of logs, and the most bytes that they take: in memory less than on disk.
const LOGS: &str = "logs";
const LOGS_BYTES_MAX: u64 = 1 << 30;
const LOGS_MEMORY_BYTES_MAX: u64 = 128 << 20;

fn open_logs(config: &Config, database: &Database) -> anyhow::Result<Logs> {
    let bytes_max = match config.place {
        Place::Memory => LOGS_MEMORY_BYTES_MAX,
        Place::Directory { .. } => LOGS_BYTES_MAX,
    };
    let options = logs::Options { bytes_max, shared: config.shared_tables };
    let space = database.service_space(LOGS)?;
    Ok(Logs::open(database.runner().clone(), space, options, database.environment().clone())?)
}

/// The name of the space of the records of queues.
const QUEUES: &str = "queues";

fn queues(config: &Config, database: &Database) -> anyhow::Result<Queues> {
    let options = queues::Options { shared: config.shared_tables };
    let space = database.service_space(QUEUES)?;
    Ok(Queues::open(database.runner().clone(), space, options, database.environment().clone())?)
}

fn options(config: &Config) -> Options {
    let limit = config.memory_limit_bytes.and_then(|bytes| usize::try_from(bytes).ok());
    let storage = match &config.place {
        Place::Memory => Storage::Memory { log_bytes_max: limit.unwrap_or(LOG_BYTES_MAX) },
        Place::Directory { path, durability, .. } => {
            Storage::Directory { path: path.clone(), durability: durability.of_store(), cache_bytes: limit }
        }
    };
    Options {
        storage,
        shared_tables: config.shared_tables,
        streams: streams::Options {
            retention_ms: ms(config.streams.retention),
            iterator_lifetime_ms: ms(config.streams.iterator_lifetime),
            shard_lifetime_ms: ms(config.streams.shard_lifetime),
            initial_shards: config.streams.initial_shards,
            ..streams::Options::default()
        },
        sweep_interval_ms: SWEEP_INTERVAL_MS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser as _;

    #[tokio::test]
    async fn a_server_that_has_ended_keeps_nothing() {
        let cli = Cli::try_parse_from(["tailwater", "serve", "--in-memory"]).unwrap();
        let Command::Serve(serve) = cli.command else { panic!("not flags of serve") };
        let mut config = Config::resolve(*serve).unwrap();
        config.functions.served = false;
        let environment = Environment::system();
        let Assembled { routes, running } = assemble(&config, &environment).unwrap();
        running.start(&config, &[], &environment).unwrap();
        // Every service has the store of its records.
        let store = Arc::downgrade(running.database().store());
        drop(routes);
        running.close().await.unwrap();
        let deadline = environment.clock.machine() + Duration::from_secs(20);
        while store.strong_count() > 0 {
            assert!(environment.clock.machine() < deadline, "{} still have the store", store.strong_count());
            environment::yield_now().await;
        }
    }
}
