//! Whole requests to SNS over a small world: a topic, a FIFO topic, and a queue that is subscribed to both. Whatever it is,
//! it is answered in XML, with no error that is the server's; what queues are given is JSON unless they wanted it raw; and
//! everything can be listed and opened again after it.

use crate::ground::{Ground, World, Worlds, opened};
use database::Caller;
use services::query::{Answer, Call};
use services::topics::{Given, Options, QueueMessage, Queues, Topics};
use std::sync::Arc;
use wire::query::Members;

/// What is there before the request.
const BEFORE: [&str; 4] = [
    "Action=CreateTopic&Name=t",
    "Action=CreateTopic&Name=t.fifo&Attributes.entry.1.key=FifoTopic&Attributes.entry.1.value=true",
    "Action=Subscribe&Protocol=sqs&TopicArn=arn:aws:sns:us-east-1:000000000000:t\
     &Endpoint=arn:aws:sqs:us-east-1:000000000000:q&Attributes.entry.1.key=FilterPolicyScope\
     &Attributes.entry.1.value=MessageBody&Attributes.entry.2.key=FilterPolicy\
     &Attributes.entry.2.value={\"a\":[{\"anything-but\":[1]}]}",
    "Action=Subscribe&Protocol=sqs&TopicArn=arn:aws:sns:us-east-1:000000000000:t.fifo\
     &Endpoint=arn:aws:sqs:us-east-1:000000000000:q",
];

/// Takes everything; what is not raw must be JSON.
#[derive(Debug)]
struct Taker;

impl Queues for Taker {
    fn send(&self, _: &str, message: QueueMessage) -> Given<'_> {
        let is_json = serde_json::from_str::<serde_json::Value>(&message.body).is_ok();
        // Nothing that is raw begins like an envelope, unless somebody wrote one.
        assert!(is_json || !message.body.starts_with("{\n  \"Type\" : "), "{}", message.body);
        Box::pin(async { Ok(()) })
    }
}

thread_local! {
    static WORLDS: Worlds<Topics> = const { Worlds::new() };
}

/// See the module.
pub fn target(data: &[u8]) {
    let Ok(members) = Members::parse(data) else { return };
    // No fuzzer talks to whatever it makes up.
    if members.text("Protocol") != Some("http") {
        WORLDS.with(|worlds| worlds.serve(data));
    }
}

impl World for Topics {
    type Seen = Vec<Answer>;

    fn open(ground: &Ground) -> Self {
        let options = Options { shared: false, host: Caller::USUAL_HOST };
        let environment = ground.environment.clone();
        opened(Self::open(ground.runner(), ground.space, options, Arc::new(Taker), environment))
    }

    async fn furnish(&self, ground: &Ground) {
        for before in BEFORE {
            let answer = call(self, ground, before.as_bytes()).await;
            assert_eq!(answer.status, 200, "{}", answer.body.escape_ascii());
        }
    }

    async fn ask(&self, ground: &Ground, form: &[u8]) -> bool {
        call(self, ground, form).await;
        false
    }

    async fn look(&self, ground: &Ground) -> Self::Seen {
        let lists: [&[u8]; 2] = [b"Action=ListTopics", b"Action=ListSubscriptions"];
        let mut seen = Vec::new();
        for list in lists {
            seen.push(call(self, ground, list).await);
        }
        seen
    }
}

async fn call(topics: &Topics, ground: &Ground, form: &[u8]) -> Answer {
    let call = Call { caller: &ground.caller, query: b"", body: form, request_id: "r" };
    let answer = topics.call(&call, true).await;
    assert!(answer.status < 500, "{}: {}", form.escape_ascii(), answer.body.escape_ascii());
    assert!(answer.body.starts_with(b"<?xml version=\"1.0\"?>\n<"));
    answer
}
