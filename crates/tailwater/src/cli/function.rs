//! `tailwater function`: functions on a server that runs, above all those whose code is run where it is written.

mod add;
mod arc;

use super::output;
use super::own::ask;
use super::place::{Place, Where};
use super::table::columns;
use add::Add;
use anyhow::{Context, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::io::{self, Read, Write};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  tailwater function add resize --dir ./src     Run the code of a directory as a function
  tailwater function invoke resize '{}'         Call it, and show its answer and its log
  tailwater function list
  tailwater function remove resize";

/// Add, list, show, invoke and remove functions on a server that runs.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Function {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Run the code of a directory as a function; a change of it counts from the next call on.
    Add(Add),
    /// List the functions.
    #[command(after_help = "Example: tailwater function list")]
    List,
    /// Show what is known of a function.
    #[command(after_help = "Example: tailwater function show resize")]
    Show(Named),
    /// Call a function, and show its answer and its log.
    #[command(
        after_help = "Examples:\n  tailwater function invoke resize '{\"name\": \"rex\"}'\n  tailwater function invoke resize @event.json"
    )]
    Invoke(Invoke),
    /// Remove a function. Code that is run in place is not touched.
    #[command(after_help = "Example: tailwater function remove resize")]
    Remove(Named),
}

#[derive(Args, Debug)]
struct Named {
    /// The function.
    name: String,
}

#[derive(Args, Debug)]
struct Invoke {
    /// The function.
    name: String,
    /// The event, JSON; @FILE reads a file, - standard input. [default: {}]
    event: Option<String>,
}

/// Does what is asked.
pub(crate) fn run(function: &Function) -> anyhow::Result<ExitCode> {
    let place = function.place.resolve(|name| std::env::var(name).ok())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(act(&function.action, &place))
}

async fn act(action: &Action, place: &Place) -> anyhow::Result<ExitCode> {
    match action {
        Action::Add(add) => add.run(place).await?,
        Action::List => list(&send(place, "list", json!({})).await?)?,
        Action::Show(named) => {
            let answer = send(place, "show", json!({ "FunctionName": named.name })).await?;
            say(&serde_json::to_string_pretty(&answer)?)?;
        }
        Action::Remove(named) => {
            send(place, "remove", json!({ "FunctionName": named.name })).await?;
            say(&format!("{} is removed", named.name))?;
        }
        Action::Invoke(invoke) => return call(invoke, place).await,
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks the server, about functions where the command line says.
async fn send(place: &Place, verb: &str, mut question: Value) -> anyhow::Result<Value> {
    question["region"] = json!(place.region);
    question["account"] = json!(place.account);
    ask(place, &format!("functions/{verb}"), &question).await
}

fn say(text: &str) -> anyhow::Result<()> {
    output::write(&format!("{text}\n")).map(drop)
}

fn list(answer: &Value) -> anyhow::Result<()> {
    let functions = answer["Functions"].as_array().map_or(&[][..], Vec::as_slice);
    let text = |function: &Value, name: &str| function[name].as_str().unwrap_or("-").to_owned();
    let members = ["FunctionName", "Runtime", "Handler", "LastModified"];
    let rows: Vec<_> =
        functions.iter().map(|function| members.map(|member| text(function, member))).collect();
    output::write(&columns(["FUNCTION", "RUNTIME", "HANDLER", "CHANGED"], &rows)).map(drop)
}

/// The event that an argument means.
fn event(argument: Option<&str>) -> anyhow::Result<Value> {
    let text = match argument {
        None => return Ok(json!({})),
        Some("-") => {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
            text
        }
        Some(argument) => match argument.strip_prefix('@') {
            Some(path) => std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?,
            None => argument.to_owned(),
        },
    };
    serde_json::from_str(&text).context("the event is not JSON")
}

async fn call(invoke: &Invoke, place: &Place) -> anyhow::Result<ExitCode> {
    let question = json!({ "FunctionName": invoke.name, "Payload": event(invoke.event.as_deref())? });
    let answer = send(place, "invoke", question).await?;
    if let Some(log) = answer["LogResult"].as_str() {
        let log = STANDARD.decode(log).context("the log is not base64")?;
        io::stderr().lock().write_all(&log)?;
    }
    say(&answer["Payload"].to_string())?;
    match answer["FunctionError"].as_str() {
        Some(_) => bail!("{} failed", invoke.name),
        None => Ok(ExitCode::SUCCESS),
    }
}
