//! Accepting connections, and stopping without cutting anyone off.

use crate::authentication::{Authentication, Memory};
use crate::budget::Budget;
use crate::connection::{self, Cut, Protocol};
use crate::exchange::{Party, Shared};
use crate::listening::{BindError, Listener, listen, listen_at_loopback};
use crate::origin::Doors;
use crate::origin::LastHost;
use crate::request_id::RequestIds;
use crate::{Address, Routes, Settings};
use environment::Environment;
use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};

/// How long accepting rests after it failed for want of file descriptors.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// How long a connection may be idle while others wait for its place.
const CROWDED_PATIENCE: Duration = Duration::from_secs(1);

/// How long the last answers have to leave when a server stops.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// How a stop went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every request under way was answered.
    Whole,
    /// Some were not, by the deadline.
    Cut,
}

/// A runtime with so many worker threads, or one a core.
///
/// # Errors
/// When the operating system gives no threads.
pub fn runtime(worker_threads: Option<NonZeroUsize>) -> io::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    if let Some(threads) = worker_threads {
        builder.worker_threads(threads.get());
    }
    builder.enable_all().thread_name("worker").build()
}

/// A server that listens, and does not yet serve.
pub struct Server<L = TcpListener> {
    listeners: Vec<L>,
    addresses: Vec<SocketAddr>,
    shared: Arc<Shared>,
}

impl Server {
    /// Listens at each port of each address of the settings.
    ///
    /// # Errors
    /// When an address is taken, or not this machine's; but `::1` may be missing.
    pub async fn bind(
        settings: Settings,
        routes: Routes,
        environment: Environment,
    ) -> Result<Self, BindError> {
        let mut listeners = Vec::new();
        for port in &settings.ports {
            match settings.address {
                Address::At(address) => listeners.push(listen(SocketAddr::new(address, *port)).await?),
                Address::Loopback => listeners.extend(listen_at_loopback(*port).await?),
            }
        }
        Ok(Self::on(listeners, settings, routes, environment))
    }
}

impl<L: Listener> Server<L> {
    /// Takes its connections from these, whatever addresses the settings name.
    #[must_use]
    pub fn on(listeners: Vec<L>, settings: Settings, routes: Routes, environment: Environment) -> Self {
        let addresses = listeners.iter().filter_map(Listener::local_address).collect();
        let Settings { allow_hosts, allow_origins, allow_null_origin, keys, greeting, limits, .. } = settings;
        let shared = Shared {
            doors: Doors::new(&allow_hosts, &allow_origins, allow_null_origin),
            authentication: Authentication::new(keys, environment.clock.clone()),
            budget: Budget::new(limits.requests, limits.body_bytes),
            greeting: greeting.into(),
            environment,
            routes,
            limits,
        };
        Self { listeners, addresses, shared: Arc::new(shared) }
    }

    /// Where it listens.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Serves until `stop`; then takes no more connections, and waits until the requests under way are
    /// answered, but not for ever.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> Drained {
        let Self { listeners, shared, .. } = self;
        let (stopping, stopped) = watch::channel(());
        let (guard, mut guards) = mpsc::channel::<()>(1);
        let floor = Arc::new(Floor::new(Arc::clone(&shared), guard));
        let background = &shared.environment.background;
        for listener in listeners {
            let (listener, floor, stopped) = (Arc::new(listener), Arc::downgrade(&floor), stopped.clone());
            let accepting = move || accept(Arc::clone(&listener), floor.clone(), stopped.clone());
            background.keep("accepting connections", accepting);
        }
        drop(stopped);
        let (swept, its_shared) = (Arc::downgrade(&floor), Arc::clone(&shared));
        background.keep("idle connections", move || sweep(swept.clone(), Arc::clone(&its_shared)));
        stop.await;
        drop(stopping);
        floor.close();
        drop(floor);
        // Nothing is ever sent: the channel closes when the last connection has let go of its guard.
        tokio::select! {
            biased;
            _ = guards.recv() => Drained::Whole,
            () = nothing_under_way(&shared) => Drained::Whole,
            () = shared.environment.clock.sleep(shared.limits.drain_timeout) => Drained::Cut,
        }
    }
}

/// Waits until no request is under way, and the answers have had time to leave. What is still connected then
/// has sent half a head, or does not read what it is sent.
async fn nothing_under_way(shared: &Shared) {
    let clock = &shared.environment.clock;
    let mut quiet = false;
    while !quiet {
        quiet = shared.budget.requests() == 0;
        clock.sleep(LAST_ANSWERS).await;
        quiet &= shared.budget.requests() == 0;
    }
}

/// The connections there are.
struct Floor {
    shared: Arc<Shared>,
    protocol: Protocol,
    /// Room for more of them.
    room: Arc<Semaphore>,
    /// Who is connected. `None` once all were told to stop.
    guests: Mutex<Option<Guests>>,
    /// When it was last looked who is idle.
    looked: Mutex<Duration>,
    guard: mpsc::Sender<()>,
}

/// In an order that does not change from run to run.
type Guests = BTreeMap<u64, Guest>;

/// One connection, as the floor knows it.
struct Guest {
    /// Dropped to tell it to stop.
    stop: oneshot::Sender<Cut>,
    party: Weak<Party>,
    /// How many requests it had made when last looked at.
    requests: Option<u64>,
}

impl Guest {
    /// Whether it made no request since the last look and has none under way: it is idle, or sends or reads too
    /// slowly, or has never said what it wants.
    fn is_idle(&mut self) -> bool {
        let Some(party) = self.party.upgrade() else { return false };
        let before = self.requests.replace(party.ids.given());
        // The connection itself holds one, this look another, and each request under way one more.
        before == self.requests && Arc::strong_count(&party) <= 2
    }
}

impl Floor {
    fn new(shared: Arc<Shared>, guard: mpsc::Sender<()>) -> Self {
        let protocol = connection::protocol();
        let room = Arc::new(Semaphore::new(shared.limits.connections.min(Semaphore::MAX_PERMITS)));
        Self {
            shared,
            protocol,
            room,
            guests: Mutex::new(Some(BTreeMap::new())),
            looked: Mutex::default(),
            guard,
        }
    }

    /// Tells every connection to stop, those to come as well.
    fn close(&self) {
        drop(self.guests().take());
    }

    /// A place for one more. Where there is none, whoever is idle has to go sooner than otherwise, so that those
    /// who take places and do nothing with them keep nobody out for long.
    async fn make_room(&self) -> Result<OwnedSemaphorePermit, AcquireError> {
        let mut place = pin!(Arc::clone(&self.room).acquire_owned());
        loop {
            tokio::select! {
                biased;
                place = place.as_mut() => return place,
                () = self.shared.environment.clock.sleep(self.patience()) => self.cut_idle(),
            }
        }
    }

    /// The least time between two looks at who is idle.
    fn patience(&self) -> Duration {
        CROWDED_PATIENCE.min(self.shared.limits.head_timeout)
    }

    /// Ends the connections on which nothing happened since the last call, unless that was just now.
    fn cut_idle(&self) {
        let now = self.shared.environment.clock.machine();
        {
            let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
            if now.saturating_sub(*looked) < self.patience() {
                return;
            }
            *looked = now;
        }
        let mut guests = self.guests();
        let Some(guests) = guests.as_mut() else { return };
        for (_, guest) in guests.extract_if(.., |_, guest| guest.is_idle()) {
            // It may have ended by itself meanwhile.
            let _ = guest.stop.send(Cut);
        }
    }

    fn guests(&self) -> std::sync::MutexGuard<'_, Option<Guests>> {
        self.guests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(
        self: Arc<Self>,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: SocketAddr,
        number: u64,
    ) {
        let _guard = self.guard.clone();
        let (stop, stopped) = oneshot::channel();
        let ids = RequestIds::new(self.shared.environment.random.next_u64());
        let (memory, host) = (Memory::default(), LastHost::default());
        let party = Arc::new(Party { shared: Arc::clone(&self.shared), peer, ids, memory, host });
        match self.guests().as_mut() {
            Some(guests) => {
                let guest = Guest { stop, party: Arc::downgrade(&party), requests: None };
                drop(guests.insert(number, guest));
            }
            None => drop(stop),
        }
        connection::serve(&self.protocol, stream, party, stopped).await;
        if let Some(guests) = self.guests().as_mut() {
            guests.remove(&number);
        }
    }
}

/// Ends idle connections, again and again, while there is a floor. It looks at each no more than once in the time
/// a head may take, so one that is ended was idle for that long, and none is for more than twice as long.
async fn sweep(floor: Weak<Floor>, shared: Arc<Shared>) {
    loop {
        shared.environment.clock.sleep(shared.limits.head_timeout).await;
        let Some(floor) = floor.upgrade() else { return };
        floor.cut_idle();
    }
}

async fn accept(listener: Arc<impl Listener>, floor: Weak<Floor>, mut stopped: watch::Receiver<()>) {
    let Some(floor) = floor.upgrade() else { return };
    let mut stopped = pin!(stopped.changed());
    loop {
        // Where there is no room, one waits here, and more in the operating system's queue.
        let next = async {
            let accepted = listener.accept().await;
            (accepted, floor.make_room().await)
        };
        let (accepted, place) = tokio::select! {
            biased;
            _ = stopped.as_mut() => return,
            next = next => next,
        };
        match accepted {
            Ok((stream, peer)) => {
                let number = floor.shared.environment.random.next_u64();
                let serving = Arc::clone(&floor).serve(stream, peer, number);
                floor.shared.environment.background.aside("connection", async move {
                    serving.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                floor.shared.environment.clock.sleep(ACCEPT_REST).await;
            }
        }
    }
}
