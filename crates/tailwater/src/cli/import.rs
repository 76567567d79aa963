//! `tailwater import`: the items of files into a table, by several writers side by side.
//!
//! A file is read on a thread of its own. Which writer gets an item is decided by its key, so that of several items of
//! one key the last one stays.

mod reading;
mod writing;

use super::export::{Named, delimiter, delimiter_of};
use super::place::{Place, Where};
use super::progress::{Progress, counted, grouped, say};
use super::remote::Remote;
use anyhow::{Context, anyhow, bail};
use clap::Args;
use environment::Clock;
use item::{KeyKind, Name};
use reading::{Input, Reading};
use serde_json::{Value, json};
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use transfer::csv::CsvOptions;
use transfer::{Compression, Format};

const EXAMPLES: &str = "\
Examples:
  tailwater import --table dogs dogs.json.gz
  tailwater import --table dogs --create --key name --sort-key age:N dogs.csv
  gunzip -c dogs.ion.gz | tailwater import --table dogs --format ion -";

/// Put the items of files, or of standard input, into a table.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Import {
    /// The table.
    #[arg(long, value_name = "NAME")]
    table: String,
    /// The files; - is standard input. Names that end with .gz or .zst are of compressed files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// What they are written in: json (a line for each item, in DynamoDB's JSON), ion, or csv. [default: as each file is
    /// named; json for standard input]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Named>,
    /// What parts the columns of CSV: a character, or tab. [default: a comma; a tab in a file .tsv]
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    delimiter: Option<u8>,
    /// The columns of CSV files that have no header.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    header: Option<Vec<String>>,
    /// Make the table first, billed by request.
    #[arg(long, requires = "key")]
    create: bool,
    /// The partition key of the new table, with its type: S (a string, if nothing is said), N or B.
    #[arg(long, value_name = "NAME[:TYPE]", requires = "create", value_parser = key)]
    key: Option<Key>,
    /// The sort key of the new table.
    #[arg(long, value_name = "NAME[:TYPE]", requires = "create", value_parser = key)]
    sort_key: Option<Key>,
    /// Go on behind what is no item, or none that the table can hold, instead of stopping.
    #[arg(long)]
    skip_errors: bool,
    /// How many write side by side.
    #[arg(long, value_name = "N", default_value = "4")]
    writers: NonZeroUsize,
    #[command(flatten)]
    place: Where,
}

/// An attribute of a key, and its type.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    name: String,
    kind: KeyKind,
}

fn key(text: &str) -> Result<Key, String> {
    let (name, kind) = match text.rsplit_once(':') {
        None => (text, KeyKind::S),
        Some((name, "S")) => (name, KeyKind::S),
        Some((name, "N")) => (name, KeyKind::N),
        Some((name, "B")) => (name, KeyKind::B),
        Some(_) => return Err("write NAME, or NAME:S, NAME:N or NAME:B".into()),
    };
    if name.is_empty() { Err("the name is missing".into()) } else { Ok(Key { name: name.to_owned(), kind }) }
}

/// What the reader and the writers tell.
pub(super) enum Event {
    /// So many items are in the table.
    Written(u64),
    /// So many bytes of the files were read.
    Read(u64),
    /// Something is no item, or none that the table can hold: where, and why.
    Bad(String, String),
    /// Nothing more can be done.
    Failed(anyhow::Error),
}

/// How many bad records are told one by one.
const TOLD_MAX: u64 = 20;

/// How long a new table may take.
const CREATION_MAX: Duration = Duration::from_secs(120);

pub(crate) fn run(mut import: Import) -> anyhow::Result<ExitCode> {
    let place = import.place.resolve(|name| std::env::var(name).ok())?;
    let inputs = import.files.iter().map(|name| import.input(name)).collect::<anyhow::Result<Vec<_>>>()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let clock = Clock::system();
        let total = inputs.iter().map(|input| input.bytes).sum::<Option<u64>>();
        let mut progress = Progress::begin(clock.clone(), total, true);
        let mut skipped = 0;
        let done = tokio::select! {
            done = import.fill(place, clock, inputs, (&mut progress, &mut skipped)) => done,
            _ = tokio::signal::ctrl_c() => Err(anyhow!("interrupted")),
        };
        if let Err(error) = done {
            progress.leave();
            let (items, table) = (counted(progress.items()), &import.table);
            return Err(error.context(format!("stopped; {items} so far in {table}")));
        }
        progress.end(&format!("put into {}", import.table));
        if skipped > 0 {
            say(&format!("records skipped: {}", grouped(skipped)));
        }
        Ok(ExitCode::SUCCESS)
    })
}

impl Import {
    /// How a file is to be read.
    fn input(&self, name: &str) -> anyhow::Result<Input> {
        let (of_name, compression) = Format::of_name(name);
        let said = self.format.map(Format::from);
        let is_standard = name == "-";
        let bytes = match std::fs::metadata(name) {
            _ if is_standard => None,
            Ok(found) if found.is_file() => Some(found.len()),
            Ok(found) if found.is_dir() => bail!("{name} is a directory; name the files in it"),
            Ok(_) => None,
            Err(error) => return Err(anyhow!(error).context(format!("cannot read {name}"))),
        };
        let format = match said.or(of_name) {
            Some(format) => format,
            None if is_standard => Format::Json,
            None => bail!("{name}: the name does not say what it is written in; say --format"),
        };
        let compression = if is_standard { Compression::None } else { compression };
        let csv = CsvOptions {
            delimiter: delimiter_of(name, self.delimiter),
            header: self.header.clone(),
            kinds: Vec::new(),
        };
        Ok(Input { name: name.to_owned(), bytes, source: transfer::Source { format, compression, csv } })
    }

    async fn fill(
        &mut self,
        place: Place,
        clock: Clock,
        mut inputs: Vec<Input>,
        (progress, skipped): (&mut Progress, &mut u64),
    ) -> anyhow::Result<()> {
        let mut remote = Remote::new(place.clone(), clock.clone());
        let table = self.table(&mut remote).await?;
        let (keys, kinds) = keys_of(&table)?;
        for input in &mut inputs {
            input.source.csv.kinds.clone_from(&kinds);
        }
        let (events, mut told) = mpsc::channel(64);
        let mut writers = Vec::new();
        for _ in 0..self.writers.get() {
            let (batches, received) = mpsc::channel(2);
            let remote = Remote::new(place.clone(), clock.clone());
            let writer = writing::Writer { remote, table: self.table.clone(), events: events.clone() };
            let (writing, events) = (environment::spawn(writer.run(received)), events.clone());
            drop(environment::spawn(async move {
                // A panic is a failure too: what was not written is not to be left out in silence.
                if let Err(panic) = writing.await {
                    drop(events.send(Event::Failed(panic.into())).await);
                }
            }));
            writers.push(batches);
        }
        let reading = Reading::new(Arc::from(keys), writers, events);
        let reader = environment::spawn_thread("reading", move || reading.run(inputs));
        let reader = reader.context("cannot start a thread")?;
        while let Some(event) = told.recv().await {
            match event {
                Event::Written(items) => progress.add(items, 0),
                Event::Read(bytes) => progress.add(0, bytes),
                Event::Failed(error) => return Err(error),
                Event::Bad(place, reason) if !self.skip_errors => {
                    bail!("{place}: {reason} (--skip-errors goes on)");
                }
                Event::Bad(place, reason) => {
                    *skipped += 1;
                    match *skipped {
                        ..=TOLD_MAX => progress.say(&format!("{place}: {reason}")),
                        count if count == TOLD_MAX + 1 => progress.say("... and more"),
                        _ => {}
                    }
                }
            }
        }
        // Nobody tells anything any more: it has read all, or panicked.
        reader.join().map_err(|_| anyhow!("reading panicked, which is a defect of tailwater"))
    }

    /// The description of the table, which is made where that is asked for.
    async fn table(&self, remote: &mut Remote) -> anyhow::Result<Value> {
        if let (true, Some(key)) = (self.create, &self.key) {
            let keys: Vec<(&Key, &str)> = [(Some(key), "HASH"), (self.sort_key.as_ref(), "RANGE")]
                .into_iter()
                .filter_map(|(key, role)| Some((key?, role)))
                .collect();
            let definitions: Vec<Value> = keys
                .iter()
                .map(|(key, _)| json!({ "AttributeName": key.name, "AttributeType": key.kind.as_str() }))
                .collect();
            let schema: Vec<Value> = keys
                .iter()
                .map(|(key, role)| json!({ "AttributeName": key.name, "KeyType": role }))
                .collect();
            let request = json!({
                "TableName": self.table, "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": definitions, "KeySchema": schema,
            });
            remote.call("CreateTable", request.to_string().into()).await?;
        }
        let clock = Clock::system();
        let request = json!({ "TableName": self.table }).to_string();
        loop {
            let answer = match remote.call("DescribeTable", request.clone().into()).await {
                Err(error) if error.is_not_found() => {
                    return Err(anyhow!(error).context("the table is not there; --create makes it"));
                }
                answer => answer?,
            };
            let described: Value = serde_json::from_slice(&answer).context("the answer to DescribeTable")?;
            if described["Table"]["TableStatus"] != "CREATING" {
                return Ok(described["Table"].clone());
            }
            if clock.machine() > CREATION_MAX {
                bail!("the table is still being made");
            }
            remote.wait(1).await;
        }
    }
}

/// The attributes of a table's key, and the types of those and of its indexes' keys.
type Keys = (Vec<Name>, Vec<(Name, KeyKind)>);

fn keys_of(table: &Value) -> anyhow::Result<Keys> {
    let members = |name: &str| table[name].as_array().into_iter().flatten();
    let name = |member: &Value| member["AttributeName"].as_str().map(Name::from);
    let kind = |member: &Value| match member["AttributeType"].as_str()? {
        "N" => Some(KeyKind::N),
        "B" => Some(KeyKind::B),
        _ => Some(KeyKind::S),
    };
    let keys: Vec<Name> = members("KeySchema").filter_map(name).collect();
    if keys.is_empty() {
        bail!("the answer to DescribeTable has no key");
    }
    let kinds = members("AttributeDefinitions").filter_map(|member| Some((name(member)?, kind(member)?)));
    Ok((keys, kinds.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_name_and_a_type() {
        let of = |name: &str, kind| Ok(Key { name: name.into(), kind });
        assert_eq!(key("pk"), of("pk", KeyKind::S));
        assert_eq!(key("a:b:N"), of("a:b", KeyKind::N));
        assert_eq!(key("x:B"), of("x", KeyKind::B));
        assert!(key("x:y").is_err() && key(":S").is_err() && key("").is_err());
    }
}
