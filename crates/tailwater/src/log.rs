//! Structured logs, to standard error, and whether what a terminal shows has colours.

use clap::ValueEnum;
use std::ffi::OsStr;
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

/// Whether what is written there may have colours: <https://no-color.org>.
pub(crate) fn is_coloured(there: &impl IsTerminal) -> bool {
    there.is_terminal() && !refuses_colours(std::env::var_os("NO_COLOR").as_deref())
}

/// Whether this value of `NO_COLOR` says no: any but an empty one.
fn refuses_colours(value: Option<&OsStr>) -> bool {
    value.is_some_and(|value| !value.is_empty())
}

/// Starts logging, once for the process; a second start is ignored.
pub(crate) fn start(levels: &Levels, format: Format) {
    let filtered = tracing_subscriber::registry().with(levels.0.clone());
    let started = match format {
        Format::Text => {
            let lines = fmt::layer().with_ansi(is_coloured(&io::stderr())).with_writer(io::stderr);
            filtered.with(lines).try_init()
        }
        Format::Json => filtered.with(fmt::layer().json().with_writer(io::stderr)).try_init(),
    };
    drop(started);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_value_of_no_color_but_an_empty_one_refuses_colours() {
        assert_eq!(
            [None, Some(""), Some("1")].map(|value| refuses_colours(value.map(OsStr::new))),
            [false, false, true]
        );
        assert!(!is_coloured(&std::fs::File::open(std::env::current_exe().unwrap()).unwrap()));
    }
}
