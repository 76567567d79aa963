//! Waiting until a group has passed a write: `tailwater wait --group`.
//!
//! A group keeps its checkpoints in a table that any worker may write, on any server, so there is nobody to ask for a
//! wake-up: the table is looked at again, the sooner the shorter the wait has been.

use super::asking::Asking;
use super::lease::{self, Checkpoint, Lease};
use crate::cli::api::Described;
use crate::cli::place::Place;
use crate::cli::places::Places;
use anyhow::bail;
use consumer::SequenceNumber;
use environment::Clock;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// The first wait between two looks at the leases, and the longest, here and on AWS, where each look is paid for.
const FIRST_WAIT: Duration = Duration::from_millis(20);
const WAIT_MAX: Duration = Duration::from_millis(250);
const WAIT_MAX_OF_AWS: Duration = Duration::from_secs(2);

/// What is waited for.
#[derive(Debug)]
pub(crate) struct Barrier<'a> {
    /// The lease table.
    pub(crate) group: &'a str,
    /// The stream of the group, where its shards do not tell.
    pub(crate) stream: Option<&'a str>,
    /// `SHARD:NUMBER`, separated by commas.
    pub(crate) after: &'a str,
    pub(crate) timeout: Duration,
}

/// How a group stands to one position.
#[derive(Debug, PartialEq, Eq)]
enum Stands {
    Passed,
    Waits(String),
}

impl Barrier<'_> {
    /// Waits; answers as `POST /_tailwater/wait` does.
    pub(crate) async fn wait(&self, place: &Place, clock: &Clock) -> anyhow::Result<Value> {
        let places: Places = self.after.parse().map_err(anyhow::Error::msg)?;
        let mut asking = Asking::new(place, clock)?;
        let table = asking.table(self.group).await?;
        if !lease::is_lease_table(table.description()) {
            bail!("{} is no lease table: their key is leaseKey", self.group);
        }
        let (began, mut pause) = (clock.machine(), FIRST_WAIT);
        let longest = if place.is_aws() { WAIT_MAX_OF_AWS } else { WAIT_MAX };
        let mut stream = None;
        loop {
            let leases = asking.leases(self.group).await?;
            if stream.is_none() && !leases.is_empty() {
                stream = Some(asking.stream_of(self.group, &leases, self.stream).await?);
                known(stream.as_ref(), &leases, &places, self.group)?;
            }
            let mut stands = all(stream.as_ref(), &leases, &places);
            // Shards that came meanwhile carry on those that are gone from the table.
            if let (false, Some(known)) = (are_passed(&stands), &mut stream) {
                *known = asking.streams.describe(&known.stream_arn).await?;
                stands = all(stream.as_ref(), &leases, &places);
            }
            let waited = clock.machine() - began;
            if are_passed(&stands) || waited >= self.timeout {
                return Ok(self.told(&places, &stands, waited));
            }
            clock.sleep(pause.min(self.timeout - waited)).await;
            pause = (pause * 2).min(longest);
        }
    }

    fn told(&self, places: &Places, stands: &[Stands], waited: Duration) -> Value {
        let position = |((shard, number), stands): (&(String, SequenceNumber), &Stands)| match stands {
            Stands::Passed => json!({ "shard": shard, "sequence_number": number.as_str(), "how": "passed" }),
            Stands::Waits(says) => {
                json!({ "shard": shard, "sequence_number": number.as_str(), "says": says })
            }
        };
        let waits = stands.iter().find_map(|stands| match stands {
            Stands::Passed => None,
            Stands::Waits(says) => Some(says),
        });
        let mut told = json!({
            "group": self.group,
            "outcome": if waits.is_none() { "passed" } else { "timeout" },
            "positions": places.0.iter().zip(stands).map(position).collect::<Vec<_>>(),
            "waited_ms": u64::try_from(waited.as_millis()).unwrap_or(u64::MAX),
        });
        if let Some(says) = waits {
            told["error"] = json!(format!("{} has not passed it in time: {says}", self.group));
        }
        told
    }
}

fn are_passed(stands: &[Stands]) -> bool {
    stands.iter().all(|stands| *stands == Stands::Passed)
}

/// Refuses positions in shards that the stream of the group has not.
fn known(stream: Option<&Described>, leases: &[Lease], places: &Places, group: &str) -> anyhow::Result<()> {
    let Some(stream) = stream else { return Ok(()) };
    for (shard, _) in &places.0 {
        let is_known = stream.shards.iter().any(|known| known.id == *shard)
            || leases.iter().any(|lease| lease.shard_id == *shard);
        if !is_known {
            bail!("{shard} is no shard of {}, which {group} reads", stream.stream_arn);
        }
    }
    Ok(())
}

fn all(stream: Option<&Described>, leases: &[Lease], places: &Places) -> Vec<Stands> {
    places.0.iter().map(|(shard, number)| stands(stream, leases, shard, number)).collect()
}

fn stands(stream: Option<&Described>, leases: &[Lease], shard: &str, number: &SequenceNumber) -> Stands {
    let Some(lease) = leases.iter().find(|lease| lease.shard_id == *shard) else {
        // The leases of finished shards are deleted, once those of the shards that carry them on are there.
        let is_carried_on = stream.is_some_and(|stream| {
            let later = descendants(stream, shard);
            leases.iter().any(|lease| later.contains(lease.shard_id.as_str()))
        });
        return match is_carried_on {
            true => Stands::Passed,
            false => Stands::Waits("no worker has seen the shard yet".to_owned()),
        };
    };
    match &lease.checkpoint {
        Checkpoint::ShardEnd => Stands::Passed,
        Checkpoint::After(checkpoint) if SequenceNumber::new(checkpoint) >= *number => Stands::Passed,
        checkpoint => Stands::Waits(match lease.worker() {
            Some(worker) => format!("{worker} has the shard, and its checkpoint is {checkpoint}"),
            None => format!("no worker has the shard, and its checkpoint is {checkpoint}"),
        }),
    }
}

/// The shards that carry this one on, and theirs.
fn descendants<'a>(stream: &'a Described, shard: &'a str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::from([shard]);
    // Parents are listed before their children.
    for shard in &stream.shards {
        if shard.parent.as_deref().is_some_and(|parent| found.contains(parent)) {
            found.insert(&shard.id);
        }
    }
    found.remove(shard);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(shards: &[(&str, Option<&str>)]) -> Described {
        let shards: Vec<_> = shards.iter().map(|(id, parent)| (*id, *parent, (None, None))).collect();
        Described::of_shards(&shards)
    }

    fn lease(shard: &str, checkpoint: &str) -> Lease {
        Lease {
            shard_id: shard.to_owned(),
            owner: Some("w".to_owned()),
            checkpoint: Checkpoint::of(checkpoint),
            ..Lease::default()
        }
    }

    #[test]
    fn a_position_is_passed_by_its_checkpoint_by_the_end_of_its_shard_and_by_those_that_carry_it_on() {
        let stream = stream(&[("a", None), ("b", Some("a")), ("c", Some("b")), ("d", None)]);
        let waits = |leases: &[Lease], shard: &str| match stands(
            Some(&stream),
            leases,
            shard,
            &SequenceNumber::new("100"),
        ) {
            Stands::Passed => None,
            Stands::Waits(says) => Some(says),
        };
        for passed in [&[lease("a", "100")][..], &[lease("a", "1000")], &[lease("a", "SHARD_END")]] {
            assert_eq!(waits(passed, "a"), None, "{passed:?}");
        }
        assert_eq!(waits(&[lease("b", "TRIM_HORIZON")], "a"), None, "the child has a lease");
        assert_eq!(waits(&[lease("c", "TRIM_HORIZON")], "a"), None, "a child of the child has one");
        assert!(waits(&[lease("a", "99")], "a").unwrap().contains("w has the shard"));
        assert!(waits(&[lease("a", "TRIM_HORIZON")], "a").unwrap().contains("TRIM_HORIZON"));
        assert!(waits(&[lease("d", "SHARD_END")], "a").unwrap().contains("no worker has seen"));
        assert!(waits(&[], "a").is_some());
    }

    #[test]
    fn shards_that_the_stream_has_not_are_refused() {
        let places = |text: &str| text.parse::<Places>().unwrap();
        let stream = stream(&[("shardId-a", None)]);
        let leases = [lease("shardId-old", "SHARD_END")];
        for (text, is_known) in [("shardId-a:1", true), ("shardId-old:1", true), ("shardId-b:1", false)] {
            assert_eq!(known(Some(&stream), &leases, &places(text), "g").is_ok(), is_known, "{text}");
        }
    }
}
