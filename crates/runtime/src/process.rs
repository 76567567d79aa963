//! One process of a function: its watcher, its Runtime API, its log.
//!
//! Whoever drops it ends it, and everything that it has started.

use crate::api::{self, Link, Said, Work};
use crate::cgroup::Cgroup;
use crate::failure::Exit;
use crate::journal::Journal;
use crate::supervisor::Shared;
use crate::watcher::{Order, Report};
use crate::{LogSource, memory, timestamp};
use environment::Clock;
use rustix::process::{Pid, Signal, kill_process_group};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use std::{fs, io};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::Child;

/// How long the output of a process that has ended may take to end.
const OUTPUT_PATIENCE: Duration = Duration::from_secs(2);

/// A process.
pub(crate) struct Process {
    link: Arc<Link>,
    journal: Arc<Journal>,
    facts: Arc<Facts>,
    clock: Clock,
    /// The watcher kills when this is closed.
    _control: OwnedWriteHalf,
    /// When it was started.
    born: Duration,
    /// The most memory that it was seen to use.
    peak_bytes: AtomicU64,
    /// How long it took to get ready, until somebody has told.
    init: Mutex<Option<Duration>>,
}

/// What the watcher has told.
#[derive(Default)]
struct Facts {
    /// The process id; 0 as long as it is not known.
    pid: AtomicI32,
    /// Why it could not be started.
    refused: OnceLock<String>,
}

/// What a process is started with.
pub(crate) struct Plan {
    /// Whose log it writes.
    pub(crate) source: LogSource,
    /// A directory that is its own; it is removed when the process has ended.
    pub(crate) home: PathBuf,
    /// Its control group, where it has one.
    pub(crate) cgroup: Option<Cgroup>,
}

/// What came of a call, as far as the process goes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The process has said something.
    Said(Said),
    /// It has ended before it said anything.
    Exited(Exit),
    /// It did not say anything in time.
    TimedOut,
}

/// Why a process does not get ready.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotReady {
    /// There is nothing to execute.
    Refused(String),
    /// It said so.
    Failed,
    /// It ended.
    Exited(Exit),
    /// It takes too long.
    TimedOut,
}

impl Process {
    /// Starts a process; `order` is made once it is known where its API is.
    pub(crate) async fn start(
        shared: &Arc<Shared>,
        plan: Plan,
        order: impl FnOnce(&str) -> Order,
    ) -> io::Result<Self> {
        let clock = shared.environment.clock.clone();
        fs::create_dir_all(plan.home.join("tmp"))?;
        let listener = environment::listen_loopback().await?;
        let order = order(&listener.local_addr()?.to_string());
        let (control, output, child) = spawn_watcher(&shared.settings.watcher, &plan.home)?;
        let journal = Journal::new(Arc::clone(&shared.logs), plan.source, clock.clone(), output)?;
        let (journal, link) = (Arc::new(journal), Arc::new(Link::new(clock.clone())));
        let (reports, mut control) = control.into_split();
        let (facts, born) = (Arc::new(Facts::default()), clock.machine());
        let supervised = Supervised {
            shared: Arc::clone(shared),
            link: Arc::clone(&link),
            journal: Arc::clone(&journal),
            facts: Arc::clone(&facts),
            home: plan.home,
            cgroup: plan.cgroup,
        };
        shared.process_started();
        let serving = environment::spawn(api::serve(listener, Arc::clone(&link)));
        let (its_shared, its_link) = (Arc::clone(shared), Arc::clone(&link));
        drop(environment::spawn(async move {
            let watched = supervised.until_ended(reports, child);
            let watched = its_shared.environment.background.caught("process of a function", watched);
            if watched.await.is_none() {
                // Its watcher ends with the connection to it, and the process with its watcher.
                its_link.end(Exit::Signal(9));
                its_shared.process_ended();
            }
            serving.abort();
        }));
        // A watcher that cannot take it has ended, and that is told by the supervision.
        let _ = control.write_all(&order.bytes()).await;
        Ok(Self {
            link,
            journal,
            facts,
            clock,
            _control: control,
            born,
            peak_bytes: AtomicU64::new(0),
            init: Mutex::default(),
        })
    }

    /// Its log.
    pub(crate) fn journal(&self) -> Arc<Journal> {
        Arc::clone(&self.journal)
    }

    /// Whether it has not ended.
    pub(crate) fn is_alive(&self) -> bool {
        self.link.ended().is_none()
    }

    /// Why it could not be started, if so.
    pub(crate) fn refused(&self) -> Option<&str> {
        self.facts.refused.get().map(String::as_str)
    }

    /// Whether it waits for a call.
    pub(crate) fn is_waiting(&self) -> bool {
        self.link.is_waiting()
    }

    /// Whether it said that it cannot start.
    pub(crate) fn has_failed(&self) -> bool {
        self.link.has_failed()
    }

    /// How long it took to get ready, for whoever asks first.
    pub(crate) fn take_init(&self) -> Option<Duration> {
        self.init.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Waits until it asks for its first call.
    pub(crate) async fn ready(&self, patience: Duration) -> Result<(), NotReady> {
        let look = self.link.until(|state| {
            let failed = state.has_failed();
            let ended = |exit| Err(if failed { NotReady::Failed } else { NotReady::Exited(exit) });
            if state.is_waiting() { Some(Ok(())) } else { state.ended().map(ended) }
        });
        let found = tokio::select! {
            found = look => found,
            () = self.clock.sleep(patience) => Err(NotReady::TimedOut),
        };
        match (found, self.refused()) {
            (Err(_), Some(reason)) => Err(NotReady::Refused(reason.to_owned())),
            (Ok(()), _) => {
                self.memory_bytes();
                *self.init.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.age());
                Ok(())
            }
            (failed, None) => failed,
        }
    }

    /// How long ago it was started.
    pub(crate) fn age(&self) -> Duration {
        self.clock.machine().saturating_sub(self.born)
    }

    /// Runs a call, which it takes when it asks for one.
    pub(crate) async fn call(&self, work: Work, patience: Duration) -> Outcome {
        self.link.give(work);
        let look = self.link.until(|state| match (state.said(), state.ended()) {
            (Some(said), _) => Some(Outcome::Said(said)),
            (None, exit) => exit.map(Outcome::Exited),
        });
        tokio::select! {
            outcome = look => outcome,
            () = self.clock.sleep(patience) => Outcome::TimedOut,
        }
    }

    /// Runs a call and kills the process and its group so long after it took the call, if it has not answered by then. At
    /// once is before whatever it answers.
    pub(crate) async fn call_and_kill(&self, work: Work, patience: Duration, after: Duration) -> Outcome {
        self.link.give(work);
        let killed = async {
            let taken = |state: &mut api::State| match state.ended() {
                Some(exit) => Some(Err(exit)),
                None => state.is_taken().then_some(Ok(())),
            };
            if let Err(exit) = self.link.until(taken).await {
                return Outcome::Exited(exit);
            }
            if !after.is_zero() {
                let look = self.link.until(|state| match (state.said(), state.ended()) {
                    (Some(said), _) => Some(Outcome::Said(said)),
                    (None, exit) => exit.map(Outcome::Exited),
                });
                tokio::select! {
                    outcome = look => return outcome,
                    () = self.clock.sleep(after) => {}
                }
            }
            if let Some(pid) = Pid::from_raw(self.facts.pid.load(Ordering::Acquire)) {
                let _ = kill_process_group(pid, Signal::KILL);
            }
            Outcome::Exited(self.link.until(|state| state.ended()).await)
        };
        tokio::select! {
            outcome = killed => outcome,
            () = self.clock.sleep(patience) => Outcome::TimedOut,
        }
    }

    /// How long the last call ran, up to its answer or up to now; `None` where it was not taken.
    pub(crate) fn ran(&self) -> Option<Duration> {
        self.link.ran()
    }

    /// Waits until it asks for another call; answers whether it does.
    pub(crate) async fn returns(&self, patience: Duration) -> bool {
        let look = self.link.until(|state| match (state.is_waiting(), state.ended()) {
            (true, None) => Some(true),
            (_, Some(_)) => Some(false),
            (false, None) => None,
        });
        tokio::select! {
            returned = look => returned,
            () = self.clock.sleep(patience) => false,
        }
    }

    /// Lets it and its group stand still, or go on. What has left the group goes on all the while.
    pub(crate) fn freeze(&self, freeze: bool) {
        if let Some(pid) = Pid::from_raw(self.facts.pid.load(Ordering::Acquire)) {
            // One that has ended does neither.
            let _ = kill_process_group(pid, if freeze { Signal::STOP } else { Signal::CONT });
        }
    }

    /// How much memory it has used at most, as far as it was looked at: nothing tells of one that has ended.
    pub(crate) fn memory_bytes(&self) -> u64 {
        let now = match self.facts.pid.load(Ordering::Acquire) {
            0 => 0,
            pid => memory::peak_bytes(pid),
        };
        self.peak_bytes.fetch_max(now, Ordering::AcqRel).max(now)
    }

    /// Ends it and all that it has started; they are gone, and their output is in the log, when this returns.
    pub(crate) async fn end(self: Arc<Self>) {
        let link = Arc::clone(&self.link);
        drop(self);
        link.until(|state| state.ended()).await;
    }
}

/// Starts a watcher; answers the socket to it, and where the output of its process comes from.
fn spawn_watcher(command: &[std::ffi::OsString], home: &Path) -> io::Result<(UnixStream, OwnedFd, Child)> {
    let (program, arguments) =
        command.split_first().ok_or_else(|| io::Error::other("there is no command for watchers"))?;
    let (ours, theirs) = UnixStream::pair()?;
    let theirs = theirs.into_std()?;
    theirs.set_nonblocking(false)?;
    let mut command = Command::new(program);
    command
        .arg0("tailwater")
        .args(arguments)
        .env_clear()
        .current_dir(home)
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        // Ctrl-C is for the server, which ends its processes itself.
        .process_group(0);
    let mut child = environment::spawn_child(command)?;
    let output = child.stdout.take().ok_or_else(|| io::Error::other("a watcher without output"))?;
    Ok((ours, output.into_owned_fd()?, child))
}

/// What goes on beside a process from its start to its end.
struct Supervised {
    shared: Arc<Shared>,
    link: Arc<Link>,
    journal: Arc<Journal>,
    facts: Arc<Facts>,
    home: PathBuf,
    cgroup: Option<Cgroup>,
}

impl Supervised {
    async fn until_ended(self, reports: OwnedReadHalf, mut watcher: Child) {
        let journal = Arc::clone(&self.journal);
        let following = environment::spawn(async move { journal.follow().await });
        let exit = self.listen(reports).await;
        // Told that it has ended, or cut off, it has nothing left to do.
        let _ = watcher.wait().await;
        let abort = following.abort_handle();
        if tokio::time::timeout(OUTPUT_PATIENCE, following).await.is_err() {
            abort.abort();
            self.journal.catch_up();
        }
        self.link.end(exit);
        let (home, cgroup) = (self.home, self.cgroup);
        // What cannot be removed is when the server starts again.
        let _ = environment::offload(move || {
            drop(cgroup);
            fs::remove_dir_all(home)
        })
        .await;
        self.shared.process_ended();
    }

    /// Listens to the watcher until the process has ended.
    async fn listen(&self, reports: OwnedReadHalf) -> Exit {
        let mut lines = BufReader::new(reports).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            match Report::parse(&line) {
                Some(Report::Started(pid)) => self.facts.pid.store(pid, Ordering::Release),
                Some(Report::Refused(reason)) => {
                    let _ = self.facts.refused.set(reason);
                    return Exit::Status(1);
                }
                Some(Report::Exited(status)) => return Exit::Status(status),
                Some(Report::Killed(signal)) => return Exit::Signal(signal),
                None => {}
            }
        }
        // Somebody has killed the watcher.
        if let Some(pid) = Pid::from_raw(self.facts.pid.load(Ordering::Acquire)) {
            let _ = kill_process_group(pid, Signal::KILL);
        }
        Exit::Signal(Signal::KILL.as_raw())
    }
}

/// The name of a log stream: the day, the version, and something that no other has.
pub(crate) fn stream_name(environment: &environment::Environment, version: &str) -> String {
    let (day, unique) = (timestamp::day(environment.clock.now_ms()), environment.random.next_u128());
    format!("{day}/[{version}]{unique:032x}")
}
