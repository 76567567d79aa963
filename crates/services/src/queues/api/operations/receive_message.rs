//! ReceiveMessage.

use super::{Answered, message_attributes};
use crate::queues::api::context::{Context, number_in, texts};
use crate::queues::deleting::VISIBILITY_MAX_MS;
use crate::queues::message::{TRACE_HEADER, attributes_md5, check_id};
use crate::queues::{AttributeValue, Queues, QueuesError, Receive, Received, attributes};
use crate::request::Request;
use crate::value::Value;
use std::time::Duration;

/// The names of system attributes.
const SYSTEM: [&str; 10] = [
    "All",
    "SenderId",
    "SentTimestamp",
    "ApproximateReceiveCount",
    "ApproximateFirstReceiveTimestamp",
    "SequenceNumber",
    "MessageDeduplicationId",
    "MessageGroupId",
    TRACE_HEADER,
    "DeadLetterQueueSourceArn",
];

/// What of a message is asked for.
struct Wanted {
    system: Vec<String>,
    attributes: Vec<String>,
}

impl Queues {
    pub(super) async fn receive_message(&self, context: &Context, mut request: Request) -> Answered {
        let queue = self.queue(context, &mut request)?;
        let wanted = Wanted::read(&mut request)?;
        let reason = "Must be between 1 and 10, if provided.";
        let max = number_in(&mut request, "MaxNumberOfMessages", (1, 10), reason)?;
        let max_s = VISIBILITY_MAX_MS as i64 / 1_000;
        let reason = format!("Must be >= 0 and <= {max_s}, if provided.");
        let visibility_s = number_in(&mut request, "VisibilityTimeout", (0, max_s), &reason)?;
        let reason = "Must be >= 0 and <= 20, if provided.";
        let wait_s = number_in(&mut request, "WaitTimeSeconds", (0, 20), reason)?;
        let attempt = request.text("ReceiveRequestAttemptId")?;
        check_id("ReceiveRequestAttemptId", attempt.as_deref())?;
        if let Some(attempt) = attempt.as_ref().filter(|_| !queue.is_fifo) {
            let reason = "The request include parameter that is not valid for this queue type.";
            return Err(QueuesError::value(attempt, "ReceiveRequestAttemptId", reason));
        }
        let wait_ms = wait_s.map_or(queue.current().settings.wait_ms, |seconds| seconds * 1_000);
        let how = Receive {
            max: max.and_then(|max| usize::try_from(max).ok()).unwrap_or(1),
            visibility_ms: visibility_s.map(|seconds| seconds * 1_000),
            wait: Duration::from_millis(wait_ms),
        };
        let received = match attempt {
            Some(attempt) => self.receive_attempt(&queue, how, attempt).await?,
            None => self.receive_from(&queue, how).await?,
        };
        if received.is_empty() {
            return Ok(Value::Structure(Vec::new()));
        }
        let messages = received.into_iter().map(|message| wanted.told(message)).collect();
        Ok(Value::structure([("Messages", Value::List(messages))]))
    }
}

impl Wanted {
    fn read(request: &mut Request) -> Result<Self, QueuesError> {
        let mut system = texts(request, "AttributeNames")?.unwrap_or_default();
        system.extend(texts(request, "MessageSystemAttributeNames")?.unwrap_or_default());
        // The older of the two members may name attributes of queues, of which messages have none.
        let is_known = |name: &str| SYSTEM.contains(&name) || attributes::is_known(name);
        if let Some(unknown) = system.iter().find(|name| !is_known(name)) {
            return Err(attributes::unknown(unknown));
        }
        Ok(Self { system, attributes: texts(request, "MessageAttributeNames")?.unwrap_or_default() })
    }

    fn told(&self, mut message: Received) -> Value {
        let mut members = vec![
            ("MessageId", Value::from(&*message.id)),
            ("ReceiptHandle", Value::from(&*message.receipt)),
            ("MD5OfBody", Value::from(message.body_md5())),
            ("Body", Value::from(std::mem::take(&mut message.body))),
        ];
        let system = self.system(&message);
        if !system.is_empty() {
            members.push(("Attributes", Value::Structure(system)));
        }
        let mut attributes = message.attributes;
        attributes.retain(|name, _| self.attributes.iter().any(|wanted| is_meant(wanted, name)));
        if !attributes.is_empty() {
            members.push(("MD5OfMessageAttributes", Value::from(attributes_md5(&attributes))));
            members.push(("MessageAttributes", message_attributes::told(attributes)));
        }
        Value::structure(members)
    }

    fn system(&self, message: &Received) -> Vec<(String, Value)> {
        let trace = message.system_attributes.get(TRACE_HEADER).map(|trace| match &trace.value {
            AttributeValue::Text(text) => text.clone(),
            AttributeValue::Binary(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        });
        let all = [
            ("SenderId", Some(message.sender.clone())),
            ("SentTimestamp", Some(message.sent_ms.to_string())),
            ("ApproximateReceiveCount", Some(message.receives.to_string())),
            ("ApproximateFirstReceiveTimestamp", Some(message.first_received_ms.to_string())),
            ("SequenceNumber", message.sequence_number.clone()),
            ("MessageDeduplicationId", message.deduplication.clone()),
            ("MessageGroupId", message.group.clone()),
            (TRACE_HEADER, trace),
            ("DeadLetterQueueSourceArn", message.source.clone()),
        ];
        let is_wanted = |name: &str| self.system.iter().any(|wanted| wanted == "All" || wanted == name);
        let wanted = all.into_iter().filter(|(name, _)| is_wanted(name));
        wanted.filter_map(|(name, text)| Some((name.to_owned(), Value::from(text?)))).collect()
    }
}

/// Whether a name that is asked for means an attribute: all of them, those that begin so, or this one.
fn is_meant(wanted: &str, name: &str) -> bool {
    match wanted.strip_suffix(".*") {
        _ if wanted == "All" => true,
        Some(prefix) => prefix.is_empty() || name == prefix || name.starts_with(prefix),
        None => wanted == name,
    }
}
