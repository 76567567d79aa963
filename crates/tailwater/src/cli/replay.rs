//! `tailwater replay`: plays a recording of a stream into a function, a mapping's function, or a table.
//!
//! The file is read as a stream: what is in memory is one batch. Nothing is tried again, and nothing is skipped in silence.

mod batches;
mod into_table;

use super::place::{Place, Where};
use super::progress::{grouped, say};
use super::recording::{Header, Line, Recorded, Recording};
use anyhow::{Context, anyhow};
use batches::Batches;
use clap::{Args, ValueEnum};
use environment::Clock;
use into_table::IntoTable;
use std::process::ExitCode;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  tailwater replay bug.jsonl --function barks --dry-run      Which batches there would be
  tailwater replay bug.jsonl --function barks --batch-size 1
  tailwater replay bug.jsonl --mapping barks                 As its mapping does
  tailwater replay bug.jsonl --table dogs-copy --timing original --speed 10

A function is called for each batch and its answer waited for; a batch that fails is told and not tried again, and \
the next one follows. A batch has records of one shard, one after the other in the file. With --mapping, it has its \
batch size and its filters. Into a table, each record is put or deleted, in order: that needs records with new images.";

/// Play a recording of a stream into a function, a table, or an event source mapping.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Replay {
    /// What `tailwater record` has written; - is standard input.
    file: String,
    #[command(flatten)]
    target: Target,
    /// Whether records come with the pauses that there were between them, or at once.
    #[arg(long, value_enum, default_value_t = Timing::None)]
    timing: Timing,
    /// With the original timing, so many times as fast.
    #[arg(long, value_name = "N", default_value = "1", value_parser = speed)]
    speed: f64,
    /// How many records a batch has at most. [default: 100; with --mapping its own]
    #[arg(long, value_name = "N", conflicts_with = "table", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    batch_size: Option<u32>,
    /// Show what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Show what is done as JSON, a line for each batch or record.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

/// Where it is played into.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct Target {
    /// Call this function, as an event source mapping would.
    #[arg(long, value_name = "NAME")]
    function: Option<String>,
    /// Put and delete items of this table.
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    /// Call the function of this mapping: its UUID or the beginning of it, or its function where that has only one.
    #[arg(long, value_name = "MAPPING")]
    mapping: Option<String>,
}

/// When records come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Timing {
    /// With the pauses that there were, which streams tell in seconds.
    Original,
    /// At once.
    None,
}

fn speed(text: &str) -> Result<f64, String> {
    let number: Option<f64> = text.parse().ok();
    number
        .filter(|speed| speed.is_finite() && *speed > 0.0)
        .ok_or_else(|| "write a number above 0, such as 10 or 0.5".to_owned())
}

/// What came of it so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Summary {
    records: u64,
    /// Records that filters left out.
    filtered: u64,
    calls: u64,
    failures: u64,
}

/// The clock of a replay: when the next record is due.
struct Pace {
    clock: Clock,
    timing: Timing,
    speed: f64,
    /// The time of the first record, and when it was played.
    began: Option<(u64, Duration)>,
}

impl Pace {
    /// How long to wait for a record.
    fn pause(&mut self, time_ms: Option<u64>) -> Duration {
        let (Timing::Original, Some(time_ms)) = (self.timing, time_ms) else { return Duration::ZERO };
        let now = self.clock.machine();
        let (first_ms, began) = *self.began.get_or_insert((time_ms, now));
        let after = time_ms.saturating_sub(first_ms) as f64 / 1_000.0 / self.speed;
        // Longer than anybody waits, but not more than a clock can count.
        let after = Duration::try_from_secs_f64(after).unwrap_or(Duration::from_secs(u32::MAX.into()));
        (began + after).saturating_sub(now)
    }
}

/// Where records go.
enum Player<'a> {
    Batches(Box<Batches<'a>>),
    Table(Box<IntoTable<'a>>),
}

impl Player<'_> {
    async fn play(&mut self, recorded: Recorded, place: &str, summary: &mut Summary) -> anyhow::Result<()> {
        match self {
            Self::Batches(batches) => batches.add(recorded, summary).await,
            Self::Table(table) => table.apply(&recorded, summary).await.with_context(|| place.to_owned()),
        }
    }

    /// Plays what is gathered.
    async fn flush(&mut self, summary: &mut Summary) -> anyhow::Result<()> {
        match self {
            Self::Batches(batches) => batches.flush(summary).await,
            Self::Table(_) => Ok(()),
        }
    }
}

/// Plays.
pub(crate) fn run(replay: &Replay) -> anyhow::Result<ExitCode> {
    let place = replay.place.resolve(|name| std::env::var(name).ok())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut summary = Summary::default();
    let done = runtime.block_on(async {
        tokio::select! {
            done = play(replay, &place, &mut summary) => done,
            _ = tokio::signal::ctrl_c() => Err(anyhow!("interrupted")),
        }
    });
    let told = told(replay, summary);
    match done {
        Ok(()) => say(&told),
        Err(error) if summary == Summary::default() => return Err(error),
        Err(error) => return Err(error.context(format!("stopped; {told} so far"))),
    }
    Ok(if summary.failures > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn play(replay: &Replay, place: &Place, summary: &mut Summary) -> anyhow::Result<()> {
    let (mut recording, header) = Recording::open(&replay.file)?;
    let mut player = replay.player(place, &header).await?;
    let clock = Clock::system();
    let mut pace = Pace { clock: clock.clone(), timing: replay.timing, speed: replay.speed, began: None };
    while let Some(line) = recording.read()? {
        match line {
            Line::Remark(remark) => say(&format!("{}: {remark}", recording.place())),
            Line::Record(recorded) => {
                let pause = pace.pause(recorded.time_ms);
                if !pause.is_zero() {
                    player.flush(summary).await?;
                    clock.sleep(pause).await;
                }
                player.play(recorded, &recording.place(), summary).await?;
            }
        }
    }
    player.flush(summary).await
}

impl Replay {
    async fn player<'a>(&'a self, place: &'a Place, header: &Header) -> anyhow::Result<Player<'a>> {
        let Target { function, table, mapping } = &self.target;
        match (function, table, mapping) {
            (_, Some(table), _) => {
                Ok(Player::Table(Box::new(IntoTable::open(self, place, (table, header)).await?)))
            }
            (Some(function), ..) => {
                Ok(Player::Batches(Box::new(Batches::of_function(self, place, (function, header)))))
            }
            (.., mapping) => {
                let mapping = mapping.as_deref().unwrap_or_default();
                Ok(Player::Batches(Box::new(Batches::of_mapping(self, place, (mapping, header)).await?)))
            }
        }
    }
}

/// How it went, in words.
fn told(replay: &Replay, summary: Summary) -> String {
    let counted = |count: u64, one: &str, many: &str| {
        format!("{} {}", grouped(count), if count == 1 { one } else { many })
    };
    let would = if replay.dry_run { "would be " } else { "" };
    let mut text = counted(summary.records, "record", "records");
    match &replay.target.table {
        Some(table) => text += &format!(" {would}applied to {table}"),
        None => text += &format!(" {would}played in {}", counted(summary.calls, "call", "calls")),
    }
    if summary.filtered > 0 {
        text += &format!(", {} left out by the filters of the mapping", grouped(summary.filtered));
    }
    if summary.failures > 0 {
        text += &format!(", {} failed", counted(summary.failures, "call", "calls"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_those_between_records() {
        let clock = Clock::simulated(0);
        let mut pace = Pace { clock: clock.clone(), timing: Timing::Original, speed: 2.0, began: None };
        assert_eq!(pace.pause(Some(10_000)), Duration::ZERO);
        assert_eq!(pace.pause(Some(14_000)), Duration::from_secs(2));
        clock.pass(Duration::from_millis(500));
        assert_eq!(pace.pause(Some(14_000)), Duration::from_millis(1_500));
        // Records of other shards may be older, and a few have no time.
        assert_eq!((pace.pause(Some(9_000)), pace.pause(None)), (Duration::ZERO, Duration::ZERO));
        pace.speed = f64::MIN_POSITIVE;
        assert!(pace.pause(Some(u64::MAX)) > Duration::from_secs(1));
        pace.timing = Timing::None;
        assert_eq!(pace.pause(Some(u64::MAX)), Duration::ZERO);
    }

    #[test]
    fn speeds_are_above_zero() {
        assert_eq!(speed("0.5"), Ok(0.5));
        assert!(["0", "-1", "NaN", "inf", "fast", ""].iter().all(|text| speed(text).is_err()));
    }
}
