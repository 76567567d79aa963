//! `tailwater function add`.

use super::super::place::Place;
use super::{arc, say, send};
use anyhow::{Context, bail, ensure};
use clap::Args;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  tailwater function add resize --dir ./src --handler index.handler --runtime nodejs22.x
  tailwater function add audit --dir ./audit --handler app.handler --runtime python3.13
  tailwater function add --arc .       The functions of @tables-streams of an Architect project";

/// Run the code of a directory as a function; a change of it counts from the next call on.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Add {
    /// The function's name.
    #[arg(required_unless_present = "arc")]
    name: Option<String>,
    /// The directory that its code is in.
    #[arg(long, value_name = "DIR", default_value = ".", conflicts_with = "arc")]
    dir: PathBuf,
    /// What of it is called, such as index.handler; not looked at for provided.* runtimes.
    #[arg(long, value_name = "HANDLER", default_value = "index.handler", conflicts_with = "arc")]
    handler: String,
    /// What runs it: nodejs*, python*, provided.al2 or provided.al2023 with an executable called bootstrap.
    #[arg(long, value_name = "RUNTIME", default_value = "nodejs22.x", conflicts_with = "arc")]
    runtime: String,
    /// A variable of its environment; may be given again.
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    variables: Vec<(String, String)>,
    /// How many seconds a call may take.
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u32>,
    /// How much memory it has, in MiB.
    #[arg(long, value_name = "MIB")]
    memory: Option<u32>,
    /// Call it with the changes of this table from now on; may be given again. A stream is enabled where there is none.
    #[arg(long = "on-table", value_name = "TABLE", conflicts_with = "arc")]
    tables: Vec<String>,
    /// Add the functions of @tables-streams of the Architect project in this directory.
    #[arg(long, value_name = "DIR")]
    arc: Option<PathBuf>,
}

fn variable(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').ok_or_else(|| "write NAME=VALUE".to_owned())?;
    Ok((pair.0.to_owned(), pair.1.to_owned()))
}

/// A function to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Added {
    pub(super) name: String,
    pub(super) directory: PathBuf,
    pub(super) handler: String,
    pub(super) runtime: String,
    pub(super) timeout_s: Option<u32>,
    pub(super) memory_mib: Option<u32>,
    /// Tables whose changes it is called with: of each, names of which the first that is there counts.
    pub(super) tables: Vec<Vec<String>>,
}

impl Add {
    pub(super) async fn run(&self, place: &Place) -> anyhow::Result<()> {
        let all = match (&self.arc, &self.name) {
            (Some(project), None) => arc::functions(project)?,
            (None, Some(name)) => vec![Added {
                name: name.clone(),
                directory: self.dir.clone(),
                handler: self.handler.clone(),
                runtime: self.runtime.clone(),
                timeout_s: None,
                memory_mib: None,
                tables: self.tables.iter().map(|table| vec![table.clone()]).collect(),
            }],
            _ => bail!("name one function, or a project with --arc"),
        };
        let mut missing = Vec::new();
        for added in &all {
            self.add(place, added).await.with_context(|| format!("function {}", added.name))?;
            for names in &added.tables {
                if let Err(error) = map(place, &added.name, names).await {
                    missing.push(format!("{}: {error:#}", added.name));
                }
            }
        }
        ensure!(
            missing.is_empty(),
            "not every function is called yet:\n  {}\nOnce the tables are there, say this again.",
            missing.join("\n  ")
        );
        Ok(())
    }

    async fn add(&self, place: &Place, added: &Added) -> anyhow::Result<()> {
        let question = question(added, (self.timeout, self.memory), &self.variables)?;
        let directory = question["Directory"].as_str().unwrap_or_default().to_owned();
        send(place, "add", question).await?;
        say(&format!("{} runs in {directory} with {}", added.name, added.runtime))
    }
}

fn question(
    added: &Added,
    (timeout_s, memory_mib): (Option<u32>, Option<u32>),
    variables: &[(String, String)],
) -> anyhow::Result<Value> {
    let directory = absolute(&added.directory)?;
    let mut question = json!({
        "FunctionName": added.name,
        "Directory": directory,
        "Handler": added.handler,
        "Runtime": added.runtime,
    });
    let variables: Map<String, Value> =
        variables.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    if !variables.is_empty() {
        question["Environment"] = json!({ "Variables": variables });
    }
    if let Some(timeout_s) = timeout_s.or(added.timeout_s) {
        question["Timeout"] = json!(timeout_s);
    }
    if let Some(memory_mib) = memory_mib.or(added.memory_mib) {
        question["MemorySize"] = json!(memory_mib);
    }
    Ok(question)
}

fn absolute(path: &Path) -> anyhow::Result<String> {
    let shown = path.display();
    let path = path.canonicalize().with_context(|| format!("{shown} cannot be used"))?;
    ensure!(path.is_dir(), "{shown} is not a directory");
    path.into_os_string().into_string().map_err(|_| anyhow::anyhow!("{shown} is not UTF-8"))
}

async fn map(place: &Place, function: &str, tables: &[String]) -> anyhow::Result<()> {
    let mut last = anyhow::anyhow!("no table is named");
    for table in tables {
        match send(place, "map", json!({ "FunctionName": function, "Table": table })).await {
            Ok(answer) => {
                let enabled =
                    if answer["StreamWasEnabled"] == false { "; its stream is enabled now" } else { "" };
                return say(&format!("{function} is called with the changes of {table}{enabled}"));
            }
            Err(error) => last = error.context(format!("table {table}")),
        }
    }
    Err(last)
}
