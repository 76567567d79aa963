//! `GET /_tailwater/streams/{arn}/subscribe`: the changes of a table, pushed to whoever subscribes, as server-sent events.
//!
//! What is asked is read in [`asked`]; [`sender`] is the task of one subscription, which reads with a
//! [`streams::following::Follower`] and writes with [`events`]. It is woken by the commits themselves, holds one page of
//! records at a time, and reads on when its client does; the stream waits for nobody. It is here, and not below, because it
//! needs the front door's way to answer in pieces and the filters of mappings, and nothing but this crate may know both.

pub(crate) mod asked;
mod events;
mod sender;

use crate::dynamodb::{caller, refusal};
use ::lambda::filtering::{ItemFilter, RecordFilter};
use asked::{Asked, From};
use bytes::Bytes;
use database::Database;
use sender::{Sender, Wanted};
use server::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use server::stream::{Outflow, Pieces, StreamAnswer};
use server::{Answer, ContentType, OwnEndpoint, Request, Response};
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use streams::following::{Begin, Follower};
use streams::{StreamDescriptor, StreamStatus};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

/// The most subscriptions at a time. Each holds a page of records while its client is slow.
const SUBSCRIPTIONS_MAX: usize = 500;

/// The most snapshots that are read at a time; whoever else asks for one waits.
const SNAPSHOTS_MAX: usize = 4;

/// Keeps proxies from gathering what is to go out at once.
const NO_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The subscriptions of a server. Clones are the same.
#[derive(Clone)]
pub(crate) struct Subscriptions {
    database: Arc<Database>,
    places: Arc<Semaphore>,
    snapshots: Arc<Semaphore>,
    closing: Arc<watch::Sender<bool>>,
}

impl Subscriptions {
    pub(crate) fn new(database: &Arc<Database>) -> Self {
        Self {
            database: Arc::clone(database),
            places: Arc::new(Semaphore::new(SUBSCRIPTIONS_MAX)),
            snapshots: Arc::new(Semaphore::new(SNAPSHOTS_MAX)),
            closing: Arc::new(watch::Sender::new(false)),
        }
    }

    /// Ends all subscriptions, those to come as well, so that a server that stops waits for none. Their clients resume.
    pub(crate) fn end_waits(&self) {
        self.closing.send_replace(true);
    }

    /// `/_tailwater/streams`, with `subscribe` answered here and everything else there.
    pub(crate) fn endpoint(&self, other: OwnEndpoint) -> OwnEndpoint {
        let this = self.clone();
        Arc::new(move |request: Request| {
            let verb = request.path().rsplit('/').next();
            if verb == Some(asked::VERB) { this.answer(&request) } else { other(request) }
        })
    }

    fn answer(&self, request: &Request) -> Answer {
        if request.head().method() != "GET" {
            return refusal(405, "a subscription is asked for by GET").into();
        }
        match self.begin(request) {
            Ok(answer) => Answer::in_pieces(std::future::ready(answer)),
            Err(response) => response.into(),
        }
    }

    fn begin(&self, request: &Request) -> Result<StreamAnswer, Response> {
        let asked = Asked::read(&request.head()).map_err(|text| refusal(400, &text))?;
        let stream = self
            .database
            .stream_asked(&caller(request), &asked.stream)
            .map_err(|error| refusal(error.status(), error.message().unwrap_or_default()))?;
        if asked.from == From::Ended && stream.status == StreamStatus::Disabled {
            // Browsers do not connect again then.
            return Ok(Response::new(204, ContentType::Absent, Bytes::new()).into());
        }
        if asked.snapshot && stream.status == StreamStatus::Disabled {
            return Err(refusal(400, "the stream is disabled: nothing comes after a snapshot"));
        }
        let wanted = wanted(&asked, &stream)?;
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            return Err(refusal(503, "there are too many subscriptions"));
        };
        // Decided now, so that what is written once this is answered comes.
        let follower = match &asked.from {
            From::New(_) | From::Ended if asked.snapshot => None,
            From::New(begin) => Some(self.follower(&stream, begin)?),
            From::Resumed(positions) => Some(self.follower(&stream, &Begin::After(positions.clone()))?),
            From::Ended => Some(self.follower(&stream, &Begin::Start)?),
        };
        let sender = Sender {
            database: Arc::clone(&self.database),
            wanted,
            snapshots: asked.snapshot.then(|| Arc::clone(&self.snapshots)),
            stream,
        };
        Ok(self.spawn(sender, follower, place))
    }

    fn follower(&self, stream: &StreamDescriptor, begin: &Begin) -> Result<Follower, Response> {
        Follower::begin(self.database.streams(), &**self.database.store(), stream, begin)
            .map_err(|error| refusal(400, &error.to_string()))
    }

    /// Starts the task of a subscription.
    fn spawn(&self, sender: Sender, follower: Option<Follower>, place: OwnedSemaphorePermit) -> StreamAnswer {
        // One piece on its way, one being made: a client that does not read holds no more.
        let (pieces, received) = mpsc::channel(1);
        let mut closing = self.closing.subscribe();
        self.database.environment().background.aside("subscription", async move {
            let gone = pieces.clone();
            tokio::select! {
                biased;
                _ = closing.wait_for(|closing| *closing) => {}
                () = gone.closed() => {}
                () = sender.run(follower, pieces) => {}
            }
            drop(place);
        });
        let response = Response::new(200, ContentType::Other("text/event-stream"), Bytes::new())
            .with(CACHE_CONTROL, HeaderValue::from_static("no-store"))
            .with(NO_BUFFERING, HeaderValue::from_static("no"));
        StreamAnswer { response, outflow: Some(Outflow::of_any_length(Received(received))) }
    }
}

/// What is sent of the changes: with a snapshot, all that keeps a copy right.
fn wanted(asked: &Asked, stream: &StreamDescriptor) -> Result<Wanted, Response> {
    let filters = asked.filters.clone();
    if !asked.snapshot {
        return Ok(Wanted::Changes(RecordFilter::new(filters, stream)));
    }
    let items = ItemFilter::new(filters, &asked.patterns, stream);
    items.map(Wanted::Items).map_err(|error| refusal(400, &error.to_string()))
}

/// The pieces that the task makes.
struct Received(mpsc::Receiver<io::Result<Bytes>>);

impl Pieces for Received {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        self.0.poll_recv(context)
    }
}
