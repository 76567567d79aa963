//! `tailwater consumers seek`: moves the checkpoints of a group.
//!
//! Each lease is written under the condition that nobody wrote it since it was read. One that a worker has is refused,
//! or taken (`--take`): it is then owned by a name that nobody renews it for, so that the worker loses it, ends, and
//! another one takes it when the time of a lease has passed. Until then nobody reads the shard.

use super::Said;
use super::asking::Asking;
use super::lease::{self, Checkpoint, Lease, TAKER};
use crate::cli::api::Described;
use crate::cli::places::Places;
use crate::cli::remote::CallError;
use crate::cli::table::columns;
use anyhow::{bail, ensure};
use clap::Args;
use consumer::SequenceNumber;
use consumer::transport::{Shard, StartingPosition};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;

#[derive(Args, Debug)]
pub(super) struct Seek {
    /// The lease table of the group.
    group: String,
    /// Where to: `start` (the oldest records that there are), `latest` (what is written from now on), or after positions
    /// (SHARD:NUMBER, several with commas between them). Shards before one that is named then count as processed,
    /// and those that continue it as new; others are left alone.
    #[arg(long, value_name = "WHERE", value_parser = to)]
    to: To,
    /// Move this shard only, to start or latest. Order between it and its children is then the user's business.
    #[arg(long, value_name = "ID")]
    shard: Option<String>,
    /// Take leases that workers have, instead of refusing. Their workers lose them, and go on when the time of a lease
    /// has passed.
    #[arg(long)]
    take: bool,
    /// The stream of the group, by its ARN or its table, where it cannot be found by its shards.
    #[arg(long, value_name = "TABLE-OR-ARN")]
    stream: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum To {
    Start,
    Latest,
    After(Places),
}

fn to(text: &str) -> Result<To, String> {
    match text {
        "start" => Ok(To::Start),
        "latest" => Ok(To::Latest),
        _ => text.parse().map(To::After).map_err(|error| format!("{error}; or start, or latest")),
    }
}

/// Where a lease is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    /// Before the oldest record that the shard has.
    Oldest,
    /// After the newest.
    Newest,
    /// At the beginning, of which nothing may be missing.
    Beginning,
    Finished,
    After(String),
}

/// A lease, or the shard that has none yet, and where it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Move {
    shard: String,
    parent: Option<String>,
    starting: Option<SequenceNumber>,
    lease: Option<Lease>,
    target: Target,
}

impl Seek {
    pub(super) async fn said(&self, asking: &mut Asking, as_json: bool) -> anyhow::Result<Said> {
        let table = asking.table(&self.group).await?;
        ensure!(
            lease::is_lease_table(table.description()),
            "{} is no lease table: their key is leaseKey",
            self.group
        );
        let leases = asking.leases(&self.group).await?;
        ensure!(!leases.is_empty(), "{} has no leases: its group has still to begin", self.group);
        let stream = asking.stream_of(&self.group, &leases, self.stream.as_deref()).await?;
        let ours = leases.iter().any(|lease| lease.ours);
        let moves = self.moves(&stream, &leases)?;
        self.refuse_held(&moves)?;
        let mut rows = Vec::new();
        for one in moves {
            let checkpoint = self.carry_out(asking, &stream.stream_arn, (&one, ours)).await?;
            let from = one.lease.map_or_else(|| "-".to_owned(), |lease| lease.checkpoint.to_string());
            rows.push([one.shard, from, checkpoint]);
        }
        let mut said = Said::default();
        if as_json {
            rows.iter().for_each(|[shard, from, to]| {
                let line = json!({ "group": self.group, "shard_id": shard, "from": from, "to": to });
                let _ = writeln!(said.data, "{line}");
            });
        } else {
            said.data = columns(["SHARD", "FROM", "TO"], &rows);
        }
        Ok(said)
    }

    /// What is to be moved where.
    fn moves(&self, stream: &Described, leases: &[Lease]) -> anyhow::Result<Vec<Move>> {
        let lease = |id: &str| leases.iter().find(|lease| lease.shard_id == id).cloned();
        let make = |shard: &Shard, target| Move {
            shard: shard.id.clone(),
            parent: shard.parent.clone(),
            starting: shard.starting.clone(),
            lease: lease(&shard.id),
            target,
        };
        let everywhere = |shard: &Shard| match (&self.to, &shard.ending) {
            (To::Latest, None) => Target::Newest,
            (To::Latest, Some(_)) => Target::Finished,
            _ => Target::Oldest,
        };
        match (&self.to, &self.shard) {
            (To::After(_), Some(_)) => bail!("positions name their shards: --shard is for start and latest"),
            (To::After(places), None) => after(&stream.shards, places, make),
            (_, Some(id)) => match stream.shards.iter().find(|shard| shard.id == *id) {
                Some(shard) => Ok(vec![make(shard, everywhere(shard))]),
                None => bail!("{} has no shard {id}", stream.stream_arn),
            },
            (_, None) => {
                let mut moves: Vec<Move> =
                    stream.shards.iter().map(|shard| make(shard, everywhere(shard))).collect();
                // What nobody can read any more would only be told as a gap.
                let gone = |lease: &&Lease| {
                    let unfinished = lease.checkpoint != Checkpoint::ShardEnd;
                    unfinished && stream.shards.iter().all(|shard| shard.id != lease.shard_id)
                };
                moves.extend(leases.iter().filter(gone).map(|lease| Move {
                    shard: lease.shard_id.clone(),
                    parent: None,
                    starting: None,
                    lease: Some(lease.clone()),
                    target: Target::Finished,
                }));
                Ok(moves)
            }
        }
    }

    /// Nothing is moved if one of them may not be.
    fn refuse_held(&self, moves: &[Move]) -> anyhow::Result<()> {
        let has_worker = |lease: &&Lease| lease.worker().is_some() && !lease.is_taken();
        let held = moves.iter().filter_map(|one| one.lease.as_ref()).find(has_worker);
        match held.filter(|_| !self.take) {
            Some(lease) => bail!(
                "the worker {} has {}: stop the workers of the group, so that they give their leases back, or say \
                 --take to take them (also those of workers that died)",
                lease.worker().unwrap_or_default(),
                lease.shard_id
            ),
            None => Ok(()),
        }
    }

    /// Writes one lease; the checkpoint that it has then.
    async fn carry_out(
        &self,
        asking: &mut Asking,
        stream: &str,
        (one, ours): (&Move, bool),
    ) -> anyhow::Result<String> {
        let place = place(asking, stream, (one, ours)).await?;
        let written = match &one.lease {
            Some(lease) => asking.tables.call("UpdateItem", &update(&self.group, lease, &place)).await,
            None => asking.tables.call("PutItem", &put(&self.group, one, &place)).await,
        };
        match written {
            Ok(_) => Ok(place.checkpoint),
            Err(CallError::Refused { code, .. }) if code == "ConditionalCheckFailedException" => bail!(
                "the lease of {} was written by somebody else meanwhile: it is not moved, nor are those that would \
                 have followed; try again",
                one.shard
            ),
            Err(error) => Err(error.into()),
        }
    }
}

/// The moves to positions.
fn after(
    shards: &[Shard],
    Places(places): &Places,
    make: impl Fn(&Shard, Target) -> Move,
) -> anyhow::Result<Vec<Move>> {
    let find = |id: &str| shards.iter().find(|shard| shard.id == id);
    let line = |id: &str| -> BTreeSet<String> {
        let parent = |id: &String| find(id).and_then(|shard| shard.parent.clone());
        std::iter::successors(parent(&id.to_owned()), parent).take(shards.len()).collect()
    };
    for (id, number) in places {
        let Some(shard) = find(id) else { bail!("the stream has no shard {id}") };
        let before = shard.starting.as_ref().is_some_and(|start| start > number);
        let beyond = shard.ending.as_ref().is_some_and(|end| number > end);
        ensure!(!before && !beyond, "{number} is not in the range of {id}");
    }
    let named = |id: &str| places.iter().find(|(named, _)| named == id);
    let before: BTreeSet<String> = places.iter().flat_map(|(id, _)| line(id)).collect();
    let target = |shard: &Shard| match named(&shard.id) {
        Some((_, number)) => Some(Target::After(number.to_string())),
        None if before.contains(&shard.id) => Some(Target::Finished),
        None if line(&shard.id).iter().any(|id| named(id).is_some()) => Some(Target::Beginning),
        None => None,
    };
    Ok(shards.iter().filter_map(|shard| Some(make(shard, target(shard)?))).collect())
}

/// What a lease says of a place.
#[derive(Debug, Default)]
struct Place {
    checkpoint: String,
    /// Only `tailwater-consumer` knows these.
    shard_start: Option<String>,
    bookmark: Option<String>,
}

/// Looks a place up. To a group of `tailwater-consumer` it is said so that what is trimmed from now on is noticed.
async fn place(asking: &mut Asking, stream: &str, (one, ours): (&Move, bool)) -> anyhow::Result<Place> {
    let starting = || one.starting.as_ref().filter(|_| ours).map(ToString::to_string);
    let said = |checkpoint: &str| Place { checkpoint: checkpoint.to_owned(), ..Place::default() };
    Ok(match &one.target {
        Target::Finished => said("SHARD_END"),
        Target::After(number) => Place { shard_start: starting(), ..said(number) },
        Target::Beginning => Place { shard_start: starting(), ..said("TRIM_HORIZON") },
        Target::Newest if ours => {
            let bookmark =
                Some(asking.streams.iterator(stream, &one.shard, &StartingPosition::Latest).await?);
            Place { bookmark, shard_start: starting(), ..said("LATEST") }
        }
        Target::Newest => said("LATEST"),
        Target::Oldest if ours => {
            let streams = &mut asking.streams;
            let iterator = streams.iterator(stream, &one.shard, &StartingPosition::TrimHorizon).await?;
            let page = streams.records(&iterator, 1).await?.changes;
            let oldest = page.changes.first().map(|change| change.sequence_number.to_string());
            let end = page.next.filter(|_| oldest.is_none());
            Place { bookmark: end, shard_start: oldest.or_else(starting), ..said("TRIM_HORIZON") }
        }
        Target::Oldest => said("TRIM_HORIZON"),
    })
}

/// The write to a lease that is there: taken from whoever has it.
fn update(group: &str, lease: &Lease, place: &Place) -> Value {
    let text = |text: &str| json!({ "S": text });
    let mut set =
        vec!["leaseCounter = leaseCounter + :one", "checkpoint = :to", "checkpointSubSequenceNumber = :zero"];
    let mut remove = vec!["checkpointOwner", "orphan"];
    let mut conditions = vec!["leaseCounter = :counter"];
    let mut values = Map::from_iter([
        (":one".to_owned(), json!({ "N": "1" })),
        (":zero".to_owned(), json!({ "N": "0" })),
        (":to".to_owned(), text(&place.checkpoint)),
        (":counter".to_owned(), json!({ "N": lease.counter })),
    ]);
    match &lease.owner {
        Some(owner) => {
            conditions.push("leaseOwner = :owner");
            values.insert(":owner".to_owned(), text(owner));
        }
        None => conditions.push("attribute_not_exists(leaseOwner)"),
    }
    if lease.worker().is_some() {
        set.push("leaseOwner = :taker");
        values.insert(":taker".to_owned(), text(TAKER));
    }
    for (name, assignment, value) in [
        ("shardStart", "shardStart = :shardStart", &place.shard_start),
        ("bookmark", "bookmark = :bookmark", &place.bookmark),
    ] {
        match value {
            Some(value) => {
                set.push(assignment);
                values.insert(format!(":{name}"), text(value));
            }
            None => remove.push(name),
        }
    }
    json!({
        "TableName": group,
        "Key": { "leaseKey": text(&lease.shard_id) },
        "UpdateExpression": format!("SET {} REMOVE {}", set.join(", "), remove.join(", ")),
        "ConditionExpression": conditions.join(" AND "),
        "ExpressionAttributeValues": values,
    })
}

/// The lease of a shard that the group has not seen yet.
fn put(group: &str, one: &Move, place: &Place) -> Value {
    let text = |text: &str| json!({ "S": text });
    let zero = json!({ "N": "0" });
    let mut item = json!({
        "leaseKey": text(&one.shard),
        "leaseCounter": zero,
        "checkpoint": text(&place.checkpoint),
        "checkpointSubSequenceNumber": zero,
        "ownerSwitchesSinceCheckpoint": zero,
    });
    for (name, value) in [("shardStart", &place.shard_start), ("bookmark", &place.bookmark)] {
        if let Some(value) = value {
            item[name] = text(value);
        }
    }
    if let Some(parent) = &one.parent {
        item["parentShardId"] = json!({ "SS": [parent] });
    }
    json!({ "TableName": group, "Item": item, "ConditionExpression": "attribute_not_exists(leaseKey)" })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One shard that was closed, its child that was split, and another that is open.
    fn stream() -> Described {
        Described::of_shards(&[
            ("a", None, (Some("10"), Some("20"))),
            ("b", Some("a"), (Some("21"), Some("30"))),
            ("c", Some("b"), (Some("31"), None)),
            ("d", Some("b"), (Some("31"), None)),
            ("other", None, (Some("10"), None)),
        ])
    }

    fn seek(to: To, shard: Option<&str>) -> Seek {
        Seek { group: "leases".to_owned(), to, shard: shard.map(str::to_owned), take: false, stream: None }
    }

    fn targets(seek: &Seek, leases: &[Lease]) -> Vec<(String, Target)> {
        let moves = seek.moves(&stream(), leases).unwrap();
        moves.into_iter().map(|one| (one.shard, one.target)).collect()
    }

    fn owned(targets: &[(&str, Target)]) -> Vec<(String, Target)> {
        targets.iter().map(|(id, target)| ((*id).to_owned(), target.clone())).collect()
    }

    #[test]
    fn a_position_finishes_what_is_before_it_and_begins_what_continues_it() {
        let places = Places(vec![("b".to_owned(), SequenceNumber::new("25"))]);
        let expected = [
            ("a", Target::Finished),
            ("b", Target::After("25".to_owned())),
            ("c", Target::Beginning),
            ("d", Target::Beginning),
        ];
        assert_eq!(targets(&seek(To::After(places), None), &[]), owned(&expected));
        for (id, number) in [("b", "9"), ("b", "31"), ("z", "1")] {
            let places = Places(vec![(id.to_owned(), SequenceNumber::new(number))]);
            assert!(seek(To::After(places), None).moves(&stream(), &[]).is_err(), "{id}:{number}");
        }
    }

    #[test]
    fn all_shards_go_to_the_end_and_one_to_its_beginning() {
        let gone = Lease { shard_id: "gone".to_owned(), ..Lease::default() };
        let end = targets(&seek(To::Latest, None), std::slice::from_ref(&gone));
        let newest = [("c", Target::Newest), ("d", Target::Newest), ("other", Target::Newest)];
        let finished = [("a", Target::Finished), ("b", Target::Finished)];
        assert_eq!(end[..2], owned(&finished));
        assert_eq!(end[2..5], owned(&newest));
        assert_eq!(end[5..], owned(&[("gone", Target::Finished)]));
        assert_eq!(targets(&seek(To::Start, Some("b")), &[]), owned(&[("b", Target::Oldest)]));
        assert!(seek(To::Start, Some("z")).moves(&stream(), &[]).is_err());
    }

    #[test]
    fn a_lease_that_somebody_has_is_refused_or_taken() {
        let lease = Lease {
            shard_id: "a".to_owned(),
            owner: Some("worker".to_owned()),
            counter: "7".to_owned(),
            ..Lease::default()
        };
        let moves = seek(To::Start, Some("a")).moves(&stream(), std::slice::from_ref(&lease)).unwrap();
        let refusal = seek(To::Start, None).refuse_held(&moves).unwrap_err();
        assert!(refusal.to_string().starts_with("the worker worker has a: "), "{refusal}");
        assert!(Seek { take: true, ..seek(To::Start, None) }.refuse_held(&moves).is_ok());
        let place = Place { checkpoint: "LATEST".to_owned(), ..Place::default() };
        let taken = update("leases", &lease, &place);
        assert_eq!(taken["ConditionExpression"], "leaseCounter = :counter AND leaseOwner = :owner");
        assert!(taken["UpdateExpression"].as_str().unwrap().contains("leaseOwner = :taker"));
        let free = update("leases", &Lease { owner: None, ..lease }, &place);
        assert!(!free["UpdateExpression"].as_str().unwrap().contains("leaseOwner"));
    }
}
