//! Functions in Node and Python on a server: what a call of a warm one costs, and how soon a change of its code counts.

use super::{percentiles, row};
use crate::Arguments;
use crate::client::Connection;
use crate::process::{Server, free_port};
use crate::report::middle;
use anyhow::{Context as _, Result, bail};
use environment::{Clock, Environment};
use serde_json::json;
use std::path::Path;
use std::time::Duration;

/// Calls that are measured, and those before them.
const CALLS: usize = 2_000;
const CALLS_BEFORE: usize = 100;

/// Changes of the code of one function.
const CHANGES: usize = 30;

/// How soon a change must count at all.
const PATIENCE: Duration = Duration::from_secs(10);

/// A language: the runtime, the file, and code that answers with a number.
struct Language {
    name: &'static str,
    runtime: &'static str,
    file: &'static str,
    code: fn(usize) -> String,
}

const LANGUAGES: [Language; 2] = [
    Language {
        name: "Node",
        runtime: "nodejs22.x",
        file: "main.js",
        code: |number| format!("exports.handler = async () => {number};\n"),
    },
    Language {
        name: "Python",
        runtime: "python3.12",
        file: "main.py",
        code: |number| format!("def handler(event, context):\n    return {number}\n"),
    },
];

impl Language {
    fn write(&self, directory: &Path, number: usize) -> Result<()> {
        // As editors do: what is read is one or the other.
        let beside = directory.join("new");
        std::fs::write(&beside, (self.code)(number))?;
        Ok(std::fs::rename(beside, directory.join(self.file))?)
    }
}

struct World {
    clock: Clock,
    _server: Server,
    connection: Connection,
}

impl World {
    /// Makes a function that is run in this directory.
    async fn add(&mut self, language: &Language, directory: &Path) -> Result<String> {
        let question = json!({
            "FunctionName": language.name, "Runtime": language.runtime, "Handler": "main.handler", "Directory": directory,
        });
        self.post("/_tailwater/functions/add", question.to_string().as_bytes()).await?;
        Ok(format!("/2015-03-31/functions/{}/invocations", language.name))
    }

    async fn post(&mut self, path: &str, body: &[u8]) -> Result<String> {
        let answer = self.connection.post(path, "lambda", body).await?;
        let text = String::from_utf8_lossy(answer.body).into_owned();
        if answer.status != 200 {
            bail!("{path} answered {}: {text}", answer.status);
        }
        Ok(text)
    }

    /// How long requests take, one after the other, in us.
    async fn spans(&mut self, path: &str, status: u16) -> Result<Vec<f64>> {
        let mut spans = Vec::with_capacity(CALLS);
        for call in 0..CALLS_BEFORE + CALLS {
            let began = self.clock.machine();
            let answer = self.connection.post(path, "lambda", b"{}").await?;
            if answer.status != status {
                bail!("{path} answered {}", answer.status);
            }
            if call >= CALLS_BEFORE {
                spans.push((self.clock.machine() - began).as_secs_f64() * 1e6);
            }
        }
        Ok(spans)
    }

    /// How long it takes from a change of the code to an answer of the new, in us.
    async fn reload(&mut self, language: &Language, directory: &Path, path: &str) -> Result<Vec<f64>> {
        let mut spans = Vec::with_capacity(CHANGES);
        for change in 1..=CHANGES {
            language.write(directory, change)?;
            let changed = self.clock.machine();
            while self.post(path, b"{}").await? != change.to_string() {
                if self.clock.machine() - changed > PATIENCE {
                    bail!("a change of {} does not count", language.file);
                }
                self.clock.sleep(Duration::from_millis(1)).await;
            }
            spans.push((self.clock.machine() - changed).as_secs_f64() * 1e6);
        }
        Ok(spans)
    }
}

pub(super) async fn run(arguments: &Arguments) -> Result<()> {
    let environment = Environment::system();
    let port = free_port()?;
    let flags = ["serve", "--in-memory", "--port", &port.to_string()].map(str::to_owned);
    let server = Server::start(&environment, &arguments.tailwater()?, &flags, port).await?;
    let connection = Connection::open(port).await?;
    let mut world = World { clock: environment.clock.clone(), _server: server, connection };
    let bare_us = middle(world.spans("/2015-03-31/functions/nobody/invocations", 404).await?.into_iter());
    for language in &LANGUAGES {
        let directory = tempfile::tempdir().context("a directory for code")?;
        language.write(directory.path(), 0)?;
        let path = world.add(language, directory.path()).await?;
        let spans = world.spans(&path, 200).await?;
        let ratio = middle(spans.iter().copied()) / bare_us;
        row(
            &format!("Invoke of a warm {} function that does nothing, there and back", language.name),
            format!("{}; {ratio:.1} times one that finds no function", percentiles(spans)),
        );
        let spans = world.reload(language, directory.path(), &path).await?;
        row(
            &format!("a change of a {} file to the first answer of the new code", language.name),
            percentiles(spans),
        );
    }
    Ok(())
}
