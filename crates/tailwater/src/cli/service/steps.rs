//! Programs of the operating system that are run one after the other.

use anyhow::{Context, bail};
use std::process::{Command, ExitCode, Stdio};

/// A program and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) program: &'static str,
    pub(super) arguments: Vec<String>,
    /// Whether it may fail, as what ends something that may not have begun.
    pub(super) may_fail: bool,
}

impl Step {
    /// One that has to succeed.
    pub(super) fn new(program: &'static str, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        Self { program, arguments, may_fail: false }
    }

    /// One that may fail.
    pub(super) fn trying(self) -> Self {
        Self { may_fail: true, ..self }
    }

    /// Whether the program is there.
    pub(super) fn is_here(&self) -> bool {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|directory| directory.join(self.program).is_file())
    }

    /// Runs it; what it says, and whether it succeeded.
    pub(super) fn ask(&self) -> anyhow::Result<(String, bool)> {
        let output = Command::new(self.program)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("{} cannot be run", self.program))?;
        let said = if output.stdout.is_empty() { &output.stderr } else { &output.stdout };
        Ok((String::from_utf8_lossy(said).trim().to_owned(), output.status.success()))
    }

    /// Runs it in the place of this program: it says what it says.
    pub(super) fn show(&self) -> anyhow::Result<ExitCode> {
        let status = Command::new(self.program)
            .args(&self.arguments)
            .status()
            .with_context(|| format!("{} cannot be run", self.program))?;
        Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Takes all of them, up to the first that fails and must not.
pub(super) fn take(steps: &[Step]) -> anyhow::Result<()> {
    for step in steps {
        let (said, done) = step.ask()?;
        if !done && !step.may_fail {
            bail!("{} {} failed: {said}", step.program, step.arguments.join(" "));
        }
    }
    Ok(())
}
