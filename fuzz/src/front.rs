//! A server's front door over pipes in memory: requests go the whole way, through HTTP and all that lets them in.

use crate::ground::Ground;
use crate::http::{Answer, Asked, exchange};
use std::cell::Cell;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{DuplexStream, duplex};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Bytes that are on their way.
const PIPE_BYTES: usize = 1 << 20;

/// How often all tasks have their turn before time passes: whoever still waits then waits for that.
const TURNS: u32 = 200;

/// The seconds that pass at most: whoever may choose how long a request waits may choose 15 minutes.
const SECONDS_MAX: u32 = 20 * 60;

/// A server, and the connection to it that is kept.
pub(crate) struct Front {
    arrive: UnboundedSender<DuplexStream>,
    kept: Cell<Option<DuplexStream>>,
}

/// Where a server's connections come from.
pub(crate) struct Door {
    arriving: Mutex<UnboundedReceiver<DuplexStream>>,
}

impl server::Listener for Door {
    type Stream = DuplexStream;

    async fn accept(&self) -> io::Result<(DuplexStream, SocketAddr)> {
        match self.arriving.lock().await.recv().await {
            Some(stream) => Ok((stream, SocketAddr::from((Ipv4Addr::LOCALHOST, 1)))),
            None => std::future::pending().await,
        }
    }

    fn local_address(&self) -> Option<SocketAddr> {
        Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 4566)))
    }
}

impl Front {
    /// Begins to serve at a door, for as long as the runtime is there.
    pub(crate) fn serve<F>(ground: &Ground, serve: impl FnOnce(Door) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (arrive, arriving) = unbounded_channel();
        ground.environment.background.once("server", serve(Door { arriving: Mutex::new(arriving) }));
        Self { arrive, kept: Cell::new(None) }
    }

    /// Makes a request. Time passes only while nothing else happens.
    pub(crate) async fn ask(&self, ground: &Ground, asked: &Asked<'_>) -> Answer {
        let passing = async {
            for _ in 0..SECONDS_MAX {
                rest().await;
                ground.environment.clock.pass(Duration::from_secs(1));
            }
        };
        tokio::select! {
            biased;
            answer = self.answer(asked) => answer,
            () = passing => panic!("{asked:?} is not answered"),
        }
    }

    /// Makes a request, on a new connection where the kept one has ended.
    async fn answer(&self, asked: &Asked<'_>) -> Answer {
        if let Some(mut stream) = self.kept.take()
            && let Ok(answer) = exchange(&mut stream, asked).await
        {
            return self.keep(stream, answer);
        }
        let (mut stream, end) = duplex(PIPE_BYTES);
        assert!(self.arrive.send(end).is_ok(), "the server has ended");
        let answer = exchange(&mut stream, asked).await;
        let answer = answer.unwrap_or_else(|error| panic!("{asked:?}: {error}"));
        self.keep(stream, answer)
    }

    fn keep(&self, stream: DuplexStream, answer: Answer) -> Answer {
        if answer.header("connection") != Some("close") {
            self.kept.set(Some(stream));
        }
        answer
    }
}

/// Lets what goes on by itself come to where it waits for time to pass.
pub(crate) async fn rest() {
    for _ in 0..TURNS {
        environment::yield_now().await;
    }
}
