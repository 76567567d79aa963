//! `tailwater serve`.

use super::processes::Processes;
use crate::assemble::{self, Assembled};
use crate::config::{Config, Place};
use crate::{log, open_files, units};
use anyhow::Context;
use clap::Args;
use environment::{Clock, Environment};
use server::{Drained, Server};
use std::io::{self, ErrorKind, Write};
use std::net::{IpAddr, SocketAddr};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use streams::label;
use tokio::signal::unix::{SignalKind, signal};

const EXAMPLES: &str = "\
Examples:
  tailwater serve
      Data in ./.tailwater, safe against power loss; http://localhost:4566.

  tailwater serve --in-memory --port 8000
      For tests: nothing is kept. Port 8000 is where users of DynamoDB Local look.

  tailwater serve --data-dir /var/lib/tailwater --durability interval=50
      Faster writes; a crash of the machine may lose the last 50 ms, one of the process none.

  tailwater serve --in-memory --shard-lifetime 1m --stream-retention 1h --initial-shards 4
      Streams that live fast, to see that a consumer follows its shards.

  tailwater serve --host 0.0.0.0 --auth ./keys --plain-http --allow-host db.internal
      For other machines, which must sign with a key of that file.";

/// When a write is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Once it survives power loss.
    Sync,
    /// At once; the disk is synced this often.
    Interval(Duration),
    /// At once; the operating system writes when it likes.
    Os,
}

impl Durability {
    /// The store's word for it.
    pub(crate) fn of_store(self) -> store::Durability {
        match self {
            Self::Sync => store::Durability::Sync,
            Self::Interval(span) => {
                let interval_ms = u64::try_from(span.as_millis()).unwrap_or(u64::MAX).max(1);
                store::Durability::Interval { interval_ms }
            }
            Self::Os => store::Durability::Buffer,
        }
    }
}

/// How often `--durability interval` syncs where it does not say.
const INTERVAL: Duration = Duration::from_millis(100);

fn durability(text: &str) -> Result<Durability, String> {
    let wrong = || "write sync, interval, interval=MILLISECONDS, or os".to_owned();
    match text.split_once('=') {
        None => match text {
            "sync" => Ok(Durability::Sync),
            "interval" => Ok(Durability::Interval(INTERVAL)),
            "os" => Ok(Durability::Os),
            _ => Err(wrong()),
        },
        Some(("interval", span)) => {
            let ms = span.parse().ok().filter(|ms| *ms > 0).map(Duration::from_millis);
            ms.map_or_else(|| units::positive_duration(span).map_err(|_| wrong()), Ok)
                .map(Durability::Interval)
        }
        Some(_) => Err(wrong()),
    }
}

/// The most shards that a stream may begin with. Each costs memory and time whenever the tree changes.
const INITIAL_SHARDS_MAX: u32 = 1_000;

fn initial_shards(text: &str) -> Result<NonZeroU32, String> {
    let shards = text.parse().ok().filter(|shards: &NonZeroU32| shards.get() <= INITIAL_SHARDS_MAX);
    shards.ok_or_else(|| format!("write a number from 1 to {INITIAL_SHARDS_MAX}"))
}

/// Serve DynamoDB and DynamoDB Streams until stopped (Ctrl-C, or a termination signal).
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Serve {
    /// Listen at this port; may be given again for more.
    #[arg(long = "port", value_name = "N", default_value = "4566", help_heading = "Listening")]
    pub(crate) ports: Vec<u16>,
    /// Listen at this address instead of 127.0.0.1 and ::1. One that other machines can reach needs --auth and
    /// --plain-http.
    #[arg(long, value_name = "ADDRESS", help_heading = "Listening")]
    pub(crate) host: Option<IpAddr>,
    /// Answer requests for this host name too; with a dot in front, for all names below it. IP addresses and
    /// localhost are always answered.
    #[arg(long = "allow-host", value_name = "NAME", help_heading = "Listening")]
    pub(crate) allow_hosts: Vec<String>,
    /// Let web pages of this origin use the server, such as https://app.example.com. Pages of this machine
    /// always may.
    #[arg(long = "allow-origin", value_name = "ORIGIN", help_heading = "Listening")]
    pub(crate) allow_origins: Vec<String>,
    /// Let pages without an origin (opened from a file, sandboxed frames) use the server.
    #[arg(long, help_heading = "Listening")]
    pub(crate) allow_null_origin: bool,
    /// Verify signatures, with the keys in this file (in the format of ~/.aws/credentials). Without it, any
    /// well-formed signature is accepted.
    #[arg(long, value_name = "FILE", help_heading = "Listening")]
    pub(crate) auth: Option<PathBuf>,
    /// Let faults be added (tailwater fault) from other machines too, where --host lets these in.
    #[arg(long, help_heading = "Listening")]
    pub(crate) allow_faults: bool,
    /// Accept that requests from other machines travel unencrypted.
    #[arg(long, help_heading = "Listening")]
    pub(crate) plain_http: bool,

    /// Keep data in this directory. [default: ./.tailwater]
    #[arg(long, value_name = "DIR", help_heading = "Data")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Let exports go to, and imports come from, directories below this one, which are then the buckets, instead of the
    /// server's own buckets.
    #[arg(long, value_name = "DIR", help_heading = "Data")]
    pub(crate) transfer_dir: Option<PathBuf>,
    /// Keep data in memory; it is gone when the server stops.
    #[arg(long, conflicts_with_all = ["data_dir", "durability"], help_heading = "Data")]
    pub(crate) in_memory: bool,
    /// When a write is acknowledged: once it survives power loss (sync), at once with a sync every so many
    /// milliseconds (interval, interval=MS), or at once (os). A crash of the process alone loses nothing in any.
    /// [default: sync]
    #[arg(long, value_name = "MODE", value_parser = durability, help_heading = "Data")]
    pub(crate) durability: Option<Durability>,
    /// Memory for caches; with --in-memory, for stream records, of which the oldest go first.
    #[arg(long, value_name = "SIZE", value_parser = units::size, help_heading = "Data")]
    pub(crate) memory_limit: Option<u64>,
    /// Show the same tables to all accounts and regions.
    #[arg(long, help_heading = "Data")]
    pub(crate) shared_tables: bool,
    /// Refuse CloudFormation templates with types of resources that Tailwater does not make, instead of recording these.
    #[arg(long, help_heading = "Data")]
    pub(crate) strict_stacks: bool,

    /// Keep stream records for so long.
    #[arg(long, value_name = "TIME", value_parser = units::positive_duration, default_value = "24h", help_heading = "Streams")]
    pub(crate) stream_retention: Duration,
    /// Roll a shard over after so long.
    #[arg(long, value_name = "TIME", value_parser = units::positive_duration, default_value = "4h", help_heading = "Streams")]
    pub(crate) shard_lifetime: Duration,
    /// Begin a stream with so many shards, at most 1000; 4 is what AWS gives a new on-demand table.
    #[arg(long, value_name = "N", value_parser = initial_shards, default_value = "1", help_heading = "Streams")]
    pub(crate) initial_shards: NonZeroU32,
    /// Let an iterator be used for so long.
    #[arg(long, value_name = "TIME", value_parser = units::positive_duration, default_value = "15m", help_heading = "Streams")]
    pub(crate) iterator_lifetime: Duration,

    /// Let clients of the service create functions whose code is run in a directory of this machine: CreateFunction with
    /// the bucket hot-reload and a path as the key. Whoever can call the server can then run any code on it.
    #[arg(long, help_heading = "Functions")]
    pub(crate) allow_local_code: bool,
    /// Let functions be made and called from other machines too, where --host lets these in.
    #[arg(long, help_heading = "Functions")]
    pub(crate) allow_remote_functions: bool,
    /// Try an asynchronous call that failed again after so long, and after a second failure twice as long.
    #[arg(long, value_name = "TIME", value_parser = units::positive_duration, default_value = "1s", help_heading = "Functions")]
    pub(crate) async_retry_delay: Duration,
    /// How code is run.
    #[command(flatten)]
    pub(crate) processes: Processes,

    /// What to log: error, warn, info, debug, trace, or by part, such as info,server=debug.
    #[arg(long, value_name = "LEVELS", value_parser = log::levels, default_value = "info", help_heading = "Running")]
    pub(crate) log: log::Levels,
    /// How to log.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = log::Format::Text, help_heading = "Running")]
    pub(crate) log_format: log::Format,
    /// Worker threads. [default: one a core]
    #[arg(long, value_name = "N", help_heading = "Running")]
    pub(crate) workers: Option<NonZeroUsize>,
}

/// Serves until stopped.
pub(crate) fn run(arguments: Serve) -> anyhow::Result<ExitCode> {
    log::start(&arguments.log, arguments.log_format);
    let config = Config::resolve(arguments)?;
    let environment = Environment::system();
    let runtime = server::runtime(config.workers).context("cannot start worker threads")?;
    runtime.block_on(serve(config, environment))
}

async fn serve(config: Config, environment: Environment) -> anyhow::Result<ExitCode> {
    // Listened for before anything else is done, so that no stop is missed.
    let mut stops = Stops::new()?;
    let Assembled { routes, running } = assemble::assemble(&config, &environment)?;
    let mut settings = config.server.clone();
    settings.limits.connections = open_files::room_for_connections();
    let bound = Server::bind(settings, routes, environment.clone()).await;
    let server = bound.map_err(|error| match error.error.kind() {
        ErrorKind::AddrInUse => anyhow::anyhow!("{error}: the port is in use (--port names another)"),
        _ => anyhow::Error::new(error),
    })?;
    running.start(&config, server.addresses(), &environment)?;
    if let Err(error) = announce(&config, server.addresses(), &environment.clock) {
        // Nobody may be reading: that is no reason not to serve.
        tracing::warn!(%error, addresses = ?server.addresses(), "cannot say on standard output where this server is");
    }
    let drained = {
        let mut again = Stops::new()?;
        let stop = async {
            stops.next().await;
            tracing::info!("stopping; once more to stop at once");
            running.end_waits();
        };
        let twice = async {
            again.next().await;
            again.next().await;
        };
        tokio::select! {
            drained = server.serve(stop) => drained,
            () = twice => Drained::Cut,
        }
    };
    if drained == Drained::Cut {
        tracing::warn!("stopped with requests still under way");
    }
    running.close().await?;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// The signals that stop a server.
struct Stops {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Stops {
    fn new() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Says where the server listens, where the data are, and what to try next.
fn announce(config: &Config, addresses: &[SocketAddr], clock: &Clock) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let Some(first) = addresses.first() else { return Ok(()) };
    let port = first.port();
    let url = match &config.server.address {
        server::Address::At(address) if !address.is_unspecified() => {
            format!("http://{}", SocketAddr::new(*address, port))
        }
        _ => format!("http://localhost:{port}"),
    };
    let listed: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    writeln!(out, "Tailwater {} is ready at {url}", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "  listening  {}", listed.join(", "))?;
    match &config.place {
        Place::Memory => writeln!(out, "  data       in memory; gone when the server stops")?,
        Place::Directory { path, chosen, .. } => {
            // In full: the server may have been started from anywhere.
            let path = path.canonicalize().unwrap_or_else(|_| path.clone());
            let hint =
                if *chosen { "" } else { " (--data-dir names another place, --in-memory keeps nothing)" };
            writeln!(out, "  data       {}{hint}", path.display())?;
        }
    }
    if !clock.is_machines() {
        let (time, how) =
            (label::format(clock.now_ms()), super::clock::standing(clock.offset_ms(), clock.is_frozen()));
        writeln!(out, "  clock      {time}Z, {how} (tailwater clock)")?;
    }
    writeln!(out, "  try        export AWS_ENDPOINT_URL={url}")?;
    // boto3 and the CLI of version 1 read the one, everything else the other.
    writeln!(out, "             export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1")?;
    writeln!(out, "             export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local")?;
    writeln!(out, "             aws dynamodb list-tables")?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durability_is_read_as_written() {
        assert_eq!(durability("sync"), Ok(Durability::Sync));
        assert_eq!(durability("os"), Ok(Durability::Os));
        assert_eq!(durability("interval"), Ok(Durability::Interval(INTERVAL)));
        assert_eq!(durability("interval=50"), Ok(Durability::Interval(Duration::from_millis(50))));
        assert_eq!(durability("interval=2s"), Ok(Durability::Interval(Duration::from_secs(2))));
        for text in ["", "fsync", "interval=", "interval=0", "interval=0s", "sync=1", "interval=x"] {
            assert!(durability(text).is_err(), "{text}");
        }
    }
}
