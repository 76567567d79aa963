//! What is set for all functions of a server.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// What is set for all functions of a server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A directory that is the runtime's own: the clients, and the scratch directories of processes. Those that another run
    /// left are removed when a runtime is made. Without one: a temporary directory, from the first process on until the
    /// runtime is shut down.
    pub scratch: Option<PathBuf>,
    /// The command that runs [`crate::watcher::run`]: a program and its arguments.
    pub watcher: Vec<OsString>,
    /// Where functions reach this server: `http://127.0.0.1:4566`.
    pub endpoint_url: String,
    /// Access keys with their secrets, of which a function is given that of its account, else the first. Without any: the
    /// account's number, which makes the calls of a function come to its own account, and a dummy.
    pub credentials: Vec<(String, String)>,
    /// Node, where it is not the one of the search path.
    pub node: Option<PathBuf>,
    /// Python, where it is not the one of the search path.
    pub python: Option<PathBuf>,
    /// A directory in which, and in whose `node_modules`, `aws-sdk` and `@aws-sdk/*` are looked for last.
    pub sdk_dir: Option<PathBuf>,
    /// Processes of one revision at most; further calls wait.
    pub processes_max: usize,
    /// How long an idle process is kept.
    pub idle: Duration,
    /// How long a process may take until it asks for its first call.
    pub init: Duration,
    /// Whether a function may not use more memory than it is configured with.
    pub enforce_memory: bool,
    /// Whether control groups enforce that, where the server may make them; else limits of each process do, roughly.
    pub cgroups: bool,
    /// Whether processes stand still between calls, as on AWS: no timer goes on.
    pub freeze: bool,
}

impl Settings {
    /// Settings as usual. The watcher is this very program with the argument `watch-function`.
    #[must_use]
    pub fn new(scratch: Option<PathBuf>, endpoint_url: String) -> Self {
        // Also where the file was replaced by a newer one meanwhile.
        let this = PathBuf::from("/proc/self/exe");
        let program = if this.exists() { Ok(this) } else { std::env::current_exe() };
        let program = program.map_or_else(|_| "tailwater".into(), PathBuf::into_os_string);
        Self {
            scratch,
            watcher: vec![program, "watch-function".into()],
            endpoint_url,
            credentials: Vec::new(),
            node: None,
            python: None,
            sdk_dir: None,
            processes_max: 10,
            idle: Duration::from_secs(300),
            init: Duration::from_secs(10),
            enforce_memory: false,
            cgroups: true,
            freeze: false,
        }
    }
}
