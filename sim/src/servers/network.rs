//! The network between clients and server, as clients see it: connections that are made, kept, and left.

use super::connection::{End, connection};
use super::exchange::{Came, Fate, exchange};
use super::http;
use crate::plan::{below, one_of};
use crate::world::{Answer, World, positions};
use crate::{Violation, ensure, lock};
use environment::Random;
use serde_json::Value;
use server::Listener;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use store::AnyStore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use wire::Operation;
use wire::operation::Service;

/// How often each fault happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "their names say it")]
pub struct Faults {
    pub cut_in_request: u64,
    pub cut_before_answer: u64,
    pub cut_in_answer: u64,
    pub half_open_in_request: u64,
    pub half_open_before_answer: u64,
    pub slow_readers: u64,
}

impl Faults {
    /// All of them.
    #[must_use]
    pub fn count(&self) -> u64 {
        let cut = self.cut_in_request + self.cut_before_answer + self.cut_in_answer;
        cut + self.half_open_in_request + self.half_open_before_answer + self.slow_readers
    }
}

/// Bytes that may be on their way, on one connection or another.
const ROOMS: [usize; 4] = [64, 500, 4_000, 64_000];

/// The most connections that are kept for the next request.
const KEPT_MAX: usize = 6;

/// A connection that nobody uses is ended after this at the latest, of machine time: a pause in a body, the time that the
/// rest of it is still read, and twice the time for a head.
const ENDED_AFTER: Duration = Duration::from_secs(20 + 10 + 240);

/// The steps in which that time goes by, the turns after each, and a step more.
const STEPS: u32 = 9;
const TURNS: u32 = 40;

/// The clients' side of a network. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    random: Random,
    faults: Arc<Mutex<Faults>>,
    store: Arc<AnyStore>,
    is_calm: bool,
    door: UnboundedSender<End>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Connections for the next request.
    kept: Vec<End>,
    /// Connections that nobody will ever use again, and that were not ended either.
    left: Vec<End>,
    /// The first thing that should not have been.
    wrong: Option<String>,
}

/// The server's side of it.
#[derive(Debug)]
pub(super) struct Door {
    coming: tokio::sync::Mutex<UnboundedReceiver<End>>,
}

impl Listener for Door {
    type Stream = End;

    async fn accept(&self) -> io::Result<(End, SocketAddr)> {
        match self.coming.lock().await.recv().await {
            Some(end) => Ok((end, SocketAddr::from((Ipv4Addr::LOCALHOST, 1)))),
            None => std::future::pending().await,
        }
    }

    fn local_address(&self) -> Option<SocketAddr> {
        Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 4566)))
    }
}

impl Network {
    /// A network before a server that lives by this store. A calm one does not fail.
    pub(super) fn new(
        random: Random,
        faults: Arc<Mutex<Faults>>,
        store: &Arc<AnyStore>,
        is_calm: bool,
    ) -> (Self, Door) {
        let (door, coming) = unbounded_channel();
        let store = Arc::clone(store);
        let shared = Shared { random, faults, store, is_calm, door, state: Mutex::default() };
        (Self { shared: Arc::new(shared) }, Door { coming: tokio::sync::Mutex::new(coming) })
    }

    /// Notes what should not have been.
    pub(super) fn complain(&self, what: String) {
        self.state().wrong.get_or_insert(what);
    }

    /// Asks DynamoDB.
    pub(crate) async fn ask(&self, operation: Operation, request: &Value) -> Answer {
        let service = match operation.service() {
            Service::DynamoDb => "DynamoDB_20120810",
            Service::Streams => "DynamoDBStreams_20120810",
        };
        let target = format!("{service}.{}", operation.name());
        let head = http::Head { path: "/", target: Some(&target), service: "dynamodb" };
        let body = request.to_string();
        match self.exchange(&head, &body).await {
            Came::Nothing { is_sent: false } => Answer::Unsent,
            Came::Nothing { is_sent: true } => Answer::Lost,
            Came::Answer(answer) => told(&answer),
        }
    }

    /// Asks the service of functions; the status of its answer.
    pub(super) async fn post(&self, path: &str, request: &Value) -> Option<u16> {
        let head = http::Head { path, target: None, service: "lambda" };
        match self.exchange(&head, &request.to_string()).await {
            Came::Answer(answer) => Some(answer.status),
            Came::Nothing { .. } => None,
        }
    }

    async fn exchange(&self, head: &http::Head<'_>, body: &str) -> Came {
        let random = &self.shared.random;
        let fate = if self.shared.is_calm { Fate::Whole } else { Fate::draw(random) };
        let is_slow = !self.shared.is_calm && below(random, 25) == 0;
        let request = http::request(head, body, random);
        let mut end = self.connection();
        self.note(fate, is_slow);
        let came = exchange(&mut end, &request, (fate, is_slow), random).await;
        if let Came::Answer(answer) = &came
            && !answer.is_whole()
        {
            self.complain(format!("the checksum of an answer is wrong: {answer:?}"));
        }
        let mut state = self.state();
        match (&came, fate) {
            (_, Fate::HalfOpenInRequest | Fate::HalfOpenBeforeAnswer) => state.left.push(end),
            (Came::Answer(_), _) if state.kept.len() < KEPT_MAX => state.kept.push(end),
            _ if below(random, 2) == 0 => end.reset(),
            _ => drop(end),
        }
        came
    }

    /// One that is kept, or a new one.
    fn connection(&self) -> End {
        let random = &self.shared.random;
        let mut state = self.state();
        state.kept.retain(|end| !end.is_ended());
        if !state.kept.is_empty() && below(random, 4) > 0 {
            let place = below(random, state.kept.len() as u64) as usize;
            return state.kept.swap_remove(place);
        }
        drop(state);
        let room = one_of(random, &ROOMS).unwrap_or(ROOMS[0]);
        let (client, server) = connection(random, room, &self.shared.store);
        // With the server gone, it is ended at once.
        let _ = self.shared.door.send(server);
        client
    }

    fn note(&self, fate: Fate, is_slow: bool) {
        let mut faults = lock(&self.shared.faults);
        faults.slow_readers += u64::from(is_slow);
        match fate {
            Fate::Whole => {}
            Fate::CutInRequest => faults.cut_in_request += 1,
            Fate::CutBeforeAnswer => faults.cut_before_answer += 1,
            Fate::CutInAnswer => faults.cut_in_answer += 1,
            Fate::HalfOpenInRequest => faults.half_open_in_request += 1,
            Fate::HalfOpenBeforeAnswer => faults.half_open_before_answer += 1,
        }
    }

    /// Lets the time go by after which the server ends connections that nobody uses, and looks whether it has. To be
    /// called while no client works.
    pub(crate) async fn check_connections(&self, world: &World) -> Result<(), Violation> {
        for _ in 0..=STEPS {
            world.environment.clock.pass(ENDED_AFTER / STEPS);
            for _ in 0..TURNS {
                environment::yield_now().await;
            }
        }
        let mut state = self.state();
        if let Some(wrong) = &state.wrong {
            return Err(Violation(wrong.clone()));
        }
        let open = state.left.iter().filter(|end| !end.is_ended()).count();
        ensure!(open == 0 || world.is_down(), "{open} connections are open that nobody uses any more");
        state.left.clear();
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.shared.state)
    }
}

/// What an answer of DynamoDB says.
fn told(answer: &http::Answer) -> Answer {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    match answer.status {
        200 => Answer::Ok(body, positions(answer.header("x-tailwater-sequence-number"))),
        // It did not come in time, so nothing was done.
        408 => Answer::Unsent,
        500.. => Answer::Lost,
        _ => {
            let code = body["__type"].as_str().and_then(|text| text.rsplit('#').next()).unwrap_or_default();
            Answer::Refused(code.to_owned(), body)
        }
    }
}
