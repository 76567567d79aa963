//! The watcher of one process: a small process that starts a function's code, and ends it together with everything that
//! the code has started, when it is told to or when the server is gone.
//!
//! Its standard input is one end of a socket whose other end only the server holds. An [`Order`] comes through it, and
//! its end, be it that the server closes it or dies, is the order to kill. Descendants that left the process group are
//! found all the same: the watcher is the subreaper of all of them, so that an orphan becomes its child.
//!
//! What is promised: when the watcher says `ended`, nothing of what it started runs any more.

mod descendants;
mod order;

pub(crate) use order::{Order, Report};

use crate::cgroup::Cgroup;
use rustix::io::Errno;
use rustix::process::{
    Pid, Resource, Rlimit, Signal, WaitOptions, WaitStatus, getrlimit, kill_process, kill_process_group,
    setrlimit,
};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// How many files a function may have open: what AWS gives.
const OPEN_FILES: u64 = 1024;

/// How long is waited between two looks for what still runs.
const PAUSE: Duration = Duration::from_millis(1);

/// Watches over one process, until it has ended. Standard input is the socket of the server, standard output is where the
/// function's output goes.
///
/// # Errors
/// When the order cannot be read, or the process cannot be started.
pub fn run() -> io::Result<()> {
    let control = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    adopt_orphans()?;
    let order = Order::read(&mut (&control).take(order::BYTES_MAX))?;
    let child = match start(&order) {
        Ok(child) => child,
        Err(error) => return (&control).write_all(Report::Refused(error.to_string()).line().as_bytes()),
    };
    (&control).write_all(Report::Started(child.as_raw_nonzero().get()).line().as_bytes())?;
    let watched = control.try_clone()?;
    environment::spawn_thread("server", move || {
        until_end(watched);
        kill(child);
    })?;
    let status = reap(child)?;
    // The server may be gone; then nobody wants to know.
    let _ = (&control).write_all(Report::of(status).line().as_bytes());
    Ok(())
}

/// Makes orphans among the descendants our children.
#[cfg(target_os = "linux")]
fn adopt_orphans() -> io::Result<()> {
    // Any number but zero means yes.
    Ok(rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?)
}

/// Elsewhere there is no such thing: what leaves its group and its parent survives.
#[cfg(not(target_os = "linux"))]
fn adopt_orphans() -> io::Result<()> {
    Ok(())
}

/// Starts what is ordered, in a group of its own, and lets go of its output.
fn start(order: &Order) -> io::Result<Pid> {
    limit(Resource::Nofile, OPEN_FILES)?;
    if let Some(bytes) = order.data_bytes_max {
        limit(Resource::Data, bytes)?;
    }
    if let Some(cgroup) = &order.cgroup {
        // What is started from now on is in it too. Should its memory run out, the largest process is killed, which this is not.
        Cgroup::join(cgroup)?;
    }
    let output = io::stdout().as_fd().try_clone_to_owned()?;
    let child = Command::new(&order.program)
        .args(&order.arguments)
        .env_clear()
        .envs(order.variables.iter().map(|(name, value)| (name, value)))
        .current_dir(&order.directory)
        .stdin(Stdio::null())
        .stdout(Stdio::inherit())
        // One pipe for both, so that lines stay in order.
        .stderr(Stdio::from(output))
        .process_group(0)
        .spawn()?;
    // So that the output ends when the last of the function's processes does.
    let null = std::fs::File::options().write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(&null)?;
    i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or_else(|| io::Error::other("no process id"))
}

/// Lowers a limit, of which the function inherits ours.
fn limit(resource: Resource, value: u64) -> io::Result<()> {
    let maximum = getrlimit(resource).maximum;
    let value = maximum.map_or(value, |maximum| maximum.min(value));
    Ok(setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) })?)
}

/// Waits until the server closes its end, or dies.
fn until_end(mut control: UnixStream) {
    let mut ignored = [0; 64];
    loop {
        match control.read(&mut ignored) {
            Ok(0) => return,
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return,
            Ok(_) | Err(_) => {}
        }
    }
}

/// Kills the process, its group, and all descendants that can be found now.
fn kill(child: Pid) {
    // Whatever is not there any more need not be killed.
    let _ = kill_process_group(child, Signal::KILL);
    for pid in descendants::all() {
        let _ = kill_process(pid, Signal::KILL);
    }
}

/// Reaps until the process has ended, then kills and reaps what is left of its descendants.
fn reap(child: Pid) -> io::Result<WaitStatus> {
    let mut ended = None;
    loop {
        let options = if ended.is_some() { WaitOptions::NOHANG } else { WaitOptions::empty() };
        match (rustix::process::wait(options), ended) {
            (Ok(Some((pid, status))), _) if pid == child => {
                ended = Some(status);
                kill(child);
            }
            (Ok(Some(_)) | Err(Errno::INTR), _) | (Ok(None), None) => {}
            (Ok(None), Some(_)) => {
                thread::park_timeout(PAUSE);
                kill(child);
            }
            // No children: then there are no descendants either, for orphans become our children.
            (Err(Errno::CHILD), Some(status)) => return Ok(status),
            (Err(error), _) => return Err(error.into()),
        }
    }
}
