//! What the service runs: this program, with flags that were looked at beforehand, so that nobody learns from a log that one
//! of them is wrong.

use super::home::Home;
use crate::cli::Serve;
use crate::config::Config;
use anyhow::{bail, ensure};
use clap::Parser;
use std::path::{Path, PathBuf};

/// What is to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// The program and its arguments.
    pub(super) command: Vec<String>,
    /// Where programs are looked for.
    pub(super) search_path: Option<String>,
}

#[derive(Parser)]
#[command(name = "tailwater serve", no_binary_name = true)]
struct Line {
    #[command(flatten)]
    serve: Serve,
}

impl Plan {
    /// The server with these flags; data are in the home of the user where they say nothing of it.
    pub(super) fn new(program: PathBuf, flags: &[String], home: &Home) -> anyhow::Result<Self> {
        let Line { serve } = Line::try_parse_from(flags).map_err(|error| match error.exit_code() {
            // Help was asked for, which is not an error to clap.
            0 => anyhow::anyhow!("flags are described by: tailwater serve --help"),
            _ => anyhow::Error::new(error),
        })?;
        let places = [&serve.data_dir, &serve.transfer_dir, &serve.auth];
        let programs = [&serve.processes.node, &serve.processes.python, &serve.processes.sdk_dir];
        for path in places.into_iter().chain(programs).flatten() {
            ensure!(
                path.is_absolute(),
                "{} is not a whole path, and the service is not started here",
                path.display()
            );
        }
        let keeps = serve.data_dir.is_some() || serve.in_memory;
        Config::resolve(serve)?;
        let mut command = vec![text(&program)?, "serve".to_owned()];
        if !keeps {
            command.extend(["--data-dir".to_owned(), text(&home.data_dir())?]);
        }
        command.extend_from_slice(flags);
        let plan = Self { command, search_path: home.search_path.clone() };
        // Neither a unit nor an agent can hold these.
        if plan.command.iter().chain(&plan.search_path).any(|word| word.chars().any(char::is_control)) {
            bail!("a path or a flag has a character that a service cannot be told");
        }
        Ok(plan)
    }
}

fn text(path: &Path) -> anyhow::Result<String> {
    match path.to_str() {
        Some(text) => Ok(text.to_owned()),
        None => bail!("{} is not UTF-8", path.display()),
    }
}
