//! Who asks, and by which address: the URLs of queues are those of the host that the client called.

use crate::queues::queue::Queue;
use crate::queues::{Arn, ErrorCode, Queues, QueuesError};
use crate::request::Request;
use database::Caller;
use std::sync::Arc;

/// Who asks.
#[derive(Clone, Debug)]
pub(super) struct Context {
    caller: Caller,
}

impl Context {
    pub(super) fn new(caller: Caller) -> Self {
        Self { caller }
    }

    /// The account of the caller.
    pub(super) fn account(&self) -> &str {
        &self.caller.account
    }

    /// The region that is called.
    pub(super) fn region(&self) -> &str {
        &self.caller.region
    }

    /// The ARN of a queue of the caller's.
    pub(super) fn arn(&self, name: String) -> Arn {
        Arn { region: self.region().to_owned(), account: self.account().to_owned(), name }
    }

    /// The URL of a queue.
    pub(super) fn url(&self, queue: &Queue) -> String {
        format!("http://{}/{}/{}", self.caller.host, queue.arn.account, queue.arn.name)
    }
}

impl Queues {
    /// The queue that a request names by its URL.
    pub(super) fn queue(&self, context: &Context, request: &mut Request) -> Result<Arc<Queue>, QueuesError> {
        let url = required(request, "QueueUrl")?;
        let invalid = || {
            let message = format!("The address {url} is not valid for this endpoint.");
            QueuesError::new(ErrorCode::InvalidAddress, message)
        };
        let (account, name) = place(&url).ok_or_else(invalid)?;
        let arn = Arn { account: account.to_owned(), ..context.arn(name.to_owned()) };
        self.find(&arn).ok_or_else(QueuesError::no_queue)
    }
}

/// Account and name in the URL of a queue, whatever its host and what stands before them in its path.
pub(in crate::queues) fn place(url: &str) -> Option<(&str, &str)> {
    let path = url.split_once("://").map_or(url, |(_, rest)| rest);
    let mut segments = path.trim_end_matches('/').rsplit('/');
    let (name, account) = (segments.next()?, segments.next()?);
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    (is_account && !name.is_empty()).then_some((account, name))
}

/// A text that must be there.
pub(super) fn required(request: &mut Request, name: &str) -> Result<String, QueuesError> {
    let text = request.text(name)?.filter(|text| !text.is_empty());
    text.ok_or_else(|| QueuesError::missing(name))
}

/// A whole number.
pub(super) fn number(request: &mut Request, name: &str) -> Result<Option<i64>, QueuesError> {
    Ok(request.integer(name, (i64::MIN, i64::MAX))?)
}

/// A whole number between these, and what is said of another one.
pub(super) fn number_in(
    request: &mut Request,
    name: &str,
    (min, max): (i64, i64),
    reason: &str,
) -> Result<Option<u64>, QueuesError> {
    match number(request, name)? {
        Some(number) if !(min..=max).contains(&number) => Err(QueuesError::value(number, name, reason)),
        number => Ok(number.map(i64::unsigned_abs)),
    }
}

/// A list of texts.
pub(super) fn texts(request: &mut Request, name: &str) -> Result<Option<Vec<String>>, QueuesError> {
    let Some(list) = request.list(name, (0, usize::MAX))? else { return Ok(None) };
    let texts = list.into_iter().map(|value| match value {
        crate::value::Value::Text(text) => Ok(text),
        _ => Err(QueuesError::new(ErrorCode::MalformedInput, format!("{name} is not a list of strings"))),
    });
    texts.collect::<Result<_, _>>().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_account_and_queue_whatever_its_host() {
        let rows = [
            ("http://localhost:4566/000000000000/q", Some(("000000000000", "q"))),
            ("https://sqs.us-east-1.amazonaws.com/123456789012/q.fifo", Some(("123456789012", "q.fifo"))),
            ("http://localhost:4566/queue/us-east-1/000000000000/q/", Some(("000000000000", "q"))),
            ("/000000000000/q", Some(("000000000000", "q"))),
            ("000000000000/q", Some(("000000000000", "q"))),
            ("q", None),
            ("http://localhost/q", None),
            ("http://localhost/000000000000/", None),
            ("", None),
        ];
        for (url, expected) in rows {
            assert_eq!(place(url), expected, "{url}");
        }
    }
}
