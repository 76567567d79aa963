//! ListStreams: in order of name.

use crate::kinesis::failure::Failure;
use crate::kinesis::request::{NAME, Request};
use crate::kinesis::resource::scope;
use crate::kinesis::{Kinesis, Value, describe};
use database::Caller;

const LIMIT: usize = 100;
const LIMIT_MAX: i64 = 10_000;

impl Kinesis {
    pub(in crate::kinesis) fn list_streams(
        &self,
        caller: &Caller,
        mut request: Request,
    ) -> Result<Value, Failure> {
        let limit = request.integer("Limit", (1, LIMIT_MAX))?;
        let after = request.pattern("ExclusiveStartStreamName", 128, NAME)?;
        // The token is the last name of the page before.
        let token = request.text_of("NextToken", (1, 1_048_576))?;
        request.finish()?;
        let after = token.or(after);
        let mut streams = self.database.data_streams().after(scope(caller), after.as_deref());
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(LIMIT);
        let more = streams.len() > limit;
        streams.truncate(limit);
        let names = streams.iter().map(|stream| Value::from(stream.name.as_str()));
        let summaries = streams.iter().map(|stream| Value::structure(describe::head(stream)));
        let mut members = vec![
            ("StreamNames", Value::List(names.collect())),
            ("HasMoreStreams", Value::Boolean(more)),
            ("StreamSummaries", Value::List(summaries.collect())),
        ];
        if let Some(last) = streams.last().filter(|_| more) {
            members.push(("NextToken", Value::from(last.name.as_str())));
        }
        Ok(Value::structure(members))
    }
}
