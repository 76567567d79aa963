//! `tailwater export`: the items of a table to a file, read by several scans side by side.

mod output;

use super::place::{Place, Where};
use super::progress::{Progress, counted, grouped, say};
use super::remote::Remote;
use anyhow::{Context, anyhow, bail};
use clap::{Args, ValueEnum};
use environment::Clock;
use item::{Name, Stored};
use output::{Output, Target};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::process::ExitCode;
use tokio::sync::mpsc;
use transfer::Format;
use transfer::writer::Layout;
use wire::value::items_of_document;

const EXAMPLES: &str = "\
Examples:
  tailwater export --table dogs > dogs.json
  tailwater export --table dogs -o dogs.csv
  tailwater export --table dogs -o backups/ --format ion
      Writes backups/dogs.ion.gz.

Items are read while others are written: for those of one moment, use ExportTableToPointInTime.";

/// Write the items of a table to a file, or to standard output.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Export {
    /// The table.
    #[arg(long, value_name = "NAME")]
    table: String,
    /// Where to: a file, a directory, or - for standard output. A name that ends with .gz is of a compressed file.
    #[arg(short, long, value_name = "PATH", default_value = "-")]
    out: String,
    /// How: json (a line for each item, in DynamoDB's JSON), ion, or csv. [default: as the file is named, or json]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Named>,
    /// The columns of CSV. [default: all attributes, found by reading the table twice]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    columns: Option<Vec<String>>,
    /// What parts the columns of CSV: a character, or tab. [default: a comma; a tab in a file .tsv]
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    delimiter: Option<u8>,
    /// How many scans read side by side.
    #[arg(long, value_name = "N", default_value = "4")]
    segments: NonZeroU32,
    #[command(flatten)]
    place: Where,
}

/// A format as the command line names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Named {
    Json,
    Ion,
    Csv,
}

impl From<Named> for Format {
    fn from(named: Named) -> Self {
        match named {
            Named::Json => Self::Json,
            Named::Ion => Self::Ion,
            Named::Csv => Self::Csv,
        }
    }
}

/// A delimiter as the command line says it.
pub(crate) fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(*byte),
        _ if matches!(text, "tab" | "\\t") => Ok(b'\t'),
        _ => Err("write one character, or tab".into()),
    }
}

/// What parts the columns of a file.
pub(crate) fn delimiter_of(name: &str, said: Option<u8>) -> u8 {
    let is_tabbed = name.trim_end_matches(".gz").trim_end_matches(".zst").ends_with(".tsv");
    said.unwrap_or(if is_tabbed { b'\t' } else { b',' })
}

/// Where an export stands, for whoever interrupts it.
struct Standing {
    progress: Progress,
    output: Option<Output>,
    /// Values that the format has no type for.
    untyped: u64,
}

pub(crate) fn run(export: &Export) -> anyhow::Result<ExitCode> {
    let place = export.place.resolve(|name| std::env::var(name).ok())?;
    let format =
        export.format.map_or_else(|| Format::of_name(&export.out).0.unwrap_or(Format::Json), Format::from);
    if export.columns.is_some() && format != Format::Csv {
        bail!("--columns are of CSV: say --format csv too");
    }
    let target = Target::of(&export.out, &export.table, format)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let clock = Clock::system();
        let mut source = Source { place, clock: clock.clone(), export };
        let (layout, total) = source.layout(format, &target).await?;
        let progress = Progress::begin(clock, total, false);
        let mut standing = Standing { progress, output: None, untyped: 0 };
        let done = tokio::select! {
            done = source.write(&layout, &target, &mut standing) => done,
            _ = tokio::signal::ctrl_c() => Err(anyhow!("interrupted")),
        };
        standing.finish(done, &target)
    })
}

impl Standing {
    fn finish(self, done: anyhow::Result<()>, target: &Target) -> anyhow::Result<ExitCode> {
        let Self { progress, output, untyped } = self;
        let finished = done.and_then(|()| {
            let finished = output.map_or(Ok(()), Output::finish);
            finished.with_context(|| format!("cannot write {}", target.unfinished()))
        });
        match finished {
            Ok(()) => {}
            // Whoever reads has enough.
            Err(error) if is_broken_pipe(&error) && *target == Target::Standard => {
                progress.leave();
                return Ok(ExitCode::SUCCESS);
            }
            Err(error) => {
                progress.leave();
                let items = counted(progress.items());
                return Err(error.context(format!("stopped; {items} so far in {}", target.unfinished())));
            }
        }
        progress.end(&format!("written to {}", target.finished()));
        if untyped > 0 {
            let values = grouped(untyped);
            say(&format!(
                "{values} booleans, nulls, sets, lists and maps were written as JSON: an import reads strings"
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let of_io = error.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>());
    of_io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// The table.
struct Source<'a> {
    place: Place,
    clock: Clock,
    export: &'a Export,
}

impl Source<'_> {
    /// How the items are to be written, and about how many there are.
    async fn layout(&mut self, format: Format, target: &Target) -> anyhow::Result<(Layout, Option<u64>)> {
        let mut remote = Remote::new(self.place.clone(), self.clock.clone());
        let request = json!({ "TableName": self.export.table }).to_string();
        let answer = remote.call("DescribeTable", request.into()).await?;
        let described: Value = serde_json::from_slice(&answer).context("the answer to DescribeTable")?;
        let table = &described["Table"];
        let layout = match format {
            Format::Json => Layout::Json,
            Format::Ion => Layout::Ion,
            Format::Csv => {
                let delimiter = delimiter_of(&target.finished(), self.export.delimiter);
                Layout::Csv { columns: self.columns(table).await?, delimiter }
            }
        };
        Ok((layout, table["ItemCount"].as_u64()))
    }

    /// The columns that were named, or else all attributes: those of the key first, then by name.
    async fn columns(&self, table: &Value) -> anyhow::Result<Vec<Name>> {
        if let Some(columns) = &self.export.columns {
            return Ok(columns.iter().map(|name| Name::from(name.as_str())).collect());
        }
        let keys = table["KeySchema"].as_array().into_iter().flatten();
        let mut columns: Vec<Name> =
            keys.filter_map(|key| key["AttributeName"].as_str()).map(Name::from).collect();
        let (mut pages, mut others) = (self.scan(), BTreeSet::new());
        while let Some(page) = pages.recv().await {
            for (name, _) in page?.iter().flat_map(Stored::iter) {
                if !others.contains(name) && !columns.iter().any(|column| column == name) {
                    others.insert(Name::from(name));
                }
            }
        }
        columns.extend(others);
        Ok(columns)
    }

    async fn write(&self, layout: &Layout, target: &Target, standing: &mut Standing) -> anyhow::Result<()> {
        let context = || format!("cannot write {}", target.unfinished());
        let output = standing.output.insert(Output::create(target).with_context(context)?);
        let mut pages = self.scan();
        let mut text = Vec::new();
        layout.write_start(&mut text);
        while let Some(page) = pages.recv().await {
            let page = page?;
            for item in &page {
                self.require_columns(layout, item)?;
                standing.untyped += layout.write_item(&mut text, item)?;
            }
            output.write(&text).with_context(context)?;
            text.clear();
            let count = page.len() as u64;
            standing.progress.add(count, count);
        }
        output.write(&text).with_context(context)
    }

    /// Refuses an item of which a part would be lost, unless the columns were chosen.
    fn require_columns(&self, layout: &Layout, item: &Stored) -> anyhow::Result<()> {
        let Layout::Csv { columns, .. } = layout else { return Ok(()) };
        if self.export.columns.is_some() {
            return Ok(());
        }
        match item.iter().find(|(name, _)| !columns.iter().any(|column| column == name)) {
            None => Ok(()),
            Some((name, _)) => {
                bail!("the attribute {name} came while the table was read; name the --columns")
            }
        }
    }

    /// Reads the table, segment by segment side by side.
    fn scan(&self) -> mpsc::Receiver<anyhow::Result<Vec<Stored>>> {
        let (pages, received) = mpsc::channel(4);
        let segments = self.export.segments.get();
        for segment in 0..segments {
            let remote = Remote::new(self.place.clone(), self.clock.clone());
            let request =
                json!({ "TableName": self.export.table, "Segment": segment, "TotalSegments": segments });
            let (request, pages) = (request.to_string(), pages.clone());
            let its_pages = pages.clone();
            let scan = environment::spawn(async move { scan_segment(remote, &request, &its_pages).await });
            drop(environment::spawn(async move {
                // A panic is a failure too: what was not read is not to be left out in silence.
                if let Err(error) = scan.await.unwrap_or_else(|panic| Err(panic.into())) {
                    drop(pages.send(Err(error)).await);
                }
            }));
        }
        received
    }
}

async fn scan_segment(
    mut remote: Remote,
    request: &str,
    pages: &mpsc::Sender<anyhow::Result<Vec<Stored>>>,
) -> anyhow::Result<()> {
    let mut start: Option<String> = None;
    loop {
        let body = match &start {
            None => request.to_owned(),
            Some(key) => format!("{},\"ExclusiveStartKey\":{key}}}", request.trim_end_matches('}')),
        };
        let answer = remote.call("Scan", body.into()).await?;
        let (items, next) = items_of_document(&answer, "Items", "LastEvaluatedKey")
            .map_err(|error| anyhow!("the answer to Scan cannot be read: {error}"))?;
        // Nobody reads on where the export has ended.
        if pages.send(Ok(items)).await.is_err() || next.is_none() {
            return Ok(());
        }
        start = next;
    }
}
