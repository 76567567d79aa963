//! From what the command line says to what the server does: checked, and with every default filled in.

use crate::cli::{Durability, Processes, Serve};
use crate::log::Format;
use anyhow::{Context, bail, ensure};
use compact_str::CompactString;
use server::{Address, Settings};
use std::collections::HashMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where data go when nobody says where.
const DATA_DIR: &str = ".tailwater";

/// What `GET /` answers: what DynamoDB does.
const GREETING: &str = "healthy: dynamodb.us-east-1.amazonaws.com ";

/// A checked configuration.
#[derive(Debug)]
pub(crate) struct Config {
    /// How to listen, and to whom.
    pub(crate) server: Settings,
    /// Where data are kept.
    pub(crate) place: Place,
    /// Where exports go and imports come from, if not to the server's own buckets.
    pub(crate) transfer_dir: Option<PathBuf>,
    /// Memory for caches, or for stream records kept in memory.
    pub(crate) memory_limit_bytes: Option<u64>,
    /// Whether all accounts and regions see the same tables.
    pub(crate) shared_tables: bool,
    /// Whether templates with types of resources that nothing is made of are refused.
    pub(crate) strict_stacks: bool,
    /// How streams behave.
    pub(crate) streams: Streams,
    /// How functions behave.
    pub(crate) functions: Functions,
    /// Whether clients may have things go wrong: not where other machines can reach it, unless somebody wants that.
    pub(crate) faults_allowed: bool,
    /// Worker threads; one a core where it does not say.
    pub(crate) workers: Option<NonZeroUsize>,
    /// How the server's own output is written.
    pub(crate) log_format: Format,
}

/// Where data are kept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In memory.
    Memory,
    /// In a directory.
    Directory {
        /// Which.
        path: PathBuf,
        /// Whether somebody named it.
        chosen: bool,
        /// When a write is acknowledged.
        durability: Durability,
    },
}

/// How streams behave.
#[derive(Debug)]
pub(crate) struct Streams {
    /// How long records are kept.
    pub(crate) retention: Duration,
    /// How long a shard takes records.
    pub(crate) shard_lifetime: Duration,
    /// How many shards a stream begins with.
    pub(crate) initial_shards: u32,
    /// How long an iterator may be used.
    pub(crate) iterator_lifetime: Duration,
}

/// How functions behave.
#[derive(Debug)]
pub(crate) struct Functions {
    /// Whether clients of the service may have code run in directories of this machine.
    pub(crate) local_code: bool,
    /// Whether the service of functions answers: not where other machines can reach it, unless somebody wants that.
    pub(crate) served: bool,
    /// When an asynchronous call that failed is tried again.
    pub(crate) retry_delays_ms: [u64; 2],
    /// How code is run.
    pub(crate) processes: Processes,
}

impl Config {
    /// Checks what the command line says, and fills in what it leaves out.
    pub(crate) fn resolve(arguments: Serve) -> anyhow::Result<Self> {
        let keys = match &arguments.auth {
            Some(path) => keys_in(path)?,
            None => HashMap::new(),
        };
        check_reach(&arguments, !keys.is_empty())?;
        let place = if arguments.in_memory {
            Place::Memory
        } else {
            Place::Directory {
                chosen: arguments.data_dir.is_some(),
                path: arguments.data_dir.unwrap_or_else(|| DATA_DIR.into()),
                durability: arguments.durability.unwrap_or(Durability::Sync),
            }
        };
        let server = Settings {
            address: arguments.host.map_or(Address::Loopback, Address::At),
            ports: arguments.ports,
            allow_hosts: arguments.allow_hosts,
            allow_origins: arguments.allow_origins,
            allow_null_origin: arguments.allow_null_origin,
            keys,
            greeting: GREETING.to_owned(),
            ..Settings::default()
        };
        let streams = Streams {
            retention: arguments.stream_retention,
            shard_lifetime: arguments.shard_lifetime,
            initial_shards: arguments.initial_shards.get(),
            iterator_lifetime: arguments.iterator_lifetime,
        };
        let delay_ms = u64::try_from(arguments.async_retry_delay.as_millis()).unwrap_or(u64::MAX);
        let is_here = arguments.host.is_none_or(|host| host.to_canonical().is_loopback());
        let functions = Functions {
            local_code: arguments.allow_local_code,
            served: is_here || arguments.allow_remote_functions,
            retry_delays_ms: [delay_ms, delay_ms.saturating_mul(2)],
            processes: arguments.processes,
        };
        Ok(Self {
            faults_allowed: is_here || arguments.allow_faults,
            functions,
            server,
            place,
            transfer_dir: arguments.transfer_dir,
            memory_limit_bytes: arguments.memory_limit,
            shared_tables: arguments.shared_tables,
            strict_stacks: arguments.strict_stacks,
            streams,
            workers: arguments.workers,
            log_format: arguments.log_format,
        })
    }
}

/// Other machines may reach this server only where they must prove who they are, and where somebody has said
/// that they know their requests can be read on the way.
fn check_reach(arguments: &Serve, has_keys: bool) -> anyhow::Result<()> {
    let Some(host) = arguments.host.filter(|host| !host.to_canonical().is_loopback()) else { return Ok(()) };
    ensure!(
        has_keys,
        "--host {host} can be reached from other machines, so keys must be configured: --auth FILE"
    );
    ensure!(
        arguments.plain_http,
        "--host {host} can be reached from other machines, and this server speaks no TLS: put it behind a proxy \
         that does, or say --plain-http"
    );
    Ok(())
}

/// The secret keys in a file of AWS credentials, by access key.
fn keys_in(path: &Path) -> anyhow::Result<HashMap<CompactString, String>> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let keys = parse_keys(&text).with_context(|| path.display().to_string())?;
    if keys.is_empty() {
        bail!("{} holds no keys: it needs aws_access_key_id and aws_secret_access_key", path.display());
    }
    Ok(keys)
}

/// Those in the text of such a file. A key without a value is refused: whoever signs with nothing would be let in.
pub(crate) fn parse_keys(text: &str) -> anyhow::Result<HashMap<CompactString, String>> {
    let mut keys = HashMap::new();
    let (mut id, mut secret) = (None, None);
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with('[') {
            ensure!(
                id.is_none() && secret.is_none(),
                "line {}: the profile before it is not complete",
                number + 1
            );
            continue;
        }
        let Some((name, value)) = line.split_once('=') else {
            bail!("line {} is not NAME = VALUE", number + 1)
        };
        let (name, value) = (name.trim(), value.trim());
        match name {
            "aws_access_key_id" | "aws_secret_access_key" if value.is_empty() => {
                bail!("line {}: {name} has no value", number + 1)
            }
            "aws_access_key_id" => id = Some(CompactString::from(value)),
            "aws_secret_access_key" => secret = Some(value.to_owned()),
            _ => {}
        }
        if id.is_some() && secret.is_some() {
            keys.extend(id.take().zip(secret.take()));
        }
    }
    ensure!(id.is_none() && secret.is_none(), "the last profile is not complete");
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use std::net::IpAddr;

    #[derive(Parser)]
    struct Arguments {
        #[command(flatten)]
        serve: Serve,
    }

    fn resolved(arguments: &[&str]) -> anyhow::Result<Config> {
        let line = std::iter::once("serve").chain(arguments.iter().copied());
        Config::resolve(Arguments::try_parse_from(line)?.serve)
    }

    #[test]
    fn without_arguments_data_go_to_a_directory_and_are_safe() {
        let config = resolved(&[]).unwrap();
        let path = PathBuf::from(".tailwater");
        assert_eq!(config.place, Place::Directory { path, chosen: false, durability: Durability::Sync });
        assert_eq!((config.server.ports, config.server.address), (vec![4566], Address::Loopback));
        assert_eq!(config.streams.retention, Duration::from_secs(86_400));
    }

    #[test]
    fn what_excludes_each_other_is_refused() {
        for arguments in [
            &["--in-memory", "--data-dir", "x"][..],
            &["--in-memory", "--durability", "os"],
            &["--initial-shards", "0"],
            &["--initial-shards", "1001"],
            &["--stream-retention", "0s"],
            &["--port", "65536"],
            &["--log", "info,server=loud"],
            &["--log", "loud"],
            &["--log", "info,loud"],
            &["--log", ""],
        ] {
            assert!(resolved(arguments).is_err(), "{arguments:?}");
        }
        assert_eq!(resolved(&["--in-memory"]).unwrap().place, Place::Memory);
        assert_eq!(resolved(&["--port", "1", "--port", "2"]).unwrap().server.ports, [1, 2]);
    }

    #[test]
    fn other_machines_need_keys_and_consent() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("credentials");
        fs::write(&file, "[default]\naws_access_key_id = a\naws_secret_access_key = b\n").unwrap();
        let file = file.to_str().unwrap();
        assert!(resolved(&["--host", "127.0.0.2"]).is_ok());
        assert!(resolved(&["--host", "::1"]).is_ok());
        for host in ["0.0.0.0", "::", "10.0.0.1"] {
            assert!(resolved(&["--host", host]).is_err());
            assert!(resolved(&["--host", host, "--plain-http"]).is_err());
            assert!(resolved(&["--host", host, "--auth", file]).is_err());
            let config = resolved(&["--host", host, "--auth", file, "--plain-http"]).unwrap();
            assert_eq!(config.server.keys["a"], "b");
        }
    }

    #[test]
    fn keys_are_read_from_all_profiles_and_half_ones_are_refused() {
        let text = "# mine\n[a]\naws_access_key_id=1\naws_secret_access_key = x=y\nregion = z\n\n[b]\n\
                    aws_secret_access_key = s\naws_access_key_id = 2\n";
        let keys = parse_keys(text).unwrap();
        assert_eq!((keys.len(), keys["1"].as_str(), keys["2"].as_str()), (2, "x=y", "s"));
        for text in ["[a]\naws_access_key_id = 1\n[b]\n", "aws_secret_access_key = 1", "nonsense"] {
            assert!(parse_keys(text).is_err(), "{text}");
        }
        for text in [
            "aws_access_key_id =\naws_secret_access_key =\n",
            "aws_access_key_id = 1\naws_secret_access_key = \n",
            "aws_access_key_id =\naws_secret_access_key = s\n",
        ] {
            assert!(parse_keys(text).unwrap_err().to_string().contains("has no value"), "{text}");
        }
    }

    #[test]
    fn an_address_of_this_machine_is_taken_as_it_is() {
        let config = resolved(&["--host", "127.0.0.2"]).unwrap();
        assert_eq!(config.server.address, Address::At("127.0.0.2".parse::<IpAddr>().unwrap()));
    }
}
