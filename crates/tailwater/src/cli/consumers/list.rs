//! `tailwater consumers list`.

use super::Said;
use super::asking::{Asking, of_leases};
use super::lease::{Checkpoint, Lease};
use crate::cli::table::columns;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// One group.
struct Group {
    table: String,
    streams: Vec<String>,
    leases: Vec<Lease>,
}

impl Group {
    fn workers(&self) -> BTreeSet<&str> {
        self.leases.iter().filter_map(|lease| lease.owner.as_deref()).collect()
    }

    fn finished(&self) -> usize {
        self.leases.iter().filter(|lease| lease.checkpoint == Checkpoint::ShardEnd).count()
    }

    /// Whose layout it is: the attributes are the same but for a few.
    fn made_by(&self) -> &'static str {
        match self.leases.as_slice() {
            [] => "-",
            leases if leases.iter().any(|lease| lease.ours) => "tailwater-consumer",
            _ => "KCL",
        }
    }

    fn json(&self) -> Value {
        json!({
            "group": self.table,
            "streams": self.streams,
            "layout": self.made_by(),
            "leases": self.leases.len(),
            "finished": self.finished(),
            "workers": self.workers(),
        })
    }

    fn row(&self) -> [String; 6] {
        let or_dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
        let tables = self.streams.iter().map(|arn| table_of(arn)).collect::<Vec<_>>();
        [
            self.table.clone(),
            or_dash(tables.join(", ")),
            self.leases.len().to_string(),
            self.finished().to_string(),
            or_dash(self.workers().into_iter().collect::<Vec<_>>().join(", ")),
            self.made_by().to_owned(),
        ]
    }
}

/// The table that an ARN of a stream names.
fn table_of(arn: &str) -> &str {
    arn.split_once(":table/").and_then(|(_, rest)| rest.split('/').next()).unwrap_or(arn)
}

pub(super) async fn said(asking: &mut Asking, as_json: bool) -> anyhow::Result<Said> {
    let tables = asking.lease_tables().await?;
    let streams = if tables.is_empty() { Vec::new() } else { asking.all_streams().await? };
    let mut groups = Vec::new();
    for table in tables {
        let leases = asking.leases(&table).await?;
        let streams = of_leases(streams.clone(), &leases).map(|stream| stream.stream_arn).collect();
        groups.push(Group { table, streams, leases });
    }
    let mut said = Said::default();
    if as_json {
        groups.iter().for_each(|group| {
            let _ = writeln!(said.data, "{}", group.json());
        });
    } else if groups.is_empty() {
        said.remarks.push("there is no lease table: no group of consumers was ever here".to_owned());
    } else {
        let rows: Vec<_> = groups.iter().map(Group::row).collect();
        said.data = columns(["GROUP", "STREAM OF", "LEASES", "FINISHED", "WORKERS", "LAYOUT"], &rows);
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_shown_with_its_workers_and_the_table_that_it_follows() {
        let lease = |owner: Option<&str>, checkpoint| Lease {
            owner: owner.map(str::to_owned),
            checkpoint,
            ..Lease::default()
        };
        let group = Group {
            table: "leases".to_owned(),
            streams: vec!["arn:aws:dynamodb:eu-west-1:000000000000:table/dogs/stream/2026".to_owned()],
            leases: vec![
                lease(None, Checkpoint::ShardEnd),
                lease(Some("b"), Checkpoint::TrimHorizon),
                lease(Some("a"), Checkpoint::Latest),
                lease(Some("a"), Checkpoint::Latest),
            ],
        };
        assert_eq!(group.row(), ["leases", "dogs", "4", "1", "a, b", "KCL"]);
    }
}
