//! A runtime with functions that are written where they are used.

use environment::Environment;
use runtime::{
    Finished, Invocation, LogEvent, LogSink, LogSource, Pool, PoolError, Revision, Runtime, Settings,
};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tempfile::TempDir;

/// How long something may take that takes milliseconds on a machine that does nothing else.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// What was logged, in order.
#[derive(Default)]
pub(crate) struct Logged {
    events: Mutex<Vec<(String, String)>>,
}

impl LogSink for Logged {
    fn write(&self, source: &LogSource, events: Vec<LogEvent>) {
        let stream = source.stream.to_string();
        let events = events.into_iter().map(|event| (stream.clone(), event.message));
        self.events.lock().unwrap().extend(events);
    }
}

impl Logged {
    /// All messages.
    pub(crate) fn messages(&self) -> Vec<String> {
        self.events.lock().unwrap().iter().map(|(_, message)| message.clone()).collect()
    }

    /// Whether a message holds this.
    pub(crate) fn has(&self, text: &str) -> bool {
        self.events.lock().unwrap().iter().any(|(_, message)| message.contains(text))
    }
}

/// A runtime, and where the code of its functions is.
pub(crate) struct World {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) logged: Arc<Logged>,
    directory: TempDir,
    numbers: AtomicU64,
}

/// Where the watcher of the tests is: an example, which is built with the tests.
pub(crate) fn watcher() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let path = tests.parent().and_then(Path::parent).unwrap().join("examples/watcher");
    assert!(path.is_file(), "{} is not built: cargo build -p tailwater-runtime --examples", path.display());
    path
}

/// Where Python is, asked once: behind a shim that takes longer than most tests.
pub(crate) fn python() -> PathBuf {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    let ask = || {
        let asked =
            std::process::Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
        PathBuf::from(String::from_utf8(asked.unwrap().stdout).unwrap().trim())
    };
    FOUND.get_or_init(ask).clone()
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| ())
    }

    pub(crate) fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let logged = Arc::new(Logged::default());
        Self::logging(Arc::<Logged>::clone(&logged), logged, change)
    }

    pub(crate) fn logging(
        sink: Arc<dyn LogSink>,
        logged: Arc<Logged>,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let scratch = directory.path().join("scratch");
        let mut settings = Settings::new(Some(scratch), "http://127.0.0.1:4566".to_owned());
        settings.watcher = vec![watcher().into_os_string()];
        settings.python = Some(python());
        change(&mut settings);
        let runtime = Runtime::new(settings, sink, Environment::system()).unwrap();
        Self { runtime, logged, directory, numbers: AtomicU64::new(0) }
    }

    /// A directory with these files.
    pub(crate) fn folder(&self, files: &[(&str, &str)]) -> PathBuf {
        let folder =
            self.directory.path().join(format!("code-{}", self.numbers.fetch_add(1, Ordering::Relaxed)));
        std::fs::create_dir(&folder).unwrap();
        for (name, text) in files {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
        }
        folder
    }

    /// A function of these files.
    pub(crate) fn revision(&self, runtime: &str, handler: &str, files: &[(&str, &str)]) -> Revision {
        Revision {
            function_name: "barks".to_owned(),
            version: "$LATEST".to_owned(),
            runtime: runtime.to_owned(),
            handler: handler.to_owned(),
            code: self.folder(files),
            layers: Vec::new(),
            variables: Vec::new(),
            timeout_ms: 20_000,
            memory_mib: 128,
            region: "eu-west-1".to_owned(),
            account: "000000000000".to_owned(),
            log_group: "/aws/lambda/barks".to_owned(),
            logs_json: false,
            log_level: None,
        }
    }

    pub(crate) fn pool(&self, runtime: &str, handler: &str, files: &[(&str, &str)]) -> Arc<Pool> {
        self.runtime.pool(self.revision(runtime, handler, files))
    }

    /// A function in one CommonJS file.
    pub(crate) fn node(&self, code: &str) -> Arc<Pool> {
        self.pool("nodejs20.x", "index.handler", &[("index.js", code)])
    }

    /// A function in one Python file.
    pub(crate) fn python(&self, code: &str) -> Arc<Pool> {
        self.pool("python3.11", "app.handler", &[("app.py", code)])
    }

    /// A function that is a shell script with our own reading of the Runtime API at hand.
    pub(crate) fn bootstrap(&self, script: &str) -> Revision {
        let revision = self.revision("provided.al2023", "main", &[("bootstrap", script)]);
        executable(&revision.code.join("bootstrap"));
        revision
    }
}

/// Lets a file be executed.
pub(crate) fn executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

pub(crate) fn invocation(payload: &str) -> Invocation {
    static NUMBERS: AtomicU64 = AtomicU64::new(0);
    Invocation {
        request_id: format!("request-{}", NUMBERS.fetch_add(1, Ordering::Relaxed)),
        invoked_arn: "arn:aws:lambda:eu-west-1:000000000000:function:barks".to_owned(),
        payload: payload.to_owned().into(),
        client_context: None,
        tail: true,
        pieces: None,
        kill_after_ms: None,
    }
}

/// Calls a function, and waits no longer than a test may.
pub(crate) async fn invoke(pool: &Arc<Pool>, payload: &str) -> Result<Finished, PoolError> {
    tokio::time::timeout(DEADLINE, pool.invoke(invocation(payload))).await.expect("an answer in time")
}

/// The answer of a call that succeeds.
pub(crate) async fn answer(pool: &Arc<Pool>, payload: &str) -> Value {
    let finished = invoke(pool, payload).await.unwrap();
    let value = serde_json::from_slice(&finished.payload).unwrap();
    assert!(!finished.failed, "{value}");
    value
}

/// The description of a call that fails.
pub(crate) async fn failure(pool: &Arc<Pool>, payload: &str) -> Value {
    let finished = invoke(pool, payload).await.unwrap();
    let value = serde_json::from_slice(&finished.payload).unwrap();
    assert!(finished.failed, "{value}");
    value
}

/// The end of a call's log.
pub(crate) fn tail(finished: &Finished) -> String {
    String::from_utf8(finished.log_tail.as_ref().unwrap().to_vec()).unwrap()
}

/// Waits until something is the case.
pub(crate) async fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let clock = environment::Clock::system();
    while !is_so() {
        assert!(clock.machine() < DEADLINE, "{what} never came to be");
        clock.sleep(Duration::from_millis(2)).await;
    }
}

/// Whether a process with this id is there and does something.
pub(crate) fn runs(pid: u64) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    !stat.contains(") Z ")
}
