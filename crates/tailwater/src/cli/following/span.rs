//! Which part of a stream is meant: what the command line says of it.

use crate::cli::own;
use crate::cli::place::Place;
use crate::cli::places::{Places, number};
use crate::units;
use anyhow::Context;
use clap::Args;
use consumer::SequenceNumber;
use environment::Clock;
use filter::Filters;
use std::time::Duration;

/// Which records are meant.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Span {
    /// Go on with what is written, until Ctrl-C.
    #[arg(short, long)]
    pub(super) follow: bool,
    /// Where to begin: `start` (with the oldest record that there is), `latest` (with what is written from now on), after a
    /// position (SHARD:NUMBER, several with commas between them, as answers to writes carry them), after a sequence
    /// number, or at a time (2026-01-31T12:00:00Z). [default: start; with --follow latest]
    #[arg(long, value_name = "WHERE", value_parser = from)]
    pub(super) from: Option<From>,
    /// Begin with the records of so long ago.
    #[arg(long, value_name = "SPAN", value_parser = units::duration, conflicts_with = "from")]
    pub(super) ago: Option<Duration>,
    /// Where to end: `now` (with what there is already), with a position or a sequence number, or at a time.
    /// [default: now; with --follow never]
    #[arg(long, value_name = "WHERE", value_parser = until)]
    pub(super) until: Option<Until>,
    /// Only records that this filter pattern of event source mappings means: '{"eventName": ["REMOVE"]}'. Of several, one
    /// must.
    #[arg(long = "filter", value_name = "PATTERN", value_parser = pattern)]
    filters: Vec<String>,
    /// End after so many records.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) count: Option<u64>,
}

/// Where to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum From {
    Start,
    Latest,
    After(Places),
    AfterNumber(SequenceNumber),
    Time(u64),
}

/// Where to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    Now,
    At(Places),
    AtNumber(SequenceNumber),
    Time(u64),
}

/// From how many digits on a number is a sequence number. AWS's have 21 at least; no time has as many.
const DIGITS_MIN: usize = 15;

/// Positions, with blanks around them.
fn places(text: &str) -> Result<Places, String> {
    text.split(',').map(str::trim).collect::<Vec<_>>().join(",").parse()
}

fn from(text: &str) -> Result<From, String> {
    match text {
        "start" => Ok(From::Start),
        "latest" => Ok(From::Latest),
        _ if text.starts_with("shardId-") => places(text).map(From::After),
        _ => match number(text).filter(|_| text.len() >= DIGITS_MIN) {
            Some(number) => Ok(From::AfterNumber(number)),
            None => units::time(text)
                .map(From::Time)
                .map_err(|error| format!("{error}; or start, latest, a position or a sequence number")),
        },
    }
}

fn until(text: &str) -> Result<Until, String> {
    match text {
        "now" => Ok(Until::Now),
        _ if text.starts_with("shardId-") => places(text).map(Until::At),
        _ => match number(text).filter(|_| text.len() >= DIGITS_MIN) {
            Some(number) => Ok(Until::AtNumber(number)),
            None => units::time(text)
                .map(Until::Time)
                .map_err(|error| format!("{error}; or now, a position or a sequence number")),
        },
    }
}

fn pattern(text: &str) -> Result<String, String> {
    match Filters::parse([text]) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("write a filter pattern of event source mappings, such as \
                       {\"dynamodb\": {\"Keys\": {\"id\": {\"S\": [\"1\"]}}}}"
            .to_owned()),
    }
}

impl Span {
    /// The filters, compiled.
    pub(super) fn filters(&self) -> anyhow::Result<Filters> {
        Filters::parse(self.filters.iter().map(String::as_str)).context("--filter")
    }

    /// Where to begin, given what time it is there.
    pub(super) fn start(&self, now_ms: u64) -> From {
        match (&self.from, self.ago) {
            (Some(from), _) => from.clone(),
            (None, Some(ago)) => {
                From::Time(now_ms.saturating_sub(u64::try_from(ago.as_millis()).unwrap_or(u64::MAX)))
            }
            (None, None) if self.follow => From::Latest,
            (None, None) => From::Start,
        }
    }

    /// Why this can give nothing, if so.
    pub(crate) fn contradiction(&self) -> Option<&'static str> {
        let nothing = self.from == Some(From::Latest) && !self.follow;
        nothing.then_some("--from latest is what is written from now on: say --follow too")
    }

    /// What time it is where the stream is, which can be another than here.
    pub(super) async fn now_ms(&self, place: &Place, clock: &Clock) -> u64 {
        match self.ago.is_some() || matches!(self.until, Some(Until::Time(_))) {
            true => own::now_ms(place, clock).await,
            false => clock.wall_ms(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::places::{DIGITS_MAX, PLACES_MAX};

    #[test]
    fn beginnings_are_named_in_several_ways() {
        let number = SequenceNumber::new("100000000000001048576");
        assert_eq!(from("start"), Ok(From::Start));
        assert_eq!(from("latest"), Ok(From::Latest));
        assert_eq!(from("100000000000001048576"), Ok(From::AfterNumber(number.clone())));
        assert_eq!(from("1970-01-01T00:00:01Z"), Ok(From::Time(1_000)));
        let place = |shard: &str| (shard.to_owned(), number.clone());
        assert_eq!(
            from("shardId-1-a:100000000000001048576,shardId-2-b:100000000000001048576"),
            Ok(From::After(Places(vec![place("shardId-1-a"), place("shardId-2-b")])))
        );
        for wrong in ["", "now", "yesterday", "shardId-1", "shardId-1:", "shardId-1:x", "shardId-1:1,", "5"] {
            assert!(from(wrong).is_err(), "{wrong}");
        }
        assert!(from("shardId-1:1,shardId-2:2,shardId-1:3").unwrap_err().contains("shardId-1 twice"));
        assert!(from(&["shardId-1:1"; PLACES_MAX + 1].join(",")).unwrap_err().contains("too many"));
        assert!(from(&"9".repeat(DIGITS_MAX + 1)).is_err());
    }

    #[test]
    fn ends_are_named_likewise() {
        assert_eq!(until("now"), Ok(Until::Now));
        assert_eq!(until("1970-01-01T00:00:01Z"), Ok(Until::Time(1_000)));
        assert!(until("latest").is_err() && until("shardId-1:").is_err());
    }

    #[test]
    fn what_is_not_said_follows_from_the_rest() {
        let now = Span::default();
        assert_eq!(now.start(9), From::Start);
        let follow = Span { follow: true, ..Span::default() };
        assert_eq!(follow.start(9), From::Latest);
        let ago = Span { ago: Some(Duration::from_secs(2)), follow: true, ..Span::default() };
        assert_eq!(ago.start(3_000), From::Time(1_000));
        let latest = Span { from: Some(From::Latest), ..Span::default() };
        assert!(latest.contradiction().is_some() && follow.contradiction().is_none());
    }
}
