//! `tailwater watch-function`, which the server starts beside each process of a function.

use anyhow::Context;
use std::process::ExitCode;

/// Watches until the process has ended.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    runtime::watcher::run().context("this is started by the server alone")?;
    Ok(ExitCode::SUCCESS)
}
