//! What came of an asynchronous call, and telling it.

use super::Head;
use crate::destinations::{Delivery, DestinationError};
use crate::event::milliseconds;
use crate::functions::Functions;
use crate::functions::name::LATEST;
use crate::functions::record::{EventInvoke, Function};
use crate::invoke::Reply;
use bytes::Bytes;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use wire::json::ObjectWriter;

/// What came of a call.
#[derive(Clone, Copy)]
pub(super) struct Outcome<'a> {
    pub(super) condition: &'static str,
    /// What the function answered last, where it ran now.
    pub(super) reply: Option<&'a Reply>,
    pub(super) head: &'a Head,
    pub(super) payload: &'a [u8],
    pub(super) function: &'a Function,
    pub(super) settings: &'a EventInvoke,
}

impl Functions {
    /// Tells what came of a call to whom its function says.
    pub(super) async fn deliver(&self, outcome: Outcome<'_>) {
        let succeeded = outcome.condition == "Success";
        let settings = outcome.settings;
        let destination = if succeeded { &settings.on_success } else { &settings.on_failure };
        let time_ms = self.now_ms();
        if let Some(arn) = destination {
            let message = message(&outcome, time_ms);
            let delivery = Delivery { message, object_key: object_key(&outcome, time_ms), object: None };
            let (account, destinations) = (&outcome.function.account, self.inner.destinations.get());
            let sent = match destinations {
                Some(destinations) => destinations.deliver(self, account, arn, delivery).await,
                None => Err(DestinationError::Unsupported(arn.clone())),
            };
            tell(sent, arn, outcome.head);
        }
        let version = outcome.function.qualified(Some(&outcome.head.qualifier));
        let dead_letter = version.and_then(|version| version.configuration.dead_letter_arn.as_ref());
        if let Some(arn) = dead_letter.filter(|_| !succeeded) {
            let event = Bytes::copy_from_slice(outcome.payload);
            let attributes = dead_letter_attributes(&outcome);
            let sent = match self.inner.destinations.get() {
                Some(destinations) => {
                    destinations.dead_letter(&outcome.function.account, arn, event, &attributes).await
                }
                None => Err(DestinationError::Unsupported(arn.clone())),
            };
            tell(sent, arn, outcome.head);
        }
    }
}

/// A message that cannot be delivered is told in the log, as AWS counts it.
fn tell(sent: Result<(), DestinationError>, arn: &str, head: &Head) {
    if let Err(error) = sent {
        tracing::error!(
            %error, destination = arn, function = head.name, request_id = head.request_id,
            "what came of an asynchronous call could not be delivered"
        );
    }
}

fn message(outcome: &Outcome<'_>, time_ms: u64) -> Bytes {
    let Outcome { condition, reply, head, payload, function, .. } = outcome;
    let version = reply.map_or_else(
        || function.qualified(Some(&head.qualifier)).map_or(LATEST, |version| &version.version),
        |reply| &reply.executed_version,
    );
    let mut out = Vec::new();
    let mut message = ObjectWriter::new(&mut out);
    message.string("version", "1.0");
    message.string("timestamp", &milliseconds(time_ms));
    let mut context = message.object("requestContext");
    context.string("requestId", &head.request_id);
    context.string("functionArn", &function.arn(Some(version)));
    context.string("condition", condition);
    context.unsigned("approximateInvokeCount", u64::from(head.attempts));
    context.end();
    message.member("requestPayload").extend_from_slice(payload);
    if let Some(reply) = reply {
        let mut context = message.object("responseContext");
        context.unsigned("statusCode", 200);
        context.string("executedVersion", &reply.executed_version);
        if reply.failed {
            context.string("functionError", "Unhandled");
        }
        context.end();
        // What a function answers need not be JSON.
        let is_json = serde_json::from_slice::<IgnoredAny>(&reply.payload).is_ok();
        let text = || Value::from(String::from_utf8_lossy(&reply.payload)).to_string().into_bytes();
        let payload = if is_json { reply.payload.to_vec() } else { text() };
        message.member("responsePayload").extend_from_slice(&payload);
    }
    message.end();
    out.into()
}

fn object_key(outcome: &Outcome<'_>, time_ms: u64) -> String {
    let time = streams::label::format(time_ms).replace(':', ".");
    let date = time.split('T').next().unwrap_or_default().replace('-', "/");
    let second = time.get(.."2020-07-30T17.00.00".len()).unwrap_or(&time);
    let Outcome { head, function, .. } = outcome;
    format!("aws/lambda/async/{}/{date}/{second}-{}", function.name, head.request_id)
}

fn dead_letter_attributes(outcome: &Outcome<'_>) -> Vec<(&'static str, &'static str, String)> {
    let answered: Value = outcome
        .reply
        .and_then(|reply| serde_json::from_slice(&reply.payload).ok())
        .unwrap_or_else(|| json!({ "errorMessage": outcome.condition }));
    // A message attribute must not be empty, and has at most 1 KiB on AWS.
    let text = answered["errorMessage"].as_str().filter(|text| !text.is_empty()).unwrap_or(outcome.condition);
    vec![
        ("RequestID", "String", outcome.head.request_id.clone()),
        ("ErrorCode", "Number", "200".to_owned()),
        ("ErrorMessage", "String", text.chars().take(1_024).collect()),
    ]
}
