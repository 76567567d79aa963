//! `tailwater logs`: shows what a function printed, and follows it.

use super::output::{self, Reader};
use super::own::{self, NotTailwater};
use super::place::{Place, Where};
use super::progress::say;
use crate::function_output::harmless;
use crate::log::is_coloured;
use crate::units;
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use environment::Clock;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io;
use std::process::ExitCode;
use std::time::Duration;
use streams::label;

const EXAMPLES: &str = "\
Examples:
  tailwater logs resize                         What it printed last
  tailwater logs resize -f                      And what it prints from now on";

/// Show what a function printed, and follow it.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Logs {
    /// The function, or a log group: whatever begins with a slash.
    #[arg(value_name = "FUNCTION")]
    name: String,
    /// Go on with what is printed from now on, until Ctrl-C.
    #[arg(short, long)]
    follow: bool,
    /// From how long ago.
    #[arg(long, value_name = "SPAN", value_parser = units::duration, default_value = "10m")]
    since: Duration,
    /// Only messages that this filter pattern of CloudWatch Logs means: 'ERROR', '?WARN ?ERROR', '{ $.level = "error" }'.
    #[arg(long, value_name = "PATTERN", default_value = "", allow_hyphen_values = true)]
    filter: String,
    /// How messages are shown.
    #[arg(long, value_enum, default_value_t = Form::Short)]
    format: Form,
    #[command(flatten)]
    place: Where,
}

/// How messages are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// The time and the message.
    Short,
    /// The log stream too.
    Detailed,
    /// A JSON object a line.
    Json,
}

/// How long it waits before it asks again a server that does not answer.
const AGAIN: Duration = Duration::from_secs(1);

/// Shows, and follows.
pub(crate) fn run(logs: &Logs) -> anyhow::Result<ExitCode> {
    let place = logs.place.resolve(|name| std::env::var(name).ok())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        tokio::select! {
            shown = show(logs, &place) => shown,
            interrupted = tokio::signal::ctrl_c() => interrupted.context("cannot wait for Ctrl-C"),
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn show(logs: &Logs, place: &Place) -> anyhow::Result<()> {
    let clock = Clock::system();
    let mut question = question(logs, place);
    question["last_ms"] = json!(u64::try_from(logs.since.as_millis()).unwrap_or(u64::MAX));
    let mut answer = own::ask(place, "logs/tail", &question).await?;
    if answer["exists"] == false && !logs.follow {
        let group = answer["group"].as_str().unwrap_or_default();
        bail!("{} has printed nothing: there is no log group {group}", logs.name);
    }
    let coloured = is_coloured(&io::stdout());
    loop {
        if answer["missed"] == true {
            say("some messages were missed");
        }
        let lines = answer["lines"].as_array().into_iter().flatten();
        let text: String = lines.map(|line| shown(line, logs.format, coloured)).collect();
        if output::write(&text)? == Reader::HasEnough || !logs.follow {
            return Ok(());
        }
        question["cursor"] = answer["cursor"].clone();
        answer = loop {
            match own::exchange(place, "logs/follow", &question).await {
                Ok(answered) => break own::succeeded(answered)?,
                Err(error) if error.is::<NotTailwater>() => return Err(error),
                // A server that is started anew is waited for.
                Err(_) => clock.sleep(AGAIN).await,
            }
        };
    }
}

fn question(logs: &Logs, place: &Place) -> Value {
    let named = if logs.name.starts_with('/') { "group" } else { "function" };
    json!({ named: logs.name, "filter": logs.filter, "region": place.region, "account": place.account })
}

/// A message as it is shown; further lines of it stand below the first.
fn shown(line: &Value, form: Form, coloured: bool) -> String {
    if form == Form::Json {
        return format!("{line}\n");
    }
    let time = label::format(line["time_ms"].as_u64().unwrap_or_default()) + "Z";
    let message = line["message"].as_str().unwrap_or_default();
    let (dim, end) = if coloured { ("\x1b[2m", "\x1b[0m") } else { ("", "") };
    let mut out = format!("{dim}{time}{end} ");
    if form == Form::Detailed {
        let _ = write!(out, "{dim}{}{end} ", line["stream"].as_str().unwrap_or_default());
    }
    for (nth, part) in message.trim_end_matches(['\n', '\r']).split(['\n', '\r']).enumerate() {
        let indent = if nth > 0 { time.len() + 1 } else { 0 };
        let _ = writeln!(out, "{:indent$}{}", "", harmless(part.trim_end()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use environment::Environment;
    use server::{Response, Routes, Server, Settings};
    use std::sync::Arc;
    use tokio::sync::oneshot;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        logs: Logs,
    }

    #[tokio::test]
    async fn a_server_that_refuses_is_not_asked_for_ever() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let answer = |request: server::Request| {
            let follows = request.head().path().ends_with("/follow");
            let (status, body) =
                if follows { (403, r#"{"error":"no"}"#) } else { (200, r#"{"cursor":"1-0"}"#) };
            Response::json(status, body).into()
        };
        let routes = Routes::new().own("logs", Arc::new(answer));
        let server = Server::on(vec![listener], Settings::default(), routes, Environment::system());
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = environment::spawn(server.serve(async { drop(stopped.await) }));
        let Line { logs } = Line::parse_from(["logs", "resize", "-f", "--endpoint", &endpoint]);
        let place = logs.place.resolve(|_| None).unwrap();
        let shown = tokio::time::timeout(Duration::from_secs(20), show(&logs, &place)).await.unwrap();
        assert_eq!(shown.unwrap_err().to_string(), "no");
        drop(stop);
        serving.await.unwrap();
    }

    #[test]
    fn messages_of_several_lines_stay_together() {
        let line = json!({ "time_ms": 1_600_000_000_123u64, "stream": "s", "message": "one\n  two\n" });
        let below = " ".repeat(25);
        assert_eq!(shown(&line, Form::Short, false), format!("2020-09-13T12:26:40.123Z one\n{below}  two\n"));
        assert!(shown(&line, Form::Detailed, false).starts_with("2020-09-13T12:26:40.123Z s one\n"));
        let cleared = json!({ "time_ms": 0, "message": "\u{1b}[2J\u{1b}[32mone" });
        assert_eq!(shown(&cleared, Form::Short, false), "1970-01-01T00:00:00.000Z [2J\u{1b}[32mone\n");
        assert_eq!(shown(&line, Form::Json, true), format!("{line}\n"));
    }
}
