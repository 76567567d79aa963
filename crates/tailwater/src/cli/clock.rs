//! `tailwater clock`: the service time of a running server, and moving it.

use super::place::Where;
use super::{output, own};
use crate::units;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;
use streams::label;

const EXAMPLES: &str = "\
Examples:
  tailwater clock advance 25h                   Let a day go by; all that falls due has happened
  tailwater clock set 2030-01-01T00:00:00Z      Go on to a moment; never back
  tailwater clock freeze                        Let time stand still ...
  tailwater clock advance 1ms                   ... but for steps like this one ...
  tailwater clock resume                        ... and go on from there

Time to live, retention, rollover, iterators, batching and tumbling windows, back-off, the age of \
records, the visibility of messages, delays, retries: all of it lives in service time and moves \
together. Sockets and the time-outs of functions do not.";

/// Show and move the time that the service lives in: everything that waits for a time moves with it.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Clock {
    #[command(subcommand)]
    action: Action,
    /// Show the answer as JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show service time.
    #[command(after_help = "Example: tailwater clock now")]
    Now,
    /// Move service time forward by a span, and wait until everything has happened that fell due.
    #[command(after_help = "Example: tailwater clock advance 25h")]
    Advance {
        /// How far: 25h, 15m, 90s, 500ms, 1h30m.
        #[arg(value_parser = units::duration)]
        span: Duration,
    },
    /// Move service time forward to a moment, and wait until everything has happened that fell due.
    #[command(after_help = "Example: tailwater clock set 2030-01-01T00:00:00Z")]
    Set {
        /// When: 2026-11-21T22:30:00Z, 2026-11-21, or milliseconds since the epoch.
        #[arg(value_name = "TIME", value_parser = moment)]
        time_ms: u64,
    },
    /// Let service time stand still. It stays so over a restart of the server.
    #[command(after_help = "Example: tailwater clock freeze")]
    Freeze,
    /// Let service time go on from where it stands still.
    #[command(after_help = "Example: tailwater clock resume")]
    Resume,
}

/// A time as people write it.
pub(crate) fn moment(text: &str) -> Result<u64, String> {
    label::parse(text).ok_or_else(|| {
        format!(
            "'{text}' is not a time: write 2026-11-21T22:30:00Z, 2026-11-21, or milliseconds since the epoch"
        )
    })
}

/// Asks, and shows the answer.
pub(crate) fn run(clock: &Clock) -> anyhow::Result<ExitCode> {
    let place = clock.place.resolve(|name| std::env::var(name).ok())?;
    let question = match &clock.action {
        Action::Now => json!({}),
        Action::Advance { span } => {
            json!({ "advance_ms": u64::try_from(span.as_millis()).unwrap_or(u64::MAX) })
        }
        Action::Set { time_ms } => json!({ "now_ms": time_ms }),
        Action::Freeze => json!({ "freeze": true }),
        Action::Resume => json!({ "resume": true }),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let path = if matches!(clock.action, Action::Now) { "clock/now" } else { "clock" };
    let answer = runtime.block_on(own::ask(&place, path, &question))?;
    let text = if clock.json { format!("{answer}\n") } else { shown(&answer) };
    output::write(&text)?;
    if !clock.json {
        let offset_ms = answer["offset_ms"].as_i64().unwrap_or_default();
        // Nobody may be reading: the time itself is said.
        let _ = writeln!(io::stderr(), "{}", standing(offset_ms, answer["frozen"] == true));
    }
    Ok(ExitCode::SUCCESS)
}

fn shown(answer: &Value) -> String {
    let time = answer["now"].as_str().map(str::to_owned);
    time.unwrap_or_else(|| super::table::time(&answer["now_ms"])) + "\n"
}

/// How service time stands to the machine's.
pub(crate) fn standing(offset_ms: i64, is_frozen: bool) -> String {
    let span = span(offset_ms.unsigned_abs());
    let mut text = match offset_ms {
        0 => "the machine's time".to_owned(),
        1.. => format!("{span} ahead of the machine's time"),
        _ => format!("{span} behind the machine's time"),
    };
    if is_frozen {
        text.push_str("; frozen");
    }
    text
}

/// A span as people write it, of its two greatest units.
fn span(ms: u64) -> String {
    let (mut rest_ms, mut said, mut out) = (ms, 0, String::new());
    for (unit_ms, unit) in [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")] {
        let count = rest_ms / unit_ms;
        if count > 0 && said < 2 {
            // Writing to a String does not fail.
            let _ = write!(out, "{}{count}{unit}", if said > 0 { " " } else { "" });
        }
        // Once something is said, the next smaller unit has its turn, whether or not there is any of it.
        said += usize::from(count > 0 || said > 0);
        rest_ms %= unit_ms;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_time_stands_is_said_as_people_say_it() {
        for (offset_ms, is_frozen, text) in [
            (0, false, "the machine's time"),
            (0, true, "the machine's time; frozen"),
            (90_000_000, false, "1d 1h ahead of the machine's time"),
            (86_400_001, false, "1d ahead of the machine's time"),
            (5_400_000, true, "1h 30m ahead of the machine's time; frozen"),
            (-1_005, false, "1s 5ms behind the machine's time"),
            (i64::MIN, false, "106751991167d 7h behind the machine's time"),
        ] {
            assert_eq!(standing(offset_ms, is_frozen), text);
        }
    }

    #[test]
    fn moments_are_times() {
        assert_eq!(moment("1970-01-02"), Ok(86_400_000));
        assert!(moment("tomorrow").is_err_and(|error| error.contains("'tomorrow' is not a time")));
    }
}
