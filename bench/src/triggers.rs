//! Functions and event source mappings: what a put costs with a mapping and without, how soon a function is called, what idle
//! mappings cost, what a call of a warm function costs, and how soon a change of its code counts.
//!
//! First in this process, with a function that does nothing ([`quiet`]); then on a server, with a real function in Python,
//! which tells that it was called by a datagram ([`served`]); last, functions in Node and Python by themselves ([`warm`]). Of the server only its own CPU counts, not the function's.

mod quiet;
mod served;
mod warm;

use crate::Arguments;
use anyhow::{Context as _, Result};

/// Puts a second that are offered.
const OFFERED: u64 = 10_000;

/// The tables with a mapping and without, which take turns; the middle turn of each counts.
const MAPPED: &str = "items";
const PLAIN: &str = "plain";
const TURNS: u64 = 5;

/// The revision of the items that are put first: another one than any that follows, since a put that changes nothing makes no
/// record.
const WARM_UP: u64 = 99 << 40;

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.context("the runtime")?;
    println!("| what | figure |");
    println!("|---|---|");
    runtime.block_on(quiet::run(arguments.seconds))?;
    runtime.block_on(served::run(arguments))?;
    runtime.block_on(warm::run(arguments))
}

/// Prints a row.
fn row(what: &str, figure: String) {
    println!("| {what} | {figure} |");
}

/// The median and the 99th percentile of durations in microseconds.
fn percentiles(mut samples: Vec<f64>) -> String {
    samples.sort_by(f64::total_cmp);
    let at = |part: usize| samples.get(samples.len() * part / 100).copied().unwrap_or_default();
    format!("p50 {:.0}, p99 {:.0} us", at(50), at(99))
}
