//! Runs seeds, each twice, and tells what they came to.

use anyhow::{Context, bail};
use clap::Parser;
use sim::{Scale, run};
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
    let Arguments { seeds, mappings, lives, phases, clients, operations } = Arguments::parse();
    let scale = Scale { lives, phases, clients, operations };
    let mut out = std::io::stdout().lock();
    let mut failed = 0_u64;
    if mappings {
        return of_mappings(seeds, scale, &mut out);
    }
    for seed in seeds {
        let outcome = run(seed, scale).and_then(|one| run(seed, scale).map(|other| (one, other)));
        match outcome {
            Ok((one, other)) if one != other => {
                failed += 1;
                writeln!(out, "seed {seed}: two runs differ\n{one:?}\n{other:?}")?;
            }
            Ok((report, _)) if report.faults_fired() == 0 => {
                failed += 1;
                writeln!(out, "seed {seed}: nothing failed in it, so that it shows nothing")?;
            }
            Ok((report, _)) => {
                let (trace, events, faults) = (report.trace, report.events, report.faults_fired());
                writeln!(
                    out,
                    "seed {seed}: {trace:016x}, {events} events, {faults} faults, {:?}",
                    report.counts
                )?;
            }
            Err(violation) => {
                failed += 1;
                writeln!(out, "{violation}")?;
            }
        }
        out.flush().context("nobody reads this")?;
    }
    if failed > 0 {
        bail!("{failed} seeds failed");
    }
    Ok(())
}

fn of_mappings(seeds: Range<u64>, scale: Scale, out: &mut impl Write) -> anyhow::Result<()> {
    let mut failed = 0_u64;
    for seed in seeds {
        let run = || sim::mappings::run(seed, scale);
        match run().and_then(|one| run().map(|other| (one, other))) {
            Ok((one, other)) if one == other => {
                let (trace, events) = (one.trace, one.events);
                writeln!(
                    out,
                    "seed {seed}: {trace:016x}, {events} events, {:?}, {:?}",
                    one.faults, one.counts
                )?;
            }
            Ok((one, other)) => {
                failed += 1;
                writeln!(out, "seed {seed}: two runs differ\n{one:?}\n{other:?}")?;
            }
            Err(violation) => {
                failed += 1;
                writeln!(out, "{violation}")?;
            }
        }
        out.flush().context("nobody reads this")?;
    }
    if failed > 0 {
        bail!("{failed} seeds failed");
    }
    Ok(())
}
