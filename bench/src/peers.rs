//! The same requests to other servers that speak DynamoDB, in turns with Tailwater in memory and the floor.
//!
//! A peer is whatever its command starts; `bench/peers` installs some and names them. One that refuses what it is asked has
//! its words below the table instead of a figure.

use crate::Arguments;
use crate::client::Connection;
use crate::measure::{Cost, Load, run as load};
use crate::process::{Server, free_port};
use crate::report::{middle, serve_floor, serve_tailwater};
use crate::workload::{WORKLOADS, Workload, prepare};
use anyhow::{Context as _, Result};
use environment::Environment;
use std::path::Path;
use std::str::FromStr;

/// The workloads that are asked of peers: what applications do most.
const ASKED: [&str; 6] =
    ["PutItem", "GetItem", "UpdateItem", "Query of 20", "TransactWrite of 4", "BatchWrite of 25"];

/// Seconds of a turn: long enough for some requests to the slowest of them, and for their time to be told.
const TURN_S: f64 = 1.0;

/// A server to measure beside ours.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    name: String,
    /// A command of the shell; `{port}` stands for the port at which it is to listen.
    command: String,
}

impl FromStr for Peer {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, command) = text.split_once('=').ok_or("a peer is NAME=COMMAND")?;
        if !command.contains("{port}") {
            return Err("the command of a peer names its port as {port}");
        }
        Ok(Self { name: name.to_owned(), command: command.to_owned() })
    }
}

impl Peer {
    async fn start(&self, environment: &Environment) -> Result<Server> {
        let port = free_port()?;
        // Of the shell nothing is left, so that what it starts is what is measured.
        let command = format!("exec {}", self.command.replace("{port}", &port.to_string()));
        let server = Server::start(environment, Path::new("/bin/sh"), &["-c".into(), command], port).await?;
        Ok(server.that_ends_threads())
    }
}

/// A server that is measured, with the tables of the workloads.
struct Contender {
    name: String,
    server: Server,
    /// How many requests of the workload it was sent.
    sent: u64,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    let environment = Environment::system();
    let mut contenders = Vec::new();
    let tailwater = serve_tailwater(arguments, &environment).await?;
    contenders.push(Contender { name: "Tailwater".into(), server: tailwater, sent: 0 });
    for peer in &arguments.peers {
        let server = peer.start(&environment).await?;
        contenders.push(Contender { name: peer.name.clone(), server, sent: 0 });
    }
    for contender in &contenders {
        let mut connection = Connection::open(contender.server.port).await?;
        prepare(&mut connection, arguments.keys).await.with_context(|| contender.name.clone())?;
    }
    head(&contenders);
    let mut refusals = Vec::new();
    for name in ASKED {
        let workload = WORKLOADS.iter().find(|workload| workload.name == name).context("a workload")?;
        if arguments.wants(name) {
            row(arguments, &environment, (workload, &mut contenders), &mut refusals).await?;
        }
    }
    refusals.iter().for_each(|refusal| println!("{refusal}"));
    Ok(())
}

fn head(contenders: &[Contender]) {
    let names: Vec<&str> = contenders.iter().map(|contender| contender.name.as_str()).collect();
    println!("| workload | connections | keys | floor us/op | {} |", names.join(" | "));
    println!("|---|---|---|---|{}", "---|".repeat(names.len()));
}

/// Every server's turns at one workload: CPU over the floor's, and operations a second.
async fn row(
    arguments: &Arguments,
    environment: &Environment,
    (workload, contenders): (&Workload, &mut [Contender]),
    refusals: &mut Vec<String>,
) -> Result<()> {
    let one = Load { workload, keys: arguments.keys, connections: arguments.connections };
    let ours = contenders.first().context("Tailwater")?;
    let warm = load(environment, &ours.server, one, TURN_S, 0).await?;
    let floor = serve_floor(environment, warm.answer_bytes / warm.operations.max(1)).await?;
    let turns = (arguments.seconds / TURN_S).ceil().max(1.0) as usize;
    let mut bare = Vec::new();
    let mut costs: Vec<Vec<Cost>> = contenders.iter().map(|_| Vec::new()).collect();
    for _ in 0..turns {
        bare.push(load(environment, &floor, one, TURN_S, 0).await?.cpu_us());
        for (contender, costs) in contenders.iter_mut().zip(&mut costs) {
            match load(environment, &contender.server, one, TURN_S, contender.sent).await {
                Ok(cost) => {
                    contender.sent += cost.operations;
                    costs.push(cost);
                }
                Err(error) => {
                    let refusal = format!("{}, {}: {error:#}", contender.name, workload.name);
                    if refusals.last() != Some(&refusal) {
                        refusals.push(refusal);
                    }
                }
            }
        }
    }
    let bare = middle(bare.into_iter());
    let cells: Vec<String> = costs.iter().map(|costs| cell(costs, turns, bare)).collect();
    let Arguments { connections, keys, .. } = arguments;
    println!("| {} | {connections} | {keys} | {bare:.1} | {} |", workload.name, cells.join(" | "));
    Ok(())
}

fn cell(costs: &[Cost], turns: usize, bare_us: f64) -> String {
    if costs.len() < turns {
        return "refused".into();
    }
    let cpu = middle(costs.iter().map(Cost::cpu_us)) / bare_us;
    format!("{cpu:.1} ({:.0}/s)", middle(costs.iter().map(Cost::rate)))
}
