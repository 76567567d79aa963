//! Prints what comes of the server under load, in memory and on disk.

use crate::Arguments;
use crate::load::{self, Outcome, Scale, Size};
use crate::measure::Storage;
use anyhow::Result;

pub(crate) async fn run(arguments: &Arguments, size: Size) -> Result<()> {
    let tailwater = arguments.tailwater()?;
    println!("| storage | {} |", COLUMNS.join(" | "));
    println!("|---{}|", "|---".repeat(COLUMNS.len()));
    for storage in [Storage::Memory, Storage::Durable] {
        if arguments.storage.is_some_and(|only| only != storage) {
            continue;
        }
        let directory = arguments.directory()?;
        let path = directory.path().join("data").display().to_string();
        let place = match storage {
            Storage::Memory => vec!["--in-memory".to_owned()],
            Storage::Durable => vec!["--data-dir".to_owned(), path],
        };
        let outcome = load::run(&tailwater, &place, Scale::of(size, storage)).await?;
        println!("| {storage} | {} |", row(&outcome).join(" | "));
    }
    Ok(())
}

const COLUMNS: [&str; 7] = [
    "operations",
    "a second",
    "resident memory, MB: highest of each day",
    "longest answer, ms",
    "throttled and done in the overload",
    "items left of those put",
    "shards left of those opened",
];

fn row(outcome: &Outcome) -> [String; 7] {
    let resident: Vec<String> = outcome.resident.iter().map(|bytes| (bytes >> 20).to_string()).collect();
    [
        outcome.done.to_string(),
        outcome.per_second.to_string(),
        resident.join(", "),
        outcome.longest.as_millis().to_string(),
        format!("{} and {}", outcome.throttled, outcome.done_in_overload),
        format!("{} of {}", outcome.items[0], outcome.items[1]),
        format!("{} of {}", outcome.shards.0, outcome.shards.1),
    ]
}
