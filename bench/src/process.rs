//! A server as a child process: started, waited for, its CPU time and memory read from `/proc`.

use anyhow::{Context as _, Result, bail};
use environment::Environment;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    /// Its directory of temporary files, which it does not remove when it is killed.
    _temporary: TempDir,
    /// Whether it may end threads of its own, whose time only the process's own count has, in hundredths of a second.
    ends_threads: bool,
    /// Where it listens.
    pub(crate) port: u16,
}

impl Server {
    /// Starts a program and waits until it accepts connections.
    pub(crate) async fn start(
        environment: &Environment,
        program: &Path,
        arguments: &[String],
        port: u16,
    ) -> Result<Self> {
        let temporary = TempDir::new().context("a directory for temporary files")?;
        let child = Command::new(program)
            .args(arguments)
            .env("TMPDIR", temporary.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        let mut server = Self { child, _temporary: temporary, ends_threads: false, port };
        let deadline = environment.clock.machine() + Duration::from_secs(20);
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            if let Some(status) = server.child.try_wait()? {
                bail!("{} ended at its start: {status}", program.display());
            }
            if environment.clock.machine() > deadline {
                bail!("{} does not listen on port {port}", program.display());
            }
            environment.clock.sleep(Duration::from_millis(2)).await;
        }
        Ok(server)
    }

    /// The same server, known to start and end threads as it likes.
    pub(crate) fn that_ends_threads(mut self) -> Self {
        self.ends_threads = true;
        self
    }

    /// CPU time of the process and its threads so far, in seconds.
    pub(crate) fn cpu_s(&self) -> Result<f64> {
        if self.ends_threads { cpu_s_of_all(self.child.id()) } else { cpu_s_of(self.child.id()) }
    }

    /// Resident memory now, in bytes.
    pub(crate) fn resident_bytes(&self) -> Result<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = text.lines().find(|line| line.starts_with("VmRSS:")).context("VmRSS")?;
        let kib: u64 = line.split_whitespace().nth(1).context("VmRSS")?.parse()?;
        Ok(kib * 1024)
    }
}

/// CPU time of a process and its threads, in seconds.
pub(crate) fn cpu_s_of(process: u32) -> Result<f64> {
    // Nanoseconds on a CPU, summed over the threads: finer than the clock ticks of /proc/PID/stat.
    let mut total_ns = 0u64;
    for task in std::fs::read_dir(format!("/proc/{process}/task"))? {
        let path = task?.path().join("schedstat");
        let text = std::fs::read_to_string(path).unwrap_or_default();
        total_ns += text.split(' ').next().and_then(|ns| ns.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(total_ns as f64 / 1e9)
}

/// CPU time of a process and of all threads that it ever had, in seconds.
fn cpu_s_of_all(process: u32) -> Result<f64> {
    const TICKS_A_SECOND: f64 = 100.0;
    let text = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // Behind the name of the program, which may hold anything: the state, and then numbers.
    let (_, numbers) = text.rsplit_once(')').context("a process's figures")?;
    let ticks = numbers.split_whitespace().skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
    Ok(ticks as f64 / TICKS_A_SECOND)
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that is free now.
pub(crate) fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
