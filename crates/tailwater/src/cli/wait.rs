//! `tailwater wait`: a barrier instead of a sleep.

use super::consumers::barrier::Barrier;
use super::place::{Place, Where};
use super::{output, own};
use crate::units;
use anyhow::bail;
use clap::Args;
use environment::Environment;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  tailwater wait --mapping walk
      Until the function has been called with everything that was written before, and has answered.

  tailwater wait --mapping walk --after shardId-00000001795248378047-044760f7:100000000000007340032
      Until it has passed this write: what x-tailwater-sequence-number said of it.

  tailwater wait --mapping walk --through-retries --timeout 2m
      The same, though it may fail at first.

  tailwater wait --group walkers --after shardId-00000001795248378047-044760f7:100000000000007340032
      Until the workers of a group have passed it, by the checkpoints of their leases; on AWS, too.

Where the function fails, the answer comes at once, with its error and status 1, not at the end \
of the timeout.";

/// Wait until a mapping or a group of workers has passed a write, or learn at once what holds a mapping.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Wait {
    /// The mapping: its UUID or the beginning of it, or its function where that has only one.
    #[arg(long, value_name = "MAPPING", required_unless_present = "group", conflicts_with = "group")]
    mapping: Option<String>,
    /// The lease table of a group of workers.
    #[arg(long, value_name = "LEASE-TABLE", requires = "after", conflicts_with = "through_retries")]
    group: Option<String>,
    /// The stream of the group, by its ARN or its table, where it cannot be found by its shards.
    #[arg(long, value_name = "TABLE-OR-ARN", requires = "group")]
    stream: Option<String>,
    /// Positions, as x-tailwater-sequence-number gives them: SHARD:SEQUENCE, separated by commas. [default, for a mapping:
    /// all that was written before]
    #[arg(long, value_name = "POSITIONS")]
    after: Option<String>,
    /// Wait for so long, at most 15 minutes.
    #[arg(long, value_name = "TIME", value_parser = units::duration, default_value = "30s")]
    timeout: Duration,
    /// Wait on while a batch that failed is to be tried again.
    #[arg(long)]
    through_retries: bool,
    /// Show the answer as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

/// Asks, waits, and shows the answer.
pub(crate) fn run(wait: &Wait) -> anyhow::Result<ExitCode> {
    let place = wait.place.resolve(|name| std::env::var(name).ok())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = match (&wait.group, &wait.after) {
        (Some(group), Some(after)) => {
            let barrier = Barrier { group, stream: wait.stream.as_deref(), after, timeout: wait.timeout };
            runtime.block_on(barrier.wait(&place, &Environment::system().clock))?
        }
        _ => runtime.block_on(of_mapping(wait, &place))?,
    };
    let text = if wait.json { format!("{answer}\n") } else { shown(&answer) };
    output::write(&text)?;
    if answer["outcome"] == "passed" {
        return Ok(ExitCode::SUCCESS);
    }
    bail!("{}", answer["error"].as_str().unwrap_or("it has not passed"))
}

/// The server waits for its mappings.
async fn of_mapping(wait: &Wait, place: &Place) -> anyhow::Result<Value> {
    let question = json!({
        "mapping": wait.mapping,
        "after": wait.after,
        "timeout_ms": u64::try_from(wait.timeout.as_millis()).unwrap_or(u64::MAX),
        "through_retries": wait.through_retries,
        "region": place.region,
        "account": place.account,
    });
    let (status, answer) = own::exchange(place, "wait", &question).await?;
    if answer["outcome"].is_null() {
        bail!("{}", answer["error"].as_str().map_or(format!("the server answered {status}"), str::to_owned));
    }
    Ok(answer)
}

/// A line for each position: how it stands, and which it is.
fn shown(answer: &Value) -> String {
    let mut out = String::new();
    for position in answer["positions"].as_array().into_iter().flatten() {
        let text = |name: &str| position[name].as_str().unwrap_or_default();
        let how = if text("how").is_empty() { "waits" } else { text("how") };
        // Writing to a String does not fail.
        let _ = write!(out, "{how:9}  {}:{}", text("shard"), text("sequence_number"));
        if !text("says").is_empty() {
            let _ = write!(out, "  {}", text("says").replace(['\n', '\r'], " "));
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_position_is_a_line() {
        let answer = json!({ "positions": [
            { "shard": "s", "sequence_number": "7", "how": "delivered" },
            { "shard": "t", "sequence_number": "8", "says": "It\nfails." },
        ]});
        assert_eq!(shown(&answer), "delivered  s:7\nwaits      t:8  It fails.\n");
        assert_eq!(shown(&json!({ "positions": [] })), "");
    }
}
