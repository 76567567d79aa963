//! What processes are started from.

use std::path::PathBuf;

/// What processes of one version of a function are started from. One that differs in anything is another revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The function's name.
    pub function_name: String,
    /// `$LATEST`, or a number.
    pub version: String,
    /// As the API names it: `nodejs22.x`, `python3.13`, `provided.al2023`.
    pub runtime: String,
    /// The handler, as configured.
    pub handler: String,
    /// Where the code is, unpacked.
    pub code: PathBuf,
    /// Where the layers are, unpacked, in their order.
    pub layers: Vec<PathBuf>,
    /// The function's own variables.
    pub variables: Vec<(String, String)>,
    /// How long a call may take.
    pub timeout_ms: u64,
    /// The memory it is configured with, in MiB.
    pub memory_mib: u32,
    /// The region and the account in which it lives.
    pub region: String,
    /// 12 digits.
    pub account: String,
    /// The log group.
    pub log_group: String,
    /// Whether it logs JSON.
    pub logs_json: bool,
    /// The level from which on it logs, where it logs JSON: `INFO`, where nothing else is said.
    pub log_level: Option<String>,
}

impl Revision {
    /// What of its runtime's name says how it is run.
    pub(crate) fn kind(&self) -> Kind {
        if self.runtime.starts_with("nodejs") {
            Kind::Node
        } else if self.runtime.starts_with("python") {
            Kind::Python
        } else {
            Kind::Bootstrap
        }
    }
}

/// How code is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// By the client for Node.
    Node,
    /// By the client for Python.
    Python,
    /// By what the code itself brings: an executable called `bootstrap`.
    Bootstrap,
}
