//! How a server is set up.

use compact_str::CompactString;
use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

/// An address to listen at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// `127.0.0.1`, and `::1` where the machine has it.
    Loopback,
    /// This one.
    At(IpAddr),
}

/// How much a server takes on at once.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Requests under way, from before their bodies are read until they are answered.
    pub requests: usize,
    /// Bytes of request bodies under way.
    pub body_bytes: usize,
    /// Connections. Whoever comes when there are so many waits until one of them ends, which then an idle one
    /// does within seconds.
    pub connections: usize,
    /// How long a connection may take to send a head, or stay idle between requests. One that says nothing at
    /// all, or does not read its answers, is ended after twice as long at the latest.
    pub head_timeout: Duration,
    /// How long a body may pause.
    pub body_pause: Duration,
    /// How long a body may take in all.
    pub body_timeout: Duration,
    /// How long a stop waits for requests under way.
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests: 4_096,
            body_bytes: 512 << 20,
            connections: 8_192,
            head_timeout: Duration::from_secs(120),
            body_pause: Duration::from_secs(20),
            body_timeout: Duration::from_secs(300),
            drain_timeout: Duration::from_secs(10),
        }
    }
}

/// How a server is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen, at each of the ports. Whoever names another address than a loopback one sees to it
    /// that there are keys.
    pub address: Address,
    /// The ports; 0 is any that is free.
    pub ports: Vec<u16>,
    /// Hosts to answer for beside IP addresses, localhost and localhost.localstack.cloud; one with a dot in
    /// front stands for all below it.
    pub allow_hosts: Vec<String>,
    /// Origins (`https://example.com`) whose pages may use this server, beside those of this machine.
    pub allow_origins: Vec<String>,
    /// Whether pages without an origin (files, sandboxed frames) may use this server.
    pub allow_null_origin: bool,
    /// Secret keys by access key. Where there are any, each request's signature is verified.
    pub keys: HashMap<CompactString, String>,
    /// What `GET /` answers.
    pub greeting: String,
    /// How much to take on at once.
    pub limits: Limits,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            address: Address::Loopback,
            ports: vec![4566],
            allow_hosts: Vec::new(),
            allow_origins: Vec::new(),
            allow_null_origin: false,
            keys: HashMap::new(),
            greeting: "healthy".to_owned(),
            limits: Limits::default(),
        }
    }
}
