//! What a subscriber asks for: path, query and headers of a request.

use super::events::END_ID;
use crate::lambda::decoded;
use filter::Filters;
use serde_json::{Map, Value};
use server::Head;
use streams::Positions;
use streams::following::Begin;

/// The most filters, as of a mapping, and the longest.
const FILTERS_MAX: usize = 10;
const FILTER_BYTES_MAX: usize = 4_096;

/// Where our endpoints of streams are.
const PREFIX: &str = "/_tailwater/streams/";

/// The last part of the path.
pub(super) const VERB: &str = "subscribe";

/// The header by which a browser says what it had last.
const LAST_EVENT_ID: &str = "last-event-id";

/// What is asked.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Which stream, as [`database::Database::stream_asked`] reads it.
    pub(crate) stream: Value,
    pub(crate) from: From,
    pub(crate) filters: Filters,
    /// As they are written.
    pub(crate) patterns: Vec<String>,
    /// Whether all items come first.
    pub(crate) snapshot: bool,
}

/// Where a subscription begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// As its address says.
    New(Begin),
    /// Behind an event that the subscriber had.
    Resumed(Positions),
    /// The subscriber had the end.
    Ended,
}

impl Asked {
    /// Reads the head of a request.
    ///
    /// # Errors
    /// With what is wrong in words.
    pub(super) fn read(head: &Head<'_>) -> Result<Self, String> {
        Self::of((head.path(), head.query()), head.header(LAST_EVENT_ID))
    }

    /// Reads path and query, and what the subscriber had last.
    pub(crate) fn of((path, query): (&str, &str), last_id: Option<&str>) -> Result<Self, String> {
        let mut asked = Parameters::default();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let undecodable = || format!("{part:?} is not percent-encoded UTF-8");
            let name = decoded(name, true).ok_or_else(undecodable)?;
            asked.take(&name, decoded(value, true).ok_or_else(undecodable)?)?;
        }
        if let Some(arn) = arn(path)? {
            asked.name("stream_arn", arn)?;
        }
        // What the browser had last is newer than what its address says.
        if let Some(id) = last_id.filter(|id| !id.is_empty()) {
            asked.last_id = Some(id.to_owned());
        }
        asked.finish()
    }
}

/// The stream in a path, if it is named there: percent-encoded or plain.
fn arn(path: &str) -> Result<Option<String>, String> {
    let rest = path.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(VERB)).unwrap_or_default();
    let Some(arn) = rest.strip_suffix('/') else { return Ok(None) };
    decoded(arn, false).map(Some).ok_or_else(|| "the stream's name is not percent-encoded UTF-8".to_owned())
}

/// The parameters as they are found.
#[derive(Default)]
struct Parameters {
    stream: Map<String, Value>,
    from: Option<Begin>,
    last_id: Option<String>,
    filters: Vec<String>,
    snapshot: bool,
}

impl Parameters {
    fn take(&mut self, name: &str, value: String) -> Result<(), String> {
        match name {
            "table" | "region" | "account" | "stream_arn" => self.name(name, value)?,
            "from" => self.from = Some(begin(&value)?),
            "lastEventId" | "last-event-id" | "Last-Event-ID" => {
                self.last_id = Some(value).filter(|value| !value.is_empty());
            }
            "filter" if value.len() > FILTER_BYTES_MAX => {
                return Err(format!("a filter has at most {FILTER_BYTES_MAX} bytes"));
            }
            "filter" if self.filters.len() == FILTERS_MAX => {
                return Err(format!("there are at most {FILTERS_MAX} filters"));
            }
            "filter" => self.filters.push(value),
            "snapshot" => {
                self.snapshot = match value.as_str() {
                    "1" | "true" => true,
                    "0" | "false" => false,
                    _ => return Err("snapshot is 1 or 0".to_owned()),
                };
            }
            _ => {
                return Err(format!(
                    "there is no parameter {name:?}: table, region, account, stream_arn, from, filter, snapshot, lastEventId"
                ));
            }
        }
        Ok(())
    }

    fn name(&mut self, name: &str, value: String) -> Result<(), String> {
        match self.stream.insert(name.to_owned(), value.into()) {
            None => Ok(()),
            Some(_) => Err(format!("{name} is named twice")),
        }
    }

    fn finish(self) -> Result<Asked, String> {
        if self.snapshot && self.from.is_some() {
            return Err("a snapshot is of now: from cannot be chosen with it".to_owned());
        }
        let filters = Filters::parse(self.filters.iter().map(String::as_str))
            .map_err(|error| format!("a filter is no pattern: {error}"))?;
        let from = match self.last_id.as_deref() {
            Some(END_ID) => From::Ended,
            Some(id) => From::Resumed(id.parse().map_err(|error| format!("the last event's id: {error}"))?),
            None => From::New(self.from.unwrap_or(Begin::Latest)),
        };
        let (stream, patterns) = (Value::Object(self.stream), self.filters);
        Ok(Asked { stream, from, filters, patterns, snapshot: self.snapshot })
    }
}

fn begin(text: &str) -> Result<Begin, String> {
    match text {
        "start" => Ok(Begin::Start),
        "latest" => Ok(Begin::Latest),
        positions => {
            let positions = positions.parse();
            positions
                .map(Begin::After)
                .map_err(|error| format!("from is start, latest or positions: {error}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_may_be_named_in_the_path() {
        let name = "arn:aws:dynamodb:us-east-1:000000000000:table/dogs/stream/2026-11-21T07:59:08.114";
        for written in [name.to_owned(), name.replace(':', "%3A").replace('/', "%2f")] {
            assert_eq!(arn(&format!("{PREFIX}{written}/subscribe")), Ok(Some(name.to_owned())));
        }
        assert_eq!(arn("/_tailwater/streams/subscribe"), Ok(None));
        assert!(arn("/_tailwater/streams/%ff/subscribe").is_err());
    }

    #[test]
    fn the_last_event_counts_more_than_the_beginning() {
        let id = "shardId-00000001795248378047-044760f7:100000000000007340032";
        let read = |pairs: &[(&str, &str)]| {
            let mut parameters = Parameters::default();
            for (name, value) in pairs {
                parameters.take(name, (*value).to_owned())?;
            }
            parameters.finish().map(|asked| asked.from)
        };
        assert_eq!(read(&[]), Ok(From::New(Begin::Latest)));
        assert_eq!(read(&[("from", "start"), ("lastEventId", "")]), Ok(From::New(Begin::Start)));
        assert_eq!(read(&[("from", id)]), Ok(From::New(Begin::After(id.parse().unwrap()))));
        assert_eq!(read(&[("from", "start"), ("lastEventId", id)]), Ok(From::Resumed(id.parse().unwrap())));
        assert_eq!(read(&[("last-event-id", "end")]), Ok(From::Ended));
        assert!(read(&[("filter", &"x".repeat(FILTER_BYTES_MAX + 1))]).is_err());
        assert!(read(&[("filter", "{}"); FILTERS_MAX + 1]).unwrap_err().contains("at most 10 filters"));
    }
}
