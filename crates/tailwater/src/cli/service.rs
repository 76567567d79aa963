//! `tailwater service`: the server in the background of whoever says so, from login on, without root: a user unit of
//! systemd, or an agent of launchd. It only writes one file and tells the manager of it; what runs is `tailwater serve`.

mod home;
mod launchd;
mod plan;
mod steps;
mod systemd;
#[cfg(test)]
mod tests;

use super::output;
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use home::Home;
use plan::Plan;
use serde_json::json;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use steps::Step;

const EXAMPLES: &str = "\
Examples:
  tailwater service install                          Serve at port 4566 from now on
  tailwater service install -- --port 8000 --shared-tables
                                                     The same, with flags of `tailwater serve`
  tailwater service install --print                  Show what would be written
  tailwater service logs -f                          Follow what it logs";

/// Run the server in the background, from login on.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Service {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write the unit (systemd) or the agent (launchd) for this user, and start it. Once more changes its flags.
    #[command(
        after_help = "Examples:\n  tailwater service install\n  tailwater service install -- --port 8000"
    )]
    Install(Install),
    /// Tell whether it is installed, and whether it runs; the exit code is 1 where it does not.
    #[command(after_help = "Example: tailwater service status")]
    Status(Status),
    /// Stop it and take it away. Data stay where they are.
    #[command(after_help = "Example: tailwater service remove")]
    Remove,
    /// Show the end of what it logged.
    #[command(after_help = "Example: tailwater service logs -f")]
    Logs(Logs),
}

#[derive(Args, Debug)]
struct Install {
    /// Only show what would be written.
    #[arg(long)]
    print: bool,
    /// Flags of `tailwater serve`. Paths are to be written in full.
    #[arg(last = true, value_name = "FLAGS")]
    flags: Vec<String>,
}

#[derive(Args, Debug)]
struct Status {
    /// As a line of JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
struct Logs {
    /// Go on with what is logged from now on, until Ctrl-C.
    #[arg(short, long)]
    follow: bool,
    /// How many lines.
    #[arg(short = 'n', long, value_name = "N", default_value = "100")]
    lines: u32,
}

/// What keeps services here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manager {
    Systemd,
    Launchd,
}

impl Manager {
    /// That of the operating system that this was built for.
    fn here() -> anyhow::Result<Self> {
        match std::env::consts::OS {
            "linux" => Ok(Self::Systemd),
            "macos" => Ok(Self::Launchd),
            other => bail!("services are for systemd and launchd, and this is {other}"),
        }
    }

    /// The file that it reads.
    fn file(self, home: &Home) -> PathBuf {
        match self {
            Self::Systemd => systemd::file(home),
            Self::Launchd => launchd::file(home),
        }
    }

    /// What is to be in it.
    fn text(self, plan: &Plan, home: &Home) -> String {
        match self {
            Self::Systemd => systemd::unit(plan),
            Self::Launchd => launchd::agent(plan, home),
        }
    }

    /// What fails where it cannot be told anything: where nobody has logged in, say, so that there is none.
    fn reach(self) -> Vec<Step> {
        match self {
            Self::Systemd => vec![systemd::reach()],
            Self::Launchd => Vec::new(),
        }
    }

    /// What makes it read the file and run what it says.
    fn start(self, home: &Home) -> Vec<Step> {
        match self {
            Self::Systemd => systemd::start(),
            Self::Launchd => launchd::start(home),
        }
    }

    /// What makes it stop that.
    fn stop(self) -> Vec<Step> {
        match self {
            Self::Systemd => systemd::stop(),
            Self::Launchd => launchd::stop(),
        }
    }

    /// What is to be done once the file is gone.
    fn forget(self) -> Vec<Step> {
        match self {
            Self::Systemd => vec![systemd::reload()],
            Self::Launchd => Vec::new(),
        }
    }

    /// What says how it is.
    fn state(self) -> anyhow::Result<String> {
        match self {
            Self::Systemd => systemd::state(),
            Self::Launchd => launchd::state(),
        }
    }

    /// What shows its log.
    fn logs(self, home: &Home, logs: &Logs) -> Step {
        match self {
            Self::Systemd => systemd::logs(logs.lines, logs.follow),
            Self::Launchd => launchd::logs(home, logs.lines, logs.follow),
        }
    }
}

/// Does what is asked.
pub(crate) fn run(service: &Service) -> anyhow::Result<ExitCode> {
    let manager = Manager::here()?;
    let home = Home::of(|name| std::env::var(name).ok())?;
    let file = manager.file(&home);
    match &service.action {
        Action::Install(install) => {
            let plan = Plan::new(std::env::current_exe()?, &install.flags, &home)?;
            let text = manager.text(&plan, &home);
            if install.print {
                output::write(&text)?;
                return Ok(ExitCode::SUCCESS);
            }
            self::install(manager, &home, &text)
        }
        Action::Status(status) => self::status(manager, &file, status.json),
        Action::Remove => remove(manager, &file),
        Action::Logs(logs) => {
            if !file.exists() {
                bail!("there is no service: {} is not there", file.display());
            }
            manager.logs(&home, logs).show()
        }
    }
}

fn install(manager: Manager, home: &Home, text: &str) -> anyhow::Result<ExitCode> {
    let file = manager.file(home);
    let start = manager.start(home);
    if let Some(step) = start.iter().find(|step| !step.is_here()) {
        bail!(
            "there is no {} here; `tailwater service install --print` shows what it would be told",
            step.program
        );
    }
    steps::take(&manager.reach()).context("nothing is installed")?;
    write(&file, text).with_context(|| format!("{} cannot be written", file.display()))?;
    steps::take(&start)
        .with_context(|| format!("{} is written, and what it says does not run", file.display()))?;
    let mut out = io::stdout().lock();
    writeln!(out, "installed  {}", file.display())?;
    writeln!(out, "  status   tailwater service status")?;
    writeln!(out, "  logs     tailwater service logs -f")?;
    if manager == Manager::Systemd {
        writeln!(io::stderr(), "It ends with your last session, unless you say: loginctl enable-linger")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a file whole or not at all.
fn write(file: &Path, text: &str) -> io::Result<()> {
    let directory = file.parent().ok_or(ErrorKind::InvalidInput)?;
    fs::create_dir_all(directory)?;
    let mut new = tempfile::NamedTempFile::new_in(directory)?;
    new.write_all(text.as_bytes())?;
    new.persist(file)?;
    Ok(())
}

fn status(manager: Manager, file: &Path, as_json: bool) -> anyhow::Result<ExitCode> {
    let installed = file.exists();
    let state = if installed { manager.state()? } else { "not installed".to_owned() };
    let mut out = io::stdout().lock();
    if as_json {
        let shown = file.display().to_string();
        writeln!(out, "{}", json!({ "installed": installed, "state": state, "file": shown }))?;
    } else {
        writeln!(out, "state  {state}")?;
        writeln!(out, "file   {}{}", file.display(), if installed { "" } else { " (not there)" })?;
    }
    Ok(if state == "active" { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn remove(manager: Manager, file: &Path) -> anyhow::Result<ExitCode> {
    if !file.exists() {
        writeln!(io::stderr(), "There is no service to remove: {} is not there", file.display())?;
        return Ok(ExitCode::SUCCESS);
    }
    // Where there is no manager, or none that can be told anything, the file goes all the same.
    let stop: Vec<Step> = manager.stop().into_iter().filter(Step::is_here).collect();
    let stopped = steps::take(&stop);
    fs::remove_file(file).with_context(|| format!("{} cannot be removed", file.display()))?;
    stopped.with_context(|| format!("{} is removed, but the server may still run", file.display()))?;
    let forget: Vec<Step> = manager.forget().into_iter().filter(Step::is_here).collect();
    steps::take(&forget)?;
    writeln!(io::stdout(), "removed  {}", file.display())?;
    Ok(ExitCode::SUCCESS)
}
