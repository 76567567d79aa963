//! Runs seeds, each twice, and tells what they came to.

use anyhow::{Context, bail};
use clap::Parser;
use sim::servers::FAULTS_MIN;
use sim::{Scale, Violation, run};
use std::io::Write;
use std::ops::Range;

/// Simulated runs of the database: a seed is a run, and the same run every time.
#[derive(Parser)]
struct Arguments {
    /// The seeds: one, or a range such as 0..200.
    #[arg(long, default_value = "0..20", value_parser = seeds)]
    seeds: Range<u64>,
    /// Runs of event source mappings, instead of those of tables.
    #[arg(long)]
    mappings: bool,
    /// Runs of the whole server over a network, instead of those of tables.
    #[arg(long, conflicts_with = "mappings")]
    servers: bool,
    /// Lives of each run, all but the last ended by a crash.
    #[arg(long, default_value_t = Scale::default().lives)]
    lives: u64,
    /// Phases of a life.
    #[arg(long, default_value_t = Scale::default().phases)]
    phases: u64,
    /// Clients at a time.
    #[arg(long, default_value_t = Scale::default().clients)]
    clients: u64,
    /// Operations of a client in a phase.
    #[arg(long, default_value_t = Scale::default().operations)]
    operations: u64,
}

fn seeds(text: &str) -> Result<Range<u64>, std::num::ParseIntError> {
    match text.split_once("..") {
        Some((from, to)) => Ok(from.parse()?..to.parse()?),
        None => text.parse().map(|seed: u64| seed..seed.saturating_add(1)),
    }
}

fn main() -> anyhow::Result<()> {
    let Arguments { seeds, mappings, servers, lives, phases, clients, operations } = Arguments::parse();
    let scale = Scale { lives, phases, clients, operations };
    if mappings {
        return twice(seeds, |seed| sim::mappings::run(seed, scale), |_| true);
    }
    if servers {
        return twice(
            seeds,
            |seed| sim::servers::run(seed, scale),
            |report| report.faults_fired() >= FAULTS_MIN,
        );
    }
    twice(seeds, |seed| run(seed, scale), |report| report.faults_fired() > 0)
}

/// Runs each seed twice, and tells what it came to. A run in which too little failed shows nothing, so that it fails.
fn twice<R: std::fmt::Debug + PartialEq>(
    seeds: Range<u64>,
    run: impl Fn(u64) -> Result<R, Violation>,
    shows_something: impl Fn(&R) -> bool,
) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let mut failed = 0_u64;
    for seed in seeds {
        let outcome = run(seed).and_then(|one| run(seed).map(|other| (one, other)));
        let (is_right, told) = match outcome {
            Ok((one, other)) if one != other => (false, format!("two runs differ\n{one:?}\n{other:?}")),
            Ok((one, _)) if !shows_something(&one) => (false, format!("too little failed in it: {one:?}")),
            Ok((one, _)) => (true, format!("{one:?}")),
            Err(violation) => (false, violation.to_string()),
        };
        failed += u64::from(!is_right);
        writeln!(out, "seed {seed}: {told}")?;
        out.flush().context("nobody reads this")?;
    }
    if failed > 0 {
        bail!("{failed} seeds failed");
    }
    Ok(())
}
