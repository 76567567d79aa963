//! `tailwater consumers lag`.

use super::Said;
use super::asking::{Asking, of_leases};
use super::behind::{Behind, behind};
use super::lease::{self, Checkpoint, Lease};
use crate::cli::api::Described;
use crate::cli::table::columns;
use anyhow::{Context, bail};
use clap::Args;
use serde_json::{Value, json};
use std::fmt::Write as _;

#[derive(Args, Debug)]
pub(super) struct Lag {
    /// A lease table; or a table with a stream, for all groups on that.
    #[arg(value_name = "GROUP-OR-TABLE")]
    name: String,
    /// The stream of the group, by its ARN or its table, where it cannot be found by its shards.
    #[arg(long, value_name = "TABLE-OR-ARN")]
    stream: Option<String>,
    /// Show shards that were processed to their end, too.
    #[arg(long)]
    all: bool,
    /// Count so many records of a shard at most: on AWS, each read of a stream is paid for.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    most: u64,
}

/// What is known of one shard of one group.
struct Row {
    group: String,
    shard: String,
    lease: Option<Lease>,
    /// None where the shard was processed to its end.
    behind: Option<Behind>,
}

impl Lag {
    pub(super) async fn said(&self, asking: &mut Asking, as_json: bool) -> anyhow::Result<Said> {
        let groups = self.groups(asking).await?;
        let mut rows = Vec::new();
        let now_ms = asking.now_ms().await;
        let mut said = Said::default();
        for (group, leases, stream) in groups {
            if !as_json {
                said.remarks.push(format!("{group} on {}", stream.stream_arn));
            }
            for (shard, lease) in shards(&stream, leases) {
                let finished = lease.as_ref().is_some_and(|lease| lease.checkpoint == Checkpoint::ShardEnd);
                if finished && !self.all {
                    continue;
                }
                let behind = if finished {
                    None
                } else {
                    Some(
                        behind(&mut asking.streams, &stream.stream_arn, (&shard, lease.as_ref()), self.most)
                            .await?,
                    )
                };
                rows.push(Row { group: group.clone(), shard, lease, behind });
            }
        }
        if as_json {
            rows.iter().for_each(|row| {
                let _ = writeln!(said.data, "{}", row.json(now_ms));
            });
        } else {
            let rows: Vec<_> = rows.iter().map(|row| row.columns(now_ms)).collect();
            said.data = columns(["GROUP", "SHARD", "WORKER", "CHECKPOINT", "RECORDS", "BEHIND", ""], &rows);
        }
        Ok(said)
    }

    /// The groups that are meant, with their leases and streams.
    async fn groups(&self, asking: &mut Asking) -> anyhow::Result<Vec<(String, Vec<Lease>, Described)>> {
        let table = asking.table(&self.name).await?;
        if lease::is_lease_table(table.description()) {
            let leases = asking.leases(&self.name).await?;
            let stream = asking.stream_of(&self.name, &leases, self.stream.as_deref()).await?;
            return Ok(vec![(self.name.clone(), leases, stream)]);
        }
        let none = || format!("{} is no lease table (their key is leaseKey)", self.name);
        let stream = asking.streams.describe(table.stream_arn().with_context(none)?).await?;
        let mut groups = Vec::new();
        for group in asking.lease_tables().await? {
            let leases = asking.leases(&group).await?;
            if of_leases(vec![stream.clone()], &leases).next().is_some() {
                groups.push((group, leases, stream.clone()));
            }
        }
        if groups.is_empty() {
            bail!("no group has leases of shards of {}", stream.stream_arn);
        }
        Ok(groups)
    }
}

/// The shards of a stream, oldest first, with their leases; then leases whose shards are gone. A shard without a lease
/// is new: the group has still to see it.
fn shards(stream: &Described, leases: Vec<Lease>) -> Vec<(String, Option<Lease>)> {
    let mut left = leases;
    let mut all = Vec::new();
    for id in stream.shards.iter().map(|shard| &shard.id) {
        let at = left.iter().position(|lease| lease.shard_id == *id);
        all.push((id.clone(), at.map(|at| left.swap_remove(at))));
    }
    left.sort_by(|one, other| one.shard_id.cmp(&other.shard_id));
    all.extend(left.into_iter().map(|lease| (lease.shard_id.clone(), Some(lease))));
    all
}

impl Row {
    fn behind_ms(&self, now_ms: u64) -> Option<u64> {
        let behind = self.behind.as_ref()?;
        match (behind.records, behind.oldest_ms) {
            (Some(0), _) => Some(0),
            (_, oldest_ms) => oldest_ms.map(|ms| now_ms.saturating_sub(ms)),
        }
    }

    fn remark(&self) -> Option<&'static str> {
        match (&self.behind, &self.lease) {
            (None, _) => Some("finished"),
            (Some(behind), _) if behind.remark.is_some() => behind.remark,
            (_, None) => Some("no lease yet"),
            (_, Some(lease)) if lease.is_taken() => {
                Some("taken by seek: goes on when a lease's time has passed")
            }
            (_, Some(lease)) => lease.checkpoint_owner.as_ref().map(|_| "is being handed over"),
        }
    }

    fn checkpoint(&self) -> Option<String> {
        self.lease.as_ref().map(|lease| lease.checkpoint.to_string())
    }

    fn json(&self, now_ms: u64) -> Value {
        let behind = self.behind.clone().unwrap_or(Behind { records: Some(0), ..Behind::default() });
        json!({
            "group": self.group,
            "shard_id": self.shard,
            "worker": self.lease.as_ref().and_then(Lease::worker),
            "checkpoint": self.checkpoint(),
            "records": behind.records,
            "more": behind.more,
            "behind_ms": if self.behind.is_some() { self.behind_ms(now_ms) } else { Some(0) },
            "remark": self.remark(),
        })
    }

    fn columns(&self, now_ms: u64) -> [String; 7] {
        let dash = || "-".to_owned();
        let behind = self.behind.as_ref();
        let records = behind
            .and_then(|behind| Some(format!("{}{}", behind.records?, if behind.more { "+" } else { "" })));
        [
            self.group.clone(),
            self.shard.clone(),
            self.lease.as_ref().and_then(Lease::worker).map_or_else(dash, str::to_owned),
            self.checkpoint().unwrap_or_else(dash),
            records.unwrap_or_else(dash),
            self.behind_ms(now_ms).map_or_else(dash, span),
            self.remark().unwrap_or_default().to_owned(),
        ]
    }
}

/// A span as people say it; streams know whole seconds.
fn span(ms: u64) -> String {
    let s = ms / 1_000;
    match s {
        0..60 => format!("{s} s"),
        60..3_600 => format!("{} min {} s", s / 60, s % 60),
        _ => format!("{} h {} min", s / 3_600, s / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_a_dash_and_what_is_finished_is_not_behind() {
        let lease = |checkpoint: &str| Lease {
            owner: Some("w".to_owned()),
            checkpoint: Checkpoint::of(checkpoint),
            ..Lease::default()
        };
        let row = |lease: Option<Lease>, behind: Option<Behind>| Row {
            group: "g".to_owned(),
            shard: "s".to_owned(),
            lease,
            behind,
        };
        let some = Behind { records: Some(7), more: true, oldest_ms: Some(1_000), remark: None };
        let counted = row(Some(lease("5")), Some(some)).columns(62_000);
        assert_eq!(counted, ["g", "s", "w", "5", "7+", "1 min 1 s", ""]);
        let unknown = Behind { remark: Some("why"), ..Behind::default() };
        assert_eq!(
            row(Some(lease("LATEST")), Some(unknown)).columns(9),
            ["g", "s", "w", "LATEST", "-", "-", "why"]
        );
        assert_eq!(row(Some(lease("SHARD_END")), None).json(9)["behind_ms"], 0);
        assert_eq!(
            row(None, Some(Behind::default())).columns(9),
            ["g", "s", "-", "-", "-", "-", "no lease yet"]
        );
    }

    #[test]
    fn shards_come_with_their_leases_and_leases_without_shards_last() {
        let stream = Described::of_shards(&["b", "a"].map(|id| (id, None, (None, None))));
        let lease = |shard: &str| Lease { shard_id: shard.to_owned(), ..Lease::default() };
        let all = shards(&stream, vec![lease("a"), lease("z"), lease("y")]);
        let shown: Vec<(&str, bool)> = all.iter().map(|(id, lease)| (id.as_str(), lease.is_some())).collect();
        assert_eq!(shown, [("b", false), ("a", true), ("y", true), ("z", true)]);
    }

    #[test]
    fn spans_are_said_as_people_say_them() {
        assert_eq!([0, 59_999, 61_000, 7_300_000].map(span), ["0 s", "59 s", "1 min 1 s", "2 h 1 min"]);
    }
}
