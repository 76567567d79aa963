//! `tailwater completions`: what a shell has to know to complete a command line.

use super::Cli;
use super::output;
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  tailwater completions bash > ~/.local/share/bash-completion/completions/tailwater
  tailwater completions zsh > ~/.zfunc/_tailwater            Where fpath has ~/.zfunc
  tailwater completions fish > ~/.config/fish/completions/tailwater.fish";

/// Print what a shell needs to complete command lines.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints it.
pub(crate) fn run(completions: &Completions) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(completions.shell, &mut Cli::command(), "tailwater", &mut script);
    output::write(&String::from_utf8(script)?)?;
    Ok(ExitCode::SUCCESS)
}
