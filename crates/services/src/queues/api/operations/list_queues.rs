//! ListQueues and ListDeadLetterSourceQueues, in the order of names.

use super::Answered;
use crate::queues::Queues;
use crate::queues::QueuesError;
use crate::queues::api::context::{Context, number_in};
use crate::queues::queue::Queue;
use crate::request::Request;
use crate::value::Value;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use std::sync::Arc;

/// How many queues one answer has.
const PAGE: usize = 1_000;

impl Queues {
    pub(super) fn list_queues(&self, context: &Context, mut request: Request) -> Answered {
        let prefix = request.text("QueueNamePrefix")?.unwrap_or_default();
        let mut queues = self.of(context.account(), context.region());
        queues.retain(|queue| queue.arn.name.starts_with(&prefix));
        page(context, &mut request, "QueueUrls", queues)
    }

    pub(super) fn list_dead_letter_source_queues(&self, context: &Context, mut request: Request) -> Answered {
        let target = self.queue(context, &mut request)?;
        let mut queues = self.of(&target.arn.account, &target.arn.region);
        queues.retain(|queue| self.buries_in(queue, &target));
        page(context, &mut request, "queueUrls", queues)
    }

    /// Whether the dead letters of a queue go to the other one.
    pub(super) fn buries_in(&self, queue: &Queue, target: &Queue) -> bool {
        let current = queue.current();
        let redrive = current.settings.redrive.as_ref();
        redrive
            .and_then(|redrive| self.by_arn(&redrive.target).ok())
            .is_some_and(|found| found.id == target.id)
    }
}

/// One page of queues: with MaxResults there may be more, after the name that the token says.
fn page(
    context: &Context,
    request: &mut Request,
    member: &'static str,
    mut queues: Vec<Arc<Queue>>,
) -> Answered {
    let reason = "Must be an integer from 1 to 1000.";
    let max = number_in(request, "MaxResults", (1, 1_000), reason)?;
    if let Some(token) = request.text("NextToken")? {
        let after = URL_SAFE.decode(&token).ok().and_then(|name| String::from_utf8(name).ok());
        let after = after.ok_or_else(|| QueuesError::parameter("Invalid or expired next token."))?;
        queues.retain(|queue| queue.arn.name > after);
    }
    let size = max.and_then(|max| usize::try_from(max).ok()).unwrap_or(PAGE);
    let has_more = queues.len() > size;
    queues.truncate(size);
    let urls: Vec<_> = queues.iter().map(|queue| Value::from(context.url(queue))).collect();
    let mut members = Vec::new();
    if !urls.is_empty() || member == "queueUrls" {
        members.push((member, Value::List(urls)));
    }
    // Without MaxResults there is one page, as on AWS.
    if let Some(last) = queues.last().filter(|_| has_more && max.is_some()) {
        members.push(("NextToken", Value::from(URL_SAFE.encode(&last.arn.name))));
    }
    Ok(Value::structure(members))
}
