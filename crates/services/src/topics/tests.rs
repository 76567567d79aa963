//! The service over stand-ins for what subscribers are.

mod control;
mod delivery;
mod endpoints;
mod fifo;

use super::*;
use bytes::Bytes;
use database::Caller;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::time::Duration;
use store::{AnyStore, Memory};

const ACCOUNT: &str = "000000000000";
const START_MS: u64 = 1_767_225_600_000;

/// What stands for queues and functions: it keeps what it is given, or fails as it is told.
#[derive(Default)]
struct StandIn {
    taken: Mutex<Vec<(String, QueueMessage)>>,
    /// What to answer, by ARN, before it takes anything again.
    failures: Mutex<HashMap<String, VecDeque<TargetError>>>,
    /// Those that panic when they are given something, each as often as it is here.
    panics: Mutex<Vec<String>>,
}

impl StandIn {
    fn take(&self, arn: &str, message: QueueMessage) -> Result<(), TargetError> {
        let panics = {
            let mut panics = self.panics.lock().unwrap();
            let place = panics.iter().position(|panics| panics == arn);
            place.map(|place| panics.swap_remove(place))
        };
        assert_eq!(panics, None, "on purpose");
        if let Some(error) = self.failures.lock().unwrap().get_mut(arn).and_then(VecDeque::pop_front) {
            return Err(error);
        }
        self.taken.lock().unwrap().push((arn.to_owned(), message));
        Ok(())
    }

    fn fail(&self, arn: &str, errors: impl IntoIterator<Item = TargetError>) {
        self.failures.lock().unwrap().entry(arn.to_owned()).or_default().extend(errors);
    }

    /// The bodies that this one has taken.
    fn bodies(&self, arn: &str) -> Vec<String> {
        let taken = self.taken.lock().unwrap();
        taken.iter().filter(|(to, _)| to == arn).map(|(_, message)| message.body.clone()).collect()
    }
}

impl Queues for StandIn {
    fn send(&self, queue_arn: &str, message: QueueMessage) -> Given<'_> {
        let taken = self.take(queue_arn, message);
        Box::pin(async move { taken })
    }
}

impl Functions for StandIn {
    fn call(&self, function_arn: &str, event: Bytes) -> Given<'_> {
        let body = String::from_utf8(event.to_vec()).unwrap();
        let taken = self.take(function_arn, QueueMessage { body, ..QueueMessage::default() });
        Box::pin(async move { taken })
    }
}

struct World {
    store: Arc<AnyStore>,
    environment: Environment,
    targets: Arc<StandIn>,
    topics: Topics,
    shared: bool,
}

impl World {
    fn new() -> Self {
        Self::with(false)
    }

    fn with(shared: bool) -> Self {
        let environment = Environment::simulated(7, START_MS);
        let store = Arc::new(AnyStore::Memory(Memory::new(1 << 20)));
        store.create_space().unwrap();
        let targets = Arc::new(StandIn::default());
        let topics = open(&store, &environment, &targets, shared);
        Self { store, environment, targets, topics, shared }
    }

    /// As after another start.
    fn reopened(self) -> Self {
        let Self { store, environment, targets, topics, shared } = self;
        drop(topics);
        let topics = open(&store, &environment, &targets, shared);
        topics.start().unwrap();
        Self { store, environment, targets, topics, shared }
    }

    async fn call(&self, form: &str) -> Result<String, (String, String)> {
        self.call_as(&Caller::new(ACCOUNT, "us-east-1"), true, form).await
    }

    async fn call_as(&self, caller: &Caller, signed: bool, form: &str) -> Result<String, (String, String)> {
        let call = Call { caller, query: b"", body: form.as_bytes(), request_id: "request" };
        let answer = self.topics.call(&call, signed).await;
        let body = String::from_utf8(answer.body.to_vec()).unwrap();
        match answer.status {
            200 => Ok(body),
            _ => Err((within(&body, "Code").unwrap(), within(&body, "Message").unwrap())),
        }
    }

    async fn ok(&self, form: &str) -> String {
        self.call(form).await.unwrap()
    }

    async fn topic(&self, name: &str) -> String {
        let fifo = match arn::is_fifo(name) {
            true => "&Attributes.entry.1.key=FifoTopic&Attributes.entry.1.value=true",
            false => "",
        };
        within(&self.ok(&format!("Action=CreateTopic&Name={name}{fifo}")).await, "TopicArn").unwrap()
    }

    async fn subscribe(
        &self,
        topic: &str,
        protocol: &str,
        endpoint: &str,
        attributes: &[(&str, &str)],
    ) -> String {
        let mut form = format!(
            "Action=Subscribe&TopicArn={topic}&Protocol={protocol}&Endpoint={endpoint}&ReturnSubscriptionArn=true"
        );
        for (nth, (name, value)) in attributes.iter().enumerate() {
            let (nth, value) = (nth + 1, encoded(value));
            write!(form, "&Attributes.entry.{nth}.key={name}&Attributes.entry.{nth}.value={value}").unwrap();
        }
        within(&self.ok(&form).await, "SubscriptionArn").unwrap()
    }

    async fn publish(&self, topic: &str, text: &str) -> String {
        let form = format!("Action=Publish&TopicArn={topic}&Message={}", encoded(text));
        within(&self.ok(&form).await, "MessageId").unwrap()
    }

    /// Waits until something is so, while time stands still.
    async fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let clock = environment::Clock::system();
        let deadline = clock.machine() + Duration::from_secs(20);
        while !holds() {
            assert!(clock.machine() < deadline, "it never came to be: {what}");
            clock.sleep(Duration::from_millis(1)).await;
        }
    }

    fn kept(&self) -> usize {
        let mut kept = 0;
        let count = self.topics.each(&self.topics.inner.keys.all_deliveries(), |_, _| {
            kept += 1;
            Ok(())
        });
        count.unwrap();
        kept
    }
}

fn open(store: &Arc<AnyStore>, environment: &Environment, targets: &Arc<StandIn>, shared: bool) -> Topics {
    let space = store.spaces().into_iter().min().unwrap();
    let runner = Runner::new(Arc::clone(store), environment).unwrap();
    let options = Options { shared, host: "localhost:4566".into() };
    let queues: Arc<dyn Queues> = Arc::clone(targets) as Arc<dyn Queues>;
    let topics = Topics::open(runner, space, options, queues, environment.clone()).unwrap();
    topics.set_functions(Arc::clone(targets) as Arc<dyn Functions>);
    topics
}

/// The text of the first element of this name.
fn within(body: &str, element: &str) -> Option<String> {
    all_within(body, element).into_iter().next()
}

fn all_within(body: &str, element: &str) -> Vec<String> {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    body.split(&open)
        .skip(1)
        .filter_map(|rest| rest.split(&close).next())
        .map(|text| text.replace("&quot;", "\"").replace("&amp;", "&"))
        .collect()
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut form, byte| {
        write!(form, "%{byte:02X}").unwrap();
        form
    })
}

fn attributes_of(body: &str) -> BTreeMap<String, String> {
    all_within(body, "key").into_iter().zip(all_within(body, "value")).collect()
}

fn queue(name: &str) -> String {
    format!("arn:aws:sqs:us-east-1:{ACCOUNT}:{name}")
}

fn failed(times: usize) -> Vec<TargetError> {
    vec![TargetError::Failed("not now".into()); times]
}
