//! Whole requests to SNS over a small world: a topic, a FIFO topic, and a queue that is subscribed to both. Whatever it is,
//! it is answered in XML, with no error that is the server's; what queues are given is JSON unless they wanted it raw; and
//! everything can be listed and opened again after it.

use database::Caller;
use environment::Environment;
use services::topics::{Answer, Call, Given, Options, QueueMessage, Queues, Topics};
use std::sync::Arc;
use store::{AnyStore, Memory, Runner, Store};
use wire::query::Members;

/// 2026-01-01T00:00:00Z.
const START_MS: u64 = 1_767_225_600_000;

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

thread_local! {
    static RUNTIME: Option<tokio::runtime::Runtime> =
        tokio::runtime::Builder::new_current_thread().build().ok();
}

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

/// See the module.
pub fn target(data: &[u8]) {
    let Ok(members) = Members::parse(data) else { return };
    // No fuzzer talks to whatever it makes up.
    if members.text("Protocol") == Some("http") {
        return;
    }
    RUNTIME.with(|runtime| {
        let Some(runtime) = runtime else { panic!("there is no runtime") };
        runtime.block_on(run(data));
    });
}

fn open(store: &Arc<AnyStore>, environment: &Environment) -> Topics {
    let Some(space) = store.spaces().into_iter().min() else { panic!("there is no space") };
    let runner = Runner::inline(Arc::clone(store), environment);
    let options = Options { shared: false, host: Caller::USUAL_HOST };
    match Topics::open(runner, space, options, Arc::new(Taker), environment.clone()) {
        Ok(topics) => topics,
        Err(failure) => panic!("{failure}"),
    }
}

async fn call(topics: &Topics, form: &[u8]) -> Answer {
    let caller = Caller::new("000000000000", "us-east-1");
    let call = Call { caller: &caller, signed: true, query: b"", body: form, request_id: "r" };
    let answer = topics.call(call).await;
    assert!(answer.status < 500, "{}: {}", form.escape_ascii(), answer.body.escape_ascii());
    assert!(answer.body.starts_with(b"<?xml version=\"1.0\"?>\n<"));
    answer
}

async fn run(form: &[u8]) {
    let environment = Environment::simulated(1, START_MS);
    let store = Arc::new(AnyStore::Memory(Memory::new(1 << 20)));
    assert!(store.create_space().is_ok());
    let topics = open(&store, &environment);
    for before in BEFORE {
        let answer = call(&topics, before.as_bytes()).await;
        assert_eq!(answer.status, 200, "{}", answer.body.escape_ascii());
    }
    call(&topics, form).await;
    let lists: [&[u8]; 2] = [b"Action=ListTopics", b"Action=ListSubscriptions"];
    let mut listed = Vec::new();
    for list in lists {
        listed.push(call(&topics, list).await);
    }
    drop(topics);
    let again = open(&store, &environment);
    for (list, before) in lists.into_iter().zip(listed) {
        assert_eq!(call(&again, list).await, before);
    }
}
