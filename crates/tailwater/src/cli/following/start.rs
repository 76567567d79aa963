//! Where each shard is read from. Pure.
//!
//! A position names a shard. What comes before it is read already; what continues it is read from its beginning. Of shards that are
//! not named, and neither come before nor continue one that is, nothing is known but the time of the positions: they are
//! read after the least of the numbers, as all shards are where a number stands alone. Between shards, numbers tell the
//! order of records on Tailwater exactly, on AWS about.

use super::span::From;
use crate::cli::places::Places;
use consumer::replica::follower::Follower;
use consumer::transport::Shard;
use consumer::worker::Start;
use consumer::{Position, SequenceNumber, State};
use std::collections::{BTreeMap, BTreeSet};

/// How the follower begins.
pub(super) struct Begun {
    pub(super) state: State,
    pub(super) start: Start,
    /// The shards that count as read.
    pub(super) finished: Vec<String>,
    pub(super) remarks: Vec<String>,
}

/// Where to begin with these shards.
pub(super) fn begin(arn: &str, from: &From, shards: &[Shard]) -> Begun {
    let fresh =
        |start, finished| Begun { state: Follower::fresh(arn, false), start, finished, remarks: Vec::new() };
    match from {
        From::Start | From::Time(_) => fresh(Start::TrimHorizon, Vec::new()),
        From::Latest => {
            let closed = shards.iter().filter(|shard| shard.ending.is_some());
            fresh(Start::Latest, closed.map(|shard| shard.id.clone()).collect())
        }
        From::After(Places(places)) => placed(arn, shards, places),
        From::AfterNumber(number) => {
            let mut begun = placed(arn, shards, &[]);
            let all = shards.iter().map(|shard| (shard, after(shard, number)));
            fill(&mut begun, arn, all);
            let is_listed = shards.iter().any(|shard| shard.starting.as_ref().is_none_or(|at| at <= number));
            if !is_listed {
                begun.remarks.push(format!(
                    "the stream has no shard any more that could have {number}: records after it may be missing"
                ));
            }
            begun
        }
    }
}

fn placed(arn: &str, shards: &[Shard], places: &[(String, SequenceNumber)]) -> Begun {
    let mut begun = Begun {
        state: Follower::fresh(arn, false),
        start: Start::TrimHorizon,
        finished: Vec::new(),
        remarks: Vec::new(),
    };
    let Some(least) = places.iter().map(|(_, number)| number).min() else { return begun };
    let parents: BTreeMap<&str, &str> =
        shards.iter().filter_map(|shard| Some((shard.id.as_str(), shard.parent.as_deref()?))).collect();
    let before = |id: &str| -> BTreeSet<String> {
        let line = std::iter::successors(parents.get(id).copied(), |id| parents.get(id).copied());
        line.take(shards.len() + 1).map(str::to_owned).collect()
    };
    let ancestors: BTreeSet<String> = places.iter().flat_map(|(id, _)| before(id)).collect();
    let position = |shard: &Shard| {
        if let Some((_, number)) = places.iter().find(|(id, _)| *id == shard.id) {
            return after(shard, number);
        }
        let continues = before(&shard.id).iter().any(|id| places.iter().any(|(named, _)| named == id));
        match (ancestors.contains(&shard.id), continues) {
            (true, _) => None,
            (false, true) => Some(beginning(shard)),
            (false, false) => after(shard, least),
        }
    };
    fill(&mut begun, arn, shards.iter().map(|shard| (shard, position(shard))));
    for (id, number) in places {
        if !shards.iter().any(|shard| shard.id == *id) {
            begun.remarks.push(format!(
                "the stream has no shard {id} any more: records after {number} may be missing"
            ));
        }
    }
    begun
}

fn fill<'a>(begun: &mut Begun, arn: &str, all: impl Iterator<Item = (&'a Shard, Option<Position>)>) {
    let all: Vec<_> =
        all.map(|(shard, position)| (shard.id.clone(), shard.parent.clone(), position)).collect();
    begun.finished =
        all.iter().filter(|(_, _, position)| position.is_none()).map(|(id, _, _)| id.clone()).collect();
    begun.state = State::at(arn, all);
}

/// Behind a number in this shard; none if that is behind all of it.
fn after(shard: &Shard, number: &SequenceNumber) -> Option<Position> {
    if shard.ending.as_ref().is_some_and(|end| end <= number) {
        return None;
    }
    match &shard.starting {
        Some(start) if start > number => Some(beginning(shard)),
        _ => Some(Position::After(number.clone())),
    }
}

/// By its number, so that it is noticed when the first records were trimmed away.
fn beginning(shard: &Shard) -> Position {
    shard.starting.clone().map_or(Position::TrimHorizon, Position::At)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(id: &str, parent: Option<&str>, range: (&str, Option<&str>)) -> Shard {
        Shard {
            id: id.to_owned(),
            parent: parent.map(str::to_owned),
            starting: Some(SequenceNumber::new(range.0)),
            ending: range.1.map(SequenceNumber::new),
        }
    }

    /// Two shards from the beginning; one was split, one rolled over.
    fn tree() -> Vec<Shard> {
        vec![
            shard("a", None, ("10", Some("30"))),
            shard("b", None, ("10", Some("50"))),
            shard("a1", Some("a"), ("31", None)),
            shard("a2", Some("a"), ("31", None)),
            shard("b1", Some("b"), ("51", None)),
        ]
    }

    fn at(places: &[(&str, &str)]) -> Begun {
        let place = |(id, number): &(&str, &str)| ((*id).to_owned(), SequenceNumber::new(number));
        begin("arn", &From::After(Places(places.iter().map(place).collect())), &tree())
    }

    fn state(expected: &[(&str, Option<&str>, Option<Position>)]) -> State {
        let owned = |(id, parent, position): &(&str, Option<&str>, Option<Position>)| {
            ((*id).to_owned(), parent.map(str::to_owned), position.clone())
        };
        State::at("arn", expected.iter().map(owned))
    }

    fn number(digits: &str) -> SequenceNumber {
        SequenceNumber::new(digits)
    }

    #[test]
    fn a_position_is_gone_on_from_and_its_time_counts_for_others() {
        let begun = at(&[("a2", "35")]);
        assert_eq!(
            begun.state,
            state(&[
                ("a", None, None),
                ("b", None, Some(Position::After(number("35")))),
                ("a1", Some("a"), Some(Position::After(number("35")))),
                ("a2", Some("a"), Some(Position::After(number("35")))),
                ("b1", Some("b"), Some(Position::At(number("51")))),
            ])
        );
        assert_eq!((begun.finished, begun.remarks.len()), (vec!["a".to_owned()], 0));
    }

    #[test]
    fn what_continues_a_shard_is_read_from_its_beginning() {
        let begun = at(&[("a", "20"), ("b1", "60")]);
        assert_eq!(
            begun.state,
            state(&[
                ("a", None, Some(Position::After(number("20")))),
                ("b", None, None),
                ("a1", Some("a"), Some(Position::At(number("31")))),
                ("a2", Some("a"), Some(Position::At(number("31")))),
                ("b1", Some("b"), Some(Position::After(number("60")))),
            ])
        );
        // All of a shard is behind its last number.
        assert_eq!(at(&[("a", "30"), ("b", "20")]).finished, ["a"]);
    }

    #[test]
    fn a_number_alone_counts_for_all_shards() {
        let begun = begin("arn", &From::AfterNumber(number("30")), &tree());
        assert_eq!((begun.finished, begun.remarks.len()), (vec!["a".to_owned()], 0));
        let begun = begin("arn", &From::AfterNumber(number("5")), &tree());
        assert_eq!((begun.finished.len(), begun.remarks.len()), (0, 1));
    }

    #[test]
    fn a_shard_that_is_gone_is_told() {
        let begun = at(&[("old", "5")]);
        assert!(begun.remarks[0].contains("no shard old any more"), "{:?}", begun.remarks);
    }

    #[test]
    fn from_now_on_what_is_closed_counts_as_read() {
        let begun = begin("arn", &From::Latest, &tree());
        assert_eq!((begun.finished, begun.start), (vec!["a".to_owned(), "b".to_owned()], Start::Latest));
    }
}
