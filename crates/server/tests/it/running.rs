//! A running server with a service to try it on.

use crate::client::Client;
use crate::streams::StreamTest;
use bytes::Bytes;
use environment::{Environment, JoinHandle};
use server::stream::{Outflow, Pieces};
use server::{
    Admission, Answer, ContentType, Drained, Head, Method, Refusal, Request, Response, Routes, Server,
    Service, Settings, StreamAnswer,
};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::{Notify, oneshot};

/// What the test service shares with its test.
#[derive(Default)]
pub(crate) struct Signals {
    /// Told when a `Wait` has begun.
    pub(crate) began: Notify,
    /// Lets a `Wait` end.
    pub(crate) go_on: Notify,
}

struct TestService(Arc<Signals>);

impl Service for TestService {
    fn accepts(&self, head: &Head<'_>) -> bool {
        head.target().is_some_and(|target| target.starts_with("Test."))
    }

    fn admit(&self, head: &Head<'_>) -> Result<Admission, Response> {
        match head.target() {
            Some("Test.Unknown") => Err(Response::json(400, "unknown")),
            Some("Test.Small") => Ok(Admission { body_limit: 10, authentication: true }),
            _ => Ok(Admission { body_limit: 1 << 20, authentication: head.method() != Method::PUT }),
        }
    }

    fn call(&self, request: Request) -> Answer {
        match request.target().and_then(|target| target.strip_prefix("Test.")) {
            Some("Panic") => panic!("asked for"),
            Some("LatePanic") => Answer::later(async {
                tokio::task::yield_now().await;
                panic!("asked for")
            }),
            Some("Wait") => {
                let signals = Arc::clone(&self.0);
                Answer::later(async move {
                    signals.began.notify_one();
                    signals.go_on.notified().await;
                    Response::json(200, "waited")
                })
            }
            Some("PiecesPanic") => Answer::in_pieces(async { panic!("asked for") }),
            Some("Pieces") => {
                let pieces = TwoPieces { signals: Arc::clone(&self.0), sent: 0, wait: None };
                let outflow = Some(Outflow::of_any_length(pieces));
                Answer::in_pieces(async { StreamAnswer { response: Response::text(200, ""), outflow } })
            }
            Some("Who") => {
                let identity = &request.identity;
                let text = format!("{} {} {}", identity.access_key, identity.account, identity.region);
                Response::text(200, text).into()
            }
            Some("Id") => Response::text(200, request.id.to_string()).into(),
            Some("Repeat") => Response::new(200, ContentType::AmzJson10, request.body.repeat(100)).into(),
            _ => Response::new(200, ContentType::AmzJson10, request.body).into(),
        }
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        let text = match refusal {
            Refusal::Unauthenticated(failure) => format!("{}: {}", failure.code, failure.message),
            other => format!("{other:?}"),
        };
        Response::new(refusal.status(), ContentType::AmzJson10, text)
    }
}

/// A piece, and another once the test says so.
struct TwoPieces {
    signals: Arc<Signals>,
    sent: u8,
    wait: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Pieces for TwoPieces {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if self.sent == 1 {
            let signals = Arc::clone(&self.signals);
            let wait =
                self.wait.get_or_insert_with(|| Box::pin(async move { signals.go_on.notified().await }));
            if wait.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
        }
        self.sent += 1;
        Poll::Ready((self.sent < 3).then(|| Ok(Bytes::from_static(b"piece"))))
    }
}

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) signals: Arc<Signals>,
    pub(crate) environment: Environment,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Drained>,
}

impl Running {
    pub(crate) async fn start(settings: Settings) -> Self {
        Self::start_in(settings, Environment::system()).await
    }

    pub(crate) async fn start_in(settings: Settings, environment: Environment) -> Self {
        let signals = Arc::new(Signals::default());
        let endpoint = |request: Request| Response::json(200, request.path().to_owned()).into();
        let routes = Routes::new()
            .service(Arc::new(TestService(Arc::clone(&signals))))
            .stream_service(Arc::new(StreamTest))
            .own("streams", Arc::new(endpoint));
        let settings = Settings { ports: vec![0], ..settings };
        let server = Server::bind(settings, routes, environment.clone()).await.unwrap();
        let addresses = server.addresses().to_vec();
        let (stop, stopped) = oneshot::channel();
        let serving = server.serve(async {
            let _ = stopped.await;
        });
        let served = environment::spawn(serving);
        Self { address: addresses[0], addresses, signals, environment, stop, served }
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(self.address).await
    }

    /// Waits until whoever is idle by now has been ended: so is this client, and it came last.
    pub(crate) async fn until_the_idle_are_gone(&self) {
        self.client().await.read_to_end().await;
    }

    /// Begins to stop; answers how it went.
    pub(crate) fn stop(self) -> JoinHandle<Drained> {
        drop(self.stop);
        self.served
    }
}
