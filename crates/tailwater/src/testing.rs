//! The server inside a test in Rust: one line to start, in memory, with nothing shared between tests.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), tailwater::testing::Error> {
//! let server = tailwater::testing::Server::start().await?;
//! let endpoint = server.endpoint_url(); // for the `endpoint_url` of AWS's SDK, with any credentials and region
//! assert!(endpoint.starts_with("http://127.0.0.1:"));
//! // A day goes by: iterators expire, records are trimmed, items' time to live ends.
//! server.advance(std::time::Duration::from_secs(24 * 3600)).await?;
//! # Ok(())
//! # }
//! ```
//!
//! It listens at a loopback port that was free, because that is what every client can talk to, and ends when it is
//! dropped, or with the runtime of the test. It is the same server as the binary's, except that it runs no functions:
//! their processes are watched over by the binary. Start that for tests of functions.

use crate::assemble;
use crate::cli::own;
use crate::cli::place::Place;
use crate::cli::{Cli, Command};
use crate::config::Config;
use clap::Parser;
use environment::Environment;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::oneshot;

/// Why a server could not be started, or asked.
#[derive(Debug, thiserror::Error)]
#[error("{0:#}")]
pub struct Error(#[from] anyhow::Error);

/// A server that runs.
#[derive(Debug)]
pub struct Server {
    place: Place,
    endpoint_url: String,
    /// Dropped to stop it.
    _stop: oneshot::Sender<()>,
}

/// What every test server is told.
const FLAGS: [&str; 5] = ["tailwater", "serve", "--in-memory", "--port", "0"];

impl Server {
    /// Starts a server in memory. Must be called in a runtime of tokio with its drivers enabled, as a test with
    /// `#[tokio::test]` is.
    ///
    /// # Errors
    /// When no port is to be had.
    pub async fn start() -> Result<Self, Error> {
        Self::start_with(&[]).await
    }

    /// Starts a server with flags of `tailwater serve`, such as `["--initial-shards", "4"]`.
    ///
    /// # Errors
    /// When there is no such flag, or no port is to be had.
    pub async fn start_with(flags: &[&str]) -> Result<Self, Error> {
        let arguments = FLAGS.iter().chain(flags);
        let cli = Cli::try_parse_from(arguments).map_err(|error| anyhow::anyhow!("{error}"))?;
        let Command::Serve(serve) = cli.command else {
            return Err(anyhow::anyhow!("not flags of serve").into());
        };
        let mut config = Config::resolve(*serve)?;
        config.functions.served = false;
        let environment = Environment::system();
        let assemble::Assembled { routes, running } = assemble::assemble(&config, &environment)?;
        let bound = server::Server::bind(config.server.clone(), routes, environment.clone()).await;
        let server = bound.map_err(anyhow::Error::new)?;
        running.start(&config, server.addresses(), &environment)?;
        let port = server.addresses().first().map_or(0, std::net::SocketAddr::port);
        let endpoint_url = format!("http://127.0.0.1:{port}");
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = async move {
            let stop = async {
                // Whether it is sent or dropped.
                let _ = stopped.await;
                running.end_waits();
            };
            server.serve(stop).await;
            if let Err(error) = running.close().await {
                tracing::error!(%error, "a test server did not close well");
            }
        };
        drop(environment::spawn(serving));
        let place = Place {
            endpoint: endpoint_url.parse().map_err(anyhow::Error::new)?,
            region: "us-east-1".to_owned(),
            account: "000000000000".to_owned(),
            keys: None,
            authorities: None,
        };
        Ok(Self { place, endpoint_url, _stop: stop })
    }

    /// Where it is: for the clients of the test.
    #[must_use]
    pub fn endpoint_url(&self) -> &str {
        &self.endpoint_url
    }

    /// The region and the account in which [`Self::roll_shards`] and its sisters look for tables: by default
    /// `us-east-1`, and `000000000000`, which is that of every access key that is not twelve digits.
    #[must_use]
    pub fn in_region(mut self, region: &str, account: &str) -> Self {
        self.place = Place { region: region.to_owned(), account: account.to_owned(), ..self.place };
        self
    }

    /// Moves service time forward, and waits until everything has happened that fell due.
    ///
    /// # Errors
    /// When it would go beyond the year 9999.
    pub async fn advance(&self, span: Duration) -> Result<(), Error> {
        let ms = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        self.ask("clock", &json!({ "advance_ms": ms })).await.map(drop)
    }

    /// Closes every open shard of a table's stream, and goes on in a child of each, as happens every few hours.
    ///
    /// # Errors
    /// When there is no such table, or it has no stream.
    pub async fn roll_shards(&self, table: &str) -> Result<(), Error> {
        self.ask("streams/roll", &self.table(table)).await.map(drop)
    }

    /// Closes every open shard of a table's stream, and goes on in two children of each, as AWS does under load.
    ///
    /// # Errors
    /// When there is no such table, or it has no stream.
    pub async fn split_shards(&self, table: &str) -> Result<(), Error> {
        self.ask("streams/split", &self.table(table)).await.map(drop)
    }

    fn table(&self, table: &str) -> Value {
        json!({ "table": table, "region": self.place.region, "account": self.place.account })
    }

    async fn ask(&self, path: &str, question: &Value) -> Result<Value, Error> {
        Ok(own::ask(&self.place, path, question).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn servers_are_alone_and_their_clocks_too() {
        let (one, two) = (Server::start().await.unwrap(), Server::start().await.unwrap());
        assert_ne!(one.endpoint_url(), two.endpoint_url());
        one.advance(Duration::from_secs(3_600)).await.unwrap();
        let offset = async |server: &Server| {
            let answer = server.ask("clock", &json!({ "advance_ms": 0 })).await.unwrap();
            answer["offset_ms"].as_u64().unwrap()
        };
        assert_eq!((offset(&one).await, offset(&two).await), (3_600_000, 0));
    }

    #[tokio::test]
    async fn what_cannot_be_is_an_error() {
        assert!(Server::start_with(&["--initial-shards", "0"]).await.is_err());
        let server = Server::start().await.unwrap();
        let error = server.roll_shards("nothing").await.unwrap_err();
        assert!(error.to_string().contains("nothing"), "{error}");
    }

    #[tokio::test]
    async fn a_server_ends_when_it_is_dropped() {
        let server = Server::start().await.unwrap();
        let place = server.place.clone();
        drop(server);
        let ends = async { while own::ask(&place, "clock", &json!({ "advance_ms": 0 })).await.is_ok() {} };
        tokio::time::timeout(Duration::from_secs(20), ends).await.unwrap();
    }
}
