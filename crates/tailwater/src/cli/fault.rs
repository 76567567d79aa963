//! `tailwater fault`: things that go wrong on purpose, on a server that runs.

use super::place::Where;
use super::table::columns;
use super::{output, own};
use crate::units;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use environment::faults::{Kind, Scopes};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

const KINDS: &str = "\
Kinds, and what each may be limited to, besides an account (--account) and a region (--region):
  duplicate-batch     A reader is given a batch again: GetRecords with the next iterator, or a
                      function by its mapping.  [--operation GetRecords | --function |
                      --mapping; --table, --shard]
  expire-iterators    GetRecords answers ExpiredIteratorException, and the iterator stays
                      expired. [--table, --shard]
  trim                What a reader was about to read has been trimmed:
                      TrimmedDataAccessException for clients; a mapping goes on behind it.  [as
                      duplicate-batch]
  empty-page          GetRecords answers no records though there are some; the next page has
                      them. [--table, --shard]
  stale-shards        DescribeStream answers what was so before shards were last rolled over or
                      split: the parent open, no children.  [--table]
  throttle            The request is refused with the error that AWS declares for it:
                      ProvisionedThroughputExceededException, LimitExceededException
                      (GetRecords) or ThrottlingException.  [--operation, --table, --shard]
  fail-write          A write answers InternalServerError (500), and is not done.  [--operation,
                      --table]
  lose-answer         The same, but the write was done.  [--operation, --table]
  delay               The request waits for --ms of machine time first.  [--operation, --table,
                      --shard]
  kill-function       The function's processes are killed once a call has begun, or --ms later.
                      [--function, --mapping]
  crash-after-invoke  A mapping goes on as after a crash between the end of a call and its
                      checkpoint: what it did not store comes again.  [--table, --shard,
                      --function, --mapping]

When: without more, at each match, until it is cleared. --after skips matches, --times ends it,
--for ends it by service time (tailwater clock moves that too), and --probability leaves it to
chance, which follows from --seed and from the number of the match alone: the same requests meet
the same faults.

Examples:
  tailwater fault add throttle --operation GetRecords --table dogs --times 3
      Does the consumer back off, and go on where it was?

  tailwater fault add expire-iterators --table dogs --probability 0.05 --seed 7
      One iterator in twenty expires, the same ones in each run.

  tailwater fault add trim --table dogs --times 1
      Does the consumer report the gap, or skip it in silence?

  tailwater fault add lose-answer --operation PutItem --times 1
      Does the retry of a write that was done do harm?

  tailwater fault add kill-function --function resize --ms 20 --times 2
  tailwater fault add crash-after-invoke --function resize --probability 0.1 --seed 1
      Does the function bear to see a batch twice?

  tailwater fault list
  tailwater fault clear";

const EXAMPLES: &str = "\
Examples:
  tailwater fault add throttle --operation GetRecords --table dogs --times 3
  tailwater fault list                          Show the faults, and how often they struck
  tailwater fault clear                         Take them all away
  tailwater fault add --help                    All kinds, and what each may be limited to";

/// Let things go wrong on purpose, on a server that runs: throttling, expired iterators, crashes.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Faults {
    #[command(subcommand)]
    action: Action,
    /// Show the answer as JSON, one fault a line.
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Add a fault, which strikes from now on, until it is over, cleared, or the server restarts.
    #[command(after_help = KINDS)]
    Add(Box<Add>),
    /// Show the faults, and how often each matched and struck.
    #[command(after_help = "Example: tailwater fault list")]
    List,
    /// Take away a fault, or all of them.
    #[command(after_help = "Examples:\n  tailwater fault clear\n  tailwater fault clear 3")]
    Clear(Clear),
}

#[derive(Args, Debug)]
struct Add {
    /// What goes wrong: see below.
    #[arg(value_parser = PossibleValuesParser::new(Kind::ALL.iter().map(|kind| kind.name())), hide_possible_values = true)]
    kind: String,
    /// The milliseconds of delay, and of kill-function, where they are 0 without.
    #[arg(long, value_name = "MS")]
    ms: Option<u64>,
    /// Only this operation, such as GetRecords.
    #[arg(long, value_name = "NAME", help_heading = "Where")]
    operation: Option<String>,
    /// Only this table.
    #[arg(long, value_name = "NAME", help_heading = "Where")]
    table: Option<String>,
    /// Only this shard.
    #[arg(long, value_name = "ID", help_heading = "Where")]
    shard: Option<String>,
    /// Only this function.
    #[arg(long, value_name = "NAME", help_heading = "Where")]
    function: Option<String>,
    /// Only this event source mapping: its UUID, or the beginning of it.
    #[arg(long, value_name = "UUID", help_heading = "Where")]
    mapping: Option<String>,
    /// So many times at most.
    #[arg(long, value_name = "N", help_heading = "When")]
    times: Option<u64>,
    /// Not at the first so many matches.
    #[arg(long, value_name = "N", help_heading = "When")]
    after: Option<u64>,
    /// With this chance, above 0 and at most 1.
    #[arg(long, value_name = "P", help_heading = "When")]
    probability: Option<f64>,
    /// What chance follows from. [default: 0]
    #[arg(long, value_name = "N", requires = "probability", help_heading = "When")]
    seed: Option<u64>,
    /// For so long, in service time.
    #[arg(long = "for", value_name = "TIME", value_parser = units::positive_duration, help_heading = "When")]
    for_: Option<Duration>,
}

#[derive(Args, Debug)]
struct Clear {
    /// The number of the fault; all of them where it is not given.
    id: Option<u64>,
}

/// Asks, and shows the answer.
pub(crate) fn run(faults: &Faults) -> anyhow::Result<ExitCode> {
    let place = faults.place.resolve(|name| std::env::var(name).ok())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (verb, mut question) = question(&faults.action);
    if verb == "add" {
        // Where nobody says where, it is everywhere; the environment says only where tables are looked for.
        for (name, said) in [("account", faults.place.account()), ("region", faults.place.region())] {
            if let Some(said) = said {
                question[name] = json!(said);
            }
        }
    }
    let answer = runtime.block_on(own::ask(&place, &format!("faults/{verb}"), &question))?;
    let text = if faults.json { lines(verb, &answer) } else { shown(verb, &answer) };
    output::write(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn question(action: &Action) -> (&'static str, Value) {
    match action {
        Action::Add(add) => ("add", add.question()),
        Action::List => ("list", json!({})),
        Action::Clear(Clear { id: Some(id) }) => ("clear", json!({ "id": id })),
        Action::Clear(Clear { id: None }) => ("clear", json!({})),
    }
}

impl Add {
    fn question(&self) -> Value {
        let for_ms = self.for_.map(|span| u64::try_from(span.as_millis()).unwrap_or(u64::MAX));
        let mut question = json!({
            "kind": self.kind,
            "ms": self.ms,
            "operation": self.operation,
            "table": self.table,
            "shard": self.shard,
            "function": self.function,
            "mapping": self.mapping,
            "times": self.times,
            "after": self.after,
            "probability": self.probability,
            "seed": self.seed,
            "for_ms": for_ms,
        });
        if let Some(members) = question.as_object_mut() {
            members.retain(|_, value| !value.is_null());
        }
        question
    }
}

/// The faults of an answer.
fn list<'a>(verb: &str, answer: &'a Value) -> &'a [Value] {
    let name = match verb {
        "add" => return std::slice::from_ref(answer),
        "clear" => "cleared",
        _ => "faults",
    };
    answer[name].as_array().map_or(&[], Vec::as_slice)
}

fn lines(verb: &str, answer: &Value) -> String {
    list(verb, answer).iter().map(|fault| format!("{fault}\n")).collect()
}

fn shown(verb: &str, answer: &Value) -> String {
    match (verb, list(verb, answer)) {
        ("add", _) => format!("Fault {} is on.\n", answer["id"]),
        ("clear", []) => "There were no faults.\n".to_owned(),
        (_, []) => "There are no faults.\n".to_owned(),
        ("clear", cleared) => cleared.iter().fold(String::new(), |mut out, fault| {
            let (id, kind) = (&fault["id"], fault["kind"].as_str().unwrap_or_default());
            let (fired, matched) = (&fault["fired"], &fault["matched"]);
            let _ = writeln!(out, "Fault {id} ({kind}) is cleared; it struck {fired} of {matched} times.");
            out
        }),
        (_, faults) => {
            let rows: Vec<_> = faults.iter().map(row).collect();
            columns(["FAULT", "KIND", "WHERE", "WHEN", "MATCHED", "STRUCK", "STATE"], &rows)
        }
    }
}

fn row(fault: &Value) -> [String; 7] {
    let part = |name: &str| match &fault[name] {
        Value::Null => None,
        Value::String(text) => Some(format!("{name} {text}")),
        other => Some(format!("{name} {other}")),
    };
    let joined = |names: &[&str], none: &str| {
        let parts: Vec<String> = names.iter().filter_map(|name| part(name)).collect();
        if parts.is_empty() { none.to_owned() } else { parts.join(", ") }
    };
    [
        fault["id"].to_string(),
        fault["kind"].as_str().unwrap_or_default().to_owned(),
        joined(&Scopes::ALL.map(Scopes::name), "everywhere"),
        joined(&["ms", "times", "after", "probability", "seed", "for_ms"], "always"),
        fault["matched"].to_string(),
        fault["fired"].to_string(),
        fault["state"].as_str().unwrap_or_default().to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(clap::Parser)]
    struct Arguments {
        #[command(flatten)]
        faults: Faults,
    }

    fn asked(arguments: &[&str]) -> (&'static str, Value) {
        let line = ["fault"].iter().chain(arguments);
        question(&<Arguments as clap::Parser>::try_parse_from(line).unwrap().faults.action)
    }

    #[test]
    fn the_help_tells_of_every_kind() {
        for kind in Kind::ALL {
            assert!(KINDS.contains(&format!("\n  {} ", kind.name())), "{kind:?}");
        }
    }

    #[test]
    fn what_is_said_is_what_is_asked() {
        let line = ["add", "throttle", "--table", "dogs", "--times", "3", "--for", "1m"];
        let question = json!({ "kind": "throttle", "table": "dogs", "times": 3, "for_ms": 60_000 });
        assert_eq!(asked(&line), ("add", question));
        let line = ["add", "delay", "--ms", "20", "--probability", "0.5", "--seed", "7", "--after", "1"];
        let question = json!({ "kind": "delay", "ms": 20, "probability": 0.5, "seed": 7, "after": 1 });
        assert_eq!(asked(&line), ("add", question));
        assert_eq!(asked(&["clear", "4"]), ("clear", json!({ "id": 4 })));
        assert_eq!(asked(&["clear"]), ("clear", json!({})));
    }

    #[test]
    fn faults_are_shown_in_columns() {
        let fault = json!({
            "id": 1, "kind": "throttle", "table": "dogs", "times": 3, "matched": 2, "fired": 1, "state": "on",
        });
        let text = shown("list", &json!({ "faults": [fault] }));
        let row: Vec<&str> = text.lines().nth(1).unwrap().split("  ").map(str::trim).collect();
        let row: Vec<&str> = row.into_iter().filter(|cell| !cell.is_empty()).collect();
        assert_eq!(row, ["1", "throttle", "table dogs", "times 3", "2", "1", "on"]);
        let cleared = shown("clear", &json!({ "cleared": [fault] }));
        assert_eq!(cleared, "Fault 1 (throttle) is cleared; it struck 1 of 2 times.\n");
        assert_eq!(lines("list", &json!({ "faults": [fault] })).lines().count(), 1);
    }
}
