//! `tailwater record`: a table's stream, or a part of it, to a file.

use super::Usage;
use super::api::time;
use super::following::{Following, Next, Span};
use super::output::{self, Reader};
use super::place::{Place, Where};
use super::progress::{grouped, say};
use super::recording::{Header, record_line, remark_line};
use anyhow::Context;
use clap::Args;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  tailwater record dogs -o dogs.jsonl                    All records that there are
  tailwater record dogs -o dogs.jsonl -f                 What is written from now on, until Ctrl-C
  tailwater record dogs -o bug.jsonl --ago 10m
  tailwater record dogs --filter '{\"eventName\": [\"REMOVE\"]}' | gzip > removed.jsonl.gz

`tailwater replay` plays a recording into a function, a table or an event source mapping.";

/// Write the records of a table's stream to a file of JSON lines, to be replayed.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Record {
    /// The table.
    table: String,
    /// Where to: a file that is not there yet, or - for standard output.
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    out: String,
    #[command(flatten)]
    span: Span,
    #[command(flatten)]
    place: Where,
}

/// Where it is written.
enum Sink {
    Standard,
    File(File),
}

impl Sink {
    fn create(name: &str) -> anyhow::Result<Self> {
        if name == "-" {
            return Ok(Self::Standard);
        }
        match File::create_new(name) {
            Ok(file) => Ok(Self::File(file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                Err(anyhow::anyhow!("{name} is there already: name another file, or delete it"))
            }
            Err(error) => Err(error).with_context(|| format!("cannot write {name}")),
        }
    }

    fn write(&mut self, text: &str) -> anyhow::Result<Reader> {
        match self {
            Self::Standard => output::write(text),
            // At once, so that what was read is there whatever ends it.
            Self::File(file) => {
                file.write_all(text.as_bytes()).context("cannot write the recording")?;
                Ok(Reader::Listens)
            }
        }
    }
}

/// Records.
pub(crate) fn run(record: &Record) -> anyhow::Result<ExitCode> {
    if let Some(why) = record.span.contradiction() {
        return Err(Usage(why.to_owned()).into());
    }
    let place = record.place.resolve(|name| std::env::var(name).ok())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut records = 0;
    let done = runtime.block_on(async {
        tokio::select! {
            done = write(record, &place, &mut records) => done,
            interrupted = tokio::signal::ctrl_c() => interrupted.context("cannot wait for Ctrl-C"),
        }
    });
    let name = if record.out == "-" { "standard output" } else { &record.out };
    let counted = format!("{} {}", grouped(records), if records == 1 { "record" } else { "records" });
    match done {
        Ok(()) => say(&format!("{counted} written to {name}")),
        Err(error) if records == 0 => return Err(error),
        Err(error) => return Err(error.context(format!("stopped; {counted} so far in {name}"))),
    }
    Ok(ExitCode::SUCCESS)
}

async fn write(record: &Record, place: &Place, records: &mut u64) -> anyhow::Result<()> {
    let (mut following, described) = Following::begin(place, &record.table, &record.span).await?;
    let mut sink = Sink::create(&record.out)?;
    let header = Header {
        stream_arn: described.stream_arn,
        table: described.table,
        key_schema: described.key_schema,
        view_type: described.view_type,
    };
    let mut reader = sink.write(&header.line())?;
    while reader == Reader::Listens {
        reader = match following.next().await? {
            Next::Over => return Ok(()),
            Next::Remark(remark) => {
                say(&remark);
                sink.write(&remark_line(&remark))?
            }
            Next::Record(told) => {
                let reader = sink.write(&record_line(&told.shard, &time(&told.record), &told.record))?;
                *records += 1;
                reader
            }
        };
    }
    Ok(())
}
