//! Structured logs, to standard error.

use clap::ValueEnum;
use std::io::{self, IsTerminal};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// What is logged, by the part of the program that says it.
#[derive(Clone, Debug)]
pub(crate) struct Levels(Targets);

/// How it is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Lines for people.
    Text,
    /// A JSON object a line.
    Json,
}

/// Levels as written: `info`, or `info,server=debug`.
pub(crate) fn levels(text: &str) -> Result<Levels, String> {
    let wrong = || {
        format!(
            "'{text}' is not a list of levels: write off, error, warn, info, debug or trace, or by part, such as \
             info,server=debug"
        )
    };
    // A word alone would be taken for the name of a part, and everything else be silent.
    let is_level = |word: &str| !word.is_empty() && word.parse::<LevelFilter>().is_ok();
    let is_clear = |word: &str| word.contains('=') || is_level(word.trim());
    if !text.split(',').all(is_clear) {
        return Err(wrong());
    }
    text.parse::<Targets>().map(Levels).map_err(|_| wrong())
}

/// Starts logging, once for the process; a second start is ignored.
pub(crate) fn start(levels: &Levels, format: Format) {
    let filtered = tracing_subscriber::registry().with(levels.0.clone());
    let started = match format {
        Format::Text => {
            let lines = fmt::layer().with_ansi(io::stderr().is_terminal()).with_writer(io::stderr);
            filtered.with(lines).try_init()
        }
        Format::Json => filtered.with(fmt::layer().json().with_writer(io::stderr)).try_init(),
    };
    drop(started);
}
