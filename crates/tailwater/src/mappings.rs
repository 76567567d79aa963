//! Event source mappings: what they are given, and `/_tailwater/metrics`, their counters for Prometheus.

use ::lambda::destinations::Destinations;
use ::lambda::discarded::{self, Discarded};
use ::lambda::functions::Functions;
use ::lambda::history::{self, History};
use ::lambda::pollers::{self, Mappings, Parts, Shown};
use anyhow::Context as _;
use database::Database;
use server::{ContentType, OwnEndpoint, Request, Response};
use services::queues::Queues;
use std::fmt::Write as _;
use std::sync::Arc;

/// The name of the space of batches that were given up.
const DISCARDED: &str = "discarded";

/// What is remembered of what mappings did: attempts for a while, and batches that were given up.
#[derive(Clone)]
pub(crate) struct Remembered {
    pub(crate) history: History,
    pub(crate) discarded: Discarded,
}

impl Remembered {
    /// Nothing yet of attempts, and the batches that are kept.
    pub(crate) fn open(database: &Database) -> anyhow::Result<Self> {
        let environment = database.environment();
        let history = History::new(environment.clock.clone(), history::Limits::default());
        let space = database.service_space(DISCARDED)?;
        let limits = discarded::Limits::default();
        let discarded = Discarded::open(database.runner().clone(), space, limits, environment)
            .context("cannot open the discarded batches")?;
        Ok(Self { history, discarded })
    }
}

/// Opens the mappings. They read nothing before they are started.
pub(crate) fn open(
    database: &Arc<Database>,
    functions: &Functions,
    queues: &Queues,
    (destinations, shared): (Destinations, bool),
    remembered: Remembered,
) -> anyhow::Result<Mappings> {
    let parts = Parts {
        database: Arc::clone(database),
        invoke: Arc::new(functions.clone()),
        queues: Some(queues.clone()),
        destinations,
        history: remembered.history,
        discarded: remembered.discarded,
    };
    Ok(Mappings::open(parts, pollers::Options { shared, ..pollers::Options::default() })?)
}

/// `/_tailwater/metrics`
pub(crate) fn metrics(mappings: &Mappings) -> OwnEndpoint {
    let mappings = mappings.clone();
    Arc::new(move |_: Request| {
        Response::new(200, ContentType::Other("text/plain; version=0.0.4"), exposition(&mappings.all()))
            .into()
    })
}

/// A metric: its name, whether it is a gauge, what it says.
type Metric = (&'static str, bool, fn(&Shown) -> u64);

const METRICS: [Metric; 10] = [
    ("polled_events", false, |shown| shown.figures.polled_event_count),
    ("filtered_out_events", false, |shown| shown.figures.filtered_out_event_count),
    ("invoked_events", false, |shown| shown.figures.invoked_event_count),
    ("failed_invoke_events", false, |shown| shown.figures.failed_invoke_event_count),
    ("dropped_events", false, |shown| shown.figures.dropped_event_count),
    ("on_failure_destination_delivered_events", false, |shown| {
        shown.figures.on_failure_destination_delivered_event_count
    }),
    ("destination_delivery_failures", false, |shown| shown.figures.destination_delivery_failures),
    ("deleted_events", false, |shown| shown.figures.deleted_event_count),
    ("invocations", false, |shown| shown.figures.invocations),
    ("iterator_age_ms", true, |shown| shown.figures.iterator_age_ms),
];

/// All counters in the text format of Prometheus.
fn exposition(all: &[Shown]) -> String {
    let mut out = String::new();
    for (name, is_gauge, value) in METRICS {
        let (name, kind) = match is_gauge {
            true => (name.to_owned(), "gauge"),
            false => (format!("{name}_total"), "counter"),
        };
        // Writing to a String does not fail.
        let _ = writeln!(out, "# TYPE tailwater_mapping_{name} {kind}");
        for shown in all {
            let mapping = &shown.mapping;
            let (uuid, function) = (&mapping.uuid, mapping.function_name());
            let value = value(shown);
            let _ = writeln!(
                out,
                "tailwater_mapping_{name}{{mapping=\"{uuid}\",function=\"{function}\"}} {value}"
            );
        }
    }
    out
}
