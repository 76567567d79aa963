//! `tailwater man`: the help as manual pages.

use super::progress::say;
use super::{Cli, output};
use anyhow::Context;
use clap::{Args, CommandFactory};
use clap_mangen::Man;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  tailwater man | man -l -                                   Read it
  tailwater man --dir ~/.local/share/man/man1                Then: man tailwater-tail";

/// Print the manual page, or write those of all verbs to a directory.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Pages {
    /// The directory, which is made if it is not there. [default: the first page, to standard output]
    #[arg(long, value_name = "DIRECTORY")]
    dir: Option<PathBuf>,
}

/// Prints or writes them.
pub(crate) fn run(pages: &Pages) -> anyhow::Result<ExitCode> {
    match &pages.dir {
        None => {
            let mut page = Vec::new();
            Man::new(Cli::command()).render(&mut page)?;
            output::write(&String::from_utf8(page)?)?;
        }
        Some(directory) => {
            let count =
                write(directory).with_context(|| format!("cannot write to {}", directory.display()))?;
            say(&format!("{count} pages written to {}", directory.display()));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a page for each verb, and for the verbs of each, and says how many.
fn write(directory: &Path) -> anyhow::Result<usize> {
    std::fs::create_dir_all(directory)?;
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let mut waiting = vec![command];
    let mut count = 0;
    while let Some(command) = waiting.pop() {
        waiting.extend(command.get_subcommands().filter(|verb| !verb.is_hide_set()).cloned());
        Man::new(command).generate_to(directory)?;
        count += 1;
    }
    Ok(count)
}
