//! The functions: they fail, answer in part, are throttled or slow, as the seed says, and note what they were given and
//! what they did.

use super::Shared;
use super::book::{Book, Given};
use super::mapped::{MAPPED, Mapped};
use crate::lock;
use crate::plan::below;
use environment::{Clock, Random};
use lambda::invoke::{Call, Invoke, InvokeError, Reply};
use serde_json::{Value, json};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

type Answering<'a, T> = Pin<Box<dyn Future<Output = Result<T, InvokeError>> + Send + 'a>>;

/// All functions of a life.
#[derive(Clone, Debug)]
pub(super) struct Functions {
    pub(super) book: Shared,
    pub(super) random: Random,
    pub(super) clock: Clock,
    /// Whether they fail by chance, and not only for poison.
    pub(super) fails: bool,
}

/// What a call comes to.
enum Outcome {
    /// An error.
    Error,
    /// All is done, or what comes before a record, which is named where the function does so.
    Done(usize),
    /// An answer in which failed records are named that there are not.
    Nonsense,
}

impl Functions {
    async fn call(&self, call: Call) -> Result<Reply, InvokeError> {
        let name = call.function_arn.split(':').nth(6).unwrap_or_default();
        let Some(mapped) = MAPPED.iter().find(|mapped| mapped.name == name) else {
            return Err(InvokeError::NotFound(call.function_arn));
        };
        if self.fails && below(&self.random, 12) == 0 {
            let mut book = lock(&self.book);
            book.counts.calls_throttled += 1;
            book.trace.note(format_args!("{name} is throttled"));
            return Err(InvokeError::Throttled {
                reason: "ReservedFunctionConcurrentInvocationLimitExceeded",
            });
        }
        let event: Value = serde_json::from_slice(&call.payload).unwrap_or_default();
        let records = event["Records"].as_array().map(Vec::as_slice).unwrap_or_default();
        let given: Vec<Given> = records.iter().map(given).collect();
        let number = lock(&self.book).begin(name, given.clone());
        self.work().await;
        let mut book = lock(&self.book);
        let window = event.get("window").is_some();
        if window {
            look_at_window(&mut book, &event, &given);
        }
        let (done, failed, payload) = self.answer(mapped, &event, (&given, records), window);
        book.counts.calls_failed += u64::from(failed);
        book.counts.calls_partly_done += u64::from(!failed && done.contains(&true) && done.contains(&false));
        book.end(name, number, &done);
        drop(book);
        Ok(Reply {
            request_id: format!("{name}-{number}"),
            executed_version: "$LATEST".into(),
            failed,
            payload: payload.to_string().into(),
            log_tail: None,
            log_stream: String::new(),
            duration_us: 1,
        })
    }

    /// Takes its time.
    async fn work(&self) {
        match below(&self.random, 8) {
            0 => self.clock.sleep(Duration::from_millis(below(&self.random, 300))).await,
            1 => {}
            _ => {
                for _ in 0..below(&self.random, 25) {
                    environment::yield_now().await;
                }
            }
        }
    }

    /// What is done of the records, whether the call failed, and the answer.
    fn answer(
        &self,
        mapped: &Mapped,
        event: &Value,
        (given, records): (&[Given], &[Value]),
        window: bool,
    ) -> (Vec<bool>, bool, Value) {
        let count = match self.outcome(mapped, given) {
            Outcome::Done(count) => count,
            Outcome::Error => {
                let payload = json!({ "errorType": "Error", "errorMessage": "as the seed says" });
                return (vec![false; given.len()], true, payload);
            }
            Outcome::Nonsense => {
                let payload = json!({ "batchItemFailures": [{ "itemIdentifier": "nobody" }], "state": {} });
                return (vec![false; given.len()], false, payload);
            }
        };
        let failed = records.iter().skip(count).map(|record| {
            let number = &record["dynamodb"]["SequenceNumber"];
            let number = if number.is_null() { &record["kinesis"]["sequenceNumber"] } else { number };
            if number.is_null() { &record["messageId"] } else { number }
        });
        let failed: Vec<Value> = failed.map(|id| json!({ "itemIdentifier": id })).collect();
        let mut payload = json!({});
        if mapped.reports {
            payload["batchItemFailures"] = json!(failed);
        }
        if window {
            let last = given.iter().take(count).next_back().map(|given| given.id.clone());
            let last = last.map_or_else(|| event["state"]["last"].clone(), Value::from);
            payload["state"] = json!({ "last": last });
        }
        let done = (0..given.len()).map(|place| place < count).collect();
        (done, false, payload)
    }

    fn outcome(&self, mapped: &Mapped, given: &[Given]) -> Outcome {
        let poison = given.iter().position(|given| given.is_poison && mapped.poisoned);
        let chance = if self.fails { below(&self.random, 100) } else { 99 };
        match (chance, poison) {
            (0..20, _) => Outcome::Error,
            (20..25, _) if mapped.reports && !given.is_empty() => Outcome::Nonsense,
            (20..40, _) if mapped.reports && !given.is_empty() => {
                let most = poison.map_or(given.len(), |place| place + 1) as u64;
                Outcome::Done(below(&self.random, most) as usize)
            }
            (_, Some(place)) if mapped.reports && below(&self.random, 2) == 0 => Outcome::Done(place),
            (_, Some(_)) => Outcome::Error,
            (_, None) => Outcome::Done(given.len()),
        }
    }
}

/// The state of a window is that of the records before those of the event.
fn look_at_window(book: &mut Book, event: &Value, given: &[Given]) {
    book.counts.windows_closed += u64::from(event["isFinalInvokeForWindow"] == true);
    let last: u128 = event["state"]["last"].as_str().and_then(|last| last.parse().ok()).unwrap_or(0);
    if let Some(first) = given.first().filter(|first| first.at <= last) {
        book.wrong
            .get_or_insert(format!("a window's state has come to {last}, and its next record is {first:?}"));
    }
}

/// A record as the book has it.
pub(super) fn given(record: &Value) -> Given {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let number = |value: &Value| value.as_str().and_then(|number| number.parse().ok()).unwrap_or(0);
    if let Some(change) = record.get("dynamodb") {
        let id = &change["SequenceNumber"];
        let is_poison = change["NewImage"].get("poison").is_some();
        return Given { key: text(&change["Keys"]["id"]["S"]), id: text(id), at: number(id), is_poison };
    }
    if let Some(change) = record.get("kinesis") {
        let id = &change["sequenceNumber"];
        let is_poison = change["data"] == super::work::POISON_DATA;
        return Given { key: text(&change["partitionKey"]), id: text(id), at: number(id), is_poison };
    }
    let attributes = &record["attributes"];
    Given {
        key: text(&attributes["MessageGroupId"]),
        id: text(&record["messageId"]),
        at: number(&attributes["SequenceNumber"]),
        is_poison: record["body"].as_str().is_some_and(|body| body.starts_with(super::work::POISON)),
    }
}

impl Invoke for Functions {
    fn invoke(&self, call: Call) -> Answering<'_, Reply> {
        Box::pin(self.call(call))
    }

    fn enqueue(&self, _: Call) -> Answering<'_, ()> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn exists(&self, _: &str) -> bool {
        true
    }

    fn prewarm(&self, _: &str) {}

    fn changed(&self, _: &str) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::pending())
    }
}
