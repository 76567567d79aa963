//! `tailwater explain`: what became of a write.

use super::place::Where;
use super::table::{self, time};
use super::{output, own};
use crate::function_output::harmless;
use anyhow::{Context, bail};
use clap::Args;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  tailwater explain dogs                             The newest record of the table
  tailwater explain dogs name=rex                    The newest record of an item, by its key
  tailwater explain dogs name=rex born=2020          The same, with a sort key
  tailwater explain dogs '{\"name\": {\"S\": \"rex\"}}'    The same, as AWS's tools write keys
  tailwater explain dogs 100000000000001048576       The record with this sequence number
  tailwater explain --queue jobs 3f2b4bdd-9378-44ac-85cb-b111bc0399c5
                                                     A message of a queue, by its id
  tailwater explain --stream clicks 100000000000001048576              A record of a data stream";

/// Tell what became of a write: which mappings saw its record, what they did with it, what the function answered and
/// printed; or why nothing happened.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Explain {
    /// The table; with --queue a queue, with --stream a data stream.
    table: String,
    /// The key of an item, as NAME=VALUE for each attribute or as JSON; or a sequence number; or a message's id.
    #[arg(value_name = "KEY")]
    of: Vec<String>,
    /// Tell of a message of a queue.
    #[arg(long, conflicts_with = "stream")]
    queue: bool,
    /// Tell of a record of a data stream.
    #[arg(long)]
    stream: bool,
    /// The record's shard, where it is known.
    #[arg(long, requires = "stream")]
    shard: Option<String>,
    /// Show the answer as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

/// Asks, and shows the answer.
pub(crate) fn run(explain: &Explain) -> anyhow::Result<ExitCode> {
    let place = explain.place.resolve(|name| std::env::var(name).ok())?;
    let mut question = match &explain.of[..] {
        [id] if explain.queue => json!({ "queue": explain.table, "message_id": id }),
        _ if explain.queue => bail!("name the queue, and one message by its id"),
        [number] if explain.stream => {
            json!({ "stream": explain.table, "sequence_number": number, "shard": explain.shard })
        }
        _ if explain.stream => bail!("name the data stream, and one record by its sequence number"),
        of => {
            let mut question = meant(of)?;
            question["table"] = json!(explain.table);
            question
        }
    };
    question["region"] = json!(place.region);
    question["account"] = json!(place.account);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = runtime.block_on(own::ask(&place, "explain", &question))?;
    let text = if explain.json { format!("{answer:#}\n") } else { told(&answer) };
    output::write(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Which record is meant.
fn meant(of: &[String]) -> anyhow::Result<Value> {
    match of {
        [] => Ok(json!({})),
        [number] if number.len() >= 21 && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(json!({ "sequence_number": number }))
        }
        [json] if json.trim_start().starts_with('{') => {
            let key: Value = serde_json::from_str(json).context("the key is not JSON")?;
            Ok(json!({ "key": key }))
        }
        pairs => {
            let mut key = Map::new();
            for pair in pairs {
                let Some((name, value)) = pair.split_once('=') else {
                    bail!("{pair} is neither NAME=VALUE nor a sequence number nor JSON");
                };
                key.insert(name.to_owned(), json!(value));
            }
            Ok(json!({ "key": key }))
        }
    }
}

/// The answer as people read it.
fn told(answer: &Value) -> String {
    let mut out = String::new();
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let record = &answer["record"];
    if record.is_object() {
        let _ = writeln!(out, "{} {}", text(&record["event"]), record["keys"]);
        let _ = writeln!(out, "  written          {}", time(&record["time_ms"]));
        let _ = writeln!(out, "  sequence number  {}", text(&record["sequence_number"]));
        let _ = writeln!(out, "  shard            {}", text(&record["shard"]));
        for (member, title) in [("new", "new image"), ("old", "old image")] {
            if record[member].is_object() {
                let _ = writeln!(out, "  {title:16} {}", shortened(&record[member].to_string()));
            }
        }
        if answer["records"].as_u64() > Some(1) {
            let _ = writeln!(out, "  It is the newest of {} records that fit.", answer["records"]);
        }
    }
    if let Some(why) = answer["why"].as_str() {
        let _ = writeln!(out, "{}{why}", if record.is_object() { "\n" } else { "" });
    }
    for mapping in answer["mappings"].as_array().into_iter().flatten() {
        let _ = writeln!(out, "\nmapping {} -> {}", text(&mapping["uuid"]), text(&mapping["function"]));
        if let Some(verdict) = mapping["verdict"].as_str() {
            let _ = write!(out, "  {}: ", verdict.to_uppercase());
        } else {
            out.push_str("  ");
        }
        let _ = writeln!(out, "{}", text(&mapping["says"]));
        for batch in mapping["discarded"].as_array().into_iter().flatten() {
            let _ = writeln!(out, "  Kept as discarded batch {batch}: tailwater mapping rerun {batch}");
        }
        attempts(&mut out, mapping);
    }
    out
}

/// How many attempts are shown at the beginning, and how many at the end.
const FIRST: usize = 1;
const LAST: usize = 2;

fn attempts(out: &mut String, mapping: &Value) {
    let all = mapping["attempts"].as_array().map(Vec::as_slice).unwrap_or_default();
    let left_out = all.len().saturating_sub(FIRST + LAST);
    for (place, attempt) in all.iter().enumerate() {
        if left_out > 0 && (FIRST..FIRST + left_out).contains(&place) {
            if place == FIRST {
                let _ = writeln!(out, "  ... {left_out} more attempts (--json shows all)");
            }
            continue;
        }
        out.push_str("  ");
        out.push_str(&table::attempt(attempt));
        for line in attempt["log"].as_array().into_iter().flatten() {
            let message = line["message"].as_str().unwrap_or_default().trim_end();
            for part in message.split(['\n', '\r']) {
                let _ = writeln!(out, "      | {}", harmless(part.trim_end()));
            }
        }
    }
}

/// An image in one line, not too long.
fn shortened(text: &str) -> String {
    const MOST: usize = 400;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    let start: String = text.chars().take(MOST).collect();
    format!("{start}… (--json shows all)")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(of: &[&str]) -> Value {
        meant(&of.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn records_are_named_in_several_ways() {
        assert_eq!(question(&[]), json!({}));
        assert_eq!(question(&["name=rex", "born=2020"]), json!({ "key": { "name": "rex", "born": "2020" } }));
        assert_eq!(question(&["name=a=b"]), json!({ "key": { "name": "a=b" } }));
        assert_eq!(question(&[r#"{"n": {"N": "1"}}"#]), json!({ "key": { "n": { "N": "1" } } }));
        let number = "100000000000001048576";
        assert_eq!(question(&[number]), json!({ "sequence_number": number }));
        assert!(meant(&["rex".to_owned()]).is_err());
    }

    #[test]
    fn of_many_attempts_the_first_and_the_last_are_shown() {
        let attempt =
            |number: u64| json!({ "number": number, "started_ms": 0, "count": 1, "first": "7", "last": "7" });
        let mapping = |count: u64| json!({ "attempts": (1..=count).map(attempt).collect::<Vec<_>>() });
        let shown = |count: u64| {
            let mut out = String::new();
            attempts(&mut out, &mapping(count));
            out
        };
        assert_eq!(shown(3).lines().count(), 3);
        let many = shown(9);
        let lines: Vec<&str> = many.lines().collect();
        assert!(lines[0].contains("attempt 1 "), "{many}");
        assert_eq!(lines[1], "  ... 6 more attempts (--json shows all)");
        assert!(lines[2].contains("attempt 8 ") && lines[3].contains("attempt 9 "), "{many}");
    }

    #[test]
    fn what_became_of_a_record_reads_well() {
        let answer = json!({
            "record": { "event": "INSERT", "keys": { "pk": { "S": "a" } }, "time_ms": 0, "sequence_number": "7", "shard": "s" },
            "records": 1,
            "mappings": [{
                "uuid": "u", "function": "f", "verdict": "failing", "says": "It fails.", "discarded": [3],
                "attempts": [{
                    "number": 2, "started_ms": 0, "outcome": "failed", "error": "Error: no", "count": 1, "first": "7", "last": "7",
                    "duration_us": 1500, "request_id": "r", "log": [{ "message": "one\ntwo\n" }],
                }],
            }],
        });
        assert_eq!(
            told(&answer),
            "INSERT {\"pk\":{\"S\":\"a\"}}\n  written          1970-01-01T00:00:00.000Z\n  sequence number  7\n  shard            s\n\
             \nmapping u -> f\n  FAILING: It fails.\n  Kept as discarded batch 3: tailwater mapping rerun 3\n  \
             1970-01-01T00:00:00.000Z  attempt 2  failed in 1.5 ms  1 record 7  Error: no  (request r)\n      | one\n      | two\n"
        );
    }
}
