//! The mappings of a run: what each reads, and what it is told.

use super::book::Rules;
use crate::plan::below;
use environment::Random;
use lambda::configuration::{Destinations, Request};

/// What a mapping reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Table,
    Data,
    Queue,
    Fifo,
}

/// A mapping. Its function has the same name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mapped {
    pub(super) name: &'static str,
    pub(super) source: Source,
    /// Whether the function says which records failed.
    pub(super) reports: bool,
    /// Whether the function cares for poison. Then there is a rule by which it is given up.
    pub(super) poisoned: bool,
    /// Whether it has a filter.
    pub(super) filtered: bool,
}

/// The table, whose stream is read.
pub(super) const TABLE: &str = "things";
/// The data stream.
pub(super) const STREAM: &str = "data";
/// The standard queue, and that in which what it gives up is.
pub(super) const QUEUE: &str = "queue";
pub(super) const DEAD: &str = "dead";
/// The FIFO queue, and that in which what it gives up is.
pub(super) const FIFO: &str = "groups.fifo";
pub(super) const DEAD_FIFO: &str = "dead.fifo";
/// Where mappings of streams send what they give up.
pub(super) const LOST: &str = "lost";
/// The mapping that is made when there are records already.
pub(super) const LATE: &str = "late";

const fn of_stream(name: &'static str, source: Source, poisoned: bool, filtered: bool) -> Mapped {
    Mapped { name, source, reports: poisoned, poisoned, filtered }
}

/// All of them.
pub(super) const MAPPED: [Mapped; 6] = [
    of_stream("table", Source::Table, true, false),
    of_stream("plain", Source::Table, false, true),
    of_stream(LATE, Source::Table, false, false),
    of_stream("data", Source::Data, true, false),
    Mapped { name: "queue", source: Source::Queue, reports: true, poisoned: true, filtered: false },
    Mapped { name: "groups", source: Source::Fifo, reports: false, poisoned: true, filtered: false },
];

/// The ARN of a queue.
pub(super) fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:us-east-1:000000000000:{name}")
}

/// The ARN of the data stream.
pub(super) fn stream_arn() -> String {
    format!("arn:aws:kinesis:us-east-1:000000000000:stream/{STREAM}")
}

impl Mapped {
    pub(super) fn is_stream(&self) -> bool {
        matches!(self.source, Source::Table | Source::Data)
    }

    /// The ARN of its function, with an alias half of the time.
    pub(super) fn function(&self, random: &Random) -> String {
        let alias = if below(random, 2) == 0 { "" } else { ":live" };
        format!("arn:aws:lambda:us-east-1:000000000000:function:{}{alias}", self.name)
    }

    /// The request that makes it.
    pub(super) fn creation(&self, arn: &str, random: &Random) -> Request {
        let mut request = self.change(random);
        request.event_source_arn = Some(arn.to_owned());
        if self.is_stream() {
            let position = if self.name == LATE { "LATEST" } else { "TRIM_HORIZON" };
            request.starting_position = Some(position.to_owned());
        }
        if self.reports {
            request.function_response_types = Some(vec!["ReportBatchItemFailures".to_owned()]);
        }
        if self.filtered {
            request.filters = Some(vec![r#"{"dynamodb":{"NewImage":{"f":{"S":["yes"]}}}}"#.to_owned()]);
        }
        if self.is_stream() && self.poisoned {
            let on_failure = Some(queue_arn(LOST));
            request.destinations = Some(Destinations { on_failure, on_success: None });
            request.maximum_retry_attempts = Some(2);
        }
        request
    }

    /// A change of it.
    pub(super) fn change(&self, random: &Random) -> Request {
        let some = |low: i64, count: u64| Some(low + i64::try_from(below(random, count)).unwrap_or(0));
        let maybe = |value: Option<i64>| value.filter(|_| below(random, 2) == 0);
        let mut request = Request { batch_size: maybe(some(1, 7)), ..Request::default() };
        request.batching_window_s = maybe(some(0, 2));
        match self.source {
            Source::Table | Source::Data => {
                request.parallelization_factor = maybe(some(1, 3));
                request.bisect = Some(below(random, 2) == 0);
                request.tumbling_window_s = maybe(some(0, 3)).map(|windows| windows * 5);
                if self.poisoned {
                    request.maximum_retry_attempts = maybe(some(0, 4));
                    request.maximum_record_age_s =
                        [None, None, Some(-1), Some(60)][below(random, 4) as usize];
                }
            }
            Source::Queue | Source::Fifo => request.maximum_concurrency = maybe(some(2, 4)),
        }
        request
    }

    /// What a request may come to.
    pub(super) fn note(request: &Request, rules: &mut Rules) {
        if let Some(retries) = request.maximum_retry_attempts.and_then(|retries| u32::try_from(retries).ok())
        {
            rules.retries = Some(rules.retries.map_or(retries, |known| known.min(retries)));
        }
        rules.ages |= request.maximum_record_age_s.is_some_and(|age_s| age_s > 0);
    }
}
