//! `tailwater shards`: asks a running server about the shards of a stream, and to change them.

use anyhow::{Context, bail};
use bytes::Bytes;
use clap::{Args, Subcommand};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::process::ExitCode;
use tokio::net::TcpStream;

/// Look at the shards of a table's stream, roll them over, or split them, on a server that runs.
#[derive(Args, Debug)]
pub(crate) struct Shards {
    #[command(subcommand)]
    action: Action,
    /// Where the server is. [default: AWS_ENDPOINT_URL, or http://localhost:4566]
    #[arg(long, global = true, value_name = "URL")]
    endpoint: Option<Uri>,
    /// The region that the table is in. [default: AWS_REGION, AWS_DEFAULT_REGION, or us-east-1]
    #[arg(long, global = true, value_name = "NAME")]
    region: Option<String>,
    /// The account that the table is in. [default: AWS_ACCESS_KEY_ID where that is 12 digits, or 000000000000]
    #[arg(long, global = true, value_name = "DIGITS")]
    account: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show the shards, their parents and what they own.
    List(Which),
    /// Close open shards and go on in a child of each, as the server does by itself every few hours.
    Roll(Which),
    /// Close open shards and go on in two children of each, as AWS does under load.
    Split(Which),
}

#[derive(Args, Debug)]
struct Which {
    /// The table.
    table: String,
    /// This shard only.
    #[arg(long, value_name = "ID")]
    shard: Option<String>,
}

/// Where a table is.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    endpoint: Uri,
    region: String,
    account: String,
}

impl Place {
    /// What the command line says, or else the environment, as AWS's own tools read it: a table made with them
    /// is looked for where they made it. An empty variable is as none.
    fn of(shards: &Shards, variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let endpoint = match (&shards.endpoint, set("AWS_ENDPOINT_URL")) {
            (Some(endpoint), _) => endpoint.clone(),
            (None, Some(text)) => text.parse().with_context(|| format!("AWS_ENDPOINT_URL is {text}"))?,
            (None, None) => Uri::from_static("http://localhost:4566"),
        };
        let region =
            shards.region.clone().or_else(|| set("AWS_REGION")).or_else(|| set("AWS_DEFAULT_REGION"));
        let is_account = |key: &String| key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_digit());
        let account = shards.account.clone().or_else(|| set("AWS_ACCESS_KEY_ID").filter(is_account));
        Ok(Self {
            endpoint,
            region: region.unwrap_or_else(|| "us-east-1".to_owned()),
            account: account.unwrap_or_else(|| "000000000000".to_owned()),
        })
    }
}

/// Asks, and shows the answer.
pub(crate) fn run(shards: &Shards) -> anyhow::Result<ExitCode> {
    let (verb, which) = match &shards.action {
        Action::List(which) => ("list", which),
        Action::Roll(which) => ("roll", which),
        Action::Split(which) => ("split", which),
    };
    let Place { endpoint, region, account } = Place::of(shards, |name| std::env::var(name).ok())?;
    let mut question = json!({ "table": which.table, "region": region, "account": account });
    if let Some(shard) = &which.shard {
        question["shard_id"] = json!(shard);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = runtime.block_on(ask(&endpoint, verb, &question))?;
    show(&answer).context("cannot write to standard output")?;
    Ok(ExitCode::SUCCESS)
}

/// One exchange with the server.
async fn ask(endpoint: &Uri, verb: &str, question: &Value) -> anyhow::Result<Value> {
    let Some(authority) = endpoint.authority().filter(|_| endpoint.scheme_str() == Some("http")) else {
        bail!("{endpoint} is not a URL of this server: write http://HOST:PORT");
    };
    let address = (authority.host().trim_matches(['[', ']']), authority.port_u16().unwrap_or(80));
    let stream = TcpStream::connect(address).await.with_context(|| {
        format!("no server answers at {endpoint}; is it running? (--endpoint names another)")
    })?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let exchange = async {
        let request = Request::post(format!("/_tailwater/streams/{verb}"))
            .header(HOST, authority.as_str())
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(question.to_string())))?;
        let (head, body) = sender.send_request(request).await?.into_parts();
        anyhow::Ok((head.status, body.collect().await?.to_bytes()))
    };
    let driver = environment::spawn(connection);
    let (status, body) = exchange.await.with_context(|| format!("no answer from {endpoint}"))?;
    driver.abort();
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    if status.is_success() {
        return Ok(answer);
    }
    match answer["error"].as_str() {
        Some(error) => bail!("{error}"),
        None => bail!("the server answered {status}"),
    }
}

/// Shows the shards as a table, of the columns that the answer has.
fn show(answer: &Value) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if let Some(arn) = answer["stream"].as_str() {
        writeln!(out, "{arn}")?;
    }
    let rows = rows(answer["shards"].as_array().map_or(&[], Vec::as_slice));
    let widths: Vec<usize> = (0..COLUMNS.len())
        .map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or_default())
        .collect();
    for row in rows {
        let padded = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        writeln!(out, "{}", padded.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    out.flush()
}

/// The members of a shard that are shown, and their titles.
const COLUMNS: [(&str, &str); 6] = [
    ("id", "SHARD"),
    ("parent", "PARENT"),
    ("state", "STATE"),
    ("hashes", "HASHES"),
    ("created", "CREATED"),
    ("closed", "CLOSED"),
];

fn rows(shards: &[Value]) -> Vec<[String; COLUMNS.len()]> {
    let titles = COLUMNS.map(|(_, title)| title.to_owned());
    let cells = |shard: &Value| COLUMNS.map(|(member, _)| shard[member].as_str().unwrap_or("-").to_owned());
    std::iter::once(titles).chain(shards.iter().map(cells)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(clap::Parser)]
    struct Arguments {
        #[command(flatten)]
        shards: Shards,
    }

    fn place(arguments: &[&str], variables: &[(&str, &str)]) -> (String, String, String) {
        let line = ["shards"].iter().chain(arguments).chain(&["list", "dogs"]);
        let shards = <Arguments as clap::Parser>::try_parse_from(line).unwrap().shards;
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let place = Place::of(&shards, variable).unwrap();
        (place.endpoint.to_string(), place.region, place.account)
    }

    #[test]
    fn a_table_is_looked_for_where_the_tools_of_aws_would() {
        let told = |endpoint: &str, region: &str, account: &str| {
            (endpoint.to_owned(), region.to_owned(), account.to_owned())
        };
        let (home, zeros) = ("http://localhost:4566/", "000000000000");
        assert_eq!(place(&[], &[]), told(home, "us-east-1", zeros));
        let empty = ["AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID"].map(|name| (name, ""));
        assert_eq!(place(&[], &empty), told(home, "us-east-1", zeros));
        let default = ("AWS_DEFAULT_REGION", "eu-west-1");
        assert_eq!(place(&[], &[default]), told(home, "eu-west-1", zeros));
        let set = [
            default,
            ("AWS_REGION", "eu-west-2"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:8000"),
            ("AWS_ACCESS_KEY_ID", "123456789012"),
        ];
        assert_eq!(place(&[], &set), told("http://127.0.0.1:8000/", "eu-west-2", "123456789012"));
        let said = ["--endpoint", "http://[::1]:1", "--region", "x", "--account", "2"];
        assert_eq!(place(&said, &set), told("http://[::1]:1/", "x", "2"));
        assert_eq!(place(&[], &[("AWS_ACCESS_KEY_ID", "local")]).2, zeros);
    }

    #[test]
    fn what_a_shard_does_not_have_is_a_dash() {
        let rows = rows(&[json!({ "id": "shardId-1", "state": "open", "parent": null })]);
        assert_eq!(rows[0][0], "SHARD");
        assert_eq!(rows[1], ["shardId-1", "-", "open", "-", "-", "-"]);
    }
}
